"""The one table of keys: footer, help, README and the `[keys]` of config.toml all come from it.

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
    deletable,
    filterable,
    idle,
    loginable,
    refreshable,
    repeatable,
    replaceable,
    selected,
    several,
    still,
    waiting,
    writable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
        "Get new tokens for every login that is due, several at a time; ctrl+c stops.",
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
    Action("copy", ("y",), "copy", "Copy the code, or the URL.", PANE, waiting),
    Action("copy-more", ("Y",), "copy what", "Choose what is copied.", PANE, waiting),
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
    Action("tab-prev", ("left_square_bracket",), "login before", "Login before.", PANE, several),
    Action("tab-next", ("right_square_bracket",), "next login", "Next login.", PANE, several),
    Action(
        "filter", ("slash",), "filter", "Show only what matches, as you type.", LOOK, filterable
    ),
    Action("detail", ("enter",), "detail", "Read the selected profile in full.", LOOK, selected),
    Action(
        "back",
        ("escape",),
        "back",
        "One step back; clears the filter; leaves a login's pane, and the login goes on.",
        LOOK,
    ),
    Action("events", ("at",), "events", "Open or close the log of what happened.", LOOK),
    Action("rescan", ("R",), "rescan", "Read the disk again.", LOOK),
    Action("help", ("question_mark", "f1"), "help", "List the keys.", LOOK),
    Action("redraw", ("ctrl+l",), "redraw", "Draw the whole screen again.", PROGRAM),
    Action("suspend", ("ctrl+z",), "suspend", "Back to the shell; fg returns here.", PROGRAM),
    Action("quit", ("q",), "quit", "One step back; from the list, leave.", PROGRAM),
    Action(
        "cancel",
        ("ctrl+c",),
        "cancel",
        "Cancel what is open, or the login in whose pane you are; else leave.",
        PROGRAM,
    ),
    Action(
        "quit-now", ("ctrl+q",), "leave", "Leave at once; a write that runs is finished.", PROGRAM
    ),
)

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

#: Actions that move within a pane.
MOVES = frozenset(a.id for a in ACTIONS if a.group == MOVE) - {"pane", "pane-back"}

#: What the footer shows where the focus is, most used first. `help` comes last and stays longest.
FOOTERS: dict[str, tuple[str, ...]] = {
    "list": ("switch", "undo", "detail", "filter", "new", "refresh", "help"),
    "list-login": ("detail", "switch", "undo", "filter", "new", "refresh", "help"),
    "filtered-login": ("detail", "back", "switch", "filter", "help"),
    "empty": ("new", "rescan", "quit", "help"),
    "filtered": ("switch", "back", "detail", "filter", "help"),
    "detail": ("back", "switch", "run", "rename", "note", "delete", "help"),
    "events": ("back", "move-down", "move-up", "help"),
    "filter": (),
    "login-device": ("copy", "back", "qr", "open", "browser-instead", "cancel", "help"),
    "login-browser": ("detail", "copy", "back", "plain", "tunnel", "cancel", "help"),
    "login-busy": ("back", "cancel", "events", "help"),
    "login-failed": ("code-new", "browser-instead", "back", "events", "help"),
    "login-saved": ("switch", "back", "events", "help"),
    "login-unsaved": ("detail", "back", "cancel", "events", "help"),
    "login-mismatched": ("detail", "back", "cancel", "help"),
    "login-line": (),
}

#: What the terminal itself sends for backspace, tab, enter and escape: never a key of its own.
UNBINDABLE = frozenset({"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+left_square_bracket"})

_SIGNS = {
    "at": "@",
    "colon": ":",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "slash": "/",
    "exclamation_mark": "!",
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "ampersand": "&",
    "asterisk": "*",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "semicolon": ";",
    "underscore": "_",
    "vertical_line": "|",
    "tilde": "~",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "apostrophe": "'",
    "quotation_mark": '"',
    "backslash": "\\",
    "circumflex_accent": "^",
    "grave_accent": "`",
}
_NAMES = {sign: name for name, sign in _SIGNS.items()}
_WORDS = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}
_SPELLINGS = {"esc": "escape", "pgdn": "pagedown", "pgup": "pageup", "return": "enter"}
_LONG = frozenset(
    {"space", "enter", "escape", "tab", "up", "down", "left", "right", "home", "end"}
    | {"pagedown", "pageup", "insert", "delete", "backspace"}
    | {f"f{number}" for number in range(1, 13)}
)


def key_word(key: str) -> str:
    """Return a key as people write it: `esc`, `?`, `ctrl+d`."""
    head, plus, last = key.rpartition("+")
    return f"{head}{plus}{_WORDS.get(last) or _SIGNS.get(last, last)}"


def key_name(word: str) -> str | None:
    """Return Textual's name of a key that a person wrote, or None when no terminal sends it."""
    word = word.strip()
    head, plus, last = word.rpartition("+") if len(word) > 1 else ("", "", word)
    if len(last) == 1:
        if not (last.isprintable() and last.isascii()) or last == " ":
            return None
        last = _NAMES.get(last, last)
    else:
        last = _SPELLINGS.get(last.lower(), last.lower())
        if last not in _LONG and last not in _SIGNS:
            return None
    if plus and head.lower() not in ("ctrl", "shift"):
        return None
    name = f"{head.lower()}{plus}{last}"
    return None if name in UNBINDABLE else name


