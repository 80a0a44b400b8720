"""Processes: who runs with the login now, since when, and what a switch means for them."""

from __future__ import annotations

from profiles.paths import tilde
from tui.terminal import clean
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.words import MUTED, PLAIN, STRONG, WARN, Span, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.details import Running
    from profiles.model import ProfileRow


def processes_page(row: ProfileRow, running: list[Running] | None, around: Surroundings) -> Page:
    """Return the page; `running` is None while it is still being read."""
    words = _Processes(around)
    words.name(row)
    if running is None:
        return words.page
    if not running:
        words.sentence("Nobody runs codex with this login now.")
        return words.page
    count = len(running)
    words.sentence("one process runs with it" if count == 1 else f"{count} processes run with it")
    for each in running:
        words.gap()
        words.process(each)
    words.gap()
    words.sentence("After a switch they stay on the old login until they are started again.")
    if any(each.process.daemon for each in running):
        words.sentence("A new codex joins the daemon of its home.", WARN)
    return words.page


class _Processes(Words):
    """Builds the page, a process at a time."""

    def process(self, running: Running) -> None:
        """One process: what it is, its number, since when, and its home."""
        process = running.process
        spans: list[Span] = [(clean(process.command), STRONG)]
        if process.daemon:
            spans.append(("  daemon", WARN))
        self.wrapped(*spans)
        about: list[Span] = [("  pid ", MUTED), (str(process.pid), PLAIN)]
        if running.since is not None:
            about += [(" since ", MUTED), (self.age(running.since), PLAIN)]
            about.append((f" {self.around.signs.dot} {self.date(running.since)}", MUTED))
        self.wrapped(*about, indent=4)
        if process.home is not None:
            home = tilde(process.home, self.around.user_home)
            for text in wrap(home, self.around.width - 2):
                self.lines.append((("  ", PLAIN), (text, MUTED)))
