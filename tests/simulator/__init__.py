"""Tests of the simulator, over its real HTTP surface."""

from __future__ import annotations
