"""What a switch cannot win against: refused where it would be void or harmful, listed where it only is beaten (R15)."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

from profiles.context import running_codexes
from profiles.errors import SwitchRefused
from profiles.listing import take_snapshot
from profiles.model import Override
from profiles.planning import plan_switch
from profiles.switching import switch
from tests.rules.yard import ADA, BOB, Yard, read
from tests.support import childuid
from tests.support.documents import (
    personal_access_token,
    with_api_key,
    with_personal_access_token,
)
from tests.support.fake_codex import running_codex
from tests.support.tokens import HOUR, Document, Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box

OTHER_WORKSPACE = "11111111-2222-4333-a444-555555555555"
SECOND_BOB = BOB.sign_in("second", BOB.issued_at + HOUR)


def _settled(box: Box, target: Login | Document = BOB) -> Yard:
    """Ada is active; the profile `bob` is what is switched to."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", target)
    yard.live(ADA)
    return yard


def _configure(yard: Yard, text: str, home: str | None = None) -> str:
    path = f"{home or yard.home}/config.toml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Case(NamedTuple):
    """Something that refuses a switch to Bob until `--anyway`; `named` must stand in the reason."""

    prepare: Callable[[Yard], object]
    named: str
    target: Login | Document = BOB


def _elsewhere(yard: Yard) -> object:
    return yard.codex(yard.box.profile("bob"))


def _registered_twin(yard: Yard) -> object:
    yard.register("work", f"{yard.box.home}/.codex-work", BOB)
    return yard.codex(f"{yard.box.home}/.codex-work")


def _unregistered_twin(yard: Yard) -> object:
    """A home that was active once and still holds Bob's login."""
    other = f"{yard.box.home}/second"
    os.mkdir(other, 0o700)
    switch(yard.context.with_home(other), "bob")
    return yard.codex(other)


def _folder_without_a_profile_toml(yard: Yard) -> object:
    """A profile all the same, known by its file (design: there is no registry)."""
    BOB.write(yard.box.profile("copied"))
    os.chmod(yard.box.profile("copied"), 0o700)
    return yard.codex(yard.box.profile("copied"))


CASES: dict[str, Case] = {
    "forced workspace": Case(
        lambda yard: _configure(yard, f'forced_chatgpt_workspace_id = "{OTHER_WORKSPACE}"\n'),
        "forced_chatgpt_workspace_id",
    ),
    "forced workspaces, a list": Case(
        lambda yard: _configure(yard, f'forced_chatgpt_workspace_id = ["{OTHER_WORKSPACE}"]\n'),
        "forced_chatgpt_workspace_id",
    ),
    "forced method api, a ChatGPT login": Case(
        lambda yard: _configure(yard, 'forced_login_method = "api"\n'), "forced_login_method"
    ),
    "forced method chatgpt, a key": Case(
        lambda yard: _configure(yard, 'forced_login_method = "chatgpt"\n'),
        "forced_login_method",
        with_api_key("forced"),
    ),
    "keyring store": Case(
        lambda yard: _configure(yard, 'cli_auth_credentials_store = "keyring"\n'), "keyring"
    ),
    "ephemeral store": Case(
        lambda yard: _configure(yard, 'cli_auth_credentials_store = "ephemeral"\n'), "ephemeral"
    ),
    "a codex login waits here": Case(
        lambda yard: yard.codex(yard.home, "codex login"), "codex login (process 4321)"
    ),
    "a Codex in the profile's own home": Case(_elsewhere, "process 4321"),
    "a Codex in a registered home with this login": Case(_registered_twin, "process 4321"),
    "a Codex in another home with this login": Case(_unregistered_twin, "process 4321"),
    "a Codex in a bare folder with this login": Case(
        _folder_without_a_profile_toml, "process 4321"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_until_anyway(box: Box, name: str) -> None:
    """Each: refused with its reason and how to force it, said by the plan too, nothing written; then forced."""
    case = CASES[name]
    yard = _settled(box, case.target)
    case.prepare(yard)
    live, saved = read(yard.live_path), read(yard.saved("bob"))
    with pytest.raises(SwitchRefused) as refused:
        yard.switch("bob")
    assert case.named in refused.value.message
    assert refused.value.can_force
    assert "--anyway" in str(refused.value.hint)
    assert (read(yard.live_path), read(yard.saved("bob"))) == (live, saved)
    plan = plan_switch(yard.context, "bob")
    assert plan.refusal is not None
    assert case.named in plan.refusal.message
    assert plan_switch(yard.context, "bob", anyway=True).refusal is None
    result = yard.switch("bob", anyway=True)
    assert (result.changed, read(yard.live_path)) == (True, saved)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (f'forced_chatgpt_workspace_id = "{BOB.account_id}"\n', BOB),
        (f'forced_chatgpt_workspace_id = " {BOB.account_id} "\n', BOB),
        ('forced_chatgpt_workspace_id = ""\n', BOB),
        (f'forced_chatgpt_workspace_id = ["{OTHER_WORKSPACE}", "{BOB.account_id}"]\n', BOB),
        (f'forced_chatgpt_workspace_id = "{OTHER_WORKSPACE}"\n', with_api_key("free")),
        ('forced_login_method = "chatgpt"\n', BOB),
        ('forced_login_method = "api"\n', with_api_key("free")),
        ('forced_login_method = "chatgpt"\n', with_personal_access_token("free")),
        ('cli_auth_credentials_store = "file"\n', BOB),
        ('cli_auth_credentials_store = "auto"\n', BOB),
        ('model = "o9"\n[mcp_servers.x]\ncommand = "y"\n', BOB),
    ],
)
def test_settings_that_do_not_stand_against_it(
    box: Box, text: str, target: Login | Document
) -> None:
    """What is forced is what comes in, or does not concern its kind: the switch is made."""
    yard = _settled(box, target)
    _configure(yard, text)
    assert yard.switch("bob").changed


