"""Overview: who it is, what state it is in and why, its tokens, where they are held, who runs with them."""

from __future__ import annotations

from profiles import expiry
from profiles.claims import AUTH_CLAIM, is_workspace_plan, plan_name, section
from profiles.model import OAUTH_KINDS, UNREADABLE
from profiles.paths import tilde
from tui.terminal import clean
from tui.widgets.row_text import counted
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.usage_text import usage_lines, usage_moments
from tui.widgets.words import (
    BAD,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    WARN,
    kind_word,
    state_word,
    wrap,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.details import ProfileDetails
    from profiles.model import ProfileRow
    from tui.usage_state import Told
    from tui.widgets.words import Span

#: What is said of a profile without one.
NO_LOGIN = "no login"
#: What a state means where its word does not say it all.
_MEANINGS = {
    expiry.EXPIRED: "The access token has ended; the next codex that uses it renews it by itself.",
    expiry.EMPTY: "No login was saved here yet; switching to it offers to log in.",
}


def overview(
    row: ProfileRow, details: ProfileDetails | None, told: Told, around: Surroundings
) -> Page:
    """Return the page; `details` is None while it is still being read. `told`: the profile's usage."""
    words = _Overview(around)
    words.head(row)
    if not row.state:
        return words.page  # Only its name was read yet.
    if told.snapshot is not None:
        words.usage(told)
    words.identity(row, details)
    if row.kind in OAUTH_KINDS:
        words.tokens(row)
    words.holders(details)
    words.processes(details)
    words.rest(row)
    if told.snapshot is None:
        # Only why there is none: that is the least of what there is to read.
        words.usage(told)
    return words.page


class _Overview(Words):
    """Builds the page, a section at a time."""

    def head(self, row: ProfileRow) -> None:
        """Name and state first, and why it is so."""
        signs = self.around.signs
        self.name(row)
        word = state_word(row.state, signs)
        spans: list[Span] = [(word.text, word.role)]
        if row.active:
            spans = [(f"{signs.active} active", GOOD), (f" {signs.dot} ", MUTED), *spans]
        left = counted(row)
        if row.kind in OAUTH_KINDS and left is not None and left > self.around.now:
            spans += [(f" {signs.dot} ", MUTED), (f"{self.left(left)} left", PLAIN)]
        self.wrapped(*spans)
        if self.broken(row):
            return
        if row.reason:
            self.sentence(row.reason, word.role if word.role in (WARN, BAD) else MUTED)
        elif row.state in _MEANINGS:
            self.sentence(_MEANINGS[row.state])

    def usage(self, told: Told) -> None:
        """How much of each window is used, when it is reset, and how old that is."""
        if told.snapshot is None and told.error is None:
            return
        now, width, signs = self.around.now, self.around.width, self.around.signs
        snapshot = told.snapshot
        self.title("Usage", "" if snapshot is None else self.age(snapshot.at))
        if snapshot is not None:
            self.moments += usage_moments(snapshot)
            self.lines += usage_lines(snapshot, now, width, signs)
        if told.error is not None:
            self.sentence(told.error)

    def identity(self, row: ProfileRow, details: ProfileDetails | None) -> None:
        """Who it is. Claims are read out of tokens and nobody checked their signature: that is said."""
        self.title("Identity", "decoded, not verified" if row.kind in OAUTH_KINDS else "")
        if row.kind not in OAUTH_KINDS:
            nothing = "unreadable" if row.kind == UNREADABLE else NO_LOGIN
            self.field("kind", kind_word(row.kind) or nothing)
        self.field("e-mail", row.email)
        self.field("plan", plan_name(row.plan))
        self.field("workspace", _workspace(row, details))
        self.field("user id", row.user_id)
        self.field("account id", row.account_id)

    def tokens(self, row: ProfileRow) -> None:
        """When each token ends, and when they were last renewed."""
        self.title("Tokens")
        for label, moment in (
            ("access", row.access_token_expires_at),
            ("id token", row.id_token_expires_at),
        ):
            # What lives on in a login that is lost is told, and reassures nobody.
            role = MUTED if row.state == expiry.LOGIN_NEEDED else PLAIN
            self.field(label, self.ending(moment), role, aside=self.date(moment))
        if row.last_refresh is None:
            self.field("refreshed", "unknown")
        else:
            self.field("refreshed", self.age(row.last_refresh), aside=self.date(row.last_refresh))

    def holders(self, details: ProfileDetails | None) -> None:
        """Where the tokens are held; the newest copies are marked in words."""
        if details is None or not details.holders:
            return
        self.title("Held in")
        several = len(details.holders) > 1
        for holder in details.holders:
            path = clean(tilde(holder.path, self.around.user_home))
            mark = self.around.signs.newest if holder.newest else " "
            spans: list[Span] = [(f"{mark} ", GOOD), (path, PLAIN)]
            if holder.problem is not None:
                spans.append(("  cannot be used", BAD))
            elif several or not holder.newest:
                word = "newest" if holder.newest else "not the newest"
                if holder.issued_at is not None and not holder.newest:
                    word = f"older: issued {self.age(holder.issued_at)}"
                spans.append((f"  {word}", MUTED))
            self.path(spans)

    def processes(self, details: ProfileDetails | None) -> None:
        """Who runs with it now."""
        if details is None:
            return
        self.title("Running with it")
        if not details.processes:
            self.sentence("nobody")
        for process in details.processes:
            text = process.command + (" (daemon)" if process.daemon else "")
            self.wrapped((text, PLAIN), (f"  pid {process.pid}", MUTED))

    def rest(self, row: ProfileRow) -> None:
        """The note, and the home."""
        if row.note:
            self.title("Note")
            self.sentence(row.note, STRONG)
        self.title("Home", "" if row.managed or row.name is None else "registered where it lies")
        self.lines += [
            ((text, PLAIN),)
            for text in wrap(tilde(row.home, self.around.user_home), self.around.width)
        ]


def _workspace(row: ProfileRow, details: ProfileDetails | None) -> str | None:
    """Return what the token says about the workspace; the account id names it for sure."""
    if row.workspace is not None or row.kind not in OAUTH_KINDS:
        return row.workspace
    if details is not None:
        for claims in (details.id_claims, details.access_claims):
            name = section(claims, AUTH_CLAIM).get("workspace_name")
            if isinstance(name, str) and name:
                return name
    if row.plan is None:
        return None
    return "not named in the token" if is_workspace_plan(row.plan) else "personal"
