"""The words about one profile: who it is, its tokens, where they are held, who runs with them."""

from __future__ import annotations

from typing import NamedTuple

from profiles import expiry
from profiles.claims import AUTH_CLAIM, is_workspace_plan, plan_name, section
from profiles.model import OAUTH_KINDS, UNREADABLE
from profiles.paths import tilde
from tui.terminal import clean
from tui.widgets.usage_text import usage_lines, usage_moments
from tui.widgets.words import (
    ACCENT,
    BAD,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    UNSAVED,
    WARN,
    Line,
    Signs,
    age_text,
    cells,
    expiry_text,
    fit,
    kind_word,
    moment_text,
    state_word,
    wrap,
    wrap_line,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.details import ProfileDetails
    from profiles.model import ProfileRow
    from tui.usage_state import Told

#: The cells of a label and the space behind it.
LABEL = 12
#: What is said of a profile without one.
NO_LOGIN = "no login"
#: What a state means where its word does not say it all.
_MEANINGS = {
    expiry.EXPIRED: "The access token has ended; the next codex that uses it renews it by itself.",
    expiry.EMPTY: "No login was saved here yet; switching to it offers to log in.",
}


class Surroundings(NamedTuple):
    """What the words depend on besides the profile: time, cells, glyphs, `$HOME`."""

    now: float
    width: int
    signs: Signs
    user_home: str


def moments(row: ProfileRow | None, told: Told) -> list[float | None]:
    """Return the times whose countdowns the detail shows."""
    if row is None:
        return []
    usage = [] if told.snapshot is None else usage_moments(told.snapshot)
    return [*usage, row.access_token_expires_at, row.id_token_expires_at, row.last_refresh]


def detail_lines(
    row: ProfileRow, details: ProfileDetails | None, around: Surroundings, told: Told
) -> list[Line]:
    """Return the detail of a profile; `details` is None while it is still being read. `told`: its usage."""
    words = _Words(around)
    words.head(row)
    if not row.state:
        return words.lines  # Only its name was read yet.
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
    return words.lines


class _Words:
    """Builds the lines, a section at a time."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.lines: list[Line] = []

    def _title(self, text: str, aside: str = "") -> None:
        if self.lines:
            self.lines.append(())
        spans: list[tuple[str, str]] = [(text, ACCENT)]
        if aside and cells(text) + 2 + cells(aside) <= self.around.width:
            spans.append((f"  {aside}", MUTED))
        self.lines.append(tuple(spans))

    def _field(self, label: str, value: str | None, role: str = PLAIN, aside: str = "") -> None:
        """Add a label and its value; a value that is too long for the place goes below the label.

        `aside` says the same in other words, so it may be left out where there is no room.
        """
        if not value:
            return
        value = clean(value)
        width = self.around.width
        room = width - LABEL
        head = (fit(label, LABEL, self.around.signs), MUTED)
        if cells(value) <= room:
            spans = [head, (value, role)]
            if aside and cells(value) + 2 + cells(aside) <= room:
                spans.append((f"  {aside}", MUTED))
            self.lines.append(tuple(spans))
        elif " " in value:
            for number, text in enumerate(wrap(value, room)):
                self.lines.append((head if not number else (" " * LABEL, MUTED), (text, role)))
        else:
            self.lines.append(((label, MUTED),))
            indent = 2 if cells(value) <= width - 2 or cells(value) > width else 0
            self.lines += [
                ((" " * indent, MUTED), (text, role)) for text in wrap(value, width - indent)
            ]

    def _sentence(self, text: str, role: str = MUTED) -> None:
        self.lines += wrap_line(((text, role),), self.around.width)

    def head(self, row: ProfileRow) -> None:
        """Name and state first, and why it is so."""
        signs = self.around.signs
        self.lines += wrap_line(((row.name or UNSAVED, STRONG),), self.around.width)
        word = state_word(row.state, signs)
        spans = [(word.text, word.role)]
        if row.active:
            spans = [(f"{signs.active} active", GOOD), (f" {signs.dot} ", MUTED), *spans]
        left = row.access_token_expires_at
        if row.kind in OAUTH_KINDS and left is not None and left > self.around.now:
            spans += [
                (f" {signs.dot} ", MUTED),
                (f"{expiry_text(self.around.now, left, signs)} left", PLAIN),
            ]
        self.lines += wrap_line(tuple(spans), self.around.width)
        if row.reason:
            self._sentence(row.reason, word.role if word.role in (WARN, BAD) else MUTED)
        elif row.state in _MEANINGS:
            self._sentence(_MEANINGS[row.state])

    def usage(self, told: Told) -> None:
        """How much of each window is used, when it is reset, and how old that is."""
        if told.snapshot is None and told.error is None:
            return
        now, width, signs = self.around.now, self.around.width, self.around.signs
        snapshot = told.snapshot
        self._title("Usage", "" if snapshot is None else age_text(now, snapshot.at, signs))
        if snapshot is not None:
            self.lines += usage_lines(snapshot, now, width, signs)
        if told.error is not None:
            self._sentence(told.error)

    def identity(self, row: ProfileRow, details: ProfileDetails | None) -> None:
        """Who it is. Claims are read out of tokens and nobody checked their signature: that is said."""
        self._title("Identity", "decoded, not verified" if row.kind in OAUTH_KINDS else "")
        if row.kind not in OAUTH_KINDS:
            nothing = "unreadable" if row.kind == UNREADABLE else NO_LOGIN
            self._field("kind", kind_word(row.kind) or nothing)
        self._field("e-mail", row.email)
        plan = plan_name(row.plan)
        self._field("plan", plan)
        self._field("workspace", _workspace(row, details))
        self._field("user id", row.user_id)
        self._field("account id", row.account_id)

    def tokens(self, row: ProfileRow) -> None:
        """When each token ends, and when they were last renewed."""
        self._title("Tokens")
        now, signs = self.around.now, self.around.signs
        for label, moment in (
            ("access", row.access_token_expires_at),
            ("id token", row.id_token_expires_at),
        ):
            if moment is None:
                text = "no expiry in the token"
            elif moment > now:
                text = f"{expiry_text(now, moment, signs)} left"
            else:
                text = f"ended {expiry_text(now, moment, signs)}"
            self._field(label, text, aside=moment_text(now, moment))
        if row.last_refresh is None:
            self._field("refreshed", "unknown")
        else:
            when = moment_text(now, row.last_refresh)
            self._field("refreshed", age_text(now, row.last_refresh, signs), aside=when)

    def holders(self, details: ProfileDetails | None) -> None:
        """Where the tokens are held; the newest copies are marked in words."""
        if details is None or not details.holders:
            return
        self._title("Held in")
        signs = self.around.signs
        several = len(details.holders) > 1
        for holder in details.holders:
            path = clean(tilde(holder.path, self.around.user_home))
            mark = signs.newest if holder.newest else " "
            spans: list[tuple[str, str]] = [(f"{mark} ", GOOD), (path, PLAIN)]
            if several or not holder.newest:
                word = "newest" if holder.newest else "not the newest"
                if holder.issued_at is not None and not holder.newest:
                    word = f"older: issued {age_text(self.around.now, holder.issued_at, signs)}"
                spans.append((f"  {word}", MUTED))
            self.lines += self._path_lines(spans)

    def _path_lines(self, spans: list[tuple[str, str]]) -> Iterable[Line]:
        """Put a path and its remark on as many lines as they need; no part is left out."""
        width = self.around.width
        (mark, mark_role), (path, role), *remarks = spans
        indent = cells(mark)
        lines: list[Line] = []
        for number, text in enumerate(wrap(path, width - indent)):
            lines.append(((mark, mark_role) if not number else (" " * indent, MUTED), (text, role)))
        for text, each in remarks:
            if sum(cells(part) for part, _ in lines[-1]) + cells(text) <= width:
                lines[-1] = (*lines[-1], (text, each))
            else:
                lines.append(((" " * indent, MUTED), (text.strip(), each)))
        return lines

    def processes(self, details: ProfileDetails | None) -> None:
        """Who runs with it now."""
        if details is None:
            return
        self._title("Running with it")
        if not details.processes:
            self._sentence("nobody")
        for process in details.processes:
            text = process.command + (" (daemon)" if process.daemon else "")
            self.lines += wrap_line(
                ((text, PLAIN), (f"  pid {process.pid}", MUTED)), self.around.width
            )

    def rest(self, row: ProfileRow) -> None:
        """The note, and the home."""
        if row.note:
            self._title("Note")
            self._sentence(row.note, STRONG)
        self._title("Home", "" if row.managed or row.name is None else "registered where it lies")
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
