"""`tui undo`: take the last switch of this home back; `tui undo` again makes it again."""

from __future__ import annotations

from tui.commands.switch import configure_switching, finish, show_plan, wanted_of_daemon
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ("tui undo", "take the last switch back"),
    ("tui undo --dry-run", "what would be done"),
)
CODES = (
    ExitCode.FAILED,
    ExitCode.NO_SUCH_PROFILE,
    ExitCode.LOGIN_NEEDED,
    ExitCode.UNREACHABLE,
    ExitCode.LOCKED,
)


def configure(parser: Parser) -> None:
    """Add the arguments."""
    configure_switching(parser)


def run(options: Namespace, context: Context) -> int:
    """Switch back, or print the plan."""
    from profiles import switching
    from profiles.verifying import verified_undo

    config = wanted_of_daemon(options, context)
    if options.dry_run:
        name = switching.previous_profile(context)
        plan = switching.plan_switch(context, name, anyway=options.anyway)
        return show_plan(options, context, config, plan)
    return finish(options, context, config, verified_undo(context, anyway=options.anyway))
