"""The auth.json of a new login: byte for byte what 0.169 writes for the same answers (C10, C20, C23, C124)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from profiles.errors import IssuerProtocolError
from profiles.model import API_KEY, CHATGPT, PERSONAL_ACCESS_TOKEN, Identity, Secret
from profiles.oauth.documents import (
    access_token_document,
    api_key_document,
    chatgpt_document,
    timestamp,
)
from profiles.oauth.issuer import DEFAULT_ISSUER, Issuer
from profiles.oauth.token_endpoint import TokenAnswer
from tests.oauth.wires import check_silence
from tests.support.documents import with_api_key, with_key_and_tokens, with_personal_access_token
from tests.support.tokens import Document, Login

ISSUER = Issuer(DEFAULT_ISSUER)
OWNER = re.compile(rb'("login_owner_id": )"([A-Za-z0-9_-]{43})"')
#: A moment whose nanoseconds a float can hold exactly.
MOMENT = 1_800_000_000.5


def answer(login: Login) -> TokenAnswer:
    """Return what the token endpoint gives for a login."""
    return TokenAnswer(
        Secret(login.id_token), Secret(login.access_token), Secret(login.refresh_token)
    )


def without_owner(raw: bytes) -> bytes:
    """Return a document with its one random value blotted out."""
    blotted, count = OWNER.subn(rb'\1"?"', raw)
    assert count == 1
    return blotted


def written_by_codex(document: Document) -> bytes:
    """Return the bytes that Codex writes at MOMENT."""
    return document.having(last_refresh="2027-01-15T08:00:00.500Z").data()


def test_a_chatgpt_login() -> None:
    """Order, indents, provenance, account: all but the random owner is equal."""
    login = Login()
    made = chatgpt_document(answer(login), ISSUER, MOMENT)
    assert without_owner(made.raw) == without_owner(written_by_codex(login.document()))
    assert made.kind == CHATGPT
    assert made.identity == Identity(CHATGPT, login.user_id, login.account_id, "")
    assert made.last_refresh == int(MOMENT * 1e9)


def test_the_owner_is_another_each_time() -> None:
    """It names one sign-in."""
    made = {chatgpt_document(answer(Login()), ISSUER, MOMENT).raw for _ in range(9)}
    assert len(made) == 9


def test_with_an_exchanged_key() -> None:
    """The browser flow may bring a key along."""
    expected = with_key_and_tokens(Login())
    key = Secret(expected.value["OPENAI_API_KEY"])
    made = chatgpt_document(answer(Login()), ISSUER, MOMENT, key)
    assert without_owner(made.raw) == without_owner(written_by_codex(expected))


def test_an_id_token_without_account() -> None:
    """The account is then null, and not left out, as 0.169 was seen to write it (C124)."""
    login = replace(Login(), with_account_id=False)
    made = chatgpt_document(answer(login), ISSUER, MOMENT)
    expected = login.document().having_tokens(account_id=None)
    assert without_owner(made.raw) == without_owner(written_by_codex(expected))


def test_an_opaque_access_token() -> None:
    """Only the id_token has to be a JWT."""
    login = replace(Login(), opaque=True)
    made = chatgpt_document(answer(login), ISSUER, MOMENT)
    assert without_owner(made.raw) == without_owner(written_by_codex(login.document()))


def test_an_id_token_that_codex_would_not_load() -> None:
    """Not a login: said without a word of the tokens, in the error or hanging on it."""
    login = Login()
    given = answer(login)._replace(id_token=Secret("no.jwt"))
    with pytest.raises(IssuerProtocolError) as caught:
        chatgpt_document(given, ISSUER, MOMENT)
    assert "tokens.id_token" in caught.value.message
    assert caught.value.__context__ is None
    check_silence(caught.value, [login.access_token, login.refresh_token, "no.jwt"])


def test_keys_and_access_tokens() -> None:
    """Exactly the two fields that 0.169 writes (C23), text outside ASCII as it is (C126)."""
    key, token = with_api_key(), with_personal_access_token()
    made = api_key_document(Secret(key.value["OPENAI_API_KEY"]))
    assert (made.raw, made.kind) == (key.data(), API_KEY)
    made = access_token_document(Secret(token.value["personal_access_token"]))
    assert (made.raw, made.kind) == (token.data(), PERSONAL_ACCESS_TOKEN)
    assert '"ключ"'.encode() in api_key_document(Secret("ключ")).raw


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_800_000_000, "2027-01-15T08:00:00Z"),
        (1_800_000_000.5, "2027-01-15T08:00:00.500Z"),
        (1_800_000_000 + 2**-20, "2027-01-15T08:00:00.000000953Z"),
        (1_800_000_000.25 + 2**-13, "2027-01-15T08:00:00.250122070Z"),
    ],
)
def test_a_time(seconds: float, text: str) -> None:
    """Three decimals at a time are left out where they are zero, as Codex does (C124)."""
    assert timestamp(seconds) == text
