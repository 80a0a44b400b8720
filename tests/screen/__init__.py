"""Tests of the screen: driven by keys, read as text, and looked at on the disk."""

from __future__ import annotations
