"""Words and signs: states, countdowns, and text cut and wrapped to cells. Draws nothing itself."""

from __future__ import annotations

from time import localtime, strftime
from typing import NamedTuple

from profiles import expiry, model
from tui.terminal import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: A piece of a line: its text, and the role that gives it its style.
Span = tuple[str, str]
#: A line as spans.
Line = tuple[Span, ...]

#: The roles. `plain` is the usual text; `ink` has the style of each other one.
PLAIN, MUTED, STRONG, GOOD, WARN, BAD, ACCENT = (
    *("plain", "muted", "strong", "good", "warn", "bad", "accent"),
)

#: The role of the tab that is shown, among the others: never by colour alone.
TAB = "tab"
#: The role of a QR code: black on white, whatever the theme.
QR = "qr"

#: What a login that runs for a profile is at, in the place of the profile's own state.
LOGGING_IN, UNSAVED_LOGIN, OTHER_LOGIN = "logging-in", "unsaved-login", "other-login"
#: The same while it is refreshed.
REFRESHING = "refreshing"

#: What a login is called that no profile has yet.
UNSAVED = "(not saved yet)"

#: The longest that `expiry_text` gets.
EXPIRY_CELLS = 9


def cells(text: str) -> int:
    """Return how many cells a terminal gives to `text`."""
    if text.isascii() or _OURS.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


class Signs(NamedTuple):
    """The glyphs in use; those of ASCII where the locale is not UTF-8."""

    active: str
    mark: str
    ok: str
    warn: str
    bad: str
    due: str
    empty: str
    key: str
    away: str
    unknown: str
    newest: str
    dot: str
    more: str
    dash: str
    full: str
    half: str
    free: str


UNICODE = Signs("●", "▌", "✓", "!", "✗", "↻", "○", "◆", "→", "?", "●", "·", "…", "–", "━", "╸", "─")
ASCII = Signs("*", ">", "+", "!", "x", "~", "-", "#", ">", "?", "*", "-", "..", "-", "#", "", "-")


#: What most texts consist of, so that the first picture needs no tables of widths.
_OURS = frozenset("".join(UNICODE) + "".join(map(chr, range(32, 127))))


class StateWord(NamedTuple):
    """A state for people: sign, word, role. The word says it all; sign and colour repeat it."""

    sign: str
    word: str
    role: str

    @property
    def text(self) -> str:
        """Sign and word."""
        return f"{self.sign} {self.word}"


def state_word(state: str, signs: Signs) -> StateWord:
    """Return how a state of the contract reads on the screen; `expired` is only due (refreshable)."""
    known = {
        expiry.OK: StateWord(signs.ok, "ok", GOOD),
        expiry.EXPIRING: StateWord(signs.warn, "expiring", WARN),
        expiry.EXPIRED: StateWord(signs.due, "due", WARN),
        expiry.LOGIN_NEEDED: StateWord(signs.bad, "login needed", BAD),
        expiry.UNCERTAIN: StateWord(signs.unknown, "uncertain", WARN),
        expiry.STATIC: StateWord(signs.key, "static", MUTED),
        expiry.BROKEN: StateWord(signs.bad, "broken", BAD),
        expiry.EMPTY: StateWord(signs.empty, "empty", MUTED),
        expiry.MOVING: StateWord(signs.away, "moving", WARN),
        expiry.MOVED: StateWord(signs.away, "moved", MUTED),
        LOGGING_IN: StateWord(signs.away, "logging in", ACCENT),
        UNSAVED_LOGIN: StateWord(signs.warn, "not saved", WARN),
        REFRESHING: StateWord(signs.away, "refreshing", ACCENT),
        OTHER_LOGIN: StateWord(signs.unknown, "other login", WARN),
    }
    return known.get(state) or StateWord(signs.more, state or "reading", MUTED)


#: Kinds of login for people; a ChatGPT login is known by its e-mail instead.
_KINDS = {
    model.CHATGPT: "ChatGPT",
    model.CHATGPT_EXTERNAL: "ChatGPT of a host",
    model.API_KEY: "API key",
    model.PERSONAL_ACCESS_TOKEN: "access token",
    model.AGENT_IDENTITY: "agent identity",
    model.BEDROCK: "Bedrock key",
    model.HEADERS: "headers of a host",
    model.EMPTY: "",
    model.UNREADABLE: "",
}


def kind_word(kind: str) -> str:
    """Return a kind of login for people; nothing where there is none."""
    return _KINDS.get(kind, kind)


