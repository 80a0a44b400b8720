"""`auth_file`: every variant with kind and identity, faithful to the byte, and one error for all the rest."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from profiles.auth_file import AuthDocument, parse, serialise, with_carried_fields
from profiles.errors import AuthFileMalformed
from profiles.model import (
    AGENT_IDENTITY,
    API_KEY,
    BEDROCK,
    CHATGPT,
    CHATGPT_EXTERNAL,
    EMPTY,
    HEADERS,
    PERSONAL_ACCESS_TOKEN,
    Identity,
)
from tests.support.documents import BROKEN, VARIANTS
from tests.support.tokens import SECRETS, Document, Login

PATH = "/somewhere/auth.json"
ADA = Login()
#: What each variant is; those that begin with "chatgpt" are Ada's login.
KINDS = {
    "chatgpt from a host": CHATGPT_EXTERNAL,
    "API key": API_KEY,
    "API key without auth_mode": API_KEY,
    "personal access token": PERSONAL_ACCESS_TOKEN,
    "personal access token, mode written": PERSONAL_ACCESS_TOKEN,
    "agent identity, token": AGENT_IDENTITY,
    "agent identity, object": AGENT_IDENTITY,
    "Bedrock API key": BEDROCK,
    "Bedrock access keys": BEDROCK,
    "headers": HEADERS,
    "no login": EMPTY,
}
#: What the error must name, for each way of being broken.
NAMED = {
    "empty": "empty",
    "cut": "line",
    "binary": "byte",
    "not UTF-8": "byte",
    "a list": "object",
    "a string": "object",
    "tokens is a list": "tokens",
    "tokens without id_token": "tokens.id_token",
    "id_token is a number": "tokens.id_token",
    "id_token is no JWT": "tokens.id_token",
    "auth_mode unknown": "auth_mode",
    "auth_mode is a number": "auth_mode",
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_has_its_kind_and_identity(name: str) -> None:
    """Every form that Codex writes or once wrote is told for what it is, and for whose."""
    document = parse(VARIANTS[name].data(), PATH)
    kind = KINDS.get(name, CHATGPT)
    assert document.kind == kind
    if kind == EMPTY:
        assert (document.identity, document.logins()) == (None, [])
        return
    assert document.identity is not None
    assert document.identity.kind == kind
    assert document.logins()[0].identity == document.identity
    if kind in (CHATGPT, CHATGPT_EXTERNAL):
        assert document.identity == Identity(kind, ADA.user_id, ADA.account_id, "")
        assert document.email == ADA.email
        assert document.refresh_token is not None
        assert document.refresh_token.reveal() == ADA.refresh_token
    else:
        assert len(document.identity.key) == 64


def test_no_two_variants_are_one_login_but_those_that_are() -> None:
    """Kinds never collide: a key is not a token with the same letters."""
    identities = [parse(made.data(), PATH).identity for made in VARIANTS.values()]
    known = {identity for identity in identities if identity is not None}
    assert len({identity.kind for identity in known}) == len(set(KINDS.values()) - {EMPTY}) + 1
    assert len(known) == 9 - ("headers" not in VARIANTS)


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_one_is_refused_by_name(name: str) -> None:
    """The error names the file and the field or the place, has a next step, and shows no secret."""
    with pytest.raises(AuthFileMalformed) as refused:
        parse(BROKEN[name], PATH)
    error = refused.value
    assert NAMED[name] in (error.where or error.why)
    assert PATH in error.message
    assert error.hint
    assert not [what for word, what in SECRETS.items() if word in error.message]


@pytest.mark.parametrize("name", VARIANTS)
def test_bytes_are_kept(name: str) -> None:
    """A document is its bytes; written anew it is what Codex would write."""
    raw = VARIANTS[name].data()
    document = parse(raw, PATH)
    assert document.raw is raw
    assert serialise(document.data) == raw
    loose = json.dumps(VARIANTS[name].value, indent=5, sort_keys=True).encode() + b"\r\n"
    assert parse(loose, PATH).raw == loose
    assert parse(loose, PATH).identity == document.identity


@pytest.mark.parametrize("name", VARIANTS)
def test_no_secret_shows(name: str) -> None:
    """`repr` and `str` of a document, its parts and its logins hold none."""
    document = parse(VARIANTS[name].data(), PATH)
    text = "\n".join(
        f"{each!r} {each}"
        for each in (document, document.tokens, document.api_key, document.logins())
    )
    assert not [what for word, what in SECRETS.items() if word in text]


def test_nothing_to_carry_changes_nothing() -> None:
    """Without dropped fields the newer copy's very bytes come back, odd spacing and all."""
    raw = json.dumps(ADA.rotate().document().value, indent=3).encode()
    newer = parse(raw, PATH)
    assert with_carried_fields(newer, parse(ADA.document().data(), PATH)) == raw
    key = parse(VARIANTS["API key"].data(), PATH)
    assert with_carried_fields(key, newer) == key.raw
    assert with_carried_fields(newer, key) == raw


