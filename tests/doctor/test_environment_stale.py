"""Programs that run with variables of another day: real processes, a real tmux server, a real Codex daemon."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

import pytest

from profiles.doctor.environment_stale import STALE, inherited_from
from profiles.doctor.finding import INFO, WARNING
from profiles.processes import codex_processes
from tests.doctor.patient import Patient
from tests.doctor.test_environment import API_KEY, PAT, TOKEN, no_leak, one
from tests.support.fake_codex import running, running_codex, script
from tests.support.programs import CODEX_169, need
from tests.support.real_codex import RealCodex
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box

PROXY = "http://me:hunter2@127.0.0.1:3128"
DAEMON = ("app-server", "--listen", "unix://", "--managed-daemon")


class Watched(Patient):
    """A machine on which nothing runs but what a test lets be seen: real processes, by their own folders of /proc."""

    def __init__(self, box: Box) -> None:
        super().__init__(box, proc=f"{box.path}/proc")
        os.makedirs(f"{box.path}/proc")
        self.context = {"processes": lambda: codex_processes(f"{box.path}/proc")}

    def see(self, pid: int) -> int:
        """Let a process be seen."""
        os.symlink(f"/proc/{pid}", f"{self.box.path}/proc/{pid}")
        return pid

    def stale(self, level: str = WARNING) -> Finding:
        """Return the only finding about what runs; that it shows no value is checked on the way."""
        found = self.found("environment", STALE)
        no_leak(found, PAT, API_KEY, PROXY, "hunter2")
        return one(found, STALE, level)


@pytest.fixture
def patient(box: Box) -> Watched:
    """A machine on which nobody runs anything yet."""
    return Watched(box)


@pytest.mark.parametrize("native", [False, True])
def test_a_running_codex(patient: Watched, native: bool) -> None:
    """A Codex that was started with the token is named by pid and command, and no more once it has ended."""
    folder = patient.box.path
    with running_codex(folder, native=native, CODEX_ACCESS_TOKEN=PAT) as pid:
        patient.see(pid)
        finding = patient.stale()
        assert f"pid {pid}, codex," in finding.evidence
        assert TOKEN in finding.evidence
        assert "does not have it" in finding.evidence
        assert finding.fix.startswith(f"quit codex (pid {pid})")
        patient.set(CODEX_ACCESS_TOKEN="at-another-one-of-these")
        assert "has another value" in patient.stale().evidence
        patient.set(CODEX_ACCESS_TOKEN=PAT)
        assert not patient.found("environment", STALE)
        patient.set(CODEX_ACCESS_TOKEN=None)
    assert not patient.found("environment")


@pytest.mark.parametrize(
    "name", ["CODEX_API_KEY", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"]
)
def test_variables(patient: Watched, name: str) -> None:
    """Keys, proxies and certificates of another day are found in a running screen of Codex."""
    with running([script(patient.box.path)], **{name: PROXY}) as child:
        pid = patient.see(child.pid)
        who = f"pid {pid}, codex, CODEX_HOME=~/.codex,"
        assert f"{who} runs with {name}" in patient.stale().evidence
        patient.set(**{name: PROXY})
        assert not patient.found("environment", STALE)


def test_an_exec_with_its_key(patient: Watched) -> None:
    """A `codex exec` that was given a key for itself is as it should be: worth knowing."""
    with running_codex(patient.box.path, "exec", "a prompt", CODEX_API_KEY=API_KEY) as pid:
        patient.see(pid)
        finding = patient.stale(INFO)
        assert "codex exec" in finding.evidence
        assert "a prompt" not in finding.evidence


def test_another_home(patient: Watched) -> None:
    """A Codex in a home that is none of ours may be meant to run so; exemptions from a proxy break no login."""
    with running_codex(patient.box.path, CODEX_HOME="/nowhere", HTTPS_PROXY=PROXY) as pid:
        patient.see(pid)
        assert "CODEX_HOME=/nowhere" in patient.stale(INFO).evidence
    with running_codex(patient.box.path, NO_PROXY="127.0.0.1", no_proxy="x") as pid:
        patient.see(pid)
        assert not patient.found("environment")


def test_proxy_of_the_dotenv(patient: Watched) -> None:
    """A daemon that has what $CODEX_HOME/.env says is no stale one, until the file says otherwise (C147)."""
    patient.write(".codex/.env", f"HTTPS_PROXY={PROXY}\n")
    with running_codex(patient.box.path, *DAEMON, HTTPS_PROXY=PROXY) as pid:
        patient.see(pid)
        assert not patient.found("environment", STALE)
        patient.write(".codex/.env", "HTTPS_PROXY=http://127.0.0.1:3129\n")
        assert "HTTPS_PROXY" in patient.stale().evidence


def test_the_daemon(patient: Watched) -> None:
    """The daemon of a home, begun with the token: the mend asks Codex to restart it, from an environment without."""
    home = patient.box.profile("work")
    os.makedirs(home)
    log = f"{patient.box.path}/asked"
    with running_codex(f"{patient.box.path}/d", *DAEMON, CODEX_HOME=home, HTTPS_PROXY=PROXY) as pid:
        patient.see(pid)
        finding = patient.stale()
        assert f"pid {pid}, codex app-server (the daemon), CODEX_HOME={home}," in finding.evidence
        assert finding.fix == f"CODEX_HOME={home} codex app-server daemon restart"
        assert finding.mend is not None
        assert finding.mend.changes == (finding.fix,)
        end = f"os.kill({pid}, 9); open({log!r}, 'w').write(repr((sys.argv[1:], dict(os.environ))))"
        script(patient.bin, f"import os, sys; {end}")
        patient.context["processes"] = lambda: codex_processes(f"{patient.box.path}/proc")
        finding.mend.apply()
        with open(log, encoding="utf-8") as file:
            asked = file.read()
        assert "['app-server', 'daemon', 'restart']" in asked
        assert f"'CODEX_HOME': '{home}'" in asked
        assert PROXY not in asked
        os.unlink(f"{patient.box.path}/proc/{pid}")
    assert not patient.found("environment")


def test_the_updater(patient: Watched) -> None:
    """The daemon's updater keeps the variables, too, and starts the next daemon: its pid is said, `kill` ends it."""
    words = ("app-server", "daemon", "pid-update-loop")
    with running_codex(patient.box.path, *words, native=True, CODEX_ACCESS_TOKEN=PAT) as pid:
        patient.see(pid)
        finding = patient.stale()
        assert f"pid {pid}, the daemon's updater, runs with {TOKEN}" in finding.evidence
        subprocess.run(["bash", "-c", finding.fix], check=True)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert not patient.found("environment")


