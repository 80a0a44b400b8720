"""The argument parser of one command, and the help that it prints: at most 79 cells wide.

Only the parser of the command that was asked for is ever made; `full_parser` is for completion.
"""

from __future__ import annotations

import argparse
import os

from profiles.errors import ProfileNameInvalid, UsageError
from tui import output, stderr
from tui.commands import COMMANDS, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Literal, NoReturn

    from tui.commands import Command

    Completed = Literal["profiles", "folders"]

# Messages are English, as ours are: looking for a translation costs 1.6 ms of every start.
argparse._ = str  # type: ignore[attr-defined]

WIDTH = 79
#: Where the explanations of examples begin.
INDENT = 26


class _Formatter(argparse.HelpFormatter):
    """Knows its width without asking the terminal, which would import shutil (1.5 ms)."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=INDENT, width=WIDTH)


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse would exit, and puts examples first in its help."""

    #: Later versions of Python would colour the help by themselves.
    color = False

    def __init__(self, prog: str, description: str | None = None, **_later: object) -> None:
        super().__init__(
            prog,
            description=description,
            allow_abbrev=False,
            formatter_class=_Formatter,
            add_help=False,
        )
        self._positionals.title = "arguments"
        self.examples: Sequence[tuple[str, str]] = ()
        self.codes: Sequence[int] = ()
        #: Whether the words after `--` are a command, which is not ours to read.
        self.takes_command = False
        #: Changes what argparse says, for a command whose words must not all be repeated.
        self.rephrase: Callable[[str], str] = str

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{self.prog}: {self.rephrase(message)}", f"{self.prog} --help")

    def print_help(self, _file: object = None) -> None:
        """Write the help to stdout."""
        output.text(self.format_help())

    def format_help(self) -> str:
        """Return usage, purpose, examples, arguments, exit codes and environment."""
        usage = self._get_formatter()
        usage.add_usage(None, self._actions, self._mutually_exclusive_groups, "usage: ")
        formatter = self._get_formatter()
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)  # noqa: SLF001 - as argparse does
            formatter.end_section()
        parts = [
            usage.format_help().rstrip(),
            f"{self.description}.",
            _section("examples", self.examples),
            formatter.format_help().rstrip(),
            exit_codes(self.codes) + (f"\n  {self.epilog}" if self.epilog else ""),
            f"environment ({stderr.PROGRAM} --help says more):\n{_names()}",
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def _names() -> str:
    """Return the names of the variables, on as many lines as they take."""
    lines = [""]
    for name in [name for name, _ in ENVIRONMENT if name]:
        if len(lines[-1]) + len(name) + 4 > WIDTH:
            lines.append("")
        lines[-1] += f", {name}" if lines[-1] else f"  {name}"
    return ",\n".join(lines)


def _section(title: str, pairs: Iterable[tuple[str, str]], indent: int = INDENT) -> str:
    lines = []
    for left, right in pairs:
        if len(left) > indent - 4:
            lines += [f"  {left}", f"{'':{indent}}{right}"]
        else:
            lines.append(f"  {left:<{indent - 4}}  {right}")
    return "\n".join(line.rstrip() for line in [f"{title}:", *lines]) if lines else ""


def exit_codes(codes: Iterable[int]) -> str:
    """Return the section about exit codes: these, and those that every command has."""
    known = stderr.ExitCode
    shown = {known.OK, known.USAGE, known.INTERRUPTED, *codes}
    pairs = [(str(code.value), stderr.MEANINGS[code]) for code in known if code in shown]
    return _section("exit codes", pairs, indent=9)


def command_parser(name: str) -> Parser:
    """Return the parser of one command."""
    command = load(name)
    parser = Parser(f"{stderr.PROGRAM} {name}", description=COMMANDS[name])
    return _fill(parser, command)


def _fill(parser: Parser, command: Command) -> Parser:
    parser.examples, parser.codes = command.EXAMPLES, command.CODES
    command.configure(parser)
    parser.add_argument("-h", "--help", action="help", help="show this help")
    return parser


def full_parser() -> Parser:
    """Return the parser of everything, with all commands imported."""
    root = Parser(stderr.PROGRAM, description=PURPOSE)
    root.add_argument("-h", "--help", action="help", help="show this help")
    root.add_argument("--demo", action="store_true", help="the screen over made-up logins")
    root.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    root.add_argument("--refresh-all", action="store_true", help="tui refresh --all, for cron")
    root.add_argument("--version", action="version", version="", help="show the version")
    commands = root.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for name, purpose in COMMANDS.items():
        _fill(commands.add_parser(name, description=purpose, help=purpose), load(name))
    return root


# --- arguments that several commands have -----------------------------------------------------


def profile_name(text: str) -> str:
    """Return the name of a profile. Raises ProfileNameInvalid for what can never be one."""
    from profiles.discovery import NAME

    if NAME.fullmatch(text) is None:
        raise ProfileNameInvalid(os.fsencode(text).decode("utf-8", "replace"))
    return text


def completes(action: argparse.Action, what: Completed) -> None:
    """Note what a shell may complete there."""
    action.completes = what  # type: ignore[attr-defined]


def completed_actions(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[argparse.Action, Completed]]:
    """Yield every argument, also of sub-commands, that a shell may complete, and by what."""
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to look
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                yield from completed_actions(each)
        elif hasattr(action, "completes"):
            yield action, action.completes


def add_name(
    parser: Parser,
    *,
    nargs: Literal["?"] | None = None,
    kind: Callable[[str], str] = profile_name,
    metavar: str = "NAME",
    explanation: str = "a profile, as tui list shows it",
) -> None:
    """Add the argument that names a profile there is."""
    action = parser.add_argument("name", metavar=metavar, nargs=nargs, type=kind, help=explanation)
    completes(action, "profiles")


def add_new_name(parser: Parser, dest: str, metavar: str = "NAME") -> None:
    """Add the argument that names a profile which there is not yet."""
    parser.add_argument(dest, metavar=metavar, type=profile_name, help="the name that it gets")


def add_json(parser: argparse._ActionsContainer) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


# --- the help of everything ---------------------------------------------------------------------

PURPOSE = "Every Codex login of yours, on one screen. Switch with one key"

_EXAMPLES = (
    ("tui", "open the screen"),
    ("tui list", "see all profiles"),
    ("tui switch work", "the next codex that you start is this account"),
    ("tui undo", "and back"),
    ("tui login work --device-code", "another login; no other is revoked by it"),
)

ENVIRONMENT = (
    ("CODEX_HOME", "the active home; if unset or empty: ~/.codex"),
    ("SWITCHYARD_HOME", "puts config, data, state and cache below one folder"),
    ("XDG_CONFIG_HOME", "and XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME:"),
    ("", "where these four are otherwise"),
    ("SWITCHYARD_ISSUER", "where to log in; https://auth.openai.com otherwise"),
    ("SWITCHYARD_CHATGPT_BASE_URL", "where usage is asked for, unless chatgpt_base_url in"),
    ("", "the home's config.toml names another address"),
    ("NO_COLOR", "no colours, if not empty"),
    ("SWITCHYARD_DEBUG", "1 shows where an unexpected error came from"),
)

_OPTIONS = (
    ("-h, --help", "show this help; tui COMMAND --help shows more"),
    ("--demo", "the screen over made-up logins; nothing real is touched"),
    ("--no-mouse", "the screen leaves the mouse to the terminal, which then selects"),
    ("--refresh-all", "the same as tui refresh --all, for cron"),
    ("--version", "show the version"),
)


def usage_lines() -> list[str]:
    """Return the short usage: what `tui` prints where it cannot open the screen."""
    return [
        f"usage: {stderr.PROGRAM} [COMMAND ...]",
        "",
        f"{stderr.PROGRAM} alone opens the screen, and needs a terminal for that.",
        "",
        _section("commands", COMMANDS.items(), indent=14),
        "",
        f"{stderr.PROGRAM} --help shows more.",
    ]


def root_help() -> str:
    """Return the help of `tui --help`."""
    parts = [
        f"usage: {stderr.PROGRAM} [COMMAND ...]",
        f"{PURPOSE}.",
        _section("examples", _EXAMPLES),
        _section("commands", COMMANDS.items(), indent=14),
        _section("options", _OPTIONS, indent=14),
        exit_codes(stderr.ExitCode),
        _section("environment", ENVIRONMENT, indent=22),
    ]
    return "\n\n".join(parts) + "\n"
