"""`tui doctor`: why a login does not work, with the evidence and one step that mends it."""

from __future__ import annotations

from profiles.errors import MendRefused, UsageError
from tui import __version__, output, stderr
from tui.parser import add_json
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.doctor.catalogue import Explanation
    from profiles.doctor.finding import Finding, Mend
    from tui.parser import Parser

EXAMPLES = (
    ("tui doctor", "what is wrong, why, and what mends it"),
    ("tui doctor --offline", "the same, sending nothing"),
    ("tui doctor --fix file.mode", "shows the change, asks, makes it"),
    ("tui doctor --explain port.busy", "what an id means"),
    ("tui doctor --report", "what can be pasted into an issue"),
)
CODES = (ExitCode.FAILED,)
#: How each level stands in a terminal; its word says the same.
STYLES = {"error": "red", "warning": "yellow", "unknown": "dim", "info": "", "ok": "green"}


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_json(parser.add_argument_group("output"))
    parser.add_argument(
        "--report", action="store_true", help="as text for an issue tracker, without names"
    )
    parser.add_argument("--offline", action="store_true", help="send nothing")
    parser.add_argument("--fix", metavar="ID", help="mend a finding: shows the change, and asks")
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
    parser.add_argument(
        "--explain",
        metavar="ID",
        nargs="?",
        const="",
        help="say what is looked at, or why it cannot be",
    )


def run(options: Namespace, context: Context) -> int:
    """Look at everything, or explain, or mend one finding."""
    _check(options)
    if options.explain is not None:
        return _explain(options.explain, as_json=options.json)
    if options.fix is not None:
        return _fix(options, context)
    from profiles.doctor.examining import examine
    from profiles.doctor.machine import Machine

    findings = examine(Machine(context, offline=options.offline))
    if options.json:
        output.document({"findings": [_object(each) for each in findings]})
    elif options.report:
        from profiles.doctor.report import report

        output.text(report(findings, context, __version__))
    else:
        _show(findings, offline=options.offline)
    return ExitCode.FAILED if any(each.level == "error" for each in findings) else ExitCode.OK


def _check(options: Namespace) -> None:
    """Refuse words that do not go together: none of them is dropped in silence."""
    if options.yes and options.fix is None:
        raise UsageError("--yes goes with --fix", "tui doctor --fix ID --yes")
    modes = [("--fix", options.fix is not None), ("--explain", options.explain is not None)]
    modes += [("--report", options.report)]
    given = [name for name, is_given in modes if is_given]
    if options.json and options.report:
        given.append("--json")
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} do not go together", "tui doctor --help")


def _object(finding: Finding) -> output.Json:
    """Return a finding in the contract's form: what there is nothing to say about is null."""
    return {
        "id": finding.id,
        "level": finding.level,
        "title": finding.title,
        "evidence": finding.evidence or None,
        "why": finding.why or None,
        "fix": finding.fix or None,
    }


def _show(findings: Sequence[Finding], *, offline: bool) -> None:
    """Print what is not fine, the worst first, and count the rest."""
    told = [each for each in findings if each.level != "ok"]
    for number, each in enumerate(told):
        if number:
            output.text("\n")
        output.paragraph(each.level, f"{each.title}  [{each.id}]", STYLES[each.level])
        for line in each.evidence.split("\n"):
            output.paragraph("", line)
        output.paragraph("", each.why)
        output.paragraph("fix", each.fix, whole=True)
        if each.mend is not None:
            output.paragraph("or", f"tui doctor --fix {each.id}", whole=True)
    counts = [(level, sum(each.level == level for each in told)) for level in STYLES]
    words = [_count(number, level) for level, number in counts if number]
    fine = len(findings) - len(told)
    before = "Nothing is wrong" if not {"error", "warning"} & {each.level for each in told} else ""
    sentence = ", ".join([*([before] if before else []), *words, f"{fine} checks are fine"])
    if offline:
        sentence += "; the network was not looked at (--offline)"
    if told:
        output.text("\n")
    output.text(f"{sentence}.\n")


