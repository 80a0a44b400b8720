"""`paths`: our four folders, the active home as Codex finds it, and names for people."""

from __future__ import annotations

import os
import sys

import pytest
from platformdirs import PlatformDirs

from profiles.paths import Roots, find_active_home, find_roots, path_digest, tilde, user_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


def _platformdirs() -> Roots:
    places = PlatformDirs("switchyard", appauthor=False)
    return Roots(
        places.user_config_dir, places.user_data_dir, places.user_state_dir, places.user_cache_dir
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere platformdirs is asked")
@pytest.mark.parametrize(
    "values",
    [
        {},
        dict.fromkeys(XDG, "/srv/xdg"),
        dict.fromkeys(XDG, ""),
        dict.fromkeys(XDG, "   "),
        dict.fromkeys(XDG, "relative/path"),
        dict.fromkeys(XDG, "/srv/with space/ü"),
        {"XDG_DATA_HOME": "/srv/data"},
    ],
)
def test_our_folders_are_platformdirs_own(
    box: Box, monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    """Computed here to save its import, they must be where every other program would look for them."""
    monkeypatch.delenv("SWITCHYARD_HOME")
    for name in XDG:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert find_roots(os.environ) == _platformdirs()


def test_on_other_systems_platformdirs_is_asked(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answer by the other way."""
    monkeypatch.delenv("SWITCHYARD_HOME")
    assert find_roots(os.environ, platform="darwin") == _platformdirs()


def test_switchyard_home_holds_all_four(box: Box) -> None:
    """Set, it wins over XDG; a relative one is made absolute, an empty one is none."""
    found = find_roots({"HOME": "/h", "SWITCHYARD_HOME": "/sy/", "XDG_DATA_HOME": "/x"})
    assert found == Roots("/sy/config", "/sy/data", "/sy/state", "/sy/cache")
    assert find_roots({"HOME": "/h", "SWITCHYARD_HOME": "sy"}).data == f"{os.getcwd()}/sy/data"
    assert find_roots({"HOME": "/h", "SWITCHYARD_HOME": ""}).data == "/h/.local/share/switchyard"
    assert (found.profiles, found.locks) == ("/sy/data/profiles", "/sy/data/locks")
    assert found.backups == "/sy/state/backups"


def test_the_active_home(box: Box) -> None:
    """`$CODEX_HOME` if set and not empty, else `~/.codex`; canonical, and its problem told as Codex would."""
    environ = {"HOME": box.home}
    assert find_active_home(environ) == (f"{box.home}/.codex", False, None)
    assert find_active_home(environ | {"CODEX_HOME": ""}) == (f"{box.home}/.codex", False, None)
    missing = find_active_home(environ | {"CODEX_HOME": f"{box.path}/none"})
    assert (missing.from_environment, missing.path) == (True, f"{box.path}/none")
    assert missing.problem is not None
    assert missing.problem.startswith("does not exist")
    with open(f"{box.path}/file", "wb"):
        pass
    assert find_active_home({"HOME": "/h", "CODEX_HOME": f"{box.path}/file"}).problem == (
        "is not a folder"
    )
    os.mkdir(f"{box.path}/real")
    os.symlink("real", f"{box.path}/link")
    found = find_active_home({"HOME": "/h", "CODEX_HOME": f"{box.path}/link/../link/"})
    real = os.path.realpath(f"{box.path}/real")
    assert found == (real, True, None)
    os.chdir(box.path)
    assert find_active_home({"HOME": "/h", "CODEX_HOME": "real"}).path == real


def test_a_default_home_that_is_no_folder(box: Box) -> None:
    """A file at `~/.codex` is a problem, a link to a folder is none."""
    with open(box.codex, "wb"):
        pass
    assert find_active_home({"HOME": box.home}).problem == "is not a folder"
    os.unlink(box.codex)
    os.mkdir(f"{box.home}/dotfiles")
    os.symlink("dotfiles", box.codex)
    found = find_active_home({"HOME": box.home})
    assert (found.path, found.problem) == (os.path.realpath(f"{box.home}/dotfiles"), None)


def test_the_persons_home(box: Box) -> None:
    """`$HOME`, else the password database's; nothing in it is opened."""
    assert user_home({"HOME": "/x"}) == "/x"
    assert os.path.isabs(user_home({}))


def test_paths_for_people() -> None:
    """The home folder is `~`, and only the folder itself, not what merely begins like it."""
    assert tilde("/home/me/.codex", "/home/me") == "~/.codex"
    assert tilde("/home/me", "/home/me") == "~"
    assert tilde("/home/meander/x", "/home/me") == "/home/meander/x"
    assert tilde("/x", "") == "/x"


def test_names_of_paths_do_not_collide() -> None:
    """16 hex digits, for any bytes that a path may have."""
    names = {path_digest(path) for path in ("/a", "/b", "/a/", "/ü", "/\udcff", "/" + "x" * 4000)}
    assert len(names) == 6
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
