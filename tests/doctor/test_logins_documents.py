"""What in a document, a profile or a running Codex is wrong; and the endless login, from its local causes."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from profiles.doctor.finding import ERROR, INFO, WARNING
from profiles.store import register
from profiles.switching import switch
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    carry_out,
    cured,
    found_one,
)
from tests.support.childuid import NOBODY, give, need_root, read_only
from tests.support.documents import with_key_and_tokens
from tests.support.fake_codex import running_codex
from tests.support.tokens import Document, Login, Person
from tests.surroundings.scene import quiet_context, save_profile, settle, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

ADA = Login(Person("ada"))


# -- documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [..., None])
def test_a_login_without_its_account(box: Box, value: object) -> None:
    """login.account_id: Codex 0.169 refuses to refresh it; a new login has it."""
    login = ADA.fresh()
    login.document().having_tokens(account_id=value).write(box.codex)
    patient = Patient(box)
    finding = found_one(patient, "login.account_id", ERROR, f"{box.codex}/auth.json")
    assert finding.fix == "tui login NAME --device-code"
    login.sign_in("second").write(box.codex)
    assert_gone(patient, "login.account_id")


def test_a_saved_login_without_its_account(box: Box) -> None:
    """login.account_id: of a profile it is a warning that names it."""
    settle(box)
    document = Login(Person("cyd")).fresh().document().having_tokens(account_id=...)
    save_profile(box, "cyd", document)
    finding = found_one(Patient(box), "login.account_id", WARNING, "the profile cyd")
    assert finding.fix == "tui login cyd --device-code"


def test_an_access_token_in_the_place_of_the_id_token(box: Box) -> None:
    """login.id_token: as codex-multi-auth writes it; its last_refresh lies in the future, too."""
    login = ADA.fresh()
    document = login.document().having_tokens(id_token=login.access_token)
    document.having(email=login.email, codexMultiAuthSyncVersion=1).write(box.codex)
    patient = Patient(box)
    found_one(patient, "login.id_token", WARNING, f"{box.codex}/auth.json", "equal")
    login.write(box.codex)
    assert_gone(patient, "login.id_token")


def test_a_token_stored_as_an_api_key(box: Box) -> None:
    """login.not_api_key: an error where Codex uses it, worth knowing beside a ChatGPT login."""
    token = ADA.fresh().access_token
    Document({"auth_mode": "apikey", "OPENAI_API_KEY": token}).write(box.codex)
    patient = Patient(box)
    found_one(patient, "login.not_api_key", ERROR, f"{box.codex}/auth.json", "OPENAI_API_KEY")
    ADA.fresh().document().having(OPENAI_API_KEY=token).write(box.codex)
    found_one(patient, "login.not_api_key", INFO)
    with_key_and_tokens(ADA.fresh()).write(box.codex)
    assert_gone(patient, "login.not_api_key")
    assert_nothing_wrong(patient)


# -- profiles ----------------------------------------------------------------------------------


def test_the_home_of_a_profile_is_away(box: Box) -> None:
    """profile.broken: a registered home on a disk that is not mounted; mounted again, it is gone."""
    home = f"{box.home}/.codex-work"
    Login(Person("work")).fresh().write(home)
    register(quiet_context(), "work", home)
    ADA.fresh().write(box.codex)
    patient = Patient(box)
    assert_nothing_wrong(patient)
    os.rename(home, f"{box.path}/away")
    found_one(patient, "profile.broken", WARNING, home, "is not there")
    os.rename(f"{box.path}/away", home)
    assert_gone(patient, "profile.broken")


def test_the_home_of_a_profile_lost_its_login(box: Box) -> None:
    """profile.broken: somebody logged out there."""
    home = f"{box.home}/.codex-work"
    Login(Person("work")).fresh().write(home)
    register(quiet_context(), "work", home)
    os.unlink(f"{home}/auth.json")
    finding = found_one(Patient(box), "profile.broken", WARNING, "no longer holds a login")
    assert finding.fix == "tui login work --device-code"


def test_a_profile_that_holds_another_login(box: Box) -> None:
    """profile.broken: somebody logged in there as another; the right login back in, it is gone."""
    scene = settle(box)
    Login(Person("eve")).fresh().write(box.profile("bob"))
    patient = Patient(box)
    finding = found_one(patient, "profile.broken", WARNING, "another login", "eve@example.com")
    assert finding.fix.startswith("tui login bob --device-code")
    scene.bob.write(box.profile("bob"))
    assert_gone(patient, "profile.broken")


def test_a_profile_whose_settings_are_no_toml(box: Box) -> None:
    """profile.broken: said once, with the file."""
    settle(box)
    path = f"{box.profile('bob')}/profile.toml"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    write(path, b"= broken")
    patient = Patient(box)
    finding = found_one(patient, "profile.broken", WARNING, box.profile("bob"))
    assert finding.fix == f"${{EDITOR:-vi}} {path}"
    write(path, text.encode())
    assert_gone(patient, "profile.broken")


def test_what_lies_among_the_profiles(box: Box) -> None:
    """profile.broken: a file, and a folder whose name no profile can have; moved away, they are gone."""
    settle(box)
    patient = Patient(box)
    write(f"{box.profiles}/notes", b"x")
    cured(patient, found_one(patient, "profile.broken", WARNING, f"{box.profiles}/notes"))


def test_our_own_settings_are_no_toml(box: Box) -> None:
    """profile.settings: the defaults count then."""
    settle(box)
    path = f"{box.switchyard}/config/config.toml"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    write(path, b"theme = 'pink'\n")
    patient = Patient(box)
    found_one(patient, "profile.settings", WARNING, path, "theme")
    assert_gone(patient, "profile.broken")
    write(path, b"theme = 'dark'\n")
    assert_gone(patient, "profile.settings")


# -- running -----------------------------------------------------------------------------------


def test_a_codex_that_began_before_the_switch(box: Box) -> None:
    """token.other_account: a real process of before; ended as the fix says, it is gone. One begun later is none."""
    settle(box)
    patient = Patient(box)

    def _switch(name: str, seconds: float) -> None:
        # History knows whole seconds.
        switch(quiet_context()._replace(now=lambda: time.time() + seconds), name)

    _switch("bob", -5)
    with running_codex(box.path, "exec", "a prompt") as pid:
        assert_gone(patient, "token.other_account")
        _switch("ada", 5)
        finding = found_one(patient, "token.other_account", WARNING, f"pid {pid}", "to ada")
        assert "a prompt" not in str(finding)
        assert f"kill {pid}" in finding.fix
        _switch("bob", 6)
        assert_gone(patient, "token.other_account")
        _switch("ada", 7)
        found_one(patient, "token.other_account", WARNING, f"pid {pid}")
    assert_gone(patient, "token.other_account")
    with running_codex(box.path, "exec", CODEX_HOME=f"{box.path}/x"):
        assert_gone(patient, "token.other_account")


# -- login.loop --------------------------------------------------------------------------------


def test_a_variable_makes_the_loop(box: Box) -> None:
    """login.loop: the next login would be beaten; its finding is named, the variable's value is not."""
    patient = Patient(box)
    token = ADA.fresh().access_token
    patient.set(CODEX_ACCESS_TOKEN=token)
    finding = found_one(patient, "login.loop", INFO, "env.access_token", "JWT")
    assert finding.fix == "unset CODEX_ACCESS_TOKEN"
    cured(patient, finding)
    patient.set(CODEX_ACCESS_TOKEN=" ")
    assert_gone(patient, "login.loop")


