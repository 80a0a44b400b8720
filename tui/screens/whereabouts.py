"""Where the focus is, as footer and help call it, and what decides there which keys can act."""

from __future__ import annotations

from tui.detail_state import RAW, TOKENS
from tui.key_places import list_place
from tui.situation import Situation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.screens.main import MainScreen


class Whereabouts:
    """What one screen knows of where the person is."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def place(self) -> str:
        """Return where the focus is, as the footer and the help call it."""
        screen = self._screen
        focused = screen.focused
        if (place := screen.logins.place()) is not None:
            return place
        if (place := screen.work.place()) is not None:
            return place
        if focused is screen.detail:
            return "detail"
        if focused is screen.events:
            return "events"
        if focused is not None and focused.id == "filter":
            return "filter"
        if not screen.state.all_rows:
            return "empty"
        return "filtered" if screen.state.filter else "list"

    def keys_place(self) -> str:
        """Return the same for footer and help: what the keys of the list do depends on what is selected."""
        screen = self._screen
        if screen.marking.acts:
            return "list-marked"
        place, row = self.place(), screen.state.selected
        if place == "detail" and screen.reading.tab == TOKENS:
            return "detail-raw" if screen.reading.face == RAW else "detail-tokens"
        if place not in ("list", "filtered"):
            return place
        if row is not None and screen.logins.logins.of(row.name) is not None:
            return f"{place}-login"
        board = screen.work.board
        if place == "list" and board is not None and board.ended_at is None:
            return "list-refresh"  # once it has ended ctrl+c would leave
        return list_place(screen.state) if place == "list" else place

    def situation(self) -> Situation:
        """Return what decides whether a key can act."""
        screen = self._screen
        state, row, logins = screen.state, screen.state.selected, screen.logins.logins
        refreshes = screen.refreshing.refreshes
        name = row.name if row is not None else None
        here = screen.logins.login
        if here is not None and name != (here.saved.name if here.saved is not None else here.name):
            name = None  # the pane of a profile that is not there yet
        running = logins.of(name)
        return Situation(
            rows=len(state.all_rows),
            shown=len(state.rows),
            selected=row is not None,
            name=name,
            active=row is not None and row.active,
            busy=state.busy,
            place=self.place(),
            logins=len(logins.all),
            logging_in=running is not None and running.runs,
            refreshing=refreshes.has(name),
            refreshing_all=refreshes.of_all,
            refreshing_any=bool(refreshes.runs),
            progress=screen.work.board is not None,
            panes=screen.panes.seen(),
            zoomed=screen.panes.zoomed is not None,
            marked=len(state.marked) if screen.marking.acts else 0,
            detail_seen=screen.detail.display,
            kind=row.kind if row is not None else "",
        )
