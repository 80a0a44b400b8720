"""Write a login to the active home: noted before, guarded, read back (R4, R6, R13)."""

from __future__ import annotations

import os

from profiles import lock
from profiles.atomic import MARK
from profiles.errors import StoreNotWritable
from profiles.generation import Copy, copy_of, read_copy
from profiles.guard import keep_stray, place_of, put
from profiles.paths import AUTH_FILE
from profiles.reconcile import Live, merge_copy, sight_of
from profiles.seen import remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.refusals import Target
    from profiles.seen import Sight
    from profiles.work import Work


class TooSlow(Exception):
    """Codex's lock was held for as long as we allow ourselves (R13)."""


def install(work: Work, live: Live, target: Target) -> None:
    """Write the target's document to the live file, guarded, and read it back.

    Raises TooSlow, StoreNotWritable, AuthFileInsecure and AuthFileMalformed.
    """
    context, path = work.context, work.live_path
    place = place_of(work, path)
    before, coming = sight_of(live.copy, live.profile), sight_of(target.copy, target.profile)
    remember(context, context.home, before, coming)
    try:
        _replace(work, place, target)
    except Exception:
        now = read_copy(path)
        if live.copy is not None and now is not None and now.raw == live.copy.raw:
            _forget_coming(work, before)
        raise
    remember(context, context.home, coming)


def _forget_coming(work: Work, before: Sight | None) -> None:
    """A switch that was not made leaves no trace."""
    try:
        remember(work.context, work.context.home, before)
    except StoreNotWritable:
        # A hint for messages alone (R12); what stopped the switch is what must be said.
        pass


def _replace(work: Work, place: str, target: Target) -> None:
    path = work.live_path
    spare = _Spare(work, place)
    try:
        if work.held.held_for() > lock.CODEX_LOCK_LIMIT:
            raise TooSlow

        def save(stray: Copy) -> None:
            merge_copy(work, stray, update_home=None)

        put(work, path, target.copy.raw, target.copy.modified_ns, save)
        written = read_copy(path)
        if written is None or written.raw != target.copy.raw:
            raise StoreNotWritable(
                path, f"{path} was changed by something else while we wrote it", "switch again"
            )
    finally:
        spare.settle()


class _Spare:
    """A second name for the file being replaced: who truncates and rewrites in place still writes there (R6)."""

    def __init__(self, work: Work, path: str) -> None:
        self._work = work
        self._home = os.path.dirname(path)
        self._before = read_copy(path)
        folder = os.path.dirname(path)
        self._path = f"{folder}/.{AUTH_FILE}{MARK}old-{os.getpid()}-{os.urandom(4).hex()}"
        self._descriptor = -1
        if self._before is None or os.path.islink(path):
            return
        try:
            work.context.files.link(path, self._path)
        except OSError:
            try:
                self._descriptor = work.context.files.open(path, os.O_RDONLY)
            except OSError:
                pass

    def settle(self) -> None:
        """Save what was written to the replaced file since we read it, then let it go."""
        now = self._read()
        if now is not None and self._before is not None and now.raw != self._before.raw:
            if now.document is not None and now.document.identity in self._work.needs.identities:
                merge_copy(self._work, now, update_home=None)
            elif now.raw:
                keep_stray(self._work, now, self._home)
            self._work.say(
                "something wrote to the login file while it was switched; that was kept too"
            )
        if self._descriptor >= 0:
            self._work.context.files.close(self._descriptor)
        try:
            self._work.context.files.unlink(self._path)
        except OSError:
            # Found, read and removed by the next writing verb (R7).
            pass

    def _read(self) -> Copy | None:
        if self._descriptor < 0:
            return read_copy(self._path)
        found = os.fstat(self._descriptor)
        raw = os.pread(self._descriptor, found.st_size, 0)
        return copy_of(self._path, raw, found.st_mtime_ns, (found.st_dev, found.st_ino))
