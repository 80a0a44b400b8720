"""Profiles of every kind for the tests of the detail, and its pages without a terminal."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any, Final, NamedTuple

from profiles.context import make_context
from profiles.history import Entry, note
from profiles.listing import take_snapshot
from profiles.marks import LOGIN_NEEDED, UNCERTAIN, set_mark
from profiles.model import Secret
from profiles.usage_answer import Credits, UsageSnapshot, Window
from tests.screen.stage import put
from tests.support import documents
from tests.support.cli import leaked
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.detail_state import Facts, read_part
from tui.usage_state import Told
from tui.widgets.detail_text import detail_page
from tui.widgets.tabs.building import Surroundings
from tui.widgets.words import UNICODE, cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.model import ProfileRow
    from tests.conftest import Box
    from tui.widgets.words import Signs

#: Every kind of login that there is.
KINDS: Final = (
    *("chatgpt", "opaque", "external", "api-key", "pat", "agent-token", "agent-object"),
    *("bedrock", "headers", "broken", "empty", "login-needed", "uncertain"),
)
#: The cells of a line: in a pane of 36, of 52, and in one pane on 38 and 40 columns.
WIDTHS: Final = (32, 48, 34, 36)
PERSON: Final = Person("ada")


def make(box: Box, kind: str, name: str = "it") -> None:
    """Make a profile of a kind."""
    login = Login(PERSON).fresh(age=3 * HOUR)
    made: dict[str, Any] = {
        "chatgpt": login.document,
        "opaque": replace(login, opaque=True).document,
        "external": lambda: documents.with_external_tokens(login),
        "api-key": documents.with_api_key,
        "pat": documents.with_personal_access_token,
        "agent-token": documents.with_agent_identity_token,
        "agent-object": documents.with_agent_identity_object,
        "bedrock": documents.with_bedrock_api_key,
        "headers": documents.with_headers,
    }
    if kind == "empty":
        os.makedirs(box.profile(name))
    elif kind == "broken":
        put(f"{box.profile(name)}/auth.json", b'{"tokens": ')
    elif kind in made:
        made[kind]().write(box.profile(name))
    else:
        login.write(box.profile(name))
        digest = Secret(login.refresh_token).digest()
        state = LOGIN_NEEDED if kind == "login-needed" else UNCERTAIN
        set_mark(make_context(), digest, state, "its refresh token was revoked at the issuer")


class Seen(NamedTuple):
    """A page as it is drawn."""

    lines: list[str]
    moments: list[float | None]

    @property
    def text(self) -> str:
        """Its lines, below each other."""
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        """The same as one line: what was wrapped is whole again."""
        return " ".join(self.text.split())

    def check(self, width: int) -> None:
        """Fail on a line that is too wide, on what could steer a terminal, and on a secret, wrapped or not."""
        __tracebackhide__ = True
        for line in self.lines:
            assert cells(line) <= width, (cells(line), line)
            assert line.isprintable(), line
        assert not leaked(self.text)
        assert not leaked("".join(self.text.split()))


def row_of(context: Context, name: str = "it") -> ProfileRow:
    """Return the row of a profile."""
    row = take_snapshot(context).row(name)
    assert row is not None
    return row


def page(
    context: Context,
    face: str,
    width: int,
    *,
    told: Told = Told(),  # noqa: B008 - immutable
    signs: Signs = UNICODE,
    name: str = "it",
) -> Seen:
    """Read what a face needs of a profile, and return its page."""
    row = row_of(context, name)
    part = read_part(context, row, face, take_snapshot(context), lambda: True)
    facts = Facts(row, face, part, told)
    made = detail_page(facts, Surroundings(context.now(), width, signs, context.user_home))
    return Seen(["".join(text for text, _ in line) for line in made.lines], made.moments)


def some_usage(context: Context, *, age: float = 120.0, reached: str | None = None) -> Told:
    """Return an answer of some time ago."""
    now = context.now()
    windows = (
        Window("5h", 18_000, 37.0, now + 2 * HOUR),
        Window("7d", 604_800, 61.0, now + 3 * DAY),
    )
    return Told(UsageSnapshot(now - age, "plus", windows, Credits(True, False, "12.5"), reached))


def happened(context: Context, verb: str, result: str, ago: float, **more: str) -> None:
    """Put something into the history, as it would have been at that time."""
    fields = {"profile": "it", "identity": "", "home": context.home, **more}
    note(context, Entry(time=time.time() - ago, verb=verb, result=result, **fields))
