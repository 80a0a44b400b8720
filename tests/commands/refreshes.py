"""A stand whose commands are children: `tui` in a test's homes, against a real issuer that knows every secret.

    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        [ada] = counter.results(["--refresh-all", "--json"], 0)

Whatever a child writes, and every file but logins and their backups, is looked through for what the issuer gave out;
at its end no refresh token was presented twice, unless the test says that it forced it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from typing import Any, Final

from tests.commands.logins import check_files, found_in
from tests.commands.scenes import TIME, in_terminal
from tests.refreshing.stand import Stand
from tests.support.cli import PATIENCE, Ran, check_output, tui_command, tui_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence

    from tests.conftest import Box

TOKEN: Final = "/oauth/token"
#: The keys of the contract, in its order.
REFRESH: Final = ("schema", "results", "login_needed")
RESULT: Final = ("name", "outcome", "reason", "expires_at")
#: What the issuer says of a refresh token that will never work again.
DEAD: Final[dict[str, object]] = {"error": {"code": "refresh_token_invalidated"}}


class Counter(Stand):
    """A stand at which commands are given."""

    def __init__(self, box: Box, *, latency: float = 0.0) -> None:
        super().__init__(box, latency=latency)
        # Children go by the machine's clock, and so does the issuer, whatever time a test takes.
        self.simulator._now = time.time
        self._children: list[Child] = []

    @property
    def env(self) -> dict[str, str | None]:
        """What a child's environment has more than the test's."""
        return {"SWITCHYARD_ISSUER": self.simulator.url}

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        for child in self._children:
            child.abandon()
        super().__exit__(kind, *exc)
        if kind is None:
            check_files(self.box, self.simulator)

    def start(self, args: Sequence[str], env: Mapping[str, str | None] | None = None) -> Child:
        """Start `tui` and let it run."""
        child = Child(self, tui_command(args), tui_environ({**self.env, **(env or {})}))
        self._children.append(child)
        return child

    def tui(
        self,
        args: Sequence[str],
        code: int,
        env: Mapping[str, str | None] | None = None,
        *,
        expected: bool = False,
    ) -> Ran:
        """Run `tui` and expect that it ends so; `expected`: it may hand out secrets on stdout."""
        __tracebackhide__ = True
        return self.start(args, env).end(code, expected=expected)

    def results(self, args: Sequence[str], code: int) -> list[dict[str, Any]]:
        """Run a refresh with `--json`, check the shape of what it prints, and return the results."""
        __tracebackhide__ = True
        return results_of(self.tui(args, code))

    def in_terminal(self, args: Sequence[str], code: int, **typed: Any) -> str:  # noqa: ANN401
        """Run `tui` in a terminal and return what stands there at its end."""
        __tracebackhide__ = True
        ran = in_terminal(args, self.env, **typed)
        assert not found_in(ran.out, self.simulator), "a secret was written"
        assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}"
        return ran.out

    def state(self, name: str) -> str:
        """Return the state of a profile, as `list` has it."""
        document = json.loads(self.tui(["show", name, "--json"], 0).out)
        return str(document["state"])


def results_of(ran: Ran) -> list[dict[str, Any]]:
    """Return the results in what was printed, which must be the contract's document and nothing else."""
    __tracebackhide__ = True
    document = json.loads(ran.out)
    assert tuple(document) == REFRESH
    assert document["schema"] == 1
    results: list[dict[str, Any]] = document["results"]
    for result in results:
        assert tuple(result) == RESULT
        assert result["expires_at"] is None or TIME.fullmatch(result["expires_at"])
    needed = [result["name"] for result in results if result["outcome"] == "login-needed"]
    assert document["login_needed"] == needed
    return results


class Child:
    """One command that runs; its stderr can be waited for."""

    def __init__(self, counter: Counter, command: Sequence[str], environ: dict[str, str]) -> None:
        self._simulator = counter.simulator
        self._news = threading.Condition()
        self._texts = {"out": b"", "err": b""}
        self.process = subprocess.Popen(
            command,
            env=environ,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(name, stream.fileno()), daemon=True)
            for name, stream in (("out", self.process.stdout), ("err", self.process.stderr))
            if stream is not None
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str, descriptor: int) -> None:
        while piece := os.read(descriptor, 65536):
            with self._news:
                self._texts[name] += piece
                self._news.notify_all()

    def wait_for(self, words: str) -> None:
        """Wait until these words stand on stderr."""
        __tracebackhide__ = True
        with self._news:
            came = self._news.wait_for(lambda: words.encode() in self._texts["err"], PATIENCE)
        assert came, self._texts

    def has_begun(self) -> None:
        """Wait until it has looked at everything and begins: until it has threads."""
        end = time.monotonic() + PATIENCE
        while len(os.listdir(f"/proc/{self.process.pid}/task")) < 3:
            assert time.monotonic() < end, "it did not begin"
            assert self.process.poll() is None, "it ended before it began"
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, code: int, *, expected: bool = False) -> Ran:
        """Wait until it ends with this exit code, and return all that it wrote."""
        __tracebackhide__ = True
        ended = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        ran = Ran(ended, self._texts["out"].decode(), self._texts["err"].decode())
        check_output(ran, secrets_expected=expected)
        shown = ran.err if expected else ran.out + ran.err
        assert not found_in(shown, self._simulator), "a secret was written"
        assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
        return ran

    def abandon(self) -> None:
        """Let nothing of it be left."""
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
