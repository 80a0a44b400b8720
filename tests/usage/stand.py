"""A stand whose simulator is the backend too, and which no secret leaves.

with UsageStand(box) as stand:
    stand.put("ada", stand.sign_in("ada"))
    [result] = stand.usage()
"""

from __future__ import annotations

import asyncio
import json
import os
import time

from profiles.usage import UsageResult, fetch
from tests.commands.logins import check_files
from tests.refreshing.stand import HOUR, Stand
from tests.rules.yard import read
from tests.support.cli import Ran, run_tui
from tui.simulator.routes import ACCOUNTS, USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from profiles.oauth.http import Timeouts
    from tests.conftest import Box
    from tui.simulator.wire import Request

MAIL = "ada@example.com"


class UsageStand(Stand):
    """Homes, a clock, an issuer and a backend; at its end nothing secret is in any file but logins."""

    def __init__(self, box: Box) -> None:
        super().__init__(box)
        self.environ |= {"SWITCHYARD_CHATGPT_BASE_URL": self.simulator.backend_url}

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        super().__exit__(kind, *exc)
        if kind is None:
            check_files(self.box, self.simulator)
            for name in ("usage.json", "workspaces.json"):
                path = f"{self.context.roots.cache}/{name}"
                if os.path.exists(path):
                    assert os.stat(path).st_mode & 0o777 == 0o600
                    self.check_no_secret(read(path).decode())

    def log_in(self, name: str, age: float = 2 * HOUR, workspace: str | None = None) -> str:
        """Let the issuer make somebody's login and save it; return its auth.json."""
        return self.put(name, self.sign_in(name, age, workspace))

    def usage(self, *names: str, timeouts: Timeouts | None = None) -> list[UsageResult]:
        """Ask about these profiles, or all, in the order of their names."""

        async def collect() -> list[UsageResult]:
            asked = fetch(self.context, names or None, timeouts=timeouts)
            return [result async for result in asked]

        return sorted(asyncio.run(collect()), key=lambda result: result.name)

    def one(self, name: str = "ada") -> UsageResult:
        """Ask about one profile."""
        [result] = self.usage(name)
        return result

    def asked(self, path: str = USAGE) -> list[Request]:
        """Return what the backend was asked for."""
        return self.simulator.requests(path)

    @property
    def names_asked(self) -> int:
        """How often the names of workspaces were asked for."""
        return len(self.asked(ACCOUNTS))

    def refuse(self, status: int, code: str | None = None, times: int | None = 1) -> None:
        """Let the backend refuse the next requests for usage."""
        body: dict[str, object] = {"error": {"message": "made up", "code": code}}
        self.simulator.faults.add(USAGE, status=status, body=body, times=times)

    def answer(self, document: object) -> None:
        """Let the backend answer the next request for usage with this."""
        self.simulator.faults.add(USAGE, status=200, body=json.dumps(document))

    def check_no_secret(self, text: str) -> None:
        """Fail when a token, whole or its signature, stands in a text."""
        assert not any(secret in text for secret in self.simulator.secrets())

    # -- the command --

    @property
    def variables(self) -> dict[str, str | None]:
        """What a child needs to find this stand."""
        names = ("SWITCHYARD_ISSUER", "SWITCHYARD_CHATGPT_BASE_URL")
        return {name: self.environ[name] for name in names}

    def tui(self, *args: str, code: int = 0, env: dict[str, str | None] | None = None) -> Ran:
        """Run `tui`, expect this exit code and no secret, and let the simulator's clock be that of the machine."""
        self.time = time.time()
        ran = run_tui(args, {**self.variables, **(env or {})})
        assert ran.code == code, f"exit {ran.code}, not {code}\n{ran.out}\n{ran.err}"
        self.check_no_secret(ran.out)
        self.check_no_secret(ran.err)
        return ran

    def json(self, *args: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Run `tui … --json` and return its document."""
        document = json.loads(self.tui(*args, "--json", code=code).out)
        assert document["schema"] == 1
        return document


def labels(result: UsageResult) -> Sequence[str]:
    """Return the names of a result's windows."""
    return [] if result.snapshot is None else [each.label for each in result.snapshot.windows]
