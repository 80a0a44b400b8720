"""What tests of the wire and the flows share: surroundings, a clock that waiting moves, a search for secrets."""

from __future__ import annotations

import os
from typing import Final

from profiles.context import Context, make_context
from profiles.errors import ProfilesError
from profiles.oauth.http import Timeouts
from profiles.oauth.issuer import Issuer
from profiles.oauth.settings import LoginSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from tests.conftest import Box

#: Patience of tests in which nobody answers.
SHORT: Final = Timeouts(connect=0.3, read=0.3, write=0.3, pool=0.3, whole=1.0)


def surroundings(box: Box, **environ: str) -> Context:
    """Return surroundings with these variables and no others but the homes."""
    return make_context({"HOME": box.home, "SWITCHYARD_HOME": box.switchyard, **environ})


def write(path: str, text: str) -> None:
    """Write a file, and its folder if need be."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


class Clock:
    """A clock that only waiting moves; `waits` are the seconds of each wait."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.waits: list[float] = []

    def __call__(self) -> float:
        """Return the time, as `Context.now` does."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.waits.append(seconds)
        self.now += seconds

    def settings(
        self, context: Context, url: str, home: str = "/nowhere", workspaces: tuple[str, ...] = ()
    ) -> LoginSettings:
        """Return the settings of a flow that lives by this clock."""
        context = context._replace(now=self)
        return LoginSettings(context, Issuer(url), home, workspaces, self.sleep)


def check_silence(error: BaseException, secrets: Iterable[str]) -> None:
    """Prove that an error holds no secret: in its words, in what it came from, in the variables of our frames."""
    texts = []
    pending, seen = [error], set[int]()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        hint = each.hint if isinstance(each, ProfilesError) else ""
        texts += [str(each), repr(each), repr(each.__dict__), hint or ""]
        texts += _variables(each.__traceback__)
        pending += [other for other in (each.__cause__, each.__context__) if other is not None]
    held = "\n".join(texts)
    assert [secret for secret in secrets if secret in held] == []


def _variables(traceback: TracebackType | None) -> Iterable[str]:
    while traceback is not None:
        frame = traceback.tb_frame
        if "/profiles/" in frame.f_code.co_filename:
            yield repr(dict(frame.f_locals))
        traceback = traceback.tb_next
