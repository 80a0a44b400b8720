"""The keys that dialogs, menus and typed lines take: the same in all of them, and never others. No Textual here."""

from __future__ import annotations

from typing import NamedTuple


class DialogKey(NamedTuple):
    """Keys as people write them, and one sentence on what they do."""

    keys: str
    help: str

    @property
    def is_keys(self) -> bool:
        """Whether these are names of keys, not words about them."""
        return self.keys != A_LETTER


#: What stands for the letters that a menu shows.
A_LETTER = "a letter"
#: The heading of the help above them.
HEADING = "In a dialog, a menu or a line"
DIALOG_KEYS = (
    DialogKey("enter", "Take what is chosen, or what was typed."),
    DialogKey("esc", "Close it and change nothing; ctrl+c does the same."),
    DialogKey("y n", "Yes and no, where a question is asked."),
    DialogKey("tab", "The other answer; in a menu the next entry; shift+tab goes the other way."),
    DialogKey("up down", "The entry before, the next entry, also while something is typed."),
    DialogKey(A_LETTER, "In a menu take the entry that the letter stands before."),
    DialogKey("ctrl+u", "In a line take all of it away; ctrl+w takes its last word."),
)
