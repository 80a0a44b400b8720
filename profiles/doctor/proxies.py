"""The proxy that Codex takes, or passes over: which, who named it, and whether it should be another."""

from __future__ import annotations

import re

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from profiles.oauth.proxies import Proxy
    from profiles.oauth.variables import Variable, Variables

SEEN: dict[str, str] = {
    "proxy.used": "Which proxy Codex takes for the service, which variable named it and where that is set, and "
    "whether "
    "NO_PROXY exempts a host.",
    "proxy.socks_scheme": "Proxy variables whose value Codex passes over without a word: socks:// and other "
    "schemes that "
    "it does not know, and what is no address. It then connects directly.",
    "proxy.dead": "Whether the proxy that Codex would take can be reached and speaks as one, and those that start-up "
    "files name for the next terminal.",
    "proxy.auth": "Whether that proxy wants a user and password (407) that it does not get.",
    "proxy.refused": "Whether that proxy lets connections with the service through.",
    "proxy.unspoken": "Whether the proxy is of a kind (SOCKS 4) that Codex speaks and Switchyard does not.",
    "proxy.loopback": "Whether an issuer or backend on this machine itself, such as a test's, is asked through a "
    "proxy: "
    "NO_PROXY alone exempts it.",
    "proxy.system": "Whether Windows or macOS has a proxy set up that Codex does not use: it minds variables "
    "alone, unless "
    "its feature respect_system_proxy is on.",
}

#: In the order in which Codex looks, for https and for http (C145).
_OF_HTTPS = ("HTTPS_PROXY", "https_proxy")
_OF_HTTP = ("HTTP_PROXY", "http_proxy")
_OF_ALL = ("ALL_PROXY", "all_proxy")
_SCHEMES = ("http", "https", "socks5", "socks5h", "socks4", "socks4a")
_INTERNET_SETTINGS = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"


def _look_at_use(machine: Machine) -> list[Finding]:
    """Say which proxy is in effect: worth knowing, no fault."""
    from profiles.doctor.network_ladder import targets
    from profiles.doctor.network_variables import source

    variables = _variables(machine)
    exempt = variables.find("NO_PROXY", "no_proxy")
    lines: list[str] = []
    used: list[str] = []
    for target in targets(machine):
        proxy, host = _proxy_of(variables, target.base), target.base.partition("://")[2]
        if proxy is not None:
            variable = variables.find(proxy.variable)
            told = source(machine, proxy.variable, proxy.where, variable and variable.value).told
            lines.append(f"{host}: through {proxy.url} ({told})")
            used.append(proxy.place)
        elif exempt is not None and _proxy_of(_without_exemption(machine), target.base) is not None:
            told = source(machine, exempt.name, exempt.where, exempt.value).told
            lines.append(f"{host}: directly, exempted by {told}")
            used.append("none")
    if not used:
        return []
    places = " and ".join(dict.fromkeys(each for each in used if each != "none"))
    title = (
        f"Codex goes through the proxy {places[:40]}" if places else "NO_PROXY exempts the service"
    )
    return [
        Finding(
            "proxy.used",
            INFO,
            title,
            "\n".join(dict.fromkeys(lines)),
            "Logins and turns take this way.",
        )
    ]


def _look_at_schemes(machine: Machine) -> list[Finding]:
    """Find variables that are passed over."""
    from profiles.doctor.network_ladder import ISSUER, climbed, targets
    from profiles.doctor.network_variables import setting, shown_address, source

    variables = _variables(machine)
    needed = {target.base.partition(":")[0] for target in targets(machine)}
    found = []
    for own, scheme in ((_OF_HTTPS, "https"), (_OF_HTTP, "http"), (_OF_ALL, "")):
        variable = variables.find(*own)
        if variable is None or _is_address(variable):
            continue
        decides = [each for each in needed if scheme in ("", each) and not _named(variables, each)]
        told = source(machine, variable.name, variable.where, variable.value).told
        shown = shown_address(variable.value)
        level = INFO
        if decides:
            level = WARNING
            if not machine.offline:
                fallen = [each for each in climbed(machine).climbs if each.failed is not None]
                level = ERROR if any(each.role == ISSUER for each in fallen) else WARNING
        found.append(
            Finding(
                "proxy.socks_scheme",
                level,
                f"{variable.name}={_scheme(variable)}://… is passed over by Codex"
                if "://" in variable.value
                else f"{variable.name} is passed over by Codex: it is no address",
                f"{told}: {shown}",
                "Codex knows socks5://, socks5h://, http:// and https://; with anything else it connects directly, "
                "without a word."
                + (
                    ""
                    if decides
                    else " Another variable names a proxy for the service, so no harm is done."
                ),
                setting(
                    machine,
                    variable.name,
                    variable.where,
                    variable.value,
                    f"socks5h://{_host(variable)}",
                ),
            )
        )
    return found


def _look_at_loopback(machine: Machine) -> list[Finding]:
    """Find an issuer or backend of this machine that is asked through a proxy."""
    from profiles.doctor.network_ladder import climbed, targets
    from profiles.oauth.issuer import is_loopback

    if not machine.offline:
        from profiles.doctor.network_findings import TELLS

        ladder = climbed(machine)
        fallen = ladder.of("proxy.loopback")
        if fallen:
            return [TELLS["proxy.loopback"](machine, ladder, fallen)]
    variables = _variables(machine)
    found = []
    for target in targets(machine):
        host = target.base.partition("://")[2]
        proxy = _proxy_of(variables, target.base)
        if proxy is not None and is_loopback(_hostname(target.base)):
            found.append(f"{host}: through {proxy.place} ({proxy.source})")
    if not found:
        return []
    return [
        Finding(
            "proxy.loopback",
            INFO,
            "This machine itself is asked through a proxy",
            "\n".join(dict.fromkeys(found)),
            "Without NO_PROXY Codex takes the proxy for this machine's own addresses, too.",
            "export NO_PROXY=127.0.0.1,localhost,::1",
        )
    ]


