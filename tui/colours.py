"""Which colours: dark, light, ansi (the terminal's own sixteen) or mono (none at all).

A palette names a handful of roles. State is never said by a colour alone, so mono loses nothing.
Nothing here imports Textual: the first picture is drawn before that is there.
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Look(NamedTuple):
    """What was chosen: the theme's name, and whether colours are sent as they are, or not at all."""

    theme: str
    ansi: bool
    mono: bool


def choose(wanted: str, environ: Mapping[str, str]) -> Look:
    """Return the look for config.toml's `theme` and this terminal. A set NO_COLOR always wins."""
    if environ.get("NO_COLOR") or wanted == "mono":
        return Look("switchyard-mono", ansi=True, mono=True)
    if wanted == "auto":
        wanted = _by_terminal(environ)
    return Look(f"switchyard-{wanted}", ansi=wanted == "ansi", mono=False)


def _by_terminal(environ: Mapping[str, str]) -> str:
    term = environ.get("TERM", "")
    many = "256" in term or environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    if not many and term in ("xterm", "linux", "vt100", "screen", "ansi", "cygwin"):
        # Sixteen colours: the terminal's own are chosen to be read, ours would be rounded.
        return "ansi"
    # rxvt, konsole and others say which of their sixteen colours the ground is.
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if ground in ("7", "15") else "dark"


DARK = {
    "ground": "#11151a",
    "raised": "#1a2028",
    "text": "#d5dbe3",
    "muted": "#8390a2",
    "line": "#333d4a",
    "accent": "#7fb4e8",
    "cursor": "#24384f",
    "cursor-blurred": "#1e2630",
    "good": "#7fc99a",
    "warn": "#e3b964",
    "bad": "#ee8579",
}
LIGHT = {
    "ground": "#fbfbfa",
    "raised": "#efeff0",
    "text": "#22272e",
    "muted": "#636c78",
    "line": "#c6cbd2",
    "accent": "#1f5fa6",
    "cursor": "#d3e3f6",
    "cursor-blurred": "#e8eaed",
    "good": "#1d7a43",
    "warn": "#8a5a00",
    "bad": "#b3261e",
}
PLAIN = dict.fromkeys(DARK, "ansi_default")
ANSI = {
    **PLAIN,
    "accent": "ansi_blue",
    "good": "ansi_green",
    "warn": "ansi_yellow",
    "bad": "ansi_red",
}

PALETTES: dict[str, Mapping[str, str]] = {
    "switchyard-dark": DARK,
    "switchyard-light": LIGHT,
    "switchyard-ansi": ANSI,
    "switchyard-mono": PLAIN,
}
