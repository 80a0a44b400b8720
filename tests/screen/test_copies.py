"""What y and Y send to the clipboard, in each pane: the obvious thing, and never a token."""

from __future__ import annotations

import base64
import json
import re

import pytest

from profiles.context import make_context
from tests.screen.stage import open_stage, put, two_logins
from tests.screen.tabs import KINDS, make, row_of
from tests.support.cli import leaked
from tests.support.tokens import Login, Person
from tui.screens.copies import LARGEST, LETTERS, texts_of_events, texts_of_profile
from tui.screens.copy_menu import TAKEN, CopyMenu, Offer
from tui.state import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.model import ProfileRow
    from tests.conftest import Box
    from tests.screen.stage import Stage

OSC = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


def listen(stage: Stage) -> list[str]:
    """Return the list into which goes what is sent to the clipboard."""
    sent: list[str] = []

    def keep(sequence: str) -> None:
        sent.extend(base64.b64decode(each).decode() for each in OSC.findall(sequence))

    stage.app.send = keep  # type: ignore[method-assign]
    return sent


@pytest.mark.parametrize("opening", [(), ("enter",)], ids=["list", "detail"])
async def test_y_copies_the_e_mail(box: Box, opening: tuple[str, ...]) -> None:
    """In list and detail y sends the e-mail and says so; it does not say that it was copied."""
    two_logins(box)
    async with open_stage() as stage:
        sent = listen(stage)
        await stage.press(*opening, "y")
        assert sent == ["ada@example.com"]
        assert "e-mail sent to the terminal's clipboard" in stage.toasts


async def test_y_on_a_key_copies_the_name(box: Box) -> None:
    """A key has no e-mail: its name is what it is known by."""
    make(box, "api-key", "robot")
    async with open_stage() as stage:
        sent = listen(stage)
        await stage.press("y")
        assert sent == ["robot"]
        assert "name sent" in stage.toasts


@pytest.mark.parametrize("size", [(100, 30), (40, 12)], ids=str)
async def test_the_choice(box: Box, size: tuple[int, int]) -> None:
    """Y offers name, e-mail, both ids, the home and the line that runs codex; enter sends the chosen one."""
    _, bob = two_logins(box)
    async with open_stage(size) as stage:
        sent = listen(stage)
        await stage.press("G")
        for steps, wanted in enumerate(
            (
                bob.email,
                "work",
                bob.account_id,
                bob.user_id,
                box.profile("work"),
                f"CODEX_HOME={box.profile('work')} codex",
            )
        ):
            await stage.press("Y")
            await stage.shows("Copy", "enter takes it")
            await stage.press(*["j"] * steps, "enter")
            assert sent.pop() == wanted
        await stage.press("Y", "escape")
        assert sent == []


@pytest.mark.parametrize("size", [(100, 30), (40, 10)], ids=str)
async def test_letters_of_the_choice(box: Box, size: tuple[int, int]) -> None:
    """Each entry has a letter, which takes it at once; on the smallest screen all of them are seen."""
    two_logins(box)
    async with open_stage(size) as stage:
        sent = listen(stage)
        await stage.press("u", "at")
        for letter, wanted in {
            "l": "no switch of",
            "e": "ada@example.com",
            "n": "personal",
            "h": box.profile("personal"),
            "c": f"CODEX_HOME={box.profile('personal')} codex",
        }.items():
            await stage.press("Y")
            await stage.shows("l  last event", "o  event log", "e  e-mail", "n  name", "a  account")
            await stage.shows("u  user id", "h  home", "c  codex line", "enter takes it")
            await stage.press(letter)
            assert len(stage.app.screen_stack) == 1
            assert wanted in sent.pop()
        await stage.press("Y", "z", "x")
        assert len(stage.app.screen_stack) == 2, "a letter that nothing has does nothing"
        await stage.press("q")
        assert sent == []


def test_no_letter_means_two_things() -> None:
    """Of what can be copied in one place no two have a letter, and none has one that moves or leaves."""
    login = ("user code", "URL", "ssh line", "curl line")
    profile = ("e-mail", "name", "account id", "user id", "home", "codex line", "JSON")
    events = ("last event", "event log")
    assert {*login, *profile, *events} == LETTERS.keys()
    for menu in (login, (*profile, *events)):
        letters = [LETTERS[what] for what in menu]
        assert len(set(letters)) == len(letters), menu
        assert not TAKEN & set(letters)


