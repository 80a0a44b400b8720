"""`tui switch`: make a profile's login the one that codex uses. `tui undo` ends with the same words."""

from __future__ import annotations

from profiles.errors import UsageError
from tui import output, stderr
from tui.parser import add_json, add_name, profile_name
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Literal

    from profiles.context import Context
    from profiles.model import Override, Process
    from profiles.switching import SwitchPlan, SwitchResult
    from tui.parser import Parser

    #: What became of the daemon, as `daemon` in JSON.
    Fate = Literal["restarted", "left", "none"]

EXAMPLES = (
    ("tui switch work", "the next codex that you start is this account"),
    ("tui switch -", "the one before"),
    ("tui switch", "of two profiles, the other"),
    ("tui switch --best", "the one with the most usage left, asked now"),
    ("tui switch work --dry-run", "what would be done"),
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
    add_name(
        parser,
        nargs="?",
        kind=_name_or_dash,
        explanation="a profile, as tui list shows it; - is the one before",
    )
    parser.add_argument(
        "--best",
        action="store_true",
        help="of the logins that work, the one with most left in its tightest window",
    )
    configure_switching(parser)


def _name_or_dash(text: str) -> str:
    return text if text == "-" else profile_name(text)


def configure_switching(parser: Parser) -> None:
    """Add what `switch` and `undo` have in common."""
    how = parser.add_argument_group("how")
    how.add_argument("--dry-run", action="store_true", help="print the plan, change nothing")
    how.add_argument(
        "--anyway",
        action="store_true",
        help="despite a refusal that says so; saving what is there is never skipped",
    )
    daemon = parser.add_argument_group(
        "Codex's app-server daemon",
        "It stays on the old login, and every new codex joins it. Without a word from you it is "
        "restarted when nobody is attached to it.",
    ).add_mutually_exclusive_group()
    daemon.add_argument(
        "--restart-daemon",
        dest="daemon",
        action="store_const",
        const="restart",
        help="restart it, also when a screen is attached",
    )
    daemon.add_argument(
        "--leave-daemon", dest="daemon", action="store_const", const="leave", help="leave it alone"
    )
    add_json(parser.add_argument_group("output"))


def run(options: Namespace, context: Context) -> int:
    """Switch, or print the plan."""
    from profiles import switching
    from profiles.verifying import verified_switch

    if options.best and options.name is not None:
        raise UsageError("--best takes no NAME: it finds one", "tui switch --best")
    config = wanted_of_daemon(options, context)
    if options.best:
        from tui.usage_asking import best_profile

        name = best_profile(context)
    elif options.name is None:
        name = switching.the_other_profile(context)
    elif options.name == "-":
        name = switching.previous_profile(context)
    else:
        name = options.name
    if options.dry_run:
        return show_plan(
            options, context, config, switching.plan_switch(context, name, anyway=options.anyway)
        )
    result = verified_switch(context, name, anyway=options.anyway)
    return finish(options, context, config, result)


def wanted_of_daemon(options: Namespace, context: Context) -> str | None:
    """Return what config.toml says about the daemon, where no flag does.

    Read before anything is changed, so that a config.toml that makes no sense stops the switch
    before it begins, and not in its midst. Raises ConfigError.
    """
    if options.daemon is not None:
        return None
    from profiles.config import load_config

    return load_config(context).daemon


def show_plan(options: Namespace, context: Context, config: str | None, plan: SwitchPlan) -> int:
    """Print a plan. Raises what would stop it."""
    if plan.refusal is not None:
        raise plan.refusal
    fate: Fate = "none"
    if plan.changed or options.daemon is not None:
        from profiles import daemon

        status = daemon.find(context.home, plan.still_running)
        chosen = daemon.decide(status, options.daemon, config, interactive=False)
        fate = "restarted" if chosen == "restart" else "none" if chosen == "none" else "left"
    if options.json:
        output.document(
            {
                "from": plan.before,
                "to": plan.to,
                "changed": plan.changed,
                "written_back": None,
                "adopted": None,
                "still_running": [output.process_object(each) for each in plan.still_running],
                "daemon": fate,
                "overridden_by": output.override_objects(plan.overridden_by),
            }
        )
        return ExitCode.OK
    output.lines(plan.steps)
    if fate == "restarted":
        output.lines(["restart Codex's app-server daemon"])
    _say_overridden(plan.overridden_by)
    stderr.say("Nothing was changed.")
    return ExitCode.OK


def finish(options: Namespace, context: Context, config: str | None, result: SwitchResult) -> int:
    """Deal with the daemon and say what was done."""
    if not options.json:
        before = f" (before: {result.before})" if result.before not in (None, result.to) else ""
        was = "is now the active login" if result.changed else "was the active login already"
        stderr.say(f"{result.to} {was}{before}.")
    for sentence in result.said:
        stderr.note(sentence)
    fate, running = _after(options, context, config, result)
    if options.json:
        output.document(
            {
                "from": result.before,
                "to": result.to,
                "changed": result.changed,
                "written_back": result.written_back,
                "adopted": result.adopted,
                "still_running": [output.process_object(each) for each in running],
                "daemon": fate,
                "overridden_by": output.override_objects(result.overridden_by),
            }
        )
        return ExitCode.OK
    others = [each for each in running if not each.daemon]
    if others:
        names = ", ".join(f"{each.command} (process {each.pid})" for each in others)
        stderr.note(f"still the old login until restarted: {names}")
    _say_overridden(result.overridden_by)
    return ExitCode.OK


def _after(
    options: Namespace, context: Context, config: str | None, result: SwitchResult
) -> tuple[Fate, Sequence[Process]]:
    """Restart or leave the daemon; return what became of it and what still runs as before."""
    running = result.still_running
    if not result.changed and options.daemon is None:
        return ("left" if any(each.daemon for each in running) else "none"), running
    from profiles import daemon
    from profiles.errors import CodexFailed

    status = daemon.find(context.home, running)
    chosen = daemon.decide(status, options.daemon, config, interactive=False)
    if status is None or chosen == "none":
        return "none", running
    if chosen == "restart":
        try:
            daemon.restart(context.home, context.environ, status)
        except CodexFailed as error:
            # The switch itself is done and stays done.
            stderr.note(f"{error.message}; {error.hint}")
            return "left", running
        stderr.say("Codex's app-server daemon was restarted.")
        return "restarted", [each for each in running if each.pid != status.pid]
    stderr.note(
        f"Codex's app-server daemon (process {status.pid}) stays on the old login, and a new "
        f"codex joins it; run: {daemon.command_line(context.home)}"
    )
    return "left", running


def _say_overridden(overrides: Sequence[Override]) -> None:
    for override in overrides:
        stderr.note(f"{override.name} ({override.where}) beats the active login")
