"""A whole browser login at the simulator, by callback and by paste, and every way in which it can end."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from profiles.errors import (
    AccessDenied,
    CallbackInvalid,
    CallbackTimeout,
    EntitlementMissing,
    GrantInvalid,
    IssuerRejected,
    IssuerUnreachable,
    OAuthError,
    ProfilesError,
    StateMismatch,
    UsageError,
    WorkspaceForbidden,
)
from profiles.oauth.browser import BrowserLogin, authorize_url
from profiles.oauth.events import Approved, CallbackRefused, Obtained, UrlIssued
from profiles.oauth.issuer import Issuer
from profiles.oauth.redirect_port import bind_loopback
from tests.support.browser_login import Running, running, settings_for, visit
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ADA = "ada@example.com"
TOKEN = "/oauth/token"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """The issuer, with ada in it, who is also in the workspace Acme."""
    with Simulator(algorithm="HS256") as made:
        made.people.add(ADA, workspaces=[("ws-acme", "Acme", "team")])
        yield made


async def place(login: Running) -> tuple[str, int]:
    """Return where the login listens, which is not where the address leads in these tests."""
    return "127.0.0.1", (await login.wait_for(UrlIssued)).port


def changed(callback: str, **fields: str) -> str:
    """Return a callback with other fields in it; an empty one is taken away."""
    address, _, query = callback.partition("?")
    kept = {**dict(parse_qsl(query)), **fields}
    return f"{address}?{urlencode({name: value for name, value in kept.items() if value})}"


def check_silent(simulator: Simulator, *texts: str) -> None:
    """Assert that no secret of the simulator's stands in these texts."""
    said = "\n".join(texts)
    assert not [secret for secret in simulator.secrets() if secret in said]


# -- the address --


def test_the_address_is_codexs_letter_for_letter() -> None:
    """As 0.169.0 printed it, challenge and state being what they were then (C115)."""
    assert authorize_url(
        Issuer("https://auth.openai.com"),
        "http://127.0.0.1:1455/auth/callback",
        "1RfEMsCSPtBftIKNIiv5Pgm_ruag-MUgYJl8o8Q2eDY",
        "QEsQZzxfobtd8KzyjaeuASyRRI9m3PcznfpHZ2AgYEI",
    ) == (
        "https://auth.openai.com/oauth/authorize?response_type=code&client_id=app_EMoamEEZ73f0CkXaXp7hrann"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1455%2Fauth%2Fcallback"
        "&code_challenge=1RfEMsCSPtBftIKNIiv5Pgm_ruag-MUgYJl8o8Q2eDY&code_challenge_method=S256"
        "&state=QEsQZzxfobtd8KzyjaeuASyRRI9m3PcznfpHZ2AgYEI"
        "&scope=openid+profile+email+offline_access+api.connectors.read+api.connectors.invoke"
        "&id_token_add_organizations=true&codex_cli_simplified_flow=true&originator=codex_cli_rs"
    )


def test_forced_workspaces_come_last_in_the_address() -> None:
    """Joined by commas, in the order of config.toml."""
    url = authorize_url(Issuer("https://x.example"), "r", "c", "s", ("ws-b", "ws-a", "*~"))
    assert url.endswith("&originator=codex_cli_rs&allowed_workspace_id=ws-b%2Cws-a%2C*%7E")


async def test_each_login_has_its_own_state_and_verifier(simulator: Simulator) -> None:
    """Two addresses share neither, and both are as long as Codex's."""
    fields = []
    for _ in range(2):
        async with running(settings_for(simulator)) as login:
            fields.append(dict(parse_qsl(urlsplit(await login.url).query)))
    one, other = fields
    for name in ("state", "code_challenge"):
        assert one[name] != other[name]
        assert len(one[name]) == 43


# -- it works --


