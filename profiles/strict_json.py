"""JSON as Codex's parser reads it, which is neither as strict nor as lax as Python's (C31, C35 in profiles/CODEX.md).

Refused here and not by `json`: NaN and Infinity. Read here and not by `json`: any depth, any number of digits. A name
that stands twice and half a surrogate pair are found here and judged by whoever knows the fields. What cannot be held
in Python, or not be written as JSON again, is replaced by `LEFT_OUT`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Stands for a value that is too deep, too long or infinite: neither text nor object, so never a field Codex knows.
LEFT_OUT = ("…",)
#: How many values and runs of brackets are looked at one by one when Python's reader gave up: 50 ms of work.
PATIENCE = 20_000
#: And how many brackets may be open at once.
DEEPEST = 1_000_000
#: Objects nested so deep are still opened then: what Codex knows lies no deeper.
_OPENED = 3

_SPACE = re.compile(r"[ \t\n\r]*")
#: Compiled when they are first needed, which is almost never.
_PLAIN = r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_OPENING = r"(?:\[[ \t\n\r]*){1,100000}"
_CLOSERS = r"[\]} \t\n\r]*"


class NotJson(ValueError):
    """Not JSON. `where` is the line, or empty; neither it nor `why` holds any of the text."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.where = where
        self.why = why


class Doubled(dict[str, Any]):
    """An object in which the `names` stand twice; the last value of each is kept."""

    names: frozenset[str] = frozenset()


class Member(NamedTuple):
    """One member of an object: its name begins at `at`, its `value` is read from `text[start:end]`."""

    name: str
    at: int
    start: int
    end: int
    value: object


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice: set[str] = set()
    for name, _ in pairs:
        (twice if name in seen else seen).add(name)
    doubled = Doubled(found)
    doubled.names = frozenset(twice)
    return doubled


def _float(text: str) -> object:
    value = float(text)
    return value if abs(value) < float("inf") else LEFT_OUT


class _Constant(Exception):
    pass


def _constant(_: str) -> object:
    raise _Constant


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)


def loads(text: str) -> object:
    """Read one value. Raises NotJson."""
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error.pos, error.msg) from None
    except _Constant:
        raise NotJson("not JSON: NaN or Infinity") from None
    except (RecursionError, ValueError):
        # Too deep, or too many digits, for Python; Codex minds neither in a field that it does not know.
        return _loads_slowly(text)
    return value


def members(text: str, at: int) -> Iterator[Member]:
    """Yield the members of the object that begins at `at`. Raises NotJson."""
    return _members(text, at, 1)


def has_half_pair(text: str) -> bool:
    """Say whether half a surrogate pair, or a byte that was no UTF-8, stands in a text."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _not_json(text: str, at: int, why: str) -> NotJson:
    line = text.count("\n", 0, at) + 1
    why = why.removesuffix(" at").removesuffix(" starting")  # the line is named apart
    return NotJson(f"not JSON: {why[:1].lower()}{why[1:]}", f"line {line}")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _expect(text: str, at: int, char: str) -> None:
    if text[at : at + 1] != char:
        raise _not_json(text, at, f"a {char} is missing")


def _name(text: str, at: int) -> tuple[str, int]:
    """Return the name that begins at `at`, and where its value does."""
    _expect(text, at, '"')
    name, end = _text(text, at)
    colon = _after_space(text, end)
    _expect(text, colon, ":")
    return name, _after_space(text, colon + 1)


def _text(text: str, at: int) -> tuple[str, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _not_json(text, error.pos, error.msg) from None
    return str(value), end


def _loads_slowly(text: str) -> dict[str, Any]:
    start = _after_space(text, 0)
    if text[start : start + 1] != "{":
        raise NotJson("not a JSON object")
    value, end = _opened(text, start, _OPENED)
    end = _after_space(text, end)
    if end != len(text):
        raise _not_json(text, end, "something stands after the end")
    return value


def _opened(text: str, at: int, levels: int) -> tuple[dict[str, Any], int]:
    """Read the object that begins at `at`, and those in it on so many levels; return where it ends, too."""
    pairs: list[tuple[str, Any]] = []
    end = at + 1
    for member in _members(text, at, levels):
        pairs.append((member.name, member.value))
        end = member.end
    return _object(pairs), _after_space(text, end) + 1


def _members(text: str, at: int, levels: int) -> Iterator[Member]:
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "}":
        name, start = _name(text, at)
        is_opened = levels > 1 and text[start : start + 1] == "{"
        value, end = _opened(text, start, levels - 1) if is_opened else _value(text, start)
        yield Member(name, at, start, end, value)
        at = _after_space(text, end)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
            _expect(text, at, '"')
        else:
            _expect(text, at, "}")


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _not_json(text, error.pos, error.msg) from None
    except _Constant:
        raise _not_json(text, at, "NaN or Infinity") from None
    except (RecursionError, ValueError):
        return LEFT_OUT, _walk(text, at)


def _walk(text: str, at: int) -> int:
    """Return where the value that begins at `at` ends, however deep it is; nothing of it is kept."""
    plain, opening = re.compile(_PLAIN), re.compile(_OPENING)
    closing: list[str] = []
    for _ in range(PATIENCE):
        char = text[at : at + 1]
        if char == "[" and (found := opening.match(text, at)) is not None:
            closing.extend("]" * found.group().count("["))
            at = found.end()
            is_empty = text[at : at + 1] == "]"
        elif char == "{":
            closing.append("}")
            at = _after_space(text, at + 1)
            is_empty = text[at : at + 1] == "}"
            at = at if is_empty else _name(text, at)[1]
        else:
            at = _text(text, at)[1] if char == '"' else _plain_end(text, at, plain)
            is_empty = True
        if len(closing) > DEEPEST:
            break
        if not is_empty:
            continue
        at = _closed(text, at, closing)
        if not closing:
            return at
        _expect(text, at, ",")
        at = _after_space(text, at + 1)
        at = _name(text, at)[1] if closing[-1] == "}" else at
    raise NotJson("too many values, nested too deeply, to be read")


def _plain_end(text: str, at: int, plain: re.Pattern[str]) -> int:
    found = plain.match(text, at)
    if found is None:
        raise _not_json(text, at, "expecting value")
    return found.end()


def _closed(text: str, at: int, closing: list[str]) -> int:
    """Take what is closed at `at` from the end of `closing`; return where it goes on."""
    found = re.compile(_CLOSERS).match(text, at)
    run = found.group() if found is not None else ""
    closers = [(char, index) for index, char in enumerate(run, at + 1) if char in "]}"]
    closers = closers[: len(closing)]
    expected = closing[len(closing) - len(closers) :]
    if [char for char, _ in closers] != expected[::-1]:
        raise _not_json(text, at, "a bracket closes what it does not open")
    if closers:
        del closing[-len(closers) :]
    if closing:
        return _after_space(text, closers[-1][1] if closers else at)
    return closers[-1][1] if closers else at
