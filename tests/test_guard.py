"""The guard itself: a test that reaches for a real login fails, and so does one that leaks."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys

import pytest

from tests.support import guard, tokens
from tests.support.childuid import (
    as_nobody,
    give,
    need_root,
    read_only,
    refuses_writes,
    run_as_nobody,
    small_disk,
)
from tests.support.cli import ROOT, Ran, check_output, leaked, tui_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

REAL_HOME = pwd.getpwuid(os.getuid()).pw_dir
#: Below a real login folder, and certainly not there: were the guard broken, nothing is harmed.
PROBE = f"{REAL_HOME}/.codex/switchyard-guard-probe"


def run_pytest(box: Box, source: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run pytest, with this project's conftest, on one file with this source."""
    path = f"{box.path}/test_inner.py"
    with open(path, "w", encoding="utf-8") as file:
        file.write(source)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "-ra",
            path,
        ],
        env={**tui_environ(), "PYTHONPATH": ROOT, **env},
        cwd=box.path,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


REACHES = [
    "open(PROBE)",
    "os.listdir(os.path.dirname(PROBE))",
    "os.rename(PROBE, PROBE + '2')",
    "os.symlink(os.path.dirname(PROBE), 'link')",
    "sqlite3.connect(PROBE)",
    "subprocess.run(['true'], env={'CODEX_HOME': os.path.dirname(PROBE)})",
    "subprocess.run(['true'], env={'HOME': pwd.getpwuid(os.getuid()).pw_dir})",
]


def test_a_test_that_reaches_for_a_real_login_fails(box: Box) -> None:
    """Each way to a real home fails the test that takes it, though the test swallows the error."""
    source = f"""
import os, pwd, pytest, sqlite3, subprocess, threading
PROBE = {PROBE!r}
@pytest.mark.parametrize("number, reach", enumerate({REACHES!r}))
def test_reaching(number, reach):
    try:
        exec(reach)
    except Exception:
        pass
def test_in_a_thread():
    def reach():
        try:
            open(PROBE)
        except Exception:
            pass
    thread = threading.Thread(target=reach)
    thread.start()
    thread.join()
@pytest.fixture
def reaching():
    yield
    try:
        open(PROBE)
    except Exception:
        pass
def test_whose_fixture_reaches(reaching):
    pass
def test_behaved():
    open(os.environ["HOME"] + "/file", "w").close()
"""
    ran = run_pytest(box, source)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"{len(REACHES) + 1} failed, 2 passed, 1 error" in ran.stdout, ran.stdout
    for number in range(len(REACHES)):
        assert f"test_reaching[{number}-" in ran.stdout
    assert "ERROR at teardown of test_whose_fixture_reaches" in ran.stdout
    assert f"guard: open touches the real {PROBE}" in ran.stdout


def test_reaching_during_collection_fails_the_run(box: Box) -> None:
    """A reach outside any test, whose error is swallowed, still fails the whole run."""
    source = f"""
try:
    open({PROBE!r})
except Exception:
    pass
def test_nothing():
    pass
"""
    ran = run_pytest(box, source)
    assert "1 passed" in ran.stdout
    assert ran.returncode == 1, ran.stdout + ran.stderr


def test_a_python_child_that_reaches_for_a_real_login_ends_at_once() -> None:
    """The guard is in the children too, and `run_tui` fails when it struck there."""
    code = f"try:\n open({PROBE!r})\nexcept BaseException:\n pass\nprint('went on')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=tui_environ(),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == guard.CHILD_EXIT
    assert done.stdout == ""
    with pytest.raises(AssertionError, match="guard: open touches"):
        check_output(Ran(done.returncode, done.stdout, done.stderr))


def test_what_is_forbidden_and_what_is_not() -> None:
    """The edges: `~/.codex-work` holds a login; what only begins like our folders does not."""
    real = guard.Forbidden(["/home/me"], ["/home/me/.config/switchyard"], ["/home/me/.codex/clone"])
    assert real.covers("/home/me/.codex")
    assert real.covers("/home/me/.codex/auth.json")
    assert real.covers("/home/me/.codex-work/auth.json")
    assert real.covers("/home/me/.config/switchyard")
    assert real.covers("/home/me/.config/switchyard/config.toml")
    assert not real.covers("/home/me/.config/switchyard-ci/codex")
    assert not real.covers("/home/me/.codex/clone/pyproject.toml")
    assert not real.covers("/tmp/home/me/.codex")
    assert guard.touched(real, "open", (b"/home/me/x/../.codex/auth.json", "r", 0)) is not None
    assert guard.touched(real, "open", (3, "r", 0)) is None
    copy = guard.Forbidden.from_environ(real.as_environ())
    assert copy is not None
    assert (copy.homes, copy.folders, copy.allowed) == (real.homes, real.folders, real.allowed)


