"""Documents at the edge of what Codex loads, and what Codex 0.169.0 said to each.

`LOADABLE` and `REFUSED` hold the bytes of an auth.json by what is odd about it. The answers are recorded:
`tests/unit/test_loadable.py` holds `profiles.auth_file` to them, `tests/real_codex/test_loadable.py` asks the client
again. `STRICTER` are those that Codex loads and we refuse on purpose, `LAXER` those that it refuses and we read.
"""

from __future__ import annotations

import json
from typing import Final

from tests.support import malformed_agents
from tests.support.codex_times import NO_TIMES, TIMES
from tests.support.documents import (
    BROKEN,
    VARIANTS,
    with_agent_identity_object,
    with_api_key,
    with_bedrock_access_keys,
    with_bedrock_api_key,
    with_personal_access_token,
)
from tests.support.malformed_agents import small_jwt
from tests.support.tokens import AUTH_CLAIM, PROFILE_CLAIM, Document, Login

WHOLE: Final = Login().document()
TEXT: Final = WHOLE.text()

LOADABLE: Final[dict[str, bytes]] = {}
REFUSED: Final[dict[str, bytes]] = dict(BROKEN)
STRICTER: Final[dict[str, bytes]] = {}
LAXER: Final[dict[str, bytes]] = {}

for _variant, _document in VARIANTS.items():
    # A host hands headers over; Codex loads none from a file.
    (LAXER if _variant == "headers" else LOADABLE)[_variant] = _document.data()


def _top(fragment: str) -> bytes:
    """Put text behind the last field of the document."""
    return f"{TEXT[:-2]},\n  {fragment}\n}}".encode()


def _in_tokens(fragment: str) -> bytes:
    """Put text before the first field of `tokens`."""
    return TEXT.replace('"id_token"', f'{fragment}, "id_token"').encode()


def _only(**fields: object) -> bytes:
    return Document(fields).data()


# -- the text --

LOADABLE.update({
    "a newline at the end": f"{TEXT}\n".encode(),
    "white space of every kind around it": f" \t\r\n{TEXT} \t\r\n".encode(),
    "compact": json.dumps(WHOLE.value, separators=(",", ":")).encode(),
    "a name written with an escape": TEXT.replace("auth_mode", "auth\\u005fmode").encode(),
    "DEL in a text": _top('"x": "\x7f"'),
    "an empty name": _top('"": 1'),
    "a field that nobody knows": _top('"x": {"a": [1, null]}'),
    "a field that nobody knows, twice": _top('"x": 1, "x": 2'),
    "a field that nobody knows in tokens, twice": _in_tokens('"x": 1, "x": 2'),
    "known names twice, deeper": _top('"x": {"tokens": 1, "tokens": 2}'),
    "a number beyond any double": _top('"x": 1e999'),
    "a number of 5,000 digits": _top(f'"x": {"9" * 5000}'),
    "minus zero": _top('"x": -0'),
    "1,500 brackets deep": _top(f'"x": {"[" * 1500}{"]" * 1500}'),
    "100,000 brackets deep": _top(f'"x": {"[" * 100_000}{"]" * 100_000}'),
    "3,000 objects deep": _top('"x": ' + '{"a": ' * 3000 + "1" + "}" * 3000),
    "half a pair where nobody looks": _top('"x": "\\ud800"'),
    "half a pair where nobody looks in tokens": _in_tokens('"x": "\\udfff"'),
    "half a pair in a name, deeper": _top('"x": [{"\\ud800": 1}]'),
    "a whole pair in a text that is looked at": _top('"personal_access_token": "\\uD83D\\uDE00"'),
    "NUL in a token": WHOLE.having_tokens(refresh_token="rt\0x").data(),
    "half a megabyte in a field": _top(f'"x": "{"x" * 500_000}"'),
})  # fmt: skip
REFUSED.update({
    "white space only": b" \n",
    "NUL bytes": b"\0" * 100,
    "a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "no UTF-8 where nobody looks": _top('"x": "?"').replace(b"?", b"\xff"),
    "an overlong NUL": _top('"x": "?"').replace(b"?", b"\xc0\x80"),
    "half a pair in UTF-8": _top('"x": "?"').replace(b"?", b"\xed\xa0\x80"),
    "text behind the end": f"{TEXT}x".encode(),
    "a second document": f"{TEXT}\n{{}}".encode(),
    "NUL behind the end": f"{TEXT}\0".encode(),
    "a vertical tab behind the end": f"{TEXT}\x0b".encode(),
    "a hard space behind the end": f"{TEXT}\xa0".encode(),
    "a form feed before it": f"\x0c{TEXT}".encode(),
    "a comment": f"// mine\n{TEXT}".encode(),
    "a comma at the end": f"{TEXT[:-1]},}}".encode(),
    "single quotes": TEXT.replace('"', "'").encode(),
    "NaN": _top('"x": NaN'),
    "Infinity": _top('"x": -Infinity'),
    "a plus sign": _top('"x": +1'),
    "a leading zero": _top('"x": 01'),
    "a point without digits": _top('"x": 1.'),
    "a point at first": _top('"x": .5'),
    "a newline in a text": _top('"x": "a\nb"'),
    "an escape that is none": _top('"x": "\\q"'),
    "an escape of three digits": _top('"x": "\\ud83"'),
    "NaN below 1,500 brackets": _top(f'"x": {"[" * 1500}NaN{"]" * 1500}'),
    "a bracket too few": _top(f'"x": {"[" * 1500}{"]" * 1499}'),
    "a bracket too many": _top(f'"x": {"[" * 1500}{"]" * 1501}'),
    "text behind 1,500 brackets": _top(f'"x": {"[" * 1500}{"]" * 1500}') + b"x",
    "half a pair in a name": _top('"\\ud800": 1'),
    "half a pair in a name in tokens": _in_tokens('"\\ud800": 1'),
    "half a pair in a token": TEXT.replace(Login().refresh_token, "\\udc00").encode(),
    "half a pair in the account id": TEXT.replace(Login().account_id, "\\ud800").encode(),
    "two halves the wrong way round": _top('"personal_access_token": "\\uDE00\\uD83D"'),
    "null": b"null",
    "true": b"true",
    "a number": b"7",
})  # fmt: skip
STRICTER["a list of the fields in Codex's order"] = b'["apikey", "sk-x", null, null]'

