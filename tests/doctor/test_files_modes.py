"""Modes and owners: real files with real bits, mended, undone, and looked at on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from profiles.backups import keep
from profiles.doctor.finding import ERROR, INFO, WARNING
from profiles.store import register
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    cured,
    found_all,
    found_one,
    mended_and_undone,
    mode_of,
)
from tests.support.childuid import NOBODY, give, need_root, run_as_nobody
from tests.support.cli import ROOT, run_tui, tui_environ
from tests.support.documents import api_key
from tests.support.real_codex import RealCodex
from tests.support.tokens import Login
from tests.surroundings.scene import quiet_context, settle, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _mended(patient: Patient, path: str, level: str, mode: int, right: str) -> None:
    """Give a file a mode; expect the finding, the mend, the undo, and then the fix as a shell runs it."""
    os.chmod(path, mode)
    before = mode_of(path)
    finding = found_one(patient, "file.mode", level, path, before)
    assert finding.mend is not None
    assert finding.mend.changes == (f"chmod {right} {path}  (it is {before})",)
    mended_and_undone(patient, finding)
    assert mode_of(path) == before
    patient.mend(finding)
    assert mode_of(path) == right
    os.chmod(path, mode)
    cured(patient, finding)
    assert mode_of(path) == right


@pytest.mark.parametrize(
    ("mode", "level"),
    [
        *((each, WARNING) for each in (0o644, 0o640, 0o660)),
        *((each, ERROR) for each in (0o666, 0o777, 0o400, 0o000, 0o200)),
        (0o700, INFO),
    ],
)
def test_the_mode_of_the_active_login(box: Box, mode: int, level: str) -> None:
    """file.mode: 0644 after cp, 0777 and 0700 (harmless) after chmod -R, 0400, into which Codex refuses to save."""
    scene = settle(box)
    _mended(Patient(box), scene.live, level, mode, "0600")


@pytest.mark.parametrize("mode", [0o644, 0o400, 0o666])
def test_the_mode_of_a_saved_login(box: Box, mode: int) -> None:
    """file.mode: of a profile, and with an error only where anybody may put another login in."""
    scene = settle(box)
    level = ERROR if mode == 0o666 else WARNING
    _mended(Patient(box), scene.saved("bob"), level, mode, "0600")


def test_the_mode_of_a_linked_login(box: Box) -> None:
    """file.mode: what counts is the file that the link leads to."""
    scene = settle(box)
    real = f"{box.home}/real.json"
    os.rename(scene.live, real)
    os.symlink(real, scene.live)
    _mended(Patient(box), real, WARNING, 0o644, "0600")


def test_the_mode_of_a_home(box: Box) -> None:
    """file.mode: a home in which others may write; the rest of its mode stays what it was."""
    settle(box)
    patient = Patient(box)
    _mended(patient, box.codex, ERROR, 0o777, "0755")
    _mended(patient, box.codex, ERROR, 0o757, "0755")


def test_the_mode_of_our_folders(box: Box) -> None:
    """file.mode: others may write among the profiles (a warning), or look in (harmless); 0700 is right for ours."""
    settle(box)
    patient = Patient(box)
    _mended(patient, box.profiles, WARNING, 0o777, "0700")
    _mended(patient, box.profiles, INFO, 0o755, "0700")
    _mended(patient, box.profile("bob"), INFO, 0o755, "0700")


def test_the_mode_of_a_backup(box: Box) -> None:
    """file.mode: a backup holds tokens as well."""
    settle(box)
    path = keep(quiet_context(), box.codex, Login().fresh().document().data(), 1)
    _mended(Patient(box), path, WARNING, 0o644, "0600")


def test_the_mode_of_a_deleted_login(box: Box) -> None:
    """file.mode: a deleted profile's login, too; not what else lies in its folder, which is closed."""
    scene = settle(box)
    with open(f"{box.profile('bob')}/config.toml", "w", encoding="utf-8") as file:
        file.write("")
    os.chmod(f"{box.profile('bob')}/config.toml", 0o644)
    assert run_tui(["delete", "bob", "--yes"]).code == 0
    (name,) = os.listdir(f"{scene.state}/backups/deleted")
    _mended(Patient(box), f"{scene.state}/backups/deleted/{name}/auth.json", WARNING, 0o644, "0600")


