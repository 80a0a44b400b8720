r"""A machine to be examined: real files, processes and sockets where Linux can, folders and scripts for the rest.

patient = Patient(box)
patient.set(CODEX_ACCESS_TOKEN="…")
patient.put("/etc/environment", "A=1\n")          # below the root that stands before system paths
patient.program("powershell.exe", "print('…')")    # first on PATH
(finding,) = patient.found("environment", "env.access_token")
"""

from __future__ import annotations

import importlib
import os

from profiles.context import make_context
from profiles.doctor.examining import examine
from profiles.doctor.finding import OK, Finding
from profiles.doctor.machine import Machine
from tests.support.fake_codex import script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict, Unpack

    from tests.conftest import Box

    class Options(TypedDict, total=False):
        """What `Machine` takes besides the context."""

        offline: bool
        root: str
        proc: str | None
        platform: str
        limit: float


class Patient:
    """One machine. Nothing of the real one is seen but /proc (unless `proc` is given) and the programs of /usr/bin."""

    def __init__(self, box: Box, **machine: Unpack[Options]) -> None:
        self.box = box
        self.root = f"{box.path}/root"
        self.bin = f"{box.path}/bin"
        self.work = f"{box.home}/work"
        for folder in (f"{self.root}/etc", self.bin, self.work):
            os.makedirs(folder, exist_ok=True)
        self.environ = dict(os.environ) | {"PATH": f"{self.bin}:/usr/bin:/bin"}
        self.options: Options = {"root": self.root, "proc": "/proc", "platform": "linux"}
        self.options |= machine
        self.context: dict[str, Any] = {}

    def set(self, **variables: str | None) -> None:
        """Set or, by None, unset variables of the environment."""
        for name, value in variables.items():
            self.environ.pop(name, None)
            if value is not None:
                self.environ[name] = value

    def put(self, path: str, text: str | bytes, mode: int = 0o644) -> str:
        """Write a file below the root, the kernel's own below `proc`; return where it really lies."""
        real = self.machine().path(path)
        os.makedirs(os.path.dirname(real), exist_ok=True)
        with open(real, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(real, mode)
        return real

    def write(self, name: str, text: str, mode: int = 0o644) -> str:
        """Write a file below the person's home; return its path."""
        path = f"{self.box.home}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def program(self, name: str, text: str) -> str:
        """Put a Python program first on PATH."""
        return script(self.bin, text, name)

    def machine(self, **changes: Unpack[Options]) -> Machine:
        """Return the machine as it is now."""
        context = make_context(self.environ)._replace(**self.context)
        options: Options = {**self.options, **changes}
        return Machine(context, folder=self.work, **options)

    def findings(self, *subjects: str, **changes: Unpack[Options]) -> list[Finding]:
        """Examine it for some subjects (all of them, when none is named)."""
        names = [f"profiles.doctor.{subject}" for subject in subjects]
        checks = [check for name in names for check in importlib.import_module(name).CHECKS]
        return examine(self.machine(**changes), checks if subjects else None)

    def found(self, subject: str, *ids: str, **changes: Unpack[Options]) -> list[Finding]:
        """Return what is wrong: the findings of these ids (of all, when none is named) that are not "ok"."""
        return [
            each
            for each in self.findings(subject, **changes)
            if each.level != OK and (not ids or each.id in ids)
        ]

    def mend(self, finding: Finding) -> str:
        """Do the finding's mend; return the line that takes it back."""
        assert finding.mend is not None, finding
        assert finding.mend.changes
        done = finding.mend.apply()
        assert done.undo
        return done.undo