async def test_a_login_by_its_callback(simulator: Simulator) -> None:
    """Events in order, Codex's requests in Codex's order, a whole document, a page that is true and says nothing."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA, "Acme")
        page = await visit(callback, await place(login))
        document = await login.document()
    assert [type(event) for event in login.events] == [UrlIssued, Approved, Obtained]
    assert login.told(Approved)[0].by == "callback"
    assert document.identity is not None
    assert document.identity.account_id == "ws-acme"
    written = json.loads(document.raw)
    assert written["OPENAI_API_KEY"].startswith("sk-svcacct-")
    assert written["tokens"]["oauth_provenance"]["issuer"] == simulator.url
    code, key = simulator.log
    assert [request.path for request in simulator.log] == [TOKEN, TOKEN]
    assert [name for name, _ in code.form()] == [
        "grant_type",
        "client_id",
        "code",
        "redirect_uri",
        "code_verifier",
    ]
    form = dict(code.form())
    assert form["redirect_uri"] == "http://127.0.0.1:1455/auth/callback"
    assert len(form["code_verifier"]) == 86
    assert dict(key.form())["subject_token"] == written["tokens"]["id_token"]
    assert page.status == 200
    assert "Signed in" in page.body
    check_silent(simulator, page.head, page.body, login.everything_said())


async def test_no_api_key_is_no_failure(simulator: Simulator) -> None:
    """Most accounts get none; Codex goes on, and so do we (C118)."""
    simulator.people.add("bob@example.com", api_key=False)
    async with running(settings_for(simulator)) as login:
        await visit(simulator.browse(await login.url, "bob@example.com"), await place(login))
        document = await login.document()
    assert json.loads(document.raw)["OPENAI_API_KEY"] is None


@pytest.mark.parametrize("what", ["address", "localhost", "query", "code and state", "code"])
async def test_a_login_by_paste(simulator: Simulator, what: str) -> None:
    """The third way in: nothing reaches the listener, the person carries the callback."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        fields = dict(parse_qsl(urlsplit(callback).query))
        login.login.paste(
            {
                "address": f" '{callback[:50]}\n{callback[50:]}'\n",
                "localhost": callback.replace("127.0.0.1", "localhost"),
                "query": f"?{urlsplit(callback).query}",
                "code and state": f"code={fields['code']}&state={fields['state']}",
                "code": fields["code"],
            }[what]
        )
        assert (await login.document()).identity is not None
    assert login.told(Approved)[0].by == "pasted"
    check_silent(simulator, login.everything_said())


# -- what is refused, and waited past --


async def test_a_wrong_state_is_waited_past(simulator: Simulator) -> None:
    """Wrong, missing, with a code or with an error: 400 and told, nothing is asked, and the right one still works."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        at = await place(login)
        for number, wrong in enumerate(
            (
                changed(callback, state="Q" * 43),
                changed(callback, state=""),
                changed(callback, code="", state="Q" * 43, error="access_denied"),
            )
        ):
            page = await visit(wrong, at)
            assert page.status == 400
            assert "State mismatch" in page.body
            assert (
                number == 2
                or "State mismatch" in (await login.wait_for(CallbackRefused, number + 1)).why
            )
        assert simulator.log == []
        assert (await visit(callback, at)).status == 200
        await login.document()
    check_silent(simulator, login.everything_said())


async def test_a_callback_without_a_code_is_waited_past(simulator: Simulator) -> None:
    """The state is right, and there is nothing to exchange."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        assert (await visit(changed(callback, code=""), await place(login))).status == 400
        assert "no authorization code" in (await login.wait_for(CallbackRefused)).why
        assert simulator.log == []
        await visit(callback, await place(login))
        await login.document()


async def test_a_foreign_page_and_a_second_codex_are_waited_past(simulator: Simulator) -> None:
    """DNS rebinding, a fetch, and `GET /cancel`: each is told once, and the login goes on."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        at = await place(login)
        assert (await visit(callback, at, {"Host": "evil.example"})).status == 403
        assert (await visit(callback, at, {"Origin": "https://evil.example"})).status == 403
        for _ in range(10):
            assert (
                await visit("http://127.0.0.1:1455/cancel", at, {"Accept": "*/*"})
            ).status == 404
        assert (await visit(callback, at)).status == 200
        await login.document()
    refused = [event.why for event in login.told(CallbackRefused)]
    assert len(refused) == 3
    assert [word in why for word, why in zip(("Host", "Origin", "port"), refused, strict=True)]


async def test_a_callback_comes_once(simulator: Simulator) -> None:
    """While the first is exchanged, and whatever the second brings: 409, one exchange, one login."""
    simulator.faults.add(TOKEN, delay=0.4)
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        at = await place(login)
        first = asyncio.ensure_future(visit(callback, at))
        await login.wait_for(Approved)
        for second in (callback, changed(callback, code="ac_" + "x" * 40)):
            page = await visit(second, at)
            assert page.status == 409
            assert "Already used" in page.body
        assert (await visit(changed(callback, state="Q"), at)).status == 400
        assert (await first).status == 200
        await login.document()
    assert len(login.told(Approved)) == 1
    assert len(simulator.requests(TOKEN)) == 2


async def test_a_wrong_code_that_was_pasted_is_waited_past(simulator: Simulator) -> None:
    """The issuer refuses it, the person is told, and pastes the right one: nothing of the login is spent."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        login.login.paste("ac_" + "x" * 40)
        refused = await login.wait_for(CallbackRefused)
        assert "the pasted code was not taken" in refused.why
        assert "goes on waiting" in refused.why
        login.login.paste(callback)
        await login.document()
    assert [type(event) for event in login.events] == [
        UrlIssued,
        Approved,
        CallbackRefused,
        Approved,
        Obtained,
    ]


