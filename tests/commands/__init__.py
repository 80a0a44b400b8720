"""The headless commands, each run as a program of its own."""
