"""Prose in a terminal's width: broken between words, and never within a command that is there to be copied."""

from __future__ import annotations

import re

from tui.terminal import cells

#: A command, with what can be told to be its arguments. That prose is glued here and there does no harm.
_COMMAND = re.compile(
    r"(?:\bprintenv \w+ \| )?\b(?:tui|codex|curl|export|unset|ls|df|date)(?: [^\s,;:()]+){1,2}"
    r"(?: -- .*$| (?:-\S*(?: \d+\b)?|[~/]\S*|\S+(?= -)))*"
)
#: A word with the blanks before it; in a command, blanks are glue.
_WORD = re.compile(r" *[^ ]+")
_GLUE = "\0"


def wrapped(text: str, room: int, hang: int = 0) -> list[str]:
    """Return lines of at most `room` cells, all but the first indented by `hang`.

    What is longer than a line, such as an address, has one of its own and stays whole.
    """
    hang = min(hang, room // 4)
    lines: list[str] = []
    line = ""
    for word in _WORD.findall(_COMMAND.sub(lambda found: found[0].replace(" ", _GLUE), text)):
        if line.strip() and cells(line + word) > room:
            lines.append(line)
            line = f"{'':{hang}}{word.lstrip()}"
        else:
            line += word
    return [each.replace(_GLUE, " ") for each in [*lines, line]]
