"""Which proxy is asked, as 0.169 was seen to choose (C145, C148), and what is said when one is in the way."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import ProxyRefused
from profiles.model import Secret
from profiles.oauth.http import open_wire
from profiles.oauth.proxies import is_exempt, proxy_for
from profiles.oauth.variables import Variables
from tests.oauth.wires import SHORT, check_silence, surroundings, write
from tests.support.certificates import Authority
from tests.support.proxies import Babbler, Proxy, dead_port
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Box

PASSWORD = "pQ7-secret-of-the-proxy"
AWAY = "https://auth.example.com/oauth/token"


def chosen(url: str, **environ: str) -> str | None:
    """Return the proxy's address for a URL, or None."""
    proxy = proxy_for(Variables(environ, {}, ""), url)
    return None if proxy is None else proxy.url


@pytest.mark.parametrize(
    ("environ", "http", "https"),
    [
        ({}, None, None),
        ({"HTTP_PROXY": "http://p:1"}, "http://p:1", None),
        ({"HTTPS_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"https_proxy": "http://p:1"}, None, "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "http://p:1", "http://p:1"),
        ({"all_proxy": "socks5h://p"}, "socks5h://p:1080", "socks5h://p:1080"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "http://a:1", "http://b:2"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": ""}, "http://a:1", "http://a:1"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "socks://b:2"}, "http://a:1", "http://a:1"),
        ({"HTTPS_PROXY": "p:1"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "p"}, None, "http://p:80"),
        ({"HTTPS_PROXY": "https://p"}, None, "https://p:443"),
        ({"HTTPS_PROXY": "http://u:w@p:1/x?y#z"}, None, "http://p:1"),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, None, "http://[::1]:3128"),
        ({"HTTPS_PROXY": "ftp://p:1"}, None, None),
        ({"HTTPS_PROXY": "http://"}, None, None),
        ({"HTTPS_PROXY": "http://p:port"}, None, None),
        ({"HTTPS_PROXY": "http://["}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, None, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "", "no_proxy": "*"}, None, "http://p:1"),
    ],
)
def test_the_choice(environ: dict[str, str], http: str | None, https: str | None) -> None:
    """Scheme, case, emptiness, ALL_PROXY, odd addresses: as Codex chooses."""
    assert chosen("http://auth.example.com/", **environ) == http
    assert chosen(AWAY, **environ) == https


@pytest.mark.parametrize(
    ("host", "entries", "exempt"),
    [
        ("example.com", "example.com", True),
        ("EXAMPLE.com", "Example.COM", True),
        ("a.example.com", "example.com", True),
        ("a.example.com", ".example.com", True),
        ("example.com", ".example.com", True),
        ("a.example.com", "x, example.com ,y", True),
        ("anexample.com", "example.com", False),
        ("anexample.com", ".example.com", False),
        ("example.com", "a.example.com", False),
        ("a.example.com", "*.example.com", False),
        ("example.com", "example.com:443", False),
        ("example.com", "example.com.", False),
        ("example.com", "*", True),
        ("example.com", "", False),
        ("example.com", ",,", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.0/8", True),
        ("127.0.0.1", "127.0.0.1/8", True),
        ("127.0.0.1", "0.0.0.0/0", True),
        ("127.0.0.1", "*", False),
        ("127.0.0.1", "127", False),
        ("127.0.0.1", "127.0.0.1:80", False),
        ("127.0.0.1", "localhost", False),
        ("127.0.0.1", "0.0.1", False),
        ("localhost", "127.0.0.1", False),
        ("::1", "::1", True),
        ("::1", "::/0", True),
        ("::1", "[::1]", False),
        ("localhost", "<local>", False),
    ],
)
def test_no_proxy(host: str, entries: str, exempt: bool) -> None:
    """Names with what is below them, numbers with their networks; nothing else."""
    assert is_exempt(host, entries.split(",")) is exempt


NAME = st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,3}){0,3}", fullmatch=True)


@given(host=NAME, entry=NAME, dotted=st.booleans())
def test_a_name_is_exempt_with_what_is_below_it(host: str, entry: str, dotted: bool) -> None:
    """Exactly when the entry's labels are the last labels of the host, whatever either is."""
    ours, theirs = host.split("."), entry.split(".")
    assert is_exempt(host, [f".{entry}" if dotted else entry]) is (ours[-len(theirs) :] == theirs)


def test_a_user_and_password_are_taken_apart() -> None:
    """They are decoded, and stand in no text of the proxy."""
    environ = {"HTTPS_PROXY": f"http://u%40x:{PASSWORD}%2F@p:1"}
    proxy = proxy_for(Variables(environ, {}, ""), AWAY)
    assert proxy is not None
    assert (proxy.user, proxy.password) == (Secret("u@x"), Secret(f"{PASSWORD}/"))
    assert PASSWORD not in f"{proxy} {proxy.place} {proxy.source}"


def test_a_proxy_that_we_do_not_speak_to() -> None:
    """Codex speaks SOCKS 4; we do not, and say so rather than go past it."""
    with pytest.raises(ProxyRefused) as caught:
        chosen(AWAY, HTTPS_PROXY="socks4://p:9")
    assert caught.value.hint == "export HTTPS_PROXY=socks5h://p:9"


@pytest.fixture
def authority(box: Box) -> Authority:
    """Who vouches for the issuer."""
    return Authority(box.path)


@pytest.fixture
def simulator(authority: Authority) -> Iterator[Simulator]:
    """An issuer that speaks TLS."""
    with Simulator(tls=authority.vouch().server()) as running:
        yield running


