"""Homes: which one counts, where it lies, what its disk can do."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil

import pytest

from profiles.doctor import homes
from profiles.doctor.finding import ERROR, INFO, WARNING
from profiles.files import LOCK_EXCLUSIVE, Files
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    cured,
    found_one,
    mended_and_undone,
)
from tests.support.childuid import read_only, small_disk
from tests.support.tokens import Login, Person
from tests.surroundings.scene import settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

DRIVE = "C:\\134 {} 9p rw,noatime,aname=drvfs;path=C:\\;uid=1000,access=client 0 0\n"


def _with_mounts(box: Box, text: str) -> Patient:
    """Return a patient whose kernel names these mounts."""
    os.makedirs(f"{box.path}/proc", exist_ok=True)
    with open(f"{box.path}/proc/mounts", "w", encoding="utf-8") as file:
        file.write(f"/dev/vda / ext4 rw 0 0\n{text}")
    return Patient(box, proc=f"{box.path}/proc")


# -- home.symlink ------------------------------------------------------------------------------


def test_a_home_linked_to_a_windows_drive(box: Box) -> None:
    """home.symlink: ~/.codex leads to /mnt/c; the file system of the real place counts, and a real folder ends it."""
    drive = f"{box.home}/drive"
    Login().fresh().write(f"{drive}/.codex")
    os.symlink(f"{drive}/.codex", box.codex)
    patient = _with_mounts(box, DRIVE.format(drive))
    finding = found_one(patient, "home.symlink", ERROR, box.codex, f"{drive}/.codex", "9p")
    cured(patient, finding)
    assert os.path.isdir(box.codex)
    assert not os.path.islink(box.codex)
    assert os.path.exists(f"{drive}/.codex/auth.json"), "the Windows login is not touched"


def test_codex_home_on_a_windows_drive(box: Box) -> None:
    """home.symlink: CODEX_HOME names a folder there; unset, all is well."""
    home = f"{box.home}/my drive/.codex"
    os.makedirs(home)
    patient = _with_mounts(box, DRIVE.format(f"{box.home}/my\\040drive"))
    patient.set(CODEX_HOME=home)
    cured(patient, found_one(patient, "home.symlink", ERROR, home))


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_home_on_a_network_disk(box: Box, kind: str) -> None:
    """home.symlink: a warning, for locks hold there with luck."""
    os.makedirs(box.codex)
    patient = _with_mounts(box, f"server:/x {box.home} {kind} rw 0 0\n")
    found_one(patient, "home.symlink", WARNING, box.codex, kind)
    assert_gone(_with_mounts(box, f"/dev/vdb {box.home} xfs rw 0 0\n"), "home.symlink")


@pytest.mark.parametrize(
    "kind", ["ext4", "btrfs", "overlay", "tmpfs", "virtiofs", "fuse.fuse-overlayfs"]
)
def test_local_disks_are_fine(box: Box, kind: str) -> None:
    """Neither they nor a Windows drive mounted elsewhere are worth a word."""
    os.makedirs(box.codex)
    patient = _with_mounts(box, f"x {box.home} {kind} rw 0 0\n{DRIVE.format('/mnt/c')}")
    assert_gone(patient, "home.symlink")


def test_a_sandbox_is_fine(box: Box) -> None:
    """Its whole disk may be lent by its host (9p), which is no Windows drive and no network disk."""
    os.makedirs(box.codex)
    assert_gone(_with_mounts(box, "none / 9p rw,trans=fd 0 0\n"), "home.symlink")


# -- home.locks --------------------------------------------------------------------------------


class _NoLocks(Files):
    """A file system that knows no locks."""

    def lock(self, descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


class _EverybodyLocks(Files):
    """A file system that grants every lock."""

    def lock(self, descriptor: int, operation: int) -> None:
        pass


@pytest.mark.parametrize("files", [_NoLocks(), _EverybodyLocks()])
def test_locks_that_do_not_hold(box: Box, files: Files) -> None:
    """home.locks: tried on Codex's own lock file, which nothing is written to; elsewhere they hold."""
    Login().fresh().write(box.codex)
    lock = f"{box.codex}/auth.lock"
    with open(lock, "w", encoding="ascii"):
        os.utime(lock, (1, 1))
    patient = Patient(box)
    patient.context["files"] = files
    found_one(patient, "home.locks", ERROR, box.codex)
    assert os.stat(lock).st_mtime == 1
    patient.context["files"] = Files()
    assert_gone(patient, "home.locks")


