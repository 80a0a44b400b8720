"""What the detail of the selected profile shows: its tabs, and what each of them needs read. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

from profiles.expiry import BROKEN
from profiles.model import (
    AGENT_IDENTITY,
    API_KEY,
    BEDROCK,
    EMPTY,
    HEADERS,
    PERSONAL_ACCESS_TOKEN,
    UNREADABLE,
)
from profiles.paths import AUTH_FILE
from tui.usage_state import Told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.claim_rows import ClaimRows
    from profiles.context import Context
    from profiles.details import TokenClaims
    from profiles.history import Entry
    from profiles.listing import Snapshot
    from profiles.model import ProfileRow

OVERVIEW, TOKENS, USAGE, HOLDERS, PROCESSES, HISTORY = (
    *("overview", "tokens", "usage", "holders", "processes", "history"),
)
#: The tabs from left to right, each with its name, and what it is called where there is little room.
TABS = {
    OVERVIEW: ("Overview", "Over"),
    TOKENS: ("Tokens", "Tok"),
    USAGE: ("Usage", "Use"),
    HOLDERS: ("Holders", "Hold"),
    PROCESSES: ("Processes", "Proc"),
    HISTORY: ("History", "Hist"),
}
#: The claims as JSON: another face of the same tab.
RAW = "raw"
#: So many entries of the history are shown at the most.
MOST = 200


_NO_CLAIMS = {
    API_KEY: "an API key has no claims: nothing can be read in it",
    PERSONAL_ACCESS_TOKEN: "an access token given by hand has no claims: nothing can be read in it",
    AGENT_IDENTITY: "an agent identity has no claims to show, and its private key is never shown",
    BEDROCK: "a Bedrock key has no claims: nothing can be read in it",
    HEADERS: "headers have no claims: nothing can be read in them",
    EMPTY: "there is no login here yet, and so no claims: l logs in",
    UNREADABLE: "its auth.json cannot be read, and so no claims",
}


def why_no_claims(kind: str) -> str | None:
    """Return why a login of this kind has no claims to show; None when it has."""
    return _NO_CLAIMS.get(kind)


def why_broken(row: ProfileRow) -> str | None:
    """Return, for every tab alike, why a profile cannot be used and what to do; None where it can."""
    if row.state != BROKEN:
        return None
    why = f": {row.reason}" if row.reason else ""
    if row.kind == UNREADABLE:
        return f"Its {AUTH_FILE} cannot be used{why}. l logs in anew."
    return f"It cannot be used{why}."


class Tokens(NamedTuple):
    """What the tokens say: as rows by token, and what they lack."""

    claims: TokenClaims
    rows: dict[str, ClaimRows]


class Doings(NamedTuple):
    """What was done with a profile, newest first; `more`: there may be older entries that are not here."""

    entries: list[Entry]
    more: bool


class Facts(NamedTuple):
    """All that one page of the detail is made of. `face` is a tab, or RAW.

    `part` is what was read for it, None before: ProfileDetails, Tokens, the text of RAW, a list of Holder or Running,
    Doings; nothing for USAGE.
    """

    row: ProfileRow | None = None
    face: str = OVERVIEW
    part: object = None
    told: Told = Told()
    #: Whether it takes so long to read that this is to be said.
    is_slow: bool = False

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return TOKENS if self.face == RAW else self.face


class Faces:
    """Which face is shown, and what was read for the profile that was last asked about."""

    def __init__(self) -> None:
        self.face = OVERVIEW
        self._name: str | None = None
        self._parts: dict[str, object] = {}

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return TOKENS if self.face == RAW else self.face

    def turn(self, step: int) -> None:
        """Go to the tab after, or before; round and round."""
        tabs = list(TABS)
        self.face = tabs[(tabs.index(self.tab) + step) % len(tabs)]

    def toggle_raw(self) -> None:
        """Show the claims as JSON, or as rows again."""
        self.face = TOKENS if self.face == RAW else RAW

    def part_of(self, name: str | None) -> object:
        """Return what is known for the face that is shown."""
        return self._parts.get(self.face) if name == self._name else None

    def take(self, name: str, face: str, part: object) -> None:
        """Take what was read; of another profile nothing is kept."""
        if name != self._name:
            self._name, self._parts = name, {}
        self._parts[face] = part


def read_part(
    context: Context, row: ProfileRow, face: str, snapshot: Snapshot, wanted: Callable[[], bool]
) -> object:
    """Read what a face needs of a profile, and no more; None when it is not wanted any more. Runs in a thread."""
    name = row.name or ""
    if face == HISTORY:
        return _doings(context, name, wanted)
    from profiles.details import Look, details

    if face == OVERVIEW:
        return details(context, name, snapshot)
    look = Look(context, name)
    if not wanted():
        return None
    if face == HOLDERS:
        return look.holders()
    if face == PROCESSES:
        return look.running()
    claims = look.claims()
    if not wanted():
        return None
    from profiles.claim_rows import claim_rows, json_text

    said = {"id_token": claims.id_token, "access_token": claims.access_token}
    if face == RAW:
        return json_text(said)
    return Tokens(claims, {name: claim_rows(each or {}) for name, each in said.items()})


def _doings(context: Context, name: str, wanted: Callable[[], bool]) -> Doings | None:
    from profiles.details import Look
    from profiles.history import about

    look = Look(context, name)
    identity = look.profile.fields.identity or look.identity
    digest = identity.digest() if identity is not None else ""
    if not wanted():
        return None
    entries = about(context, name, digest, MOST + 1, wanted)
    return Doings(entries[:MOST], len(entries) > MOST) if wanted() else None
