"""The words of the last line: what the keys do here and now, or what is being written."""

from __future__ import annotations

from typing import NamedTuple

from tui.key_places import FILTER_FOOTER, LINE_FOOTER, SHORT_WORDS, WORDS_HERE
from tui.keys import BY_ID, FOOTERS
from tui.widgets.words import cells, crop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui.keymap import Keymap
    from tui.widgets.words import Signs


class Word(NamedTuple):
    """A key and what it does; `action` is what a click on it does."""

    key: str
    word: str
    action: str | None = None

    @property
    def cells(self) -> int:
        """The cells that it takes."""
        return cells(self.key) + 1 + cells(self.word)


def key_words(place: str, keymap: Keymap, width: int, marked: int = 0) -> list[Word]:
    """Return the words that fit, most used first; the rightmost go first, `help` goes last.

    `marked` is how many profiles are, for the words that say it.
    """
    if place == "filter":
        return [Word(key, word) for key, word in FILTER_FOOTER]
    if place == "login-line":
        return [Word(key, word) for key, word in LINE_FOOTER]
    here = WORDS_HERE.get(place, {})
    here = {action: word.replace("{}", str(marked)) for action, word in here.items()}
    words = _words(place, keymap, here)
    if _cells(words) > width:
        words = _words(place, keymap, {**here, **SHORT_WORDS.get(place, {})})
    return fitting(words, width)


def fitting(words: Sequence[Word], width: int) -> list[Word]:
    """Return the words that fit: the rightmost go first, `help` goes last."""
    words = list(words)
    while len(words) > 1 and _cells(words) > width:
        del words[-2 if words[-1].action == "help" else -1]
    return words


def _words(place: str, keymap: Keymap, here: Mapping[str, str]) -> list[Word]:
    return [
        Word(keymap.first(action), here.get(action, BY_ID[action].word), action)
        for action in FOOTERS[place]
        if keymap.of(action)
    ]


def _cells(words: list[Word]) -> int:
    return sum(word.cells + 2 for word in words) - 2


def busy_text(busy: str, width: int, signs: Signs) -> str:
    """Return the line while something is written."""
    return crop(f"{busy}{signs.more}", width, signs)
