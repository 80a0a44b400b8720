"""The ladder to the issuer and to the backend: name, TCP or proxy, TLS, and answers, each rung on the one before.

It is climbed once for all checks, both hosts at once, by the proxies and certificates that Codex itself would use
(`profiles.oauth.variables`). What is sent: a HEAD, a GET, and a token request with nothing in it but its grant type.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from profiles.errors import ProfilesError, ProxyRefused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from profiles.doctor.certificates import Certificate
    from profiles.doctor.machine import Machine
    from profiles.doctor.network_answers import Line, Reply
    from profiles.doctor.network_streams import Deadline, Stream
    from profiles.oauth.proxies import Proxy
    from profiles.oauth.variables import Variables

    LookUp = Callable[..., Sequence[tuple[Any, ...]]]

#: Seconds for the whole of it: the doctor has five for everything.
WHOLE = 4.4
ISSUER, BACKEND = "issuer", "backend"
#: The rungs, from below.
DNS, TCP, PROXY, TLS, HTTP = "dns", "tcp", "proxy", "tls", "http"
_DISCOVERY = "/.well-known/openid-configuration"
_TOKEN = "/oauth/token"
_FORM = "grant_type=authorization_code"


class Target(NamedTuple):
    """Whom to ask: `base` is the address without a slash at the end, `path` what the backend is asked for."""

    role: str
    base: str
    path: str = ""


class Climb:
    """How far one host was reached. `failed` is the id of the rung that did not hold, None when all did."""

    def __init__(self, target: Target, proxy: Proxy | None) -> None:
        parts = urlsplit(target.base)
        self.role = target.role
        self.base = target.base
        self.path = target.path
        self.is_tls = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.is_tls else 80)
        self.proxy = proxy
        self.passed: list[str] = []
        self.told: list[str] = []
        self.failed: str | None = None
        self.why = ""
        self.addresses: list[str] = []
        self.certificate: Certificate | None = None
        #: OpenSSL's number and words for why a certificate is not trusted.
        self.verdict = (0, "")
        #: Whether the system's certificates, without SSL_CERT_FILE and SSL_CERT_DIR, would do.
        self.system_would_do = False
        #: A file that would do as CODEX_CA_CERTIFICATE.
        self.remedy: str | None = None
        #: How far this machine's clock is behind (+) or ahead (-), in seconds, by an answer's Date.
        self.skew: float | None = None
        #: What Windows's own curl got for the same token request, where this is WSL.
        self.windows: str | None = None

    @property
    def place(self) -> str:
        """The host for people, with its port where that is not the usual one."""
        usual = 443 if self.is_tls else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def steps(self) -> str:
        """All rungs and their outcome, in one line."""
        parts = list(self.told)
        if self.failed is not None:
            before = self.proxy is not None and PROXY not in self.passed
            why = f"the proxy {self.proxy.place}: {self.why}" if before and self.proxy else self.why
            plain = why.replace(": ", " ", 1)
            if parts and plain.startswith(parts[-1]):
                parts[-1] = plain
            elif not parts or why not in parts[-1]:
                parts.append(why)
        return f"{self.place}: {'; '.join(parts)}"


class Ladder(NamedTuple):
    """Both climbs, and the settings that they went by."""

    climbs: list[Climb]
    variables: Variables

    def of(self, id_: str) -> list[Climb]:
        """Return those that ended at this rung."""
        return [climb for climb in self.climbs if climb.failed == id_]

    def over(self, rung: str) -> list[Climb]:
        """Return those that got over this rung."""
        return [climb for climb in self.climbs if rung in climb.passed]


def climbed(machine: Machine) -> Ladder:
    """Return how far both hosts are reached; climbed once, for all checks."""
    return machine.once("network ladder", lambda: climb_all(machine))


def targets(machine: Machine) -> list[Target]:
    """Return whom Codex asks: the issuer, and the backend where a valid one is set."""
    from profiles.oauth.backend import find_backend
    from profiles.oauth.issuer import DEFAULT_ISSUER, find_issuer
    from profiles.overrides import home_settings

    try:
        issuer = find_issuer(machine.environ).base
    except ProfilesError:
        issuer = DEFAULT_ISSUER  # another check tells about it
    found = [Target(ISSUER, issuer)]
    try:
        usage = urlsplit(find_backend(home_settings(machine.home), machine.environ).usage_url)
    except ProfilesError:
        return found  # another check tells about it
    return [*found, Target(BACKEND, f"{usage.scheme}://{usage.netloc}", usage.path)]


def climb_all(machine: Machine, look_up: LookUp | None = None) -> Ladder:
    """Climb to both hosts at once. `look_up` stands for the system's `getaddrinfo`."""
    from profiles.doctor.network_streams import Deadline
    from profiles.oauth.proxies import proxy_for
    from profiles.oauth.variables import variables_of

    variables = variables_of(machine.context)
    deadline = Deadline(machine.left(WHOLE), machine.context.monotonic)
    climber = Climber(machine, variables, deadline, look_up)
    climbs: list[Climb] = []
    for target in targets(machine):
        try:
            climbs.append(Climb(target, proxy_for(variables, target.base)))
        except ProxyRefused as error:
            climbs.append(Climb(target, None))
            climbs[-1].failed, climbs[-1].why = "proxy.unspoken", error.message
    windows = _thread(_ask_windows, machine, climbs[0])
    for thread in [_thread(climber.climb, each) for each in climbs if each.failed is None]:
        thread.join()
    if climbs[0].failed is not None:
        windows.join()
    return Ladder(climbs, variables)