def test_the_mode_of_a_copy_beside_the_login(box: Box) -> None:
    """file.mode: another tool's auth.json.bak, and what a killed Codex left."""
    scene = settle(box)
    for name in ("auth.json.bak.1760000000", ".auth-a1B2c3"):
        path = write(f"{box.codex}/{name}", scene.ada.document().data())
        _mended(Patient(box), path, WARNING, 0o644, "0600")


def test_the_mode_of_what_waits_for_a_home_that_is_away(box: Box) -> None:
    """file.mode: a registered home's newest login is kept in our own folder while that home is away (R8)."""
    home = f"{box.home}/.codex-work"
    Login().fresh().write(home)
    register(quiet_context(), "work", home)
    path = write(f"{box.profile('work')}/auth.json", Login().fresh().document().data())
    patient = Patient(box)
    assert_gone(patient, "file.mode")
    _mended(patient, path, WARNING, 0o644, "0600")
    _mended(patient, box.profile("work"), INFO, 0o755, "0700")


@pytest.mark.parametrize(
    "line",
    [
        f"OPENAI_API_KEY={api_key('env')}",
        "export MY_TOKEN='abc'",
        "HTTPS_PROXY=http://ada:pass@proxy:8080",
    ],
)
def test_the_mode_of_a_dot_env_with_credentials(box: Box, line: str) -> None:
    """file.mode: $CODEX_HOME/.env, whose values are never shown."""
    settle(box)
    patient = Patient(box)
    path = patient.write(".codex/.env", f"# settings\n{line}\n", 0o600)
    _mended(patient, path, WARNING, 0o644, "0600")
    assert "pass" not in str(found_all(patient, "file.mode"))


def test_several_at_once_are_mended_one_by_one(box: Box) -> None:
    """file.mode: a finding each, so that each is shown, mended and undone alone."""
    scene = settle(box)
    for path in (scene.live, scene.saved("ada"), scene.saved("bob")):
        os.chmod(path, 0o644)
    patient = Patient(box)
    for left in (3, 2, 1):
        found = found_all(patient, "file.mode")
        assert len(found) == left
        patient.mend(found[0])
    assert_gone(patient, "file.mode")


def test_no_modes_on_a_windows_drive(box: Box) -> None:
    """There chmod changes nothing: home.symlink says what is wrong, and file.mode is silent, but with `metadata`."""
    scene = settle(box)
    os.chmod(scene.live, 0o777)
    os.makedirs(f"{box.path}/proc")
    for option, expected in (("", 0), ("metadata;", 1)):
        with open(f"{box.path}/proc/mounts", "w", encoding="utf-8") as file:
            file.write(f"C:\\134 {box.home} 9p rw,aname=drvfs;{option}path=C:\\ 0 0\n")
        patient = Patient(box, proc=f"{box.path}/proc")
        assert len(found_all(patient, "file.mode")) == expected


# -- harmless ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750, 0o711, 0o2755])
def test_a_home_that_others_may_enter(box: Box, mode: int) -> None:
    """0755 is what Codex itself makes: the login in it is closed by its own mode."""
    settle(box)
    os.chmod(box.codex, mode)
    assert_gone(Patient(box), "file.mode")


def test_other_modes_that_do_no_harm(box: Box) -> None:
    """Settings, locks, sessions and a .env without credentials may be read by others; a script may be run."""
    settle(box)
    patient = Patient(box)
    patient.write(".codex/config.toml", 'model = "gpt-5"\n', 0o644)
    patient.write(".codex/auth.lock", "", 0o666)
    patient.write(".codex/.env", "# KEY=x\nHTTPS_PROXY=http://proxy:8080\nOPENAI_API_KEY=\n", 0o644)
    patient.write(".codex/hooks/notify.sh", "#!/bin/sh\n", 0o755)
    assert_nothing_wrong(patient)
    assert_gone(patient, "file.mode")


