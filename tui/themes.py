"""The palettes of `tui.colours` as Textual's themes; `app.tcss` says where each role goes."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from tui.colours import DARK, PALETTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def _theme(name: str, colours: Mapping[str, str]) -> Theme:
    ground = colours["ground"]
    ansi = ground.startswith("ansi")
    return Theme(
        name=name,
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
        dark=not name.endswith("-light"),
        ansi=ansi,
        variables={
            # Textual's own widgets need what only its own ansi theme defines.
            **(BUILTIN_THEMES["ansi-dark"].variables if ansi else {}),
            **{f"sy-{role}": colour for role, colour in colours.items()},
        },
    )


def themes() -> tuple[Theme, ...]:
    """Return the four themes."""
    return tuple(_theme(name, colours) for name, colours in PALETTES.items())


def variables() -> dict[str, str]:
    """Return the roles' colours while none of our themes is chosen yet."""
    return {f"sy-{role}": colour for role, colour in DARK.items()}
