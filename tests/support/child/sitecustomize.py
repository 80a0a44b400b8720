"""Puts the guard into every Python that a test starts: `run_tui` sets PYTHONPATH to this folder.

Python imports a module of this name by itself, before anything of the program runs.
"""

from __future__ import annotations

import os

from tests.support.guard import Forbidden, install

_forbidden = Forbidden.from_environ(os.environ)
if _forbidden is not None:
    install(_forbidden, child=True)