# -- modes and their material --

_KEYS = ("OPENAI_API_KEY", "tokens", "last_refresh", "agent_identity", "personal_access_token")
for _key in (*_KEYS, "bedrock_api_key", "bedrock_access_keys", "auth_mode"):
    _fragment = f'"{_key}": null'
    REFUSED[f"{_key} twice"] = _top(
        _fragment if _key in WHOLE.value else f"{_fragment}, {_fragment}"
    )
for _mode in ("ChatGPT", "CHATGPT", "apiKey", "ApiKey", "api_key", "agentidentity", "", "chatgpt "):
    REFUSED[f"mode {_mode!r}"] = WHOLE.having(auth_mode=_mode).data()
_MATERIAL = {
    "apikey": with_api_key(),
    "personalAccessToken": with_personal_access_token(),
    "agentIdentity": with_agent_identity_object(),
    "bedrockApiKey": with_bedrock_api_key(),
    "bedrockAccessKeys": with_bedrock_access_keys(),
}
for _mode, _document in _MATERIAL.items():
    REFUSED[f"mode {_mode} over tokens"] = WHOLE.having(auth_mode=_mode).data()
    REFUSED[f"mode {_mode} over nothing"] = _only(auth_mode=_mode)
    LOADABLE[f"mode {_mode} with tokens, too"] = WHOLE.having(
        **{**_document.value, "auth_mode": _mode}
    ).data()
