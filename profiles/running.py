"""Run a command with a profile's login, nothing switched (R14).

`CODEX_HOME` is the profile's home, or the active home when that holds the same login. The login is reconciled before
the command starts and after it ended, however it ended.
"""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

from profiles import lock
from profiles.command_line import LOGIN, read_words
from profiles.daemon import OVERRIDES, stop_if_idle
from profiles.errors import CodexFailed, ProfilesError, StoreLocked, SwitchRefused
from profiles.generation import SURE, Copy, compare, known_same_lineage, read_copy
from profiles.guard import keep_stray
from profiles.history import Entry, note
from profiles.marks import LOGIN_NEEDED, load_marks
from profiles.paths import AUTH_FILE
from profiles.profile_file import save_profile_file
from profiles.reconcile import merge_copy, needs_of_profile, reconcile_live
from profiles.refusals import holders_elsewhere, read_target, refuse_processes
from profiles.settling import settle_leftovers
from profiles.work import Work, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from profiles.context import Context
    from profiles.discovery import Profile
    from profiles.model import Identity

    Teller = Callable[[str], None]
    #: Takes what sends a signal to the command.
    Started = Callable[[Callable[[int], None]], None]

#: What a shell answers when a command is not found, or cannot be run.
NOT_FOUND, NOT_RUNNABLE = 127, 126


class Prepared(NamedTuple):
    """A run about to start: its home, its environment, and the lock that is held while it lasts."""

    profile: str
    home: str
    environ: dict[str, str]
    held: lock.HeldLocks | None
    said: list[str]
    #: The login as it was when the command started.
    before: Copy | None = None


def prepare(
    context: Context, name: str, *, anyway: bool = False, command: Sequence[str] = ()
) -> Prepared:
    """Reconcile the profile's login and make ready to run `command` with it.

    Raises ProfileNotFound, SwitchRefused when a Codex runs with this login in another home or the command would revoke
    it unasked, and what locks raise.
    """
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        profile = work.profile(name)
        if profile.problem is not None:
            raise SwitchRefused(f"{profile.name} is broken: {profile.problem}")
        if not os.path.isdir(profile.home):
            raise SwitchRefused(
                f"{profile.name}: its home {profile.home} is not there", "bring it back, then run"
            )
        home = _reconciled_home(work, profile)
        identity = work.profile(name).fields.identity
        if identity is not None and not anyway:
            _refuse_two_homes(work, profile, home)
        if not anyway:
            _refuse_revoking(work, profile, home, command)
        held = _hold(context, identity, home)
        environ = {k: v for k, v in context.environ.items() if k not in OVERRIDES}
        environ["CODEX_HOME"] = home
        before = read_copy(f"{home}/{AUTH_FILE}")
        return Prepared(profile.name, home, environ, held, work.said, before)


def _reconciled_home(work: Work, profile: Profile) -> str:
    """Bring the login up to date everywhere and return the home to run with."""
    live = reconcile_live(work, update_live=True) if work.context.active.problem is None else None
    settle_leftovers(work, profile.home, merge_copy)
    copy = read_copy(profile.auth_path)
    if live is not None and live.profile is not None and live.profile.name == profile.name:
        return work.context.home
    if copy is not None and copy.document is not None and copy.document.identity is not None:
        recorded = profile.fields.identity
        known = recorded is None or recorded == copy.document.identity
        if known and not copy.document.is_mixture and work.is_trusted(profile.auth_path):
            merge_copy(work, copy, update_home=None, profile=profile)
    elif copy is not None and copy.document is None and copy.raw:
        # `codex login` removes what it replaces, whatever it is.
        keep_stray(work, copy, profile.home)
    return profile.home


def _refuse_revoking(work: Work, profile: Profile, home: str, command: Sequence[str]) -> None:
    """Merely to start `codex login` revokes what it is to replace (profiles/CODEX.md, C101); a key replaces nothing."""
    words = read_words(command, command[0]) if command else None
    if words is None or words.label != LOGIN or any("--with-" in word for word in command):
        return
    copy = read_copy(f"{home}/{AUTH_FILE}")
    token = copy.document.refresh_token if copy is not None and copy.document else None
    if copy is None or token is None or work.spent.is_spent(copy.refresh_digest):
        return
    mark = load_marks(work.context).get(token.digest())
    if mark is not None and mark.state == LOGIN_NEEDED:
        return
    raise SwitchRefused(
        f"{profile.name} holds a login, which codex login would revoke before the new one is there",
        f"tui login {profile.name} --device-code",
    )


def _refuse_two_homes(work: Work, profile: Profile, home: str) -> None:
    try:
        target = read_target(profile, profile.auth_path)
    except ProfilesError:
        # Nothing to share: whatever the command does there, it starts without this login.
        return
    homes = [
        *holders_elsewhere(work.view.shelf, target, work.view.other_homes()),
        work.context.home,
    ]
    live = work.view.live
    if live is None or live.document is None or live.document.identity != target.identity:
        homes.remove(work.context.home)
    context = work.context._replace() if home == work.context.home else work.context.with_home(home)
    elsewhere = [
        p for p in work.context.processes() if p.home != home and p.command != "codex login"
    ]
    refusal = refuse_processes(context, elsewhere, homes)
    if refusal is not None:
        raise SwitchRefused(refusal.message, refusal.hint)


