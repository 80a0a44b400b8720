"""Four people's logins and an issuer to begin with, and what is left on the disk when the ten tasks are done."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Final

import pytest

from profiles.context import make_context
from profiles.switching import switch
from tests.screen.login_stage import ADA, BOB, give
from tests.screen.stage import contents
from tests.support.cli import tui_json
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

CAROL, DAN, GRACE = "carol@example.edu", "dan@example.net", "grace@example.net"
#: By profile; the last one has none yet.
PEOPLE: Final = {"lab": CAROL, "old-laptop": DAN, "personal": ADA, "work": BOB, "second": GRACE}
CODE: Final = r"\b[A-Z0-9]{4}-[A-Z0-9]{5}\b"

#: What the ten tasks leave, whoever did them and how: the profiles, the history, the backups.
END: Final = {
    "active": "personal",
    "live": ADA,
    "profiles": {
        "bench": (CAROL, "ok", "works"),
        "personal": (ADA, "ok", "works"),
        "second": (GRACE, "ok", "works"),
        "work": (BOB, "ok", "works"),
    },
    # What was done to which profile, which one it was before, and how it ended.
    "done": [
        "switch work personal changed",
        "undo personal work changed",
        "login second saved",
        "refresh refreshed: lab, old-laptop, personal, work",
        "doctor mended env.access_token",
        "rename bench lab renamed",
        "delete old-laptop deleted",
    ],
    "deleted": ["old-laptop"],
}


#: A line that would beat every login in the next shell of its kind.
LEFT: Final = "set -gx CODEX_ACCESS_TOKEN at-left-behind"


def left_behind(box: Box) -> str:
    """Return the file with that line."""
    return f"{box.home}/.config/fish/config.fish"


@pytest.fixture
def simulator(box: Box) -> Iterator[Simulator]:
    """Make four profiles of four people, whose logins are two days old, `personal` active; the fifth has none."""
    with Simulator() as running:
        os.environ["SWITCHYARD_ISSUER"] = running.url
        os.environ["SWITCHYARD_CHATGPT_BASE_URL"] = running.backend_url
        for name, email in PEOPLE.items():
            running.people.add(email)
            if name != "second":
                give(running, name, email)
        # What a shell that nobody uses here still sets, for the doctor.
        os.makedirs(f"{box.home}/.config/fish")
        with open(left_behind(box), "w", encoding="utf-8") as file:
            file.write(f"{LEFT}\n")
        switch(make_context(), "personal")
        os.remove(f"{box.switchyard}/state/history.jsonl")
        yield running
        assert running.reused == 0, "a refresh token was sent twice"


def live_login(box: Box) -> str | None:
    """Return whose login a codex would load that starts now."""
    tokens = _tokens(f"{box.codex}/auth.json")["refresh_token"]
    for name, email in PEOPLE.items():
        path = f"{box.profile(name)}/auth.json"
        if os.path.exists(path) and _tokens(path)["refresh_token"] == tokens:
            return email
    return None


def _tokens(path: str) -> dict[str, Any]:
    tokens: dict[str, Any] = json.loads(contents(path))["tokens"]
    return tokens


def end_state(box: Box, simulator: Simulator) -> dict[str, Any]:
    """Return what there is now, without times and digests; a login works if the issuer would take its token."""
    listed = tui_json(["list", "--json"])
    good = {family.current for family in simulator.families}
    profiles = {}
    for row in listed["profiles"]:
        token = _tokens(f"{row['home']}/auth.json")["refresh_token"]
        profiles[row["name"]] = (row["email"], row["state"], "works" if token in good else "dead")
    done = []
    for entry in tui_json(["history", "--json"])["history"]:
        words = [entry["verb"], entry["profile"], entry["before"], entry["result"]]
        done.append(" ".join(word for word in words if word))
    deleted = os.listdir(f"{box.switchyard}/state/backups/deleted")
    assert contents(left_behind(box)).startswith(f"# {LEFT}".encode())
    return {
        "active": listed["active"],
        "live": live_login(box),
        "profiles": profiles,
        "done": done,
        "deleted": [re.sub(r"^[\dTZ.:-]+-", "", name) for name in deleted],
    }