_BEDROCK = with_bedrock_api_key().value["bedrock_api_key"]
_ACCESS = with_bedrock_access_keys().value["bedrock_access_keys"]
LOADABLE.update({
    "mode null": WHOLE.having(auth_mode=None).data(),
    "mode apikey, an empty key": _only(auth_mode="apikey", OPENAI_API_KEY=""),
    "an empty key alone": _only(OPENAI_API_KEY=""),
    "no mode, a key and tokens": WHOLE.having(auth_mode=..., OPENAI_API_KEY="sk-x").data(),
    "mode chatgpt over a key alone": _only(auth_mode="chatgpt", OPENAI_API_KEY="sk-x"),
    "mode chatgptAuthTokens over nothing": _only(auth_mode="chatgptAuthTokens"),
    "mode chatgpt over everything": WHOLE.having(
        personal_access_token="at-x", bedrock_api_key=_BEDROCK, agent_identity="junk"
    ).data(),
    "an empty personal access token": _only(personal_access_token=""),
    "a personal access token of another form": _only(personal_access_token="zzz"),
    "a personal access token and a key": _only(personal_access_token="at-x", OPENAI_API_KEY="k"),
    "Bedrock key and a key": _only(bedrock_api_key=_BEDROCK, OPENAI_API_KEY="sk-x"),
    "Bedrock access keys and a key": _only(bedrock_access_keys=_ACCESS, OPENAI_API_KEY="sk-x"),
    "Bedrock key null": _only(bedrock_api_key=None),
    "Bedrock key, both empty": _only(bedrock_api_key={"api_key": "", "region": ""}),
    "Bedrock key with more": _only(bedrock_api_key={**_BEDROCK, "x": 1}),
    "Bedrock access keys without session": _only(
        bedrock_access_keys={"access_key_id": "a", "secret_access_key": "b"}
    ),
    "Bedrock access keys, session null": _only(
        bedrock_access_keys={**_ACCESS, "session_token": None, "region": 5}
    ),
})  # fmt: skip
REFUSED.update({
    "mode true": WHOLE.having(auth_mode=True).data(),
    "mode in a list": WHOLE.having(auth_mode=["chatgpt"]).data(),
    "mode bedrockApiKey over access keys": _only(
        auth_mode="bedrockApiKey", bedrock_access_keys=_ACCESS
    ),
    "the key's name in small letters": _only(auth_mode="apikey", openai_api_key="sk-x"),
    "key a number": WHOLE.having(OPENAI_API_KEY=5).data(),
    "personal access token a number": WHOLE.having(personal_access_token=7).data(),
    "a key over broken tokens": with_api_key().having(tokens={}).data(),
    "a key over a broken last_refresh": with_api_key().having(last_refresh="x").data(),
    "Bedrock key a text": _only(bedrock_api_key="k"),
    "Bedrock key a text under chatgpt": WHOLE.having(bedrock_api_key="k").data(),
    "Bedrock key without region": _only(bedrock_api_key={"api_key": "k"}),
    "Bedrock key, region null": _only(bedrock_api_key={"api_key": "k", "region": None}),
    "Bedrock key twice in it": b'{"bedrock_api_key": {"api_key": "", "region": "", "region": ""}}',
    "Bedrock access keys {}": _only(bedrock_access_keys={}),
    "Bedrock access keys, one": _only(bedrock_access_keys={"access_key_id": "a"}),
    "Bedrock access keys, session a number": _only(
        bedrock_access_keys={**_ACCESS, "session_token": 5}
    ),
})  # fmt: skip
LAXER["mode headers over tokens"] = WHOLE.having(auth_mode="headers").data()
STRICTER['mode {"chatgpt": null}'] = WHOLE.having(auth_mode={"chatgpt": None}).data()
STRICTER["Bedrock key a list of its values"] = _only(bedrock_api_key=["k", "eu-central-1"])

# -- tokens --

_ABSENT: Final[dict[str, object]] = {"missing": ..., "null": None}
_WRONG: Final[dict[str, object]] = {"a number": 5, "an object": {}}
for _name in ("id_token", "access_token", "refresh_token"):
    for _what, _value in (_ABSENT | _WRONG).items():
        REFUSED[f"{_name} {_what}"] = WHOLE.having_tokens(**{_name: _value}).data()
    REFUSED[f"{_name} twice"] = _in_tokens(f'"{_name}": "x.e30.x"')
for _name in ("account_id", "login_owner_id"):
    for _what, _value in (_ABSENT | {"empty": ""}).items():
        LOADABLE[f"{_name} {_what}"] = WHOLE.having_tokens(**{_name: _value}).data()
    for _what, _value in _WRONG.items():
        REFUSED[f"{_name} {_what}"] = WHOLE.having_tokens(**{_name: _value}).data()
    REFUSED[f"{_name} twice"] = _in_tokens(f'"{_name}": null')