def test_a_lock_that_somebody_holds_is_a_lock(box: Box) -> None:
    """A Codex at work is no trouble, and its lock is not taken from it."""
    os.makedirs(box.codex)
    with open(f"{box.codex}/auth.lock", "w", encoding="ascii") as file:
        fcntl.flock(file, LOCK_EXCLUSIVE)
        assert_gone(Patient(box), "home.locks")


def test_the_lock_is_tried_for_a_moment_only(box: Box) -> None:
    """After the look nobody holds it: Codex waits 5 s at most for this one, and then drops a token."""
    os.makedirs(box.codex)
    path = f"{box.codex}/auth.json.lock"
    with open(path, "w", encoding="ascii") as file:
        assert_gone(Patient(box), "home.locks")
        fcntl.flock(file, LOCK_EXCLUSIVE)


# -- room and rights of the disk ---------------------------------------------------------------


def test_a_read_only_home(box: Box) -> None:
    """home.readonly: a real bind mount on which not even root writes."""
    Login().fresh().write(box.codex)
    patient = Patient(box)
    with read_only(box.codex):
        found_one(patient, "home.readonly", ERROR, box.codex)
    assert_gone(patient, "home.readonly")


@pytest.mark.parametrize("inodes", [0, 2])
def test_a_full_disk(box: Box, inodes: int) -> None:
    """home.full: a real disk without room, or without a free name; with room again it is gone."""
    os.makedirs(box.codex)
    patient = Patient(box)
    with small_disk(box.codex, 1 << 20, inodes=inodes):
        filler = f"{box.codex}/filler"
        with open(filler, "wb") as file:
            file.write(b"x" * (1 if inodes else 900_000))
        found_one(patient, "home.full", ERROR, box.codex, "inodes" if inodes else "KiB")
        os.unlink(filler)
        assert_gone(patient, "home.full")


# -- links and what is no folder ---------------------------------------------------------------


@pytest.mark.parametrize("named", [False, True])
def test_a_home_that_is_a_dangling_link(box: Box, named: bool) -> None:
    """home.link: the mend removes the link and nothing else; taken back, it is there again."""
    path = f"{box.home}/.codex"
    os.symlink(f"{box.home}/gone", path)
    patient = Patient(box)
    patient.set(CODEX_HOME=path if named else None)
    finding = found_one(patient, "home.link", ERROR, path, f"{box.home}/gone")
    mended_and_undone(patient, finding)
    assert os.readlink(path) == f"{box.home}/gone"
    cured(patient, finding)
    assert not os.path.lexists(path)


def test_a_link_that_leads_somewhere_by_now_is_left_alone(box: Box) -> None:
    """home.link: the disk was mounted between the look and the mend."""
    from profiles.errors import StoreError

    os.symlink(f"{box.home}/disk", box.codex)
    patient = Patient(box)
    finding = found_one(patient, "home.link", ERROR)
    os.mkdir(f"{box.home}/disk")
    with pytest.raises(StoreError):
        patient.mend(finding)
    assert os.path.islink(box.codex)


def test_a_link_to_a_file_leads_somewhere(box: Box) -> None:
    """home.unusable: it is not removed as a link that leads nowhere."""
    patient = Patient(box)
    os.symlink(patient.write("notes", "x"), box.codex)
    assert_gone(patient, "home.link")
    found_one(patient, "home.unusable", ERROR)


def test_a_file_in_the_place_of_the_home(box: Box) -> None:
    """home.unusable: ~/.codex is a file; moved away, Codex makes its folder."""
    patient = Patient(box)
    patient.write(".codex", "notes")
    cured(patient, found_one(patient, "home.unusable", ERROR, box.codex))


# -- home.many ---------------------------------------------------------------------------------


def test_the_wrong_home_is_in_use(box: Box) -> None:
    """home.many: CODEX_HOME names an empty folder while ~/.codex holds the login."""
    Login().fresh().write(box.codex)
    patient = Patient(box)
    other = f"{box.home}/other"
    os.makedirs(other)
    patient.set(CODEX_HOME=other)
    finding = found_one(patient, "home.many", WARNING, "~/other", "no login  <- in use", "~/.codex")
    assert finding.fix == "unset CODEX_HOME"
    cured(patient, finding)


def test_the_login_lies_in_a_home_that_is_not_named(box: Box) -> None:
    """home.many: the other way round; the fix names the home."""
    Login().fresh().write(f"{box.home}/.codex-work")
    patient = Patient(box)
    os.makedirs(box.codex)
    finding = found_one(patient, "home.many", WARNING, "~/.codex-work")
    os.rmdir(box.codex)
    cured(patient, finding)


