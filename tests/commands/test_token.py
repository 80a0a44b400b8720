"""`tui token`: the token alone on stdout, refreshed when it is due and not before; what it is, on stderr."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.commands.refreshes import DEAD, TOKEN, Counter
from tests.refreshing.stand import DAY, HOUR
from tests.rules.yard import read, write
from tests.support.cli import leaked
from tests.support.documents import (
    api_key,
    mixture,
    personal_access_token,
    with_api_key,
    with_personal_access_token,
)
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

LIFE = 10 * DAY
#: Ages at which a token has four minutes left, and at which it is over.
NEARLY, OVER = LIFE - 240, LIFE + HOUR


def token(counter: Counter, name: str = "ada") -> tuple[str, str]:
    """Return what `tui token` prints, and what it says."""
    ran = counter.tui(["token", name], 0, expected=True)
    assert ran.out.endswith("\n")
    assert not leaked(ran.err)
    return ran.out[:-1], ran.err


def saved(path: str) -> str:
    """Return the access token in a file."""
    return str(json.loads(read(path))["tokens"]["access_token"])


def test_not_due(box: Box) -> None:
    """The token as it is, without a request; that it is no API key, its scopes, how long it lives."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada", age=LIFE - HOUR))
        found, said = token(counter)
        assert found == saved(path)
        assert counter.exchanges() == 0
        [line] = said.splitlines()
        assert line.startswith(
            "note: an access token for the ChatGPT backend, no API key; scopes: "
        )
        assert "openid profile email offline_access" in line
        assert line.endswith("expires in 59m")


@pytest.mark.parametrize("age", [NEARLY, OVER])
def test_due(box: Box, age: float) -> None:
    """Refreshed once, and the new one is printed; the active home has it, too."""
    with Counter(box) as counter:
        login = counter.sign_in("ada", age=age)
        path, live = counter.put("ada", login), counter.live(login)
        before = saved(path)
        found, said = token(counter)
        assert found == saved(path) == saved(live)
        assert found != before
        assert counter.exchanges() == 1
        assert said.count("\n") == 1
        assert token(counter)[0] == found
        assert counter.exchanges() == 1
        assert counter.works(path)


def test_what_codex_refreshed_in_the_active_home(box: Box) -> None:
    """The newer token there is the one, and nothing is sent or written."""
    with Counter(box) as counter:
        old = counter.sign_in("ada", age=OVER)
        path = counter.put("ada", old)
        answer = counter.simulator.rotate(counter.token(path))
        live = counter.live(
            old.having_tokens(
                access_token=answer["access_token"],
                id_token=answer["id_token"],
                refresh_token=answer["refresh_token"],
            )
        )
        before = read(path)
        assert token(counter)[0] == saved(live)
        assert counter.exchanges() == 0
        assert read(path) == before


@pytest.mark.parametrize(("age", "code"), [(NEARLY, 0), (OVER, 4)])
def test_a_login_is_needed(box: Box, age: float, code: int) -> None:
    """While the old token works it is printed, and said; after that exit 4 and how to log in."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada", age=age))
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        ran = counter.tui(["token", "ada"], code, expected=not code)
        if code:
            assert ran.out == ""
            assert ran.err.splitlines()[-1] == "next: tui login ada --device-code"
            assert "it was revoked" in ran.err
        else:
            assert ran.out == f"{saved(path)}\n"
            assert "could not be refreshed (it was revoked)" in ran.err


@pytest.mark.parametrize(("age", "code"), [(NEARLY, 0), (OVER, 5)])
def test_unreachable(box: Box, age: float, code: int) -> None:
    """While the old token works it is printed; after that exit 5."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada", age=age))
        counter.simulator.stop()
        ran = counter.tui(["token", "ada"], code, expected=not code)
        assert bool(ran.out) == (not code)
        counter.simulator.start()
        assert token(counter)[0]


def test_an_issuer_that_is_busy(box: Box) -> None:
    """Nothing is wrong with the network: wait and repeat."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada", age=OVER))
        counter.simulator.faults.add(TOKEN, status=429, headers={"Retry-After": "90"})
        last = counter.tui(["token", "ada"], 5).err.splitlines()[-1]
        assert last == "next: wait some minutes, then: tui token ada"


def test_an_unanswered_refresh(box: Box) -> None:
    """Exit 1 with the reason; the next one finds out."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada", age=OVER))
        counter.simulator.faults.add(TOKEN, status=503)
        ran = counter.tui(["token", "ada"], 1)
        assert "was not refreshed: the issuer answered 503" in ran.err
        assert ran.err.splitlines()[-1] == "next: tui refresh ada"
        assert token(counter)[0]


def test_a_signal_while_it_is_refreshed(box: Box) -> None:
    """The answer is saved, no token is printed, exit 130; the next one has the new token without a request."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada", age=OVER))
        counter.simulator.faults.add(TOKEN, delay=1.0)
        child = counter.start(["token", "ada"])
        counter.simulator.wait_for(TOKEN)
        child.send(signal.SIGTERM)
        ran = child.end(130)
        assert ran.out == ""
        assert "a second ctrl-c leaves at once, and may cost this login" in ran.err
        assert counter.works(path)
        assert token(counter)[0] == saved(path)
        assert counter.exchanges() == 1


def test_keys_are_printed_as_they_are(box: Box) -> None:
    """An API key and a personal access token, each with a word about what it is."""
    with Counter(box) as counter:
        counter.put("key", with_api_key())
        counter.put("pat", with_personal_access_token())
        found, said = token(counter, "key")
        assert (found, "API key" in said) == (api_key(), True)
        found, said = token(counter, "pat")
        assert (found, "personal access token" in said) == (personal_access_token(), True)


@pytest.mark.parametrize(
    ("what", "code"),
    [("nobody", 3), ("empty", 4), ("garbage", 1), ("mixture", 1), ("another", 1), ("insecure", 1)],
)
def test_what_has_no_token_to_print(box: Box, what: str, code: int) -> None:
    """An error with its next step, nothing on stdout, nothing sent."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        folder = box.profile("ada")
        if what == "nobody":
            os.rename(folder, box.profile("carol"))
        elif what == "empty":
            os.unlink(path)
        elif what == "garbage":
            write(path, b'{"tokens": ')
        elif what == "mixture":
            mixture(Login(Person("ada")), Login(Person("bob"))).write(folder)
        elif what == "another":
            counter.sign_in("bob").write(folder)
        else:
            os.chmod(folder, 0o777)
        ran = counter.tui(["token", "ada"], code)
        assert ran.out == ""
        assert ran.err.splitlines()[-1].startswith("next: ")
        assert counter.exchanges() == 0


def test_a_token_of_another_programs_is_not_refreshed(box: Box) -> None:
    """What is handed to Codex by another program (chatgptAuthTokens) is printed while it works."""
    with Counter(box) as counter:
        made = counter.sign_in("ada", age=HOUR).having(auth_mode="chatgptAuthTokens")
        path = counter.put("ada", made)
        assert token(counter)[0] == saved(path)
        over = counter.sign_in("bob", age=OVER).having(auth_mode="chatgptAuthTokens")
        counter.put("bob", over)
        assert "only who made it" in counter.tui(["token", "bob"], 4).err
        assert counter.exchanges() == 0
