"""What a terminal is sent so that a text gets into its clipboard, alone, in tmux and in screen."""

from __future__ import annotations

import base64
import re

from hypothesis import given
from hypothesis import strategies as st

from tui.clipboard import copy_sequence


def _plain(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


def test_a_terminal() -> None:
    """OSC 52 with the text as base64: nothing in the text can end it early."""
    assert copy_sequence("ABCD-EFGHI", {}) == "\x1b]52;c;QUJDRC1FRkdISQ==\x07"


def test_tmux() -> None:
    """Tmux gets it twice: for itself, and wrapped for the terminal around it, with every escape doubled."""
    sent = copy_sequence("x", {"TMUX": "/tmp/tmux-0/default,1,0"})
    plain = _plain("x")
    assert sent == f"{plain}\x1bPtmux;\x1b{plain}\x1b\\"


@given(st.text(max_size=900))
def test_screen(text: str) -> None:
    """Screen gets it in pieces that it takes; put together they are what a terminal gets."""
    text = text.encode("utf-8", "replace").decode()
    sent = copy_sequence(text, {"STY": "1.pts"})
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", sent, re.DOTALL)
    assert "".join(pieces) == _plain(text)
    assert all(len(piece) <= 252 for piece in pieces)
