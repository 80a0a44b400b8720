"""What the screen knows of a running login: which phase each event leads to, and which of several is watched."""

from __future__ import annotations

import pytest

from profiles.errors import LoginMismatch
from profiles.logging_in import SavedLogin
from profiles.model import Secret
from profiles.oauth.documents import api_key_document
from profiles.oauth.events import (
    Approved,
    CallbackRefused,
    Checked,
    CodeIssued,
    Obtained,
    Postponed,
    UrlIssued,
)
from tui.keys import FOOTERS
from tui.login_state import (
    APPROVED,
    AT_STAKE,
    BROWSER,
    DEVICE,
    FAILED,
    SAVED,
    SAVING,
    STARTING,
    UNSAVED,
    WAITING,
    Login,
    Logins,
)

CODE = CodeIssued("ABCD-EFGHI", "https://auth.openai.com/codex/device", 1900.0)
URL = UrlIssued("https://auth.openai.com/oauth/authorize?x=1", "http://127.0.0.1:1455/", 1455, 9.0)
SAVED_AS = SavedLogin("work", "ada@example.com", None, "chatgpt", False, False, [])


def _logins(*names: str) -> Logins:
    logins = Logins(lambda: 1000.0)
    for name in names:
        logins.start(name, DEVICE)
    return logins


def test_a_device_login() -> None:
    """From the start over code, question, trouble and approval to a saved login; then its document is gone."""
    login = Login("work", DEVICE, 1000.0)
    assert login.phase == STARTING
    phases = []
    document = api_key_document(Secret("sk-made-up"))
    for event in (
        CODE,
        Postponed(1001.0, 5.0, "no network"),
        Checked(1006.0),
        Approved(1007.0, "device"),
        Obtained(document),
    ):
        login.take(event)
        phases.append(login.phase)
        assert (login.postponed is not None) == isinstance(event, Postponed)
        assert (login.expires_at is not None) == (login.phase == WAITING)
    assert phases == [WAITING, WAITING, WAITING, APPROVED, SAVING]
    assert login.document is document
    login.keep("the disk is full", "make room")
    assert (login.phase, login.document) == (UNSAVED, document)
    login.done(SAVED_AS)
    assert [login.phase, login.document, login.message] == [SAVED, None, ""]


def test_a_pasted_code_that_is_not_taken() -> None:
    """After an approval that came to nothing a browser login waits again, and nothing is at stake any more."""
    login = Login("work", BROWSER, 1000.0)
    for event in (URL, Approved(1001.0, "pasted"), CallbackRefused(1002.0, "not taken")):
        login.take(event)
    assert login.phase == WAITING
    assert login.approved is None
    assert login.refused is not None


def test_patience() -> None:
    """Only a device code that waits for a minute needs a hint where such codes are allowed."""
    login = Login("work", DEVICE, 1000.0)
    assert not login.needs_patience(2000.0)
    login.take(CODE)
    assert [login.needs_patience(at) for at in (1059.0, 1060.0)] == [False, True]
    login.take(Approved(1061.0, "device"))
    assert not login.needs_patience(1062.0)


def test_every_place_has_a_footer() -> None:
    """Catches a phase without keys of its own: the footer would have nothing to say there."""
    login = Login("work", DEVICE, 0.0)
    places = {login.place}
    login.take(CODE)
    places.add(login.place)
    login.take(Approved(1.0, "device"))
    places.add(login.place)
    login.fail("no", None)
    places.add(login.place)
    login.keep("no", None)
    places.add(login.place)
    login.ask(LoginMismatch("work", "ada", "bob"))
    places.add(login.place)
    login.done(SAVED_AS)
    places.add(login.place)
    assert len(places) == 6
    assert places < set(FOOTERS)


def test_going_round() -> None:
    """The brackets go round; a closed one gives way to its neighbour; the last one leaves nothing to watch."""
    logins = _logins("one", "two", "three")
    seen = []
    for step in (1, 1, -1, -1, -1):
        logins.turn(step)
        assert logins.watched is not None
        seen.append(logins.watched.name)
    assert seen == ["one", "two", "one", "three", "two"]
    for expected in ("three", "one", None):
        assert logins.watched is not None
        logins.close(logins.watched)
        after: Login | None = logins.watched
        assert (after.name if after is not None else None) == expected
    assert logins.all == []


def test_once_more() -> None:
    """A login for a profile that has one already takes its place among the tabs."""
    logins = _logins("one", "two")
    again = logins.start("one", BROWSER)
    assert [login.name for login in logins.all] == ["one", "two"]
    assert logins.of("one") is again is logins.watched


def test_what_is_at_stake() -> None:
    """What a person approved and no disk holds is counted, and named before everything else that runs."""
    logins = _logins("one", "two")
    assert logins.words() == "2 logins run"
    assert logins.at_stake == []
    one, two = logins.all
    one.fail("expired", None)
    assert logins.words() == "1 login runs"
    two.keep("the disk is full", None)
    assert logins.words() == "not saved: two"
    assert logins.at_stake == [two]
    assert logins.phases() == {"two": "unsaved-login"}
    two.done(SAVED_AS)
    assert (logins.words(), logins.phases()) == ("", {})


@pytest.mark.parametrize("phase", [STARTING, WAITING, SAVED, FAILED])
def test_what_is_not_at_stake(phase: str) -> None:
    """Nobody is asked before leaving for what costs nothing."""
    assert phase not in AT_STAKE


def test_watchers() -> None:
    """Whoever watches is told of each change, and no more once they stopped."""
    told = []
    logins = _logins()

    def watcher() -> None:
        told.append(len(logins.all))

    logins.watch(watcher)
    login = logins.start("one", DEVICE)
    logins.close(login)
    logins.unwatch(watcher)
    logins.start("two", DEVICE)
    assert told == [1, 0]
