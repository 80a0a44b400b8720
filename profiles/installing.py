"""Write a login to the active home: noted before, guarded, read back (R4, R6, R13)."""

from __future__ import annotations

from profiles.errors import StoreNotWritable
from profiles.generation import Copy, read_copy
from profiles.guard import place_of, put, tighten
from profiles.history import check_writable
from profiles.reconcile import Live, merge_copy, sight_of
from profiles.seen import last_seen, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.refusals import Target
    from profiles.seen import Sight
    from profiles.work import Work


def install(work: Work, live: Live, target: Target) -> None:
    """Write the target's document to the live file, guarded, and read it back.

    Raises StoreNotWritable, AuthFileInsecure and AuthFileMalformed.
    """
    context, path = work.context, work.live_path
    place_of(work, path)
    check_writable(context)
    known = last_seen(context, context.home)
    before, coming = sight_of(live.copy, live.profile), sight_of(target.copy, target.profile)
    remember(context, context.home, before, coming)
    try:
        _replace(work, target)
    except Exception:
        now = read_copy(path)
        if live.copy is not None and now is not None and now.raw == live.copy.raw:
            # A switch that was not made leaves no trace.
            _try_to_remember(work, known)
        raise
    _try_to_remember(work, coming)


def _try_to_remember(work: Work, sight: Sight | None) -> None:
    try:
        remember(work.context, work.context.home, sight)
    except StoreNotWritable:
        # A hint for messages alone (R12), and what was noted before the switch explains what is there now.
        pass


def _replace(work: Work, target: Target) -> None:
    path = work.live_path
    late: list[Copy] = []

    def save(stray: Copy) -> None:
        merge_copy(work, stray, update_home=None)
        late.append(stray)

    put(work, path, target.copy.raw, target.copy.modified_ns, save)
    late.clear()
    work.before_release(lambda: _bring_up(work) if late else None)
    tighten(work, target.copy)
    written = read_copy(path)
    if written is None or written.raw != target.copy.raw:
        raise StoreNotWritable(
            path, f"{path} was changed by something else while we wrote it", "switch again"
        )


def _bring_up(work: Work) -> None:
    """What came into the replaced file at the last moment may be newer than what was installed: then that is spent."""
    live = read_copy(work.live_path)
    document = live.document if live is not None else None
    if live is None or document is None or document.identity is None or document.is_mixture:
        return
    merge_copy(work, live, update_home=work.live_path)