async def test_a_long_choice_scrolls(box: Box) -> None:
    """Of more entries than lines the chosen one is always seen, from the first to the last and round."""
    two_logins(box)
    offers = [Offer(chr(65 + number), f"thing {number:02}", "text") for number in range(20)]
    async with open_stage((40, 12)) as stage:
        stage.app.push_screen(CopyMenu(offers, stage.app.signs))
        await stage.settle()
        assert "thing 19" not in stage.text
        for number in range(1, 20):
            await stage.press("down")
            assert f"thing {number:02}" in stage.text
        await stage.press("down")
        assert "thing 00" in stage.text
        await stage.press("up")
        assert "thing 19" in stage.text
        await stage.press("home", "pagedown")
        assert "thing 10" in stage.text


async def test_the_json(box: Box) -> None:
    """In the JSON of the claims y sends all of it; in the list beside it the e-mail; Y has both."""
    login, _ = two_logins(box)
    async with open_stage() as stage:
        sent = listen(stage)
        await stage.press("J", "y")
        assert sent.pop() == login.email
        await stage.press("enter", "y")
        value = json.loads(sent.pop())
        assert value["id_token"]["email"] == login.email
        assert not leaked(json.dumps(value))
        assert "JSON sent" in stage.toasts
        await stage.press("Y", "j", "enter")
        assert sent.pop() == login.email


async def test_a_json_that_no_clipboard_takes(box: Box) -> None:
    """Two megabytes are not sent down a slow line: it is said how large it is, and what writes it instead."""
    login = Login(Person("ada"), extra=(("x", "y" * 2_000_000),)).fresh()
    login.write(box.profile("it"))
    async with open_stage() as stage:
        sent = listen(stage)
        await stage.press("enter", "J", "y")
        assert sent == []
        assert "too long for a clipboard" in stage.toasts
        assert "tui show NAME --json" in stage.toasts
        assert LARGEST < 100_000


async def test_the_event_log(box: Box) -> None:
    """In the log y sends the last thing that happened with its hint; Y also the whole log, and what a profile has."""
    two_logins(box)
    async with open_stage((100, 40)) as stage:
        sent = listen(stage)
        await stage.press("u", "at", "y")
        last = sent.pop()
        assert "no switch of" in last
        assert "(next: " in last
        await stage.press("Y", "j", "enter")
        assert sent.pop().splitlines()[-1] == last
        await stage.press("Y", "j", "j", "enter")
        assert sent.pop() == "ada@example.com"


async def test_nothing_selected(box: Box) -> None:
    """Without a profile, or with a filter that lets none through, both keys say what to do."""
    async with open_stage() as stage:
        sent = listen(stage)
        await stage.press("y", "Y")
        assert "n makes one" in stage.toasts
        assert sent == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_holds_a_secret(box: Box, kind: str) -> None:
    """Whatever kind of login it is: none of what can be copied of a profile holds a token or key, nor a second line."""
    make(box, kind)
    texts = texts_of_profile(row_of(make_context()))
    assert "name" in texts
    for text in texts.values():
        assert not leaked(text)
        assert text.isprintable()


def test_what_is_pasted_runs_nothing(box: Box) -> None:
    """A home with quotes and an e-mail with a line break become one line, and the home one word of the shell."""
    home = f"{box.path}/it's; touch x"
    put(f"{home}/auth.json", Login(Person("ada\nrm -rf")).fresh().document().data())
    row = row_of_home(box, home)
    texts = texts_of_profile(row)
    assert texts["codex line"].startswith("CODEX_HOME='")
    assert "\n" not in "".join(texts.values())
    assert "\\n" in texts["e-mail"]


def row_of_home(box: Box, home: str) -> ProfileRow:
    """Return the row of a home that is registered where it lies."""
    put(f"{box.profile('it')}/profile.toml", f'home = "{home}"\n'.encode())
    return row_of(make_context())


def test_events_are_lines() -> None:
    """Each event is one line of text, whatever is in it."""
    texts = texts_of_events([Event(0.0, "information", "a\nb"), Event(1.0, "error", "c", "d")])
    assert texts["event log"].count("\n") == 1
    assert texts["last event"].endswith("c (next: d)")
