"""File calls that fail one at a time: a quota, a dying disk, a file system without locks."""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial
from typing import Final, NamedTuple

import pytest

from profiles import store
from profiles.errors import LocksUnsupported, ProfilesError
from profiles.files import Files
from profiles.reconcile import reconcile
from profiles.switching import switch, undo
from tests.support.cli import run_tui
from tests.support.faults import Faulty
from tests.support.programs import need
from tests.support.tokens import Login, Person
from tests.surroundings.scene import (
    Scene,
    leftovers,
    quiet_context,
    read,
    refused,
    repeated,
    settle,
    snapshot,
    write,
)
from tui.stderr import ExitCode, exit_code_for, explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from tests.conftest import Box


class Case(NamedTuple):
    """How the scene is made ready, what is done, and the logins that must survive it."""

    prepare: Callable[[Scene], list[Login]]
    verb: Callable[[Context], object]


def _as_it_is(scene: Scene) -> list[Login]:
    return [scene.ada, scene.bob]


def _newer_live(scene: Scene) -> list[Login]:
    newer = scene.ada.rotate(60)
    newer.write(scene.box.codex)
    return [newer, scene.bob]


def _newer_saved(scene: Scene) -> list[Login]:
    newer = scene.ada.rotate(60)
    newer.write(scene.box.profile("ada"))
    return [newer, scene.bob]


def _stranger_live(scene: Scene) -> list[Login]:
    carl = Login(Person("carl")).fresh()
    carl.write(scene.box.codex)
    return [scene.ada, scene.bob, carl]


def _broken_saved(scene: Scene) -> list[Login]:
    write(scene.saved("ada"), b"{")
    os.utime(scene.saved("ada"), (1.0, 1.0))  # nobody is at it any more
    return [scene.ada, scene.bob]


def _work_home(scene: Scene) -> str:
    return f"{scene.box.home}/.codex-work"


def _other_home(scene: Scene) -> list[Login]:
    dora = Login(Person("dora")).fresh()
    dora.write(_work_home(scene))
    return [scene.ada, scene.bob, dora]


CASES: Final = {
    "switch": Case(_as_it_is, lambda context: switch(context, "bob")),
    "switch, newer live": Case(_newer_live, lambda context: switch(context, "bob")),
    "switch, stranger live": Case(
        _stranger_live, lambda context: switch(context, "bob", anyway=True)
    ),
    "switch to itself, newer saved": Case(_newer_saved, lambda context: switch(context, "ada")),
    "switch, saved file broken": Case(_broken_saved, lambda context: switch(context, "bob")),
    "undo": Case(_as_it_is, undo),
    "reconcile, newer live": Case(_newer_live, reconcile),
    "reconcile, stranger live": Case(_stranger_live, reconcile),
    "add": Case(_stranger_live, lambda context: store.add_active(context, "carl")),
    "add --empty": Case(_as_it_is, lambda context: store.add_empty(context, "dora")),
    "add --home": Case(
        _other_home,
        lambda context: store.register(context, "dora", f"{context.user_home}/.codex-work"),
    ),
    "rename": Case(_as_it_is, lambda context: store.rename(context, "bob", "robert")),
    "delete": Case(_as_it_is, lambda context: store.delete(context, "bob")),
    "note": Case(_as_it_is, lambda context: store.set_note(context, "bob", "mine")),
}
ERRORS: Final = {"EDQUOT": errno.EDQUOT, "EIO": errno.EIO}


def _everything(box: Box) -> list[str]:
    """Return the text of every file that a login may be in."""
    found = []
    for root in (box.codex, box.switchyard, box.home):
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name != "cache"]
            found += [
                read(f"{folder}/{name}").decode(errors="replace")
                for name in names
                if "switchyard-" not in name
            ]
    return found


def _assert_kept(scene: Scene, logins: list[Login], where: str) -> None:
    texts = _everything(scene.box)
    for login in logins:
        assert any(login.refresh_token in text for text in texts), (login.person.name, where)


def _assert_plain(error: ProfilesError, box: Box, where: str) -> None:
    """Assert that an error says which file it is, what to do, and ends a command with 1."""
    message, step = explain(error)
    assert exit_code_for(error) == ExitCode.FAILED, where
    assert box.path in message, (where, message)
    assert "quota" in message or "input/output" in message.lower(), (where, message)
    assert step, where


