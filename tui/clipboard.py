"""The clipboard of the terminal, also over SSH and inside tmux or screen: by tmux itself where it runs, else by OSC 52.

Nobody answers, and some terminals do not listen. So it is said that the text was sent, never that it was copied.
"""

from __future__ import annotations

import os
from base64 import b64encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Said after a copy; what was copied comes before it.
SENT = "sent to the terminal's clipboard"
SENT_TO_TMUX = "sent to tmux and the terminal's clipboard"
#: The same where only tmux's own settings know what becomes of it.
SENT_BY_TMUX = "sent by OSC 52: tmux passes it on only with set-clipboard on"
#: Seconds that tmux may take.
_PATIENCE = 2.0


def give_to_tmux(text: str, environ: Mapping[str, str]) -> bool:
    """Let the tmux around us take `text` and pass it on to its terminal; False where it cannot. Takes a moment.

    As tmux is set up by default it ignores what programs send, but not its own `load-buffer -w` (3.2 and later; an
    older one refuses it). The text goes in on standard input: a command line could be read by others.
    """
    if not environ.get("TMUX"):
        return False
    from shutil import which

    program = which("tmux", path=environ.get("PATH", os.defpath))
    if program is None:
        return False
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603, RUF100
            [program, "load-buffer", "-w", "-"],
            input=text.encode("utf-8", "backslashreplace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def sent_words(environ: Mapping[str, str]) -> str:
    """Return what is said after OSC 52 was sent in these surroundings."""
    return SENT_BY_TMUX if environ.get("TMUX") else SENT


def copy_sequence(text: str, environ: Mapping[str, str]) -> str:
    """Return what a terminal is sent to put `text` into its clipboard.

    tmux takes it itself with `set-clipboard on`, and passes it on with `allow-passthrough on`: either will do,
    and where both are on the second changes nothing. screen only passes it on.
    """
    encoded = b64encode(text.encode("utf-8", "backslashreplace")).decode("ascii")
    plain = f"\x1b]52;c;{encoded}\x07"
    if environ.get("TMUX"):
        doubled = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{doubled}\x1b\\"
    if environ.get("STY"):
        # screen takes no more than this at once.
        parts = [plain[at : at + 252] for at in range(0, len(plain), 252)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return plain
