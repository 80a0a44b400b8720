"""Our own files, when they are not what we wrote: garbage, wrong types, folders, links, closed to us."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any, Final

import pytest

from profiles.model import Secret
from profiles.spent import SPENT, record
from tests.support.childuid import as_nobody, give, need_root
from tests.support.cli import run_tui, tui_json
from tests.support.tokens import some_bytes
from tests.surroundings.scene import (
    json_here,
    leftovers,
    quiet_context,
    read,
    refused,
    settle,
    snapshot,
    tui_here,
    write,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box
    from tests.surroundings.scene import Scene

DEEP: Final = 100_000
#: What a crash, a bad disk or a curious person may leave in any file.
GARBAGE: Final[dict[str, bytes]] = {
    "empty": b"",
    "binary": some_bytes(4_096, "state"),
    "zeros": b"\0" * 4_096,
    "nested lists": b"[" * DEEP,
    "nested objects": b'{"a":' * DEEP,
    "nested tables": b"a = " + b"[" * DEEP,
    "a long number": b"9" * 5_000,
    "a long number in TOML": b"order = " + b"9" * 5_000,
    "null": b"null",
    "a list": b"[]",
    "text": b'"text"',
    "an infinity": b'{"homes": Infinity, "tokens": -Infinity, "files": NaN, "version": 1e999}',
    "not UTF-8": b'{"homes": "\xff"}\n',
    "one long line": b"x" * (1 << 20),
}
#: Our files in the state and cache folders.
FILES: Final = (
    "state/history.jsonl",
    "state/seen.json",
    "state/states.json",
    "state/spent",
    "cache/claims.json",
)
#: What a switch reads or writes without fail; some of it by a rename, over anything but a folder.
NEEDED: Final = ("state/history.jsonl", "state/seen.json", "state/spent")
REPLACEABLE: Final = {("state/seen.json", kind) for kind in ("a link to itself", "a pipe")}
READING: Final = (["list"], ["list", "--json"], ["show", "bob"], ["history"], ["history", "--json"])


def _works(scene: Scene) -> None:
    """Assert that everything works as if the file were not there."""
    for args in READING:
        assert tui_here(args).code == 0, args
    rows = json_here(["list", "--json"])["profiles"]
    assert [(row["name"], row["state"]) for row in rows] == [("ada", "ok"), ("bob", "ok")]
    ran = run_tui(["switch", "bob"])
    assert ran.code == 0, ran.err
    assert read(scene.live) == scene.bob.document().data()
    assert tui_here(["undo"]).code == 0
    assert read(scene.live) == scene.ada.document().data()
    assert not leftovers(scene.box.path)


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_in_all_of_our_state(box: Box, kind: str) -> None:
    """It is passed over and then replaced: hints and notes are never needed to switch (R12)."""
    scene = settle(box)
    for name in FILES:
        path = f"{box.switchyard}/{name}"
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        write(path, GARBAGE[kind])
    _works(scene)


def _mangle(value: object) -> list[Any]:
    """Return what may stand in the place of a value in JSON."""
    return [
        None,
        True,
        7,
        10**400,
        -1.5,
        "",
        "\0",
        "/\0",
        "\ud800",
        [],
        [[]],
        {},
        {"": None},
        value,
    ]


def _mangled(document: object, choose: int) -> object:
    """Return a document with every leaf replaced by the same wrong thing."""
    if isinstance(document, dict):
        return {key: _mangled(value, choose) for key, value in document.items()}
    if isinstance(document, list):
        return [_mangled(value, choose) for value in document]
    return _mangle(document)[choose]


@pytest.mark.parametrize("choose", range(len(_mangle(0)) - 1))
def test_wrong_types_in_all_of_our_json(box: Box, choose: int) -> None:
    """Every leaf of every file of ours is of a wrong type, the keys are right: no verb stumbles."""
    scene = settle(box)
    assert run_tui(["list"]).code == 0
    mark = {"state": "uncertain", "reason": "a test", "since": 1.5}
    write(
        f"{scene.state}/states.json", json.dumps({"schema": 1, "tokens": {"0" * 32: mark}}).encode()
    )
    for name in FILES:
        if name == "state/spent":
            continue
        path = f"{box.switchyard}/{name}"
        lines = read(path).splitlines() if name.endswith("jsonl") else [read(path)]
        mangled = [json.dumps(_mangled(json.loads(line), choose)) for line in lines]
        write(path, "\n".join(mangled).encode())
    _works(scene)


def test_a_mark_since_nobody_knows_when(box: Box) -> None:
    """What a mark says counts, whatever its time: a number that is no time hides neither it nor the list."""
    scene = settle(box)
    digest = Secret(scene.bob.refresh_token).digest()
    for since in (10**400, -1, None, "yesterday", 1e300):
        mark = {"state": "uncertain", "reason": "a test", "since": since}
        document = {"schema": 1, "tokens": {digest: mark}}
        write(f"{scene.state}/states.json", json.dumps(document).encode())
        states = {row["name"]: row["state"] for row in json_here(["list", "--json"])["profiles"]}
        assert states == {"ada": "ok", "bob": "uncertain"}
        refused(tui_here(["switch", "bob"]), 5, "bob")


def test_wrong_values_under_the_keys_of_the_cache(box: Box) -> None:
    """File and time fit, and what is said of them is of wrong types or length: the sum says that it is not ours."""
    scene = settle(box)
    assert run_tui(["list"]).code == 0
    path = f"{box.switchyard}/cache/claims.json"
    head, body = read(path).split(b"\n", 1)
    files = json.loads(body[:-1])
    for choose in range(len(_mangle(0)) - 1):
        for cut in (0, 1, 5):
            entries = {}
            for name, (key, fields) in files.items():
                entries[name] = [key, [_mangle(None)[choose]] * (len(fields) - cut)]
            write(path, head + b"\n" + json.dumps(entries).encode() + b"}")
            rows = json_here(["list", "--json"])["profiles"]
            assert [(row["name"], row["email"], row["state"]) for row in rows] == [
                ("ada", "ada@example.com", "ok"),
                ("bob", "bob@example.com", "ok"),
            ]
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["a folder", "a link to itself", "a pipe"])
def test_something_else_in_the_place_of_a_file(box: Box, kind: str, name: str) -> None:
    """Reading works; a switch is refused by name before it begins, or works: never half, never a hang."""
    scene = settle(box)
    path = f"{box.switchyard}/{name}"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    makers: dict[str, Callable[[], None]] = {
        "a folder": lambda: os.mkdir(path, 0o700),
        "a link to itself": lambda: os.symlink(os.path.basename(path), path),
        "a pipe": lambda: os.mkfifo(path, 0o600),
    }
    makers[kind]()
    for args in READING:
        ran = run_tui(args, timeout=20) if kind == "a pipe" else tui_here(args)
        assert ran.code == 0, args
    scene.ada.rotate(60).write(box.codex)  # so that there is something to note as spent
    before = snapshot(box.path)
    ran = run_tui(["switch", "bob"], timeout=20)
    # What a switch must write or know cannot be done without; the rest can.
    assert ran.code == (1 if name in NEEDED and (name, kind) not in REPLACEABLE else 0), ran.err
    if ran.code == 0:
        assert read(scene.live) == scene.bob.document().data()
        assert read(scene.saved("ada")) == scene.ada.rotate(60).document().data()
        return
    refused(ran, 1, path)
    after = snapshot(box.path)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    # What a refused switch may have done is to make ada's newest tokens durable, and to note that.
    assert changed <= {
        scene.saved("ada"),
        *(f"{scene.state}/{file}" for file in ("spent", "seen.json")),
    }
    assert read(scene.live) == scene.ada.rotate(60).document().data()
    assert not leftovers(box.path)


def test_a_closed_file_of_spent_tokens_stops_a_switch(box: Box) -> None:
    """Promise 2: root once ran us and owns the file now; what cannot be read may name the very token."""
    need_root()
    scene = settle(box)
    record(quiet_context(), SPENT, [Secret(scene.bob.refresh_token).digest()])
    give(box.home)
    give(box.switchyard)
    spent = f"{scene.state}/spent"
    os.chown(spent, 0, 0)
    before = snapshot(box.path)
    nobody = as_nobody()
    refused(run_tui(["switch", "bob"], wrap=nobody), 1, spent)
    assert snapshot(box.path) == before
    assert run_tui(["list"], wrap=nobody).code == 0


# --- profile.toml -----------------------------------------------------------------------------------

#: Lines of a profile.toml that cannot be meant.
BAD_PROFILES: Final[dict[str, bytes]] = {
    **{f"garbage: {kind}": data for kind, data in GARBAGE.items() if kind != "empty"},
    "cut": b'note = "wor',
    "note is a number": b"note = 7",
    "home is a list": b"home = []",
    "home is relative": b'home = "work"',
    "home is empty": b'home = ""',
    "home has a zero byte": b'home = "/a\\u0000b"',
    "identity is text": b'identity = "ada"',
    "identity has no kind": b"[identity]\nuser_id = 'x'",
    "user_id is a number": b"[identity]\nkind = 'chatgpt'\nuser_id = 3",
    "twice": b"note = 'a'\nnote = 'b'",
}


@pytest.mark.parametrize("kind", BAD_PROFILES)
def test_a_profile_toml_that_makes_no_sense(box: Box, kind: str) -> None:
    """That profile is broken, named with its file, and kept; all others work as ever."""
    scene = settle(box)
    path = f"{box.profile('bob')}/profile.toml"
    write(path, BAD_PROFILES[kind])
    before = snapshot(box.path)
    refused(run_tui(["switch", "bob"]), 1, path)
    assert snapshot(box.path) == before
    listed = json_here(["list", "--json"])
    assert {row["name"]: row["state"] for row in listed["profiles"]} == {
        "ada": "ok",
        "bob": "broken",
    }
    assert path in [problem["path"] for problem in listed["problems"]]
    assert tui_here(["show", "bob"]).code == 0
    assert tui_here(["switch", "ada"]).code == 0
    refused(tui_here(["run", "bob", "--", "true"]), 1, path)
    assert read(scene.saved("bob")) == scene.bob.document().data()
    assert read(path) == BAD_PROFILES[kind]


@pytest.mark.parametrize(
    "kind", ["a folder", "a link to itself", "a dangling link", "a pipe", "closed"]
)
def test_an_odd_profile_toml(box: Box, kind: str) -> None:
    """Whatever stands there, it hangs nothing and hides nobody; no login is lost by it."""
    scene = settle(box)
    path = f"{box.profile('bob')}/profile.toml"
    os.unlink(path)
    if kind == "a folder":
        os.mkdir(path, 0o700)
    elif kind == "a pipe":
        os.mkfifo(path, 0o600)
    elif kind == "closed":
        write(path, b"", 0)
    else:
        os.symlink("profile.toml" if kind == "a link to itself" else "gone", path)
    for args in (["list"], ["list", "--json"], ["show", "bob"]):
        assert run_tui(args, timeout=20).code == 0, args
    rows = tui_json(["list", "--json"])["profiles"]
    assert [row["name"] for row in rows] == ["ada", "bob"]
    ran = run_tui(["switch", "bob"], timeout=20)
    assert ran.code in (0, 1)
    if ran.code == 1:
        refused(ran, 1, path)
    assert read(scene.saved("bob")) == scene.bob.document().data()
    assert run_tui(["switch", "ada"], timeout=20).code == 0


def test_the_live_login_of_a_profile_that_is_broken(box: Box) -> None:
    """Ada's profile.toml makes no sense while her login is active: her newest tokens survive the switch away."""
    scene = settle(box)
    write(f"{box.profile('ada')}/profile.toml", b"\0\0\0")
    newer = scene.ada.rotate(60)
    newer.write(box.codex)
    ran = run_tui(["switch", "bob"])
    if ran.code == 0:
        assert read(scene.live) == scene.bob.document().data()
    else:
        refused(ran, 1)
    everything = [data for _, _, data in snapshot(box.path).values()]
    assert newer.document().data() in everything
    assert read(f"{box.profile('ada')}/profile.toml") == b"\0\0\0"


