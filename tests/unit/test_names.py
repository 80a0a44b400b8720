"""Profile names: what one may be called, found again whatever the case, and what is no profile's folder."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles import store
from profiles.cache import FactCache
from profiles.discovery import NAME, load_shelf
from profiles.errors import ProfileExists, ProfileNameInvalid, ProfileNotFound, UsageError
from profiles.store import check_name
from tests.rules.yard import ADA, BOB, Yard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.discovery import Shelf
    from tests.conftest import Box


def _shelf(yard: Yard) -> Shelf:
    return load_shelf(yard.context, FactCache(yard.context))


@pytest.mark.parametrize("name", ["a", "9", "A.b_c@d+e-f", "ada@example.com", "x" * 64, "a.."])
def test_what_a_profile_may_be_called(name: str) -> None:
    """Letters, digits and six signs, beginning with a letter or digit."""
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "-", "--help", ".hidden", "_a", "@a", "a/b", "../a", "/a", "a\\b", "a b"),
        *("a\n", "a\0", "ü", "😀", "ａ", "a:b", "~", "$x", "x" * 65, "x" * 300, "a\u202eb", "a*"),
    ],
)
def test_what_it_may_not_be_called(name: str) -> None:
    """Nothing that leads out of the folder, hides, looks like an option or needs quoting; a long one is shown short."""
    with pytest.raises(ProfileNameInvalid) as refused:
        check_name(name)
    assert len(refused.value.message) < 120
    assert "A-Z a-z 0-9" in str(refused.value.hint)


@given(st.text(max_size=80))
def test_a_name_is_one_plain_folder(name: str) -> None:
    """Whatever is allowed is one component, printable ASCII, the same to the file system as to the person."""
    try:
        check_name(name)
    except ProfileNameInvalid:
        return
    assert name.isascii()
    assert name.isprintable()
    assert os.path.basename(f"/profiles/{name}") == name
    assert name not in (".", "..")
    assert len(name) <= 64


def test_names_are_unique_ignoring_case(box: Box) -> None:
    """On a file system that ignores case they would be one folder."""
    yard = Yard(box)
    yard.save("Ada", ADA)
    yard.save("bob", BOB)
    for name in ("ada", "ADA", "Ada"):
        with pytest.raises(ProfileExists, match="Ada"):
            store.add_empty(yard.context, name)
        with pytest.raises(ProfileExists, match="Ada"):
            store.rename(yard.context, "bob", name)
    store.rename(yard.context, "Ada", "ada")
    assert yard.names() == ["ada", "bob"]


def test_a_name_that_is_taken_by_no_profile_is_taken_too(box: Box) -> None:
    """A file, or a folder that cannot be a profile, is not overwritten."""
    yard = Yard(box)
    yard.save("bob", BOB)
    with open(f"{box.profiles}/notes", "wb") as file:
        file.write(b"mine")
    with pytest.raises(ProfileExists):
        store.add_empty(yard.context, "notes")
    with pytest.raises(ProfileExists):
        store.rename(yard.context, "bob", "Notes")
    assert yard.holds(yard.saved("bob"), BOB)


def test_a_profile_is_found_in_any_case_and_a_near_one_is_named(box: Box) -> None:
    """Exact first; a mistyped name suggests the nearest."""
    yard = Yard(box)
    yard.save("Ada", ADA)
    yard.save("bob", BOB)
    shelf = _shelf(yard)
    assert shelf.find("ADA").name == "Ada"
    with pytest.raises(ProfileNotFound) as refused:
        shelf.find("bobb")
    assert refused.value.near == "bob"
    with pytest.raises(ProfileNotFound) as refused:
        shelf.find("zzzzzz")
    assert refused.value.near is None
    with pytest.raises(ProfileNotFound):
        shelf.find("../bob")


def test_what_is_no_text_is_no_traceback(box: Box) -> None:
    """Bytes that are no UTF-8, in a home's path or a note: refused by name, or written as far as they are text."""
    yard = Yard(box)
    yard.save("bob", BOB)
    home = f"{box.home}/\udcff-work"
    ADA.write(home)
    with pytest.raises(UsageError, match="not text"):
        store.register(yard.context, "work", home)
    assert yard.names() == ["bob"]
    store.set_note(yard.context, "bob", "caf\udce9")
    assert yard.fields("bob").note == "caf?"
    assert yard.fields("bob").identity is not None


def test_the_folders_are_the_truth(box: Box) -> None:
    """A folder without a profile.toml is a profile; what cannot be one is a problem and hides nothing."""
    yard = Yard(box)
    yard.save("bob", BOB)
    ADA.write(box.profile("bare"))
    os.mkdir(f"{box.profiles}/not a name")
    os.mkdir(f"{box.profiles}/.hidden")
    with open(f"{box.profiles}/file", "wb"):
        pass
    os.symlink("nowhere", f"{box.profiles}/dangling")
    shelf = _shelf(yard)
    assert [profile.name for profile in shelf.profiles] == ["bare", "bob"]
    named = sorted(os.path.basename(problem.path) for problem in shelf.problems)
    assert named == ["dangling", "file", "not a name"]
    assert all(NAME.fullmatch(profile.name) for profile in shelf.profiles)
