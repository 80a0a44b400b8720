"""`auth_file.parse` loads what Codex 0.169.0 loads, by its recorded answers; no Codex is needed (C20 to C35)."""

from __future__ import annotations

import json
import random
from itertools import chain

import pytest

from profiles.auth_file import AuthDocument, parse, with_account, with_carried_fields
from profiles.cache import facts_of_document
from profiles.claims import decode, explain
from profiles.errors import AuthFileMalformed, TokenMalformed
from profiles.model import (
    AGENT_IDENTITY,
    API_KEY,
    BEDROCK,
    CHATGPT,
    EMPTY,
    PERSONAL_ACCESS_TOKEN,
)
from tests.support.documents import with_agent_identity_object, with_key_and_tokens
from tests.support.malformed import LAXER, LOADABLE, REFUSED, STRICTER, WHOLE
from tests.support.tokens import SECRETS, Document, Login

PATH = "/somewhere/auth.json"


def _refusal(data: bytes) -> AuthFileMalformed:
    with pytest.raises(AuthFileMalformed) as caught:
        parse(data, PATH)
    return caught.value


@pytest.mark.parametrize("name", LOADABLE)
def test_what_codex_loads_is_loaded(name: str) -> None:
    """A login that works is never called broken, and nothing that is asked of its document fails."""
    _ask_everything(parse(LOADABLE[name], PATH))


@pytest.mark.parametrize("name", REFUSED)
def test_what_codex_refuses_is_refused(name: str) -> None:
    """R15: nothing that would log the person out is installed; the error says where, and holds no secret."""
    error = _refusal(REFUSED[name])
    assert error.path == PATH
    assert error.why
    assert len(error.message) < 200
    assert not [what for text, what in SECRETS.items() if text in error.message]


@pytest.mark.parametrize("name", STRICTER)
def test_what_nobody_writes_is_refused_on_purpose(name: str) -> None:
    """Lists and objects that Codex would take for a record or a word are refused, though it loads them."""
    _refusal(STRICTER[name])


@pytest.mark.parametrize("name", LAXER)
def test_what_codex_refuses_and_we_read(name: str) -> None:
    """Headers, which the switch refuses for what they are, and a key whose public half nobody computes here."""
    _ask_everything(parse(LAXER[name], PATH))


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("e-mail a number", "tokens.id_token"),
        ("oauth_provenance, half", "tokens.oauth_provenance.client_id"),
        ("Bedrock key without region", "bedrock_api_key.region"),
        ("agent without chatgpt_account_is_fedramp", "agent_identity.chatgpt_account_is_fedramp"),
        ("account_id twice", "tokens.account_id"),
        ("last_refresh 'yesterday'", "last_refresh"),
        ("mode apikey over nothing", "auth_mode"),
        ("a comma at the end", "line 16"),
        ("not UTF-8", "byte 18"),
    ],
)
def test_the_error_names_the_field_or_the_line(name: str, where: str) -> None:
    """Whoever has to mend the file by hand is told where to look."""
    assert _refusal(REFUSED[name]).where == where