@pytest.mark.parametrize("name", ["code", "cursor", ".vscode-server"])
def test_an_editor(patient: Watched, name: str) -> None:
    """An editor hands its old variables to its terminals: one of its processes is named, not each."""
    folder = f"{patient.box.path}/.vscode-server/bin" if name[0] == "." else patient.box.path
    program = f"{folder}/{'node' if name[0] == '.' else name}"
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.realpath("/bin/bash"), program)
    text = f"{program} -c 'echo up $$; read line; true'; true"
    with running([program, "-c", f"echo $$; {text}"], CODEX_ACCESS_TOKEN=PAT) as editor:
        assert editor.stdout is not None
        child = int(editor.stdout.readline().split()[1])
        for pid in (editor.pid, child):
            patient.see(pid)
        finding = patient.stale()
        assert f"pid {editor.pid}, {name.lstrip('.')}, runs with {TOKEN}" in finding.evidence
        assert "quit" in finding.fix
    assert not patient.found("environment")


@contextlib.contextmanager
def tmux_server(patient: Watched, **variables: str) -> Iterator[int]:
    """Run a real tmux server that begins with these variables; give its pid."""
    tmux, folder = need("tmux"), f"{patient.box.path}/t"
    os.mkdir(folder, 0o700)
    patient.set(TMUX_TMPDIR=folder)
    words = [tmux, "-f", "/dev/null", "new-session", "-d", "sleep 600"]
    subprocess.run(words, env={**patient.environ, **variables}, check=True)
    try:
        asked = [tmux, "display-message", "-p", "#{pid}"]
        said = subprocess.run(
            asked, env=patient.environ, check=True, capture_output=True, text=True
        )
        yield int(said.stdout)
    finally:
        subprocess.run([tmux, "kill-server"], env=patient.environ, check=False)


