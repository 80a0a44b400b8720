"""What every command has in common: exit codes, failures in JSON, pipes, terminals, no tracebacks."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tomllib

import pytest

from profiles import errors
from tests.commands.scenes import ANSI, failed, failure, in_terminal, two
from tests.support.cli import ROOT, check_output, run_tui, tui_command, tui_environ
from tests.support.cli import Ran as Ended
from tui.commands import COMMANDS
from tui.stderr import ExitCode, code_word_for, exit_code_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: What every error of the tree ends in, written out by hand from the contract.
CODES = {
    errors.ProfilesError("m"): (1, "failed"),
    errors.UsageError("m"): (2, "usage"),
    errors.ProfileError("m"): (1, "refused"),
    errors.ProfileNotFound("x"): (3, "no-such-profile"),
    errors.ProfileExists("m"): (1, "refused"),
    errors.ProfileNameInvalid("x"): (2, "usage"),
    errors.AuthFileError("/p", "m"): (1, "failed"),
    errors.AuthFileMalformed("/p", "line 1", "m"): (1, "failed"),
    errors.AuthFileInsecure("/p", "m"): (1, "failed"),
    errors.StoreError("/p", "m"): (1, "failed"),
    errors.StoreLocked("/p", 7, 10.0): (6, "locked"),
    errors.StoreNotWritable("/p", "m"): (1, "failed"),
    errors.LocksUnsupported("/p", "m"): (1, "failed"),
    errors.SwitchError("m"): (1, "refused"),
    errors.SwitchRefused("m"): (1, "refused"),
    errors.LoginNeeded("m"): (4, "login-needed"),
    errors.LoginUnverified("m"): (5, "unreachable"),
    errors.NothingToUndo("m"): (1, "refused"),
    errors.ConfigError("/p/config.toml", "m"): (2, "usage"),
    errors.ConfigError("/p/profile.toml", "m"): (1, "failed"),
    errors.TokenMalformed("m"): (1, "failed"),
    errors.CodexFailed("m"): (1, "failed"),
    errors.MendRefused("m"): (1, "refused"),
    errors.OAuthError("m"): (1, "failed"),
    errors.AccessDenied("m"): (4, "login-needed"),
    errors.EntitlementMissing("m"): (4, "login-needed"),
    errors.DeviceCodeExpired("m"): (4, "login-needed"),
    errors.DeviceCodeDisabled("m"): (1, "refused"),
    errors.GrantInvalid("m"): (4, "login-needed"),
    errors.CallbackInvalid("m"): (1, "failed"),
    errors.StateMismatch("m"): (1, "failed"),
    errors.CallbackTimeout("m"): (4, "login-needed"),
    errors.WorkspaceForbidden("m"): (1, "refused"),
    errors.LoginCancelled("m"): (130, "interrupted"),
    errors.PortUnavailable("m"): (6, "locked"),
    errors.IssuerError("m"): (1, "failed"),
    errors.IssuerUnreachable("m"): (5, "unreachable"),
    errors.CertificateUnknown("m"): (5, "unreachable"),
    errors.ProxyRefused("m"): (5, "unreachable"),
    errors.IssuerTimeout("m"): (5, "unreachable"),
    errors.IssuerRejected(400, "m"): (1, "failed"),
    errors.IssuerRejected(429, "m"): (5, "unreachable"),
    errors.IssuerRejected(503, "m"): (5, "unreachable"),
    errors.IssuerProtocolError("m"): (1, "failed"),
    errors.LoginError("m"): (1, "refused"),
    errors.LoginMismatch("n", "a", "b"): (1, "refused"),
    errors.LoginForbidden("m"): (1, "refused"),
    KeyboardInterrupt(): (130, "interrupted"),
    ValueError("m"): (1, "failed"),
    OSError(28, "m"): (1, "failed"),
}


def test_every_error_has_its_exit_code() -> None:
    """The whole tree is mapped, in one place, as the contract says; a new class must be added."""
    tree = {
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    }
    assert tree <= {type(error) for error in CODES}
    for error, (code, word) in CODES.items():
        assert (exit_code_for(error), code_word_for(error)) == (code, word), type(error).__name__
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 130]


# --- the command line itself ---------------------------------------------------------------------


def test_without_terminal_and_command_usage_is_exit_2(box: Box) -> None:
    """Never hangs, prints nothing on stdout, and lists what there is."""
    ran = run_tui([])
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: tui")
    assert all(f"\n  {name} " in ran.err for name in COMMANDS)


@pytest.mark.parametrize("word", ["nosuch", "lst", "", "list ", "-x", "import", "docter"])
def test_an_unknown_command_is_exit_2_with_those_there_are(box: Box, word: str) -> None:
    """What comes later is not there yet; both ways of output."""
    text = failed([word], 2)
    if not word.startswith("-"):
        assert all(name in text for name in COMMANDS)
    assert failure([word, "--json"], 2)["code"] == "usage"


def test_the_nearest_command_is_suggested(box: Box) -> None:
    """A typo costs one look."""
    assert "did you mean tui switch?" in failed(["swich", "bob"], 2)


@pytest.mark.parametrize("verb", COMMANDS)
def test_an_unknown_option_is_exit_2(box: Box, verb: str) -> None:
    """In JSON too, when that is among the words."""
    assert f"next: tui {verb} --help" in failed([verb, "--nosuch"], 2)
    assert failure([verb, "--nosuch", "--json"], 2)["code"] == "usage"


def test_the_version_is_that_of_the_project(box: Box) -> None:
    """One number in two files, held together here."""
    with open(f"{ROOT}/pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    assert run_tui(["--version"]) == (0, f"tui {project['version']}\n", "")
    assert project["scripts"] == dict.fromkeys(("tui", "codex-switchyard"), "tui.__main__:main")


def test_a_dumb_terminal_gets_a_note_and_the_list(box: Box) -> None:
    """TERM=dumb cannot draw the screen (Textual would try)."""
    two(box)
    ran = in_terminal([], {"TERM": "dumb"})
    assert ran.code == 0
    first, *rest = ran.out.splitlines()
    assert first.startswith("note: ")
    assert "dumb" in first
    assert any("ada@example.com" in line for line in rest)
    assert "\x1b" not in ran.out


def test_errors_on_a_terminal_are_one_line_and_a_next_one(box: Box) -> None:
    """The word is there without the colour."""
    ran = in_terminal(["show", "nosuch"])
    assert ANSI.search(ran.out)
    assert ANSI.sub("", ran.out).startswith("tui: error: no profile")
    assert "\nnext: " in ran.out
    assert "\x1b" not in in_terminal(["show", "nosuch"], {"NO_COLOR": "1"}).out


# --- pipes ----------------------------------------------------------------------------------------


def _end(args: list[str], stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE) -> Ended:
    """Run `tui` with these streams and return how it ended; what is given is not read."""
    done = subprocess.run(
        tui_command(args),
        env=tui_environ(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        check=False,
        text=True,
        timeout=60,
    )
    ended = Ended(done.returncode, done.stdout or "", done.stderr or "")
    check_output(ended)
    return ended


@pytest.mark.parametrize("args", [["list"], ["list", "--json"], ["--help"], ["switch", "bob"]])
def test_a_reader_that_is_gone_is_no_failure(box: Box, args: list[str]) -> None:
    """`tui list | head -0` says nothing about pipes, and a switch is a switch."""
    two(box)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = _end(args, stdout=writer)
        both = _end(["list"], stdout=writer, stderr=writer)
    finally:
        os.close(writer)
    assert ended.code == 0
    assert "ipe" not in ended.err
    assert both.code == 0


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_full_disk_behind_stdout_is_a_failure(box: Box, flags: list[str]) -> None:
    """Data that was asked for and did not arrive is exit 1, in words on stderr."""
    two(box)
    with open("/dev/full", "wb") as full:
        ended = _end(["list", *flags], stdout=full.fileno())
        unsaid = _end(["show", "nosuch"], stderr=full.fileno())
        unsaid_json = _end(["show", "nosuch", "--json"], stdout=full.fileno())
    assert ended.code == 1
    assert ended.err.startswith("tui: error: stdout cannot be written: No space left")
    assert unsaid.code == 3
    assert unsaid_json.code == 3
    assert "No space left" in unsaid_json.err


def _with_closed(closed: str, args: list[str]) -> int:
    """Run `tui` with these descriptors closed by the shell, and return its exit code."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *tui_command(args)],
        env=tui_environ(),
        cwd="/",
        check=False,
        capture_output=True,
        timeout=60,
    ).returncode


