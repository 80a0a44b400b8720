"""What a running program's command line says: is it a Codex, and what was it asked to do.

The names, sub-commands and options over all versions of Codex stand here and nowhere else
(profiles/CODEX.md).
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: Names of the client itself: npm's launcher, the native program, and its parts as own programs.
_NAMES = ("codex", "codex.js", "codex-exec", "codex-tui", "codex-app-server", "codex-mcp-server")
#: The native program as released, `codex-x86_64-unknown-linux-musl`, and as the IDEs bundle it.
_RELEASED = ("codex-x86_64-", "codex-aarch64-", "codex-arm64-")
#: What runs npm's launcher, or a script that somebody put before the client.
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh")
_INTERPRETERS = ("node", "nodejs", "bun", "python", "perl", "ruby", *_SHELLS)
#: Options of interpreters after which no script file follows.
_NO_SCRIPT = ("-c", "-e", "-m", "-p", "--eval", "--print")
#: Started under one of these names, or with `--codex-run-as-…`, the client is another one's tool.
_TOOL_NAMES = ("apply_patch", "applypatch", "codex-linux-sandbox")
_TOOL_OPTION = "--codex-run-as-"


def _table(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Options before the sub-command that take a value in the next word.
_VALUED = _table(
    "-c --config --enable --disable --remote --remote-auth-token-env -i --image -m --model"
    " --local-provider -p --profile -s --sandbox -C --cd --add-dir -a --ask-for-approval"
)
_SHORT = {"e": "exec", "a": "apply"}
#: Sub-commands over all versions; any other first word is a prompt for the screen.
_SUBCOMMANDS = _table(
    "agents exec review login logout mcp mcp-server plugin app-server remote-control completion"
    " update doctor sandbox debug apply resume queue archive delete migrate-rollouts migrate-nfs-db"
    " unarchive fork cloud exec-server features execpolicy help"
)
#: Those that neither use, refresh nor change a login.
_WITHOUT_LOGIN = _table("completion update doctor sandbox features execpolicy help")
_APP_SERVER_TOOLS = _table("daemon proxy generate-ts generate-json-schema pid-update-loop help")

_HELP = _table("--help -h")

#: The labels that `profiles.processes` tells apart.
SCREENS = frozenset({"codex", "codex agents", "codex resume", "codex fork"})
LOGIN = "codex login"


class Words(NamedTuple):
    """What a command line says: a label without arguments, and whether an interpreter runs it."""

    label: str
    daemon: bool
    wrapper: bool


def read_words(line: Sequence[str], program: str | None) -> Words | None:
    """Return what a command line says if it is a Codex that may use a login, else None."""
    if not any(line):
        # A zombie, or a program that is just being started: its words are not there yet.
        return None
    name, arguments, wrapper = base_name(line[0]), line[1:], False
    if name in _TOOL_NAMES or (arguments and arguments[0].startswith(_TOOL_OPTION)):
        return None
    if not is_name(name):
        script = _script(name, arguments)
        if script is not None:
            name, arguments, wrapper = base_name(arguments[script]), arguments[script + 1 :], True
        elif not is_name(base_name(program)):
            return None
    part = name.removeprefix("codex-")
    if part in _SUBCOMMANDS:
        arguments = [part, *arguments]
    return _label(arguments, wrapper=wrapper)


def _script(name: str, arguments: Sequence[str]) -> int | None:
    """Return the position of the script that an interpreter runs, if that script is a Codex."""
    if name.rstrip("0123456789.") not in _INTERPRETERS:
        return None
    for position, word in enumerate(arguments):
        if word in _NO_SCRIPT:
            return None
        if not word.startswith("-"):
            return position if is_name(base_name(word)) else None
    return None


def _label(arguments: Sequence[str], *, wrapper: bool) -> Words | None:
    """Return the short name of what Codex was asked to do; None if that needs no login."""
    subcommand, rest = _subcommand(arguments)
    if subcommand is None:
        return None if _asks_about_itself(arguments) else Words("codex", False, wrapper)
    if subcommand in _WITHOUT_LOGIN or (subcommand == "login" and "status" in rest):
        return None
    if not _HELP.isdisjoint(_options(rest)):
        # Before it starts a daemon, Codex asks the copy for `app-server --managed-daemon --help`.
        return None
    daemon = False
    if subcommand == "app-server":
        if not _APP_SERVER_TOOLS.isdisjoint(rest):
            return None
        # Whoever listens on the home's own socket is joined by the next screen, managed or not.
        daemon = not {"--managed-daemon", "unix://", "--listen=unix://"}.isdisjoint(rest)
    return Words(f"codex {subcommand}", daemon, wrapper)


def _subcommand(arguments: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """Return the sub-command and the words after it; None if there is none, or a prompt instead."""
    skip = False
    for position, word in enumerate(arguments):
        if skip:
            skip = False
        elif word in _VALUED:
            skip = True
        elif not word.startswith("-") or word == "--":
            name = _SHORT.get(word, word)
            return (name if name in _SUBCOMMANDS else None), arguments[position + 1 :]
    return None, ()


def _options(words: Sequence[str]) -> Sequence[str]:
    """Return the words that may be options: a prompt after `--` is none."""
    return words[: words.index("--")] if "--" in words else words


def _asks_about_itself(arguments: Sequence[str]) -> bool:
    return arguments[:1] in (["--version"], ["-V"], ["--help"], ["-h"])


def is_name(name: str) -> bool:
    """Tell whether a file of this name is the client."""
    return name in _NAMES or name.startswith(_RELEASED)


def base_name(path: str | None) -> str:
    """Return the last part of a path, nothing for no path."""
    return (path or "").rpartition("/")[2]