def test_tmux(patient: Watched) -> None:
    """A real tmux server hands the proxy on though no file sets it; the command that is said ends that."""
    with tmux_server(patient, HTTPS_PROXY=PROXY, SSL_CERT_FILE="/old.pem", NO_PROXY="x") as pid:
        patient.see(pid)
        patient.set(TMUX=f"{socket_of(patient)},{pid},0")
        finding = patient.stale(INFO)
        assert f"pid {pid}, tmux, runs with HTTPS_PROXY" in finding.evidence
        assert "SSL_CERT_FILE" in finding.evidence
        assert "NO_PROXY" not in finding.evidence
        subprocess.run(["bash", "-c", finding.fix], env=patient.environ, check=True)
        # What it began with is still in /proc; what it hands on counts.
        with open(f"/proc/{pid}/environ", "rb") as file:
            assert PROXY.encode() in file.read()
        assert not patient.found("environment")


def socket_of(patient: Watched) -> str:
    """Return the socket of the patient's tmux server."""
    return f"{patient.environ['TMUX_TMPDIR']}/tmux-{os.geteuid()}/default"


def test_a_tmux_that_nobody_here_is_in(patient: Watched) -> None:
    """The proxy of a tmux that we are not in, and in which no Codex runs, is noise; a Codex in it makes it worth it."""
    with tmux_server(patient, SSL_CERT_FILE="/old.pem") as pid:
        patient.see(pid)
        assert not patient.found("environment", STALE)
        codex = script(patient.box.path)
        words = ["tmux", "new-window", "-d", "-P", "-F", "#{pane_pid}", f"exec {codex}"]
        ran = subprocess.run(words, env=patient.environ, check=True, capture_output=True, text=True)
        patient.see(int(ran.stdout))
        for _ in range(100):
            found = patient.found("environment", STALE)
            if len(found) == 2:
                break
            signal.sigtimedwait([], 0.1)
        titles = {each.title for each in found}
        assert titles == {
            "Tmux has an SSL_CERT_FILE that is not set here",
            "A running Codex has an SSL_CERT_FILE that is not set here",
        }
        patient.set(SSL_CERT_FILE="/new.pem")
        titles = {each.title for each in patient.found("environment", STALE)}
        assert "Tmux began with another SSL_CERT_FILE" in titles


def test_a_credential_in_a_tmux_that_nobody_here_is_in(patient: Watched) -> None:
    """What beats every login is told of any tmux: who goes there next has it."""
    with tmux_server(patient, CODEX_ACCESS_TOKEN=PAT, HTTPS_PROXY=PROXY) as pid:
        patient.see(pid)
        finding = patient.stale()
        assert finding.title == f"Tmux has a {TOKEN} that is not set here"
        assert "HTTPS_PROXY" not in finding.evidence


def test_a_tmux_that_cannot_be_asked(patient: Watched) -> None:
    """Of a server whose socket is out of reach, what it began with is all that can be said."""
    with tmux_server(patient, CODEX_ACCESS_TOKEN=PAT) as pid:
        patient.see(pid)
        folder = patient.environ["TMUX_TMPDIR"]
        patient.set(TMUX_TMPDIR=f"{patient.box.path}/nowhere")
        assert (
            patient.stale().fix == f"end tmux (pid {pid}), and start it again from a new terminal"
        )
        patient.set(TMUX_TMPDIR=folder)