@pytest.mark.parametrize("store", ["keyring", "ephemeral"])
def test_a_setting_makes_the_loop(box: Box, store: str) -> None:
    """login.loop: a store that drops the login. The error is that of the setting itself: this is worth knowing."""
    patient = Patient(box)
    patient.write(".codex/config.toml", f'cli_auth_credentials_store = "{store}"\n')
    found_one(patient, f"store.{store}", ERROR)
    cured(patient, found_one(patient, "login.loop", INFO, f"store.{store}"))


def test_a_forced_setting_makes_the_loop(box: Box) -> None:
    """login.loop: each start deletes what was just signed in, though it lies there now."""
    ADA.fresh().write(box.codex)
    patient = Patient(box)
    patient.write(".codex/config.toml", 'forced_login_method = "api"\n')
    found_one(patient, "config.forced", ERROR)
    cured(patient, found_one(patient, "login.loop", INFO, "config.forced"))


def test_where_no_sign_in_succeeds_there_is_no_loop(box: Box) -> None:
    """A home that is not there, settings that do not load: every command ends at once, whatever else is wrong."""
    os.makedirs(box.codex)
    patient = Patient(box)
    patient.set(CODEX_ACCESS_TOKEN="at-x", CODEX_HOME=f"{box.home}/nowhere")
    assert_gone(patient, "login.loop")
    assert patient.found("logins") == []
    patient.set(CODEX_HOME=None)
    found_one(patient, "login.loop", INFO)
    for text in ("= broken\n", 'profile = "work"\n'):
        patient.write(".codex/config.toml", text)
        found_one(patient, "config.broken", ERROR)
        assert_gone(patient, "login.loop")
    shutil.rmtree(box.codex)
    os.symlink("nowhere", box.codex)
    found_one(patient, "home.link", ERROR)
    assert_gone(patient, "login.loop")


def test_another_home_makes_no_loop(box: Box) -> None:
    """What is signed in to an empty home stays there: home.many alone speaks of the other one."""
    ADA.fresh().write(box.codex)
    patient = Patient(box)
    os.makedirs(f"{box.home}/other")
    patient.set(CODEX_HOME=f"{box.home}/other")
    found_one(patient, "home.many", WARNING)
    assert_gone(patient, "login.loop")


def test_a_home_that_nobody_writes_makes_the_loop(box: Box) -> None:
    """login.loop: a real read-only mount."""
    os.makedirs(box.codex)
    patient = Patient(box)
    with read_only(box.codex):
        found_one(patient, "login.loop", INFO, "home.readonly")
    assert_gone(patient, "login.loop")


def test_a_home_of_somebody_else_makes_the_loop(box: Box) -> None:
    """login.loop: a real foreign owner, for whoever cannot write there; root can, and loses nothing."""
    need_root()
    os.makedirs(box.codex)
    patient = Patient(box)
    patient.context["uid"] = NOBODY
    found_one(patient, "login.loop", INFO, "file.owner")
    give(box.codex)
    assert_gone(patient, "login.loop")
    patient.context["uid"] = 0
    assert_gone(patient, "login.loop")


def test_several_causes_in_their_order(box: Box) -> None:
    """login.loop: the first explains the rest, and its fix is given first."""
    patient = Patient(box)
    patient.write(".codex/config.toml", 'cli_auth_credentials_store = "keyring"\n')
    os.chmod(box.codex, 0o777)
    patient.set(CODEX_ACCESS_TOKEN="at-x")
    finding = found_one(patient, "login.loop", INFO)
    ids = [line.partition(":")[0] for line in finding.evidence.splitlines()]
    assert ids == ["env.access_token", "store.keyring", "file.mode"]
    for step in ("unset CODEX_ACCESS_TOKEN", f"chmod 755 {box.codex}"):
        carry_out(patient, step)
    cured(patient, found_one(patient, "login.loop", INFO, "store.keyring"))
