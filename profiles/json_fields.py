"""What Codex insists on in an object of fields that it knows: types, what must be there, nothing twice (C22, C31, C34).

Of fields that it does not know it wants their names to be text and no more. Errors hold no value.
"""

from __future__ import annotations

from typing import Any

from profiles.strict_json import Doubled, has_half_pair


class Unloadable(ValueError):
    """Codex would refuse it: `where` names the field, dotted from the top; `why` says what is wrong with it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(why)
        self.where = where
        self.why = why


class Fields:
    """The fields of one kind of object: texts that must be there, texts that may be absent or null, all others."""

    __slots__ = ("known", "optional", "required")

    def __init__(
        self,
        required: tuple[str, ...] = (),
        optional: tuple[str, ...] = (),
        others: tuple[str, ...] = (),
    ) -> None:
        self.required = required
        self.optional = optional
        self.known = frozenset((*required, *optional, *others))


def check_fields(value: object, where: str, fields: Fields) -> dict[str, Any]:
    """Return the object if its texts are as they must be; `others` are for the caller to look at.

    Raises Unloadable. A list of the values in Codex's order, which it would take too, is refused: nobody writes that.
    """
    if not isinstance(value, dict):
        raise Unloadable(where, "not an object")
    if isinstance(value, Doubled):
        for name in value.names & fields.known:
            raise Unloadable(dotted(where, name), "stands twice")
    for name in value:
        if has_half_pair(name):
            raise Unloadable(where, "the name of a field is not text")
    for name in fields.required:
        _check_text(value.get(name), where, name)
    for name in fields.optional:
        if value.get(name) is not None:
            _check_text(value[name], where, name)
    return value


def check_flag(value: dict[str, Any], where: str, name: str) -> None:
    """Raise Unloadable unless the field is there and true or false."""
    if not isinstance(value.get(name), bool):
        raise Unloadable(dotted(where, name), "neither true nor false")


def _check_text(text: object, where: str, name: str) -> None:
    if not isinstance(text, str):
        raise Unloadable(dotted(where, name), "missing" if text is None else "not text")
    if has_half_pair(text):
        raise Unloadable(dotted(where, name), "holds half of a surrogate pair")


def dotted(where: str, name: str) -> str:
    """Return the name of a field of the object at `where`, which is empty at the top."""
    return f"{where}.{name}" if where else name
