"""`tui show`: identity, claims, times, holders and processes of one profile, and no secret."""

from __future__ import annotations

import json
import os

import pytest

from tests.commands.scenes import PROCESS, SHOW, TIME, failed, failure, two
from tests.support import documents
from tests.support.cli import run_tui, tui_json
from tests.support.fake_codex import running_codex
from tests.support.tokens import AUTH_CLAIM, Document, Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: Every kind of auth.json.
VARIANTS = {
    "chatgpt": Login().document(),
    "opaque": Login(opaque=True).document(),
    "chatgpt-external": documents.with_external_tokens(Login()),
    "api-key": documents.with_api_key(),
    "old-api-key": documents.with_old_api_key(),
    "personal-access-token": documents.with_personal_access_token(),
    "agent-token": documents.with_agent_identity_token(),
    "agent-object": documents.with_agent_identity_object(),
    "bedrock": documents.with_bedrock_api_key(),
    "bedrock-keys": documents.with_bedrock_access_keys(),
    "headers": documents.with_headers(),
}


def test_the_document_has_the_keys_of_the_contract(box: Box) -> None:
    """PROFILE, then claims, scopes, holders and processes, in the order of the contract."""
    pair = two(box)
    with running_codex(box.path, "exec", "hello", CODEX_HOME=box.codex) as pid:
        document = tui_json(["show", "ada", "--json"])
    assert tuple(document) == SHOW
    assert document["claims"]["id_token"]["email"] == "ada@example.com"
    access = document["claims"]["access_token"]
    assert access[AUTH_CLAIM]["chatgpt_user_id"] == pair.ada.user_id
    assert document["scopes"] == ["openid", "profile", "email", "offline_access"]
    holders = document["holders"]
    assert [tuple(holder) for holder in holders] == [("path", "issued_at", "newest")] * 2
    assert {holder["path"] for holder in holders} == {
        f"{box.profile('ada')}/auth.json",
        f"{box.codex}/auth.json",
    }
    assert all(TIME.fullmatch(holder["issued_at"]) for holder in holders)
    assert [holder["newest"] for holder in holders] == [True, True]
    assert [tuple(process) for process in document["processes"]] == [PROCESS]
    assert document["processes"][0]["pid"] == pid


def test_the_older_copy_is_told_from_the_newest(box: Box) -> None:
    """After a rotation by Codex the live file is the newest holder, the saved one is not."""
    pair = two(box)
    pair.ada.rotate().write(box.codex)
    holders = tui_json(["show", "ada", "--json"])["holders"]
    assert {holder["path"]: holder["newest"] for holder in holders} == {
        f"{box.profile('ada')}/auth.json": False,
        f"{box.codex}/auth.json": True,
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_variant_shows_its_secret(box: Box, variant: str) -> None:
    """Whatever kind of login it is, it is shown both ways, and `run_tui` finds no secret in it."""
    VARIANTS[variant].write(box.profile("it"))
    document = tui_json(["show", "it", "--json"])
    ran = run_tui(["show", "it"])
    assert ran.code == 0
    assert document["kind"] in ran.out


def test_people_read_claims_with_their_meaning(box: Box) -> None:
    """Label and value on one line each, without colours: good for screen readers."""
    two(box)
    ran = run_tui(["show", "ada"])
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert "account       ada@example.com" in lines
    assert "plan          Plus" in lines
    assert any(line.startswith("  email: ada@example.com   (") for line in lines)
    expiry = next(line for line in lines if line.startswith("  exp: "))
    assert TIME.search(expiry), "seconds since 1970 are no date for people"


def test_a_claim_that_nobody_knows_is_shown_raw(box: Box) -> None:
    """Claims that came after us are not hidden, and cannot steer the terminal."""
    login = Login(extra=(("new_claim", {"deep": "\x1b[2J"}),))
    login.write(box.profile("it"))
    out = run_tui(["show", "it"]).out
    assert "new_claim.deep: \\x1b[2J" in out
    document = tui_json(["show", "it", "--json"])
    assert document["claims"]["id_token"]["new_claim"] == {"deep": "\x1b[2J"}


def test_an_unknown_name_is_exit_3_with_the_nearest(box: Box) -> None:
    """The nearest name is suggested, and what to run."""
    two(box)
    error = failure(["show", "adda", "--json"], 3)
    assert error["code"] == "no-such-profile"
    assert "did you mean ada?" in error["next"]
    assert "tui list" in failed(["show", "nosuch"], 3)


@pytest.mark.parametrize("name", ["../ada", "a b", "ada\n", "🦊", "a" * 300, "-", ".hidden", ""])
def test_a_name_that_can_be_none_is_exit_2(box: Box, name: str) -> None:
    """Odd names never reach the disk."""
    two(box)
    assert failure(["show", "--json", "--", name], 2)["code"] == "usage"
    assert len(failed(["show", "--", name], 2).splitlines()) == 2


def test_a_broken_profile_is_shown_with_its_reason(box: Box) -> None:
    """What cannot be read is said, and is no failure: nothing was asked of the login."""
    two(box)
    with open(f"{box.profile('bob')}/auth.json", "w", encoding="utf-8") as file:
        file.write("{")
    document = tui_json(["show", "bob", "--json"])
    assert (document["state"], document["kind"]) == ("broken", "unreadable")
    assert document["claims"] == {"id_token": {}, "access_token": {}}
    assert "broken: " in run_tui(["show", "bob"]).out


def test_an_empty_profile_is_shown(box: Box) -> None:
    """Nothing is known, and null says so."""
    os.makedirs(box.profile("new"))
    document = tui_json(["show", "new", "--json"])
    unknown = ("email", "user_id", "account_id", "plan", "access_token_expires_at", "last_refresh")
    assert [document[key] for key in unknown] == [None] * len(unknown)
    assert (document["holders"], document["processes"]) == ([], [])


def test_a_document_of_many_claims_stays_one_line(box: Box) -> None:
    """Programs get one line, whatever stands in the claims."""
    Document(Login(extra=(("text", "a\nb"),)).document().value).write(box.profile("it"))
    text = run_tui(["show", "it", "--json"]).out
    assert text.count("\n") == 1
    assert json.loads(text)["claims"]["id_token"]["text"] == "a\nb"
