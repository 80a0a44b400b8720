"""JSON as Codex's parser reads it: Python's reader, less what is lax in it and beyond its limits (C35)."""

from __future__ import annotations

import json
import random

import pytest

from profiles.strict_json import LEFT_OUT, Doubled, NotJson, loads, members

DEEP = "[" * 1500 + "]" * 1500


def _random_value(dice: random.Random, level: int = 0) -> object:
    kind = dice.random()
    if level > 5 or kind < 0.4:
        return dice.choice([1, -0.5, "x", 'a"\\\né', True, False, None, 10**20, "", [], {}])
    if kind < 0.7:
        return [_random_value(dice, level + 1) for _ in range(dice.randint(0, 4))]
    return {dice.choice('abcé"'): _random_value(dice, level + 1) for _ in range(dice.randint(0, 4))}


def _damaged(dice: random.Random, text: str) -> str:
    at = dice.randrange(len(text))
    return text[:at] + dice.choice('x"{}[],:10\\\n-.e ') + text[at + dice.randint(0, 1) :]


def _as_python_reads(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return NotJson


def _as_we_read(text: str) -> object:
    try:
        return loads(text)
    except NotJson:
        return NotJson


@pytest.mark.parametrize("beside", ["", f'"deep": {DEEP}, '], ids=["at once", "slowly"])
def test_it_reads_what_python_reads(seed: int, beside: str) -> None:
    """3,000 texts, half of them damaged, both ways: beside a value too deep for Python nothing is lost."""
    dice = random.Random(seed)
    read = 0
    for number in range(3000):
        text = json.dumps({"k": _random_value(dice)})
        text = text if number % 2 else '{"' + _damaged(dice, text[2:])
        expected = _as_python_reads(text)
        if isinstance(expected, dict):
            read += 1
            expected = {**({"deep": LEFT_OUT} if beside else {}), **expected}
        assert _as_we_read("{" + beside + text[1:]) == expected
    assert read > 1500


def test_beyond_the_limits_of_python() -> None:
    """Too many levels, too many digits, too large a number: left out, and the rest is read."""
    text = f'{{"a": {DEEP}, "b": {"9" * 5000}, "c": 1e999, "d": {{"e": {{"f": {DEEP}, "g": 1}}}}}}'
    read = loads(text)
    assert read == {
        "a": LEFT_OUT,
        "b": LEFT_OUT,
        "c": LEFT_OUT,
        "d": {"e": {"f": LEFT_OUT, "g": 1}},
    }
    json.dumps(read, allow_nan=False)


@pytest.mark.parametrize("text", ["NaN", '{"a": -Infinity}', f'{{"a": {DEEP}, "b": NaN}}', ""])
def test_what_is_not_json(text: str) -> None:
    """Python's own additions are refused, in the fast way and in the slow one."""
    with pytest.raises(NotJson):
        loads(text)


@pytest.mark.parametrize("deep", ["1", DEEP])
def test_names_that_stand_twice_are_told(deep: str) -> None:
    """The last value counts, and the names are known to whoever has to judge."""
    read = loads(f'{{"a": 1, "b": {{"c": 1, "c": 2, "d": 3}}, "a": 4, "deep": {deep}}}')
    assert isinstance(read, Doubled)
    assert read.names == {"a"}
    assert (read["a"], read["b"]) == (4, {"c": 2, "d": 3})
    assert read["b"].names == {"c"}


def test_the_line_is_told_and_nothing_of_the_text() -> None:
    """Whoever mends the file finds the line."""
    with pytest.raises(NotJson) as caught:
        loads('{\n"a": "secret",\n"b": secret\n}')
    assert caught.value.where == "line 3"
    assert "secret" not in caught.value.why


def test_members_are_found_in_the_text() -> None:
    """Each member's text is exactly its own, whatever its value."""
    values = {"a": "1.50", "ü": '"}"', "c": DEEP, "d": '{"x": [1, {}]}', "e": "null"}
    text = " {" + " , ".join(f'"{name}" : {value}' for name, value in values.items()) + " } "
    found = list(members(text, 1))
    assert {member.name: text[member.start : member.end] for member in found} == values
    assert all(text[member.at] == '"' for member in found)
    assert list(members("{ }", 0)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{\n"a": "b', "not JSON: unterminated string"),
        ('{\n"a": "b\x01"}', "not JSON: invalid control character"),
        ('{\n"a": }', "not JSON: expecting value"),
    ],
    ids=["unterminated", "control", "value"],
)
def test_what_is_said_is_whole(text: str, why: str) -> None:
    """What Python's reader says ends in mid-air where it would name a place; the line is named apart."""
    with pytest.raises(NotJson) as caught:
        loads(text)
    assert (caught.value.why, caught.value.where) == (why, "line 2")
