"""The pages of the detail: each tab for each kind of login, in each width, with no secret in any of them."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from profiles import store
from profiles.context import make_context
from profiles.history import history_path
from profiles.listing import take_snapshot
from tests.screen.stage import codexes, put
from tests.screen.tabs import (
    KINDS,
    PERSON,
    WIDTHS,
    happened,
    make,
    page,
    row_of,
    some_usage,
)
from tests.support.cli import leaked
from tests.support.tokens import DAY, HOUR, Document, Login, Person, jwt
from tui.detail_state import (
    HISTORY,
    HOLDERS,
    MOST,
    OVERVIEW,
    PROCESSES,
    RAW,
    TABS,
    TOKENS,
    USAGE,
    Doings,
    read_part,
)
from tui.widgets.tabs.strip import strip_line, tab_at
from tui.widgets.tabs.tokens import json_lines
from tui.widgets.words import ASCII, TAB, UNICODE, cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

JWT_KINDS = ("chatgpt", "external", "login-needed", "uncertain")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("face", [*TABS, RAW])
def test_every_page_of_every_kind(box: Box, kind: str, face: str) -> None:
    """No line is too wide, nothing steers the terminal, no secret is in it, and no page is without a word."""
    make(box, kind)
    context = make_context()
    happened(context, "run", "ended", 3 * DAY)
    for width in WIDTHS:
        for signs in (UNICODE, ASCII):
            seen = page(context, face, width, told=some_usage(context), signs=signs)
            seen.check(width)
            assert seen.lines[0] == "it"
            assert len([line for line in seen.lines if line.strip()]) > 1
            if signs is ASCII and face not in (TOKENS, RAW):
                assert seen.text.isascii(), seen.text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("tab", TABS)
def test_the_strip_fits_and_says_where_one_is(width: int, tab: str) -> None:
    """One line in every width; the tab that is shown is whole and the only one that is marked."""
    line = strip_line(tab, width)
    text = "".join(text for text, _ in line)
    assert cells(text) <= width
    assert [text for text, role in line if role == TAB] == [TABS[tab][0]]
    for each, (long, short) in TABS.items():
        at = text.index(long if long in text else short)
        assert tab_at(at, tab, width) == each
    assert tab_at(width, tab, width) is None
    if width >= 48:
        assert all(long in text for long, _ in TABS.values())


def test_overview_has_the_most_important_of_all(box: Box) -> None:
    """State and why, who it is, expiry, where it is held, who runs, note, home, usage: on the first page."""
    make(box, "uncertain")
    context = make_context()
    store.set_note(context, "it", "the lab's")
    running = context._replace(processes=lambda: codexes(box.profile("it")))
    words = page(running, OVERVIEW, 48, told=some_usage(context)).words
    for wanted in ("uncertain", "revoked at the issuer", "ada@example.com", "Plus", "9d 20h left"):
        assert wanted in words, wanted
    for wanted in ("Held in", "pid 4242", "the lab's", "5h ", "61%", "2m ago", "decoded, not"):
        assert wanted in words, wanted
    assert os.path.basename(box.profile("it")) in words


@pytest.mark.parametrize("kind", JWT_KINDS)
def test_tokens_explains_every_claim(box: Box, kind: str) -> None:
    """Both tokens, every claim with a meaning, times as date and distance, scopes; said to be unverified."""
    make(box, kind)
    seen = page(make_context(), TOKENS, 48)
    for wanted in (
        *("decoded, not verified", "iss who issued it", "https://auth.openai.com"),
        *("auth.chatgpt_plan_type plan", "Plus (plus)", "auth.organizations[0].id its id"),
        *("exp when it ends", "in 9d · ", "iat when it was issued", "3h ago · "),
        *("scopes", "offline_access may be refreshed", "profile.email e-mail address"),
    ):
        assert wanted in seen.words, wanted
    assert "not known" not in seen.words
    assert len([moment for moment in seen.moments if moment is not None]) > 6


def test_tokens_of_an_opaque_access_token(box: Box) -> None:
    """What cannot be read is said to be so; the id token beside it is explained all the same."""
    make(box, "opaque")
    words = page(make_context(), TOKENS, 48).words
    assert "opaque: only its issuer reads it" in words
    assert "iss who issued it" in words
    assert '"access_token": null' in page(make_context(), RAW, 48).words


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("api-key", "An API key has no claims"),
        ("pat", "An access token given by hand has no claims"),
        ("agent-token", "its private key is never shown"),
        ("agent-object", "its private key is never shown"),
        ("bedrock", "A Bedrock key has no claims"),
        ("empty", "There is no login here yet"),
        ("broken", "auth.json cannot be used"),
    ],
)
def test_what_has_no_claims_says_so(box: Box, kind: str, said: str) -> None:
    """A key or a broken file has nothing to decode: both faces of the tab say why, and nothing else."""
    make(box, kind)
    for face in (TOKENS, RAW):
        words = page(make_context(), face, 36).words
        assert said in words
        assert "decoded" not in words


def test_unknown_claims_are_marked(box: Box) -> None:
    """Catches a claim of tomorrow that is hidden, or that is shown as if we knew it."""
    Login(PERSON, extra=(("brand_new", {"deep": "value"}),)).fresh().write(box.profile("it"))
    words = page(make_context(), TOKENS, 48).words
    assert "brand_new.deep not known value" in words


HOSTILE = {
    "steering": "\x1b[2J\x1b]0;owned\x07\x00\x9b31m",
    "markup": "[bold red]x[/] [@click=app.quit]quit[/]",
    "right to left": "\u202eevil\u202c \u2066x\u2069 \u200f\ufeff",
    "surrogates": "\ud800",
    "megabytes": "m" * 2_000_000,
    "wide": "日本語" * 200,
    "newlines": "a\r\nb\tc\u2028d",
}


@pytest.mark.parametrize("face", [TOKENS, RAW, OVERVIEW])
@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_claims(box: Box, face: str, what: str) -> None:
    """Whatever a token says is text, cut where it is endless: it neither steers the terminal nor slows a key."""
    text = HOSTILE[what]
    extra = ((text[:50] or "x", text), ("list", [text, {"name": text}]), ("sub", text))
    login = Login(PERSON, extra=extra).fresh()
    login.write(box.profile("it"))
    for width in (32, 48):
        seen = page(make_context(), face, width)
        seen.check(width)
        assert len(seen.lines) < 4000
        if what == "markup" and face != OVERVIEW:
            assert "[bold red]" in seen.text


@pytest.mark.parametrize("face", [TOKENS, RAW])
def test_ten_thousand_claims(box: Box, face: str) -> None:
    """So many claims are not all drawn, and how many are left out is said."""
    extra = tuple((f"claim_{number:05}", number) for number in range(10_000))
    Login(PERSON, extra=extra).fresh().write(box.profile("it"))
    seen = page(make_context(), face, 32)
    seen.check(32)
    assert len(seen.lines) < 4000
    assert ("claims more" if face == TOKENS else "y copies all of it") in seen.words


def test_raw_is_json_without_tokens(box: Box) -> None:
    """What is read is JSON, indented, and holds the claims alone: no token, no signature, no header."""
    login = Login(PERSON).fresh()
    login.write(box.profile("it"))
    context = make_context()
    text = read_part(context, row_of(context), RAW, take_snapshot(context), lambda: True)
    assert isinstance(text, str)
    value = json.loads(text)
    assert set(value) == {"id_token", "access_token"}
    assert value["id_token"]["email"] == PERSON.email
    assert not leaked(text)
    for token in (login.id_token, login.access_token):
        for part in token.split("."):
            assert part not in text
    assert '  "id_token": {\n    "' in text


def test_a_token_inside_a_claim_is_not_shown(box: Box) -> None:
    """The canary: a token that somebody put into a claim is in no tab, and not in what y copies."""
    inner = jwt({"sub": "x"}, "a token in a claim")
    login = Login(PERSON, extra=(("act", {"token": inner}), ("note", f"see {inner}"))).fresh()
    login.write(box.profile("it"))
    context = make_context()
    for face in (*TABS, RAW):
        for width in WIDTHS:
            page(context, face, width).check(width)
    text = read_part(context, row_of(context), RAW, take_snapshot(context), lambda: True)
    assert inner not in str(text)
    assert "not shown" in page(context, TOKENS, 48).words


def test_json_is_wrapped_whole() -> None:
    """In lines of any width every character of the JSON is there, in its order."""
    text = json.dumps(
        {"a": "x" * 100, "deep": {"b": ["日本" * 30, "c"]}}, indent=2, ensure_ascii=False
    )
    for width in (10, 32, 48):
        lines = ["".join(part for part, _ in line) for line in json_lines(text, width)]
        assert all(cells(line) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_usage_tells_bars_resets_credits_and_age(box: Box) -> None:
    """Each window with its bar, what is left, when it is reset; what is old is called so by its age."""
    make(box, "chatgpt")
    context = make_context()
    seen = page(context, USAGE, 32, told=some_usage(context, reached="rate_limit_reached"))
    for wanted in (
        *("told 2m ago", "5h window 37% used 63% left", "7d window 61% used", "━━━━"),
        *("resets in 1h59m", "12.5 left", "the limit is reached", "plan Plus"),
    ):
        assert wanted in seen.words, wanted
    assert context.now() - 120 in [pytest.approx(moment, abs=30) for moment in seen.moments]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("chatgpt", "Nothing was told yet"),
        ("api-key", "Only ChatGPT logins have usage; this is API key"),
        ("empty", "No login"),
        ("login-needed", "l logs in again"),
    ],
)
def test_usage_without_any_says_why(box: Box, kind: str, said: str) -> None:
    """An empty page would look like a fault: why nothing is known stands there."""
    make(box, kind)
    assert said in page(make_context(), USAGE, 36).words


def test_holders_tell_generations_apart(box: Box) -> None:
    """Every file with its generation, whether it is the newest, its mode, and its age."""
    old = Login(PERSON).fresh(age=5 * HOUR)
    old.write(box.profile("it"))
    new = old.rotate(2 * HOUR)
    new.write(box.codex)
    os.chmod(f"{box.profile('it')}/auth.json", 0o644)
    seen = page(make_context(), HOLDERS, 48)
    for wanted in (
        *("2 files hold it", "newest", "older: ", "issued 5h ago", "issued 3h ago"),
        *("mode 0644 open to others", "changed just now", "mode 0600"),
    ):
        assert wanted in seen.words, wanted
    generations = [line.split()[1] for line in seen.lines if "generation" in line]
    assert len(set(generations)) == 2
    assert all(len(each) == 6 for each in generations)


def test_processes_tell_since_when(box: Box) -> None:
    """Who runs, its number, since when, its home; that a daemon is joined by what starts next."""
    make(box, "chatgpt")
    ours = os.getpid()
    running = [each._replace(pid=ours) for each in codexes(box.profile("it"), daemon=True)]
    context = make_context()._replace(processes=lambda: running)
    seen = page(context, PROCESSES, 48)
    for wanted in ("2 processes run with it", f"pid {ours} since ", "daemon", "joins the daemon"):
        assert wanted in seen.words, wanted
    assert any(moment is not None for moment in seen.moments)
    assert "Nobody runs codex" in page(make_context(), PROCESSES, 48).words


def test_history_is_of_this_profile_newest_first(box: Box) -> None:
    """Switches to it and away from it, its part in a refresh of all, its logins; nothing of others."""
    make(box, "chatgpt")
    context = make_context()
    happened(context, "login", "saved", 9 * DAY)
    happened(context, "switch", "changed", 3 * DAY, before="other")
    happened(context, "switch", "changed", 2 * DAY, profile="other", before="it")
    happened(context, "refresh", "refreshed: a, it; failed: other", 2 * HOUR, profile="", home="")
    happened(context, "login", "saved", 60, profile="other")
    lines = [" ".join(line.split()) for line in page(context, HISTORY, 48).lines]
    told = [line for line in lines if "ago" in line]
    assert [line.partition(" ago ")[0] for line in told] == ["2h", "2d", "3d", "9d"]
    for line, wanted in zip(
        told,
        ("refreshed", "switched away, to other", "switched to, from other", "logged in"),
        strict=True,
    ):
        assert wanted in line
    assert "date" not in lines


def test_history_of_a_login_that_had_another_name(box: Box) -> None:
    """What was done before a rename is still told: the login is the same."""
    Login(PERSON).fresh().write(box.codex)
    context = make_context()
    store.add_active(context, "before")
    store.rename(context, "before", "it")
    words = page(context, HISTORY, 48).words
    assert "renamed, from before" in words
    assert "as before" in words


def test_a_long_history(box: Box) -> None:
    """Of ten thousand lines the newest of this profile are read, behind those of others; the rest is named."""
    make(box, "chatgpt")
    context = make_context()
    line = '{"time": "2026-01-%02dT00:00:00Z", "verb": "switch", "profile": "%s", "home": "/h", "result": "changed"}'
    many = [line % (number % 28 + 1, "it" if number < 500 else "other") for number in range(10_000)]
    put(history_path(context), ("\n".join(many) + "\n").encode())
    part = read_part(context, row_of(context), HISTORY, take_snapshot(context), lambda: True)
    assert isinstance(part, Doings)
    assert len(part.entries) == MOST
    assert part.more
    seen = page(context, HISTORY, 32)
    seen.check(32)
    assert "Older ones: tui history" in seen.words
    stops = iter([True] * 3)
    assert (
        read_part(
            context, row_of(context), HISTORY, take_snapshot(context), lambda: next(stops, False)
        )
        is None
    ), "what is not wanted any more is not read to its end"


@pytest.mark.parametrize("face", [TOKENS, RAW, HOLDERS, PROCESSES, HISTORY])
def test_what_is_not_wanted_is_not_read(box: Box, face: str) -> None:
    """The cursor moved on before the thread began: nothing is read, and nothing is told."""
    make(box, "chatgpt")
    context = make_context()._replace(processes=lambda: pytest.fail("it looked"))
    assert read_part(context, row_of(context), face, take_snapshot(context), lambda: False) is None


def test_another_persons_profile_is_not_mixed_in(box: Box) -> None:
    """Catches claims or holders of the login that lies in the active home, which is somebody else's."""
    make(box, "chatgpt")
    Login(Person("eve")).fresh().write(box.codex)
    for face in (TOKENS, RAW, HOLDERS, HISTORY):
        words = page(make_context(), face, 48).words
        assert "eve" not in words.replace("never", "")
        assert "/.codex" not in words


def test_a_document_with_a_key_and_tokens(box: Box) -> None:
    """A login that keeps an exchanged key beside its tokens shows neither."""
    Document(
        replace(Login(PERSON).fresh()).document().having(OPENAI_API_KEY="sk-" + "a" * 48).value
    ).write(box.profile("it"))
    for face in (*TABS, RAW):
        seen = page(make_context(), face, 48)
        seen.check(48)
        assert "sk-a" not in seen.text
