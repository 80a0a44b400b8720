"""A settled home with two profiles, and the proof that a command left every byte of it alone.

    scene = settle(box)                            # ada is active, bob is saved
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, scene.live)
    assert snapshot(box.path) == before

Locks, the cache and backups may come; everything else is what it was, to the mode.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from typing import Any, Final, NamedTuple

from profiles.auth_file import parse
from profiles.context import make_context
from profiles.profile_file import ProfileFile, save_profile_file
from profiles.switching import switch
from tests.support.cli import Ran, check_output
from tests.support.tokens import HOUR, Document, Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from profiles.context import Context
    from tests.conftest import Box

#: More than a file of this size (bytes) is told by its digest.
LARGE: Final = 1 << 16


class Scene(NamedTuple):
    """Two saved logins. `ada` is active, and her profile holds what the live file holds."""

    box: Box
    ada: Login
    bob: Login

    @property
    def live(self) -> str:
        """The live auth.json."""
        return f"{self.box.codex}/auth.json"

    def saved(self, name: str) -> str:
        """A profile's auth.json."""
        return f"{self.box.profile(name)}/auth.json"

    @property
    def state(self) -> str:
        """Our state folder."""
        return f"{self.box.switchyard}/state"

    def backups(self) -> list[bytes]:
        """The bytes of every backup, those of deleted profiles included."""
        found = []
        for folder, _, names in os.walk(f"{self.state}/backups"):
            found += [read(f"{folder}/{name}") for name in names]
        return found


def save_profile(box: Box, name: str, document: Document, *, context: Context | None = None) -> str:
    """Make a profile as `tui add` does, without the live file; return its auth.json."""
    folder = box.profile(name)
    for above in (f"{box.switchyard}/data", box.profiles):
        if not os.path.isdir(above):
            os.mkdir(above, 0o700)
    path = document.write(folder)
    known = parse(document.data(), path)
    fields = ProfileFile(created="2026-01-05T12:00:00Z", identity=known.identity, email=known.email)
    save_profile_file(context or make_context(), folder, fields)
    return path


def settle(box: Box) -> Scene:
    """Make the scene: nothing is left to reconcile, so a command that fails has nothing to change."""
    scene = Scene(box, Login(Person("ada")).fresh(), Login(Person("bob")).fresh(2 * HOUR))
    save_profile(box, "ada", scene.ada.document())
    save_profile(box, "bob", scene.bob.document())
    scene.bob.write(box.codex)
    switch(quiet_context(), "bob")
    switch(quiet_context(), "ada")
    assert read(scene.live) == scene.ada.document().data()
    return scene


def quiet_context() -> Context:
    """Return the surroundings of the test, with no Codex running."""
    return make_context()._replace(processes=list)


def read(path: str) -> bytes:
    """Return the bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def write(path: str, data: bytes, mode: int = 0o600) -> str:
    """Put bytes into a file of this mode, making it anew, and return its path."""
    if os.path.lexists(path):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


def _content(path: str, found: os.stat_result) -> str | bytes:
    if stat.S_ISLNK(found.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(found.st_mode):
        return ""
    data = read(path)
    return data if len(data) <= LARGE else hashlib.sha256(data).hexdigest()


def snapshot(*roots: str) -> dict[str, tuple[str, int, str | bytes]]:
    """Return mode, owner and content of everything below `roots`: no locks, no cache, no backups."""
    found: dict[str, tuple[str, int, str | bytes]] = {}
    for root in roots:
        for folder, folders, names in os.walk(root):
            if folder.endswith("/sy"):
                folders[:] = [name for name in folders if name != "cache"]
            if folder.endswith(("/sy/data", "/sy/state")):
                folders[:] = [name for name in folders if name not in ("locks", "backups")]
            for name in [*folders, *names]:
                path = f"{folder}/{name}"
                if not name.endswith(".lock"):  # Codex's, which hold nothing
                    here = os.lstat(path)
                    mode = stat.filemode(here.st_mode)
                    found[path] = (mode, here.st_uid, _content(path, here))
    return found


def leftovers(*roots: str) -> list[str]:
    """Return the temporary files that something left behind."""
    return [
        f"{folder}/{name}"
        for root in roots
        for folder, folders, names in os.walk(root)
        for name in [*folders, *names]
        if ".switchyard-" in name or name.startswith(".new-")
    ]


def tui_here(
    args: Sequence[str], env: Mapping[str, str | None] | None = None, *, cwd: str = "/"
) -> Ran:
    """Run `tui` in this very process: for the twentieth word of a list, of which others ran as programs.

    Whatever is printed is looked through as by `run_tui`.
    """
    __tracebackhide__ = True
    from tui import cli

    before, folder = dict(os.environ), os.getcwd()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = os.dup(1), os.dup(2)
        try:
            for name, value in (env or {}).items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            os.chdir(cwd)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code = cli.run(args)
        finally:
            for number, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "surrogateescape"))
    ran = Ran(int(code), *texts)
    check_output(ran)
    return ran


def json_here(
    args: Sequence[str], env: Mapping[str, str | None] | None = None, *, cwd: str = "/"
) -> dict[str, Any]:
    """Run `tui` in this process, expect that it works, and return the one JSON document on its stdout."""
    __tracebackhide__ = True
    ran = tui_here(args, env, cwd=cwd)
    assert ran.code == 0, ran
    document = json.loads(ran.out)
    assert isinstance(document, dict)
    return document


def refused(ran: Ran, code: int, *named: str) -> str:
    """Assert that a command failed so: exit code, one plain error, each path named, a next step.

    Returns the error. Paths may be written with `~`.
    """
    __tracebackhide__ = True
    assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
    assert ran.out == ""
    lines = ran.err.splitlines()
    errors = [line for line in lines if line.startswith("tui: error: ")]
    steps = [line for line in lines if line.startswith("next: ")]
    assert len(errors) == 1, ran.err
    assert len(steps) == 1, ran.err
    assert "unexpected" not in errors[0], ran.err
    home = os.environ.get("HOME", "")
    for name in named:
        short = name.replace(home, "~", 1) if home and name.startswith(home) else name
        assert name in ran.err or short in ran.err, f"{name} is not named:\n{ran.err}"
    return errors[0]


def repeated(step: str, ran: Ran) -> None:
    """Assert that the next step of an error names this."""
    __tracebackhide__ = True
    assert step in ran.err.partition("next: ")[2], ran.err