def test_a_secret_in_the_place_of_the_mode_is_not_repeated() -> None:
    """Not even a word that is no mode is shown: it may be a key in the wrong line."""
    error = _refusal(Document({"auth_mode": "sk-secret"}).data())
    assert "sk-secret" not in error.message
    assert "spells it apikey" in _refusal(Document({"auth_mode": "API_KEY"}).data()).why


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("personal_access_token bedrock_api_key bedrock_access_keys OPENAI_API_KEY tokens", "pat"),
        ("bedrock_api_key bedrock_access_keys OPENAI_API_KEY tokens", "bedrock"),
        ("bedrock_access_keys OPENAI_API_KEY tokens", "bedrock"),
        ("OPENAI_API_KEY tokens agent_identity", "key"),
        ("tokens agent_identity", "chatgpt"),
        ("agent_identity", "empty"),
    ],
)
def test_the_kind_without_a_mode_is_codexs_guess(fields: str, kind: str) -> None:
    """C24: PAT, Bedrock key, Bedrock access keys, key, ChatGPT; an agent identity without its mode is ignored."""
    kinds = {"pat": PERSONAL_ACCESS_TOKEN, "bedrock": BEDROCK, "key": API_KEY, "chatgpt": CHATGPT}
    everything = {
        "personal_access_token": "at-x",
        "bedrock_api_key": {"api_key": "k", "region": "r"},
        "bedrock_access_keys": {"access_key_id": "a", "secret_access_key": "s"},
        "OPENAI_API_KEY": "sk-x",
        "tokens": WHOLE.value["tokens"],
        "agent_identity": with_agent_identity_object().value["agent_identity"],
    }
    document = parse(Document({name: everything[name] for name in fields.split()}).data(), PATH)
    assert document.kind == kinds.get(kind, EMPTY)
    logins = document.logins()
    assert [login.identity for login in logins[:1]] == [document.identity] * bool(logins)
    # Each credential counts as a login of its own (R1), of a document that holds one at all.
    assert len(logins) == (len(fields.split()) if kind != "empty" else 0)


def test_an_agent_identity_stays_the_same_when_codex_writes_to_it() -> None:
    """R1: the task that Codex registers, the plan and the address are no part of who the agent is."""
    document = with_agent_identity_object()
    agent = document.value["agent_identity"]
    changed = document.having(
        agent_identity={**agent, "task_id": "t", "plan_type": "team", "email": None, "x": 1e5}
    )
    before, after = parse(document.data(), PATH), parse(changed.data(), PATH)
    assert before.kind == AGENT_IDENTITY
    assert before.identity == after.identity
    other = document.having(agent_identity={**agent, "agent_runtime_id": "another"})
    assert parse(other.data(), PATH).identity != before.identity


def test_tokens_that_hold_nothing_are_no_login() -> None:
    """R1: two documents of empty tokens do not become one login by their emptiness."""
    empty = WHOLE.having_tokens(id_token="a.e30.c", access_token="", refresh_token="")
    assert parse(empty.data(), PATH).kind == EMPTY
    assert parse(empty.having_tokens(access_token="at").data(), PATH).kind == CHATGPT


_ODD = '"x": [1.50, 1e999, {"a": 1, "a": 2}, "\\ud800"], "y": ' + "[" * 5000 + "]" * 5000


@pytest.mark.parametrize("text", [WHOLE.text(), json.dumps(WHOLE.value, separators=(",", ":"))])
def test_setting_the_account_touches_no_other_byte(text: str) -> None:
    """R11: whatever else stands in the document, read or not, is what it was; so is its order and layout."""
    odd = f"{text.removesuffix('}')}, {_ODD}}}\n"
    changed = with_account(parse(odd.encode(), PATH), "another ü")
    assert changed.decode() == odd.replace(Login().account_id, "another ü")
    without = parse(WHOLE.having_tokens(account_id=...).data(), PATH)
    added = parse(with_account(without, "another"), PATH)
    assert added.tokens is not None
    assert added.tokens.account_id == "another"


def test_carried_fields_touch_no_other_byte() -> None:
    """R10: what old clients drop comes back in Codex's own layout, and nothing else changes."""
    newer, older = Login().as_098().document(), Login().document()
    carried = with_carried_fields(parse(newer.data(), PATH), parse(older.data(), PATH))
    tokens = older.value["tokens"]
    names = ("oauth_provenance", "login_owner_id")
    wanted = newer.having_tokens(**{name: tokens[name] for name in names})
    assert carried == wanted.data()
    nulls = newer.having_tokens(**dict.fromkeys(names))
    again = with_carried_fields(parse(nulls.data(), PATH), parse(older.data(), PATH))
    assert json.loads(again)["tokens"] == wanted.value["tokens"]
    assert with_carried_fields(parse(older.data(), PATH), parse(older.data(), PATH)) == older.data()