async def ask(box: Box, simulator: Simulator, authority: Authority, proxy: str) -> int:
    """Ask the issuer through a proxy; return its status."""
    context = surroundings(box, HTTPS_PROXY=proxy, CODEX_CA_CERTIFICATE=authority.path)
    async with open_wire(context, timeouts=SHORT._replace(whole=5)) as wire:
        return (await wire.post_json(f"{simulator.url}/oauth/token", {"code": Secret("x")})).status


async def refusal(box: Box, simulator: Simulator, authority: Authority, proxy: str) -> ProxyRefused:
    """Return how the proxy's refusal is told: without its password."""
    with pytest.raises(ProxyRefused) as caught:
        await ask(box, simulator, authority, proxy)
    check_silence(caught.value, [PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode()])
    assert simulator.log == []
    return caught.value


async def test_a_proxy_lets_through(box: Box, simulator: Simulator, authority: Authority) -> None:
    """A real CONNECT to a real TLS server: loopback is not exempt by itself (C145)."""
    with Proxy() as proxy:
        status = await ask(
            box, simulator, authority, f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}"
        )
        assert proxy.asked == [simulator.url.removeprefix("https://")]
        sent = base64.b64encode(f"ada:{PASSWORD}".encode())
        assert b"Proxy-Authorization: Basic " + sent in proxy.heard[0]
    assert status == 400
    assert len(simulator.log) == 1


async def test_a_proxy_wants_a_password(
    box: Box, simulator: Simulator, authority: Authority
) -> None:
    """407: the proxy and its variable are named, and how to give it a password."""
    with Proxy(407) as proxy:
        place = f"127.0.0.1:{proxy.port}"
        error = await refusal(box, simulator, authority, f"http://ada:{PASSWORD}@{place}")
    assert error.message == (
        f"the proxy {place} (HTTPS_PROXY of the environment) wants a user name and a password "
        f"to reach {simulator.url} (407)"
    )
    assert error.hint == "export HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"


async def test_a_proxy_refuses(box: Box, simulator: Simulator, authority: Authority) -> None:
    """403: the proxy does not let us through, and who may change that."""
    with Proxy(403) as proxy:
        error = await refusal(box, simulator, authority, proxy.url)
    assert f"does not let us through to {simulator.url} (403)" in error.message
    assert error.hint is not None
    assert "unset HTTPS_PROXY" in error.hint


async def test_a_dead_proxy(box: Box, simulator: Simulator, authority: Authority) -> None:
    """Nobody listens where the proxy should be; the `.env` that named it is named."""
    write(f"{box.home}/.env", f"HTTPS_PROXY=http://ada:{PASSWORD}@127.0.0.1:{dead_port()}\n")
    context = surroundings(box, CODEX_HOME=box.home)
    async with open_wire(context, timeouts=SHORT) as wire:
        with pytest.raises(ProxyRefused) as caught:
            await wire.post_json(f"{simulator.url}/oauth/token", {})
    check_silence(caught.value, [PASSWORD])
    assert "(HTTPS_PROXY of ~/.env) cannot be reached: Connection refused" in caught.value.message
    assert f"{simulator.url} was not asked" in caught.value.message
    assert caught.value.hint == "start the proxy, or correct the line HTTPS_PROXY=… in ~/.env"


async def test_a_proxy_that_is_none(box: Box, simulator: Simulator, authority: Authority) -> None:
    """A port at which something else listens, and hangs up, is not the issuer's fault alone."""
    with Babbler(b"") as other:
        context = surroundings(box, HTTPS_PROXY=other.url, CODEX_CA_CERTIFICATE=authority.path)
        async with open_wire(context, timeouts=SHORT) as wire:
            with pytest.raises(Exception, match="through the proxy") as caught:
                await wire.post_json(f"{simulator.url}/oauth/token", {})
    check_silence(caught.value, [PASSWORD])


async def test_a_proxy_of_plain_http_refuses(box: Box) -> None:
    """For http the proxy answers in the issuer's place: its 407 is not taken for the issuer's answer."""
    with Babbler(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        context = surroundings(box, HTTP_PROXY=proxy.url)
        async with open_wire(context, timeouts=SHORT) as wire:
            with pytest.raises(ProxyRefused):
                await wire.post_json("http://auth.example.test/oauth/token", {})
        assert proxy.heard[0].startswith(b"POST http://auth.example.test/oauth/token HTTP/1.1\r\n")


async def test_one_host_by_a_proxy_and_another_without(box: Box) -> None:
    """Each request of one wire goes its own way."""
    with (
        Babbler(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as proxy,
        Simulator() as simulator,
    ):
        context = surroundings(box, HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.1")
        async with open_wire(context, timeouts=SHORT) as wire:
            with pytest.raises(ProxyRefused):
                await wire.post_json("http://auth.example.test/oauth/token", {})
            answer = await wire.post_json(f"{simulator.url}/oauth/token", {})
        assert (answer.status, len(proxy.heard)) == (400, 1)


async def test_a_socks_proxy_is_spoken_to(box: Box) -> None:
    """SOCKS 5 is spoken as in Codex: a greeting arrives, and its refusal is a proxy's."""
    with Babbler(b"\x05\xff") as proxy:
        context = surroundings(box, ALL_PROXY=f"socks5h://127.0.0.1:{proxy.port}")
        async with open_wire(context, timeouts=SHORT) as wire:
            with pytest.raises(ProxyRefused):
                await wire.post_json("http://auth.example.test/oauth/token", {})
        assert proxy.heard[0].startswith(b"\x05")
