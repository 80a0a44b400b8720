"""The marks of a few files: what a look costs, and whose writes are news."""

from __future__ import annotations

import os
import time

import pytest

from profiles.context import make_context
from profiles.files import Files
from profiles.listing import take_snapshot
from profiles.own_writes import noted
from profiles.switching import switch
from profiles.watching import Watch
from tests.screen.stage import two_logins
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.mark.parametrize(("count", "most"), [(100, 0.001), (10_000, 0.005)])
def test_what_a_look_costs(box: Box, count: int, most: float) -> None:
    """A look at 100 profiles takes less than a millisecond, one at 10,000 less than five."""
    data = Login(Person("ada")).document().data()
    for number in range(count):
        folder = box.profile(f"p{number:05}")
        os.makedirs(folder)
        with open(f"{folder}/auth.json", "wb") as file:
            file.write(data)
    context = make_context()
    rows = take_snapshot(context).rows
    watch = Watch(context)
    watch.begin()
    seen = range(60)
    assert not watch.look(rows, seen)
    times = []
    for _ in range(50):
        begun = time.thread_time()
        assert not watch.look(rows, seen)
        times.append(time.thread_time() - begun)
    middle = sorted(times)[len(times) // 2]
    print(f"a look at {count} profiles: {middle * 1e6:.0f} µs")
    assert middle < most


def test_our_own_switch_is_no_change(box: Box) -> None:
    """What we write through the noted calls is known again; the same by other calls is a change."""
    two_logins(box)
    mine = make_context()._replace(files=noted(Files()))
    rows = take_snapshot(mine).rows
    watch = Watch(mine)
    watch.begin()
    watch.look(rows)
    switch(mine, "work")
    assert not [p for p in _changed(watch, rows) if p.endswith(("auth.json", "spent"))]
    assert watch.gather().entries == []
    watch.take()
    switch(make_context(), "personal")
    assert f"{mine.home}/auth.json" in _changed(watch, rows)
    assert [entry.profile for entry in watch.gather().entries] == ["personal"]


def _changed(watch: Watch, rows: object) -> set[str]:
    watch.look(rows)  # type: ignore[arg-type]
    return set(watch._changed)


def test_a_login_that_we_took_away(box: Box) -> None:
    """A file that we removed is no news; that somebody else put one there, and took it away, is."""
    ada, _ = two_logins(box)
    files = noted(Files())
    mine = make_context()._replace(files=files)
    watch = Watch(mine)
    watch.begin()
    path = f"{mine.home}/auth.json"
    files.unlink(path)
    assert not watch.look([])
    ada.write(mine.home)
    assert watch.look([])
    watch.take()
    os.unlink(path)
    assert watch.look([])


@pytest.mark.parametrize("count", [3, 40])
def test_everybody_is_looked_at(box: Box, count: int) -> None:
    """However many there are, two looks miss no login, and four no note; what is unsettled is looked at each time."""
    for number in range(count):
        Login(Person(f"p{number:02}")).fresh().write(box.profile(f"p{number:02}"))
    context = make_context()
    rows = take_snapshot(context).rows
    for number in range(count):
        watch = Watch(context)
        watch.begin(rows)
        for row in (rows[number], rows[count - 1 - number]):
            os.utime(f"{row.home}/auth.json", ns=(number, number))
        wanted = {f"{rows[number].home}/auth.json", f"{rows[count - 1 - number].home}/auth.json"}
        found = _changed(watch, rows)
        again = _changed(watch, rows)
        assert found <= again, "what changed is not forgotten before it is taken"
        assert again == wanted
    watch = Watch(context)
    watch.begin(rows)
    note = f"{box.profile(rows[0].name or '')}/profile.toml"
    with open(note, "wb") as file:
        file.write(b'note = "hers"\n')
    assert note in set().union(*(_changed(watch, rows) for _ in range(4)))
