"""File calls that fail, or end everything, at any single call that changes something."""

from __future__ import annotations

import os

from profiles.files import Files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process is gone: no handler of ours runs any more, whatever it is."""


class Faulty(Files):
    """Counts the calls that change files; the one with the number `at` fails.

    With an `OSError` it fails once and life goes on. With `Killed` every later call is dead too, as after SIGKILL;
    `bury` then closes what the kernel would have closed.
    """

    def __init__(self, at: int | None = None, error: Callable[[], BaseException] = Killed) -> None:
        self.at = at
        self.error = error
        self.calls = 0
        self.trace: list[str] = []
        self.dead = False
        self._open: set[int] = set()

    def _step(self, name: str) -> None:
        if self.dead:
            raise Killed(name)
        self.calls += 1
        self.trace.append(name)
        if self.at is not None and self.calls == self.at:
            error = self.error()
            self.dead = isinstance(error, Killed)
            raise error

    def bury(self) -> None:
        """Close every descriptor, which frees every lock."""
        for descriptor in list(self._open):
            self.close(descriptor)

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Open; making a file counts."""
        if self.dead:
            raise Killed(path)
        if flags & os.O_CREAT and not os.path.lexists(path):
            self._step(f"create {path}")
        descriptor = super().open(path, flags, mode)
        self._open.add(descriptor)
        return descriptor

    def close(self, descriptor: int) -> None:
        """Close; always works, the kernel does it for the dead."""
        self._open.discard(descriptor)
        super().close(descriptor)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write; the failing call leaves half of it."""
        try:
            self._step("write")
        except BaseException:
            if self.calls == self.at:
                super().write(descriptor, data[: len(data) // 2])
            raise
        super().write(descriptor, data)

    def allocate(self, descriptor: int, size: int) -> None:
        """Reserve."""
        self._step("allocate")
        super().allocate(descriptor, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut."""
        self._step("truncate")
        super().truncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Sync a file; nothing is really brought to the disk, which a test would only wait for."""
        self._step("sync")

    def sync_folder(self, folder: str) -> None:
        """Sync a folder, likewise."""
        self._step(f"sync {folder}")

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set a mode."""
        self._step("chmod")
        super().chmod(descriptor, mode)

    def rename(self, source: str, target: str) -> None:
        """Rename."""
        self._step(f"rename {target}")
        super().rename(source, target)

    def exchange(self, one: str, two: str) -> bool:
        """Exchange two names."""
        self._step(f"exchange {two}")
        return super().exchange(one, two)

    def unlink(self, path: str) -> None:
        """Remove a name."""
        self._step(f"unlink {path}")
        super().unlink(path)

    def remove_folder(self, path: str) -> None:
        """Remove a folder."""
        self._step(f"rmdir {path}")
        super().remove_folder(path)

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Make a folder."""
        self._step(f"mkdir {path}")
        super().make_folder(path, mode)

    def lock(self, descriptor: int, operation: int) -> None:
        """Lock; does not count, it changes no file."""
        if self.dead:
            message = "lock"
            raise Killed(message)
        super().lock(descriptor, operation)
