"""Which proxy an address is asked through, as Codex chooses it (C145): by its variables, this machine not exempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from profiles.errors import ProxyRefused
from profiles.model import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv6Address

    from profiles.oauth.variables import Variable, Variables

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
#: Codex speaks these, too; httpx does not.
_UNSPOKEN = frozenset({"socks4", "socks4a"})


class Proxy(NamedTuple):
    """A proxy: `url` without user and password, `variable` the one that named it, `where` who set that."""

    url: str
    user: Secret | None
    password: Secret | None
    variable: str
    where: str

    @property
    def place(self) -> str:
        """Host and port, for people."""
        return self.url.partition("://")[2]

    @property
    def source(self) -> str:
        """Where the proxy was named, for people."""
        return f"{self.variable} of {self.where}"


def proxy_for(variables: Variables, url: str) -> Proxy | None:
    """Return the proxy for an address, or None when it is asked directly.

    Raises ProxyRefused when a proxy is named that we cannot speak to.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    own = (
        ("HTTPS_PROXY", "https_proxy") if parts.scheme == "https" else ("HTTP_PROXY", "http_proxy")
    )
    for names in (own, ("ALL_PROXY", "all_proxy")):
        variable = variables.find(*names)
        proxy = None if variable is None else _parse(variable)
        if proxy is not None:
            break
    else:
        return None
    exempt = variables.find("NO_PROXY", "no_proxy")
    if exempt is not None and is_exempt(parts.hostname or "", exempt.value.split(",")):
        return None
    return proxy


def is_exempt(host: str, listed: Sequence[str]) -> bool:
    """Say whether a host, a name or a number, is in a list such as NO_PROXY holds."""
    words = [word.strip().lower() for word in listed if word.strip()]
    address = _address(host)
    if address is not None:
        return any(_holds(word, address) for word in words)
    name = host.lower()
    return any(
        word == "*" or name == word.removeprefix(".") or name.endswith(f".{word.removeprefix('.')}")
        for word in words
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    from ipaddress import ip_address

    try:
        return ip_address(text)
    except ValueError:
        return None


def _holds(word: str, address: IPv4Address | IPv6Address) -> bool:
    from ipaddress import ip_network

    try:
        return address in ip_network(word, strict=False)
    except ValueError:
        return False


def _parse(variable: Variable) -> Proxy | None:
    """Return the proxy that a variable names; None for what Codex does not look at, such as `socks://`."""
    from urllib.parse import unquote, urlsplit

    text = variable.value.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme in _UNSPOKEN:
        raise ProxyRefused(
            f"{variable.name} of {variable.where} names a proxy of the kind {parts.scheme}, which is not spoken here",
            f"export {variable.name}=socks5h://{host}:{port or 1080}",
        )
    if parts.scheme not in _PORTS or not host:
        return None
    user, password = parts.username, parts.password
    shown = f"[{host}]" if ":" in host else host
    return Proxy(
        f"{parts.scheme}://{shown}:{port or _PORTS[parts.scheme]}",
        None if user is None else Secret(unquote(user)),
        None if user is None else Secret(unquote(password or "")),
        variable.name,
        variable.where,
    )
