"""Tokens: every claim with what it means, and the same as JSON. Decoded, not verified: that is said first."""

from __future__ import annotations

from functools import lru_cache

from profiles.claim_rows import SCOPES
from profiles.model import UNREADABLE
from tui.detail_state import why_no_claims
from tui.terminal import clean
from tui.widgets.tabs.building import Page, Surroundings, Words
from tui.widgets.words import ACCENT, MUTED, PLAIN, STRONG, WARN, cells, wrap_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.claim_rows import ClaimRow
    from profiles.model import ProfileRow
    from tui.detail_state import Tokens
    from tui.widgets.words import Line

#: What is said of every claim.
NOT_VERIFIED = "decoded, not verified"
#: A claim that nobody told us about.
NOT_KNOWN = "not known"
#: Of JSON that is longer, the rest is not drawn (lines on the screen; characters of a line of the JSON).
MOST, LONGEST = 3000, 4000
_NAMES = {"id_token": "id token", "access_token": "access token"}


def tokens_page(row: ProfileRow, part: Tokens | None, around: Surroundings) -> Page:
    """Return the page; `part` is None while it is still being read."""
    words = _Tokens(around)
    if not _has_claims(words, row):
        return words.page
    words.sentence(f"{NOT_VERIFIED}: nobody checked the signatures", WARN)
    if part is None:
        words.gap()
        return words.page
    moments = {"id_token": row.id_token_expires_at, "access_token": row.access_token_expires_at}
    for token, name in _NAMES.items():
        words.token(token, name, part, moments[token])
    words.scopes(part.claims.scopes)
    return words.page


def _has_claims(words: Words, row: ProfileRow) -> bool:
    """Write whose page it is; where there are no claims, why, and return False."""
    words.name(row)
    if row.kind == UNREADABLE and words.broken(row):
        return False
    why = why_no_claims(row.kind)
    if why is not None:
        words.sentence(f"{why[:1].upper()}{why[1:]}.")
    return why is None


class _Tokens(Words):
    """Builds the page, a token at a time."""

    def token(self, token: str, name: str, part: Tokens, ends: float | None) -> None:
        """One token: when it ends, and its claims."""
        missing = part.claims.missing.get(token)
        if missing is not None:
            self.title(name)
            there = "no such token" if missing == "absent" else "opaque: only its issuer reads it"
            self.sentence(there)
            return
        self.title(name, self.ending(ends))
        for row in part.rows[token].rows:
            self.claim(row)
        if part.rows[token].more:
            self.sentence(f"and {part.rows[token].more:,} claims more", WARN)
        elif not part.rows[token].rows:
            self.sentence("it has no claims")

    def claim(self, row: ClaimRow) -> None:
        """One claim: its name and meaning, below them its value."""
        meaning = NOT_KNOWN if row.meaning is None else row.meaning
        self.wrapped(
            (clean(row.name) or '""', STRONG),
            (f"  {meaning}", WARN if row.meaning is None else MUTED),
            indent=2,
        )
        if row.moment is None:
            self.indented(row.value)
            return
        dot = f" {self.around.signs.dot} "
        when = self.distance(row.moment)
        self.wrapped(("  ", PLAIN), (when, PLAIN), (dot, MUTED), (self.date(row.moment), MUTED))

    def scopes(self, scopes: list[str]) -> None:
        """What the access token may do."""
        if not scopes:
            return
        self.title("scopes", "what the access token may do")
        for scope in scopes[:MOST]:
            self.wrapped(
                (clean(scope[:LONGEST]), PLAIN),
                (f"  {SCOPES.get(scope, NOT_KNOWN)}", MUTED),
                indent=2,
            )


def raw_page(row: ProfileRow, text: str | None, around: Surroundings) -> Page:
    """Return the claims as JSON: no token and no signature is in it."""
    words = Words(around)
    if not _has_claims(words, row):
        return words.page
    words.sentence(f"{NOT_VERIFIED}; claims only, no token and no signature", WARN)
    words.gap()
    if text is not None:
        words.lines += json_lines(text, around.width)
    return words.page


@lru_cache(maxsize=2)
def json_lines(text: str, width: int) -> list[Line]:
    """Return JSON in lines of at most `width` cells; what goes on in the next line is set off by its own indent."""
    lines: list[Line] = []
    for line in text.split("\n"):
        if len(lines) >= MOST:
            lines.append((("cut here: y copies all of it", WARN),))
            break
        lines += _json_line(line, width)
    return lines


def _json_line(line: str, width: int) -> list[Line]:
    cut = len(line) - LONGEST
    if cut > 0:
        line = line[:LONGEST]
    body = line.lstrip(" ")
    indent = min(len(line) - len(body), width // 3)
    name, colon, _ = body.partition('": ') if body.startswith('"') else ("", "", body)
    head = f"{name}{colon}"
    pieces = _chopped(body, width - indent, width - indent - 2)
    done: list[Line] = []
    at = 0
    for number, piece in enumerate(pieces):
        space = " " * (indent if not number else indent + 2)
        named = piece[: max(0, len(head) - at)]
        at += len(piece)
        rest = piece[len(named) :]
        spans = [(space, PLAIN), (named, ACCENT), (rest, PLAIN)]
        done.append(tuple(span for span in spans if span[0]))
    if cut > 0:
        done += wrap_line(((f"({cut:,} characters more)", WARN),), width)
    return done


def _chopped(text: str, first: int, others: int) -> list[str]:
    """Return a text in pieces of so many cells, the first and the others."""
    first, others = max(1, first), max(1, others)
    pieces = []
    room, piece, used = first, "", 0
    if text.isascii():
        pieces.append(text[:first])
        return pieces + [text[at : at + others] for at in range(first, len(text), others)]
    for sign in text:
        size = cells(sign)
        if used + size > room and piece:
            pieces.append(piece)
            room, piece, used = others, "", 0
        piece += sign
        used += size
    return [*pieces, piece]
