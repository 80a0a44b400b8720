"""The README beside the program: its variables, and the lines that a person copies from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.commands.refreshes import Counter
from tests.rules.yard import write
from tests.support.cli import ROOT, tui_environ
from tui.parser import ENVIRONMENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def readme() -> str:
    """Return the README."""
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("name", [name for name, _ in ENVIRONMENT if name])
def test_every_variable_of_the_help_is_in_the_table(name: str) -> None:
    """Whoever reads only the README finds it there."""
    assert re.search(rf"(?m)^\| [^|]*`{name}`[^|]* \|", readme())


@pytest.mark.parametrize("is_there", [True, False])
def test_the_lines_that_hand_a_token_on(box: Box, is_there: bool) -> None:
    """With a token it is sent, and is no argument; without one nothing is sent, and the exit code is tui's."""
    found = re.search(r"```sh\n(token=\$\(tui token work\).*?)```", readme(), re.DOTALL)
    assert found is not None
    with Counter(box) as counter:
        if is_there:
            counter.put("work", counter.sign_in("work"))
        folder = f"{box.path}/bin"
        os.makedirs(folder)
        tui = f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tui "$@"\n'
        curl = f'#!/bin/sh\necho "$*" > {box.path}/arguments\ncat > {box.path}/sent\n'
        for name, text in (("tui", tui), ("curl", curl)):
            write(f"{folder}/{name}", text.encode())
            os.chmod(f"{folder}/{name}", 0o755)
        done = subprocess.run(
            ["/bin/sh", "-c", found[1]],
            env=tui_environ({**counter.env, "PATH": f"{folder}:{os.environ['PATH']}"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == (0 if is_there else 3)
        assert os.path.exists(f"{box.path}/sent") == is_there
        if is_there:
            with open(f"{box.path}/sent", encoding="utf-8") as file:
                assert re.fullmatch(r"Authorization: Bearer \S{50,}\n", file.read())
            with open(f"{box.path}/arguments", encoding="utf-8") as file:
                assert "Bearer" not in file.read()
            os.unlink(f"{box.path}/sent")