# -- whatever stands in the file --


def _ask(raw: bytes) -> AuthDocument | None:
    """Parse, and ask everything of what loads."""
    try:
        document = parse(raw, PATH)
    except AuthFileMalformed:
        return None
    assert document.raw == raw
    repr(document)
    for login in document.logins():
        login.identity.digest()
        login.secret.digest()
    assert document.is_mixture in (True, False)
    assert len(document.lineage) == 2
    assert document.last_refresh is None or document.last_refresh >= 0
    assert (document.identity is None) == (document.kind == EMPTY)
    return document


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf{}")
@example(b'{"tokens": {"id_token": "\\ud800.a.b"}}')
@example(b"[" * 100_000)
@example(b'{"a":' * 50_000)
@example(b'{"last_refresh": 1e999}')
@example(b'{"OPENAI_API_KEY": ' + b"9" * 5000 + b"}")
def test_bytes_of_any_kind(raw: bytes) -> None:
    """Nothing but AuthFileMalformed, whatever is in the file."""
    _ask(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        ("auth_mode",),
        ("OPENAI_API_KEY",),
        ("tokens",),
        ("last_refresh",),
        ("agent_identity",),
        ("personal_access_token",),
        ("bedrock_api_key",),
        ("bedrock_access_keys",),
        ("headers",),
        *[("tokens", name) for name in (*ADA.tokens(), "unknown")],
        ("tokens", "oauth_provenance", "issuer"),
    ]
)


@given(st.sampled_from(sorted(VARIANTS)), st.lists(st.tuples(PATHS, JSON), max_size=3))
def test_values_of_any_kind_in_any_field(
    name: str, changes: list[tuple[tuple[str, ...], object]]
) -> None:
    """A whole document with anything in its fields either loads or is refused; it never crashes us."""
    value = json.loads(VARIANTS[name].text())
    for path, anything in changes:
        place = value
        for step in path[:-1]:
            inner = place.get(step)
            place[step] = inner if isinstance(inner, dict) else {}
            place = place[step]
        place[path[-1]] = anything
    _ask(json.dumps(value).encode())


@given(st.sampled_from(sorted(VARIANTS)), st.data())
def test_a_cut_or_damaged_document(name: str, data: st.DataObject) -> None:
    """Cut anywhere it is refused (a file in the middle of being written never counts); damaged, it may be."""
    raw = VARIANTS[name].data()
    if raw != b"{}":
        end = data.draw(st.integers(0, len(raw) - 1))
        assert _ask(raw[:end]) is None
    at = data.draw(st.integers(0, len(raw) - 1))
    _ask(raw[:at] + bytes([data.draw(st.integers(0, 255))]) + raw[at + 1 :])


@given(
    st.dictionaries(
        st.text(max_size=6).filter(lambda s: s not in ADA.document().value), JSON, max_size=3
    )
)
def test_unknown_fields_change_nothing(extra: dict[str, object]) -> None:
    """What a later Codex adds does not make the login another one."""
    known = {"agent_identity", "personal_access_token", "bedrock_api_key", "bedrock_access_keys"}
    extra = {name: value for name, value in extra.items() if name not in known}
    raw = json.dumps({**ADA.document().value, **extra}, allow_nan=True).encode()
    document = _ask(raw)
    if document is not None:
        assert document.identity == Identity(CHATGPT, ADA.user_id, ADA.account_id, "")
    else:
        assert b"NaN" in raw or b"Infinity" in raw or b"\\ud" in raw
    assert Document(extra).value == extra
