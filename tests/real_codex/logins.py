"""The same login twice, by the real Codex and by us, at a service that gives both the same answers.

    service = Service()
    theirs = real_device(newest, service)             # what it asked, in order, and the auth.json that it wrote
    ours = await own_device(service, home)

A simulator with a seed draws the same codes and tokens in every run, and its clock stands: whatever differs between
the two, then, was made by the clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import time
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from profiles.context import make_context
from profiles.errors import WorkspaceForbidden
from profiles.oauth.browser import BrowserLogin
from profiles.oauth.device_code import device_code_login
from profiles.oauth.events import CodeIssued, Obtained, UrlIssued
from profiles.oauth.http import open_wire
from profiles.oauth.issuer import Issuer
from profiles.oauth.settings import LoginSettings
from tests.simulator.client import Answer, ask
from tests.support.app_server import end_group
from tests.support.redirect_ports import redirect_ports
from tui.simulator.routes import DEVICE_TOKEN
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from profiles.oauth.events import Event
    from tests.support.real_codex import RealCodex

ADA: Final = "ada@example.com"
#: Ada's workspace beside her personal account.
ACME: Final = "7d3cbb1e-8c52-4d0d-9b0a-000000000001"


class Step(NamedTuple):
    """A request: everything in it that the service can see. `headers` as they were spelt, in their order."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str


class Ran(NamedTuple):
    """A login: what was asked, and the auth.json, empty when the workspace was refused and there is none.

    `at` are the times of the requests, in seconds since the epoch by the service's clock. A browser login has its
    `authorize_url`, and `pages`, what the browser was answered.
    """

    steps: list[Step]
    at: list[float]
    document: bytes
    authorize_url: str = ""
    pages: tuple[Answer, ...] = ()


class Service:
    """The service, made anew for each run at one port, with one seed, and at one moment unless its clock `runs`.

    With `tokens` these are the answer to every code.
    """

    def __init__(
        self,
        *,
        api_key: bool = True,
        workspace: str | None = None,
        runs: bool = False,
        tokens: dict[str, object] | None = None,
    ) -> None:
        self._api_key, self._workspace = api_key, workspace
        self._tokens = tokens
        self._port = 0
        moment = time.time()
        self._now = time.time if runs else lambda: moment

    @contextlib.contextmanager
    def open(self) -> Iterator[Simulator]:
        """Let it run while the block does."""
        simulator = Simulator(port=self._port, now=self._now, seed="twins")
        self._port = int(simulator.url.rpartition(":")[2])
        simulator.people.add(ADA, workspaces=[(ACME, "Acme", "team")], api_key=self._api_key)
        if self._tokens is not None:
            simulator.faults.add("/oauth/token", body=self._tokens, times=None)
        with simulator:
            yield simulator

    def approve(self, simulator: Simulator) -> None:
        """Let Ada type the code that waits, once it was asked for in vain."""
        simulator.wait_for(DEVICE_TOKEN, timeout=60)
        [code] = simulator.device.pending()
        simulator.device.approve(code, ADA, self._workspace)

    def click(self, simulator: Simulator, authorize_url: str) -> str:
        """Let Ada sign in at the page, and return the address to which it leads."""
        return simulator.browse(authorize_url, ADA, self._workspace)


# -- the real client --


