"""Another program, run with a time limit: nothing of it runs on, and it cannot keep us waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile

from profiles.doctor.machine import Ran

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST = 1 << 20


def run_program(
    words: Sequence[str],
    patience: float,
    environ: Mapping[str, str],
    folder: str | None = None,
    encoding: str = "utf-8",
) -> Ran | None:
    """Run a program for `patience` seconds at most; None when it cannot be run at all."""
    # Files, not pipes: a grandchild that inherits a pipe can keep us waiting for its end.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=dict(environ),
                cwd=folder,
                start_new_session=True,
            )
        except (OSError, ValueError):
            return None
        code: int | None
        try:
            code = child.wait(patience)
        except BaseException as error:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except OSError:
                child.kill()
            child.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            code = None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read(_MOST).decode(encoding, "replace").replace("\r\n", "\n"))
    return Ran(code, *texts)
