"""Usage: asked for as Codex asks, each login once, a few at a time, and remembered."""
