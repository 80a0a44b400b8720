"""Copies: one login in two hands, and a login that was refreshed elsewhere."""

from __future__ import annotations

import json
import os

import pytest

from profiles.doctor.finding import ERROR, INFO, WARNING
from profiles.store import register
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    carry_out,
    cured,
    found_one,
)
from tests.support.cli import run_tui
from tests.support.tokens import HOUR, Login, Person
from tests.surroundings.scene import quiet_context, read, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.conftest import Box


def _flat(login: Login, **extra: object) -> dict[str, Any]:
    """Return a login as CLIProxyAPI keeps it."""
    tokens = login.tokens()
    names = ("id_token", "access_token", "refresh_token", "account_id")
    return {"type": "codex", "email": login.email, **{n: tokens[n] for n in names}, **extra}


def _accounts(login: Login) -> dict[str, Any]:
    """Return a store of several logins, as codex-multi-auth keeps it."""
    other = Login(Person("eve"))
    tokens = (login.refresh_token, other.refresh_token)
    accounts = [{"refreshToken": token, "addedAt": 1, "lastUsed": 2} for token in tokens]
    return {"version": 3, "accounts": accounts, "activeIndex": 0, "activeIndexByFamily": {}}


@pytest.mark.parametrize("root", ["/mnt", "/"])
def test_the_windows_home_holds_the_same_login(box: Box, root: str) -> None:
    """copy.twin: auth.json was copied from Windows; wherever wsl.conf mounts its drive, and moved away it is gone."""
    scene = settle(box)
    patient = Patient(box)
    if root == "/":
        patient.put("/etc/wsl.conf", "[boot]\nroot = /no\n[automount]\nroot = /\n")
    drive = f"{root.rstrip('/')}/c"
    path = patient.put(f"{drive}/Users/Ada L/.codex/auth.json", scene.ada.text())
    finding = found_one(patient, "copy.twin", WARNING, path, scene.live)
    assert "Windows" in finding.title
    cured(patient, finding)
    assert read(scene.live) == scene.ada.document().data()


STORES: dict[str, Callable[[Login], dict[str, Any]]] = {
    ".cli-proxy-api/codex-1a2b3c4d-ada@example.com-plus.json": _flat,
    ".cli-proxy-api/team/codex-ada@example.com.json": _flat,
    ".codex/accounts/dXNlcg.auth.json": lambda login: login.document().value,
    ".codex-switch/profiles/ada/auth.json": lambda login: login.document().value,
    ".local/share/ai-auth-switch/profiles/codex/ada.json": lambda login: login.document().value,
    ".local/share/caam/vault/codex/ada/auth.json": lambda login: login.document().value,
    ".prodex/profiles/ada/auth.json": lambda login: login.document().value,
    ".local/share/opencode/auth.json": lambda login: {
        "openai": {"type": "oauth", "refresh": login.refresh_token, "access": "x", "expires": 1}
    },
}


@pytest.mark.parametrize("name", STORES)
def test_another_tool_holds_the_same_login(box: Box, name: str) -> None:
    """copy.twin: one file of another tool, which that tool refreshes by itself; moved away it is gone."""
    scene = settle(box)
    patient = Patient(box)
    path = patient.write(name, json.dumps(STORES[name](scene.ada)), 0o600)
    cured(patient, found_one(patient, "copy.twin", WARNING, path, scene.live))


