"""Refresh tokens that were sent, remembered by digest alone, so that none is sent or installed twice (R10, R17).

`spent` is append-only. A line is `<word> <digest> <time>`: `sending` before a request, then `spent` when the answer
brought another token, or `returned` when it did not. `sending` without an end is uncertain.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from profiles.atomic import append_line, make_private_folder
from profiles.errors import StoreError
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.context import Context

SENDING, SPENT, RETURNED = "sending", "spent", "returned"
_DIGEST_LENGTH = 32


class SpentTokens(NamedTuple):
    """What the file says now."""

    spent: frozenset[str]
    unanswered: frozenset[str]
    #: Those of them that were sent twice; never a third time.
    twice: frozenset[str] = frozenset()

    def is_spent(self, digest: str | None) -> bool:
        """Say whether this refresh token is known to be exchanged or revoked."""
        return digest is not None and digest in self.spent

    def is_unanswered(self, digest: str | None) -> bool:
        """Say whether a refresh of this token was begun and its answer never arrived."""
        return digest is not None and digest in self.unanswered


def spent_path(context: Context) -> str:
    """Return the path of the file."""
    return f"{context.roots.state}/spent"


def load_spent(context: Context, *, surely: bool = False) -> SpentTokens:
    """Read the file; lines that make no sense are passed over, a missing file says nothing.

    With `surely` a file that is there and cannot be read raises StoreError: it might name the very token.
    """
    path = spent_path(context)
    try:
        lines = read_regular(path).split(b"\n")
    except OSError as error:
        if surely and not isinstance(error, FileNotFoundError | NotADirectoryError):
            why = os.strerror(error.errno or 0)
            raise StoreError(
                path,
                f"{path} cannot be read ({why}), and it says which tokens are used up",
                f"look at it: ls -l {path}",
            ) from error
        return SpentTokens(frozenset(), frozenset())
    spent: set[str] = set()
    open_ended: set[str] = set()
    twice: set[str] = set()
    for line in lines:
        words = line.split(b" ")
        if len(words) != 3 or len(words[1]) != _DIGEST_LENGTH:
            continue
        try:
            word, digest = words[0].decode("ascii"), words[1].decode("ascii")
        except UnicodeDecodeError:
            continue
        if word == SENDING:
            if digest in open_ended:
                twice.add(digest)
            open_ended.add(digest)
        elif word in (SPENT, RETURNED):
            open_ended.discard(digest)
            twice.discard(digest)
            if word == SPENT:
                spent.add(digest)
    return SpentTokens(frozenset(spent), frozenset(open_ended - spent), frozenset(twice - spent))


def record(context: Context, word: str, digests: Iterable[str]) -> None:
    """Append a line for each digest, durably. Raises StoreNotWritable."""
    make_private_folder(context.files, context.roots.state)
    for digest in digests:
        append_line(context.files, spent_path(context), f"{word} {digest} {int(context.now())}")