async def test_a_callback_during_a_wrong_paste_is_not_lost(simulator: Simulator) -> None:
    """It waits for its turn: the browser calls once only."""
    simulator.faults.add(TOKEN, delay=0.4)
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        login.login.paste("ac_" + "x" * 40)
        await login.wait_for(Approved)
        page = await visit(callback, await place(login))
        assert "Signed in" in page.body
        await login.document()
    assert [event.by for event in login.told(Approved)] == ["pasted", "callback"]


async def test_a_callback_after_the_right_paste_is_told_so(simulator: Simulator) -> None:
    """Both carry the same code; it is exchanged once, because twice would end the new login at the issuer."""
    simulator.faults.add(TOKEN, delay=0.4)
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        login.login.paste(callback)
        await login.wait_for(Approved)
        page = await visit(callback, await place(login))
        assert page.status == 409
        await login.document()
    assert len(simulator.requests(TOKEN)) == 2
    assert simulator.families[0].over is None


async def test_a_paste_during_a_paste_is_refused(simulator: Simulator) -> None:
    """One code at a time; the first one's answer comes."""
    simulator.faults.add(TOKEN, delay=0.4)
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        login.login.paste(callback)
        with pytest.raises(CallbackInvalid, match="exchanged already"):
            login.login.paste(callback)
        await login.document()


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (
            "https://chatgpt.com/auth/callback?code=ac_q8Xw2Lp0&state=s",
            CallbackInvalid,
            "chatgpt.com",
        ),
        ("http://127.0.0.1:1455/auth/callback?code=ac_q8Xw2Lp0&state=s", StateMismatch, "State"),
        ("sk-proj-q8Xw2Lp0q8Xw2Lp0", CallbackInvalid, "a key"),
        ("", CallbackInvalid, "nothing"),
    ],
)
async def test_a_paste_that_is_no_callback_changes_nothing(
    simulator: Simulator, text: str, kind: type[CallbackInvalid], words: str
) -> None:
    """Said to whoever pasted it, without it; the issuer is not asked, and the right one still works."""
    async with running(settings_for(simulator)) as login:
        url = await login.url
        with pytest.raises(kind, match=words) as caught:
            login.login.paste(text)
        assert "q8Xw2Lp0" not in f"{caught.value!r} {caught.value.hint}"
        with pytest.raises(CallbackInvalid, match="address to open"):
            login.login.paste(url)
        assert simulator.log == []
        login.login.paste(simulator.browse(url, ADA))
        await login.document()


# -- what ends it --


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize(
    ("error", "description", "kind"),
    [
        ("access_denied", "The user denied the request.", AccessDenied),
        ("access_denied", "missing_codex_entitlement", EntitlementMissing),
        ("server_error", "<script>alert(1)</script>", OAuthError),
    ],
)
async def test_the_issuers_no_ends_it(
    simulator: Simulator, error: str, description: str, kind: type[OAuthError], *, pasted: bool
) -> None:
    """By callback and by paste alike: its own message and next step, a page that says the same, nothing asked."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA, error=error, description=description)
        if pasted:
            login.login.paste(callback)
        else:
            page = await visit(callback, await place(login))
            assert page.status == 200
            assert "Not signed in" in page.body
            assert "<script>" not in page.body
        failure = await login.failure()
        bind_loopback((await place(login))[1]).close()
    assert type(failure) is kind
    assert failure.hint
    assert simulator.log == []


async def test_a_code_that_the_issuer_does_not_take_ends_it(simulator: Simulator) -> None:
    """With our state it is the issuer's own callback, and there will be no other."""
    async with running(settings_for(simulator)) as login:
        callback = changed(simulator.browse(await login.url, ADA), code="ac_" + "x" * 40)
        page = await visit(callback, await place(login))
        assert "Not signed in" in page.body
        assert isinstance(await login.failure(), GrantInvalid)
    check_silent(simulator, page.body, login.everything_said())


async def test_a_workspace_that_is_not_let_through_ends_it(simulator: Simulator) -> None:
    """The person chose another one; the page says so, and no API key is asked for."""
    async with running(settings_for(simulator, ["ws-acme"])) as login:
        url = await login.url
        assert "&allowed_workspace_id=ws-acme" in url
        own = simulator.people.find(ADA).account_id
        page = await visit(simulator.browse(url, ADA, own), await place(login))
        assert "Not signed in" in page.body
        failure = await login.failure()
    assert isinstance(failure, WorkspaceForbidden)
    assert failure.message.split(";")[0][1:] in page.body
    assert len(simulator.requests(TOKEN)) == 1


