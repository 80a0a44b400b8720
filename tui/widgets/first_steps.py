"""What is said to who has few logins or none: where they are, and the next key to press."""

from __future__ import annotations

import os

from profiles.model import API_KEY, PERSONAL_ACCESS_TOKEN
from profiles.paths import tilde
from tui.widgets.words import ACCENT, BAD, MUTED, PLAIN, STRONG, WARN, Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.listing import Snapshot
    from tui.keymap import Keymap
    from tui.state import State

#: Of the homes that were found so many are named; the dialog has them all.
SHOWN = 8
#: Why not simply `codex login` (profiles/CODEX.md: since 0.140 it revokes the login that is there).
NEVER = (
    "Never run codex login over a login that you want to keep: starting it is enough to revoke the "
    "login that is stored there."
)


def paragraphs(state: State, keymap: Keymap, context: Context) -> list[Line]:
    """Return what stands below the rows, as paragraphs still to be wrapped; empty lines between."""
    snapshot = state.snapshot
    if state.partial:
        return []
    count = len(snapshot.rows)
    if count and not state.rows:
        return [
            ((f"Nothing matches {state.filter}", STRONG),),
            ((f"{keymap.first('back')} clears the filter.", MUTED),),
        ]
    if state.filter or count > 1:
        return []
    said: list[Line] = []
    if snapshot.home_problem is not None:
        said += _bad_home(snapshot, keymap, context)
    elif not count:
        said += _no_login(snapshot, context)
    else:
        said.append(((_ONE.get(snapshot.rows[0].kind, "One login so far."), MUTED),))
    said += [
        (),
        _key(keymap, "new", "makes a second profile and logs in there." if count else _FIRST),
        (),
        ((NEVER, MUTED), (" Inside an empty profile there is nothing to lose.", MUTED)),
    ]
    if not count:
        said += [(), _key(keymap, "rescan", "looks again, after a login elsewhere.")]
    return said + _found(snapshot, keymap, context)


_ONE = {
    API_KEY: "One login so far, an API key: it is billed by use, and never expires.",
    PERSONAL_ACCESS_TOKEN: "One login so far, an access token.",
}
_FIRST = "makes a profile and logs in there."


def _key(keymap: Keymap, action: str, text: str) -> Line:
    return ((keymap.first(action), ACCENT), (f" {text}", PLAIN))


def _bad_home(snapshot: Snapshot, keymap: Keymap, context: Context) -> list[Line]:
    home, again = tilde(snapshot.home, context.user_home), keymap.first("rescan")
    return [
        (("CODEX_HOME leads nowhere", BAD),),
        ((f"It names {home}, which {snapshot.home_problem}. Codex would not start there.", PLAIN),),
        ((f"Make it: mkdir -m 700 -p {home}, and {again} looks again.", MUTED),),
        (("Or leave, then: unset CODEX_HOME", MUTED),),
    ]


def _no_login(snapshot: Snapshot, context: Context) -> list[Line]:
    home = tilde(snapshot.home, context.user_home)
    unreadable = [p for p in snapshot.problems if p.path.startswith(f"{snapshot.home}/")]
    if unreadable:
        path = tilde(unreadable[0].path, context.user_home)
        return [
            (("No login can be read", WARN),),
            ((f"{path}: {unreadable[0].error}", PLAIN),),
        ]
    if os.path.isdir(snapshot.home):
        return [
            (("No login yet", STRONG),),
            ((f"{home} is there, but holds none.", PLAIN),),
        ]
    return [
        (("No login yet", STRONG),),
        ((f"{home} does not exist: Codex was never logged in here.", PLAIN),),
    ]


def _found(snapshot: Snapshot, keymap: Keymap, context: Context) -> list[Line]:
    """Name the homes that were found and are no profiles; nothing is registered unasked."""
    said: list[Line] = []
    for found in snapshot.discovered[:SHOWN]:
        home = tilde(found.home, context.user_home)
        who = found.email or found.state
        said.append(((f"{home}  ", PLAIN), (who, MUTED)))
    more = len(snapshot.discovered) - SHOWN
    if more > 0:
        said.append(((f"and {more} more", MUTED),))
    if said:
        key = (keymap.first("new"), ACCENT)
        head = (("Also found  ", STRONG), key, (" registers one of them where it is", MUTED))
        said[:0] = [(), head]
    return said
