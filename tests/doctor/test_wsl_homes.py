"""The homes of Codex on the Windows side, compared with the active one."""

from __future__ import annotations

import os

import pytest

from profiles.doctor.finding import INFO, UNKNOWN, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_wsl_ports import only
from tests.doctor.windows import Windows
from tests.support.documents import with_api_key
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box

ADA = Login(Person("ada"))


@pytest.fixture
def windows(box: Box) -> Windows:
    """A healthy WSL 2 whose active home holds Ada's login, an hour old."""
    ADA.fresh().write(box.codex)
    return Windows(Patient(box, proc=None))


def found_one(windows: Windows, level: str) -> Finding:
    """Return the finding about the Windows homes."""
    return only(windows.found("wsl.homes"), "wsl.homes", level)


def put(windows: Windows, text: str, user: str = "u") -> str:
    """Write a Windows home's auth.json."""
    windows.patient.put(f"/mnt/c/Users/{user}/.codex/auth.json", text)
    return f"/mnt/c/Users/{user}/.codex/auth.json"


def test_a_newer_copy_on_windows(windows: Windows) -> None:
    """Refreshed there, so spent here; a new login here is another family, and the warning is gone."""
    path = put(windows, ADA.fresh().rotate(600).text())
    finding = found_one(windows, WARNING)
    assert "newer" in finding.title
    assert path in finding.evidence
    assert finding.fix == "tui login NAME --device-code"
    ADA.sign_in("again").fresh(0).write(windows.patient.box.codex)
    assert "its own login" in found_one(windows, INFO).title


def test_the_profile_is_named(windows: Windows) -> None:
    """The command names the active profile."""
    ADA.fresh().write(windows.patient.box.profile("work"))
    put(windows, ADA.fresh().rotate(600).text())
    assert found_one(windows, WARNING).fix == "tui login work --device-code"


def test_an_older_copy_on_windows(windows: Windows) -> None:
    """Refreshed here, so spent there: put away, it can end nothing."""
    ADA.fresh().rotate(600).write(windows.patient.box.codex)
    path = put(windows, ADA.fresh().text())
    finding = found_one(windows, WARNING)
    assert "older" in finding.title
    assert finding.fix == f"mv {path} {path}.old"
    os.rename(windows.real(path), windows.real(f"{path}.old"))
    assert windows.found("wsl.homes") == []


def test_the_same_copy_on_windows(windows: Windows) -> None:
    """The very same is copy.twin's to judge: here it is told, no more."""
    put(windows, ADA.fresh().text())
    finding = found_one(windows, INFO)
    assert "this very login" in finding.title
    assert "copy.twin" in finding.why


def test_others_on_windows(windows: Windows) -> None:
    """Another person's login, a login apart and one where we have none are worth knowing, and harmless."""
    put(windows, Login(Person("bob")).fresh().text())
    assert "another login" in found_one(windows, INFO).title
    put(windows, ADA.sign_in("there").fresh().text())
    assert "its own login" in found_one(windows, INFO).title
    os.unlink(f"{windows.patient.box.codex}/auth.json")
    assert "this home has none" in found_one(windows, INFO).title


def test_a_key_on_both_sides(windows: Windows) -> None:
    """A key does not rotate."""
    with_api_key().write(windows.patient.box.codex)
    put(windows, with_api_key().text())
    assert "same key" in found_one(windows, INFO).title


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_home_that_cannot_be_read(windows: Windows, text: str) -> None:
    """What is not read is unknown."""
    path = put(windows, text)
    assert path in found_one(windows, UNKNOWN).evidence


def test_harmless_homes(windows: Windows) -> None:
    """A file without a login, homes of nobody, and our own by a link are no trouble."""
    windows.user_file(".codex/auth.json", "{}")
    for user in ("Public", "Default", "All Users"):
        put(windows, ADA.fresh().rotate(600).text(), user)
    assert windows.found("wsl.homes") == []
    os.makedirs(windows.real("/mnt/c/Users/v"))
    os.symlink(windows.patient.box.codex, windows.real("/mnt/c/Users/v/.codex"))
    assert windows.found("wsl.homes") == []


def test_a_pipe_does_not_hang(windows: Windows) -> None:
    """A login that is a pipe is unknown at once."""
    windows.user_file(".codex/config.toml", "")
    os.mkfifo(windows.real("/mnt/c/Users/u/.codex/auth.json"))
    assert "not a regular file" in found_one(windows, UNKNOWN).evidence


def test_a_home_that_windows_names(windows: Windows) -> None:
    """CODEX_HOME on the Windows side is asked of its registry: on another drive, or inside a distro."""
    windows.mount(
        "C:\\134 /mnt/c 9p rw,aname=drvfs;path=C:\\ 0 0\nD: /mnt/d\\040x drvfs rw,noatime 0 0\n"
    )
    windows.tell(registry={"CODEX_HOME": r"D:\ai\codex"})
    path = "/mnt/d x/ai/codex/auth.json"
    windows.patient.put(path, ADA.fresh().rotate(600).text())
    assert path in found_one(windows, WARNING).evidence
    shared = windows.patient.put("/home/x/.codex/auth.json", ADA.fresh().rotate(600).text())
    windows.tell(registry={"CODEX_HOME": r"\\wsl.localhost\Ubuntu\home\x\.codex"})
    assert "/home/x/.codex" in found_one(windows, WARNING).evidence
    os.unlink(shared)
    windows.tell(registry={"CODEX_HOME": r"%USERPROFILE%\.codex"})
    assert windows.found("wsl.homes") == []


def test_each_home_is_told(windows: Windows) -> None:
    """Two people on the Windows side: each home is named."""
    put(windows, Login(Person("bob")).fresh().text())
    put(windows, ADA.fresh().rotate(600).text(), "v")
    found = windows.found("wsl.homes")
    assert [each.level for each in found] == [WARNING, INFO]
    assert "/Users/v/" in found[0].evidence


def test_drives_that_are_not_mounted(windows: Windows) -> None:
    """Without a drive the homes cannot be seen: unknown."""
    windows.mount("")
    os.rename(windows.real("/mnt/c"), windows.real("/mnt/away"))
    found_one(windows, UNKNOWN)
