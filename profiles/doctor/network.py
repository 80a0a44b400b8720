"""The way to the service, rung by rung: name, connection, answers; and the proxy that it goes by (proxies.py).

Every rung is a check of its own, so that one that could not be reached is not called fine; the ladder is climbed once.
"""

from __future__ import annotations

from profiles.doctor import proxies
from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "net.issuer": "Whether SWITCHYARD_ISSUER, where it is set, is an address to which a token may be sent.",
    "net.dns": "Whether auth.openai.com and the ChatGPT backend have an address, by DNS or /etc/hosts. Without "
    "one, or "
    "with one that leads to this machine, nothing of Codex's works.",
    "net.tcp": "Whether a connection with both hosts comes about within 2.5 s. If not: offline, a firewall, a VPN.",
    "net.silent": "Whether they answer once they are connected. If not, something on the way holds the answers back.",
    "net.intercepted": "Whether it is the service that answers: its discovery document (200, its own name), HEAD "
    "of the "
    "token endpoint (405), a token request without a code (400 in JSON). A redirect or a web page is a sign-in "
    "page of the network, or a gateway.",
    "net.403": "A token request without a code is answered with 403: the address by which this machine leaves is "
    "refused. In WSL Windows's own curl.exe asks the same, to see whether Windows leaves by another one.",
    "net.region": "The same with the word that this machine's country is not served.",
    "net.limited": "The same with 429: too many questions from this address.",
    "net.service": "An answer of 5xx: the service itself is in trouble.",
    **proxies.SEEN,
}
UNSEEN: dict[str, str] = {
    "firewall": "A firewall, antivirus or EDR that blocks one program only lets this one through, so it cannot "
    "be seen "
    "from here. When everything below net, proxy, tls and clock is fine and Codex alone fails, allow the codex "
    "binary (command -v codex) in that product.",
    "net.codex_alone": "When curl and this doctor get through and Codex does not, it has other settings than we: "
    "a proxy or "
    "CA variable in the environment in which it, its daemon or the IDE was started (see env.stale_process). "
    "Start it anew from this shell; last resort: RUST_LOG=debug codex login --device-auth names the proxy that "
    "it uses (redact before sharing).",
}


def _look_at_issuer(machine: Machine) -> list[Finding]:
    """Find an issuer of somebody's choice that cannot be used."""
    from profiles.errors import UsageError
    from profiles.oauth.issuer import ISSUER_VARIABLE, find_issuer

    try:
        find_issuer(machine.environ)
    except UsageError as error:
        return [
            Finding(
                "net.issuer",
                ERROR,
                f"{ISSUER_VARIABLE} is no address for tokens",
                error.message,
                "Switchyard logs in and refreshes there, and nowhere else; Codex itself does not know it.",
                f"unset {ISSUER_VARIABLE}",
            )
        ]
    return []


def _look_at_dead(machine: Machine) -> list[Finding] | None:
    from profiles.doctor.proxies_elsewhere import dead

    return dead(machine)


def _rung(id_: str, rung: str) -> Callable[[Machine], list[Finding] | None]:
    def look(machine: Machine) -> list[Finding] | None:
        from profiles.doctor.network_findings import look_at

        return look_at(machine, id_, rung)

    return look


def _check(id_: str, rung: str, fine: str) -> Check:
    return Check({id_: fine}, _rung(id_, rung), sends=True, slow=True)


CHECKS: tuple[Check, ...] = (
    Check({"net.issuer": "the issuer is one to which tokens may be sent"}, _look_at_issuer),
    _check("net.dns", "dns", "both hosts have an address by DNS"),
    _check("net.tcp", "tcp", "both hosts take connections"),
    *proxies.CHECKS,
    Check({"proxy.dead": "the proxy is alive"}, _look_at_dead, sends=True, slow=True),
    _check("proxy.auth", "proxy", "the proxy takes us as we are"),
    _check("proxy.refused", "proxy", "the proxy lets us through"),
    _check("proxy.unspoken", "proxy", "the proxy is of a kind that is spoken here"),
    _check("net.silent", "http", "both hosts answer"),
    _check("net.intercepted", "http", "it is the service itself that answers (200, 405, 400)"),
    _check("net.403", "http", "this machine's address is not refused"),
    _check("net.region", "http", "this machine's country is served"),
    _check("net.limited", "http", "the service is not asked too often from here"),
    _check("net.service", "http", "the service is not in trouble"),
)