# --- profiles/ ----------------------------------------------------------------------------------------


def test_things_in_the_folder_of_profiles_that_are_none(box: Box) -> None:
    """A plain file, links, a pipe: each is said by its path, none is a profile, none hides one."""
    scene = settle(box)
    root = box.profiles
    write(f"{root}/notes.txt", b"mine")
    os.symlink("gone", f"{root}/dangling")
    os.symlink("circle", f"{root}/circle")
    os.mkfifo(f"{root}/pipe", 0o600)
    os.mkdir(f"{root}/nothing", 0o700)
    write(f"{root}/.hidden", b"mine")
    before = snapshot(box.path)
    listed = tui_json(["list", "--json"])
    assert [row["name"] for row in listed["profiles"]] == ["ada", "bob", "nothing"]
    assert sorted(problem["path"] for problem in listed["problems"]) == [
        f"{root}/{name}" for name in ("circle", "dangling", "notes.txt", "pipe")
    ]
    for name in ("notes.txt", "dangling", "circle", "pipe"):
        refused(run_tui(["switch", name]), 3, name)
        refused(run_tui(["add", name, "--empty"]), 1, name)
    assert snapshot(box.path) == before
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()


def test_config_toml_that_makes_no_sense(box: Box) -> None:
    """Reading says so and uses the defaults; a switch stops before it begins, naming file and key (exit 2)."""
    scene = settle(box)
    path = f"{box.switchyard}/config/config.toml"
    os.makedirs(os.path.dirname(path), 0o700)
    for data in (*GARBAGE.values(), b'daemon = "maybe"', b"deamon = 'ask'", b'homes = ["\\u0000"]'):
        write(path, data)
        before = snapshot(box.path)
        for args in (["list"], ["paths"], ["show", "bob"]):
            assert tui_here(args).code == 0, (args, data[:20])
        ran = tui_here(["switch", "bob"])
        if ran.code:
            refused(ran, 2, path)
            assert snapshot(box.path) == before
        else:
            assert data == b""
            assert tui_here(["undo"]).code == 0
    assert read(scene.live) == scene.ada.document().data()


@pytest.mark.parametrize("kind", GARBAGE)
def test_codex_config_that_makes_no_sense(box: Box, kind: str) -> None:
    """The home's own config.toml is Codex's business: it stops neither a list nor a switch."""
    scene = settle(box)
    write(f"{box.codex}/config.toml", GARBAGE[kind])
    assert tui_here(["list"]).code == 0
    assert run_tui(["switch", "bob"]).code == 0
    assert read(scene.live) == scene.bob.document().data()


def test_backups_that_are_something_else(box: Box) -> None:
    """A backup of that name with other bytes is not believed, and a backup folder that is a file is named."""
    scene = settle(box)
    assert run_tui(["switch", "bob"]).code == 0
    for folder, _, names in os.walk(f"{scene.state}/backups"):
        for name in names:
            write(f"{folder}/{name}", b"{}")
    assert run_tui(["switch", "ada"]).code == 0
    assert run_tui(["switch", "bob"]).code == 0
    assert scene.ada.document().data() in scene.backups()
    shutil.rmtree(f"{scene.state}/backups")
    write(f"{scene.state}/backups", b"")
    before = snapshot(box.path)
    refused(run_tui(["switch", "ada"]), 1, f"{scene.state}/backups")
    assert snapshot(box.path) == before
