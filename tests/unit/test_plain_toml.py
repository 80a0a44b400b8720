"""The short way to read a `profile.toml` says what the long way says, or nothing."""

from __future__ import annotations

import os
import tomllib

import tomli_w
from hypothesis import example, given
from hypothesis import strategies as st

from profiles.context import make_context
from profiles.model import Identity
from profiles.profile_file import ProfileFile, load_profile_file, parse_plain, save_profile_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: Pieces that lines of TOML are made of, and some that break them.
PIECES = st.sampled_from(
    [
        *("note", "home", "order", "identity", "kind", "a.b", '"a"', "ä", " = ", "=", " ", "\t"),
        *("[identity]", "[[identity]]", "[identity.kind]", "#", "\n", "\r\n", "\r", "\x00", "\x7f"),
        *('"', '""', '"""', "'", "\\", "\\n", "\\u0041", "word", "ß", "\u2028", "\ufeff", "1"),
        *("0", "01", "-1", "1_0", "1e3", "true", "[]", "{}", "9999999999", "٣"),
    ]
)
LINES = st.lists(
    st.one_of(
        st.sampled_from(['note = "a"', 'kind = "b"', "order = 3", "[identity]", ""]),
        st.lists(PIECES, max_size=6).map("".join),
    ),
    max_size=6,
).map("\n".join)


@given(LINES)
@example('note = "a"\nnote = "b"')
@example('identity = "a"\n[identity]')
@example('[identity]\nkind = "a"\n[identity]')
@example('note = "a" # "b"')
def test_the_short_way_agrees_with_tomllib(text: str) -> None:
    """Whatever the short way accepts, tomllib reads as the very same; nothing wrong is let through."""
    table = parse_plain(text)
    if table is not None:
        assert tomllib.loads(text) == table


@given(st.dictionaries(st.sampled_from(["note", "home", "created"]), st.text(max_size=20)))
def test_the_short_way_agrees_with_the_writer(fields: dict[str, str]) -> None:
    """Any text that a person puts into a note comes back through either way."""
    text = tomli_w.dumps({**fields, "identity": dict(fields)})
    table = parse_plain(text)
    assert table in (None, tomllib.loads(text))


def test_what_we_write_goes_the_short_way(box: Box) -> None:
    """The files of ordinary profiles need no tomllib: else every switch waits for its import."""
    context = make_context()
    folder = box.profile("ada")
    written = ProfileFile(
        note="of the laptop – übrigens",
        created="2026-01-05T12:00:00Z",
        order=3,
        identity=Identity("chatgpt", "user-x", "account-y", ""),
        email="ada@example.com",
    )
    os.makedirs(folder)
    save_profile_file(context, folder, written)
    with open(f"{folder}/profile.toml", encoding="utf-8") as file:
        assert parse_plain(file.read()) is not None
    assert load_profile_file(folder) == written
