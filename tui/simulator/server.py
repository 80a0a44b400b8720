"""The simulator: start it, give its addresses to Codex or Switchyard, steer it from any thread.

with Simulator() as simulator:
    ada = simulator.people.add("ada@example.com", workspaces=[("ws-acme", "Acme", "team")])
    # SWITCHYARD_ISSUER=simulator.url; codex login --device-auth --experimental_issuer …
    simulator.device.approve(code, "ada@example.com", "Acme")
    callback = simulator.browse(authorize_url, "ada@example.com")
    simulator.faults.add("/oauth/token", status=503, headers={"Retry-After": "1"})
    gate = simulator.gates.hold("/oauth/token", HANDLED)
    [request] = simulator.wait_for("/oauth/token")
    assert not any(secret in output for secret in simulator.secrets())
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from tui.simulator.backend import Backend
from tui.simulator.browsing import Browsing
from tui.simulator.device import Device
from tui.simulator.families import Families
from tui.simulator.faults import Faults
from tui.simulator.gates import ARRIVED, HALF, HANDLED, Gates
from tui.simulator.grants import Grants
from tui.simulator.mint import Mint
from tui.simulator.people import People
from tui.simulator.routes import routes
from tui.simulator.token_endpoint import TokenEndpoint
from tui.simulator.tokens import ACCESS_LIFE, SCOPE, TokenMaker
from tui.simulator.wire import Listener, Manner, Reply, Request, answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Self

    from tui.simulator.families import Family
    from tui.simulator.signature import Algorithm

#: The client as which Codex signs in.
CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
#: Fields of a request whose values are secrets.
_SECRET_FIELDS = frozenset(
    {
        *("code", "code_verifier", "device_auth_id", "refresh_token"),
        *("subject_token", "token", "access_token", "id_token"),
    }
)


class Simulator:
    """Issuer and backend in one, on a free port of 127.0.0.1 unless one is given; `start` it.

    `now` is its clock (seconds since the epoch, UTC); `latency` is added to every answer, in seconds; `interval` is
    sent with device codes, which approve themselves after `approve_after` seconds if that is given. With a `seed`
    everything random comes out alike in every run. A refresh token that comes twice ends its family, unless the service
    is `forgiving`: which of the two the real one is nobody has told.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
        latency: float = 0.0,
        interval: object = "1",
        approve_after: float | None = None,
        algorithm: Algorithm = "RS256",
        seed: str | None = None,
        forgiving: bool = False,
    ) -> None:
        self.latency = latency
        self.faults = Faults()
        self.gates = Gates()
        self.log: list[Request] = []
        self._logged = threading.Condition()
        self._state = threading.RLock()
        self._now = now
        self._mint = Mint(seed)
        self._tls, self._port = tls, port
        # The address is part of every token, so it must be known before there is one.
        self._listener: Listener | None = self._bind()
        self._port = self._listener.port
        self._running = False
        scheme = "http" if tls is None else "https"
        #: The issuer: `SWITCHYARD_ISSUER`, `--experimental_issuer`.
        self.url = f"{scheme}://127.0.0.1:{self._port}"
        #: `chatgpt_base_url`.
        self.backend_url = f"{self.url}/backend-api/"
        self.people = People(self._mint)
        self._maker = TokenMaker(self._mint, self.url, algorithm)
        self._families = Families(self._mint, self._maker, now, forgiving=forgiving)
        self._grants = Grants(self._mint, now)
        self.device = Device(
            self._mint,
            self.people,
            self._grants,
            now,
            self._state,
            interval=interval,
            approve_after=approve_after,
        )
        self.backend = Backend(self._mint, self.people, self._families, now)
        self._browsing = Browsing(self.people, self._grants, self.device)
        self._routes = routes(
            self.url,
            algorithm,
            device=self.device,
            tokens=TokenEndpoint(self._mint, self._maker, self._grants, self._families, now),
            backend=self.backend,
            browsing=self._browsing,
        )

    # -- life --

    def _bind(self) -> Listener:
        return Listener(self._serve, self._now, port=self._port, tls=self._tls)

    def start(self) -> Self:
        """Answer; after a stop again, at the same port: the service was away for a while."""
        if self._listener is None:
            self._listener = self._bind()
        if not self._running:
            self._listener.start()
            self._running = True
        return self

    def stop(self) -> None:
        """End every conversation and stop listening. Raises RuntimeError when the simulator itself has a bug."""
        listener, self._listener, self._running = self._listener, None, False
        self.gates.open_all()
        if listener is not None:
            listener.close()
            if listener.broken:
                raise RuntimeError("the simulator failed") from listener.broken[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- steering, from any thread --

    def sign_in(
        self,
        email: str,
        workspace: str | None = None,
        *,
        issued_at: float | None = None,
        lifetime: int = ACCESS_LIFE,
        client_id: str = CLIENT_ID,
    ) -> dict[str, Any]:
        """Return a whole login, as the token endpoint would answer it, and know its tokens from then on."""
        with self._state:
            person = self.people.find(email)
            at = self._now() if issued_at is None else issued_at
            place = person.workspace(workspace)
            session = self._maker.session(person, place, client_id, SCOPE, at)
            return self._families.begin(session, issued_at=at, lifetime=lifetime)

    def personal_token(self, email: str, workspace: str | None = None) -> str:
        """Return a new personal access token (`at-…`) that whoami knows."""
        with self._state:
            return self.backend.personal_token(email, workspace)

    def api_key(self) -> str:
        """Return a made-up API key."""
        return self._mint.opaque("sk-proj-", 48)

    def rotate(self, refresh_token: str) -> dict[str, Any]:
        """Return the next generation, as if another machine had refreshed. Raises RefreshRefusedError."""
        with self._state:
            family = self._families.find(refresh_token)
            client_id = family.session.client_id if family is not None else CLIENT_ID
            return self._families.rotate(refresh_token, client_id)

    def browse(
        self,
        authorize_url: str,
        email: str,
        workspace: str | None = None,
        *,
        error: str | None = None,
        description: str = "",
    ) -> str:
        """Return the callback URL to which the page leads when this person clicks; nobody is called.

        `error` is sent back instead, `missing_codex_entitlement` as Codex expects that. Raises GrantRefusedError for a
        URL that the page would refuse, KeyError for a workspace that the person is not in.
        """
        with self._state:
            return self._browsing.click(
                authorize_url, email, workspace, error=error, description=description
            )

    # -- what happened --

    @property
    def families(self) -> list[Family]:
        """Every family of refresh tokens, oldest first."""
        return self._families.all

    def family_of(self, token: str) -> Family | None:
        """Return the family of a refresh or access token."""
        return self._families.find(token)

    @property
    def reused(self) -> int:
        """How many refresh tokens were presented twice."""
        return self._families.reused

    def secrets(self) -> set[str]:
        """Return every token, key, authorization code, verifier and device id, issued or received.

        Signatures of tokens stand alone in it too, so that a token is found that lost its beginning. User codes are
        no secrets.
        """
        return self._mint.secrets()

    def requests(self, path: str) -> list[Request]:
        """Return what was asked of a path, oldest first."""
        with self._logged:
            return [each for each in self.log if each.path == path]

    def wait_for(self, path: str, count: int = 1, timeout: float = 10.0) -> list[Request]:
        """Return what was asked of a path once that are `count` requests. Raises TimeoutError."""
        with self._logged:
            if self._logged.wait_for(lambda: len(self.requests(path)) >= count, timeout):
                return self.requests(path)
        raise TimeoutError(f"{len(self.requests(path))} of {count} requests of {path} came")

    # -- over the wire --

    def _serve(self, request: Request) -> tuple[Reply, Manner]:
        for name, value in (*request.fields().items(), *request.parameters()):
            if name in _SECRET_FIELDS:
                self._mint.received(value)
        self._mint.received(request.bearer)
        with self._logged:
            self.log.append(request)
            self._logged.notify_all()
        gate = self.gates.take(request)
        if gate is not None:
            gate.stand(ARRIVED)
        reply, manner = self.faults.apply(request, self._handle)
        manner.delay += self.latency
        if gate is not None:
            gate.stand(HANDLED)
            if gate.moment == HALF:
                manner.halfway = partial(gate.stand, HALF)
        return reply, manner

    def _handle(self, request: Request) -> Reply:
        handlers = self._routes.get(request.path)
        if handlers is None:
            return answer(404, {"detail": "Not Found"})
        method = "GET" if request.method == "HEAD" else request.method
        if method not in handlers:
            return answer(405, {"detail": "Method Not Allowed"})
        with self._state:
            return handlers[method](request)