def _thread(work: Callable[..., None], *given: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=given, daemon=True)
    thread.start()
    return thread


class Climber:
    """Climbs: `deadline` is the end of the time for all rungs."""

    def __init__(
        self,
        machine: Machine,
        variables: Variables,
        deadline: Deadline,
        look_up: LookUp | None = None,
    ) -> None:
        self._look_up = look_up
        self._machine = machine
        self._variables = variables
        self._deadline = deadline

    def climb(self, climb: Climb) -> None:
        """Go as far as it goes, and note it. Never raises."""
        from profiles.doctor.network_streams import Fallen, words_of
        from profiles.oauth.issuer import is_loopback

        try:
            self._ask(climb)
        except Fallen as fallen:
            climb.failed, climb.why = fallen.id, fallen.why
            if fallen.id == "proxy.refused" and is_loopback(climb.host):
                climb.failed = "proxy.loopback"
        except TimeoutError as error:
            climb.failed, climb.why = "net.silent", words_of(error)
        except Exception as error:  # noqa: BLE001 - one host that is odd hides nothing of the other
            climb.failed, climb.why = "net.silent", f"{type(error).__name__}"

    def _ask(self, climb: Climb) -> None:
        from profiles.doctor import network_answers as answers
        from profiles.doctor.network_streams import Fallen

        line: Line | None = None

        def ask(method: str, path: str, form: str | None = None) -> Reply:
            nonlocal line
            is_new = line is None or not line.is_open
            if line is None or not line.is_open:
                line = self._line(climb)
            try:
                reply = line.ask(method, path, form)
            except Fallen as fallen:
                line.close()
                if is_new or "in time" in fallen.why:
                    raise
                # It was closed behind the answer before: nothing is wrong with that.
                line = self._line(climb)
                reply = line.ask(method, path, form)
            answers.check_proxy(reply)
            climb.told.append(f"{method if path != _DISCOVERY else 'discovery'} {reply.told}")
            self.note_clock(climb, reply)
            return reply

        try:
            if climb.role == BACKEND:
                answers.check_backend(ask("GET", climb.path))
            else:
                prefix = urlsplit(climb.base).path
                discovery = ask("GET", f"{prefix}{_DISCOVERY}")
                ask("HEAD", f"{prefix}{_TOKEN}")
                answers.check_token(ask("POST", f"{prefix}{_TOKEN}", _FORM))
                answers.check_discovery(discovery, climb.base)
        finally:
            if line is not None:
                line.close()
        climb.passed.append(HTTP)

    def note_clock(self, climb: Climb, reply: Reply) -> None:
        """Note how far the clock is off, by an answer that tells the time."""
        moment = reply.moment()
        if moment is not None:
            climb.skew = moment - self._machine.context.now()

    def _line(self, climb: Climb) -> Line:
        """Return a connection on which questions can be asked: name, TCP or proxy, TLS."""
        from profiles.doctor.network_answers import Line
        from profiles.doctor.network_certificates import secure
        from profiles.doctor.network_tunnels import authorization

        stream = self.stream(climb)
        if climb.is_tls:
            stream = secure(self._machine, self._variables, self, climb, stream)
        extra: dict[str, str] = {}
        base = ""
        if not climb.is_tls and climb.proxy is not None and not climb.proxy.url.startswith("socks"):
            base = f"http://{climb.place}"
            credentials = authorization(climb.proxy)
            extra = {} if credentials is None else {"Proxy-Authorization": credentials}
        return Line(stream, climb.place, base, extra)

    def stream(self, climb: Climb) -> Stream:
        """Return a connection with the host, be it by a proxy. Raises Fallen."""
        from profiles.doctor.network_streams import Fallen, connect, resolve, words_of
        from profiles.doctor.network_tunnels import through

        if climb.proxy is not None:
            stream = through(
                climb.proxy,
                climb.host,
                climb.port,
                deadline=self._deadline,
                trust=self._trust,
                tunnel=climb.is_tls,
            )
            _pass(climb, PROXY, f"through the proxy {climb.proxy.place}")
            return stream
        found = resolve(climb.host, climb.port, self._deadline, self._look_up)
        climb.addresses = list(dict.fromkeys(each.text for each in found))
        if _leads_home(climb):
            told = ", ".join(climb.addresses)
            raise Fallen("net.dns", f"the name leads to {told}: to this machine, or nowhere")
        if climb.host not in climb.addresses:
            _pass(climb, DNS, f"DNS {climb.addresses[0]}")
        try:
            connected = connect(found, self._deadline)
        except OSError as error:
            raise Fallen("net.tcp", f"TCP {climb.port}: {words_of(error)}") from None
        _pass(climb, TCP, f"TCP {climb.port} connected")
        return connected

    def _trust(self) -> ssl.SSLContext:
        from profiles.doctor.network_certificates import trusted

        return trusted(self._machine, self._variables)


def _leads_home(climb: Climb) -> bool:
    """Say whether a name of somebody else leads to this machine: a blocker does that, or a line in /etc/hosts."""
    from ipaddress import ip_address

    from profiles.oauth.issuer import is_loopback

    if is_loopback(climb.host) or not climb.addresses:
        return False
    numbers = [ip_address(each.partition("%")[0]) for each in climb.addresses]
    return all(each.is_loopback or each.is_unspecified for each in numbers)


def _pass(climb: Climb, rung: str, told: str) -> None:
    if rung not in climb.passed:
        climb.passed.append(rung)
        climb.told.append(told)


def _ask_windows(machine: Machine, climb: Climb) -> None:
    """Let Windows's own curl ask the same, where this is WSL: it may leave by another address."""
    from profiles.doctor.wsl_system import in_wsl

    if not in_wsl(machine) or machine.which("curl.exe") is None:
        return
    words = ["curl.exe", "-sS", "-m", "3", "-o", "NUL", "-w", "%{http_code}"]
    ran = machine.run([*words, "-d", _FORM, f"{climb.base}{_TOKEN}"], 3.5)
    if ran is not None and ran.out.strip().isdecimal():
        climb.windows = ran.out.strip()[:3]
