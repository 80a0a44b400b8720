"""Every test runs in homes of its own; what touches a real one is refused, and fails its test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from typing import Final, NamedTuple

import hypothesis.core
import pytest

from tests.support import guard, reuse
from tests.support.programs import CODEX_98, CODEX_169, IN_CI, need
from tests.support.redirect_ports import redirect_ports as only_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

guard.install(guard.REAL)

hypothesis.settings.register_profile(
    "default",
    deadline=None,  # a busy machine is no bug
    derandomize=IN_CI,
    max_examples=60,
    stateful_step_count=30,
    print_blob=True,
)
hypothesis.settings.register_profile(
    "soak",
    deadline=None,
    max_examples=20_000,
    stateful_step_count=80,
    print_blob=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("default")

#: What would make a test depend on who runs it, from where, and in which terminal.
_REMOVED: Final = frozenset(
    {
        *("BROWSER", "COLORTERM", "COLUMNS", "DISPLAY", "FORCE_COLOR", "LINES", "NO_COLOR"),
        *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "SSH_CLIENT", "SSH_CONNECTION"),
        *("SSH_TTY", "STY", "TERM_PROGRAM", "TMUX", "TMUX_PANE", "VTE_VERSION", "WAYLAND_DISPLAY"),
        *("WSL_DISTRO_NAME", "WSL_INTEROP", "WT_SESSION"),
    }
)
_REMOVED_BEGINNINGS: Final = ("CODEX_", "OPENAI_", "SWITCHYARD_", "TEXTUAL", "XDG_")
_KEPT_BEGINNINGS: Final = ("SWITCHYARD_TEST_", "TEXTUAL_SNAPSHOT_")


_SEED: Final = pytest.StashKey[int]()


class Box(NamedTuple):
    """The temporary folders of one test. All exist but `codex`, which Codex makes itself.

    Their paths are short, because sockets in them may be no longer than 107 characters.
    """

    #: All of it; removed after the test.
    path: str
    #: `$HOME`.
    home: str
    #: The active home while CODEX_HOME is unset: `$HOME/.codex`.
    codex: str
    #: `$SWITCHYARD_HOME`, with config, data, state and cache below.
    switchyard: str

    @property
    def profiles(self) -> str:
        """The folder of the profiles."""
        return f"{self.switchyard}/data/profiles"

    def profile(self, name: str) -> str:
        """The home of a profile of ours."""
        return f"{self.profiles}/{name}"


def _surroundings(environ: dict[str, str], box: Box) -> dict[str, str]:
    """Return the environment of a test, made from that of whoever runs it."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _REMOVED
        and not name.lower().endswith("_proxy")
        and (not name.startswith(_REMOVED_BEGINNINGS) or name.startswith(_KEPT_BEGINNINGS))
    }
    loopback = "127.0.0.1,localhost,::1"
    return kept | {
        "HOME": box.home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
        # The screen asks for usage by itself: where a test has no backend, nobody is reached.
        "SWITCHYARD_CHATGPT_BASE_URL": "http://127.0.0.1:9/backend-api/",
        "SWITCHYARD_HOME": box.switchyard,
        "TERM": "xterm-256color",
        "TZ": "UTC",
        "XDG_CACHE_HOME": f"{box.home}/.cache",
        "XDG_CONFIG_HOME": f"{box.home}/.config",
        "XDG_DATA_HOME": f"{box.home}/.local/share",
        "XDG_RUNTIME_DIR": f"{box.path}/run",
        "XDG_STATE_HOME": f"{box.home}/.local/state",
    }


@contextlib.contextmanager
def _boxed(*, keep: bool) -> Iterator[Box]:
    """Make homes and let the environment name nothing else while the block runs."""
    path = tempfile.mkdtemp(prefix="sy-", dir="/tmp")
    os.chmod(path, 0o711)  # another user passes through, to what a test gives them
    made = Box(path, f"{path}/home", f"{path}/home/.codex", f"{path}/sy")
    for folder in (made.home, made.switchyard, f"{path}/run"):
        os.mkdir(folder, 0o700)
    before, folder_before = dict(os.environ), os.getcwd()
    os.environ.clear()
    os.environ.update(_surroundings(before, made))
    time.tzset()
    try:
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()
        os.chdir(folder_before)
        if not keep:
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    """Homes of the test's own, named by its environment and by nothing else."""
    with _boxed(keep=request.config.getoption("keep_boxes")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_refresh_token_is_sent_twice(box: Box) -> Iterator[None]:
    """The service sees no spent refresh token in any test, but those that a test forces (R17)."""
    with reuse.counted():
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what is for looking closer, by hand."""
    group = parser.getgroup("switchyard")
    group.addoption("--keep-boxes", action="store_true", help="leave /tmp/sy-* behind")
    group.addoption("--seed", type=int, help="seed of whatever is random (soak: a new one)")


def pytest_configure(config: pytest.Config) -> None:
    """Take the real homes out of the environment before anything is collected; draw the seed."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell does to what it starts in the background: children would never see a ctrl-c.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    session = contextlib.ExitStack()
    session.enter_context(_boxed(keep=False))
    config.add_cleanup(session.close)
    seed = config.getoption("seed")
    soaking = config.getoption("hypothesis_profile") == "soak"
    if soaking and seed is None:
        seed = int.from_bytes(os.urandom(4), "big")
    if seed is not None and hypothesis.core.global_force_seed is None:
        hypothesis.core.global_force_seed = seed
    config.stash[_SEED] = 1 if seed is None else seed


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let several workers share a core (`-n auto`): most tests wait for a program, the disk or a timer."""
    cores = os.cpu_count() or 1
    return max(cores, min(3 * cores, 8))


def pytest_report_header(config: pytest.Config) -> str:
    """Print the seed: with `--seed` and the same choice of tests it gives the same run."""
    return f"seed: {config.stash[_SEED]}"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed for whatever a test draws at random; it is printed at the head of each run."""
    return request.config.stash[_SEED]


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    """Fail the phase of a test in which a real home was reached for, whatever became of it."""
    __tracebackhide__ = True
    start = len(guard.hits)
    try:
        yield
    finally:
        if guard.hits[start:]:
            pytest.fail("\n".join(guard.hits[start:]), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Watch the fixtures."""
    with _guarded():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Watch the test."""
    with _guarded():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """Watch the fixtures end."""
    with _guarded():
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a real home was reached for outside any test, such as at collection."""
    if guard.hits and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each reach for a real home once more, at the end."""
    for hit in guard.hits:
        terminalreporter.write_line(hit, red=True)


@pytest.fixture
def codex_169() -> str:
    """The launcher of the real Codex 0.169.0."""
    return need(CODEX_169)


@pytest.fixture
def codex_98() -> str:
    """The launcher of the real Codex 0.98.0."""
    return need(CODEX_98)


@pytest.fixture
def tmux() -> str:
    """The tmux program."""
    return need("tmux")


@pytest.fixture
def strace() -> str:
    """The strace program."""
    return need("strace")


@pytest.fixture
def redirect_ports() -> Iterator[tuple[int, int]]:
    """1455 and 1457, free, and for this test alone on this machine."""
    with only_here() as ports:
        yield ports