def test_settings_of_another_home_do_not_matter(box: Box) -> None:
    """Bob's own home may force what it likes: it is not the one that is switched."""
    yard = _settled(box)
    _configure(yard, 'forced_login_method = "api"\n', box.profile("bob"))
    assert yard.switch("bob").changed


@pytest.mark.parametrize(
    ("home", "command"),
    [
        ("ada", "codex"),
        ("stranger", "codex"),
        ("stranger", "codex login"),
        ("active", "codex"),
        ("second sign-in", "codex"),
    ],
)
def test_processes_that_do_not_stand_against_it(box: Box, home: str, command: str) -> None:
    """A Codex with the outgoing login, a stranger's, another sign-in of Bob's, or just here, forbids nothing."""
    yard = _settled(box)
    homes = {
        "ada": box.profile("ada"),
        "stranger": f"{box.home}/stranger",
        "active": yard.home,
        "second sign-in": f"{box.home}/.codex-work",
    }
    yard.register("work", homes["second sign-in"], SECOND_BOB)
    process = yard.codex(homes[home], command)
    result = yard.switch("bob")
    assert result.changed
    assert result.still_running == ([process] if home == "active" else [])


def test_a_real_codex_login_is_seen(box: Box) -> None:
    """Not the seam but a process: `codex login` that waits in the active home."""
    yard = _settled(box)
    context = yard.context._replace(processes=running_codexes)
    with running_codex(f"{box.path}/bin", "login", "--device-auth", CODEX_HOME=yard.home) as pid:
        with pytest.raises(SwitchRefused, match=f"process {pid}") as refused:
            switch(context, "bob")
        assert f"kill {pid}" in str(refused.value.hint)
    assert switch(context, "bob").changed


# -- the active home is a profile's own --


def _itself(box: Box) -> str:
    return box.profile("bob")


def _linked(box: Box) -> str:
    os.symlink(box.profile("bob"), f"{box.home}/link")
    return f"{box.home}/link"


def _registered(box: Box) -> str:
    return f"{box.home}/.codex-work"


@pytest.mark.parametrize("target", ["ada", "bob"])
@pytest.mark.parametrize("where", [_itself, _linked, _registered])
def test_a_profiles_own_home_is_not_switched(
    box: Box, where: Callable[[Box], str], target: str
) -> None:
    """Its login would be replaced by another's and the profile broken: refused whatever the flag and the target."""
    yard = _settled(box)
    auth = yard.register("work", f"{box.home}/.codex-work", ADA.sign_in("work"))
    yard.environ["CODEX_HOME"] = where(box)
    before = [read(path) for path in (yard.saved("ada"), yard.saved("bob"), auth)]
    for anyway in (False, True):
        with pytest.raises(SwitchRefused, match="home of the profile") as refused:
            yard.switch(target, anyway=anyway)
        assert not refused.value.can_force
        assert "CODEX_HOME" in str(refused.value.hint)
        assert plan_switch(yard.context, target, anyway=anyway).refusal is not None
    assert [read(path) for path in (yard.saved("ada"), yard.saved("bob"), auth)] == before


