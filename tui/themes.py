"""The colours: dark, light, ansi (the terminal's own sixteen) and mono (none at all).

A theme names a handful of roles; `app.tcss` says where each goes. State is never said by a colour
alone, so mono loses nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.theme import BUILTIN_THEMES, Theme

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


def _theme(name: str, *, dark: bool, colours: Mapping[str, str], ansi: bool = False) -> Theme:
    ground = colours["ground"]
    return Theme(
        name=f"switchyard-{name}",
        primary=colours["accent"],
        secondary=colours["accent"],
        accent=colours["accent"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["good"],
        foreground=colours["text"],
        background=ground,
        surface=colours["raised"],
        panel=colours["raised"],
        boost=colours["raised"],
        dark=dark,
        ansi=ansi,
        variables={
            # Textual's own widgets need what only its own ansi theme defines.
            **(BUILTIN_THEMES["ansi-dark"].variables if ansi else {}),
            **{f"sy-{role}": colour for role, colour in colours.items()},
        },
    )


_DARK = {
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
_LIGHT = {
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
_PLAIN = dict.fromkeys(_DARK, "ansi_default")
_ANSI = {
    **_PLAIN,
    "accent": "ansi_blue",
    "good": "ansi_green",
    "warn": "ansi_yellow",
    "bad": "ansi_red",
}


def themes() -> tuple[Theme, ...]:
    """Return the four themes."""
    return (
        _theme("dark", dark=True, colours=_DARK),
        _theme("light", dark=False, colours=_LIGHT),
        _theme("ansi", dark=True, colours=_ANSI, ansi=True),
        _theme("mono", dark=True, colours=_PLAIN, ansi=True),
    )


def variables() -> dict[str, str]:
    """Return the roles' colours while none of our themes is chosen yet."""
    return {f"sy-{role}": colour for role, colour in _DARK.items()}
