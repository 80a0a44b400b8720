"""Every symptom that people meet has a check, or a line that says why it cannot be seen from here."""

from __future__ import annotations

import re
from typing import Final

import pytest

from profiles.doctor.catalogue import catalogue
from profiles.doctor.examining import SUBJECTS, all_checks

#: The ids of every known symptom of a login that does not work, by where its cause lies. They never change.
SYMPTOMS: Final = {
    "environment": "env.access_token env.api_key env.openai_api_key env.base_url env.home env.test_hooks"
    " env.stale_process",
    "browser and port": "port.busy port.excluded port.mirrored wsl.callback wslrelay.1455 browser.none"
    " login.loop state.mismatch pkce callback.timeout redirect.ipv6",
    "ssh and containers": "ssh.no_tunnel ssh.port ssh.host ssh.local_busy ssh.forbidden"
    " ssh.refused_remote vscode.forward vscode.remote container.loopback container.home",
    "network": "net.403 proxy.socks_scheme proxy.dead proxy.loopback proxy.auth proxy.system"
    " tls.missing_ca tls.stale_ca clock firewall",
    "homes": "copy.twin home.symlink file.mode file.owner home.many home.distros file.broken"
    " store.keyring config.forced config.provider config.base_url daemon.old home.tmp",
    "tokens and account": "token.expired token.reused token.revoked token.not_api_key device.disabled"
    " device.expired account.entitlement",
}
#: Symptoms that only another side could see: why not is said. All others have a check.
ELSEWHERE: Final = {
    *("pkce", "ssh.local_busy", "firewall"),
    *("device.disabled", "device.expired", "account.entitlement"),
}


@pytest.mark.parametrize("place", SYMPTOMS)
def test_every_symptom_is_checked_or_explained(place: str) -> None:
    """No id is forgotten, and none is claimed to be seen that is not."""
    known = {each.id: each for each in catalogue()}
    for id_ in SYMPTOMS[place].split():
        assert id_ in known, id_
        assert known[id_].seen == (id_ not in ELSEWHERE), id_


def test_what_is_said_to_be_seen_has_a_check() -> None:
    """Catalogue and checks name the same ids, each once."""
    ids = [each.id for each in catalogue()]
    assert sorted(ids) == sorted(set(ids))
    checked = [id_ for check in all_checks() for id_ in check.fine]
    assert sorted(checked) == sorted(set(checked))
    assert set(checked) == {each.id for each in catalogue() if each.seen}


def test_every_explanation_can_be_read() -> None:
    """A sentence or two, without markup; and every subject has something to say."""
    assert {each.subject for each in catalogue()} == set(SUBJECTS)
    for each in catalogue():
        assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)?", each.id), each.id
        assert each.text.isprintable(), each.id
        assert 30 <= len(each.text) <= 700, each.id
        assert each.text.endswith((".", "?", ")")), each.id


def test_every_check_says_what_is_fine_in_few_words() -> None:
    """The lines of what is fine stand in a list of 80 cells."""
    for check in all_checks():
        for id_, fine in check.fine.items():
            assert fine.isprintable(), id_
            assert 5 <= len(fine) <= 100, (id_, fine)
            assert not fine.endswith("."), id_