def test_a_store_of_several_logins(box: Box) -> None:
    """copy.twin: taking that file away would take others' logins along, so ours is made anew."""
    scene = settle(box)
    patient = Patient(box)
    name = ".codex/multi-auth/openai-codex-accounts.json"
    path = patient.write(name, json.dumps(_accounts(scene.ada)), 0o600)
    finding = found_one(patient, "copy.twin", WARNING, path, "codex-multi-auth")
    assert finding.fix == "tui login ada --device-code"
    anew = scene.ada.sign_in("second", scene.ada.issued_at + HOUR // 2)
    anew.write(box.codex)
    anew.write(box.profile("ada"))
    assert_gone(patient, "copy.twin")


def test_two_codex_homes_hold_one_login(box: Box) -> None:
    """copy.twin: cp -r ~/.codex ~/.codex-work, both in use; of another user, too."""
    scene = settle(box)
    patient = Patient(box)
    scene.ada.write(f"{box.home}/.codex-work")
    cured(patient, found_one(patient, "copy.twin", WARNING, f"{box.home}/.codex-work/auth.json"))
    path = patient.put("/root/.codex/auth.json", scene.ada.text())
    cured(patient, found_one(patient, "copy.twin", WARNING, path))


def test_three_homes_hold_one_login(box: Box) -> None:
    """copy.twin: one finding names all three, and one fix leaves one holder: the active home."""
    scene = settle(box)
    patient = Patient(box)
    copies = [f"{box.home}/.codex-{name}" for name in ("one", "two")]
    for home in copies:
        scene.ada.write(home)
    paths = [f"{home}/auth.json" for home in copies]
    finding = found_one(patient, "copy.twin", WARNING, scene.live, *paths)
    assert finding.title == "One login lies in 3 places"
    cured(patient, finding)
    assert read(scene.live) == scene.ada.document().data()
    assert not any(os.path.exists(path) for path in paths)


def test_a_registered_home_is_no_copy_too_many(box: Box) -> None:
    """copy.twin: of the three the registered home belongs there; the third alone is moved away."""
    work = Login(Person("work")).fresh()
    work.write(f"{box.home}/.codex-work")
    register(quiet_context(), "work", f"{box.home}/.codex-work")
    work.write(box.codex)
    work.write(f"{box.home}/.codex-third")
    patient = Patient(box)
    finding = found_one(patient, "copy.twin", WARNING, f"{box.home}/.codex-work", "-third")
    carry_out(patient, finding.fix)
    found_one(patient, "copy.twin", INFO, f"{box.home}/.codex-work/auth.json")
    assert not os.path.exists(f"{box.home}/.codex-third/auth.json")


def test_a_saved_login_has_a_twin(box: Box) -> None:
    """copy.twin: not the active login alone; the profile is named."""
    scene = settle(box)
    patient = Patient(box)
    path = patient.put("/mnt/c/Users/u/.codex/auth.json", scene.bob.text())
    finding = found_one(patient, "copy.twin", WARNING, path, "the profile bob")
    cured(patient, finding)


def test_a_registered_home_beside_the_active_one(box: Box) -> None:
    """A registered home that is active is how it is meant to be: worth knowing, no warning."""
    Login(Person("ada")).fresh().write(f"{box.home}/.codex-work")
    register(quiet_context(), "work", f"{box.home}/.codex-work")
    Login(Person("bob")).fresh().write(box.codex)
    patient = Patient(box)
    assert_nothing_wrong(patient)
    assert run_tui(["switch", "work"]).code == 0
    assert_nothing_wrong(patient)
    found_one(patient, "copy.twin", INFO, f"{box.home}/.codex-work/auth.json")


def test_copies_that_are_none(box: Box) -> None:
    """A link, a second sign-in, another provider's token, a cut store and a pipe: nothing is wrong."""
    scene = settle(box)
    patient = Patient(box)
    os.makedirs(f"{box.home}/.codex-linked")
    os.symlink(scene.live, f"{box.home}/.codex-linked/auth.json")
    patient.put("/root/.codex/auth.json", scene.ada.sign_in("second").text())
    gemini = {"type": "gemini", "refresh_token": "1//0gqwertzuiop"}
    patient.write(".cli-proxy-api/gemini.json", json.dumps(gemini))
    patient.write(".cli-proxy-api/cut.json", json.dumps(_flat(scene.ada))[:900])
    patient.write(".cli-proxy-api/list.json", "[1, null]")
    os.mkfifo(f"{box.home}/.cli-proxy-api/pipe.json")
    patient.write(".codex-switch/profiles/eve/auth.json", Login(Person("eve")).text())
    assert_nothing_wrong(patient)


def test_a_store_as_large_as_no_store_is(box: Box) -> None:
    """What is over 10 MiB is passed over, not read."""
    scene = settle(box)
    patient = Patient(box)
    text = json.dumps(_flat(scene.ada, note="x" * (10 << 20)))
    patient.write(".cli-proxy-api/large.json", text)
    assert_gone(patient, "copy.twin")


# -- copy.stale --------------------------------------------------------------------------------


def test_the_active_login_was_refreshed_in_another_home(box: Box) -> None:
    """copy.stale: the copy ran on and has newer tokens of this very sign-in; taken over, all is well here."""
    scene = settle(box)
    patient = Patient(box)
    newer = scene.ada.rotate(HOUR // 2)
    newer.write(f"{box.home}/.codex-work")
    finding = found_one(
        patient, "copy.stale", ERROR, scene.live, f"{box.home}/.codex-work/auth.json"
    )
    cured(patient, finding)
    assert read(scene.live) == newer.document().data()


def test_the_active_login_was_refreshed_in_its_profile(box: Box) -> None:
    """copy.stale: a plain CODEX_HOME=profile codex did it; a switch to where we are brings the newest tokens."""
    scene = settle(box)
    patient = Patient(box)
    newer = scene.ada.rotate(HOUR // 2)
    newer.write(box.profile("ada"))
    finding = found_one(patient, "copy.stale", ERROR, scene.live, scene.saved("ada"))
    assert finding.fix == "tui switch ada"
    carry_out(patient, finding.fix)
    assert_gone(patient, "copy.stale")
    assert read(scene.live) == newer.document().data()


def test_older_copies_of_the_active_login_are_no_trouble(box: Box) -> None:
    """Codex refreshed the active login: its profile is behind until the next switch, as always; others, too."""
    scene = settle(box)
    patient = Patient(box)
    scene.ada.rotate(HOUR // 2).write(box.codex)
    patient.put("/root/.codex/auth.json", scene.ada.text())
    other = scene.ada.sign_in("second", scene.ada.issued_at + HOUR // 2)
    patient.put("/home/eve/.codex/auth.json", other.text())
    assert_nothing_wrong(patient)
