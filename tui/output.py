"""The only writer of stdout: data, never prose. JSON documents of schema 1, tables, plain lines.

The shapes that several commands share stand here, with their keys in the order of the contract.
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from profiles.errors import ProfilesError
from profiles.history import iso
from tui.terminal import STDOUT, cells, clean, columns, has_colours, is_terminal, paint, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from profiles.model import Override, Process, ProfileRow

    Json = dict[str, object]
    #: One field of a table: its text, and one of `tui.terminal.STYLES` or nothing. A plain tuple,
    #: because a list of a thousand profiles has seven thousand of them.
    Cell = tuple[str, str]

SCHEMA = 1


class OutputFailed(ProfilesError):
    """What was asked for could not be written to stdout."""


_gone = False


def text(data: str) -> None:
    """Write data as it is. Raises OutputFailed, but not for a reader that has seen enough."""
    global _gone  # noqa: PLW0603 - there is one stdout
    if _gone or not data:
        return
    try:
        write(STDOUT, data)
    except BrokenPipeError:
        _gone = True
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise OutputFailed(
            f"stdout cannot be written: {why}", "send the output somewhere else"
        ) from None


def lines(data: Iterable[str]) -> None:
    """Write data a line each, each made safe for a terminal."""
    text("".join(f"{clean(line)}\n" for line in data))


def document(fields: Json) -> None:
    """Write the one JSON document of a command: `{"schema":1, …}`, in ASCII.

    On one line for programs; indented for a person at a terminal.
    """
    whole = {"schema": SCHEMA, **fields}
    if is_terminal(STDOUT):
        text(f"{json.dumps(whole, indent=2)}\n")
    else:
        text(f"{json.dumps(whole, separators=(',', ':'))}\n")


def event(name: str, fields: Json) -> None:
    """Write one event of a command that tells what happens while it happens: a line, at once."""
    text(f"{json.dumps({'event': name, **fields}, separators=(',', ':'))}\n")


def failure(code: str, message: str, hint: str) -> None:
    """Write the JSON document of a command that failed."""
    document({"error": {"code": code, "message": message, "next": hint}})


# --- shapes of the contract ---------------------------------------------------------------------


def time(seconds: float | None) -> str | None:
    """Return a time in the contract's form, null when it is unknown.

    The same as `profiles.history.iso`, with the day remembered: a list has three for each profile.
    """
    if seconds is None:
        return None
    day, rest = divmod(int(seconds), 86_400)
    date = _dates.get(day)
    if date is None:
        date = _dates[day] = iso(day * 86_400)[:11]
    minutes, second = divmod(rest, 60)
    return f"{date}{minutes // 60:02}:{minutes % 60:02}:{second:02}Z"


_dates: dict[int, str] = {}


def profile_object(row: ProfileRow, usage: Json | None = None) -> Json:
    """Return the PROFILE object."""
    return {
        "name": row.name,
        "active": row.active,
        "kind": row.kind,
        "email": row.email,
        "user_id": row.user_id,
        "account_id": row.account_id,
        "workspace": row.workspace,
        "plan": row.plan,
        "state": row.state,
        "access_token_expires_at": time(row.access_token_expires_at),
        "id_token_expires_at": time(row.id_token_expires_at),
        "last_refresh": time(row.last_refresh),
        "home": row.home,
        "managed": row.managed,
        "note": row.note,
        "usage": usage,
    }


def process_object(process: Process) -> Json:
    """Return the PROCESS object."""
    return {
        "pid": process.pid,
        "command": process.command,
        "daemon": process.daemon,
        "home": process.home,
    }


def override_objects(overrides: Iterable[Override]) -> list[Json]:
    """Return `overridden_by`."""
    return [{"name": override.name, "where": override.where} for override in overrides]


# --- for people -----------------------------------------------------------------------------------


#: Cells between two columns.
GAP = 2


class Column(NamedTuple):
    """A column of a table. With `drop`, narrow terminals lose it, the highest number first."""

    title: str
    drop: int = 0


def table(titles: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Write aligned columns; the titles only where a person reads.

    Columns in which nothing stands are left out. A pipe has no width, so nothing is dropped there.
    """
    body = [[(clean(word), style) for word, style in row] for row in rows]
    size = _Sizes()
    kept = [n for n in range(len(titles)) if any(row[n][0] for row in body)]
    if is_terminal(STDOUT):
        body.insert(0, [(column.title, "dim") for column in titles])
    widths = {n: max((size[row[n][0]] for row in body), default=0) for n in kept}
    room = columns(os.environ)
    while room is not None and sum(widths[n] + GAP for n in kept) - GAP > room:
        last = max(kept, key=lambda n: titles[n].drop)
        if not titles[last].drop:
            break
        kept.remove(last)
    colours = has_colours(STDOUT, os.environ)
    lines = []
    for row in body:
        line = ""
        for n in kept:
            word, style = row[n]
            line += paint(word, style, colours=True) if colours else word
            line += " " * (widths[n] - size[word] + GAP)
        lines.append(f"{line.rstrip()}\n")
    text("".join(lines))


class _Sizes(dict[str, int]):
    """How many cells a text takes, measured once: most words of a table come again and again."""

    def __missing__(self, word: str) -> int:
        size = self[word] = cells(word)
        return size


def fields(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Write labels and values, a line each; what is None or empty is left out."""
    shown = [(label, value) for label, value in pairs if value]
    width = max((len(label) for label, _ in shown), default=0)
    lines(f"{label:<{width}}  {value}" for label, value in shown)


#: The widest that prose is printed, however wide the terminal.
PROSE = 100


def paragraph(
    label: str, sentence: str, style: str = "", *, whole: bool = False, width: int = 9
) -> None:
    """Write prose beside a label, in the terminal's width; nothing when there is no sentence.

    `whole`: it is there to be copied, and stays unbroken. A pipe gets one line.
    """
    if not sentence:
        return
    from tui.wrapping import wrapped

    head = f"{label:<{width}}" if cells(label) < width else f"{label}  "
    room = columns(os.environ)
    shown = clean(sentence)
    lines_ = [shown]
    if room is not None and not whole:
        lines_ = wrapped(shown, max(20, min(room, PROSE) - cells(head) - 1))
    painted = paint(label, style, colours=has_colours(STDOUT, os.environ))
    first, *rest = lines_
    text(
        "".join(
            [
                f"{painted}{head[len(label) :]}{first}\n",
                *(f"{'':{cells(head)}}{each}\n" for each in rest),
            ]
        )
    )
