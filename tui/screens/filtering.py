"""The filter of the list: its line opens above the rows, and closes again."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.screens.main import MainScreen


class Filtering:
    """The filter of one screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    async def open(self) -> None:
        """Open the line, and go there."""
        from tui.widgets.filter_line import FilterLine

        screen = self._screen
        line = FilterLine(screen.state.filter, self.close)
        await screen.left.mount(line, before=0)
        screen.remove_class("-drilled", "-watching")
        screen.set_focus(line)

    def close(self, keep: bool) -> None:  # noqa: FBT001 - a callback
        """Leave the line; what it lets through stays, or everything is shown again."""
        from tui.widgets.filter_line import FilterLine

        screen = self._screen
        screen.set_focus(screen.list)
        for line in screen.query(FilterLine):
            line.left = True
            screen.state.set_filter(line.value)
            line.remove()
        if keep:
            screen.state.keep_selection()
        else:
            screen.state.set_filter("")
        screen.show_keys()
