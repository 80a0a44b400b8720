"""`tui login` as a child that runs, is watched, answered and interrupted, against a real issuer.

    with Running(["work", "--device-code"], simulator) as login:
        code = login.wait_for(r"^([A-Z0-9]{4}-[A-Z0-9]{5})$")[1]
        simulator.device.approve(code, "ada@example.com")
        ran = login.end(0)

Whatever it writes, and every file that it leaves but logins and their backups, is looked through for the secrets that
the issuer ever gave out or received.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import termios
import threading
import time
from typing import Any, Final

from profiles.auth_file import parse, serialise
from profiles.claims import token_facts
from profiles.logging_in import save_login
from profiles.oauth.documents import timestamp
from profiles.store import add_active
from tests.support.cli import PATIENCE, Ran, check_output, tui_command, tui_environ
from tests.surroundings.scene import quiet_context, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from tests.conftest import Box
    from tui.simulator.server import Simulator

#: The keys of each event, in the order of the contract.
EVENTS: Final = {
    "code": ("event", "user_code", "verification_url", "expires_at"),
    "url": ("event", "authorize_url", "port", "redirect_uri", "tunnel"),
    "waiting": ("event",),
    "done": ("event", "name", "email", "account_id"),
    "failed": ("event", "error", "hint"),
}
#: A user code, alone on its line.
USER_CODE: Final = r"(?m)^([A-Z0-9]{4}-[A-Z0-9]{5})\r?$"
#: An authorize URL, unbroken and alone on its line.
AUTHORIZE_URL: Final = r"(?m)^(http://127\.0\.0\.1:\d+/oauth/authorize\?\S+)\r?$"


class Running:
    """One login that runs. `stdin` is a descriptor, or None for a pipe that `say` writes to.

    In a `terminal` all three streams are a pseudo-terminal of its own; what is written there is in `out`. One without
    `columns` does not tell how wide it is.
    """

    def __init__(
        self,
        args: Sequence[str],
        simulator: Simulator | None = None,
        env: Mapping[str, str | None] | None = None,
        *,
        stdin: int | None = None,
        stdout: int | None = None,
        terminal: bool = False,
        columns: int = 0,
        wrap: Sequence[str] = (),
    ) -> None:
        self._simulator = simulator
        self._news = threading.Condition()
        self._texts = {"out": b"", "err": b""}
        self._events_taken = 0
        self._ours: int | None = None
        self._hung_up = False
        issuer = {"SWITCHYARD_ISSUER": simulator.url} if simulator is not None else {}
        environ = tui_environ({**issuer, **(env or {})})
        command = [*wrap, *tui_command(["login", *args])]
        if terminal:
            self._ours, theirs = pty.openpty()
            termios.tcsetwinsize(theirs, (24, columns))
            self.child = subprocess.Popen(
                ["setsid", "--ctty", *command],
                env=environ,
                cwd="/",
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
            )
            os.close(theirs)
            streams = [("out", self._ours)]
        else:
            self.child = subprocess.Popen(
                command,
                env=environ,
                cwd="/",
                stdin=subprocess.PIPE if stdin is None else stdin,
                stdout=subprocess.PIPE if stdout is None else stdout,
                stderr=subprocess.PIPE,
            )
            streams = [
                (name, stream.fileno())
                for name, stream in (("out", self.child.stdout), ("err", self.child.stderr))
                if stream is not None
            ]
        self._readers = [
            threading.Thread(target=self._read, args=stream, daemon=True) for stream in streams
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.child.kill()
        self.child.wait()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.hang_up()

    def _read(self, name: str, descriptor: int) -> None:
        while True:
            # Never blocked in a read: a terminal that is being read is not gone when it is closed.
            if not select.select([descriptor], [], [], 0.05)[0]:
                if self._hung_up:
                    return
                continue
            try:
                piece = os.read(descriptor, 65536)
            except OSError:
                piece = b""  # Linux says EIO once the last writer of a terminal is gone.
            with self._news:
                self._texts[name] += piece
                if not piece:
                    self._texts[f"{name} ended"] = b"yes"
                self._news.notify_all()
            if not piece:
                return

    def text(self, name: str = "err") -> str:
        """Return what was written so far: to `out` or `err`."""
        with self._news:
            return self._texts[name].decode(errors="replace")

    def _wait(self, what: str, name: str, found: Any) -> Any:  # noqa: ANN401 - whatever is found
        __tracebackhide__ = True
        with self._news:
            result = self._news.wait_for(
                lambda: (
                    found(self._texts[name].decode(errors="replace"))
                    or f"{name} ended" in self._texts
                ),
                PATIENCE,
            )
            result = found(self._texts[name].decode(errors="replace")) if result else None
            texts = {key: value.decode(errors="replace") for key, value in self._texts.items()}
        assert result, f"{what} did not come: {texts}"
        return result

    def wait_for(self, pattern: str, name: str | None = None) -> re.Match[str]:
        """Wait until prose matches, on stderr or in the terminal."""
        __tracebackhide__ = True
        stream = name or ("out" if self._ours is not None else "err")
        found: re.Match[str] = self._wait(pattern, stream, re.compile(pattern).search)
        return found

    def event(self, name: str) -> dict[str, Any]:
        """Wait for the next JSON event and return it; it must be this one, with the contract's keys."""
        __tracebackhide__ = True

        def next_line(text: str) -> str | None:
            whole = text.split("\n")[:-1]
            return whole[self._events_taken] if len(whole) > self._events_taken else None

        found = json.loads(self._wait(f"event {name}", "out", next_line))
        self._events_taken += 1
        assert found["event"] == name, found
        assert tuple(found) == EVENTS[name]
        return dict(found)

    def say(self, text: str) -> None:
        """Type, or write to the pipe."""
        if self._ours is not None:
            os.write(self._ours, text.encode(errors="surrogateescape"))
        else:
            assert self.child.stdin is not None
            self.child.stdin.write(text.encode())
            self.child.stdin.flush()

    def end_input(self) -> None:
        """Close the pipe that is its stdin."""
        assert self.child.stdin is not None
        self.child.stdin.close()

    def hang_up(self) -> None:
        """Close the terminal."""
        self._hung_up = True
        if self._ours is not None:
            for reader in self._readers:
                reader.join(PATIENCE)
            os.close(self._ours)
            self._ours = None

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        assert self._ours is not None
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    def show_typing(self) -> None:
        """Let the terminal show what is typed, as a shell does for itself."""
        assert self._ours is not None
        attributes = termios.tcgetattr(self._ours)
        attributes[3] |= termios.ECHO
        termios.tcsetattr(self._ours, termios.TCSANOW, attributes)

    def end(self, code: int) -> Ran:
        """Wait until it ends with this exit code, and return all that it wrote."""
        __tracebackhide__ = True
        ended = self.child.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        ran = Ran(ended, self.text("out"), self.text("err"))
        check_output(ran)
        if self._simulator is not None:
            assert not found_in(ran.out + ran.err, self._simulator), "a secret was written"
        assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
        return ran


