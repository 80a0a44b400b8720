"""What the core says, as the screen says it: a key where a key does what a command would, `~` for the person's home.

Hints name commands, since they are for every front end. Here is the one table by which the screen says a key instead; a
command that no key does stays as it is. No Textual here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tui.stderr import PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.keymap import Keymap

#: A profile's name within a sentence: the stop behind it is none of it.
_NAME = r"(?P<name>(?>[A-Za-z0-9](?:[A-Za-z0-9._@+-]*[A-Za-z0-9_@+-])?))"
#: What follows no command that a key does: another way, or other output.
_NO_MORE = r"(?! --)"
#: Commands, and the action that does the same for the profile that the cursor is on.
_KEYS: tuple[tuple[str, str], ...] = (
    (rf"login {_NAME} --browser\b", "login-browser"),
    (rf"login {_NAME}(?: --device-code\b|{_NO_MORE})", "login"),
    (r"(?:refresh --all\b|--refresh-all\b)", "refresh-all"),
    (rf"refresh {_NAME}(?: --force\b)?", "refresh"),
    (rf"switch {_NAME}(?: --anyway\b)?", "switch"),
    (r"undo\b", "undo"),
    (rf"rename {_NAME} [A-Za-z0-9._@+-]*[A-Za-z0-9_@+-]", "rename"),
    (rf"delete {_NAME}{_NO_MORE}", "delete"),
    (rf"show {_NAME}{_NO_MORE}", "detail"),
    (r"usage\b(?! \w)", "rescan"),
    (r"--help\b", "help"),
)
#: What it would show stands on the screen already.
_LIST = re.compile(rf"{PROGRAM} list (?=shows?\b)")
#: Stands for whichever profile it is.
_ANY = "NAME"


@lru_cache(1)
def _commands() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b{PROGRAM} {words}"), action) for words, action in _KEYS)


class Speech:
    """How one screen speaks: with its keys, and of its person's home."""

    def __init__(self, keymap: Keymap, user_home: str) -> None:
        self._keymap = keymap
        self._home = user_home.rstrip("/")

    def __call__(self, text: str) -> str:
        """Return a text with keys instead of commands, and paths below the home shortened."""
        return self.short(self.by_keys(text))

    def by_keys(self, text: str) -> str:
        """Return a text with the key named, and the profile to press it on, instead of each command that has one."""
        if f"{PROGRAM} " not in text:
            return text
        if text == f"{PROGRAM} list":
            return f"{self._keymap.first('switch')} switches to the profile that the cursor is on"
        text = _LIST.sub("the list ", text)
        for pattern, action in _commands():
            key = self._keymap.first(action)
            if key:
                text = pattern.sub(lambda found, key=key: _on(key, found), text)  # type: ignore[misc]
        return text

    def short(self, text: str) -> str:
        """Return a text with the person's home folder written as `~`."""
        home = self._home
        if not home or home not in text:
            return text
        # Only whole names: /home/ada is no part of /home/adam, nor of /mnt/home/ada.
        return re.sub(rf"(?<![\w./~-]){re.escape(home)}(?=/|$|[\s'\":,;)])", "~", text)


def _on(key: str, found: re.Match[str]) -> str:
    name = found.groupdict().get("name")
    return key if name in (None, _ANY) else f"{key} on {name}"
