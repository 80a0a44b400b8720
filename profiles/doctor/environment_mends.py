"""The mend of a line that sets a variable: commented out, in every file of the person that has one."""

from __future__ import annotations

import os
import re

from profiles.doctor.environment_places import BEATING
from profiles.doctor.finding import Mend, Mended
from profiles.doctor.mending import rewrite
from profiles.doctor.redaction import without_secrets
from profiles.errors import ProfilesError
from profiles.files import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.environment_places import Place
    from profiles.doctor.machine import Machine

#: What is put behind a line that was commented out.
REMARK = "  # commented out by switchyard"
#: Variables whose value is a credential, whatever it looks like.
_CREDENTIALS = (*BEATING, "OPENAI_API_KEY")


def can_mend(place: Place) -> bool:
    """Tell whether a place is a line of a file that we may write, and that a sign before it takes away."""
    return (
        place.path is not None
        and place.hit is not None
        and place.hit.mark is not None
        and not place.ignored
        and os.access(place.path, os.W_OK)
    )


def comment_out(
    machine: Machine, id_: str, places: Iterable[Place], *, among: Iterable[Place] = ()
) -> Mend | None:
    """Return the mend that comments out all lines that can be; None when there is none of these.

    All files are changed, or none: what was done is taken back when one of them cannot be written. What of `places` and
    of `among` (others that set it, too) is left to be done by hand is said afterwards.
    """
    places = list(places)
    changes: list[str] = []
    mended: list[Place] = []
    pairs = []
    for path, lines in _by_file(places).items():
        try:
            before = read_regular(os.path.realpath(path))
        except OSError:
            continue
        after, shown = _without(before, lines)
        changes += shown
        mended += lines
        pairs.append(
            (
                rewrite(machine.context, id_, path, before, after, changes=tuple(shown)),
                rewrite(machine.context, id_, path, after, before, changes=tuple(shown)),
            )
        )
    if not pairs:
        return None

    def apply() -> Mended:
        done: list[Mended] = []
        for there, _back in pairs:
            try:
                done.append(there.apply())
            except ProfilesError:
                for _there, back in pairs[: len(done)]:
                    back.apply()
                raise
        said = [line for each in done for line in each.said]
        said += _said_of(machine, mended, [*places, *among])
        undo = " && ".join(each.undo for each in done if each.undo)
        return Mended(tuple(said), undo)

    names = ", ".join(place.where for place in mended)
    return Mend(f"comment out {names}", tuple(changes), apply)


def _by_file(places: Iterable[Place]) -> dict[str, list[Place]]:
    """Return the places that can be mended, by file."""
    by_file: dict[str, list[Place]] = {}
    for place in places:
        if place.path is not None and can_mend(place):
            by_file.setdefault(place.path, []).append(place)
    return by_file


def _said_of(machine: Machine, mended: Iterable[Place], places: Iterable[Place]) -> list[str]:
    """Return what a person must know when lines were commented out: each only where it is so."""
    mended = list(mended)
    said = []
    if any(_shows_secret(place) for place in mended):
        said.append("the value still stands in the comment and in that copy: remove it there, too")
    said += _left(places, mended)
    if any(machine.environ.get(place.name, "").strip() for place in mended):
        said.append("open a new terminal: this one has the variable still")
    return said


def _shows_secret(place: Place) -> bool:
    """Tell whether a credential stands in the line itself: no path, no address, and nothing that a command computes."""
    hit = place.hit
    if hit is None:
        return False
    if hit.value is not None and place.name in _CREDENTIALS:
        return True
    written = [each.reveal() for each in (hit.value, hit.text) if each is not None]
    return any(text != without_secrets(text) or "?" in text for text in written)


def _left(places: Iterable[Place], mended: Iterable[Place]) -> list[str]:
    """Return what is left to do, a line for each place that sets the variable still."""
    done = {place.where for place in mended}
    lines = []
    for place in places:
        if place.where in done or place.ignored:
            continue
        by_hand = place.path is not None and place.hit is not None and place.hit.mark is None
        step = place.remove if place.remove and not by_hand else "edit it by hand"
        lines.append(f"{place.where} sets it still: {step}")
    return list(dict.fromkeys(lines))


def _without(before: bytes, places: Iterable[Place]) -> tuple[bytes, list[str]]:
    """Return a file's bytes with the lines commented out, and what people are shown of that: no value."""
    lines = before.split(b"\n")
    shown = []
    for place in places:
        if place.hit is None or place.hit.mark is None or place.line is None:
            continue
        old = lines[place.line - 1]
        end = b"\r" if old.endswith(b"\r") else b""
        mark, text = place.hit.mark.encode(), old.removesuffix(b"\r")
        lines[place.line - 1] = mark + text + REMARK.encode() + end
        told = _hidden(text.decode("utf-8", "replace"), place.name)
        shown += [f"- {place.where}: {told}", f"+ {place.where}: {place.hit.mark}{told}{REMARK}"]
    return b"\n".join(lines), shown


def _hidden(line: str, name: str) -> str:
    """Return a line up to the name, with `…` for the value."""
    found = re.match(rf"(.*?\b{name})(\s*[+:]?=\s*|\s+(?:DEFAULT|OVERRIDE)=|\s+)", line, re.DOTALL)
    return f"{found[1]}{found[2]}…" if found else "…"
