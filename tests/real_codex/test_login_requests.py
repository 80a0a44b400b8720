"""What a login asks of the issuer: the real Codex 0.169 and we cannot be told apart by it (C109 to C119)."""

from __future__ import annotations

from typing import Final

import pytest

from tests.real_codex.logins import (
    ACME,
    Ran,
    Service,
    Step,
    configure,
    masked,
    own_browser,
    own_device,
    pairs,
    parameters,
    real_browser,
    real_device,
)
from tests.support.tokens import Login
from tui.simulator.grants import challenge_of
from tui.simulator.routes import DEVICE_TOKEN, USER_CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex

TOKEN: Final = "/oauth/token"
EXCHANGE: Final = "grant_type=authorization_code"


def shape(ran: Ran) -> list[tuple[str, str]]:
    """Return the addresses that were asked."""
    return [(each.method, each.path) for each in ran.steps]


def host_first(steps: list[Step]) -> list[Step]:
    """Return the steps with the host before the other headers.

    That is the one difference in what is sent: the real client names it behind `accept`, our library always first. The
    order of different headers means nothing (RFC 9110, 5.3).
    """
    return [
        each._replace(headers=sorted(each.headers, key=lambda header: header[0] != "host"))
        for each in steps
    ]


def without_verifier(steps: list[Step]) -> list[Step]:
    """Return the steps of a browser login without the verifier, which each client draws for itself."""
    return [
        each._replace(body=masked(each.body, "verifier"))
        if each.body.startswith(EXCHANGE)
        else each
        for each in steps
    ]


async def test_device_login_asks_the_same(newest: RealCodex, box: Box) -> None:
    """Every request is equal: method, path, query, every header (but the host's place), every byte of the body."""
    service = Service()
    theirs = real_device(newest, service)
    ours = await own_device(service, box.profile("ada"))
    assert ours.steps == host_first(theirs.steps)
    assert shape(ours) == [
        ("POST", USER_CODE),
        *[("POST", DEVICE_TOKEN)] * 2,
        ("POST", TOKEN),
    ]


async def test_device_login_asks_at_the_same_pace(newest: RealCodex, box: Box) -> None:
    """The first question comes at once, the next after the interval of one second."""
    service = Service(runs=True)
    for ran in (real_device(newest, service), await own_device(service, box.profile("ada"))):
        asked, first, second, _ = ran.at
        assert first - asked < 0.6
        assert 0.95 < second - first < 3


async def test_browser_login_asks_the_same(newest: RealCodex, box: Box) -> None:
    """The code exchange and the one for an API key are equal, headers and all, but for the verifier."""
    service = Service()
    theirs = real_browser(newest, service)
    ours = await own_browser(service, box.profile("ada"))
    assert without_verifier(ours.steps) == host_first(without_verifier(theirs.steps))
    assert shape(ours) == [("POST", TOKEN)] * 2
    for ran in (theirs, ours):  # the verifier is the one whose challenge stood in the address
        sent = dict(pairs(ran.steps[0].body))["code_verifier"]
        assert challenge_of(sent) == parameters(ran.authorize_url)["code_challenge"]


async def test_browser_is_sent_to_the_same_address(newest: RealCodex, box: Box) -> None:
    """The authorize URL is equal letter for letter, but for challenge and state."""
    service = Service()
    drawn = ("challenge", "state")
    theirs = real_browser(newest, service).authorize_url
    ours = (await own_browser(service, box.profile("ada"))).authorize_url
    assert masked(ours, *drawn) == masked(theirs, *drawn)


async def test_forced_workspaces_stand_in_the_address(newest: RealCodex, box: Box) -> None:
    """With a list in config.toml both name it to the issuer, in the same place and spelling (C119)."""
    service = Service(workspace="Acme")
    other = "a workspace, *~/ü"
    configure(newest.home, f'forced_chatgpt_workspace_id = ["{ACME}", "{other}"]')
    drawn = ("challenge", "state")
    theirs = real_browser(newest, service)
    ours = await own_browser(service, box.profile("ada"), (ACME, other))
    assert masked(ours.authorize_url, *drawn) == masked(theirs.authorize_url, *drawn)
    assert parameters(ours.authorize_url)["allowed_workspace_id"] == f"{ACME},{other}"
    assert without_verifier(ours.steps) == host_first(without_verifier(theirs.steps))


@pytest.mark.parametrize("way", ["device", "browser"])
async def test_login_of_a_forbidden_workspace_ends_at_the_same_step(
    newest: RealCodex, box: Box, way: str
) -> None:
    """The login is of another account than Acme's, the only one let through: no file, no API key asked for (C119)."""
    service = Service(tokens=Login().fresh().tokens())
    configure(newest.home, f'forced_chatgpt_workspace_id = "{ACME}"')
    home = box.profile("ada")
    if way == "device":
        theirs, ours = real_device(newest, service), await own_device(service, home, (ACME,))
        assert ours.steps == host_first(theirs.steps)
    else:
        theirs, ours = real_browser(newest, service), await own_browser(service, home, (ACME,))
        assert without_verifier(ours.steps) == host_first(without_verifier(theirs.steps))
        assert shape(ours) == [("POST", TOKEN)]
    assert (theirs.document, ours.document) == (b"", b"")


async def test_what_the_browser_is_shown_differs(newest: RealCodex, box: Box) -> None:
    """The one difference that is meant: Codex leads the browser on to an address with the id_token in it (C119).

    Ours answers the callback itself, so that no token stands in a browser's history.
    """
    service = Service()
    theirs = real_browser(newest, service)
    ours = await own_browser(service, box.profile("ada"))
    first, final = theirs.pages
    assert (first.status, final.status) == (302, 200)
    assert "id_token=ey" in first.headers["Location"]
    (page,) = ours.pages
    assert page.status == 200
    assert "Location" not in page.headers
    assert b"id_token" not in page.body
    assert b"eyJ" not in page.body
