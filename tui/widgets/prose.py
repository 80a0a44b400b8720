"""Sentences in a dialog: in the words of the screen, and broken where they have joints: paths at a `/`."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.widgets.words import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.geometry import Size


class Prose(Widget):
    """A text, as high as its lines; the application says it with its own keys and paths (`speech`)."""

    DEFAULT_CSS = "Prose { width: 1fr; height: auto; }"

    def __init__(self, text: str, *, classes: str = "words") -> None:
        super().__init__(classes=classes)
        self._text = text

    def update(self, text: str) -> None:
        """Say something else."""
        if text != self._text:
            self._text = text
            self.refresh(layout=True)

    def _lines(self, width: int) -> list[str]:
        speech: Callable[[str], str] = getattr(self.app, "speech", str)
        return [line for text in self._text.split("\n") for line in wrap(speech(text), width)]

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return how many lines there are."""
        return len(self._lines(width)) if self._text else 0

    def render(self) -> Text:
        """Return the lines."""
        return Text("\n".join(self._lines(self.size.width)), no_wrap=True, end="")