#: A command that has a file open while it says something.
SPEAKER = """
import sys
import tui.commands.list as command
from tui import output, stderr
def run(options, context):
    with open(sys.argv.pop(), "wb", buffering=0) as file:
        stderr.note("prose")
        output.lines(["data"])
        file.write(b"whole")
    return 0
command.run = run
from tui import cli
sys.exit(cli.run(["list"]))
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_what_is_said_never_lands_in_an_open_file(box: Box, closed: str) -> None:
    """A file opened while stdout or stderr is closed gets that number; it might be a login."""
    path = f"{box.path}/opened"
    subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", SPEAKER, path],
        env=tui_environ(),
        check=False,
        capture_output=True,
        timeout=60,
    )
    with open(path, "rb") as file:
        assert file.read() == (b"whole" if " >&-" not in f" {closed}" else b"")


@pytest.mark.parametrize(("closed", "code"), [(">&-", 1), ("2>&-", 0), ("<&-", 0)])
def test_only_a_closed_stdout_keeps_data_from_arriving(box: Box, closed: str, code: int) -> None:
    """Nowhere to write the list to is a failure; nowhere for prose is none."""
    two(box)
    assert _with_closed(closed, ["list"]) == code


# --- what was not foreseen -----------------------------------------------------------------------

#: A command that fails as no command should, with a secret in its error.
CRASH = """
import sys
import tui.commands.list as command
def run(options, context):
    secret = "rt_very_secret"
    raise {error}
