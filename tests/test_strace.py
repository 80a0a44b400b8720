"""What reaches the kernel, and in which order, seen by strace on real commands (R4, R7, R13)."""

from __future__ import annotations

import os
import re
from typing import Final, NamedTuple

import pytest

from tests.support.cli import run_tui
from tests.support.tokens import Login, Person
from tests.surroundings.scene import read, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box
    from tests.surroundings.scene import Scene

CALLS: Final = (
    "openat,close,write,pwrite64,ftruncate,truncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,"
    "link,linkat,unlink,unlinkat,mkdir,mkdirat,flock,chmod,fchmod"
)
#: A call, its arguments, and what it returned.
LINE: Final = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(.*)$")
#: A descriptor with its path, as `strace -y` writes it; and a path in quotes.
DESCRIPTOR: Final = re.compile(r"(\d+)<([^>]*)>")
QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: How the live file is replaced, beside the usual way: on a file system that cannot exchange names.
WAYS: Final = {"exchange": (), "rename": ("-e", "inject=renameat2:error=EINVAL")}


class Call(NamedTuple):
    """A system call that succeeded. `paths` are those it names, `opened` that of the descriptor it works on."""

    name: str
    arguments: str
    paths: list[str]
    opened: str
    result: str

    @property
    def replaces(self) -> str:
        """The path over which something is renamed, or nothing."""
        return self.paths[-1] if self.name.startswith("rename") else ""


class Traced:
    """The calls of one command, in order."""

    def __init__(self, text: str) -> None:
        self.calls: list[Call] = []
        for line in text.splitlines():
            match = LINE.match(line)
            if match is None or match[3].startswith("-"):
                continue
            name, arguments = match[1], match[2]
            found = DESCRIPTOR.match(arguments)
            opened = found[2] if found is not None else ""
            self.calls.append(Call(name, arguments, QUOTED.findall(arguments), opened, match[4]))

    def where(self, fits: Callable[[Call], bool]) -> list[int]:
        """Return the positions of the calls that fit."""
        return [number for number, call in enumerate(self.calls) if fits(call)]

    def only(self, fits: Callable[[Call], bool]) -> int:
        """Return the position of the one call that fits."""
        found = self.where(fits)
        assert len(found) == 1, [self.calls[number] for number in found]
        return found[0]


@pytest.fixture
def trace(box: Box, strace: str) -> Callable[..., Traced]:
    """Run a command under strace, let it succeed, and return its calls."""

    def run(args: list[str], *more: str) -> Traced:
        path = f"{box.path}/trace"
        wrap = [strace, "-f", "-qq", "-y", "-s", "300", "-o", path, "-e", f"trace={CALLS}", *more]
        ran = run_tui(args, wrap=wrap)
        assert ran.code == 0, ran.err
        with open(path, encoding="utf-8", errors="replace") as file:
            return Traced(file.read())

    return run


def _newer_live(scene: Scene) -> Login:
    newer = scene.ada.rotate(60)
    newer.write(scene.box.codex)
    return newer


def _assert_synced(traced: Traced) -> None:
    """R7: whatever is renamed into place was synced after its last byte, and its folder is synced after that."""
    renames = traced.where(
        lambda call: "switchyard-" in "".join(call.paths[:1]) and bool(call.replaces)
    )
    assert renames
    for at in renames:
        temporary, target = traced.calls[at].paths[0], traced.calls[at].replaces
        before = [call for call in traced.calls[:at] if call.opened == temporary]
        names = [call.name for call in before if call.name not in ("close", "flock", "fchmod")]
        assert "write" in names, temporary
        assert names[-1] == "fsync", (temporary, names)
        assert names.index("fallocate") < names.index("write"), (temporary, names)
        after = [call for call in traced.calls[at:] if call.name == "fsync"]
        assert any(call.opened == os.path.dirname(target) for call in after), target
    for at in traced.where(
        lambda call: call.name == "mkdir" and "__pycache__" not in call.paths[0]
    ):
        above = os.path.dirname(traced.calls[at].paths[0])
        synced = [call.opened for call in traced.calls[at:] if call.name == "fsync"]
        assert above in synced, traced.calls[at]


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_synced_before_and_after_its_rename(
    box: Box, trace: Callable[..., Traced], way: str
) -> None:
    """R7: a power cut at any moment leaves old bytes or new ones, never a name without them."""
    _newer_live(settle(box))
    _assert_synced(trace(["switch", "bob"], *WAYS[way]))


