"""What each rung that does not hold means, in words: cause, evidence, and one step."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from profiles.doctor.finding import ERROR, WARNING, Finding
from profiles.doctor.network_ladder import ISSUER
from profiles.doctor.network_variables import pointing, setting, source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from profiles.doctor.machine import Machine
    from profiles.doctor.network_ladder import Climb, Ladder

    Tell = Callable[[Machine, Ladder, Sequence[Climb]], Finding]

_EXPORT = "export HTTPS_PROXY=http://HOST:PORT"


def hosts(climbs: Sequence[Climb]) -> str:
    """Return the names of the hosts, for people."""
    return cut(" and ".join(dict.fromkeys(climb.place for climb in climbs)), 42)


def cut(text: str, most: int) -> str:
    """Return a text that fits into a title."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def evidence_of(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> str:
    """Return the outcome of every rung, the proxy's source, and what Windows got."""
    lines = [climb.steps for climb in climbs]
    proxies = {climb.proxy for climb in climbs if climb.proxy is not None}
    for proxy in proxies:
        variable = ladder.variables.find(proxy.variable)
        told = source(machine, proxy.variable, proxy.where, variable and variable.value).told
        lines.append(f"the proxy {proxy.place}: {told}")
    lines += [
        f"Windows's own curl.exe got {climb.windows} for the same POST"
        for climb in climbs
        if climb.windows is not None
    ]
    return "\n".join(dict.fromkeys(lines))


def _other_exit(climbs: Sequence[Climb]) -> bool:
    """Whether Windows gets the right answer where this Linux does not."""
    return any(climb.windows == "400" for climb in climbs)


def _give_windows_proxy() -> str:
    return (
        "give this Linux the proxy or VPN of Windows: networkingMode=mirrored below [wsl2] in .wslconfig, "
        f"wsl --shutdown, then {_EXPORT}"
    )