def _hold(context: Context, identity: Identity | None, home: str) -> lock.HeldLocks | None:
    if identity is None:
        return None
    wanted = lock.run_lock(context, identity, shared=True)
    held = lock.HeldLocks(context)
    busy = held.try_all([wanted])
    if busy is not None:
        raise StoreLocked(busy, lock.holder_of(busy), 0.0)
    lock.sign_run(wanted.path, os.path.realpath(home))
    return held


def finish(context: Context, prepared: Prepared) -> list[str]:
    """Reconcile after the command ended; return what must be said. Raises what locks and writes raise."""
    try:
        said = _reconcile_after(context, prepared)
        if prepared.home != context.home:
            try:
                if stop_if_idle(prepared.home, prepared.environ):
                    said.append(f"stopped the app-server daemon that was left in {prepared.home}")
            except CodexFailed as error:
                said.append(f"{error.message}; {error.hint}")
        return said
    finally:
        if prepared.held is not None:
            prepared.held.release()


def _reconcile_after(context: Context, prepared: Prepared) -> list[str]:
    name = prepared.profile
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        if context.active.problem is None and os.path.isdir(context.home):
            reconcile_live(work, update_live=True)
        settle_leftovers(work, work.profile(name).home, merge_copy)
        profile = work.profile(name)
        copy = read_copy(profile.auth_path)
        document = copy.document if copy is not None else None
        if copy is None or document is None or document.identity is None or document.is_mixture:
            return work.said
        recorded = profile.fields.identity
        if recorded is None:
            fields = profile.fields._replace(identity=document.identity, email=document.email)
            save_profile_file(context, profile.folder, fields)
            work.learnt(profile._replace(fields=fields))
            twins = [p.name for p in work.profiles_of(document.identity) if p.name != name]
            work.say(f"{name} now holds {document.email or document.kind}")
            if twins:
                work.say(f"the profile {twins[0]} belongs to the same person and workspace")
        elif recorded != document.identity:
            work.say(
                f"{name} is broken now: its file holds another login ({document.email or document.kind}) than its own; "
                "nothing was written over it"
            )
            return work.said
        merge_copy(work, copy, update_home=None, profile=work.profile(name))
        _mark_replaced(work, prepared.before, read_copy(profile.auth_path))
        note(
            context,
            Entry(context.now(), "run", name, document.identity.digest(), prepared.home, "ended"),
        )
        return work.said


def _mark_replaced(work: Work, before: Copy | None, now: Copy | None) -> None:
    """Remember as spent what the command exchanged in the profile's own home, where no copy of it is left (R10)."""
    if before is None or now is None or before.document is None or now.document is None:
        return
    old = before.refresh_digest
    if old is None or old == now.refresh_digest:
        return
    verdict = compare(now, before, work.context.now(), work.spent.is_spent)
    is_newer = verdict.order > 0 and verdict.by in SURE
    if is_newer and known_same_lineage(now.document, before.document):
        work.mark_spent([old])


def run(
    context: Context,
    name: str,
    command: Sequence[str],
    *,
    on_said: Teller | None = None,
    on_started: Started | None = None,
    anyway: bool = False,
) -> int:
    """Run `command` as the profile and return its exit code, 128 + n when signal n ended it.

    `on_said` gets each sentence that people must hear. Outside of the main thread no signal is taken here: whoever
    takes them passes them on by what `on_started` gets. Raises what `prepare` raises; the end is reconciled even when
    the command was killed.
    """
    tell = on_said if on_said is not None else lambda _sentence: None
    prepared = prepare(context, name, anyway=anyway, command=command)
    for sentence in prepared.said:
        tell(sentence)
    try:
        code = _wait_for(command, prepared, tell, on_started)
    finally:
        try:
            for sentence in finish(context, prepared):
                tell(sentence)
        except ProfilesError as error:
            # The command's own exit code is the answer; the next writing verb does what could not be done here.
            tell(error.message if error.hint is None else f"{error.message}; {error.hint}")
    return code


def _wait_for(
    command: Sequence[str], prepared: Prepared, tell: Teller, on_started: Started | None = None
) -> int:
    import subprocess

    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child is not None:
            child.send_signal(number)

    def leave_it(_number: int, _frame: FrameType | None) -> None:
        """The terminal sends ctrl-c to the command itself; we only wait for what it does with it."""

    # Handlers of ours, and before the command starts: it would inherit "ignore", and a gap would leave it alone.
    handlers = (
        (signal.SIGINT, leave_it),
        (signal.SIGQUIT, leave_it),
        (signal.SIGTERM, pass_on),
        (signal.SIGHUP, pass_on),
    )
    kept = (
        {number: signal.signal(number, handler) for number, handler in handlers}
        if _in_main_thread()
        else {}
    )
    try:
        child = subprocess.Popen(list(command), env=prepared.environ)
        if on_started is not None:
            on_started(child.send_signal)
        code = child.wait()
    except FileNotFoundError:
        tell(f"{command[0]}: no such command")
        return NOT_FOUND
    except OSError as error:
        tell(f"{command[0]}: {error.strerror}")
        return NOT_RUNNABLE
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()