def test_others_are_left_alone(patient: Watched) -> None:
    """No false alarm: other programs, our own shell, empty values, and what is as it is here."""
    patient.set(HTTP_PROXY=PROXY)
    with contextlib.ExitStack() as stack:
        for command, variables in (
            (["sh", "-c", "echo up; read line"], {TOKEN: PAT}),
            (["python3", "-c", "print('up', flush=True); input()"], {TOKEN: PAT}),
        ):
            patient.see(stack.enter_context(running(command, **variables)).pid)
        folder = patient.box.path
        same = running_codex(folder, CODEX_ACCESS_TOKEN="", HTTP_PROXY=f" {PROXY}")
        patient.see(stack.enter_context(same))
        assert not patient.found("environment")


def test_somebody_elses(patient: Watched) -> None:
    """What another user runs is not looked at."""
    if os.geteuid() != 0:
        pytest.skip("only root can start something as somebody else")
    shutil.copy(os.path.realpath("/bin/bash"), f"{patient.box.path}/code")
    os.chmod(f"{patient.box.path}/code", 0o755)
    words = ["setpriv", "--reuid=65534", "--clear-groups", f"{patient.box.path}/code", "-c"]
    with running([*words, "echo up; read line"], CODEX_ACCESS_TOKEN=PAT) as child:
        patient.see(child.pid)
        assert not patient.found("environment")


def test_who_began_with_it(patient: Watched) -> None:
    """When no file sets a variable, the outermost program that began with it is named."""
    text = "bash -c 'export B=1; sh -c \"echo up \\$\\$ \\$PPID; read line; :\"; :'; :"
    with running(["sh", "-c", f"echo $$; {text}"], A="1", B=None) as outer:
        assert outer.stdout is not None
        inner, middle = map(int, outer.stdout.readline().split()[1:])
        for pid in (outer.pid, middle, inner):
            patient.see(pid)
        assert inherited_from(patient.machine(), "A", inner) == f"pid {outer.pid}, sh"
        assert inherited_from(patient.machine(), "B", inner) == f"pid {inner}, sh"
        assert inherited_from(patient.machine(), "C", inner) is None


@pytest.mark.real_codex
@pytest.mark.slow
def test_a_real_daemon(patient: Watched) -> None:
    """Codex 0.169 itself: daemon and updater keep the variables of who started them; mend and fix end that."""
    box = patient.box
    Login(Person("ada")).fresh().write(box.codex)
    old = RealCodex(need(CODEX_169), box.codex, {"SSL_CERT_FILE": "", TOKEN: PAT})
    patient.environ = {k: v for k, v in old.environ.items() if k not in (TOKEN, "SSL_CERT_FILE")}
    patient.options["proc"] = "/proc"
    seen = f"{box.codex}/packages/"

    def stale() -> list[Finding]:
        """Return what is found about this home's processes."""
        found = patient.found("environment", STALE)
        if found:
            no_leak(found, PAT)
        return [each for each in found if any(f"pid {pid}," in each.evidence for pid in pids())]

    def pids() -> list[int]:
        """Return the processes that run the home's own copy."""
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit() and os.readlink(f"/proc/{name}/exe").startswith(seen):
                    found.append(int(name))
        return found

    patient.context = {
        "processes": lambda: [each for each in codex_processes() if each.home == box.codex]
    }
    with old.daemon() as daemon:
        found = stale()
        assert len(found) == 2, found
        for each in found:
            if each.mend is not None:
                assert f"pid {daemon}," in each.evidence
                each.mend.apply()
        (left,) = stale()
        assert "the daemon's updater" in left.evidence
        subprocess.run(["bash", "-c", left.fix], check=True)
        for _ in range(100):
            if not stale():
                break
            signal.sigtimedwait([], 0.1)
        assert not stale()
        assert pids()
