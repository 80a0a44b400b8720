"""Commands of people while a refresh waits for a slow issuer: real processes, the machine's own clock (R13)."""

from __future__ import annotations

import json
import time

import pytest

from tests.commands.refreshes import TOKEN, Counter
from tests.rules.yard import read
from tui.simulator.gates import HANDLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.commands.refreshes import Child
    from tests.conftest import Box
    from tui.simulator.gates import Gate


def _furnish(counter: Counter, *, active: str) -> None:
    for name in ("ada", "bob", "cyd", "dan"):
        login = counter.sign_in(name)
        counter.put(name, login)
        if name == active:
            counter.live(login)
    counter.tui(["list"], 0)


def _refresh(counter: Counter, *names: str) -> tuple[Child, list[Gate]]:
    """Begin to refresh these profiles; the issuer has rotated each, and answers none."""
    gates = [counter.simulator.gates.hold(TOKEN, HANDLED) for _ in names]
    child = counter.start(["refresh", *names])
    for gate in gates:
        gate.wait()
    return child, gates


def _check(counter: Counter) -> None:
    """Nothing was lost: each profile's token works, and the active home has one of them."""
    assert all(counter.works(counter.saved(name)) for name in counter.names())
    assert counter.works(counter.live_path)
    assert all(family.current is not None for family in counter.simulator.families)


def test_r13_who_needs_the_login_gives_up_after_ten_seconds_and_names_the_process(box: Box) -> None:
    """Exit 6 for all of them, with nothing changed; afterwards each can be done."""
    commands = [
        ["switch", "bob"],  # from ada's
        ["switch", "dan"],  # to one that is refreshed
        ["run", "dan", "--", "true"],
        ["rename", "dan", "danny"],
        ["delete", "dan", "--yes"],
        ["switch", "dan", "--anyway"],
    ]
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        refresh, gates = _refresh(counter, "ada", "dan")
        before = {name: read(counter.saved(name)) for name in counter.names()}
        begun = time.monotonic()
        children = [counter.start(command) for command in commands]
        for command, child in zip(commands, children, strict=True):
            ran = child.end(6)
            assert f"locked by process {refresh.process.pid}" in ran.err, command
        assert time.monotonic() - begun >= 10
        assert {name: read(counter.saved(name)) for name in counter.names()} == before
        for gate in gates:
            gate.open()
        refresh.end(0)
        _check(counter)
        for command in commands[:4]:
            counter.tui(command, 0)
        _check(counter)
        assert counter.exchanges() == 2


def test_r13_who_needs_the_login_waits_for_a_slow_answer(box: Box) -> None:
    """A switch away from it, one to it, a run: each waits until the answer is in its place, and works with that."""
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        for delay, name, command in (
            (1.5, "ada", ["switch", "bob"]),
            (0.8, "ada", ["switch", "ada"]),
            (0.8, "bob", ["run", "bob", "--", "true"]),
        ):
            counter.simulator.faults.add(TOKEN, delay=delay)
            asked = counter.exchanges()
            refresh = counter.start(["refresh", name, "--force"])
            counter.simulator.wait_for(TOKEN, asked + 1)
            begun = time.monotonic()
            counter.tui(command, 0)
            assert time.monotonic() - begun > delay / 2
            refresh.end(0)
            _check(counter)
        assert counter.token(counter.live_path) == counter.token(counter.saved("ada"))


def test_r13_others_go_on(box: Box) -> None:
    """A switch between logins that are not concerned, and changes of other profiles, wait for nobody."""
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        refresh, gates = _refresh(counter, "dan")
        for command in (
            ["switch", "bob"],
            ["run", "cyd", "--", "true"],
            ["rename", "cyd", "cyril"],
            ["delete", "cyril", "--yes"],
            ["list"],
            ["show", "dan"],
            ["undo"],
        ):
            counter.tui(command, 0)
        assert not refresh.process.poll()
        gates[0].open()
        refresh.end(0)
        _check(counter)


@pytest.mark.slow
def test_r13_a_login_waits_in_memory(box: Box) -> None:
    """One into the profile that is refreshed: it is not lost, and saved once the refresh has ended."""
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        refresh, gates = _refresh(counter, "ada")
        login = counter.start(["login", "ada", "--device-code"])
        counter.simulator.wait_for("/api/accounts/deviceauth/token", timeout=30)
        [code] = counter.simulator.device.pending()
        counter.simulator.device.approve(code, "ada@example.com")
        login.wait_for("not saved yet")
        login.wait_for(f"locked by process {refresh.process.pid}")
        gates[0].open()
        refresh.end(0)
        login.end(0)
        _check(counter)
        assert counter.token(counter.live_path) == counter.token(counter.saved("ada"))
        assert counter.simulator.families[-1].current == counter.token(counter.live_path)


def test_r13_a_second_refresh_waits_and_finds_it_done(box: Box) -> None:
    """Two commands, one request: the second says that it is fresh."""
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        refresh, gates = _refresh(counter, "ada")
        second = counter.start(["refresh", "ada", "--json"])
        second.has_begun()
        gates[0].open()
        refresh.end(0)
        [result] = json.loads(second.end(0).out)["results"]
        assert result["outcome"] == "fresh"
        assert counter.exchanges() == 1
        _check(counter)


@pytest.mark.slow
def test_r13_an_issuer_that_takes_twenty_seconds(box: Box) -> None:
    """A switch gives up after ten, one that comes later is made in the end; the refresh is none the worse."""
    with Counter(box) as counter:
        _furnish(counter, active="ada")
        counter.simulator.faults.add(TOKEN, delay=20.0, times=None)
        refresh = counter.start(["--refresh-all", "--json"])
        counter.simulator.wait_for(TOKEN, 4)
        begun = time.monotonic()
        ran = counter.start(["switch", "bob"]).end(6)
        assert f"process {refresh.process.pid}" in ran.err
        time.sleep(
            max(0.0, begun + 14 - time.monotonic())
        )  # so that the answer comes within its ten
        counter.tui(["switch", "cyd"], 0)
        results = json.loads(refresh.end(0).out)["results"]
        assert [result["outcome"] for result in results] == ["refreshed"] * 4
        assert counter.exchanges() == 4
        _check(counter)
