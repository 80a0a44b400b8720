"""The screen names its own keys where the core names commands, and shortens paths below the person's home."""

from __future__ import annotations

import pytest

from tui.keymap import make_keymap
from tui.speech import Speech

SPEECH = Speech(make_keymap({}), "/home/ada")


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("tui login torn --device-code", "l on torn"),
        ("log in anew: tui login a.b-c --device-code", "log in anew: l on a.b-c"),
        ("tui login torn", "l on torn"),
        ("tui login torn --browser", "L on torn"),
        ("tui refresh work asks once more", "r on work asks once more"),
        ("tui refresh work --force sends it once more", "r on work sends it once more"),
        ("look at the proxy, then: tui --refresh-all", "look at the proxy, then: ctrl+r"),
        (
            "switch to another profile first: tui switch NAME",
            "switch to another profile first: space",
        ),
        ("tui switch work --anyway installs it", "space on work installs it"),
        ("tui rename old new", "e on old"),
        ("see whose it is: tui show work.", "see whose it is: enter on work."),
        ("take another name; tui list shows them", "take another name; the list shows them"),
        ("tui list", "space switches to the profile that the cursor is on"),
        ("look at it, or: tui delete work", "look at it, or: d on work"),
        ("tui --help", "?"),
    ],
)
def test_a_key_instead_of_a_command(hint: str, said: str) -> None:
    """Catches a hint on the screen that sends a person to the shell for what one key does."""
    assert SPEECH(hint) == said


@pytest.mark.parametrize(
    "hint",
    [
        "tui login bot --api-key",
        "tui show NAME --json writes it",
        "tui run work -- codex login --device-auth",
        "tui logout work removes it from this machine",
        "tui paths shows the folders in use",
        "tui add NAME",
        "npm install -g @openai/codex",
    ],
)
def test_a_command_without_a_key_stays(hint: str) -> None:
    """What no key does is said as it is, and whole: it is there to be typed."""
    assert SPEECH(hint) == hint


def test_the_keys_in_force() -> None:
    """A remapped key is the one that is named; an action that lost its key leaves the command."""
    speech = Speech(make_keymap({"login": "ctrl+o", "delete": "u"}), "/home/ada")
    assert speech("tui login work") == "ctrl+o on work"
    assert speech("tui undo") == "tui undo"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/home/ada/.codex is missing", "~/.codex is missing"),
        ("the home /home/ada, and '/home/ada/x'", "the home ~, and '~/x'"),
        ("CODEX_HOME=/home/ada/x codex", "CODEX_HOME=~/x codex"),
        ("/home/adam/x", "/home/adam/x"),
        ("/mnt/home/ada/x", "/mnt/home/ada/x"),
    ],
)
def test_paths_are_short(text: str, said: str) -> None:
    """A path below the home begins with ~, and no other path is taken for one."""
    assert SPEECH(text) == said
    assert Speech(make_keymap({}), "/")("/x/y") == "/x/y"
