"""What the parts of the screen tell it. Parts post, the screen decides."""

from __future__ import annotations

from textual.message import Message


class Chosen(Message):
    """The person moved to a row: `cursor` is its place among those shown."""

    def __init__(self, cursor: int) -> None:
        super().__init__()
        self.cursor = cursor


class Scrolled(Message):
    """Other rows can be seen now."""


class Typed(Message):
    """The filter reads otherwise."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Pressed(Message):
    """A word of the footer was clicked."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