def _look_at_system(machine: Machine) -> list[Finding] | None:
    """Find a proxy of Windows or macOS that Codex does not use."""
    from profiles.doctor.network_ladder import climbed

    there = _system_proxy(machine)
    if there is None:
        return None
    place, who = there
    feature = _feature(machine)
    if not place or feature or _named(_variables(machine), "https"):
        return []
    level, why = INFO, ""
    if not machine.offline and any(each.failed for each in climbed(machine).climbs):
        level, why = WARNING, " Without it the service is not reached."
    if machine.platform == "linux" and re.match(r"(127\.|localhost)", place):
        why += " From WSL it is at 127.0.0.1 in mirrored mode only; else at the host's address (ip route show default)."
    return [
        Finding(
            "proxy.system",
            level,
            f"{who}'s own proxy {place} is not used by Codex",
            f"{who} has the proxy {place} set up; no proxy variable is set; the feature respect_system_proxy is off",
            f"The browser goes through it, Codex does not.{why}",
            f"export HTTPS_PROXY=http://{place}",
        )
    ]


def _system_proxy(machine: Machine) -> tuple[str, str] | None:
    """Return the system's own proxy (nothing: there is none) and whose; None where there is nobody to ask."""
    from profiles.doctor.wsl_system import in_wsl

    if machine.platform == "darwin":
        ran = machine.run(["scutil", "--proxy"], 2.0)
        if ran is None or ran.code != 0:
            return None
        told = dict(re.findall(r"^\s*(\w+) : (\S+)\s*$", ran.out, re.MULTILINE))
        if told.get("HTTPSEnable") != "1" or "HTTPSProxy" not in told:
            return "", "macOS"
        return f"{told['HTTPSProxy']}:{told.get('HTTPSPort', '443')}", "macOS"
    if machine.platform != "linux" or not in_wsl(machine):
        return None
    ran = machine.run(["reg.exe", "query", _INTERNET_SETTINGS], 2.5)
    if ran is None or ran.code != 0:
        return None
    told = dict(re.findall(r"^\s+(Proxy\w+)\s+REG_\w+\s+(\S+)\s*$", ran.out, re.MULTILINE))
    if told.get("ProxyEnable", "0x0") == "0x0":
        return "", "Windows"
    # One for all, or one for each scheme: `http=h:1;https=h:2`.
    servers = told.get("ProxyServer", "")
    schemes = dict(each.split("=", 1) for each in servers.split(";") if "=" in each)
    server: str = (schemes.get("https") or schemes.get("http") or "") if schemes else servers
    return server.rpartition("@")[2][:80], "Windows"


def _feature(machine: Machine) -> bool:
    import tomllib

    try:
        table = tomllib.loads(machine.text(f"{machine.home}/config.toml") or "")
    except tomllib.TOMLDecodeError:
        return False
    features = table.get("features")
    return isinstance(features, dict) and features.get("respect_system_proxy") is True


def _variables(machine: Machine) -> Variables:
    from profiles.oauth.variables import variables_of

    return machine.once("network variables", lambda: variables_of(machine.context))


def _without_exemption(machine: Machine) -> Variables:
    from profiles.oauth.variables import Variables, variables_of

    class Unexempted(Variables):
        def find(self, *names: str) -> Variable | None:
            return None if "NO_PROXY" in names else super().find(*names)

    known = variables_of(machine.context)
    return Unexempted(known._environ, known._dotenv, known._where)  # noqa: SLF001 - the same, less one


def _proxy_of(variables: Variables, url: str) -> Proxy | None:
    from profiles.errors import ProxyRefused
    from profiles.oauth.proxies import proxy_for

    try:
        return proxy_for(variables, url)
    except ProxyRefused:
        return None


def _named(variables: Variables, scheme: str) -> bool:
    """Whether a proxy is named for a scheme in a way that Codex understands."""
    own = _OF_HTTPS if scheme == "https" else _OF_HTTP
    found = (variables.find(*own), variables.find(*_OF_ALL))
    return any(each is not None and _is_address(each) for each in found)


def _is_address(variable: Variable) -> bool:
    """Whether Codex takes a value for a proxy."""
    from urllib.parse import urlsplit

    text = variable.value.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname)


def _scheme(variable: Variable) -> str:
    from profiles.doctor.network_variables import shown_address

    return shown_address(variable.value).partition("://")[0][:20]


def _host(variable: Variable) -> str:
    from profiles.doctor.network_variables import shown_address

    host = shown_address(variable.value).rpartition("://")[2]
    return host if re.fullmatch(r"[\w.:\[\]-]+", host) else "HOST:PORT"


def _hostname(url: str) -> str | None:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname


CHECKS: tuple[Check, ...] = (
    Check({"proxy.used": "no proxy is set: Codex goes directly"}, _look_at_use, slow=True),
    Check(
        {"proxy.socks_scheme": "no proxy variable is passed over by Codex"},
        _look_at_schemes,
        slow=True,
    ),
    Check(
        {"proxy.loopback": "this machine itself is not asked through a proxy"},
        _look_at_loopback,
        slow=True,
    ),
    Check({"proxy.system": "no proxy of the system is passed over"}, _look_at_system, slow=True),
)