def test_root_by_sudo_has_another_home(box: Box) -> None:
    """home.many: SUDO_USER is logged in, root is not; without sudo it is gone."""
    patient = Patient(box)
    patient.put("/home/ada/.codex/auth.json", Login().fresh().text())
    patient.set(SUDO_USER="ada")
    finding = found_one(patient, "home.many", WARNING, "SUDO_USER=ada", "/home/ada/.codex")
    assert "without sudo" in finding.fix
    patient.set(SUDO_USER=None)
    found_one(patient, "home.many", INFO)


def test_several_homes_are_listed(box: Box) -> None:
    """home.many: root's, another user's and Windows's are worth knowing; folders of projects are none."""
    Login().fresh().write(box.codex)
    patient = Patient(box)
    for number, place in enumerate(("/root", "/home/bob", "/mnt/c/Users/eve")):
        login = Login(Person(f"person{number}")).fresh()
        patient.put(f"{place}/.codex/auth.json", login.text())
    patient.write("work/project/.codex/config.toml", "")
    finding = found_one(patient, "home.many", INFO, "/root/.codex", "/home/bob", "/Users/eve")
    assert "project" not in finding.evidence
    assert "~/.codex: a login  <- in use" in finding.evidence
    for place in ("/root", "/home/bob", "/mnt/c/Users/eve"):
        shutil.rmtree(patient.machine().path(f"{place}/.codex"))
    assert_gone(patient, "home.many")


# -- home.tmp ----------------------------------------------------------------------------------


def test_a_home_below_the_temporary_folder(box: Box) -> None:
    """home.tmp: harmless, and said as such; elsewhere it is gone."""
    patient = Patient(box)
    home = f"{box.path}/tmp/home"
    os.makedirs(home)
    patient.set(TMPDIR=f"{box.path}/tmp", CODEX_HOME=home)
    found_one(patient, "home.tmp", INFO, home)
    patient.set(CODEX_HOME=None)
    assert_gone(patient, "home.tmp")


# -- all well ----------------------------------------------------------------------------------


def test_homes_healthy(box: Box) -> None:
    """A settled home gives nothing but ok and info; on a machine on which Codex never ran, nobody is logged in."""
    patient = Patient(box)
    found_one(patient, "login.none", WARNING)
    settle(box)
    assert_nothing_wrong(patient)


def _link_inside(box: Box) -> None:
    os.symlink("notes.md", f"{box.codex}/AGENTS.md")


def _dangling_link_inside(box: Box) -> None:
    os.symlink("/nowhere", f"{box.codex}/skills")


def _linked_home(box: Box) -> None:
    os.rename(box.codex, f"{box.home}/real")
    os.symlink(f"{box.home}/real", box.codex)


def _extra_files(box: Box) -> None:
    for name in ("notes.md", "history.jsonl", "state_5.sqlite-wal", "auth.json~"):
        with open(f"{box.codex}/{name}", "w", encoding="utf-8") as file:
            file.write("x")


def _folder_with_spaces(box: Box) -> None:
    os.makedirs(f"{box.home}/.codex-my other one")


def _empty_variable(box: Box) -> None:
    os.environ["CODEX_HOME"] = ""


def _codex_home_is_the_usual_one(box: Box) -> None:
    os.environ["CODEX_HOME"] = f"{box.home}/../home/.codex/"


@pytest.mark.parametrize(
    "oddity",
    [
        _link_inside,
        _dangling_link_inside,
        _linked_home,
        _extra_files,
        _folder_with_spaces,
        _empty_variable,
        _codex_home_is_the_usual_one,
    ],
)
def test_homes_harmless(box: Box, oddity: object) -> None:
    """What is odd and does no harm gives no warning."""
    settle(box)
    assert callable(oddity)
    oddity(box)
    assert_nothing_wrong(Patient(box))


def test_nothing_is_changed_by_looking(box: Box) -> None:
    """All four subjects leave every byte, mode and name as it was."""
    from tests.surroundings.scene import snapshot

    settle(box)
    before = snapshot(box.home, box.switchyard)
    Patient(box).findings("homes", "files", "store", "logins")
    os.rmdir(f"{box.home}/work")
    assert snapshot(box.home, box.switchyard) == before


def test_the_stop_gap_is_explained() -> None:
    """copy.stopgap: no check can see whether the source of a copy rests; what to do is said."""
    assert "install -m 600" in homes.UNSEEN["copy.stopgap"]
    assert not homes.SEEN.keys() & homes.UNSEEN.keys()