class Keymap(NamedTuple):
    """The keys in force by action id, and what could not be used of what was asked for."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()

    def of(self, action: str) -> tuple[str, ...]:
        """Return the keys of an action, in Textual's names."""
        return self.keys.get(action, ())

    def changes(self) -> dict[str, str]:
        """Return, as Textual wants a keymap, the actions whose keys are not the table's."""
        return {
            action: ",".join(keys)
            for action, keys in self.keys.items()
            if keys and keys != BY_ID[action].keys
        }

    def words(self, action: str, limit: int = 9) -> str:
        """Return the keys of an action as people write them: `space s`."""
        return " ".join(key_word(key) for key in self.of(action)[:limit])

    def first(self, action: str) -> str:
        """Return the first key of an action as people write it, or nothing if it has none."""
        return self.words(action, 1)


def make_keymap(wanted: Mapping[str, str]) -> Keymap:
    """Return the keys in force: those of the table, with those of config.toml's `[keys]` instead.

    A key that is given to another action is taken from the one that had it. ctrl+q always leaves.
    What cannot be used is named, and the table's own keys stay.
    """
    problems: list[str] = []
    chosen: dict[str, tuple[str, ...]] = {}
    for action, text in wanted.items():
        if action not in BY_ID:
            problems.append(_unknown(action))
            continue
        names: list[str] = []
        words = [","] if text.strip() == "," else text.split(",")
        for word in filter(str.strip, words):
            name = key_name(word)
            if name is None or name == "ctrl+q":
                problems.append(f"keys.{action}: {word.strip()!r} is not a key that can be given")
            else:
                names.append(name)
        if names and action != "quit-now":
            chosen[action] = tuple(dict.fromkeys(names))
    taken = {key for keys in chosen.values() for key in keys}
    keys = {
        each.id: chosen.get(each.id) or tuple(key for key in each.keys if key not in taken)
        for each in ACTIONS
    }
    return Keymap(keys, tuple(problems))


def _unknown(action: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(action, BY_ID, 1)
    suggestion = f"; did you mean {near[0]}?" if near else "; ? lists them"
    return f"keys.{action}: there is no such action{suggestion}"


def groups(actions: Sequence[Action] = ACTIONS) -> dict[str, list[Action]]:
    """Return the actions by their headings, in the table's order."""
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.group, []).append(action)
    return found


def key_table_markdown() -> str:
    """Return the table of the README, between its two markers."""
    keymap = make_keymap({})
    lines = ["| key | action id | does |", "| --- | --- | --- |"]
    for action in ACTIONS:
        keys = " ".join(f"<kbd>{_escape(key_word(key))}</kbd>" for key in keymap.of(action.id))
        lines.append(f"| {keys} | `{action.id}` | {action.help} |")
    return "\n".join(lines)


def _escape(text: str) -> str:
    return {"<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;"}.get(text, text)
