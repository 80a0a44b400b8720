"""The headless commands, one file each. A new one is its file here and its line in COMMANDS.

A command is a module with
    EXAMPLES    lines of `--help`: command line and what it does
    CODES       the exit codes that it can end with, beside 0, 2 and 130
    configure   adds its arguments to a parser
    run         does it and returns the exit code
and nothing of it is imported before it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Protocol

    from profiles.context import Context
    from tui.parser import Parser

    class Command(Protocol):
        """What every module here offers."""

        @property
        def EXAMPLES(self) -> Sequence[tuple[str, str]]:  # noqa: N802 - a constant of the module
            """Command lines and what they do."""

        @property
        def CODES(self) -> Sequence[int]:  # noqa: N802 - a constant of the module
            """Exit codes beside 0, 2 and 130."""

        def configure(self, parser: Parser) -> None:
            """Add its arguments."""

        def run(self, options: Namespace, context: Context) -> int:
            """Do it and return the exit code. Raises ProfilesError."""


#: Each command and its purpose, in the order of `--help`.
COMMANDS = {
    "list": "Show all profiles, the active one marked",
    "show": "Show one profile: identity, claims, times, holders",
    "switch": "Make a profile's login the one that codex uses",
    "undo": "Take the last switch back",
    "usage": "Show how much of each login is used",
    "login": "Log in to a profile, new or old, without Codex",
    "refresh": "Refresh the tokens of logins, each once",
    "token": "Print the access token of a profile",
    "logout": "Remove a login from every file that holds it",
    "run": "Run a command as a profile, without switching",
    "add": "Save the active login, register a home, or begin empty",
    "rename": "Give a profile another name",
    "delete": "Move a profile to the backups",
    "doctor": "Find out why a login does not work, and mend it",
    "history": "Show what was done, and when",
    "paths": "Show folders and settings, and what decided them",
    "completion": "Print a completion script for a shell",
}


def load(name: str) -> Command:
    """Import the module of a command."""
    from importlib import import_module

    module: Command = import_module(f"tui.commands.{name}")
    return module
