"""Run `tui` as people do: as a program of its own, in the test's temporary homes.

    code, out, err = run_tui(["switch", "work"])
    document = tui_json(["list", "--json"])
    run_tui(["list"], wrap=as_nobody())                  # see tests.support.childuid
    run_tui(["switch", "b"], wrap=["strace", "-f", …])
    child = subprocess.Popen(tui_command(["run", "a", "--", "sleep", "9"]), env=tui_environ())

Whatever is run is also proved to print no traceback, no secret that tests made, and not to have
touched the real home.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final, NamedTuple

from tests.support import guard, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The project's folder.
ROOT: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: How long a command may take, in seconds: more than any wait that `tui` itself bounds.
PATIENCE: Final = 60.0


class Ran(NamedTuple):
    """How a program ended: its exit code (negative: the signal), its stdout and its stderr."""

    code: int
    out: str
    err: str


def tui_command(args: Sequence[str] = ()) -> list[str]:
    """Return the argument list that runs `tui`."""
    return [sys.executable, "-m", "tui", *args]


def tui_environ(env: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return this test's environment for a Python child, with changes; None takes one away.

    It finds the project's packages, carries the guard, and writes bytecode.
    """
    environ = dict(os.environ)
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    environ["PYTHONPATH"] = os.pathsep.join((f"{ROOT}/tests/support/child", ROOT))
    environ["PYTHONUTF8"] = "1"
    environ.update(guard.REAL.as_environ())
    for name, value in (env or {}).items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value
    return environ


def leaked(text: str) -> list[str]:
    """Return what each secret in `text` is, without showing it."""
    return sorted({what for word, what in tokens.SECRETS.items() if word in text})


def check_output(ran: Ran, *, secrets_expected: bool = False) -> None:
    """Fail on a traceback, on a made-up secret in the output, and on a touch of the real home."""
    __tracebackhide__ = True
    assert ran.code != guard.CHILD_EXIT, ran.err
    assert "Traceback (most recent call last)" not in ran.err, ran.err
    if not secrets_expected:
        assert not leaked(ran.out), f"on stdout: {leaked(ran.out)}"
        assert not leaked(ran.err), f"on stderr: {leaked(ran.err)}"


def run_tui(
    args: Sequence[str],
    env: Mapping[str, str | None] | None = None,
    input: str | None = None,  # noqa: A002 - as subprocess.run calls it
    *,
    wrap: Sequence[str] = (),
    cwd: str = "/",
    timeout: float = PATIENCE,
    secrets_expected: bool = False,
) -> Ran:
    """Run `tui` with `args` and return how it ended; without `input`, stdin is at its end.

    `env` changes the test's environment (None takes a variable away). `wrap` is put before the
    command. `secrets_expected` is for the commands whose purpose is to hand a secret over.
    """
    __tracebackhide__ = True
    done = subprocess.run(
        [*wrap, *tui_command(args)],
        env=tui_environ(env),
        input=input or "",
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="surrogateescape",
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    check_output(ran, secrets_expected=secrets_expected)
    return ran


def tui_json(
    args: Sequence[str],
    env: Mapping[str, str | None] | None = None,
    *,
    code: int = 0,
    wrap: Sequence[str] = (),
) -> dict[str, Any]:
    """Run `tui`, expect this exit code, and return the one JSON document on its stdout."""
    __tracebackhide__ = True
    ran = run_tui(args, env, wrap=wrap)
    assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
    document = json.loads(ran.out)
    assert isinstance(document, dict)
    assert document["schema"] == 1
    return document