@pytest.mark.parametrize(
    "kind",
    [
        "in turn",
        pytest.param("EIO", marks=pytest.mark.slow),
        pytest.param("EDQUOT", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("case", CASES)
def test_every_file_call_of_every_verb_may_fail(box: Box, case: str, kind: str) -> None:
    """Whichever call fails: a plain error or success, whole files, no login lost; then the same verb works."""
    template = f"{box.path}/template"
    scene = settle(box)
    logins = CASES[case].prepare(scene)
    for part in ("home", "sy"):
        shutil.copytree(f"{box.path}/{part}", f"{template}/{part}", symlinks=True)
    live_before = read(scene.live)
    at, done = 0, False
    while not done:
        at += 1
        for part in ("home", "sy"):
            shutil.rmtree(f"{box.path}/{part}")
            shutil.copytree(f"{template}/{part}", f"{box.path}/{part}", symlinks=True)
        before = snapshot(box.home, box.switchyard)
        number = ERRORS.get(kind, errno.EDQUOT if at % 2 else errno.EIO)
        files = Faulty(at, partial(OSError, number, os.strerror(number)))
        error: ProfilesError | None = None
        try:
            CASES[case].verb(quiet_context()._replace(files=files))
        except ProfilesError as caught:
            error = caught
        done = files.calls < at
        where = f"call {at}: {files.trace[at - 1]}" if not done else "no call"
        assert not done or error is None, where
        _assert_kept(scene, logins, where)
        assert _is_whole(read(scene.live)), where
        if error is None:
            continue
        _assert_plain(error, box, where)
        if case == "switch" and read(scene.live) == live_before:
            assert _beside_hints(snapshot(box.home, box.switchyard)) == _beside_hints(before), where
        _repeat(case, box, where)
        _assert_kept(scene, logins, where)


def _repeat(case: str, box: Box, where: str) -> None:
    """Do it again on a disk that works; what was done already is said to be."""
    context = quiet_context()._replace(files=Faulty())
    try:
        CASES[case].verb(context)
    except ProfilesError:
        # The failing call came after what cannot be done twice: the sync of a folder in which it was done.
        if case not in ("undo", "rename", "delete") and not case.startswith("add"):
            raise
    switch(context, "ada", anyway=True)
    assert not leftovers(box.path + "/home", box.path + "/sy"), where


def _beside_hints(taken: dict[str, tuple[str, int, str | bytes]]) -> dict[str, object]:
    """Leave out what need not be as it was: what was seen, and a temporary file that could not be removed."""
    return {
        path: entry
        for path, entry in taken.items()
        if not path.endswith("/seen.json") and "switchyard-" not in path
    }


def _is_whole(raw: bytes) -> bool:
    from profiles.generation import copy_of

    return copy_of("", raw, 0).document is not None


# --- without locks -----------------------------------------------------------------------------------


class WithoutLocks(Files):
    """A file system that knows no flock."""

    def __init__(self, number: int) -> None:
        self._number = number

    def lock(self, descriptor: int, operation: int) -> None:
        """Fail as such a system does."""
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_locks(box: Box, number: int) -> None:
    """R13: without locks nothing can be written safely, so nothing is."""
    scene = settle(box)
    _newer_live(scene)
    before = snapshot(box.path)
    context = quiet_context()._replace(files=WithoutLocks(number))
    for verb in (
        lambda: switch(context, "bob"),
        lambda: switch(context, "bob", anyway=True),
        lambda: reconcile(context),
        lambda: store.add_active(context, "carl"),
        lambda: store.rename(context, "bob", "robert"),
        lambda: store.delete(context, "bob"),
    ):
        with pytest.raises(LocksUnsupported) as caught:
            verb()
        assert exit_code_for(caught.value) == ExitCode.FAILED
        assert box.path in caught.value.message
        assert caught.value.hint is not None
    assert snapshot(box.path) == before


def _with_fault(fault: str) -> list[str]:
    """Return the words that run a command in which system calls fail, as `strace -e inject` says."""
    return [
        need("strace"),
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"inject={fault}",
        "-e",
        "signal=none",
    ]


def test_the_command_on_a_file_system_without_locks(box: Box) -> None:
    """The same through the command line, with the real call failing; reading needs no lock."""
    scene = settle(box)
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"], wrap=_with_fault("flock:error=ENOLCK"))
    refused(ran, 1, box.path)
    repeated("local file system", ran)
    assert run_tui(["list"], wrap=_with_fault("flock:error=ENOLCK")).code == 0
    assert snapshot(box.path) == before
    assert read(scene.live) == scene.ada.document().data()


@pytest.mark.parametrize(
    "fault",
    [
        "fallocate:error=EDQUOT",
        "fallocate:error=ENOSPC",
        "fsync:error=EIO",
        "fsync:error=EIO:when=2+",
        "rename:error=EIO",
        "renameat2:error=EIO",
        "renameat2:error=EDQUOT",
        "ftruncate:error=EIO",
        "fchmod:error=EPERM",
    ],
)
def test_the_command_when_system_calls_fail(box: Box, fault: str) -> None:
    """From the command line: exit 1, a file named and a next step; whole files and all logins; then it works."""
    scene = settle(box)
    newer = scene.ada.rotate(60)
    newer.write(box.codex)
    ran = run_tui(["switch", "bob"], wrap=_with_fault(fault))
    refused(ran, 1, box.path)
    assert _is_whole(read(scene.live))
    _assert_kept(scene, [newer, scene.bob], fault)
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()
    assert read(scene.saved("ada")) == newer.document().data()
    assert not leftovers(box.path)


@pytest.mark.parametrize(
    "fault",
    ["renameat2:error=EINVAL", "renameat2:error=ENOSYS", "fallocate:error=EOPNOTSUPP"],
)
def test_the_command_on_simpler_file_systems(box: Box, fault: str) -> None:
    """R6, R7: where names cannot be exchanged or space not reserved, it is done in a simpler way."""
    scene = settle(box)
    newer = scene.ada.rotate(60)
    newer.write(box.codex)
    ran = run_tui(["switch", "bob"], wrap=_with_fault(fault))
    assert ran.code == 0, ran.err
    assert read(scene.live) == scene.bob.document().data()
    assert read(scene.saved("ada")) == newer.document().data()
    assert not leftovers(box.path)
