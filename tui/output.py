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


def failure(code: str, message: str, hint: str) -> None:
    """Write the JSON document of a command that failed."""
    document({"error": {"code": code, "message": message, "next": hint}})


# --- shapes of the contract ---------------------------------------------------------------------


def time(seconds: float | None) -> str | None:
    """Return a time in the contract's form, null when it is unknown."""
    return None if seconds is None else iso(seconds)


def profile_object(row: ProfileRow) -> Json:
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
        "usage": None,
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


class Column(NamedTuple):
    """A column of a table. With `drop`, narrow terminals lose it, the highest number first."""

    title: str
    drop: int = 0


class Cell(NamedTuple):
    """One field of a table, and its style (`tui.terminal.STYLES`, or none)."""

    text: str
    style: str = ""


def table(titles: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Write aligned columns; the titles only where a person reads.

    Columns in which nothing stands are left out. A pipe has no width, so nothing is dropped there.
    """
    colours = has_colours(STDOUT, os.environ)
    body = [[Cell(clean(cell.text), cell.style) for cell in row] for row in rows]
    if is_terminal(STDOUT):
        body.insert(0, [Cell(column.title, "dim") for column in titles])
    head = len(body) - len(rows)
    kept = [n for n in range(len(titles)) if any(row[n].text for row in body[head:])]
    widths = {n: max(cells(row[n].text) for row in body) for n in kept}
    room = columns(os.environ)
    while room is not None and sum(widths[n] + 2 for n in kept) - 2 > room:
        last = max(kept, key=lambda n: titles[n].drop, default=None)
        if last is None or not titles[last].drop:
            break
        kept.remove(last)
    text("".join(f"{_line(row, kept, widths, colours=colours)}\n" for row in body))


def _line(
    row: Sequence[Cell], kept: Sequence[int], widths: dict[int, int], *, colours: bool
) -> str:
    line, gap = "", 0
    for n in kept:
        cell = row[n]
        if cell.text:
            line += " " * gap + paint(cell.text, cell.style, colours=colours)
            gap = 0
        gap += widths[n] - cells(cell.text) + 2
    return line


def fields(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Write labels and values, a line each; what is None or empty is left out."""
    shown = [(label, value) for label, value in pairs if value]
    width = max((len(label) for label, _ in shown), default=0)
    lines(f"{label:<{width}}  {value}" for label, value in shown)