def found_in(text: str, simulator: Simulator) -> bool:
    """Say whether a secret of the issuer's stands in a text."""
    return any(secret in text for secret in simulator.secrets())


def check_files(box: Box, simulator: Simulator) -> None:
    """Assert that no secret is in any file but logins, and backups of logins."""
    for path in every_file(box.path):
        if os.path.basename(path) == "auth.json" or "/state/backups/" in path:
            continue
        with open(path, "rb") as file:
            text = file.read().decode("utf-8", "replace")
        assert not found_in(text, simulator), path


def every_file(root: str) -> list[str]:
    """Return every file below a folder."""
    return sorted(f"{folder}/{name}" for folder, _, names in os.walk(root) for name in names)


def contents(box: Box) -> dict[str, bytes]:
    """Return the bytes of every file there is but locks and the cache, which commands may make."""
    found = {}
    for path in every_file(box.path):
        if not path.endswith(".lock") and "/sy/cache/" not in path and "/data/locks/" not in path:
            with open(path, "rb") as file:
                found[path] = file.read()
    return found


@contextlib.contextmanager
def unchanged(box: Box) -> Iterator[None]:
    """Assert that every file is afterwards what it was, byte for byte, and that there is no new one."""
    before = contents(box)
    yield
    after = contents(box)
    assert {path for path in after if path not in before} == set()
    assert before == after


def saved(box: Box, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return the auth.json of a profile."""
    with open(f"{box.profile(name)}/auth.json", encoding="utf-8") as file:
        return json.load(file)


def live(box: Box) -> Any:  # noqa: ANN401 - JSON
    """Return the active home's auth.json."""
    with open(f"{box.codex}/auth.json", encoding="utf-8") as file:
        return json.load(file)


def settled(
    box: Box, simulator: Simulator, name: str, email: str, *, active: bool = False
) -> dict[str, Any]:
    """Make a profile with a login of an hour ago, and return what the issuer answered then."""
    context = quiet_context()
    answer = simulator.sign_in(email, issued_at=time.time() - 3600)
    facts = token_facts(answer["id_token"])
    tokens = {each: answer[each] for each in ("id_token", "access_token", "refresh_token")}
    data = {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {**tokens, "account_id": facts.account_id},
        "last_refresh": timestamp(time.time() - 3600),
    }
    if active:
        os.makedirs(box.codex, mode=0o700, exist_ok=True)
        write(f"{box.codex}/auth.json", serialise(data))
        add_active(context, name)
    else:
        save_login(context, name, parse(serialise(data), "a login"))
    return answer
