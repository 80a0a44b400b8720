"""The eight profiles of the demo: one in each state, all of them known to the simulator."""

from __future__ import annotations

import json
import os

import pytest

from profiles.claims import payload
from profiles.history import read_history
from profiles.listing import Snapshot, take_snapshot
from tests.simulator.client import ask, refresh
from tests.support import reuse
from tui.simulator.demo import demo_context
from tui.simulator.demo_profiles import furnish
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from profiles.context import Context
    from tests.conftest import Box


@pytest.fixture
def simulator() -> Simulator:
    """One that nobody has moved into."""
    return Simulator(algorithm="HS256")


@pytest.fixture
def context(box: Box, simulator: Simulator) -> Context:
    """The demo's surroundings, furnished."""
    context = demo_context(os.environ, box.path, simulator)
    with simulator:
        furnish(context, simulator)
    return context


def _rows(snapshot: Snapshot) -> dict[str | None, Any]:
    return {row.name: row for row in snapshot.rows}


def test_one_in_each_state(context: Context) -> None:
    """Eight profiles, one active: fresh, expiring, expired, login needed, a key, empty and broken."""
    snapshot = take_snapshot(context)
    assert snapshot.active == "personal"
    assert {name: row.state for name, row in _rows(snapshot).items()} == {
        "personal": "ok",
        "work": "ok",
        "bob-work": "expiring",
        "lab": "expired",
        "old-laptop": "login-needed",
        "ci-key": "static",
        "spare": "empty",
        "torn": "broken",
    }


def test_who_they_are(context: Context) -> None:
    """Two workspaces of one person, two people of one workspace; nobody's e-mail could be real."""
    rows = _rows(take_snapshot(context))
    personal, work, bob = rows["personal"], rows["work"], rows["bob-work"]
    assert personal.user_id == work.user_id != bob.user_id
    assert personal.account_id != work.account_id == bob.account_id
    domains = {row.email.partition("@")[2] for row in rows.values() if row.email}
    assert domains <= {"example.com", "example.org", "example.net", "example.edu"}


def test_the_history_is_in_order(context: Context) -> None:
    """What was done is older than now, oldest first, as if it had been lived."""
    times = [entry.time for entry in read_history(context)]
    assert times == sorted(times)
    assert len(times) > 6


def test_the_simulator_knows_them(context: Context, simulator: Simulator) -> None:
    """Each login refreshes there, but for the one whose token was used up elsewhere; usage is told."""
    spent = {}
    reuse.force(1)
    with simulator:
        for name in ("personal", "work", "bob-work", "lab", "old-laptop"):
            with open(f"{context.roots.profiles}/{name}/auth.json", encoding="utf-8") as file:
                document = json.load(file)
            tokens = document["tokens"]
            issuer = tokens["oauth_provenance"]["issuer"]
            assert payload(tokens["id_token"])["iss"] == issuer == simulator.url
            spent[name] = refresh(issuer, tokens["refresh_token"]).status == 401
            if name == "personal":
                bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
                usage = ask(f"{simulator.backend_url}wham/usage", headers=bearer)
                assert usage.json["rate_limit"]["primary_window"]["used_percent"] == 37
    assert [name for name, dead in spent.items() if dead] == ["old-laptop"]
