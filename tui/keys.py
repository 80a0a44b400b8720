"""The one table of keys: footer, help, palette, README and the `[keys]` of config.toml come from it.

An action has an id that never changes, so that `config.toml` can give it other keys. A key that
cannot act now stays in the table and says why (`Action.why_not`). Nothing here imports Textual;
key names are Textual's, since its bindings are made of them.
"""

from __future__ import annotations

from typing import NamedTuple

from tui.situation import (
    all_refreshable,
    browser_waits,
    code_waits,
    copyable,
    deletable,
    filterable,
    idle,
    loginable,
    markable,
    mendable,
    refreshable,
    repeatable,
    replaceable,
    selected,
    several_markable,
    sortable,
    still,
    turnable,
    waiting,
    with_claims,
    working,
    writable,
    zoomable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui.situation import Situation


class Action(NamedTuple):
    """One thing that a key does.

    `word` is for the footer, `help` one sentence, `group` the heading in the help. `why_not` says
    why it cannot act now, or None; without it the action is always possible.
    """

    id: str
    keys: tuple[str, ...]
    word: str
    help: str
    group: str
    why_not: Callable[[Situation], str | None] | None = None


MOVE, LOGIN, PROFILE, LOOK, PROGRAM = "Move", "Logins", "Profiles", "Look", "Program"
PANE = "In the pane of a running login"
#: The headings, in the order of the help: first what people look for, last what their fingers know.
HEADINGS = (LOGIN, PROFILE, LOOK, PANE, MOVE, PROGRAM)

#: All actions, in the order in which help and README list them.
ACTIONS: tuple[Action, ...] = (
    Action("move-down", ("j", "down"), "down", "Next line.", MOVE),
    Action("move-up", ("k", "up"), "up", "Line before.", MOVE),
    Action("move-top", ("g", "home"), "top", "First line.", MOVE),
    Action("move-bottom", ("G", "end"), "bottom", "Last line.", MOVE),
    Action("page-down", ("pagedown",), "page down", "One page down.", MOVE),
    Action("page-up", ("pageup",), "page up", "One page up.", MOVE),
    Action("half-page-down", ("ctrl+d",), "half a page down", "Half a page down.", MOVE),
    Action("half-page-up", ("ctrl+u",), "half a page up", "Half a page up.", MOVE),
    Action("pane", ("tab",), "next pane", "Next pane.", MOVE),
    Action("pane-back", ("shift+tab",), "pane before", "Pane before.", MOVE),
    Action("pane-1", ("1",), "profiles", "Go to pane 1, the profiles.", MOVE),
    Action("pane-2", ("2",), "detail", "Go to pane 2, the selected profile.", MOVE, selected),
    Action(
        "pane-3",
        ("3",),
        "progress",
        "Go to pane 3: logins that run, and how far a refresh of several is.",
        MOVE,
        working,
    ),
    Action("pane-4", ("4",), "events", "Go to pane 4, the log of what happened; opens it.", MOVE),
    Action(
        "zoom",
        ("z",),
        "zoom",
        "Give the pane the whole screen, and take it back; it ends when you go to another pane.",
        LOOK,
        zoomable,
    ),
    Action(
        "switch",
        ("space", "s"),
        "switch",
        "Make the selected profile the active login, for every codex that starts from now on.",
        LOGIN,
        writable,
    ),
    Action("undo", ("u",), "undo", "Take the last switch back.", LOGIN, idle),
    Action(
        "run",
        ("x",),
        "run codex",
        "Run codex as the selected profile and come back; nothing is switched.",
        LOGIN,
        writable,
    ),
    Action(
        "login",
        ("l",),
        "log in",
        "Log in again to the selected profile, with a device code; enter brings its pane back.",
        LOGIN,
        loginable,
    ),
    Action(
        "login-browser",
        ("L",),
        "log in by browser",
        "Log in again to the selected profile, in a browser: here, or through an SSH tunnel.",
        LOGIN,
        loginable,
    ),
    Action(
        "refresh",
        ("r",),
        "refresh",
        "Get new tokens for the selected profile now, however fresh they are.",
        LOGIN,
        refreshable,
    ),
    Action(
        "refresh-all",
        ("ctrl+r",),
        "refresh all",
        "Get new tokens for every login, due or not, unless it got some in the last hour; ctrl+c stops.",
        LOGIN,
        all_refreshable,
    ),
    Action(
        "new",
        ("n",),
        "new",
        "A new profile: log in by device code or browser, give a key or token, or leave it empty.",
        PROFILE,
        idle,
    ),
    Action("rename", ("e",), "rename", "Give the selected profile another name.", PROFILE, still),
    Action("note", ("E",), "note", "Write a note to the selected profile.", PROFILE, writable),
    Action(
        "delete",
        ("d",),
        "delete",
        "Move the selected profile to the backups, after a question; no token is revoked.",
        PROFILE,
        deletable,
    ),
    Action(
        "open",
        ("o",),
        "open",
        "Open the URL in a browser; over SSH, copy it and show it whole.",
        PANE,
        waiting,
    ),
    Action(
        "plain",
        ("p",),
        "plain",
        "Show code, URL and ssh line unbroken, for the terminal's own selection.",
        PANE,
        waiting,
    ),
    Action("qr", ("Q",), "QR", "Show the URL as a QR code, or hide it.", PANE, code_waits),
    Action(
        "tunnel",
        ("t",),
        "edit ssh",
        "Edit the ssh line; it is remembered for this host.",
        PANE,
        browser_waits,
    ),
    Action(
        "browser-instead",
        ("b",),
        "browser",
        "Log in by browser instead of the device code, or the other way round.",
        PANE,
        replaceable,
    ),
    Action(
        "code-new",
        ("N",),
        "try again",
        "A new code, when the last one expired or the login failed.",
        PANE,
        repeatable,
    ),
    Action(
        "filter", ("slash",), "filter", "Show only what matches, as you type.", LOOK, filterable
    ),
    Action(
        "sort",
        ("S",),
        "sort",
        "Choose the list's order: name, expiry, last used, usage or state; again turns it round.",
        LOOK,
        sortable,
    ),
    Action(
        "mark",
        ("v",),
        "mark",
        "Mark the selected profile and go on to the next; r and d are for all that are marked.",
        LOOK,
        markable,
    ),
    Action(
        "mark-all",
        ("V",),
        "all or none",
        "Mark every profile that is shown, or none of them.",
        LOOK,
        several_markable,
    ),
    Action("detail", ("enter",), "detail", "Read the selected profile in full.", LOOK, selected),
    Action(
        "tab-next",
        ("right_square_bracket",),
        "next tab",
        "Next tab of the detail: tokens, usage, holders, processes, history; or the next login.",
        LOOK,
        turnable,
    ),
    Action(
        "tab-prev",
        ("left_square_bracket",),
        "tab before",
        "Tab before; in the pane of a login the login before.",
        LOOK,
        turnable,
    ),
    Action(
        "raw",
        ("J",),
        "raw JSON",
        "Show the claims of the selected login as JSON, and back; no token is in it.",
        LOOK,
        with_claims,
    ),
    Action(
        "copy",
        ("y",),
        "copy",
        "Copy the e-mail, or the name; where a login waits, its code or URL. Never a token.",
        LOOK,
        copyable,
    ),
    Action(
        "copy-more",
        ("Y",),
        "copy what",
        "Choose what is copied: name, e-mail, ids, home, the line that runs codex with it.",
        LOOK,
        copyable,
    ),
    Action(
        "back",
        ("escape",),
        "back",
        "One step back; clears marks, then the filter; leaves a login's pane, and the login goes on.",
        LOOK,
    ),
    Action("events", ("at",), "events", "Open or close the log of what happened.", LOOK),
    Action(
        "rescan",
        ("R",),
        "rescan",
        "Read the disk again, and ask how much of each login is used.",
        LOOK,
    ),
    Action(
        "doctor",
        ("D",),
        "doctor",
        "Find out why a login does not work: causes, evidence, and what mends each.",
        LOOK,
    ),
    Action(
        "mend",
        ("f",),
        "mend it",
        "In the doctor: show the change that mends what the cursor is on, and make it after a yes.",
        LOOK,
        mendable,
    ),
    Action(
        "palette",
        ("colon", "ctrl+p"),
        "all actions",
        "Find an action by its name, and do it: all that can be done now, with its key.",
        LOOK,
    ),
    Action("help", ("question_mark", "f1"), "help", "List the keys; / searches in them.", LOOK),
    Action("redraw", ("ctrl+l",), "redraw", "Draw the whole screen again.", PROGRAM),
    Action("suspend", ("ctrl+z",), "suspend", "Back to the shell; fg returns here.", PROGRAM),
    Action("quit", ("q",), "quit", "One step back; from the list, leave.", PROGRAM),
    Action(
        "cancel",
        ("ctrl+c",),
        "cancel",
        "Cancel what is open, the login in whose pane you are, or a refresh; else leave.",
        PROGRAM,
    ),
    Action(
        "quit-now", ("ctrl+q",), "leave", "Leave at once; a write that runs is finished.", PROGRAM
    ),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

#: Actions that move within a pane.
MOVES = frozenset(
    a.id for a in ACTIONS if a.group == MOVE and a.id.partition("-")[0] in ("move", "page", "half")
)

#: The first words of the list, and those that only a wide terminal has room for.
_LIST, _ROOM = ("switch", "undo", "detail", "filter"), ("mark", "tab-next")
#: What the footer shows where the focus is, most used first. `help` comes last and stays longest.
FOOTERS: dict[str, tuple[str, ...]] = {
    "list": (*_LIST, "new", "refresh", *_ROOM, "help"),
    "list-due": (*_LIST, "refresh-all", "new", *_ROOM, "help"),
    "list-refresh": ("switch", "pane-3", "cancel", "detail", "filter", "new", *_ROOM, "help"),
    "list-marked": ("refresh", "delete", "mark", "mark-all", "back", "help"),
    "list-login": ("detail", "switch", "undo", "filter", "new", "refresh", *_ROOM, "help"),
    "filtered-login": ("detail", "back", "switch", "filter", "help"),
    "empty": ("new", "rescan", "quit", "help"),
    "filtered": ("switch", "back", "detail", "filter", *_ROOM, "help"),
    "detail": ("back", "tab-next", "switch", "copy", "run", "delete", "help"),
    "detail-tokens": ("back", "tab-next", "raw", "copy", "switch", "help"),
    "detail-raw": ("back", "raw", "copy", "tab-next", "move-down", "help"),
    "events": ("back", "copy", "zoom", "move-up", "help"),
    "filter": (),
    "doctor": ("copy-more", "copy", "back", "rescan", "pane", "help"),
    "doctor-mend": ("mend", "copy-more", "copy", "back", "rescan", "pane", "help"),
    "refreshing": ("back", "cancel", "zoom", "events", "help"),
    "refreshed": ("back", "refresh-all", "zoom", "events", "help"),
    "login-device": ("copy", "back", "qr", "open", "browser-instead", "cancel", "help"),
    "login-browser": ("detail", "copy", "back", "plain", "tunnel", "cancel", "help"),
    "login-busy": ("back", "cancel", "events", "help"),
    "login-failed": ("code-new", "browser-instead", "back", "events", "help"),
    "login-saved": ("switch", "back", "events", "help"),
    "login-unsaved": ("detail", "back", "cancel", "events", "help"),
    "login-mismatched": ("detail", "back", "cancel", "help"),
    "login-line": (),
}


def groups(actions: Sequence[Action] = ACTIONS) -> dict[str, list[Action]]:
    """Return the actions by their headings: in the order of HEADINGS."""
    found: dict[str, list[Action]] = {heading: [] for heading in HEADINGS}
    for action in actions:
        found[action.group].append(action)
    return {heading: of_it for heading, of_it in found.items() if of_it}
