"""Tests that run the unmodified Codex client, each version that we promise to get along with."""
