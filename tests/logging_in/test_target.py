"""Whether a login can be saved is known before a person goes through it, and looking writes nothing."""

from __future__ import annotations

import os

import pytest

from profiles.errors import (
    AuthFileInsecure,
    LoginForbidden,
    ProfileExists,
    ProfileNameInvalid,
    ProfilesError,
    StoreNotWritable,
    UsageError,
)
from profiles.login_target import METHODS, prepare
from profiles.store import add_empty
from tests.rules.yard import ADA, BOB, Yard, write
from tests.support.childuid import read_only, refuses_writes, small_disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _configure(home: str, text: str) -> None:
    os.makedirs(home, exist_ok=True)
    write(f"{home}/config.toml", text.encode())


def test_a_new_name_is_anybodys(box: Box) -> None:
    """No profile yet: nobody is expected, and nothing is made by looking."""
    target = prepare(Yard(box).context, "work", "device-code")
    assert (target.name, target.exists, target.expected) == ("work", False, None)
    assert os.listdir(box.switchyard) == []


def test_a_profile_expects_whose_it_is(box: Box) -> None:
    """The name is taken ignoring case, and the question later can say whose login belongs there."""
    yard = Yard(box)
    yard.save("Work", ADA)
    target = prepare(yard.context, "work", "browser")
    assert (target.name, target.exists) == ("Work", True)
    assert target.expected is not None
    assert ADA.email in target.expected


def test_an_empty_profile_expects_nobody(box: Box) -> None:
    """It was made to be filled."""
    yard = Yard(box)
    add_empty(yard.context, "work")
    assert prepare(yard.context, "work", "device-code").expected is None


@pytest.mark.parametrize("name", ["", "-x", "../up", "a" * 65, "ä"])
def test_bad_names(box: Box, name: str) -> None:
    """What can be no profile's name is refused at once."""
    with pytest.raises(ProfileNameInvalid):
        prepare(Yard(box).context, name, "device-code")


def test_a_name_that_something_else_has(box: Box) -> None:
    """A file below profiles/ that is no profile stands in the way; better said now than after the login."""
    yard = Yard(box)
    yard.save("ada", ADA)
    write(f"{box.profiles}/work", b"")
    with pytest.raises(ProfileExists):
        prepare(yard.context, "work", "device-code")


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("forced", ["api", "chatgpt"])
def test_a_forced_method(box: Box, method: str, forced: str) -> None:
    """What Codex would delete at its next start is not begun (R15)."""
    yard = Yard(box)
    yard.register("lab", f"{box.path}/lab", ADA)
    _configure(f"{box.path}/lab", f'forced_login_method = "{forced}"\n')
    fits = (method == "api-key") == (forced == "api")
    if fits:
        prepare(yard.context, "lab", method)
    else:
        with pytest.raises(LoginForbidden, match="forced_login_method"):
            prepare(yard.context, "lab", method)


@pytest.mark.parametrize("store", ["keyring", "ephemeral"])
def test_a_store_that_is_no_file(box: Box, store: str) -> None:
    """Codex would not look at what we write there."""
    yard = Yard(box)
    yard.save("ada", ADA)
    _configure(box.profile("ada"), f'cli_auth_credentials_store = "{store}"\n')
    with pytest.raises(LoginForbidden, match=store):
        prepare(yard.context, "ada", "device-code")


def test_forced_workspaces_come_from_the_profiles_home_and_the_active_one(box: Box) -> None:
    """The active home's settings count for the active profile alone: nobody else's login goes there."""
    yard = Yard(box)
    yard.save("ada", ADA)
    yard.save("bob", BOB)
    yard.live(ADA)
    _configure(yard.home, 'forced_chatgpt_workspace_id = ["one", "two"]\n')
    assert prepare(yard.context, "ada", "browser").settings.workspaces == ("one", "two")
    assert prepare(yard.context, "bob", "browser").settings.workspaces == ()
    _configure(box.profile("bob"), 'forced_chatgpt_workspace_id = "three"\n')
    assert prepare(yard.context, "bob", "browser").settings.workspaces == ("three",)


def test_a_profile_whose_own_file_is_broken(box: Box) -> None:
    """Whose it is cannot be known, so nothing is put there."""
    yard = Yard(box)
    yard.save("ada", ADA)
    write(f"{box.profile('ada')}/profile.toml", b"identity = 3\n")
    with pytest.raises(ProfilesError, match=r"profile\.toml"):
        prepare(yard.context, "ada", "device-code")


def test_r8_a_home_that_others_may_write(box: Box) -> None:
    """It is no place for a login."""
    yard = Yard(box)
    yard.register("lab", f"{box.path}/lab", ADA)
    os.chmod(f"{box.path}/lab", 0o777)
    with pytest.raises(AuthFileInsecure):
        prepare(yard.context, "lab", "device-code")


def test_a_folder_that_cannot_be_written(box: Box) -> None:
    """Known before the login, not after it."""
    yard = Yard(box)
    yard.save("ada", ADA)
    with read_only(box.profiles):
        assert refuses_writes(box.profiles)
        with pytest.raises(StoreNotWritable, match="cannot be written"):
            prepare(yard.context, "new", "device-code")
        with pytest.raises(StoreNotWritable, match="cannot be written"):
            prepare(yard.context, "ada", "device-code")


def test_a_disk_without_room(box: Box) -> None:
    """A login whose end could not be saved is not begun."""
    yard = Yard(box)
    os.makedirs(box.profiles, mode=0o700)
    with small_disk(box.profiles, 64 * 1024), pytest.raises(StoreNotWritable, match="full"):
        prepare(yard.context, "new", "device-code")


def test_an_issuer_that_is_not_https(box: Box) -> None:
    """Tokens go over plain http to this machine alone."""
    yard = Yard(box)
    yard.environ["SWITCHYARD_ISSUER"] = "http://issuer.example.com"
    with pytest.raises(UsageError):
        prepare(yard.context, "work", "device-code")
