"""What went wrong on the way to an issuer, in words: host, cause, and the next step.

Nothing that was sent or answered stands in them: no query, no body, no token; of an answer only its status, and the
issuer's own word for an error where it looks like one.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

from profiles.errors import (
    CertificateUnknown,
    IssuerError,
    IssuerProtocolError,
    IssuerRejected,
    IssuerTimeout,
    IssuerUnreachable,
    ProxyRefused,
)
from profiles.oauth.backend import BACKEND_VARIABLE
from profiles.oauth.issuer import (
    ACCOUNTS_VARIABLE,
    ISSUER_VARIABLE,
    REFRESH_VARIABLE,
    REVOKE_VARIABLE,
)
from profiles.oauth.trust import ADDED, ADVICE, in_force, replaces_system

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from profiles.oauth.proxies import Proxy
    from profiles.oauth.variables import Variables

_WORD = re.compile(r"[a-z]+(_[a-z]+){0,7}")
_AGAIN = "try again in a moment"
#: The variables that can decide who is asked; of two with the same address the first.
_DECIDING = (
    REFRESH_VARIABLE,
    REVOKE_VARIABLE,
    ACCOUNTS_VARIABLE,
    BACKEND_VARIABLE,
    ISSUER_VARIABLE,
)


class Place(NamedTuple):
    """Who is asked: `origin` is scheme, host and port; `variable` the one that decided it, if one did."""

    host: str
    origin: str
    variable: str | None = None

    def __str__(self) -> str:
        """Name it for people: the host alone where that says it all."""
        shown = self.host if self.origin == f"https://{self.host}" else self.origin
        return f"{shown} ({self.variable})" if self.variable else shown


def place_of(url: str, host: str, origin: str, environ: Mapping[str, str]) -> Place:
    """Return who is asked by a request to this address."""
    for name in _DECIDING:
        base = environ.get(name, "").strip().rstrip("/")
        if base and (url == base or url.startswith((f"{base}/", f"{base}?"))):
            return Place(host, origin, name)
    return Place(host, origin)


def of_connection(
    error: BaseException, place: Place, proxy: Proxy | None, variables: Variables
) -> IssuerError:
    """Return what to raise when no connection came about."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _certificate(each, str(place), variables)
    why = next((text for each in chain if (text := _system_words(each))), "")
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return IssuerUnreachable(
            f"{place} speaks no TLS that could be understood" + _tail(_through(proxy)),
            f"see what answers there: curl -sSI {place.origin}",
        )
    if proxy is not None:
        return _dead_proxy(proxy, str(place), why or "no answer")
    return IssuerUnreachable(f"{place} cannot be reached: {why or 'no connection'}", _direct(place))


def of_slow_connection(place: Place, proxy: Proxy | None, seconds: float) -> IssuerError:
    """Return what to raise when a connection did not come about in time."""
    if proxy is not None:
        return _dead_proxy(proxy, str(place), f"no connection within {seconds:g} s")
    return IssuerUnreachable(
        f"{place} cannot be reached: no connection within {seconds:g} s", _direct(place)
    )


def of_proxy(error: BaseException, host: str, proxy: Proxy | None) -> IssuerError:
    """Return what to raise when the proxy answered, and did not let us through."""
    status = re.match(r"[1-5][0-9]{2}\b", str(error))
    return proxy_refused(host, proxy, int(status[0]) if status else None)


def proxy_refused(host: str, proxy: Proxy | None, status: int | None) -> ProxyRefused:
    """Return what to raise for a proxy's refusal; its `status`, if it has one."""
    place = "the proxy" if proxy is None else f"the proxy {proxy.place} ({proxy.source})"
    name = "HTTPS_PROXY" if proxy is None else proxy.variable
    if status == 407:
        return ProxyRefused(
            f"{place} wants a user name and a password to reach {host} (407)",
            f"export {name}=http://USER:PASSWORD@HOST:PORT",
        )
    why = f" ({status})" if status is not None else ""
    return ProxyRefused(
        f"{place} does not let us through to {host}{why}",
        f"ask who runs the proxy to allow {host}, or correct {_setting(proxy)}",
    )


def no_answer(host: str, seconds: float) -> IssuerTimeout:
    """Return what to raise when an answer, or the rest of it, did not come in time."""
    return IssuerTimeout(f"{host} gave no whole answer within {seconds:g} s", _AGAIN)


def hung_up(host: str, proxy: Proxy | None) -> IssuerTimeout:
    """Return what to raise when the connection ended without any answer."""
    return IssuerTimeout(
        f"{host} closed the connection without an answer" + _tail(_through(proxy)), _AGAIN
    )


def cut(host: str) -> IssuerProtocolError:
    """Return what to raise when an answer ended before it was whole."""
    return IssuerProtocolError(f"{host}: the answer was cut off in the middle", _AGAIN)


def no_http(place: Place) -> IssuerProtocolError:
    """Return what to raise for something that is not HTTP."""
    return IssuerProtocolError(
        f"{place} answered with something that is not HTTP",
        f"see what it is: curl -sSI {place.origin}",
    )


def too_large(host: str, most: int) -> IssuerProtocolError:
    """Return what to raise for an answer of more than `most` bytes."""
    return IssuerProtocolError(
        f"{host} answered with more than {most >> 20} MB, where a few kB belong",
        "something else may answer in its place: a gateway, or a sign-in page of the network",
    )


