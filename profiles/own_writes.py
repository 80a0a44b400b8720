"""What this process wrote itself, so that whoever watches the files can tell it from what others did."""

from __future__ import annotations

import os
from collections import deque

from profiles.files import Files
from profiles.paths import AUTH_FILE

#: How many of our own writes are remembered.
KEPT = 4000


class NotedFiles(Files):
    """The calls of another `Files`, and what came of them. Any thread may write; another one may ask."""

    def __init__(self, files: Files) -> None:
        self._files = files
        #: What we made durable: device, inode, size, time of change (ns).
        self._made: dict[tuple[int, int], tuple[int, int]] = {}
        self._order: deque[tuple[int, int]] = deque()
        #: Each auth.json that we took away, until it is seen again.
        self._gone: set[str] = set()
        self._moved: deque[str] = deque(maxlen=KEPT)
        self._lines: deque[bytes] = deque(maxlen=KEPT)
        self._appending: set[int] = set()

    # -- what is known --

    def made(self, device: int, inode: int, size: int, modified_ns: int) -> bool:
        """Say whether a file is as we left it."""
        return self._made.get((device, inode)) == (size, modified_ns)

    def removed(self, path: str) -> bool:
        """Say whether it was we who took an auth.json away."""
        return bool(self._gone) and (path in self._gone or os.path.realpath(path) in self._gone)

    def is_back(self, path: str) -> None:
        """Forget that we took it away: it was there again."""
        if self._gone:
            self._gone -= {path, os.path.realpath(path)}

    def moved(self, path: str) -> bool:
        """Say whether we renamed something to or from this path."""
        return path in self._moved

    def wrote_line(self, line: bytes) -> bool:
        """Say whether a line of the history is ours; each counts once."""
        try:
            self._lines.remove(line)
        except ValueError:
            return False
        return True

    # -- what is noted --

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        """Open."""
        descriptor = self._files.open(path, flags, mode)
        if flags & os.O_APPEND:
            self._appending.add(descriptor)
        return descriptor

    def close(self, descriptor: int) -> None:
        """Close."""
        self._appending.discard(descriptor)
        self._files.close(descriptor)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write; what is appended is noted before anybody can read it."""
        if descriptor in self._appending:
            self._lines.extend(line for line in data.split(b"\n") if line)
        self._files.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Bring the file to the disk, and note what it is now."""
        self._files.sync(descriptor)
        found = os.fstat(descriptor)
        key = (found.st_dev, found.st_ino)
        if key not in self._made:
            self._order.append(key)
            if len(self._order) > KEPT:
                self._made.pop(self._order.popleft(), None)
        self._made[key] = (found.st_size, found.st_mtime_ns)

    def rename(self, source: str, target: str) -> None:
        """Rename."""
        self._moved.extend((source, target))
        if os.path.basename(source) == AUTH_FILE:
            self._gone.add(source)
        self._files.rename(source, target)

    def unlink(self, path: str) -> None:
        """Remove a name."""
        if os.path.basename(path) == AUTH_FILE:
            self._gone.add(path)
        self._files.unlink(path)

    # -- the others --

    def allocate(self, descriptor: int, size: int) -> None:
        """Reserve."""
        self._files.allocate(descriptor, size)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut."""
        self._files.truncate(descriptor, size)

    def sync_folder(self, folder: str) -> None:
        """Bring the folder's names to the disk."""
        self._files.sync_folder(folder)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set the mode."""
        self._files.chmod(descriptor, mode)

    def exchange(self, one: str, two: str) -> bool:
        """Let two files take each other's name."""
        return self._files.exchange(one, two)

    def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        self._files.remove_folder(path)

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Make one folder."""
        self._files.make_folder(path, mode)

    def lock(self, descriptor: int, operation: int) -> None:
        """`flock`, never waiting."""
        self._files.lock(descriptor, operation)


def noted(files: Files) -> NotedFiles:
    """Return calls that remember what they did."""
    return files if isinstance(files, NotedFiles) else NotedFiles(files)
