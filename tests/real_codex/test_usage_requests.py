"""How usage is asked for: by the real Codex 0.169 and by us, the same addresses and the same headers (C120, C122)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from profiles.usage import fetch
from tests.refreshing.stand import Stand
from tests.support.app_server import AppServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex
    from tui.simulator.wire import Request

pytestmark = pytest.mark.real_codex


def asked(requests: list[Request], what: str) -> Request:
    """Return the first request whose path ends so."""
    return next(each for each in requests if each.path.endswith(what))


def shape(request: Request) -> dict[str, str]:
    """Return the headers by name as they are spelt, without the name of the program and of the machine."""
    headers = dict(request.headers)
    agent = headers["user-agent"]
    program, version = agent.split(" ")[0].split("/")
    assert program
    assert "(" in agent
    assert ")" in agent
    return {**headers, "user-agent": version}


@pytest.mark.parametrize(
    "tail", ["/backend-api/", "/backend-api", "", "///", "/x/backend-api//", "/backend-api/v2"]
)
def test_the_same_requests(newest: RealCodex, box: Box, tail: str) -> None:
    """`account/rateLimits/read` of the real client and our `fetch`, at the same base: paths and headers are equal."""
    with Stand(box) as stand:
        stand.time = time.time()
        stand.simulator.people.add("ada@example.com", fedramp=tail == "/backend-api")
        login = stand.sign_in("ada", age=60)
        line = f'chatgpt_base_url = "{stand.simulator.url}{tail}"\n'
        stand.put("ada", login)
        login.write(newest.home)
        for home in (newest.home, box.profile("ada")):
            with open(f"{home}/config.toml", "w", encoding="utf-8") as file:
                file.write(line)
        with newest.app_server() as session:
            try:
                limits: Any = session.request("account/rateLimits/read")["rateLimits"]
            except AppServerError as error:
                assert "404" in str(error), "the simulator does not know this path"  # noqa: PT017
                limits = None
        theirs = list(stand.simulator.log)
        ours_begin = len(theirs)

        async def ours() -> list[Any]:
            return [result async for result in fetch(stand.context)]

        [result] = asyncio.run(ours())
        mine = stand.simulator.log[ours_begin:]
        for what in ("/usage", "/accounts/check") if limits is not None else ("/usage",):
            real, own = asked(theirs, what), asked(mine, what)
            assert (own.method, own.path, own.query) == (real.method, real.path, real.query)
            assert shape(own) == shape(real)
            order = [name for name, _ in own.headers if name != "host"]
            assert order == [name for name, _ in real.headers if name != "host"]
        if limits is not None:
            assert result.is_fresh
            told = [limits["primary"], limits["secondary"]]
            assert [each["usedPercent"] for each in told] == [
                each.used_percent for each in result.snapshot.windows
            ]
            assert [each["resetsAt"] for each in told] == [
                each.resets_at for each in result.snapshot.windows
            ]