def no_dns(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """No number for the name."""
    evidence = evidence_of(machine, ladder, climbs)
    fix = f"connect this machine to its network or VPN, then see: getent hosts {climbs[0].host}"
    title = f"No address by DNS for {hosts(climbs)}"
    in_hosts = _hosts_lines(machine, {climb.host for climb in climbs})
    if in_hosts and any("leads to" in climb.why for climb in climbs):
        evidence += "".join(f"\n/etc/hosts:{line} names it" for line in in_hosts)
        numbers = ";".join(f"{line}s/^/# /" for line in in_hosts)
        real = os.path.realpath(machine.path("/etc/hosts"))  # at a link sed would leave a copy
        fix = f"sudo sed -i.bak '{numbers}' {real}"
        title = f"/etc/hosts leads {hosts(climbs)} astray"
    else:
        servers = re.findall(
            r"^\s*nameserver\s+(\S+)",
            machine.text(machine.path("/etc/resolv.conf")) or "",
            re.MULTILINE,
        )
        evidence += f"\n/etc/resolv.conf: {', '.join(servers) or 'no name server'}"
    why = "Codex finds the way to the service by name: no login, refresh or turn works without it."
    if _other_exit(climbs):
        why += " Windows reaches it, so only this Linux lacks DNS."
        fix = _give_windows_proxy()
    return Finding("net.dns", ERROR, title, evidence, why, fix)


def _hosts_lines(machine: Machine, names: set[str]) -> list[int]:
    text = machine.text(machine.path("/etc/hosts")) or ""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if names & set(line.partition("#")[0].split()[1:]):
            found.append(number)
    return found


def no_tcp(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """No connection."""
    fix = f"where your browser goes through a proxy: {_EXPORT}; else let {climbs[0].place} through the firewall"
    if _other_exit(climbs):
        fix = _give_windows_proxy()
    return Finding(
        "net.tcp",
        ERROR,
        f"No connection with {hosts(climbs)}",
        evidence_of(machine, ladder, climbs),
        "The name is known, but nothing answers at its address: this machine is offline, or a firewall or a VPN "
        "that is off stands between. No login, refresh or turn works.",
        fix,
    )


def silent(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """A connection, and no answer."""
    return Finding(
        "net.silent",
        ERROR,
        f"Connected, but no answer comes: {cut(hosts(climbs), 38)}",
        evidence_of(machine, ladder, climbs),
        "Something takes the connection and says nothing: a firewall, VPN or proxy that holds back what it should "
        "pass on, or a service in trouble. Codex waits there, too.",
        f"see what answers: curl -sSv -m 10 -o /dev/null {climbs[0].base}/",
    )


def intercepted(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """Somebody else answers."""
    return Finding(
        "net.intercepted",
        ERROR,
        f"Something else answers for {hosts(climbs)}",
        evidence_of(machine, ladder, climbs),
        "A sign-in page of the network (hotel, train, office) or a gateway answers in the service's place.",
        "open any http:// page in a browser on this network and sign in there, then: tui doctor",
    )


def in_trouble(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """The service says so itself."""
    return Finding(
        "net.service",
        ERROR,
        f"The service is in trouble: {hosts(climbs)}",
        evidence_of(machine, ladder, climbs),
        "The way there is fine; the answer is an error of the service itself (5xx). Nothing here mends that.",
        "wait, and see https://status.openai.com",
    )


def refused(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """This exit address is refused, and nothing is said of the country."""
    title = f"This address is refused (403): {cut(hosts(climbs), 38)}"
    why = (
        'This is the "token endpoint returned status 403 Forbidden" of a login whose browser part went well: the '
        "browser leaves by another address than this machine."
    )
    return _refused(Finding("net.403", ERROR, title, "", why), machine, ladder, climbs)


def region(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """The country of this exit address is not served."""
    title = f"Country not served (403): {hosts(climbs)}"
    why = (
        "The address by which this machine leaves belongs to a country that is not served: the exchange of a login "
        "ends with 403, even when the browser, by another proxy or VPN, got through."
    )
    return _refused(Finding("net.region", ERROR, title, "", why), machine, ladder, climbs)


def _refused(
    finding: Finding, machine: Machine, ladder: Ladder, climbs: Sequence[Climb]
) -> Finding:
    why = finding.why
    fix = f"give Codex the proxy by which your browser leaves: {_EXPORT}"
    if _other_exit(climbs):
        why += " Windows is not refused: it leaves by another address."
        fix = _give_windows_proxy()
    elif any(climb.proxy is not None for climb in climbs):
        proxied = _set(machine, ladder, climbs, "http://HOST:PORT")
        fix = f"go through a proxy that leaves elsewhere: {proxied}"
    return finding._replace(evidence=evidence_of(machine, ladder, climbs), why=why, fix=fix)


def _set(machine: Machine, ladder: Ladder, climbs: Sequence[Climb], address: str) -> str:
    """Return the step that names another proxy, in the place of the one that was taken."""
    proxy = next((climb.proxy for climb in climbs if climb.proxy is not None), None)
    if proxy is None:
        return f"export HTTPS_PROXY={address}"
    variable = ladder.variables.find(proxy.variable)
    value = None if variable is None else variable.value
    return setting(machine, proxy.variable, proxy.where, value, address)


def limited(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """Too many questions."""
    return Finding(
        "net.limited",
        WARNING,
        f"Asked too often (429): {hosts(climbs)}",
        evidence_of(machine, ladder, climbs),
        "Somebody at this address asks more than is answered. A login that is tried now may fail.",
        "wait a minute, then: tui doctor",
    )


def dead_proxy(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """The proxy cannot be reached."""
    proxy = climbs[0].proxy
    assert proxy is not None  # noqa: S101 - only a climb by a proxy ends there
    told, named = pointing(machine, ladder.variables, proxy)
    evidence = evidence_of(machine, ladder, climbs).split("\n")
    evidence += [f"the proxy {proxy.place}: {each}" for each in told]
    return Finding(
        "proxy.dead",
        ERROR,
        f"The proxy {cut(proxy.place, 50)} is dead",
        "\n".join(dict.fromkeys(evidence)),
        f'Codex asks {hosts(climbs)} through this proxy alone, and ends with "error sending request". Browser and '
        "curl may be fine, as they have settings of their own. Where the proxy belongs there, start it. What "
        "runs already keeps the old value.",
        named.removal,
        named.mend(machine, "proxy.dead"),
    )


def proxy_auth(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """The proxy wants to know who we are."""
    proxy = climbs[0].proxy
    place = "HOST:PORT" if proxy is None else proxy.place
    scheme = "http" if proxy is None else proxy.url.partition("://")[0]
    wants = climbs[0].why.partition("it wants ")[2]
    given = "a user and a password are given" if proxy and proxy.user else "none are given"
    why = (
        f"It wants credentials ({wants}); {given}. Codex sends those that stand in the variable, by the Basic "
        f"scheme; "
        "0.144 and older send none."
    )
    fix = _set(machine, ladder, climbs, f"{scheme}://USER:PASSWORD@{place}")
    known = {word.strip().lower() for word in wants.split(",")}
    if known <= {"ntlm", "negotiate", "kerberos"}:
        relay = _set(machine, ladder, climbs, "http://127.0.0.1:3128")
        fix = f"run a relay that logs in to it (px or cntlm), then: {relay}"
    return Finding(
        "proxy.auth",
        ERROR,
        f"The proxy {cut(place, 36)} wants a user and password",
        evidence_of(machine, ladder, climbs),
        why,
        fix,
    )


def proxy_refused(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """The proxy does not let us through."""
    proxy = climbs[0].proxy
    place = "" if proxy is None else proxy.place
    return Finding(
        "proxy.refused",
        ERROR,
        f"The proxy {cut(place, 32)} does not let Codex through",
        evidence_of(machine, ladder, climbs),
        f"It takes the connection and refuses to go on to {hosts(climbs)}.",
        f"ask who runs the proxy to allow {' and '.join(climb.host for climb in climbs)}",
    )


def proxy_unspoken(machine: Machine, _ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """A proxy that Codex speaks to and we do not."""
    found = re.search(r"^(\S+) of (.*?) names", climbs[0].why)
    name = found[1] if found else "ALL_PROXY"
    told = source(machine, name, found[2] if found else "the environment").told
    return Finding(
        "proxy.unspoken",
        WARNING,
        f"{name} names a proxy that Switchyard does not speak to",
        told,
        f"{climbs[0].why}. Codex itself can use it, so the way to the service was not looked at.",
        f"export {name}=socks5h://HOST:PORT, where the proxy speaks SOCKS 5, too",
    )


def proxied_loopback(machine: Machine, ladder: Ladder, climbs: Sequence[Climb]) -> Finding:
    """This machine itself is asked through a proxy, and the proxy cannot do that."""
    return Finding(
        "proxy.loopback",
        ERROR,
        f"Asked through a proxy: {hosts(climbs)}",
        evidence_of(machine, ladder, climbs),
        "Without NO_PROXY Codex takes the proxy for this machine's own addresses, too; to the proxy 127.0.0.1 is "
        "itself.",
        "export NO_PROXY=127.0.0.1,localhost,::1",
    )


#: What tells of each id; each rung has some.
TELLS: dict[str, Tell] = {
    "net.dns": no_dns,
    "net.tcp": no_tcp,
    "net.silent": silent,
    "net.intercepted": intercepted,
    "net.service": in_trouble,
    "net.403": refused,
    "net.region": region,
    "net.limited": limited,
    "proxy.dead": dead_proxy,
    "proxy.auth": proxy_auth,
    "proxy.refused": proxy_refused,
    "proxy.unspoken": proxy_unspoken,
    "proxy.loopback": proxied_loopback,
}


def look_at(machine: Machine, id_: str, rung: str) -> list[Finding] | None:
    """Return what was found at a rung: None where the issuer was not reached so far, for another reason."""
    from profiles.doctor.network_ladder import climbed

    ladder = climbed(machine)
    fallen = ladder.of(id_)
    if fallen:
        return [TELLS[id_](machine, ladder, fallen)]
    return [] if any(climb.role == ISSUER for climb in ladder.over(rung)) else None
