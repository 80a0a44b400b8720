"""The clipboard of the terminal, also over SSH and inside tmux or screen: OSC 52.

Nobody answers, and some terminals do not listen. So it is said that the text was sent, never that it was copied.
"""

from __future__ import annotations

from base64 import b64encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Said after a copy; what was copied comes before it.
SENT = "sent to terminal clipboard"


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
