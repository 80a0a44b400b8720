"""An auth.json that Codex would not load: as the target of a switch, as the live file, as a saved one."""

from __future__ import annotations

import os
import time
from typing import Final

import pytest

from profiles.spent import SPENT, record
from profiles.switching import switch
from tests.support import documents
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import Login, Person, some_bytes
from tests.surroundings.scene import (
    json_here,
    leftovers,
    quiet_context,
    read,
    refused,
    repeated,
    save_profile,
    settle,
    snapshot,
    tui_here,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box

FIFTY_MEGABYTES: Final = 50 << 20
WHOLE: Final = Login(Person("bob")).document()


def _large() -> bytes:
    return b'{"tokens": "' + b"x" * FIFTY_MEGABYTES + b'"}'


#: Every way in which a file is no login that could be installed, beyond those of `documents.BROKEN`.
DAMAGED: Final[dict[str, bytes]] = {
    **documents.BROKEN,
    "zeros": b"\0" * 4096,
    "half of it twice": WHOLE.data()[:400] * 2,
    "a number": b"7",
    "null": b"null",
    "nested too deeply": b'{"tokens":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    "a number too long": b'{"tokens": ' + b"9" * 5_000 + b"}",
    "a field twice": WHOLE.data().replace(b'"OPENAI_API_KEY"', b'"auth_mode"'),
    "a byte order mark": b"\xef\xbb\xbf" + WHOLE.data(),
    "UTF-16": WHOLE.text().encode("utf-16"),
    "access_token is null": WHOLE.having_tokens(access_token=None).data(),
    "refresh_token is an object": WHOLE.having_tokens(refresh_token={}).data(),
    "account_id is a number": WHOLE.having_tokens(account_id=12).data(),
    "OPENAI_API_KEY is a list": WHOLE.having(OPENAI_API_KEY=[]).data(),
    "last_refresh is no time": WHOLE.having(last_refresh="yesterday").data(),
    "last_refresh is a number": WHOLE.having(last_refresh=1_767_614_400).data(),
    "a list in a list": b"[[]]",
}


#: Those of which the whole command is run as a program; the others run in this process.
COMMANDED: Final = ("empty", "cut", "binary", "tokens is a list", "auth_mode is a number", "zeros")


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


def _patient() -> Context:
    clock = Clock()
    return quiet_context()._replace(monotonic=lambda: clock.seconds, sleep=clock.sleep)


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_target_that_codex_would_not_load_is_refused(box: Box, kind: str) -> None:
    """R15: installing it would log the person out; the error names it, nothing changes."""
    scene = settle(box)
    write(scene.saved("bob"), DAMAGED[kind])
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"]) if kind in COMMANDED else tui_here(["switch", "bob"])
    refused(ran, 1, scene.saved("bob"))
    repeated("tui login bob --device-code", ran)
    assert snapshot(box.path) == before
    assert not leftovers(box.path)


@pytest.mark.parametrize("kind", ["cut", "empty", "a list"])
@pytest.mark.parametrize("flag", ["--anyway", "--dry-run"])
def test_no_flag_installs_a_broken_target(box: Box, kind: str, flag: str) -> None:
    """R15: `--anyway` does not lift this refusal, and a dry run says the same as the switch would."""
    scene = settle(box)
    write(scene.saved("bob"), DAMAGED[kind])
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob", flag]), 1, scene.saved("bob"))
    assert snapshot(box.path) == before


def test_fifty_megabytes_are_no_login(box: Box) -> None:
    """A huge target is refused by its size, neither shown nor copied."""
    scene = settle(box)
    write(scene.saved("bob"), _large())
    before = snapshot(box.path)
    error = refused(run_tui(["switch", "bob"]), 1, scene.saved("bob"))
    assert "too large for a login" in error
    assert len(error) < 400
    assert snapshot(box.path) == before


def test_a_target_without_a_login_needs_one(box: Box) -> None:
    """An empty document, and no file at all, are no damage: the profile waits for a login (exit 4)."""
    scene = settle(box)
    for change in (lambda: write(scene.saved("bob"), b"{}"), lambda: os.unlink(scene.saved("bob"))):
        change()
        before = snapshot(box.path)
        ran = run_tui(["switch", "bob"])
        refused(ran, 4)
        repeated("tui login bob --device-code", ran)
        assert snapshot(box.path) == before


def test_a_target_of_another_identity_is_refused(box: Box) -> None:
    """R1, R15: a colleague of the same workspace logged in there; who it is is said, nothing is written over."""
    scene = settle(box)
    carl = Login(Person("carl")).fresh()
    write(scene.saved("bob"), carl.document().data())
    before = snapshot(box.path)
    for args in (["switch", "bob"], ["switch", "bob", "--anyway"], ["switch", "bob", "--dry-run"]):
        error = refused(run_tui(args), 1, scene.saved("bob"))
        assert carl.email in error
    assert snapshot(box.path) == before


def test_a_member_of_the_same_workspace_is_another_identity(box: Box) -> None:
    """R1: the account id alone is not who somebody is."""
    scene = settle(box)
    team = scene.ada.in_workspace("acme")
    save_profile(box, "team", team.document())
    write(scene.saved("team"), team.of(Person("carl")).document().data())
    before = snapshot(box.path)
    refused(run_tui(["switch", "team"]), 1, scene.saved("team"))
    assert snapshot(box.path) == before


def test_a_spent_target_needs_a_login(box: Box) -> None:
    """R15, promise 2: a refresh token that was exchanged is never handed to Codex, not even `--anyway` (exit 4)."""
    scene = settle(box)
    digest = documents_digest(scene.bob)
    record(quiet_context(), SPENT, [digest])
    before = snapshot(box.path)
    for args in (["switch", "bob"], ["switch", "bob", "--anyway"], ["switch", "bob", "--dry-run"]):
        ran = tui_here(args)
        refused(ran, 4, "bob")
        repeated("tui login bob --device-code", ran)
    assert snapshot(box.path) == before
    rows = tui_json(["list", "--json"])["profiles"]
    assert [row["state"] for row in rows] == ["ok", "login-needed"]


def documents_digest(login: Login) -> str:
    """Return the digest by which a login's refresh token is remembered."""
    from profiles.model import Secret

    return Secret(login.refresh_token).digest()


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_broken_live_file_is_healed_and_its_bytes_kept(box: Box, kind: str) -> None:
    """R4, R6: a switch puts a whole login there; what could not be read is among the backups to the byte."""
    scene = settle(box)
    write(scene.live, DAMAGED[kind], 0o644)
    minute_ago = time.time() - 60
    os.utime(scene.live, (minute_ago, minute_ago))
    result = switch(_patient(), "bob")
    assert result.changed
    assert read(scene.live) == scene.bob.document().data()
    assert os.stat(scene.live).st_mode & 0o777 == 0o600
    if DAMAGED[kind]:
        assert DAMAGED[kind] in scene.backups()
        assert any("kept in" in sentence for sentence in result.said)
    assert read(scene.saved("ada")) == scene.ada.document().data()
    assert not leftovers(box.path)


@pytest.mark.parametrize("kind", ["empty", "cut", "fifty megabytes"])
def test_the_command_heals_a_broken_live_file(box: Box, kind: str) -> None:
    """R6: the same through the command line, which waits a second in case somebody still writes it."""
    scene = settle(box)
    data = _large() if kind == "fifty megabytes" else DAMAGED[kind]
    write(scene.live, data)
    ran = run_tui(["switch", "bob"])
    assert ran.code == 0, ran.err
    assert read(scene.live) == scene.bob.document().data()
    if data:
        assert data in scene.backups()
        assert "its bytes are kept in" in ran.err
    assert not leftovers(box.path)


def test_a_broken_live_file_is_never_saved_as_a_profile(box: Box) -> None:
    """`tui add` of a file that Codex would not load says so, names it, and makes nothing."""
    scene = settle(box)
    write(scene.live, DAMAGED["cut"])
    before = snapshot(box.path)
    refused(run_tui(["add", "carl"]), 1, scene.live)
    assert snapshot(box.path) == before


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_broken_saved_file_is_healed_by_the_live_one(box: Box, kind: str) -> None:
    """R3, R9: the live login has the profile's identity, so its profile gets it back; the bytes are kept."""
    scene = settle(box)
    write(scene.saved("ada"), DAMAGED[kind])
    result = switch(quiet_context(), "bob")
    assert read(scene.saved("ada")) == scene.ada.document().data()
    assert any("healed" in sentence for sentence in result.said) == bool(DAMAGED[kind])
    if DAMAGED[kind]:
        assert DAMAGED[kind] in scene.backups()
    assert switch(quiet_context(), "ada").changed
    assert read(scene.live) == scene.ada.document().data()


def test_the_command_heals_a_saved_file(box: Box) -> None:
    """The same through the command line, by a switch to what is active already (R16)."""
    scene = settle(box)
    write(scene.saved("ada"), DAMAGED["cut"])
    document = tui_json(["switch", "ada", "--json"])
    assert (document["changed"], document["to"]) == (False, "ada")
    assert read(scene.saved("ada")) == scene.ada.document().data()
    assert DAMAGED["cut"] in scene.backups()


def test_all_broken_profiles_together_hide_nobody(box: Box) -> None:
    """One profile of each kind of damage, and two that are well: every name is in list, in both forms."""
    scene = settle(box)
    names = [f"bad-{number}" for number in range(len(DAMAGED))]
    for name, data in zip(names, DAMAGED.values(), strict=True):
        os.mkdir(box.profile(name), 0o700)
        write(scene.saved(name), data)
    write(scene.live, some_bytes(64, "live"))
    before = snapshot(box.path)
    ran = run_tui(["list"])
    assert ran.code == 0
    assert all(name in ran.out for name in [*names, "ada", "bob"])
    assert run_tui(["list", "--names"]).out.split() == sorted([*names, "ada", "bob"])
    listed = tui_json(["list", "--json"])
    problems = {problem["path"] for problem in listed["problems"]}
    assert problems == {scene.live, *(scene.saved(name) for name in names)}
    states = {row["name"]: row["state"] for row in listed["profiles"]}
    assert states["ada"] == states["bob"] == "ok"
    assert {states[name] for name in names} == {"broken"}
    assert snapshot(box.path) == before
    for name in names:
        shown = json_here(["show", name, "--json"])
        assert (shown["name"], shown["state"]) == (name, "broken")
