"""How long people wait, measured side by side with what cannot be undercut. By hand.

    python -m tests.bench              # all, about two minutes on two cores
    python -m tests.bench --rounds 51  # more rounds, for a noisy machine
    pytest -m bench -s                 # the same; fails when an aim is missed

It needs no network. What is measured is a copy of this tree, compiled, in a venv of its own.
"""
