"""Every id of the doctor: what is looked at, or why that cannot be seen from here. For `tui doctor --explain`."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from profiles.doctor.examining import SUBJECTS


class Explanation(NamedTuple):
    """`seen` is false for what no check on this machine can see; `text` then says why, and what to do."""

    id: str
    subject: str
    seen: bool
    text: str


def catalogue() -> list[Explanation]:
    """Return all explanations, in the order of a diagnosis."""
    found = []
    for subject in SUBJECTS:
        module = import_module(f"profiles.doctor.{subject}")
        for seen, table in ((True, module.SEEN), (False, module.UNSEEN)):
            found += [Explanation(id_, subject, seen, text) for id_, text in table.items()]
    return found