def real_device(codex: RealCodex, service: Service, *options: str) -> Ran:
    """Run `codex login --device-auth`."""
    with service.open() as simulator:
        command = [codex.path, "login", "--device-auth", "--experimental_issuer", simulator.url]
        child = subprocess.Popen(
            [*command, *options],
            env=codex.environ,
            cwd=codex.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            service.approve(simulator)
            code = child.wait(60)
        finally:
            end_group(child)
        document = _read(codex.home)
        assert code == (0 if document else 1)
        return _ran(simulator, document)


def real_browser(codex: RealCodex, service: Service) -> Ran:
    """Let an app-server log in by the browser: of the client's two ways the one whose issuer can be set."""
    with service.open() as simulator, redirect_ports():
        codex.environ |= {
            "CODEX_APP_SERVER_LOGIN_ISSUER": simulator.url,
            "CODEX_INTERNAL_ORIGINATOR_OVERRIDE": "codex_cli_rs",  # as `codex login` calls itself
        }
        with codex.app_server() as session:
            url = session.request("account/login/start", {"type": "chatgpt"})["authUrl"]
            page = ask(service.click(simulator, url), timeout=60)
            further = page.headers.get("Location")
            pages = (page, *([ask(further, timeout=60)] if further is not None else []))
            return _ran(simulator, _read(codex.home), url, pages)


# -- ours --


async def own_device(service: Service, home: str, workspaces: tuple[str, ...] = ()) -> Ran:
    """Run our device flow."""
    with service.open() as simulator:
        settings = LoginSettings(make_context(), Issuer(simulator.url), home, workspaces)
        async with open_wire(settings.context, home) as wire:
            flow = device_code_login(settings, wire)
            issued = await anext(flow)
            assert isinstance(issued, CodeIssued)
            approving = asyncio.to_thread(service.approve, simulator)
            document, _ = await asyncio.gather(_obtained(flow), approving)
        return _ran(simulator, document)


async def own_browser(service: Service, home: str, workspaces: tuple[str, ...] = ()) -> Ran:
    """Run our browser flow."""
    with service.open() as simulator, redirect_ports():
        settings = LoginSettings(make_context(), Issuer(simulator.url), home, workspaces)
        async with open_wire(settings.context, home) as wire:
            flow = BrowserLogin(settings).run(wire)
            issued = await anext(flow)
            assert isinstance(issued, UrlIssued)
            callback = service.click(simulator, issued.authorize_url)
            calling = asyncio.to_thread(ask, callback, timeout=60)
            document, page = await asyncio.gather(_obtained(flow), calling)
        return _ran(simulator, document, issued.authorize_url, (page,))


async def _obtained(flow: AsyncGenerator[Event, None]) -> bytes:
    """Let a flow run to its end, and return the bytes of its document."""
    try:
        *_, last = [event async for event in flow]
    except WorkspaceForbidden:
        return b""
    assert isinstance(last, Obtained)
    return last.document.raw


# -- what is compared --


def _read(home: str) -> bytes:
    with contextlib.suppress(FileNotFoundError), open(f"{home}/auth.json", "rb") as file:
        return file.read()
    return b""


def steps_of(simulator: Simulator) -> list[Step]:
    """Return what was asked so far, in order."""
    return [
        Step(each.method, each.path, each.query, list(each.headers), each.body.decode())
        for each in list(simulator.log)
    ]


def _ran(
    simulator: Simulator, document: bytes, authorize_url: str = "", pages: tuple[Answer, ...] = ()
) -> Ran:
    times = [each.at for each in list(simulator.log)]
    return Ran(steps_of(simulator), times, document, authorize_url, pages)


#: What a client draws at random, or takes from its clock, in its requests and documents; `{}` is in its place.
_DRAWN: Final = {
    # 64 random bytes, and what is made of them; a device login's verifier is made by the service.
    "verifier": re.compile(r"(?<=&code_verifier=)[A-Za-z0-9_-]{86}\Z"),
    "challenge": re.compile(r"(?<=&code_challenge=)[A-Za-z0-9_-]{43}(?=&)"),
    "state": re.compile(r"(?<=&state=)[A-Za-z0-9_-]{43}(?=&)"),
    "owner": re.compile(r'(?<="login_owner_id": ")[A-Za-z0-9_-]{43}(?=")'),
    "time": re.compile(
        r'(?<="last_refresh": ")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3}){0,2})?Z(?="\n}\Z)'
    ),
}


def masked(text: str, *drawn: str) -> str:
    """Return a text without what a client draws, each of which stands in it exactly once and has its form."""
    for name in drawn:
        text, count = _DRAWN[name].subn("{}", text)
        assert count == 1, f"{count} times {name} in {text}"
    return text


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a form or query, in their order."""
    return parse_qsl(text, keep_blank_values=True)


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(pairs(urlsplit(url).query))


def configure(home: str, *lines: str) -> None:
    """Write a home's config.toml."""
    with open(f"{home}/config.toml", "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