def _count(number: int, level: str) -> str:
    if level in ("error", "warning"):
        return f"{number} {level}{'' if number == 1 else 's'}"
    return f"{number} {'not seen' if level == 'unknown' else 'worth knowing'}"


# --- explaining -----------------------------------------------------------------------------------


def _explain(id_: str, *, as_json: bool) -> int:
    from profiles.doctor.catalogue import catalogue

    explanations = catalogue()
    if id_:
        explanations = [each for each in explanations if each.id == id_]
        if not explanations:
            raise _no_such_id(id_)
    if as_json:
        output.document({"explanations": [each._asdict() for each in explanations]})
        return ExitCode.OK
    if id_:
        (each,) = explanations
        output.paragraph(each.id, _words(each), width=22)
        return ExitCode.OK
    for subject in dict.fromkeys(each.subject for each in explanations):
        _list(subject, [each for each in explanations if each.seen and each.subject == subject])
    _list("what cannot be seen from here", [each for each in explanations if not each.seen])
    return ExitCode.OK


def _list(heading: str, explanations: Sequence[Explanation]) -> None:
    output.text(f"{heading}\n")
    for each in explanations:
        output.paragraph(f"  {each.id}", each.text, width=22)
    output.text("\n")


def _words(explanation: Explanation) -> str:
    return (
        explanation.text if explanation.seen else f"(cannot be seen from here) {explanation.text}"
    )


def _unseen(id_: str) -> MendRefused | None:
    """Return the refusal for an id that no check can see."""
    from profiles.doctor.catalogue import catalogue

    if all(each.id != id_ for each in catalogue()):
        return None
    return MendRefused(f"{id_} cannot be seen from here", f"tui doctor --explain {id_}")


def _no_such_id(id_: str) -> UsageError:
    from difflib import get_close_matches

    from profiles.doctor.catalogue import catalogue

    near = get_close_matches(id_.lower(), [each.id for each in catalogue()], 1, 0.5)
    suggestion = f"did you mean {near[0]}? " if near else ""
    return UsageError(f"the doctor knows no {id_[:40]!r}", f"{suggestion}tui doctor --explain")


# --- mending --------------------------------------------------------------------------------------


def _fix(options: Namespace, context: Context) -> int:
    from profiles.doctor.examining import all_checks, examine
    from profiles.doctor.machine import Machine

    checks = [each for each in all_checks() if options.fix in each.fine]
    if not checks:
        raise _unseen(options.fix) or _no_such_id(options.fix)
    found = [
        each
        for each in examine(Machine(context, offline=options.offline), checks)
        if each.id == options.fix and each.level != "ok"
    ]
    mends = [each.mend for each in found if each.mend is not None]
    if not mends:
        return _unmended(options, found)
    for mend in mends:
        stderr.say(f"{mend.title}:")
        stderr.verbatim(*(f"  {line}" for line in mend.changes))
    if not options.yes and not stderr.ask("Do it?"):
        if stderr.can_ask():
            stderr.say("nothing was changed")
            return ExitCode.FAILED
        raise MendRefused("nothing was changed", f"tui doctor --fix {options.fix} --yes")
    done = [_apply(mend) for mend in mends]
    if options.json:
        output.document({"fixed": done})
    return ExitCode.OK


def _unmended(options: Namespace, found: Sequence[Finding]) -> int:
    if not found:
        if options.json:
            output.document({"fixed": []})
        stderr.say(f"{options.fix}: there is nothing to mend")
        return ExitCode.OK
    first = found[0]
    raise MendRefused(
        f"{first.title}: that is not ours to change ({first.evidence})".replace("\n", "; "),
        first.fix or f"tui doctor --explain {first.id}",
    )


def _apply(mend: Mend) -> output.Json:
    done = mend.apply()
    for sentence in done.said:
        stderr.say(sentence)
    stderr.say(f"done: {mend.title}")
    if done.undo is not None:
        stderr.verbatim(f"to take it back: {done.undo}")
    return {"changes": list(mend.changes), "undo": done.undo}