def compressed(host: str) -> IssuerProtocolError:
    """Return what to raise for a compression that nobody asked for, or that does not open."""
    return IssuerProtocolError(f"{host} answered in a compression that cannot be read", _AGAIN)


def sent_elsewhere(place: Place, location: str) -> IssuerProtocolError:
    """Return what to raise for a redirect: nothing of ours is sent on to where it points."""
    from urllib.parse import urlsplit

    try:
        other = urlsplit(location).hostname
    except ValueError:
        other = None
    named = other if other and other != place.host and other.isprintable() else "another address"
    return IssuerProtocolError(
        f"{place} sends requests on to {named[:80]}, which is not followed",
        "a network with a sign-in page does that: open any page in a browser; else see HTTPS_PROXY",
    )


def not_json(host: str, headers: Mapping[str, str]) -> IssuerProtocolError:
    """Return what to raise where JSON belongs and something else came."""
    kind = "a web page" if "html" in headers.get("content-type", "") else "something"
    return IssuerProtocolError(
        f"{host} answered with {kind} where JSON belongs",
        "something else may answer in its place: a gateway, or a sign-in page of the network",
    )


def rejected(
    host: str, status: int, headers: Mapping[str, str], word: str, asked: str
) -> IssuerRejected:
    """Return what to raise for an answer with this status. `word`: the issuer's; `asked`: what was asked for."""
    told = f"{status}, {word}" if word else str(status)
    message = f"{host} refused {asked} ({told})"
    hint = "try again; if it stays so, log in another way"
    wait = retry_after(headers)
    if status == 429:
        message = f"{host} is asked too often ({told})"
        hint = f"wait {wait:.0f} s, then try again" if wait else "wait a minute, then try again"
    elif status >= 500:
        message = f"{host} is in trouble ({told})"
        hint = "try again later; https://status.openai.com tells of outages"
    elif status == 403 and ("cf-mitigated" in headers or "html" in headers.get("content-type", "")):
        message = f"{host} takes this machine for a robot and refused {asked} (403)"
        hint = "leave by the address that your browser uses: export HTTPS_PROXY=http://HOST:PORT"
    elif status == 403:
        hint = "this machine's address may be refused: export HTTPS_PROXY=http://HOST:PORT"
    return IssuerRejected(status, message, hint, wait)


def error_word(document: object) -> str:
    """Return the issuer's word for an error (`error`, `error.code` or `code`), or nothing when it is no such word."""
    if not isinstance(document, dict):
        return ""
    error: Any = document.get("error")
    candidates = [error.get("code"), error.get("type")] if isinstance(error, dict) else [error]
    for each in (*candidates, document.get("code")):
        if isinstance(each, str) and len(each) <= 60 and _WORD.fullmatch(each.lower()):
            return each.lower()
    return ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks to wait, or None when it names none (a date counts from `Date`)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):
        return None


def _certificate(
    error: ssl.SSLCertVerificationError, host: str, variables: Variables
) -> CertificateUnknown:
    why = error.verify_message or "nobody whom this machine trusts vouches for it"
    said = f"{host} shows a certificate that cannot be trusted: {why}; nothing was sent"
    if error.verify_code in (9, 10):  # not yet valid, expired
        return CertificateUnknown(said, "see whether this machine's clock is right: date -u")
    replaced = in_force(variables) if replaces_system(variables) else None
    if replaced is not None:
        return CertificateUnknown(
            f"{said} ({replaced.name} of {replaced.where} stands in the place of the system's certificates)",
            f"unset {replaced.name}, or add what is missing to {replaced.value}",
        )
    added = variables.find(ADDED)
    if added is not None:
        return CertificateUnknown(
            f"{said} ({ADDED}={added.value} does not vouch for it either)",
            f"put the root certificate of whoever opens TLS here into it: {ADVICE}",
        )
    return CertificateUnknown(said, f"where a company opens TLS, trust its root: {ADVICE}")


def _direct(place: Place) -> str:
    see = f"see whether this machine reaches it (curl -sSI {place.origin})"
    if place.variable is not None:
        see = f"unset {place.variable}, or correct it; else {see}"
    if not place.origin.startswith("https:"):
        return see
    return f"{see}; through a proxy: export HTTPS_PROXY=http://HOST:PORT"


def _dead_proxy(proxy: Proxy, host: str, why: str) -> ProxyRefused:
    return ProxyRefused(
        f"the proxy {proxy.place} ({proxy.source}) cannot be reached: {why}; {host} was not asked",
        f"start the proxy, or correct {_setting(proxy)}",
    )


def _setting(proxy: Proxy | None) -> str:
    if proxy is None:
        return "HTTPS_PROXY"
    if proxy.where == "the environment":
        return f"it: unset {proxy.variable}"
    return f"the line {proxy.variable}=… in {proxy.where}"


def _through(proxy: Proxy | None) -> str:
    return "" if proxy is None else f"through the proxy {proxy.place}, {proxy.source}"


def _tail(text: str) -> str:
    return f" ({text})" if text else ""


def _system_words(error: BaseException) -> str:
    """Return what the system calls this error; nothing for one that only wraps another."""
    import socket

    if isinstance(error, socket.gaierror):
        return "its name is not known (no such host, or no DNS)"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        import os

        return os.strerror(error.errno)
    return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from, each once."""
    pending, seen = [error], set[int]()
    while pending:
        each = pending.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        pending += [other for other in (each.__cause__, each.__context__) if other is not None]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions
