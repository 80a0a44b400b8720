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
}
PREAMBLE = {
    "bash": f'_switchyard_profiles() {{ compgen -W "$({_NAMES})" -- "$1"; }}',
    # A function, because what stands in the specification itself is run when it is loaded.
    "zsh": f'_switchyard_profiles() {{ compadd -- ${{(f)"$({_NAMES})"}}; }}',
}
#: After `--refresh-all` come the options of `tui refresh`, and no command. `{...}` stands for them.
_AFTER_ALL = {
    "bash": """\
_switchyard_tui() {
  if [[ ${COMP_WORDS[1]} == -* && " ${COMP_WORDS[*]:0:COMP_CWORD} " == *" --refresh-all "* ]]; then
    COMPREPLY=()
    [[ ${COMP_WORDS[COMP_CWORD-1]} == --within ]] ||
      COMPREPLY=($(compgen -W "{...}" -- "${COMP_WORDS[COMP_CWORD]}"))
  else
    _shtab_tui "$@"
  fi
}
complete -o bashdefault -F _switchyard_tui tui codex-switchyard
""",
    "zsh": """
functions[_switchyard_commands]=$functions[_shtab_tui]
_shtab_tui() {
  if [[ $words[2] == -* ]] && (( ${words[1,CURRENT-1][(Ie)--refresh-all]} )); then
    _arguments --refresh-all {...}
  else
    _switchyard_commands "$@"
  fi
}""",
    "fish": """\
function _switchyard_refresh_all
  _shtab_tui_scan
  test -z "$_shtab_tui_cmdpath"; and contains -- --refresh-all (commandline -opc)
end
function _shtab_tui_using
  if _switchyard_refresh_all
    return 1
  end
  test "$_shtab_tui_cmdpath" = "$argv"
end
{...}
""",
}
#: The other name of the same command.
ALSO = {
    "bash": "",
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
    after_all = _AFTER_ALL[shell].replace("{...}", _options_of_all(shell))
    preamble = {**PREAMBLE, "zsh": PREAMBLE["zsh"] + after_all} if shell == "zsh" else PREAMBLE
    for action, what in completed_actions(parser):
        action.complete = (  # type: ignore[attr-defined]
            {**PROFILES, "preamble": preamble} if what == "profiles" else shtab.DIRECTORY
        )
    made = f"{shtab.complete(parser, shell).rstrip()}\n"
    return f"{made}{after_all if shell != 'zsh' else ''}{ALSO[shell]}".rstrip() + "\n"


def _options_of_all(shell: str) -> str:
    """Return what may follow `--refresh-all`, as this shell wants it."""
    from tui.parser import command_parser

    parts = []
    for action in command_parser("refresh")._actions:  # noqa: SLF001 - argparse offers no other way to look
        names = [
            name for name in action.option_strings if name.startswith("--") and name != "--all"
        ]
        for name in names:
            has_value, what = action.nargs is None, (action.help or "").partition(";")[0]
            if shell == "bash":
                parts.append(name)
            elif shell == "zsh":
                parts.append(f"'{name}[{what}]{':DURATION:' if has_value else ''}'")
            else:
                value = " -x" if has_value else ""
                parts.append(
                    f"complete -c tui -n _switchyard_refresh_all -l {name[2:]}{value} -d '{what}'"
                )
    return ("\n" if shell == "fish" else " ").join(parts)
