"""`tui --demo`: the screen over made-up profiles and the simulator, in a temporary folder that goes when it ends.

Nothing of the person's is read or written: every path comes from an environment of the demo's own, and so do the
addresses. Device codes approve themselves after a few seconds; the browser's page approves by a click.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import tempfile
from typing import TYPE_CHECKING

from profiles.context import make_context
from tui.app import run_screen
from tui.simulator.approving import Approver
from tui.simulator.demo_profiles import furnish
from tui.simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from profiles.context import Context
    from profiles.model import Process

#: Seconds after which a device code counts as approved, and between two looks at it.
APPROVED_AFTER, INTERVAL = 5.0, "1"
_ENDING = (signal.SIGTERM, signal.SIGHUP)
#: What would lead somewhere real, or make the demo another one for each person.
_REMOVED = (
    "CODEX_",
    "OPENAI_",
    "SWITCHYARD_",
    "XDG_CONFIG_",
    "XDG_DATA_",
    "XDG_STATE_",
    "XDG_CACHE_",
)
_KEPT = "SWITCHYARD_DEBUG"
_LOOPBACK = "127.0.0.1,localhost,::1"


def run_demo(environ: Mapping[str, str] | None = None, *, mouse: bool = True) -> int:
    """Play it, and return the exit code. `environ` is the person's own; without `mouse` the terminal keeps that."""
    with (
        _temporary_folder() as folder,
        Simulator(interval=INTERVAL, approve_after=APPROVED_AFTER) as simulator,
    ):
        context = demo_context(os.environ if environ is None else environ, folder, simulator)
        furnished = furnish(context, simulator)
        for home in (context.home, *glob.glob(f"{context.roots.profiles}/*")):
            _settle_in(home, simulator)
        approver = Approver(furnished, simulator)
        simulator.device.approver = approver.approve
        try:
            return run_screen(context, demo=True, mouse=mouse, on_open=approver.watch)
        finally:
            approver.end()


def demo_context(environ: Mapping[str, str], folder: str, simulator: Simulator) -> Context:
    """Return surroundings that lie below a folder, and whose only addresses are the simulator's."""
    home = f"{folder}/home"
    os.makedirs(f"{home}/.codex", 0o700)
    kept = {
        name: value
        for name, value in environ.items()
        if name == _KEPT or not (name.startswith(_REMOVED) or name.lower().endswith("_proxy"))
    }
    # Whoever would leave this machine all the same, such as the real Codex, meets a proxy that says no.
    proxies = {f"{name}_PROXY": simulator.url for name in ("HTTP", "HTTPS", "ALL")}
    made = {
        "HOME": home,
        "CODEX_HOME": f"{home}/.codex",
        "SWITCHYARD_HOME": f"{home}/switchyard",
        "SWITCHYARD_ISSUER": simulator.url,
        "SWITCHYARD_CHATGPT_BASE_URL": simulator.backend_url,
        "CODEX_APP_SERVER_LOGIN_ISSUER": simulator.url,
        "CODEX_AUTHAPI_BASE_URL": f"{simulator.url}/api/accounts",
        "CODEX_REVOKE_TOKEN_URL_OVERRIDE": f"{simulator.url}/oauth/revoke",
        **proxies,
        **dict.fromkeys(("NO_PROXY", "no_proxy"), _LOOPBACK),
    }
    context = make_context({**kept, **made})
    return context._replace(processes=lambda: _processes(folder))


def _settle_in(home: str, simulator: Simulator) -> None:
    """Let a Codex that is run in this home ask the simulator."""
    lines = (
        f'chatgpt_base_url = "{simulator.backend_url}"',
        f'openai_base_url = "{simulator.url}/v1"',
        "check_for_update_on_startup = false",
    )
    with open(f"{home}/config.toml", "x", encoding="utf-8") as file:
        file.write("\n".join((*lines, "")))


# --- the folder, from its making to its end -------------------------------------------------------


@contextlib.contextmanager
def _temporary_folder() -> Iterator[str]:
    """Give a folder of mode 0700 and remove it at the end, whichever way that comes."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _ENDING}
    folder = None
    try:
        folder = os.path.realpath(tempfile.mkdtemp(prefix="switchyard-demo-"))
        yield folder
    finally:
        # From here on nothing may come between.
        for number in (*_ENDING, signal.SIGINT):
            before.setdefault(number, signal.getsignal(number))
            signal.signal(number, signal.SIG_IGN)
        if folder is not None:
            _end_what_runs(folder)
            _remove(folder)
        for number, handler in before.items():
            signal.signal(number, handler)


def _remove(folder: str) -> None:
    # Codex's daemon has its sockets in a folder of the machine's, and links to them here.
    for link in glob.glob(f"{folder}/**/app-server-*/*.sock", recursive=True, include_hidden=True):
        for path in (os.path.realpath(link), f"{os.path.realpath(link)}.lock"):
            with contextlib.suppress(OSError):
                os.unlink(path)
    for _ in range(2):
        # Whatever was ended a moment ago may have written once more.
        shutil.rmtree(folder, ignore_errors=True)


def _end_what_runs(folder: str) -> None:
    """End what was started in the demo and outlived it, such as Codex's daemon."""
    import psutil

    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and _belongs(process.environ(), folder):
                process.terminate()
                left.append(process)
    _, alive = psutil.wait_procs(left, timeout=3)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _belongs(environ: Mapping[str, str], folder: str) -> bool:
    return environ.get("CODEX_HOME", "").startswith(f"{folder}/")


def _processes(folder: str) -> Sequence[Process]:
    """Return the Codex processes of the demo; of others not even the home is looked at."""
    import psutil

    from profiles.processes import codex_processes

    def environ_of(pid: int) -> Mapping[str, str] | None:
        try:
            environ = psutil.Process(pid).environ()
        except (psutil.Error, OSError):
            return None
        return environ if _belongs(environ, folder) else None

    return [each for each in codex_processes(environ_of=environ_of) if each.home is not None]
