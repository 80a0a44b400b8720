"""Processes that look like a Codex without being one: made in milliseconds, and they only wait.

    with running_codex(box.path, "exec", "a prompt", CODEX_HOME=home) as pid: …

The script is called `codex` and run by Python, like npm's launcher by node. `native=True` runs a
program whose own file is called `codex`. Whatever is started has ended when the block ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

from tests.support.app_server import end_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the script does, unless told otherwise: say that it is up, and wait for the end of stdin.
WAIT = "import sys; print('up', flush=True); sys.stdin.read()"


def script(folder: str, text: str = WAIT, name: str = "codex") -> str:
    """Write an executable Python script called `codex` and return its path."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!{sys.executable} -I\n{text}\n")
    os.chmod(path, 0o755)
    return path


def program(folder: str) -> str:
    """Put a native program called `codex` into a folder: a shell, for `native` below."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "codex")
    if not os.path.exists(path):
        shutil.copy(os.path.realpath("/bin/sh"), path)
    return path


@contextlib.contextmanager
def running(
    command: list[str], cwd: str | None = None, **environ: str | None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that says a line when it is up, in this environment with changes."""
    changed = {**os.environ, **environ}
    child = subprocess.Popen(
        command,
        env={name: value for name, value in changed.items() if value is not None},
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        assert child.stdout.readline(), f"{command[0]} did not come up"
        yield child
    finally:
        with contextlib.suppress(OSError):
            child.stdin.close()
        end_group(child)
        child.stdout.close()


@contextlib.contextmanager
def running_codex(
    folder: str,
    *arguments: str,
    text: str = WAIT,
    native: bool = False,
    cwd: str | None = None,
    **environ: str | None,
) -> Iterator[int]:
    """Run `codex ARGUMENTS…` from `folder` and give its pid; None takes a variable away."""
    if native:
        # For the shell `-c` brings what to do, for us an option of Codex with its value.
        command = [program(folder), "-c", "echo up; read line", *arguments]
    else:
        command = [script(folder, text), *arguments]
    with running(command, cwd, **environ) as child:
        yield child.pid
