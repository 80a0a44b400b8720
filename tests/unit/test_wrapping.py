"""Prose in a terminal's width."""

from __future__ import annotations

import pytest

from tui.terminal import cells
from tui.wrapping import wrapped

#: Commands as they stand in hints; none may be broken where it fits on a line.
COMMANDS = [
    "tui login work --browser --port 1461",
    "tui login work --device-code",
    "tui switch work",
    "tui run bot -- codex login --with-access-token",
    "printenv VARIABLE | tui login bot --api-key",
    "curl -sSI https://auth.openai.com",
    "export HTTPS_PROXY=http://HOST:PORT",
    "ls -ld /home/ada/.codex",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_not_broken(command: str) -> None:
    """Wherever on the line it would begin."""
    for before in range(1, 52):
        lines = wrapped(f"next: {'x' * before} y; then: {command}", 60, 6)
        assert any(command in line for line in lines), lines
        assert all(len(line) <= 60 for line in lines)


def test_columns_and_long_words_stay_as_they_are() -> None:
    """The blanks of a table are kept, a word too long is whole, wide signs count as two cells."""
    assert wrapped("ada     refreshed", 79, 2) == ["ada     refreshed"]
    assert wrapped("  /a/path", 79, 2) == ["  /a/path"]
    assert wrapped(f"see {'u' * 30} there", 20, 2) == ["see", f"  {'u' * 30}", "  there"]
    lines = wrapped("漢字漢字 " * 4, 20)
    assert [cells(line) for line in lines] == [17, 17]


def test_a_narrow_terminal_keeps_room_for_words() -> None:
    """The indent gives way."""
    assert wrapped("note: one two three", 12, 6) == ["note: one", "   two three"]
