"""The front ends over `profiles`: the headless commands, and the screen."""

from __future__ import annotations

#: The version of the distribution; a test holds it equal to pyproject.toml's.
__version__ = "0.1.0"
