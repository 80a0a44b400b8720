"""The pictures in `screenshots/` are those that the screen makes now."""

from __future__ import annotations

import os

import pytest

from tests.screen.picture import FOLDER, PICTURES, draw, surround
from tests.support.cli import ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_current(box: Box, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Catches a change of the screen after which nobody made the pictures again."""
    root = f"{box.path}/picture"
    os.mkdir(root, 0o700)
    for variable, value in surround(name, root).items():
        monkeypatch.setenv(variable, value)
    draw(name, f"{box.path}/{name}.svg")
    with (
        open(f"{box.path}/{name}.svg", encoding="utf-8") as made,
        open(f"{ROOT}/{FOLDER}/{name}.svg", encoding="utf-8") as kept,
    ):
        assert made.read() == kept.read(), "python -m tests.screen.picture makes them again"


def test_there_are_no_others() -> None:
    """Catches a picture that nobody makes any more; each has its SVG and the PNG made of it."""
    expected = {f"{name}.{kind}" for name in PICTURES for kind in ("svg", "png")}
    assert set(os.listdir(f"{ROOT}/{FOLDER}")) == expected
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        readme = file.read()
    assert not [name for name in PICTURES if f"{FOLDER}/{name}." not in readme]
