"""Titles are what strangers read first: none begins in lower case, as the name of a file or program would."""

from __future__ import annotations

import ast
import os

import pytest

import profiles.doctor

FOLDER = os.path.dirname(profiles.doctor.__file__)
SUBJECTS = ("clock", "codex", "environment", "files", "homes", "ide", "logins", "store")
MODULES = sorted(name for name in os.listdir(FOLDER) if name.startswith(SUBJECTS))


def _titles(tree: ast.AST) -> list[ast.expr]:
    """Return what stands where a title does: the third word of a finding, and what is called a title."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found += [node.value] if node.targets[0].id == "title" else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found += node.args[2:3] if node.func.id == "Finding" else []
    return found


def _first_words(title: ast.expr) -> list[str]:
    """Return how a title may begin, as far as that is written there."""
    if isinstance(title, ast.IfExp):
        return _first_words(title.body) + _first_words(title.orelse)
    if isinstance(title, ast.JoinedStr):
        return _first_words(title.values[0])
    is_text = isinstance(title, ast.Constant) and isinstance(title.value, str)
    return [str(title.value)] if is_text and isinstance(title, ast.Constant) else []


@pytest.mark.parametrize("module", [name for name in MODULES if name.endswith(".py")])
def test_titles_begin_with_a_capital(module: str) -> None:
    """No title begins with a small letter; what a variable or profile begins is looked at where it is found."""
    with open(f"{FOLDER}/{module}", encoding="utf-8") as file:
        tree = ast.parse(file.read())
    begins = [text for title in _titles(tree) for text in _first_words(title)]
    assert [text for text in begins if text[:1].islower()] == []
