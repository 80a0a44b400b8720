"""How long people wait, measured side by side with what cannot be undercut. By hand.

    python -m tests.bench              # all, about ten minutes on two cores
    python -m tests.bench --only screen  # bytes, milliseconds, memory of the screen beside a table
    python -m tests.bench --rounds 51  # more rounds, for a noisy machine
    pytest -m bench -s                 # the same; fails when an aim is missed

It needs no network. What is measured is a copy of this tree, compiled, in a venv of its own.
"""
