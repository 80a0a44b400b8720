"""What the doctor found, for an issue tracker: no secret, and nothing by which a person is known."""

from __future__ import annotations

import os
import platform

from profiles.doctor.finding import OK
from profiles.doctor.redaction import without_people

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.context import Context
    from profiles.doctor.finding import Finding


def report(findings: Sequence[Finding], context: Context, version: str) -> str:
    """Return the findings as Markdown; home folders, names, addresses and account ids are shortened.

    `version` is ours. What is fine is named by its id alone.
    """
    lines = [
        "### tui doctor",
        "",
        f"Switchyard {version}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
        "",
    ]
    for each in findings:
        if each.level == OK:
            continue
        lines.append(f"- **{each.level}** `{each.id}`: {each.title}")
        for label in ("evidence", "why", "fix"):
            first, *rest = getattr(each, label).split("\n")
            if first:
                lines.append(f"  - {label}: {first}")
                lines += [f"    {line}" for line in rest]
    fine = [f"`{each.id}`" for each in findings if each.level == OK]
    lines += ["", f"Fine: {', '.join(dict.fromkeys(fine)) or 'nothing'}"]
    text = "\n".join(lines)
    return (
        without_people(text, context.user_home, context.environ.get("USER", _user(context))) + "\n"
    )


def _user(context: Context) -> str:
    """Return the person's name on this machine, as the last part of their home."""
    return os.path.basename(context.user_home.rstrip("/"))
