"""`tui completion`: a static script for a shell. On TAB it runs nothing but `tui list --names`."""

from __future__ import annotations

from tui import output
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ('eval "$(tui completion bash)"', "in ~/.bashrc"),
    ('eval "$(tui completion zsh)"', "in ~/.zshrc, after compinit"),
    ("tui completion fish > ~/.config/fish/completions/tui.fish", ""),
)
CODES = ()
SHELLS = ("bash", "zsh", "fish")

#: The one thing that is run on TAB.
_NAMES = "tui list --names 2>/dev/null"
#: How each shell completes the name of a profile, in shtab's form.
PROFILES = {
    "bash": "_switchyard_profiles",
    "zsh": "_switchyard_profiles",
    "fish": f"({_NAMES})",
    "preamble": {
        "bash": f'_switchyard_profiles() {{ compgen -W "$({_NAMES})" -- "$1"; }}',
        # A function, because what stands in the specification itself is run when it is loaded.
        "zsh": f'_switchyard_profiles() {{ compadd -- ${{(f)"$({_NAMES})"}}; }}',
    },
}
#: The other name of the same command.
ALSO = {
    "bash": "complete -o bashdefault -F _shtab_tui codex-switchyard",
    "zsh": "compdef codex-switchyard=tui 2>/dev/null",
    "fish": "complete -c codex-switchyard -w tui",
}


def configure(parser: Parser) -> None:
    """Add the arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def run(options: Namespace, context: Context) -> int:
    """Print the script."""
    del context
    output.text(script(options.shell))
    return ExitCode.OK


def script(shell: str) -> str:
    """Return the script for a shell, which also completes the other name of the command."""
    import shtab

    from tui.parser import completed_actions, full_parser

    parser = full_parser()
    for action, what in completed_actions(parser):
        action.complete = PROFILES if what == "profiles" else shtab.DIRECTORY  # type: ignore[attr-defined]
    return f"{shtab.complete(parser, shell).rstrip()}\n{ALSO[shell]}\n"
