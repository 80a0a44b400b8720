"""The styles of the roles, straight from the theme.

Textual would keep a style sheet of its own for each role of each pane, and work all of them out
again whenever a class or the focus changes: a fifth of the time to the first row.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style
from textual.color import Color

from tui.widgets.words import ACCENT, BAD, GOOD, MUTED, PLAIN, QR, STRONG, TAB, WARN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

#: What lies under the line that the cursor is on, with and without the focus.
CURSOR, CURSOR_BLURRED = "cursor", "cursor-blurred"


def ink_of(app: App[int]) -> Mapping[str, Style]:
    """Return the style of each role and of the cursor in the theme that is chosen now."""
    variables = app.theme_variables
    names = ("muted", "accent", "good", "warn", "bad", "cursor", "cursor-blurred")
    return _ink(tuple(variables[f"sy-{name}"] for name in names), app.native_ansi_color)


@lru_cache(8)
def _ink(colours: tuple[str, ...], ansi: bool) -> Mapping[str, Style]:  # noqa: FBT001
    muted, accent, good, warn, bad, *grounds = (Color.parse(each).rich_color for each in colours)
    ink = {
        PLAIN: Style.null(),
        STRONG: Style(bold=True),
        ACCENT: Style(color=accent, bold=True),
        TAB: Style(color=accent, bold=True, reverse=True),
        GOOD: Style(color=good),
        WARN: Style(color=warn),
        BAD: Style(color=bad),
    }
    if ansi:
        # The terminal's own colours, or none: nothing is lost where they are all the same.
        mono = accent == muted
        return ink | {
            QR: Style.null() if mono else Style(color="black", bgcolor="bright_white"),
            MUTED: Style(dim=True),
            CURSOR: Style(bold=True, reverse=True),
            CURSOR_BLURRED: Style(underline=True),
        }
    return ink | {
        QR: Style(color="#000000", bgcolor="#ffffff"),
        MUTED: Style(color=muted),
        CURSOR: Style(bgcolor=grounds[0], bold=True),
        CURSOR_BLURRED: Style(bgcolor=grounds[1]),
    }
