"""What the issuer's page sends back, and what people paste in its place."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from profiles.errors import (
    AccessDenied,
    CallbackInvalid,
    EntitlementMissing,
    OAuthError,
    StateMismatch,
)
from profiles.oauth.callback import read_pasted, read_query

STATE = "Zt3xw0uQ5sYk1b9dR7eFhJ2mNp4oAcLgVi6yXzTqU8B"
OTHER = "Q" + STATE[1:]
CODE = "ac_9fQx-7LmN2pRs4TuVw6Yz8Ab0"
AUTHORIZE = "https://auth.openai.com/oauth/authorize"
ADDRESS = f"http://127.0.0.1:1455/auth/callback?code={CODE}&scope=openid+email&state={STATE}"


def pasted(text: str) -> str:
    """Return the code in a paste."""
    return read_pasted(text, STATE, AUTHORIZE).reveal()


def refusal(text: str) -> CallbackInvalid:
    """Return how a paste is refused; it says how to go on, and repeats neither code nor state."""
    with pytest.raises(CallbackInvalid) as caught:
        pasted(text)
    error = caught.value
    assert error.hint is not None
    assert "copy the whole address" in error.hint or isinstance(error, StateMismatch)
    for secret in (CODE, STATE, OTHER):
        assert secret not in f"{error} {error.hint}"
    return error


def test_a_callback_brings_its_code() -> None:
    """With other fields around it, and decoded."""
    assert read_query(f"scope=a+b&state={STATE}&code={CODE}", STATE).reveal() == CODE
    assert read_query(f"code=a%2Bb%2Fc&state={STATE}", STATE).reveal() == "a+b/c"


@pytest.mark.parametrize(
    "state",
    [
        "",
        "&state=",
        f"&state={OTHER}",
        f"&state={STATE[:-1]}",
        f"&state={STATE}x",
        f"&state={STATE.lower()}",
        f"&state={STATE}&state={OTHER}",
        f"&state={OTHER}&state={STATE}",
        "&state=%C3%A9",
        "&state=%FF",
    ],
)
@pytest.mark.parametrize("what", [f"code={CODE}", "error=access_denied"])
def test_a_callback_of_another_login_is_refused(state: str, what: str) -> None:
    """Wrong, missing, cut, twice or no text at all: nothing else in it counts, an error neither."""
    with pytest.raises(StateMismatch, match="State mismatch") as caught:
        read_query(what + state, STATE)
    assert "open the one that this login shows" in str(caught.value.hint)


@pytest.mark.parametrize("code", ["", "&code=", f"&code={CODE}&code=x", "&code=a%20b", "&code=%00"])
def test_a_callback_without_one_code_is_refused(code: str) -> None:
    """The login goes on, as no code was used."""
    with pytest.raises(CallbackInvalid, match="no authorization code"):
        read_query(f"state={STATE}{code}", STATE)


def test_a_refusal_at_the_page_ends_the_login() -> None:
    """Each with its own next step."""
    with pytest.raises(AccessDenied) as denied:
        read_query(f"error=access_denied&error_description=No%20thanks&state={STATE}", STATE)
    assert (denied.value.error, denied.value.message) == (
        "access_denied",
        "the login was refused at the page (No thanks)",
    )
    words = "error_description=missing_codex_entitlement"
    with pytest.raises(EntitlementMissing) as missing:
        read_query(f"error=access_denied&{words}&state={STATE}", STATE)
    assert "may not use Codex" in missing.value.message
    assert missing.value.hint is not None
    with pytest.raises(OAuthError, match="ended the login: server_error") as other:
        read_query(f"error=server_error&state={STATE}&code={CODE}", STATE)
    assert not isinstance(other.value, AccessDenied | CallbackInvalid)


def test_the_issuers_words_cannot_upset_a_terminal() -> None:
    """They are shown on one line, not endless, and without control characters."""
    words = quote("a\x1b[2Jb\r\nc\u202ed" + "e" * 5000)
    with pytest.raises(AccessDenied) as denied:
        read_query(f"error=access_denied&error_description={words}&state={STATE}", STATE)
    assert denied.value.message.isprintable()
    assert "a[2Jb cde" in denied.value.message
    assert len(denied.value.message) < 300


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        f"  {ADDRESS}\n",
        f'"{ADDRESS}"',
        f"'{ADDRESS}'",
        f"<{ADDRESS}>",
        f"\x1b[200~{ADDRESS}\x1b[201~",
        f"\ufeff{ADDRESS}\u200b",
        ADDRESS.replace("127.0.0.1", "localhost"),
        ADDRESS.replace("http:", "https:"),
        ADDRESS.replace("http:", "HTTP:"),
        ADDRESS.removeprefix("http://"),
        ADDRESS.removeprefix("http:"),
        ADDRESS.replace("1455", "1457"),
        f"{ADDRESS}#",
        f"?code={CODE}&state={STATE}",
        f"code={CODE}&state={STATE}",
        f"state={STATE}&code={CODE}",
        f"code={CODE}",
        CODE,
        f" {CODE} ",
        f"`{CODE}`",
        f"{CODE}\nand what somebody else said",
        f"{ADDRESS}\nand what somebody else said",
        f"{ADDRESS}\r\nhttps://example.org/",
    ],
)
def test_a_paste_brings_its_code(text: str) -> None:
    """A whole address in all the ways it is copied, its query, or the code by itself."""
    assert pasted(text) == CODE


@pytest.mark.parametrize("width", [20, 37, 40, 61, 80])
@pytest.mark.parametrize("end", ["\n", "\r\n", "  \n", "\r"])
def test_an_address_that_a_terminal_cut_is_put_together(width: int, end: str) -> None:
    """Copied from a narrow terminal it has line ends and blanks in it, wherever these fall."""
    lines = [ADDRESS[start : start + width] for start in range(0, len(ADDRESS), width)]
    assert pasted(end.join(lines)) == CODE
    assert pasted(f"'{end.join(lines)}'{end}") == CODE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing was pasted"),
        (" \n\t", "nothing was pasted"),
        (
            f"https://chatgpt.com/auth/callback?code={CODE}&state={STATE}",
            "an address of chatgpt.com",
        ),
        (f"http://127.0.0.1:1455@evil.example/auth/callback?code={CODE}", "of evil.example"),
        (f"http://127.0.0.1.evil.example/auth/callback?code={CODE}", "of 127.0.0.1.evil.example"),
        (f"ftp://127.0.0.1/auth/callback?code={CODE}&state={STATE}", "not of this login"),
        (f"javascript://127.0.0.1/auth/callback?code={CODE}", "not of this login"),
        ("https://localhos/", "another site"),
        (f"https://sk-proj-abcdefgh.example/?code={CODE}", "another site"),
        ("http://[::1", "no address"),
        (f"http://127.0.0.1:1455/success?code={CODE}&state={STATE}", "goes on with /auth/callback"),
        (f"{AUTHORIZE}?response_type=code&state={STATE}", "address to open in the browser"),
        (f"{AUTHORIZE.upper()}?state={STATE}", "of auth.openai.com"),
        (f"http://127.0.0.1:1455/auth/callback?state={STATE}", "no authorization code"),
        ("ABCD-12345", "device login"),
        ("yes", "neither"),
        ("I signed in, and now?", "neither"),
        ("sk-proj-abcdefghijklmnopqrstuvwxyz", "a key"),
        ("at-abcdefghijklmnopqrstuvwxyz", "a token"),
        ("rt_abcdefghijklmnopqrstuvwxyz", "a token"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln", "a token"),
        ('{"tokens": {"access_token": "eyJ"}}', "a login file"),
        (f"{ADDRESS}&id_token=eyJhbGciOiJSUzI1NiJ9.eyJ9.x", "there is a token in that address"),
        (f"code={CODE}&Access_Token=x&state={STATE}", "there is a token in that address"),
        ("a" * 20_000, "far too long"),
        ("&".join(f"code={n}" for n in range(100)), "not the query"),
    ],
    ids=lambda each: each[:40],
)
def test_a_paste_of_something_else_says_what_it_is(text: str, words: str) -> None:
    """Another site, the address to open, a token, prose: each is told, nothing of it repeated."""
    error = refusal(text)
    assert not isinstance(error, StateMismatch)
    assert words in error.message


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS.replace(STATE, OTHER),
        ADDRESS.replace(f"&state={STATE}", ""),
        f"code={CODE}&state={OTHER}",
        f"{ADDRESS.replace(STATE, OTHER)}\nmore",
        "state=x",
        "error=access_denied",
    ],
)
def test_a_paste_of_another_login_is_told_as_that(text: str) -> None:
    """Whoever copies an address has the state in it, and it must be ours."""
    assert isinstance(refusal(text), StateMismatch)


def test_the_simulators_own_address_to_open_is_known_too() -> None:
    """An issuer on loopback is no callback either."""
    with pytest.raises(CallbackInvalid, match="address to open"):
        read_pasted(
            "http://127.0.0.1:9/oauth/authorize?x=y", STATE, "http://127.0.0.1:9/oauth/authorize"
        )


def test_a_pasted_refusal_ends_the_login() -> None:
    """As in a callback: the issuer said no."""
    with pytest.raises(EntitlementMissing):
        pasted(
            "http://127.0.0.1:1455/auth/callback?error=access_denied"
            f"&error_description=missing_codex_entitlement&state={STATE}"
        )


#: Something that must come out nowhere, and that no message would hold by chance.
MARK = "Sekret_7fQz9"
PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "127.0.0.1",
            "localhost",
            ":1455",
            "/auth/callback",
            "?",
            "&",
            "=",
            "#",
        ),
        *(
            "code=",
            "state=",
            "error=",
            "error_description=",
            STATE,
            OTHER,
            "eyJ",
            "sk-",
            "at-",
            ".",
            "%",
        ),
        *(
            "%00",
            "\n",
            " ",
            "'",
            "[",
            "]",
            "@",
            "//",
            "\x1b[2J",
            "\ud800",
            "é",
            AUTHORIZE,
            MARK,
            CODE,
        ),
    ]
)


def check_says_nothing(error: CallbackInvalid) -> None:
    """Assert that a refusal holds none of what was pasted, and nothing that a terminal would obey."""
    said = f"{error} {error.message} {error.hint} {error.error} {error!r}"
    assert not any(secret.lower() in said.lower() for secret in (MARK, CODE, STATE))
    assert error.message.isprintable()


@given(st.lists(PIECES | st.text(max_size=6), max_size=14))
@example(["http://", MARK])
@example(["http://", "a.", MARK, ".example/"])
@example(["http://sk-a.", MARK])
@example(["https://[", MARK, "]"])
def test_whatever_is_pasted_gives_a_code_or_a_refusal(pieces: list[str]) -> None:
    """Nothing but our own errors, and nothing of what was pasted in them."""
    text = "".join(pieces)
    try:
        found = read_pasted(text, STATE, AUTHORIZE)
    except CallbackInvalid as error:
        check_says_nothing(error)
    except OAuthError:
        assert STATE in text  # only with our state is the issuer's no believed
    else:
        assert found.reveal()
        assert MARK not in repr(found)


@given(st.text())
def test_any_query_gives_a_code_or_a_refusal(query: str) -> None:
    """A listener hears anything."""
    with pytest.raises(CallbackInvalid):
        read_query(query, STATE)
