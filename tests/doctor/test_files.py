"""The files of a login: broken, linked, mounted, left behind."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.finding import ERROR, WARNING
from profiles.seen import last_seen
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    carry_out,
    cured,
    found_one,
    mended_and_undone,
)
from tests.support.childuid import need_root
from tests.support.documents import BROKEN, VARIANTS, api_key
from tests.support.programs import CODEXES, need
from tests.support.real_codex import RealCodex
from tests.support.tokens import HOUR, Login, Person
from tests.surroundings.scene import quiet_context, read, settle, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box

UNKNOWN_MODES = ("auth_mode unknown", "auth_mode is a number")


# -- file.broken -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [each for each in BROKEN if each not in UNKNOWN_MODES])
def test_a_broken_login(box: Box, what: str) -> None:
    """file.broken: empty, cut, no JSON, an id_token that is no JWT, …; a switch to what was there puts it right."""
    scene = settle(box)
    patient = Patient(box)
    write(scene.live, BROKEN[what])
    finding = found_one(patient, "file.broken", ERROR, scene.live)
    assert finding.fix == "tui switch ada"
    if what in ("empty", "cut"):
        cured(patient, finding)
        assert read(scene.live) == scene.ada.document().data()
    else:
        scene.ada.write(box.codex)
        assert_gone(patient, "file.broken")


@pytest.mark.parametrize("what", UNKNOWN_MODES)
def test_an_auth_mode_that_nobody_knows(box: Box, what: str) -> None:
    """file.auth_mode: the field is named, its value is not shown."""
    scene = settle(box)
    patient = Patient(box)
    write(scene.live, BROKEN[what])
    finding = found_one(patient, "file.auth_mode", ERROR, scene.live, "auth_mode")
    assert "telepathy" not in "".join(map(str, finding[:6]))
    cured(patient, finding)


def test_a_mode_without_its_credential(box: Box) -> None:
    """file.broken: Codex knows this mode, and the key that belongs to it is missing."""
    patient = Patient(box)
    patient.write(".codex/auth.json", '{"auth_mode": "apikey"}', 0o600)
    found_one(patient, "file.broken", ERROR, "OPENAI_API_KEY")
    assert_gone(patient, "file.auth_mode")


def _folder(path: str) -> None:
    os.mkdir(path)


def _pipe(path: str) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [_folder, _pipe])
def test_a_login_that_is_no_file(box: Box, make: Callable[[str], None]) -> None:
    """file.broken: a folder ends every Codex command, a pipe would hang it, and hangs nobody here."""
    scene = settle(box)
    os.unlink(scene.live)
    make(scene.live)
    patient = Patient(box)
    finding = found_one(patient, "file.broken", ERROR, scene.live)
    aside, _, switch = finding.fix.partition(" && ")
    carry_out(patient, aside)
    assert switch == "tui switch ada"
    # Its login vanished, so a switch would ask the issuer first whether it lives.
    carry_out(patient, f"{switch} --anyway")
    assert_gone(patient, "file.broken")
    assert read(scene.live) == scene.ada.document().data()


def test_a_broken_profile_is_a_warning(box: Box) -> None:
    """file.broken: it breaks at the next switch, not now; the profile is named, and a new login mends it."""
    scene = settle(box)
    patient = Patient(box)
    write(scene.saved("bob"), BROKEN["cut"])
    finding = found_one(patient, "file.broken", WARNING, "the profile bob", scene.saved("bob"))
    assert finding.fix == "tui login bob --device-code"
    scene.bob.write(box.profile("bob"))
    assert_gone(patient, "file.broken")


def test_a_backup_puts_a_broken_login_back(box: Box) -> None:
    """file.broken: where no switch can, the newest backup of that home that loads does."""
    from profiles.backups import keep

    login = Login().fresh().document()
    keep(quiet_context(), box.codex, login.data(), 1)
    keep(quiet_context(), box.codex, b"{", 2)
    patient = Patient(box)
    patient.write(".codex/auth.json", "{", 0o600)
    assert last_seen(quiet_context(), box.codex) is None
    finding = found_one(patient, "file.broken", ERROR)
    assert finding.fix.startswith("install -m 600 ")
    cured(patient, finding)
    assert read(f"{box.codex}/auth.json") == login.data()


def test_nothing_is_there_to_put_back(box: Box) -> None:
    """file.broken: then the file is put aside first, and a new login made by us: never by codex login."""
    patient = Patient(box)
    path = patient.write(".codex/auth.json", "", 0o600)
    finding = found_one(patient, "file.broken", ERROR, path, "empty")
    aside, _, login = finding.fix.partition(" && ")
    assert login == "tui login main --device-code && tui switch main"
    carry_out(patient, aside)
    assert_gone(patient, "file.broken")


@pytest.mark.parametrize("what", [each for each in VARIANTS if each != "headers"])
def test_every_kind_of_login_is_whole(box: Box, what: str) -> None:
    """What Codex loads is not broken, of whatever kind it is."""
    VARIANTS[what].write(box.codex)
    patient = Patient(box)
    assert_gone(patient, "file.broken")
    assert_gone(patient, "file.auth_mode")


# -- links, mounts -----------------------------------------------------------------------------


def test_a_login_that_is_a_dangling_link(box: Box) -> None:
    """file.link: the mend removes the link alone; taken back it is there again."""
    scene = settle(box)
    os.unlink(scene.live)
    os.symlink(f"{box.home}/gone/auth.json", scene.live)
    patient = Patient(box)
    finding = found_one(patient, "file.link", ERROR, scene.live, f"{box.home}/gone/auth.json")
    assert_gone(patient, "file.broken")
    mended_and_undone(patient, finding)
    assert os.readlink(scene.live) == f"{box.home}/gone/auth.json"
    patient.mend(found_one(patient, "file.link", ERROR))
    assert not os.path.lexists(scene.live)


def test_a_link_in_a_circle(box: Box) -> None:
    """file.link: it leads nowhere, too."""
    os.makedirs(box.codex)
    os.symlink("auth.json", f"{box.codex}/auth.json")
    patient = Patient(box)
    cured(patient, found_one(patient, "file.link", ERROR))


def test_a_login_with_a_second_name(box: Box) -> None:
    """file.hardlink: Codex would drop what it refreshes; a file of its own holds the same."""
    scene = settle(box)
    os.link(scene.live, f"{box.home}/backup-of-auth.json")
    patient = Patient(box)
    finding = found_one(patient, "file.hardlink", ERROR, scene.live, "2 links")
    cured(patient, finding)
    assert read(scene.live) == scene.ada.document().data()
    assert os.stat(scene.live).st_mode & 0o777 == 0o600


def test_two_homes_share_one_file_by_a_hard_link(box: Box) -> None:
    """file.hardlink: the other home is named."""
    scene = settle(box)
    os.makedirs(f"{box.home}/.codex-work")
    other = f"{box.home}/.codex-work/auth.json"
    os.link(scene.live, other)
    patient = Patient(box)
    levels = {ERROR: 0, WARNING: 0}
    for finding in patient.found("files", "file.hardlink"):
        levels[finding.level] += 1
        assert other in finding.evidence
    assert levels == {ERROR: 1, WARNING: 1}


def test_a_login_that_is_a_mount(box: Box) -> None:
    """file.mount: a real bind mount of the file alone, as docker -v makes it; without it all is well."""
    need_root()
    scene = settle(box)
    source = write(f"{box.home}/mounted.json", read(scene.live))
    mount = [need("mount"), "--bind", source, scene.live]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount here")
    patient = Patient(box)
    try:
        found_one(patient, "file.mount", ERROR, scene.live)
    finally:
        subprocess.run([need("umount"), scene.live], check=True)
    assert_gone(patient, "file.mount")


# -- file.leftover -----------------------------------------------------------------------------


def test_a_killed_codex_left_newer_tokens(box: Box) -> None:
    """file.leftover: its temporary file is the only copy of the next tokens; a switch takes it up."""
    scene = settle(box)
    newer = scene.ada.rotate(HOUR // 2)
    left = write(f"{box.codex}/.auth-a1B2c3", newer.document().data())
    patient = Patient(box)
    finding = found_one(patient, "file.leftover", ERROR, left, scene.live)
    assert finding.fix == "tui switch ada"
    cured(patient, finding)
    assert read(scene.live) == newer.document().data()


def test_leftovers_that_do_no_harm(box: Box) -> None:
    """Older ones, half ones, and those of another login are taken up in time, and worth no word."""
    scene = settle(box)
    write(f"{box.codex}/.auth-older1", scene.ada.document().data())
    write(f"{box.codex}/.auth-half01", scene.ada.document().data()[:500])
    write(f"{box.codex}/.auth-other1", Login(Person("eve")).fresh(60).document().data())
    assert_nothing_wrong(Patient(box))


# -- all well ----------------------------------------------------------------------------------


@pytest.mark.real_codex
@pytest.mark.parametrize("version", CODEXES)
def test_files_healthy(box: Box, version: str) -> None:
    """A home that the real Codex made itself, folder 0755 and lock files 0644 and all, gives no warning."""
    before = os.umask(0o022)
    try:
        codex = RealCodex(need(version), box.codex, {"CODEX_HOME": None})
        os.rmdir(box.codex)
        codex.home, home = box.home, codex.home
        assert codex.login_with_api_key(api_key()).code == 0
    finally:
        os.umask(before)
    assert os.stat(home).st_mode & 0o777 == 0o755
    patient = Patient(box)
    assert_nothing_wrong(patient)
    codex.login_status()
    assert_nothing_wrong(patient)


def test_a_linked_login_is_fine(box: Box) -> None:
    """A symlinked auth.json is followed by Codex and by us."""
    scene = settle(box)
    os.rename(scene.live, f"{box.home}/real.json")
    os.symlink(f"{box.home}/real.json", scene.live)
    assert_nothing_wrong(Patient(box))
