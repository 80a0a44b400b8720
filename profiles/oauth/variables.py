"""The variables that steer the way to the issuer, as Codex takes them: the environment, and the home's `.env` (C147).

What the `.env` says beats the environment, and keys that begin with `CODEX_` count in the environment alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from profiles.files import read_regular
from profiles.paths import tilde

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from profiles.context import Context

#: A larger `.env` is none.
_LARGEST = 1 << 16
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*", re.DOTALL)
#: A line in which every quote is closed; others go on in the next one.
_CLOSED = re.compile(
    r"""(?:\\.|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?:^|(?<=\s))\#.*|[^'"\\])*\\?""", re.DOTALL
)
#: A piece of a value in single quotes, in double ones, or bare; and what may come behind all of them.
_PIECE = re.compile(r"""'([^']*)'|"((?:\\.|[^"\\])*)"|((?:\\.|[^\s'"\\])+)""", re.DOTALL)
_END = re.compile(r"\s*(#.*)?")
_ESCAPE = re.compile(r"\\(.)")
_SPECIAL = re.compile(r"\\(.)|\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "$": "$", " ": " ", "n": "\n"}


class Variable(NamedTuple):
    """One variable that is set and not empty. `where` says, for people, who set it; the value may hold a password."""

    name: str
    value: str
    where: str

    def __repr__(self) -> str:
        return f"Variable({self.name}, {self.where})"


class Variables:
    """What the environment and a home's `.env` say together."""

    def __init__(self, environ: Mapping[str, str], dotenv: Mapping[str, str], where: str) -> None:
        self._environ = environ
        self._dotenv = dotenv
        self._where = where

    def find(self, *names: str) -> Variable | None:
        """Return the first of these that is set at all, or None when that one is empty (as in Codex)."""
        for name in names:
            if name in self._dotenv:
                value, where = self._dotenv[name], self._where
            elif name in self._environ:
                value, where = self._environ[name], "the environment"
            else:
                continue
            return Variable(name, value, where) if value.strip() else None
        return None


def variables_file(context: Context, home: str | None = None) -> str | None:
    """Return the `.env` that counts for a login of this home: its own, else the active home's; None without one.

    Codex itself would know none in the first case. But a profile's home is made by us, and the `.env` that a person
    wrote for this machine, with its proxy, lies in the active home.
    """
    for folder in (home, context.home):
        if folder is not None and _text(f"{folder}/.env") is not None:
            return f"{folder}/.env"
    return None


def variables_of(context: Context, home: str | None = None) -> Variables:
    """Return what counts for a login of this home."""
    path = variables_file(context, home)
    text = None if path is None else _text(path)
    if path is None or text is None:
        return Variables(context.environ, {}, "")
    said = dict(_read(text, context.environ))
    return Variables(context.environ, said, tilde(path, context.user_home))


def _text(path: str) -> str | None:
    try:
        return read_regular(path)[:_LARGEST].decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _read(text: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what a `.env` sets; a line that is none says nothing, a quote without its end takes all that follows."""
    known = dict(environ)
    held = ""
    for each in text.split("\n"):
        line = f"{held}\n{each}" if held else each.removesuffix("\r")
        held = "" if _CLOSED.fullmatch(line) else line
        found = None if held else _LINE.fullmatch(line)
        if found is None:
            continue
        value = _value(found[2], known)
        if value is None:
            continue
        known[found[1]] = value
        if not found[1].upper().startswith("CODEX_"):
            yield found[1], value


def _value(text: str, known: Mapping[str, str]) -> str | None:
    """Return a value without its quotes, escapes and comment; None when Codex's reader would not take the line."""
    found: list[str] = []
    at = 0
    while (piece := _PIECE.match(text, at)) and not (at == 0 and text.startswith("#")):
        literal, other = piece[1], piece[2] if piece[2] is not None else piece[3]
        part = literal if other is None else _expanded(other, known)
        if part is None:
            return None
        found.append(part)
        at = piece.end()
    return "".join(found) if _END.fullmatch(text, at) else None


def _expanded(text: str, known: Mapping[str, str]) -> str | None:
    if any(sign not in _ESCAPES for sign in _ESCAPE.findall(text)):
        return None

    def replaced(found: re.Match[str]) -> str:
        return _ESCAPES[found[1]] if found[1] else known.get(found[2] or found[3], "")

    return _SPECIAL.sub(replaced, text)
