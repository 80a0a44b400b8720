"""The parts of the screen, one a file. They draw what they are given and decide nothing."""

from __future__ import annotations
