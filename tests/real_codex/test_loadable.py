"""The recorded answers are still the client's: each document of `tests.support.malformed`, asked again (C20 to C35)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from tests.support.malformed import LAXER, LOADABLE, REFUSED, STRICTER
from tests.support.native import without_node
from tests.support.real_codex import RealCodex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

pytestmark = pytest.mark.real_codex

#: What the client says of a login that it has loaded, when it then cannot ask the service about it.
LOADED_BUT_ALONE = (
    "failed to request personal access token metadata",
    "failed to request agent identity JWKS",
    "retryable agent identity registration failure",
)


def test_codex_loads_what_was_recorded(codex_169: str, box: Box) -> None:
    """One `codex login status` for each document, two at a time; it changes none of them."""
    program = without_node(codex_169)
    documents = list(chain(*(table.items() for table in (LOADABLE, STRICTER, REFUSED, LAXER))))

    def ask(numbered: tuple[int, tuple[str, bytes]]) -> tuple[str, bool, str]:
        number, (name, data) = numbered
        client = RealCodex(program, f"{box.path}/{number}")
        path = f"{client.home}/auth.json"
        with open(path, "wb") as file:
            file.write(data)
        done = client.login_status()
        with open(path, "rb") as file:
            assert file.read() == data
        loads = done.code == 0 or any(words in done.text for words in LOADED_BUT_ALONE)
        return name, loads, done.text

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, enumerate(documents)))
    loads = LOADABLE.keys() | STRICTER.keys()
    wrong = [f"{name}: {said}" for name, loaded, said in answers if loaded != (name in loads)]
    assert not wrong, "\n".join(wrong)
    assert len(answers) > 400
