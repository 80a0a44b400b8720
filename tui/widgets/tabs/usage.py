"""Usage: how much of each window is used and when it is reset, credits, and how old all that is."""

from __future__ import annotations

from profiles import expiry
from profiles.claims import plan_name
from profiles.model import CHATGPT
from tui.usage_state import OLD
from tui.widgets.bars import bar, role_of
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.words import BAD, MUTED, PLAIN, STRONG, WARN, Span, kind_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import ProfileRow
    from profiles.usage_answer import UsageSnapshot, Window
    from tui.usage_state import Told

#: The cells of the longest bar.
LONGEST = 40


def usage_page(row: ProfileRow, told: Told, around: Surroundings) -> Page:
    """Return the page."""
    words = _Usage(around)
    words.name(row)
    snapshot = told.snapshot
    if snapshot is None:
        words.nothing(row, told)
    else:
        words.told(snapshot)
        if told.error is not None:
            words.gap()
            words.sentence(told.error, WARN)
    return words.page


class _Usage(Words):
    """Builds the page."""

    def nothing(self, row: ProfileRow, told: Told) -> None:
        """Why nothing is known."""
        if self.broken(row):
            return
        if told.error is not None:
            self.sentence(told.error, WARN)
        elif row.kind != CHATGPT:
            word = kind_word(row.kind)
            self.sentence(
                f"Only ChatGPT logins have usage; this is {word}." if word else "No login."
            )
        elif row.state == expiry.EXPIRED:
            self.sentence(
                "Not asked: the access token has ended, and asking would cost a refresh. r refreshes it."
            )
        elif row.state in (expiry.LOGIN_NEEDED, expiry.UNCERTAIN):
            self.sentence("Not asked: the login may not work any more. l logs in again.")
        else:
            self.sentence("Nothing was told yet.")

    def told(self, snapshot: UsageSnapshot) -> None:
        """What was told last, its age first."""
        from tui.usage_words import credit_words, reached

        now = self.around.now
        is_old = snapshot.age(now) >= OLD
        age = self.age(snapshot.at)
        self.moments.append(snapshot.at + OLD)
        self.wrapped(
            (f"told {age}", WARN if is_old else MUTED),
            (f" {self.around.signs.dot} {self.date(snapshot.at)}", MUTED),
        )
        stopped = reached(snapshot)
        if stopped is not None:
            self.sentence(stopped, BAD)
        for window in snapshot.windows:
            self.gap()
            self.window(window, is_old=is_old)
        if not snapshot.windows:
            self.sentence("no limits told")
        self.gap()
        credit = credit_words(snapshot.credits)
        self.field("credits", credit or "none")
        self.field("plan", plan_name(snapshot.plan), aside="as told with it")

    def window(self, window: Window, *, is_old: bool) -> None:
        """One window: a bar, how much is used, when it is reset."""
        from tui.usage_words import percent

        now, signs = self.around.now, self.around.signs
        used = window.used_now(now)
        role = role_of(used, old=is_old)
        words = "nothing told" if used is None else f"{percent(used)} used"
        spans: list[Span] = [(f"{window.label} window", STRONG), (f"  {words}", role)]
        if used is not None and used < 100:
            spans.append((f"  {percent(100 - used)} left", MUTED))
        self.wrapped(*spans)
        if used is not None:
            room = min(LONGEST, self.around.width)
            self.lines.append(tuple(bar(used, room, signs, role)))
        resets = window.resets_at
        if resets is None:
            return
        if resets <= now:
            self.wrapped(("was reset ", MUTED), (self.age(resets), PLAIN), (" since then", MUTED))
        else:
            self.wrapped(
                ("resets in ", MUTED),
                (self.left(resets), PLAIN),
                (f" {signs.dot} {self.date(resets)}", MUTED),
            )