def _seen_by_nobody(box: Box) -> list[list[str]]:
    """Give the homes to somebody without powers, who examines all four subjects; return what is not "ok"."""
    program = (
        "import json\n"
        "from profiles.context import make_context\n"
        "from profiles.doctor import files, homes, logins, store\n"
        "from profiles.doctor.examining import examine\n"
        "from profiles.doctor.machine import Machine\n"
        "checks = homes.CHECKS + files.CHECKS + store.CHECKS + logins.CHECKS\n"
        f"machine = Machine(make_context(), root={box.path + '/root'!r}, proc='/proc')\n"
        "print(json.dumps([each[:5] for each in examine(machine, checks) if each.level != 'ok']))\n"
    )
    give(box.home)
    give(box.switchyard)
    done = run_as_nobody([sys.executable, "-c", program], env=tui_environ(), cwd=ROOT)
    assert not done.stderr, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_all_well_without_powers(box: Box) -> None:
    """Somebody who is not root sees the same: nothing but ok and info."""
    settle(box)
    assert [each for each in _seen_by_nobody(box) if each[1] != INFO] == []


@pytest.mark.real_codex
def test_a_home_0500_of_somebody_without_powers(box: Box, codex_169: str) -> None:
    """file.mode: root saves there all the same, others cannot: what Codex does and what is found agree."""
    login = Login().fresh()
    login.write(box.codex)
    os.chmod(box.codex, 0o500)
    codex = RealCodex(codex_169, box.codex)
    assert codex.login_with_api_key(api_key()).code == 0
    assert_gone(Patient(box), "file.mode")
    found = [each for each in _seen_by_nobody(box) if each[0] == "file.mode"]
    ((id_, level, title, evidence, _),) = found
    assert (id_, level) == ("file.mode", ERROR)
    assert title == "The owner may not use the active home"
    assert f"{box.codex} has mode 0500" in evidence


# -- file.owner --------------------------------------------------------------------------------


def test_a_home_of_somebody_else(box: Box) -> None:
    """file.owner: home and login are another user's; root can save there, which is not denied; chown mends it."""
    need_root()
    scene = settle(box)
    give(box.codex)
    patient = Patient(box)
    finding = found_one(
        patient, "file.owner", WARNING, f"{box.codex} belongs to", scene.live, "root (user 0)"
    )
    assert "Permission denied" not in finding.why
    assert "cannot save" not in finding.why
    assert finding.fix == f"chown -R root: {box.codex}"
    cured(patient, finding)


def test_one_sudo_codex_left_files_of_root(box: Box) -> None:
    """file.owner: the home is ours, the login and a lock in it are root's; the owner is told to take them back."""
    need_root()
    scene = settle(box)
    give(box.path)
    os.chown(scene.live, 0, 0)
    os.chown(f"{box.codex}/auth.lock", 0, 0)
    patient = Patient(box)
    patient.context["uid"] = NOBODY
    finding = found_one(patient, "file.owner", ERROR, scene.live, "auth.lock", "root (user 0)")
    assert finding.fix == f"sudo chown -R nobody: {box.codex}"
    assert "Permission denied" in finding.why
    assert f"{box.codex} belongs" not in finding.evidence
    subprocess.run(["sh", "-c", finding.fix.removeprefix("sudo ")], check=True)
    assert_gone(patient, "file.owner")


def test_the_mode_of_what_is_not_ours(box: Box) -> None:
    """file.owner alone speaks of it: its mode is not ours to mend."""
    need_root()
    scene = settle(box)
    os.chmod(scene.live, 0o644)
    os.chown(scene.live, NOBODY, NOBODY)
    patient = Patient(box)
    assert_gone(patient, "file.mode")
    found_one(patient, "file.owner", WARNING, scene.live)


def test_sudo_in_the_home_of_a_user(box: Box) -> None:
    """file.owner: root works in a user's home by sudo; nothing is to be chowned, sudo is to be left away."""
    need_root()
    settle(box)
    give(box.path)
    patient = Patient(box)
    patient.set(SUDO_USER="nobody")
    findings = [each for each in found_all(patient, "file.owner") if box.codex in each.evidence]
    (finding,) = findings
    assert "SUDO_USER=nobody" in finding.evidence
    assert finding.fix == "run codex and tui without sudo"
    patient.set(SUDO_USER=None)
    patient.context["uid"] = NOBODY
    assert_gone(patient, "file.owner")


def test_a_profile_of_somebody_else_is_a_warning(box: Box) -> None:
    """file.owner: it breaks at the next switch; by profile.broken nothing is said twice."""
    need_root()
    settle(box)
    give(box.profile("bob"))
    patient = Patient(box)
    finding = found_one(patient, "file.owner", WARNING, box.profile("bob"))
    assert_gone(patient, "profile.broken")
    cured(patient, finding)
