"""A question about something that runs: it says what is so now, and goes when there is nothing left to ask about."""

from __future__ import annotations

from tui.screens.dialogs import DIALOG_CSS, Confirm
from tui.widgets.prose import Prose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.screens.switchyard import Switchyard


class LiveConfirm(Confirm, inherit_bindings=False):
    """Yes or no, as long as `still` has words for it; they are asked for again whenever something changes.

    Without any it closes as on a no, and calls `over`. `answered` is told what was answered.
    """

    CSS = DIALOG_CSS.replace("Dialog", "LiveConfirm")
    BINDINGS = Confirm.BINDINGS

    def __init__(
        self,
        app: Switchyard,
        title: str,
        still: Callable[[], str | None],
        *,
        yes: str,
        no: str = "cancel",
        over: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(title, still() or "", yes=yes, no=no)
        self._yard = app
        self._still = still
        self._over = over
        self._looks = False

    def on_mount(self) -> None:
        """Begin to follow what runs."""
        self._yard.state.watch(self._changed)
        self._yard.logins.watch(self._changed)
        self._yard.main.refreshing.refreshes.watch(self._changed)

    def on_unmount(self) -> None:
        """Follow it no more."""
        self._yard.state.unwatch(self._changed)
        self._yard.logins.unwatch(self._changed)
        self._yard.main.refreshing.refreshes.unwatch(self._changed)

    def on_screen_resume(self) -> None:
        """Look again after what was above it."""
        self._changed()

    def _changed(self, *_: object) -> None:
        """Look soon: whoever changed something says first what came of it."""
        if not self._looks:
            self._looks = True
            self._yard.call_later(self._look)

    def _look(self) -> None:
        self._looks = False
        if not self.is_current:
            return
        words = self._still()
        if words is None:
            self.dismiss(None)
            self._over()
        elif words != self._text:
            self._text = words
            self.query_one(Prose).update(words)