def test_a_profiles_own_home_through_a_bind_mount(box: Box) -> None:
    """Another path without any link: known by device and inode."""
    yard = _settled(box)
    mounted = f"{box.home}/mounted"
    os.mkdir(mounted, 0o700)
    before = read(yard.saved("bob"))
    with childuid._mounted(mounted, ["--bind", box.profile("bob"), mounted]):
        yard.environ["CODEX_HOME"] = mounted
        with pytest.raises(SwitchRefused, match="home of the profile bob"):
            yard.switch("ada", anyway=True)
        assert read(yard.saved("bob")) == before


# -- what beats it --


class Beaten(NamedTuple):
    """Something that beats the switched login for some commands, and how it is listed."""

    prepare: Callable[[Yard], object]
    name: str
    anyway: bool = False


def _set(name: str, value: str) -> Callable[[Yard], object]:
    return lambda yard: yard.environ.update({name: value})


PROVIDER = """
model_provider = "mine"
[model_providers.mine]
name = "Mine"
base_url = "https://models.example.org"
env_key = "MINE_KEY"
"""

OVERRIDES: dict[str, Beaten] = {
    "access token": Beaten(
        _set("CODEX_ACCESS_TOKEN", personal_access_token("beats")), "CODEX_ACCESS_TOKEN"
    ),
    "api key": Beaten(_set("CODEX_API_KEY", "sk-beats"), "CODEX_API_KEY"),
    "store auto": Beaten(
        lambda yard: _configure(yard, 'cli_auth_credentials_store = "auto"\n'),
        "cli_auth_credentials_store=auto",
    ),
    "provider": Beaten(lambda yard: _configure(yard, PROVIDER), "model_provider=mine"),
    "keyring": Beaten(
        lambda yard: _configure(yard, 'cli_auth_credentials_store = "keyring"\n'),
        "cli_auth_credentials_store=keyring",
        anyway=True,
    ),
    "ephemeral": Beaten(
        lambda yard: _configure(yard, 'cli_auth_credentials_store = "ephemeral"\n'),
        "cli_auth_credentials_store=ephemeral",
        anyway=True,
    ),
    "forced method": Beaten(
        lambda yard: _configure(yard, 'forced_login_method = "api"\n'),
        "forced_login_method=api",
        anyway=True,
    ),
    "forced workspace": Beaten(
        lambda yard: _configure(yard, f'forced_chatgpt_workspace_id = "{OTHER_WORKSPACE}"\n'),
        "forced_chatgpt_workspace_id",
        anyway=True,
    ),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_what_beats_the_login_is_listed(box: Box, name: str) -> None:
    """In the result of the switch, in the plan and in the list: what it is and where it is set, without any secret."""
    beaten = OVERRIDES[name]
    yard = _settled(box)
    beaten.prepare(yard)
    result = yard.switch("bob", anyway=beaten.anyway)
    assert result.changed
    for found in (
        result.overridden_by,
        plan_switch(yard.context, "ada").overridden_by,
        take_snapshot(yard.context).overrides,
    ):
        assert [override.name for override in found] == [beaten.name]
        where = found[0].where
        assert where.startswith("environment") or where == f"{yard.home}/config.toml"
        assert "beats" not in repr(found)


def test_all_of_them_at_once(box: Box) -> None:
    """Each is listed; one does not hide another."""
    yard = _settled(box)
    _configure(yard, 'cli_auth_credentials_store = "auto"\n' + PROVIDER)
    yard.environ |= {"CODEX_ACCESS_TOKEN": "at-x", "CODEX_API_KEY": "sk-x"}
    names = {override.name for override in yard.switch("bob").overridden_by}
    assert names == {
        "CODEX_ACCESS_TOKEN",
        "CODEX_API_KEY",
        "cli_auth_credentials_store=auto",
        "model_provider=mine",
    }


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('model_provider = "openai"\n', {}),
        (
            'model_provider = "m"\n[model_providers.m]\nrequires_openai_auth = true\n',
            {"CODEX_ACCESS_TOKEN": "", "CODEX_API_KEY": " "},
        ),
        ("", {"OPENAI_API_KEY": "sk-not-used-by-codex", "OPENAI_BASE_URL": "https://x.org"}),
        ('cli_auth_credentials_store = "file"\n', {}),
    ],
)
def test_what_does_not_beat_it_is_not_listed(box: Box, text: str, environ: dict[str, str]) -> None:
    """A false alarm in the title line would be read once and never again."""
    yard = _settled(box)
    _configure(yard, text)
    yard.environ |= environ
    assert yard.switch("bob").overridden_by == []


def test_an_override_shows_no_secret() -> None:
    """It is a name and a place."""
    assert Override._fields == ("name", "where")
