"""Another theme while the screen is open, also one that sends the terminal's own colours, or none.

Textual decides about these once, when it is constructed. What it decided is changed here in one place: whether colours
are made RGB, whether they are left out, and which style sheets there are. It draws everything again itself.
"""

from __future__ import annotations

import os

from textual.filter import Monochrome, NoColor

from tui.colours import PALETTES, choose
from tui.screens.switchyard import style_sheets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.screens.switchyard import Switchyard

#: What each of our themes begins with, as Textual knows it.
PREFIX = "switchyard-"


def themes_for(app: Switchyard) -> list[str]:
    """Return the other themes, as config.toml names them; none where NO_COLOR asks for no colours."""
    if app.context.environ.get("NO_COLOR"):
        return []
    return [name.removeprefix(PREFIX) for name in PALETTES if name != app.theme]


def wear(app: Switchyard, name: str) -> None:
    """Take another theme, until the screen is left."""
    look = choose(name, app.context.environ)
    app.scene = app.scene._replace(look=look)
    _choose_sheets(app)
    kept = [each for each in app._filters if not isinstance(each, (Monochrome, NoColor))]  # noqa: SLF001
    app._filters = [*kept, NoColor()] if look.mono else kept  # noqa: SLF001 - Textual has no other way
    app.no_color = look.mono
    app.ansi_color = look.ansi
    # A QR code without colours shows what is light instead.
    app.main.logins.pane.view._mono = look.mono  # noqa: SLF001
    app.theme = look.theme


def _choose_sheets(app: Switchyard) -> None:
    """Put the sheets of the look where those of the one before are: what comes later wins."""
    sheet = app.stylesheet
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    before = list(sheet.source.items())
    sheet.source.clear()
    for path in style_sheets(app.scene.look, app.signs):
        sheet.read(path)
    ours = {os.path.join(folder, each) for each in os.listdir(folder) if each.endswith(".tcss")}
    for location, source in before:
        if location[0] not in ours or location[1]:
            sheet.source[location] = source
