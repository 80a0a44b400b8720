"""What keys are called, and what they do, in one place of the screen and not elsewhere. No Textual here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.state import State

_OF_THE_DOCTOR = {
    "copy": "copy the report",
    "copy-more": "copy the fix",
    "rescan": "look again",
    "pane": "read",
}
#: Where a word of the footer says more about the place than the action's own.
WORDS_HERE: dict[str, dict[str, str]] = {
    "list": {"tab-next": "tabs"},
    "list-due": {"tab-next": "tabs"},
    "list-refresh": {"cancel": "stop", "tab-next": "tabs"},
    "refreshing": {"cancel": "stop"},
    "events": {"copy": "copy the event"},
    "refreshed": {"back": "close", "refresh-all": "again"},
    "doctor": _OF_THE_DOCTOR,
    "doctor-mend": _OF_THE_DOCTOR,
    "list-marked": {"refresh": "refresh {}", "delete": "delete {}", "back": "unmark"},
    "list-login": {"detail": "its login", "tab-next": "tabs"},
    "filtered-login": {"detail": "its login", "back": "clear filter"},
    "filtered": {"back": "clear filter", "tab-next": "tabs"},
    "detail": {"tab-next": "tabs"},
    "detail-tokens": {"tab-next": "tabs"},
    "detail-raw": {"tab-next": "tabs", "raw": "rows", "copy": "copy JSON", "move-down": "down"},
    "login-device": {"copy": "copy the code", "browser-instead": "browser instead"},
    "login-browser": {"detail": "paste callback", "copy": "copy the URL", "plain": "whole URL"},
    "login-failed": {"browser-instead": "the other way", "back": "close"},
    "login-saved": {"switch": "switch to it", "back": "close"},
    "login-unsaved": {"detail": "save again", "cancel": "discard"},
    "login-mismatched": {"detail": "say where it goes", "cancel": "discard"},
}
#: The same where the terminal is too narrow for all of the words above.
SHORT_WORDS: dict[str, dict[str, str]] = {
    "events": {"copy": "copy"},
    "list-login": {"detail": "login"},
    "detail-raw": {"copy": "copy"},
    "doctor": {"copy": "report", "copy-more": "fix", "rescan": "again"},
    "doctor-mend": {"mend": "mend", "copy": "report", "copy-more": "fix", "rescan": "again"},
    "login-device": {"copy": "copy"},
    "login-browser": {"detail": "paste", "copy": "URL"},
    "login-failed": {"browser-instead": "other way"},
    "login-mismatched": {"detail": "decide"},
}
_ITS_LOGIN = "Open the pane of the login for the selected profile."
_STOP = "Send nothing more; what was sent is answered and saved."
_IN_THE_DOCTOR = {
    "mend": "Show the change that mends this, and make it after a yes.",
    "copy": "Copy all that was found, for an issue tracker: no secret, and nobody's name.",
    "copy-more": "Copy what mends it, to be typed in a shell.",
    "events": "Back to the profiles, with the event log: what was done, and how to take it back.",
    "rescan": "Look again.",
    "pane": "Go to what is told about the finding, and back.",
    "back": "Back to the profiles.",
}
#: Where an action does something else than its sentence in the table says.
HELP_HERE: dict[str, dict[str, str]] = {
    "list-refresh": {"cancel": _STOP},
    "refreshing": {"back": "Back to the list; the refresh goes on.", "cancel": _STOP},
    "refreshed": {"back": "Close this pane."},
    "doctor": _IN_THE_DOCTOR,
    "doctor-mend": _IN_THE_DOCTOR,
    "list-marked": {
        "refresh": "Get new tokens for the marked profiles, several at a time; ctrl+c stops.",
        "delete": "Move the marked profiles to the backups, after one question; no token is revoked.",
        "mark": "Mark one more, or take its mark off, and go on to the next.",
        "back": "Take all marks off.",
    },
    "list-login": {"detail": _ITS_LOGIN},
    "filtered-login": {"detail": _ITS_LOGIN, "back": "Clear the filter."},
    "filtered": {"back": "Clear the filter."},
    "detail-raw": {
        "raw": "Back from JSON to a row for each claim.",
        "copy": "Copy the JSON. No token is in it.",
        "tab-next": "Next tab: usage, holders, processes, history.",
    },
    "login-device": {
        "copy": "Copy the code.",
        "back": "Back to the list; the login goes on.",
        "cancel": "Cancel this login.",
    },
    "login-browser": {
        "detail": "Paste the address at which the browser ended, or its code.",
        "copy": "Copy the URL.",
        "back": "Back to the list; the login goes on.",
        "cancel": "Cancel this login.",
    },
    "login-busy": {
        "back": "Back to the list; the login goes on.",
        "cancel": "Cancel this login; after a question once it is approved.",
    },
    "login-failed": {"back": "Close this pane.", "code-new": "Try once more."},
    "login-saved": {"back": "Close this pane.", "switch": "Make this the active login."},
    "login-unsaved": {
        "detail": "Try once more to save the login.",
        "back": "Back to the list; the login stays in memory.",
        "cancel": "Discard the login, after a question.",
    },
    "login-mismatched": {
        "detail": "Say where the login goes.",
        "back": "Back to the list; the login stays in memory.",
        "cancel": "Discard the login, after a question.",
    },
}
#: From how many logins on that are due they are best refreshed together.
SEVERAL = 2


def list_place(state: State) -> str:
    """Return what the list is for footer and help while nothing runs: several logins may be due."""
    return "list-due" if state.due >= SEVERAL else "list"


#: What the footer shows while a filter is typed; there enter and esc belong to the line.
FILTER_FOOTER = (("enter", "keep the filter"), ("esc", "clear it"))
#: The same while a line of a login's pane is typed.
LINE_FOOTER = (("enter", "takes it"), ("esc", "leaves it"))
