"""Two saved logins to work with, the shapes of the contract, and `tui` in a pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from typing import Any, Final, NamedTuple

from tests.support.cli import PATIENCE, Ran, check_output, run_tui, tui_command, tui_environ
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.conftest import Box

#: The keys of the contract, in its order.
LIST: Final = (
    *("schema", "home", "active", "profiles", "problems", "discovered", "overridden_by"),
)
PROFILE: Final = (
    *("name", "active", "kind", "email", "user_id", "account_id", "workspace", "plan", "state"),
    *("access_token_expires_at", "id_token_expires_at", "last_refresh", "home", "managed"),
    *("note", "usage"),
)
SHOW: Final = ("schema", *PROFILE, "claims", "scopes", "holders", "processes")
PROCESS: Final = ("pid", "command", "daemon", "home")
SWITCH: Final = (
    *("schema", "from", "to", "changed", "written_back", "adopted", "still_running", "daemon"),
    "overridden_by",
)
FAILURE: Final = ("code", "message", "next")
#: Every time in JSON: ISO 8601, UTC, whole seconds.
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: What steers a terminal.
ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")


class Two(NamedTuple):
    """Two profiles, `ada` and `bob`; ada's login is the active one."""

    box: Box
    ada: Login
    bob: Login

    @property
    def live(self) -> str:
        """The active home's auth.json."""
        return f"{self.box.codex}/auth.json"

    def live_login(self) -> str:
        """Return whose login the active home holds, by its refresh token."""
        with open(self.live, encoding="utf-8") as file:
            token = json.load(file)["tokens"]["refresh_token"]
        whose = {self.ada.refresh_token: "ada", self.bob.refresh_token: "bob"}
        return whose.get(token, "nobody")


def two(box: Box) -> Two:
    """Make the two profiles."""
    made = Two(box, Login(Person("ada")).fresh(), Login(Person("bob")).fresh())
    made.ada.write(box.profile("ada"))
    made.bob.write(box.profile("bob"))
    made.ada.write(box.codex)
    return made


def failure(args: Sequence[str], code: int, env: Mapping[str, str | None] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Run `tui` with `--json` among its words, expect that it fails so, and return `error`."""
    __tracebackhide__ = True
    ran = run_tui(args, env)
    assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
    document = json.loads(ran.out)
    assert tuple(document) == ("schema", "error")
    assert document["schema"] == 1
    assert tuple(document["error"]) == FAILURE
    assert all(isinstance(value, str) and value for value in document["error"].values())
    return document["error"]


def failed(args: Sequence[str], code: int, env: Mapping[str, str | None] | None = None) -> str:
    """Run `tui`, expect that it fails so in two lines on stderr alone, and return them."""
    __tracebackhide__ = True
    ran = run_tui(args, env)
    assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
    assert ran.out == ""
    first, second = ran.err.splitlines()[-2:]
    assert first.startswith("tui: error: "), ran.err
    assert second.startswith("next: "), ran.err
    return ran.err


def in_terminal(
    args: Sequence[str],
    env: Mapping[str, str | None] | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    type_at: str = "",
    typed: bytes = b"",
) -> Ran:
    """Run `tui` in a pseudo-terminal of this size (columns, lines); all it writes is in `out`.

    Once `type_at` has been written there, `typed` is typed; ctrl-c again for as long as nothing comes of it, since a
    signal in the instant before a read begins is only seen when the read ends.
    """
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    child = subprocess.Popen(
        tui_command(args),
        env=tui_environ(env),
        cwd="/",
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
    )
    os.close(theirs)
    said = b""
    again = typed if typed == b"\x03" else b""
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            if not select.select([ours], [], [], 1.0)[0]:
                if not typed and again:
                    os.write(ours, again)
                continue
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break  # Linux says EIO once the last writer is gone.
            if not piece:
                break
            said += piece
            if typed and type_at.encode() in said:
                os.write(ours, typed)
                typed = b""
        code = child.wait(PATIENCE)
    finally:
        child.kill()
        child.wait()
        os.close(ours)
    ran = Ran(code, said.decode("utf-8").replace("\r\n", "\n"), "")
    check_output(ran)
    return ran