def age_text(now: float, moment: float | None, signs: Signs) -> str:
    """Return how long ago something was, in one unit: `12m ago`, `3h ago`, `5d ago`.

    Coarser than a countdown on purpose: nobody waits for it, and each change is sent to the terminal.
    """
    if moment is None:
        return signs.dash
    age = max(0.0, now - moment)
    unit = _age_unit(age)
    if unit is None:
        return "just now"
    size, letter = unit
    return f"{int(age // size)}{letter} ago"


def _age_unit(age: float) -> tuple[float, str] | None:
    if age < expiry.MINUTE:
        return None
    if age < expiry.HOUR:
        return expiry.MINUTE, "m"
    return (expiry.HOUR, "h") if age < 2 * expiry.DAY else (expiry.DAY, "d")


def expiry_text(now: float, moment: float | None, signs: Signs) -> str:
    """Return the countdown to an expiry in at most 9 cells, or how long ago it was."""
    if moment is not None and moment <= now:
        return age_text(now, moment, signs)
    return signs.dash if moment is None else expiry.countdown(now, moment)


def next_change(now: float, moments: Iterable[float | None]) -> float | None:
    """Return in how many seconds one of these texts reads differently; None: never."""
    soonest: float | None = None
    for moment in moments:
        if moment is None:
            continue
        if moment > now:
            wait = expiry.next_change(now, moment)
        else:
            unit = _age_unit(now - moment)
            size = unit[0] if unit is not None else expiry.MINUTE
            wait = size - (now - moment) % size + 0.01
        if wait is not None and (soonest is None or wait < soonest):
            soonest = wait
    return soonest


def moment_text(now: float, moment: float | None) -> str:
    """Return a time by the clock of this machine: `14 Jan 12:00`; empty if unknown."""
    if moment is None:
        return ""
    near = abs(moment - now) < 180 * expiry.DAY
    return strftime("%d %b %H:%M" if near else "%d %b %Y", localtime(moment)).lstrip("0")


def crop(text: str, width: int, signs: Signs) -> str:
    """Return `text` in at most `width` cells, on one line, with what could steer a terminal named."""
    text = clean(text)
    if text.isascii():
        if len(text) <= width:
            return text
        keep = max(0, width - len(signs.more))
        return f"{text[:keep]}{signs.more}"[: max(0, width)]
    if cells(text) <= width:
        return text
    kept = ""
    for sign in text:
        if cells(kept + sign) > width - len(signs.more):
            break
        kept += sign
    return f"{kept}{signs.more}" if width >= len(signs.more) else ""


def fit(text: str, width: int, signs: Signs, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells."""
    text = crop(text, width, signs)
    space = " " * (width - cells(text))
    return space + text if right else text + space


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at spaces, else anywhere.

    Nothing is left out: what is too long for a line goes on in the next.
    """
    width = max(width, 1)
    lines: list[str] = []
    line = ""
    for word in clean(text).split(" "):
        candidate = f"{line} {word}" if line else word
        if cells(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = word
        while cells(line) > width:
            head = _head(line, width)
            lines.append(line[:head])
            line = line[head:]
    if line or not lines:
        lines.append(line)
    return lines


def wrap_line(line: Line, width: int, indent: int = 0) -> list[Line]:
    """Return a line of spans in lines of at most `width` cells; `indent` is before all but the first."""
    done: list[Line] = []
    current: list[Span] = []
    used = 0
    for text, role in line:
        for number, word in enumerate(clean(text).split(" ")):
            space = 1 if number else 0
            if used + space + cells(word) > width:
                space = 0  # Neither the end of a line needs it nor the beginning of one.
                if used > (indent if done else 0):
                    done.append(tuple(current))
                    current, used = [(" " * indent, PLAIN)] if indent else [], indent
            # Each piece must fit behind the indent, too.
            room = max(1, min(width - used - space, width - indent))
            pieces = wrap(word, room) if cells(word) > width - used else [word]
            for piece in pieces[:-1]:
                done.append((*current, (piece, role)))
                current, used, space = [(" " * indent, PLAIN)] if indent else [], indent, 0
            current.append((" " * space + pieces[-1], role))
            used += space + cells(pieces[-1])
    done.append(tuple(current))
    return [_joined(each) for each in done]


def _joined(line: Line) -> Line:
    """Return a line with neighbours of one role made one span."""
    spans: list[Span] = []
    for text, role in line:
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + text, role)
        elif text:
            spans.append((text, role))
    return tuple(spans)


def _head(text: str, width: int) -> int:
    """Return how many characters of `text` go into a line: up to a `/`, else behind a `-`, if one is near."""
    count = 0
    while count < len(text) and cells(text[: count + 1]) <= width:
        count += 1
    count = max(count, 1)
    for sign in "/-":
        at = text.rfind(sign, count // 3 if sign == "/" else count * 2 // 3, count)
        if at > 0:
            return at + (sign == "-")
    return count
