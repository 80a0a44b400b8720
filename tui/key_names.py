"""What keys are called: Textual's names, and the words that people write. No Textual here."""

from __future__ import annotations

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