LOADABLE.update({
    "tokens missing": WHOLE.having(tokens=...).data(),
    "tokens null": WHOLE.having(tokens=None).data(),
    "access_token empty": WHOLE.having_tokens(access_token="").data(),
    "refresh_token empty": WHOLE.having_tokens(refresh_token="").data(),
    "oauth_provenance null": WHOLE.having_tokens(oauth_provenance=None).data(),
    "oauth_provenance of empty texts": WHOLE.having_tokens(
        oauth_provenance={"issuer": "", "client_id": "", "x": 1}
    ).data(),
})  # fmt: skip
REFUSED.update({
    "tokens {}": WHOLE.having(tokens={}).data(),
    "tokens a text": WHOLE.having(tokens="x").data(),
    "oauth_provenance a text": WHOLE.having_tokens(oauth_provenance="x").data(),
    "oauth_provenance {}": WHOLE.having_tokens(oauth_provenance={}).data(),
    "oauth_provenance, half": WHOLE.having_tokens(oauth_provenance={"issuer": "x"}).data(),
    "oauth_provenance, issuer a number": WHOLE.having_tokens(
        oauth_provenance={"issuer": 5, "client_id": "c"}
    ).data(),
    "oauth_provenance, issuer twice": TEXT.replace(
        '"issuer"', '"issuer": "", "issuer"'
    ).encode(),
    "oauth_provenance, half a pair in a name": TEXT.replace(
        '"issuer"', '"\\udc00": "", "issuer"'
    ).encode(),
})  # fmt: skip
STRICTER["oauth_provenance a list of its values"] = WHOLE.having_tokens(
    oauth_provenance=["https://auth.openai.com", "app"]
).data()

# -- the id_token: its form, its claims --


def _id_token(text: str) -> bytes:
    return WHOLE.having_tokens(id_token=text).data()


def _claims(body: str | bytes) -> bytes:
    return _id_token(small_jwt(body if isinstance(body, bytes) else body.encode()))


def _auth(fields: str) -> bytes:
    return _claims(f'{{"{AUTH_CLAIM}": {fields}}}')


def _profile(fields: str) -> bytes:
    return _claims(f'{{"{PROFILE_CLAIM}": {fields}}}')


for _text in ("a.e30.c.x", "a.e30.c.....", "!!.e30.??", " .e30. ", "a.e30.é"):
    LOADABLE[f"id_token {_text!r}"] = _id_token(_text)
for _text in (
    "", "..", "a.e30", "a.e30.", ".e30.c", "a..c", "a.e30=.c", "a.e30a=.c", "a.e3 0.c", "a.e30\n.c",
    "a.e30aa.c", "a.e3é.c", "a.e30/.c", "a.e30+.c", "a.e31.c", "a.Mf.c", "a.IA.c", "a.aGVsbG8.c",
):  # fmt: skip
    REFUSED[f"id_token {_text!r}"] = _id_token(_text)