@pytest.mark.parametrize(
    "args",
    [["add", "carl"], ["add", "dora", "--empty"], ["rename", "bob", "robert"], ["undo"]],
    ids=lambda args: args[0],
)
def test_other_commands_sync_as_well(
    box: Box, trace: Callable[..., Traced], args: list[str]
) -> None:
    """R7 holds for every command that writes; a folder that gets a name is synced where the name is."""
    settle(box)
    if args == ["add", "carl"]:
        Login(Person("carl")).fresh().write(box.codex)
    traced = trace(args)
    if args[0] != "rename":
        _assert_synced(traced)
    folders = traced.where(lambda call: os.path.dirname(call.replaces) == box.profiles)
    for at in folders:
        synced = [call.opened for call in traced.calls[at:] if call.name == "fsync"]
        assert box.profiles in synced
    assert bool(folders) == (args[0] != "undo")


@pytest.mark.parametrize("way", WAYS)
def test_what_goes_is_safe_before_it_goes(box: Box, trace: Callable[..., Traced], way: str) -> None:
    """R4: the write-back and the backup, each with its folder's sync, come before the live file is replaced."""
    scene = settle(box)
    newer = _newer_live(scene)
    traced = trace(["switch", "bob"], *WAYS[way])
    install = traced.only(lambda call: call.replaces == scene.live)
    before = traced.calls[:install]
    write_back = next(n for n, call in enumerate(before) if call.replaces == scene.saved("ada"))
    assert ("fsync", box.profile("ada")) in [(c.name, c.opened) for c in before[write_back:]]
    backups = [
        number
        for number, call in enumerate(before)
        if call.replaces.startswith(f"{scene.state}/backups/")
        and read(call.replaces) == newer.document().data()
    ]
    assert backups
    folder = os.path.dirname(before[backups[-1]].replaces)
    assert ("fsync", folder) in [(c.name, c.opened) for c in before[backups[-1] :]]
    assert read(scene.saved("ada")) == newer.document().data()
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("way", WAYS)
def test_codex_is_locked_out_from_the_last_look_to_the_rename(
    box: Box, trace: Callable[..., Traced], way: str
) -> None:
    """R13: auth.lock, then auth.json.lock, then the live file is read, then it is replaced, then both are let go."""
    scene = settle(box)
    _newer_live(scene)
    traced = trace(["switch", "bob"], *WAYS[way])
    install = traced.only(lambda call: call.replaces == scene.live)
    first, taken = [], []
    for lock in (f"{box.codex}/auth.lock", f"{scene.live}.lock"):
        touched = [(n, call) for n, call in enumerate(traced.calls) if call.opened == lock]
        locks = [n for n, call in touched if call.name == "flock" and "LOCK_EX" in call.arguments]
        closes = [n for n, call in touched if call.name == "close"]
        first.append(locks[0])
        taken.append(max(n for n in locks if n < install))
        assert not [n for n in closes if taken[-1] < n < install]
        assert [n for n in closes if n > install]
    reads = traced.where(
        lambda call: (
            call.name == "openat" and call.paths == [scene.live] and "O_RDONLY" in call.arguments
        )
    )
    assert taken[0] < taken[1] < max(number for number in reads if number < install)
    own = traced.where(lambda call: call.name == "flock" and "/data/locks/" in call.opened)
    assert min(own) < first[0] < first[1]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_ever_written_in_place(box: Box, trace: Callable[..., Traced], way: str) -> None:
    """Promise 3: no auth.json is opened for writing, cut, or given a second name; Codex's lock files stay empty."""
    scene = settle(box)
    _newer_live(scene)
    traced = trace(["switch", "bob"], *WAYS[way])
    logins = [scene.live, scene.saved("ada"), scene.saved("bob")]
    writing = re.compile(r"O_WRONLY|O_RDWR|O_TRUNC|O_APPEND|O_CREAT")
    for call in traced.calls:
        named = [path for path in call.paths if path in logins]
        if call.name == "openat" and named:
            assert not writing.search(call.arguments), call
        if call.name in ("truncate", "link", "linkat", "unlink", "unlinkat"):
            assert not named, call
        if call.name in ("write", "pwrite64", "ftruncate", "fallocate"):
            assert call.opened not in logins, call
            assert not call.opened.endswith(("auth.lock", "auth.json.lock")), call


def test_no_secret_reaches_the_kernel_but_in_files_of_logins(
    box: Box, trace: Callable[..., Traced]
) -> None:
    """Promise 4: no token is part of a path or of what is written to anything but an auth.json and its backups."""
    scene = settle(box)
    newer = _newer_live(scene)
    traced = trace(["switch", "bob"], "-e", "trace=all", "-s", "100000")
    secrets = [
        token for login in (newer, scene.bob) for token in (login.refresh_token, login.access_token)
    ]
    seen = 0
    for call in traced.calls:
        if any(token in call.arguments for token in secrets):
            seen += 1
            place = os.path.basename(call.opened)
            holds_logins = place.startswith((".auth.json.switchyard-", "auth.json")) or (
                "/backups/" in call.opened and ".json" in place
            )
            assert holds_logins, (call.name, call.opened)
    assert seen > 4
