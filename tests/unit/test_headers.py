"""A login by headers is known for what it is, and never installed (C26 in profiles/CODEX.md)."""

from __future__ import annotations

from profiles.auth_file import parse
from tests.support.cli import run_tui, tui_json
from tests.support.documents import with_headers
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def test_it_is_read_and_has_an_identity_of_its_own() -> None:
    """The kind is told, the document counts as one login, and another document is another one."""
    document = parse(with_headers().data(), "made")
    other = parse(with_headers().having(note="other").data(), "made")
    assert document.kind == "headers"
    assert [login.identity for login in document.logins()] == [document.identity]
    assert document.identity != other.identity


def test_it_is_listed_and_never_installed(box: Box) -> None:
    """`list` names the kind; a switch to it is refused, says why, and leaves the live login as it was."""
    Login().fresh().write(box.codex)
    with_headers().write(box.profile("host"))
    rows = {row["name"]: row for row in tui_json(["list", "--json"])["profiles"]}
    assert (rows["host"]["kind"], rows["host"]["state"]) == ("headers", "static")
    with open(f"{box.codex}/auth.json", "rb") as file:
        before = file.read()
    ran = run_tui(["switch", "host"])
    assert ran.code == 1
    assert "headers" in ran.err
    assert "next: " in ran.err
    with open(f"{box.codex}/auth.json", "rb") as file:
        assert file.read() == before