LOADABLE.update({
    "claims {}": _claims("{}"),
    "claims []": _claims("[]"),
    "claims in white space": _claims(" \n\t{}\r "),
    "no UTF-8 in a claim that nobody knows": _claims(b'{"x": "\xff", "y": {"\xff": 1}}'),
    "half a pair in a claim that nobody knows": _claims('{"x": "\\ud800"}'),
    "a claim that nobody knows, twice": _claims('{"x": null, "x": null}'),
    "a claim 50,000 brackets deep": _claims(f'{{"x": {"[" * 50_000}{"]" * 50_000}}}'),
    "exp of 5,000 digits": _claims(f'{{"exp": {"9" * 5000}, "iat": 1e999}}'),
    "exp and sid of another type": _claims('{"exp": "soon", "sid": 5, "organizations": 5}'),
    "claims all null": _claims(f'{{"email": null, "{AUTH_CLAIM}": null, "{PROFILE_CLAIM}": null}}'),
    "auth []": _auth("[]"),
    "auth, all null": _auth('{"chatgpt_plan_type": null, "chatgpt_user_id": null, "user_id": null}'),
    "auth, fedramp true": _auth('{"chatgpt_account_is_fedramp": true}'),
    "auth, a plan that nobody knows": _auth('{"chatgpt_plan_type": "quorum"}'),
    "auth, what nobody knows twice": _auth('{"x": 1, "x": 1, "y": "\\ud800"}'),
    "profile []": _profile("[]"),
    "profile, email null": _profile('{"email": null}'),
})  # fmt: skip
REFUSED.update({
    "claims null": _claims("null"),
    "claims and a byte order mark": _claims(b"\xef\xbb\xbf{}"),
    "claims and more": _claims("{} x"),
    "claims with NaN": _claims('{"x": NaN}'),
    "claims with a newline in a text": _claims('{"x": "\n"}'),
    "no UTF-8 in the e-mail": _claims(b'{"email": "\xff"}'),
    "no UTF-8 in a claim's name": _claims(b'{"\xff": 1}'),
    "no UTF-8 between the claims": _claims(b'{"x": 1\xff}'),
    "half a pair in the e-mail": _claims('{"email": "\\ud800"}'),
    "half a pair in a claim's name": _claims('{"\\ud800": 1}'),
    "a pair in UTF-8 in the e-mail": _claims(b'{"email": "\xed\xa0\xbd\xed\xb8\x80"}'),
    "half a pair before a byte in the e-mail": _claims(b'{"email": "\\ud83d\xff"}'),
    "e-mail a number": _claims('{"email": 5}'),
    "e-mail twice": _claims('{"email": "a@x", "email": "a@x"}'),
    "auth a text": _auth('"x"'),
    "auth twice": _claims(f'{{"{AUTH_CLAIM}": null, "{AUTH_CLAIM}": null}}'),
    "auth, half a pair in a name": _auth('{"\\ud800": 1}'),
    "auth, fedramp null": _auth('{"chatgpt_account_is_fedramp": null}'),
    "auth, fedramp a text": _auth('{"chatgpt_account_is_fedramp": "yes"}'),
    "auth, fedramp twice": _auth(
        '{"chatgpt_account_is_fedramp": true, "chatgpt_account_is_fedramp": true}'
    ),
    "auth, plan deep": _auth(f'{{"chatgpt_plan_type": {"[" * 3000}{"]" * 3000}}}'),
    "profile a text": _profile('"x"'),
    "profile twice": _claims(f'{{"{PROFILE_CLAIM}": null, "{PROFILE_CLAIM}": null}}'),
    "profile, e-mail a number": _profile('{"email": 5}'),
    "profile, e-mail twice": _profile('{"email": null, "email": null}'),
})  # fmt: skip
for _name in ("chatgpt_plan_type", "chatgpt_user_id", "user_id", "chatgpt_account_id"):
    REFUSED[f"auth, {_name} a number"] = _auth(f'{{"{_name}": 5}}')
    REFUSED[f"auth, {_name} twice"] = _auth(f'{{"{_name}": null, "{_name}": null}}')
STRICTER['auth, plan {"plus": null}'] = _auth('{"chatgpt_plan_type": {"plus": null}}')
STRICTER["claims a list of their values"] = _claims('["ada@example.com"]')
STRICTER["auth a list of its values"] = _auth('["plus", "user-x", null, "x", false]')
STRICTER["profile a list of its values"] = _profile('["ada@example.com"]')

# -- agent identities --

LOADABLE.update(malformed_agents.LOADABLE)
REFUSED.update(malformed_agents.REFUSED)
STRICTER.update(malformed_agents.STRICTER)
LAXER.update(malformed_agents.LAXER)

# -- last_refresh --

for _text in TIMES:
    LOADABLE[f"last_refresh {_text[:40]!r}"] = WHOLE.having(last_refresh=_text).data()
for _text in NO_TIMES:
    REFUSED[f"last_refresh {_text[:40]!r}"] = WHOLE.having(last_refresh=_text).data()
for _json in ("1700000000", "true", "[]", "{}"):
    REFUSED[f"last_refresh {_json}"] = WHOLE.having(last_refresh=json.loads(_json)).data()
LOADABLE["last_refresh missing"] = WHOLE.having(last_refresh=...).data()
LOADABLE["last_refresh null"] = WHOLE.having(last_refresh=None).data()