async def test_the_workspace_that_is_let_through_is_taken(simulator: Simulator) -> None:
    """The page offers it alone."""
    async with running(settings_for(simulator, ["ws-none", "ws-acme"])) as login:
        await visit(simulator.browse(await login.url, ADA), await place(login))
        document = await login.document()
    assert document.identity is not None
    assert document.identity.account_id == "ws-acme"


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 503}, IssuerRejected),
        ({"status": 429, "headers": {"Retry-After": "30"}}, IssuerRejected),
        ({"body": b"<html>"}, ProfilesError),
        ({"oversize": True}, ProfilesError),
        ({"drop": "half"}, ProfilesError),
    ],
)
async def test_an_exchange_that_fails_ends_it(
    simulator: Simulator, fault: dict[str, object], kind: type[ProfilesError], *, pasted: bool
) -> None:
    """The code may be spent by then, so it is not tried again; the page tells the same as the terminal."""
    simulator.faults.add(TOKEN, **fault)  # type: ignore[arg-type]
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        if pasted:
            login.login.paste(callback)
        else:
            assert "Not signed in" in (await visit(callback, await place(login))).body
        failure = await login.failure()
    assert isinstance(failure, kind)
    assert failure.hint
    assert len(simulator.requests(TOKEN)) == 1
    check_silent(simulator, login.everything_said())


async def test_an_issuer_that_is_gone_ends_it(simulator: Simulator) -> None:
    """Between the page and the exchange the network went away."""
    async with running(settings_for(simulator)) as login:
        callback = simulator.browse(await login.url, ADA)
        simulator.stop()
        page = await visit(callback, await place(login))
        assert "Not signed in" in page.body
        assert isinstance(await login.failure(), IssuerUnreachable)


async def test_nobody_comes_in_time(simulator: Simulator) -> None:
    """Told with what to look at; the port is free again."""
    async with running(settings_for(simulator), patience=0.05) as login:
        failure = await login.failure()
        bind_loopback((await place(login))[1]).close()
    assert isinstance(failure, CallbackTimeout)
    assert "0.05 seconds" in failure.message
    assert failure.hint is not None
    assert "tunnel" in failure.hint
    issued = login.told(UrlIssued)[0]
    assert issued.expires_at == pytest.approx(settings_for(simulator).context.now(), abs=30)


async def test_patience_is_for_waiting_only(simulator: Simulator) -> None:
    """A callback that came in time is exchanged, however long that takes."""
    simulator.faults.add(TOKEN, delay=0.6)
    async with running(settings_for(simulator), patience=0.4) as login:
        await visit(simulator.browse(await login.url, ADA), await place(login))
        await login.document()


async def test_a_page_is_not_kept_waiting_for_ever(simulator: Simulator) -> None:
    """When the exchange takes long it is sent back to the terminal, which is true as well."""
    simulator.faults.add(TOKEN, delay=0.5)
    async with running(settings_for(simulator)) as login:
        login.login._answer_within = 0.05
        page = await visit(simulator.browse(await login.url, ADA), await place(login))
        assert page.status == 202
        assert "not finished yet" in page.body
        await login.document()


async def test_closing_it_frees_the_port_in_the_same_moment(simulator: Simulator) -> None:
    """While it waits, with a silent browser connected; nothing answers any more."""
    async with running(settings_for(simulator)) as login:
        at = await place(login)
        callback = simulator.browse(await login.url, ADA)
        silent, writer = await asyncio.open_connection(*at)
        await login.end()
        bind_loopback(at[1]).close()
        try:
            assert await asyncio.wait_for(silent.read(), 5) == b""
        except ConnectionResetError:
            pass
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await visit(callback, at)
    assert simulator.log == []


async def test_closing_it_during_the_exchange_frees_all(simulator: Simulator) -> None:
    """Cancelled after the code came: port and browser are let go, and nothing was obtained."""
    simulator.faults.add(TOKEN, delay=0.5)
    async with running(settings_for(simulator)) as login:
        at = await place(login)
        waiting = asyncio.ensure_future(visit(simulator.browse(await login.url, ADA), at))
        await login.wait_for(Approved)
        await asyncio.to_thread(simulator.wait_for, TOKEN)
        await asyncio.wait_for(login.end(), 0.4)
        bind_loopback(at[1]).close()
        with pytest.raises(ConnectionError):
            await waiting
    assert login.told(Obtained) == []


async def test_the_port_is_free_when_it_is_done(simulator: Simulator) -> None:
    """At `Obtained` the page has been read, and the generator's end has given the port back."""
    async with running(settings_for(simulator)) as login:
        at = await place(login)
        await visit(simulator.browse(await login.url, ADA), at)
        await login.document()
        with pytest.raises(CallbackInvalid):
            login.login.paste("ac_" + "x" * 40)
        await login.end()
        bind_loopback(at[1]).close()


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_is_refused(simulator: Simulator, port: int) -> None:
    """Before anything is bound."""
    with pytest.raises(UsageError):
        BrowserLogin(settings_for(simulator), port=port)
