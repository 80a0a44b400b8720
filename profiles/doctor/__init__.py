"""The doctor: why a login does not work, with the evidence and one step that mends it.

    finding.py      what is found; a mend, which is shown before it is done
    machine.py      what every check may look at: environment, files, programs, the clock; each can be replaced
    checks.py       what a check is
    examining.py    all checks at once, within five seconds
    catalogue.py    every id: what it looks at, or why it cannot be seen from here
    redaction.py    values are described, never shown
    report.py       what can be pasted into an issue tracker

and a file for each subject: environment, homes, files, store, logins, codex, ports, network, tls, clock, wsl, ide, ssh.
"""