@pytest.mark.parametrize(
    "garbage",
    [b"[", b'{"a":', b'{"a":[', b'{"a":"', b"\0", b'{"auth_mode":"headers","a":', b"9"],
)
def test_garbage_of_any_size_is_refused_at_once(garbage: bytes) -> None:
    """Eight megabytes of anything are one error, and Python's limits are never the reader's."""
    size = 8 << 20
    _refusal(garbage + garbage[-1:] * size)
    _refusal(garbage * (size // len(garbage)))


@pytest.mark.parametrize("mode", ["headers", "chatgpt"])
def test_no_depth_is_one_too_many(mode: str) -> None:
    """Around Python's own limit a document is read fast, slowly or not at all, and nothing else is raised."""
    for depth in range(880, 1020):
        brackets = f"{'[' * depth}{']' * depth}"
        parse(f'{{"auth_mode": "{mode}", "x": {brackets}}}'.encode(), PATH)


def test_more_than_fifty_mebibytes_are_refused_by_their_size() -> None:
    """A login of 50 MB is one (Codex loads it); beyond the limit nothing is even looked at."""
    large = b'{"x": "' + b"x" * (50_000_000) + b'"}'
    assert parse(large, PATH).kind == EMPTY
    assert "too large for a login" in _refusal(large + b" " * (3 << 20)).message


def test_bytes_gone_wrong_raise_nothing_else(seed: int) -> None:
    """5,000 documents with a few bytes changed: each is read, or refused as malformed."""
    dice = random.Random(seed)
    bases = [data for data in chain(LOADABLE.values(), REFUSED.values()) if 0 < len(data) < 9000]
    pieces = [b"{", b"}", b"[", b'"', b",", b":", b"null", b"NaN", b"1e999", b"\\ud800", b"\xff"]
    pieces += [b'"x":1,', b'"tokens":null,', b"9" * 4400, b"[" * 1100, b" "]
    loaded = 0
    for _ in range(5000):
        data = bytearray(dice.choice(bases))
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(data) + 1)
            data[at : at + dice.randint(0, 3)] = dice.choice(pieces)
        document = _read(bytes(data))
        if document is not None:
            loaded += 1
            _ask_everything(document)
    assert loaded > 200


def _read(data: bytes) -> AuthDocument | None:
    try:
        return parse(data, PATH)
    except AuthFileMalformed:
        return None


def _ask_everything(document: AuthDocument) -> None:
    """Ask what lists, switches and `show` ask of a document."""
    facts = facts_of_document(document)
    assert (facts.identity is None) == (document.kind == EMPTY)
    json.dumps(facts)
    assert document.is_mixture in {True, False}
    assert len(document.lineage) == 2
    assert [login.identity for login in document.logins()][:1] == [
        identity for identity in [document.identity] if identity is not None
    ]
    if document.tokens is None:
        return
    assert parse(with_account(document, "new"), PATH).data["tokens"]["account_id"] == "new"
    parse(with_carried_fields(document, parse(WHOLE.data(), PATH)), PATH)
    for token in (document.tokens.id_token, document.tokens.access_token):
        try:
            claims = decode(token.reveal())
        except TokenMalformed:
            continue
        json.dumps(claims, ensure_ascii=False, allow_nan=False).encode()
        assert all(row.value.encode() is not None for row in explain(claims))


def test_both_logins_of_a_document_have_the_secret_that_they_have_alone() -> None:
    """R5: a key beside tokens is known by the same secret as the key alone, so that its backup may go."""
    together = parse(with_key_and_tokens(Login(), "exchanged").data(), PATH).logins()
    alone = parse(
        with_key_and_tokens(Login(), "exchanged").having(auth_mode="apikey", tokens=...).data(),
        PATH,
    ).logins()
    assert together[1] == alone[0]
