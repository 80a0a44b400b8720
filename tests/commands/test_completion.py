"""`tui completion`: what real shells complete with the script."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.commands.scenes import failed
from tests.support.cli import ROOT, run_tui, tui_environ
from tests.support.programs import need
from tests.support.tokens import Login, Person
from tui.commands import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


#: What may follow `--refresh-all`.
AFTER_ALL = ["--force", "--help", "--json", "--within"]


@pytest.fixture
def path(box: Box) -> str:
    """Two profiles, and a `tui` on PATH that notes how it is run; returns that PATH."""
    for name in ("ada", "bob@x"):
        Login(Person(name)).write(box.profile(name))
    os.makedirs(f"{box.path}/bin")
    program = f"{box.path}/bin/tui"
    with open(program, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\necho "$*" >> {box.path}/runs\n')
        file.write(f'PYTHONPATH={ROOT} exec {sys.executable} -m tui "$@"\n')
    os.chmod(program, 0o755)
    return f"{box.path}/bin:{os.environ['PATH']}"


def runs(box: Box) -> list[str]:
    """Return how `tui` was run on TAB, each way once."""
    try:
        with open(f"{box.path}/runs", encoding="utf-8") as file:
            return sorted(set(file.read().splitlines()))
    except FileNotFoundError:
        return []


def shell(program: str, script: str, path: str, *args: str) -> list[str]:
    """Run a script in a shell without its start-up files, and return its sorted lines."""
    bare = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[program]
    done = subprocess.run(
        [need(program), *bare, "-c", script, *args],
        env=tui_environ({"PATH": path}),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return sorted(done.stdout.split())


def bash(path: str, *words: str, command: str = "tui") -> list[str]:
    """Return what bash completes for the last of these words."""
    text = run_tui(["completion", "bash"]).out
    script = f"""
{text}
spec=$(complete -p "$1") || exit 9
[[ $spec =~ -F\\ ([^ ]+) ]] || exit 8
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
"${{BASH_REMATCH[1]}}" "$1" "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    return shell("bash", script, path, "bash", command, *words)


def test_bash_completes_commands_options_and_names(box: Box, path: str) -> None:
    """Commands, a command's options and choices without running anything; names by one run."""
    assert bash(path, "") == sorted(COMMANDS)
    assert bash(path, "s") == ["show", "switch"]
    assert bash(path, "switch", "--d") == ["--dry-run"]
    assert bash(path, "login", "ada", "--d") == ["--device-code"]
    assert bash(path, "completion", "") == ["bash", "fish", "zsh"]
    assert bash(path, "", command="codex-switchyard") == sorted(COMMANDS)
    assert bash(path, "--refresh-all", "") == AFTER_ALL
    assert bash(path, "--refresh-all", "--f") == ["--force"]
    assert bash(path, "--within", "5d", "--refresh-all", "--j") == ["--json"]
    assert bash(path, "--refresh-all", "--within", "") == []
    assert runs(box) == []
    named = "show switch login refresh token logout run rename delete"
    for verb in named.split():
        assert bash(path, verb, "") == ["ada", "bob@x"], verb
    assert bash(path, "show", "b") == ["bob@x"]
    assert runs(box) == ["list --names"]


def test_bash_offers_no_old_name_for_a_new_profile(box: Box, path: str) -> None:
    """A name that is there is the one that a new profile cannot have; --home wants a folder."""
    assert bash(path, "add", "") == []
    assert bash(path, "rename", "ada", "") == []
    assert bash(path, "add", "x", "--home", f"{box.path}/bi") == [f"{box.path}/bin"]
    assert runs(box) == []


def test_fish_completes_commands_options_and_names(box: Box, path: str) -> None:
    """As fish itself answers `complete --do-complete`."""
    script = run_tui(["completion", "fish"]).out

    def fish(line: str) -> list[str]:
        asked = f"complete --do-complete '{line}' | string replace -r '\\t.*' ''; true"
        return shell("fish", f"{script}\n{asked}", path)

    assert fish("tui ") == sorted(COMMANDS)
    assert runs(box) == []
    assert "--dry-run" in fish("tui switch --")
    assert fish("tui --refresh-all --") == AFTER_ALL
    assert fish("tui --refresh-all ") == []
    assert fish("codex-switchyard --refresh-all --w") == ["--within"]
    assert fish("tui show ") == ["ada", "bob@x"]
    assert fish("codex-switchyard show a") == ["ada"]
    assert runs(box) == ["list --names"]


def test_zsh_loads_the_script_and_asks_for_names_on_tab_only(box: Box, path: str) -> None:
    """Loading runs nothing (the names would be those of yesterday); the function gives them."""
    script = run_tui(["completion", "zsh"]).out
    start = "autoload -Uz compinit && compinit -u -D\n"
    loaded = 'eval "$1"\nprint -l $_comps[tui] $_comps[codex-switchyard]'
    assert shell("zsh", f"{start}{loaded}", path, "zsh", script) == ["_shtab_tui"] * 2
    assert runs(box) == []
    given = 'eval "$1"\n_arguments() { print -l -- ${@%%\\[*}; }\n'
    given += 'words=(tui --refresh-all ""); CURRENT=3; _shtab_tui'
    assert shell("zsh", f"{start}{given}", path, "zsh", script) == sorted(
        [*AFTER_ALL, "--refresh-all"]
    )
    asked = 'eval "$1"\ncompadd() { shift; print -l "$@"; }\n_switchyard_profiles'
    assert shell("zsh", f"{start}{asked}", path, "zsh", script) == ["ada", "bob@x"]
    assert runs(box) == ["list --names"]


@pytest.mark.parametrize("shells", [[], ["tcsh"], ["bash", "zsh"]])
def test_other_shells_are_exit_2(box: Box, shells: list[str]) -> None:
    """The three that there are stand in the error or the help."""
    assert "next: tui completion --help" in failed(["completion", *shells], 2)