command.run = run
from tui.__main__ import main
sys.exit(main())
"""


def _crash(error: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CRASH.format(error=error), "list", *args],
        env=tui_environ(env),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_unexpected_error_names_its_type_only(box: Box) -> None:
    """Its text and its values could hold a secret; where it came from is shown when asked."""
    done = _crash("ValueError(secret)")
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first == "tui: error: unexpected ValueError"
    assert second.startswith("next: ")
    assert "SWITCHYARD_DEBUG=1" in second
    told = _crash("ValueError(secret)", SWITCHYARD_DEBUG="1")
    assert "in run" in told.stderr
    assert "rt_very_secret" not in told.stderr + done.stderr
    in_json = _crash("ValueError(secret)", "--json")
    assert '"code":"failed"' in in_json.stdout
    assert "rt_very_secret" not in in_json.stdout
    assert in_json.stderr == ""


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        ('OSError(28, "x", "/some/file")', 1, "/some/file: No space left on device"),
        ('PermissionError(13, "x", b"/b\\xff")', 1, ": Permission denied"),
        ("KeyboardInterrupt()", 130, "interrupted"),
        ("RecursionError(secret)", 1, "unexpected RecursionError"),
        ("MemoryError()", 1, "unexpected MemoryError"),
        ("SystemExit(secret)", 1, "unexpected SystemExit"),
    ],
)
def test_whatever_comes_is_one_line(box: Box, error: str, code: int, text: str) -> None:
    """Never a traceback."""
    done = _crash(error)
    assert done.returncode == code
    assert done.stdout == ""
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert "rt_very_secret" not in done.stderr
