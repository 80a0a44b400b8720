"""Switchyard as it stands on a machine after `pip install`: a venv, compiled bytecode, a script."""

from __future__ import annotations

import compileall
import os
import shutil
import site
import venv
from typing import Final

from tests.support.cli import ROOT

#: What pip writes for an entry point.
_SCRIPT: Final = """\
#!{python}
# -*- coding: utf-8 -*-
import re
import sys
from tui.__main__ import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""


class Installed:
    """A venv below `folder` with the packages of this tree; dependencies come from our own venv."""

    def __init__(self, folder: str) -> None:
        """Make it. Needs neither network nor build tools: the wheel is these two packages."""
        venv.create(folder, symlinks=True)
        self.python = f"{folder}/bin/python"
        self.script = f"{folder}/bin/tui"
        libraries = _libraries(folder)
        for package in ("profiles", "tui"):
            shutil.copytree(
                f"{ROOT}/{package}",
                f"{libraries}/{package}",
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        compileall.compile_dir(libraries, quiet=1)
        with open(f"{libraries}/dependencies.pth", "w", encoding="utf-8") as file:
            file.writelines(f"{path}\n" for path in site.getsitepackages())
        with open(os.open(self.script, os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
            file.write(_SCRIPT.format(python=self.python))


def _libraries(folder: str) -> str:
    names = os.listdir(f"{folder}/lib")
    return next(f"{folder}/lib/{name}/site-packages" for name in names if name[:6] == "python")