def test_the_environment_names_nothing_real(box: Box) -> None:
    """A test's environment has temporary homes, and nothing that would beat the login in them."""
    ran = run_pytest(
        box,
        """
import os, pathlib
def test_environment(box):
    assert os.path.expanduser("~") == box.home != "/outer"
    assert os.environ["SWITCHYARD_HOME"] == box.switchyard
    assert "CODEX_HOME" not in os.environ
    assert not [n for n in os.environ if n.startswith(("CODEX_", "OPENAI_"))]
    assert not [n for n in os.environ if n.lower().endswith("_proxy") and n.lower() != "no_proxy"]
    assert "127.0.0.1" in os.environ["NO_PROXY"]
    assert len(box.codex + "/app-server-control/app-server-control.sock") < 108
    assert "SSL_CERT_FILE" not in os.environ
    for name, value in os.environ.items():
        assert value != "/outer", name
""",
        HOME="/outer",
        CODEX_HOME="/outer",
        CODEX_ACCESS_TOKEN="/outer",
        CODEX_API_KEY="/outer",
        OPENAI_API_KEY="/outer",
        HTTPS_PROXY="/outer",
        all_proxy="/outer",
        SSL_CERT_FILE="/outer",
        XDG_DATA_HOME="/outer",
        XDG_CONFIG_DIRS="/outer",
        SWITCHYARD_HOME="/outer",
        TMUX="/outer",
    )
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize(("ci", "word"), [("true", "1 failed"), ("", "1 skipped")])
def test_a_missing_program_skips_by_name_and_fails_in_ci(box: Box, ci: str, word: str) -> None:
    """A skip names the program; in CI, where it was installed, the skip would be a lie."""
    source = """
from tests.support.programs import need
def test_needing():
    need("no-such-program")
"""
    ran = run_pytest(box, source, CI=ci)
    assert word in ran.stdout, ran.stdout + ran.stderr
    assert "no-such-program is missing" in ran.stdout


def test_a_leak_is_found() -> None:
    """A made-up token in the output fails the helper that ran the program, and is not repeated."""
    login = tokens.Login(tokens.Person("leak"))
    for text in (login.access_token, login.id_token, login.refresh_token):
        assert leaked(f"error: {text}!"), "not found"
        with pytest.raises(AssertionError, match="token of leak") as caught:
            check_output(Ran(0, "", f"error: {text}\n"))
        assert text not in str(caught.value)
    assert leaked(f"user {login.user_id} of {login.account_id}, {login.email}") == []
    check_output(Ran(0, login.access_token, ""), secrets_expected=True)
    with pytest.raises(AssertionError, match="Traceback"):
        check_output(Ran(1, "", "Traceback (most recent call last):\n"))


def test_nobody_has_no_powers(box: Box) -> None:
    """`as_nobody` runs Python and the project, but writes only where it was given something."""
    need_root()
    assert refuses_writes(box.home, to_nobody=True)
    assert not refuses_writes(box.home)
    give(box.home)
    assert not refuses_writes(box.home, to_nobody=True)
    code = "import os, tests.support.guard, json; print(os.getuid(), os.access('/root', os.W_OK))"
    ran = run_as_nobody([sys.executable, "-c", code], env=tui_environ())
    assert ran.stdout == "65534 False\n", ran.stderr
    assert as_nobody()[-1] in {"as_nobody", "--"}


def test_disks_that_are_read_only_or_small(box: Box) -> None:
    """Not even root writes on a read-only mount, nor more than fits on a small disk."""
    need_root()
    with read_only(box.home):
        assert refuses_writes(box.home)
    assert not refuses_writes(box.home)
    with small_disk(box.home, 64 * 1024), open(f"{box.home}/big", "wb", buffering=0) as file:
        file.write(b"x" * 40_000)
        assert file.write(b"x" * 40_000) < 40_000
        with pytest.raises(OSError, match="No space left"):
            file.write(b"x")
    assert os.listdir(box.home) == []
