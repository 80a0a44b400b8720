"""What was told is remembered with its time, privately, and can be lost, cut and forged without harm."""

from __future__ import annotations

import json
import os

import pytest

from profiles.usage import cached
from profiles.usage_cache import load_usage, usage_path
from profiles.workspace_names import workspace_names, workspaces_path
from tests.refreshing.stand import DAY, HOUR
from tests.rules.yard import read
from tests.usage.stand import MAIL, UsageStand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box


@pytest.fixture
def stand(box: Box) -> Iterator[UsageStand]:
    """One login, ada's, in a workspace."""
    with UsageStand(box) as made:
        made.simulator.people.add(MAIL, workspaces=[("ws-acme", "Acme", "team")])
        made.log_in("ada", workspace="Acme")
        yield made


def test_what_was_told_comes_back_as_it_was(stand: UsageStand) -> None:
    """Every field, with the time; the file is the person's alone and names nobody."""
    stand.simulator.backend.set_usage(
        MAIL, "Acme", primary=100, credits={"has_credits": True, "unlimited": None, "balance": "3"}
    )
    told = stand.one().snapshot
    stand.sleep(2 * HOUR)
    assert cached(stand.context) == {"ada": told}
    assert cached(stand.context)["ada"].age(stand.time) == 2 * HOUR
    path = usage_path(stand.context)
    assert os.stat(path).st_mode & 0o777 == 0o600
    text = read(path).decode()
    person = stand.simulator.people.find(MAIL)
    assert not any(word in text for word in (MAIL, person.user_id, "ws-acme", '"ada"'))


def test_without_a_file_nothing_is_known(stand: UsageStand) -> None:
    """No file, no snapshot, no name, and nothing is made by looking."""
    assert cached(stand.context) == {}
    assert workspace_names(stand.context) == {}
    assert not os.path.exists(usage_path(stand.context))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"entries":5}',
        '{"entries":{"DIGEST":5,"x":{"usage":5}}}',
        '{"entries":{"DIGEST":{"usage":{"at":"now","windows":[]}}}}',
        '{"entries":{"DIGEST":{"usage":{"at":1,"windows":7}}}}',
        '{"entries":{"DIGEST":{"usage":{"at":1e999,"windows":[]}}}}',
        '{"entries":{"DIGEST":[1,2],"ws-acme":{}}}',
        '{"entries":{"ws-acme":[5,1]}}',
        '{"entries":{"ws-acme":["Acme","now"]}}',
    ],
)
def test_what_is_no_cache_is_thrown_away(stand: UsageStand, text: str) -> None:
    """Cut, forged or of another kind: nothing is known, nothing breaks, and the next answer mends it."""
    stand.one()
    [digest] = load_usage(stand.context)
    for path in (usage_path(stand.context), workspaces_path(stand.context)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("DIGEST", digest))
    assert cached(stand.context) == {}
    assert workspace_names(stand.context) == {}
    assert stand.one().is_fresh
    assert list(cached(stand.context)) == ["ada"]
    assert workspace_names(stand.context) == {"ws-acme": "Acme"}


def test_odd_values_within_are_unknown(stand: UsageStand) -> None:
    """A window that is none, a share that is text: left out, not believed."""
    stand.one()
    [digest] = load_usage(stand.context)
    entry = {"at": 1.0, "plan": 5, "windows": [[18000, "41", None], 5, [1]], "credits": [1, 2, 3]}
    with open(usage_path(stand.context), "w", encoding="utf-8") as file:
        json.dump({"entries": {digest: {"usage": entry, "refused_at": True}}}, file)
    [remembered] = load_usage(stand.context).values()
    assert remembered.refused_at is None
    assert remembered.usage is not None
    assert remembered.usage.plan is None
    assert remembered.usage.windows == (("5h", 18000, None, None),)
    assert remembered.usage.credits == (None, None, None)


def test_it_need_not_be_writable(stand: UsageStand) -> None:
    """With a file where the folder should be, usage is told all the same."""
    os.makedirs(os.path.dirname(stand.context.roots.cache), exist_ok=True)
    with open(stand.context.roots.cache, "w", encoding="utf-8") as file:
        file.write("in the way")
    assert stand.one().is_fresh
    assert cached(stand.context) == {}


def test_a_planted_link_is_not_followed(stand: UsageStand) -> None:
    """What somebody put in the place of our temporary file is not written through."""
    target = f"{stand.box.path}/precious"
    with open(target, "w", encoding="utf-8") as file:
        file.write("precious")
    os.makedirs(stand.context.roots.cache, mode=0o700)
    os.symlink(target, f"{usage_path(stand.context)}.{os.getpid()}")
    assert stand.one().is_fresh
    assert read(target) == b"precious"


def test_what_was_left_half_written_is_made_private(stand: UsageStand) -> None:
    """Whatever mode the temporary file of a dead process has, the cache is 0600."""
    os.makedirs(stand.context.roots.cache, mode=0o700)
    left = f"{usage_path(stand.context)}.{os.getpid()}"
    with open(left, "w", encoding="utf-8") as file:
        file.write("half")
    os.chmod(left, 0o644)
    assert stand.one().is_fresh
    assert os.stat(usage_path(stand.context)).st_mode & 0o777 == 0o600
    assert not os.path.exists(left)


def test_other_logins_stay_and_old_ones_go(stand: UsageStand) -> None:
    """Asking about one forgets no other; after months without a word one is forgotten."""
    stand.log_in("bob")
    stand.usage()
    stand.sleep(HOUR)
    stand.one("bob")
    assert sorted(cached(stand.context)) == ["ada", "bob"]
    stand.sleep(89 * DAY)
    stand.put("bob", stand.sign_in("bob"))
    stand.one("bob")
    assert sorted(cached(stand.context)) == ["ada", "bob"]
    stand.sleep(DAY)
    stand.one("bob")
    assert sorted(cached(stand.context)) == ["bob"]
