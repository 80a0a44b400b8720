"""Dead proxies: the one that is in effect here, and those that a start-up file gives to the next terminal or editor."""

from __future__ import annotations

import threading

from profiles.doctor.finding import INFO, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.environment_places import Place
    from profiles.doctor.machine import Machine
    from profiles.oauth.proxies import Proxy

#: Those that count for the service, which speaks TLS.
_NAMES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
#: Seconds in which a proxy takes a connection.
_PATIENCE = 1.0
_MOST = 6


def dead(machine: Machine) -> list[Finding] | None:
    """Return what is found of the proxy in effect, and of others that files set."""
    from profiles.doctor.network_findings import look_at
    from profiles.doctor.network_ladder import PROXY

    found = look_at(machine, "proxy.dead", PROXY)
    elsewhere = _elsewhere(machine)
    return [*(found or []), *elsewhere] if found is not None or elsewhere else None


def _elsewhere(machine: Machine) -> list[Finding]:
    from profiles.doctor.network_ladder import climbed

    used = {climb.proxy.url for climb in climbed(machine).climbs if climb.proxy is not None}
    named: dict[str, tuple[Proxy, list[Place]]] = {}
    for place, proxy in _set_by_files(machine):
        if proxy.url not in used:
            named.setdefault(proxy.url, (proxy, []))[1].append(place)
    chosen = list(named.values())[:_MOST]
    reasons: dict[str, str] = {}
    threads = [
        threading.Thread(target=_try, args=[machine, proxy, reasons], daemon=True)
        for proxy, _ in chosen
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [
        _finding(machine, proxy, places, reasons[proxy.url])
        for proxy, places in chosen
        if proxy.url in reasons
    ]


def _set_by_files(machine: Machine) -> list[tuple[Place, Proxy]]:
    """Return each line that sets a proxy for whatever is started from now on, and that proxy."""
    from profiles.doctor.environment_places import where_set
    from profiles.errors import ProxyRefused
    from profiles.oauth.proxies import proxy_for
    from profiles.oauth.variables import Variables

    found = []
    for name in _NAMES:
        for place in where_set(machine, name, files_only=True):
            hit = place.hit
            if hit is None or hit.value is None or hit.scope or place.ignored or not place.bites:
                continue
            try:
                proxy = proxy_for(
                    Variables({name: hit.value.reveal()}, {}, ""), "https://x.invalid/"
                )
            except ProxyRefused:
                continue
            if proxy is not None:
                found.append((place, proxy))
    return found


def _try(machine: Machine, proxy: Proxy, reasons: dict[str, str]) -> None:
    """Connect with a proxy; note why not."""
    from urllib.parse import urlsplit

    from profiles.doctor.network_streams import Deadline, Fallen, connect, resolve, words_of

    deadline = Deadline(machine.left(_PATIENCE), machine.context.monotonic)
    parts = urlsplit(proxy.url)
    try:
        connect(resolve(parts.hostname or "", parts.port or 0, deadline), deadline).close()
    except Fallen as fallen:
        reasons[proxy.url] = fallen.why
    except OSError as error:
        reasons[proxy.url] = words_of(error)


def _finding(machine: Machine, proxy: Proxy, places: Sequence[Place], why: str) -> Finding:
    from profiles.doctor.environment_mends import comment_out
    from profiles.doctor.environment_places import removals

    whole = any(_is_whole(machine, place) for place in places)
    lines = [f"{place.name} is set by {place.told}" for place in places]
    return Finding(
        "proxy.dead",
        WARNING if whole else INFO,
        f"The proxy {proxy.place[:40]} of a start-up file is dead",
        "\n".join([f"{proxy.place}: {why}", *lines]),
        "It does not count here and now; a Codex that is started from a new terminal, an editor or the desktop goes "
        "through it alone."
        + ("" if whole else " The line stands inside something that may not be carried out."),
        " && ".join(removals(places)),
        comment_out(machine, "proxy.dead", places),
    )


def _is_whole(machine: Machine, place: Place) -> bool:
    """Whether a line stands at the file's edge, and so is no part of a condition."""
    if place.path is None or place.line is None:
        return False
    lines = (machine.text(place.path) or "").split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else " "
    return not line[:1].isspace() and "&&" not in line and "||" not in line
