"""A doctor whose findings are always the same, for pictures."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING, Finding, Mend, Mended
from tui.screens.doctor import DoctorScreen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.screen.stage import Stage

MEND = Mend(
    "make ~/.codex/auth.json private",
    ("chmod 0600 ~/.codex/auth.json  (it is 0644)",),
    lambda: Mended((), "chmod 0644 ~/.codex/auth.json"),
)
FOUND = (
    Finding(
        "env.access_token",
        ERROR,
        "CODEX_ACCESS_TOKEN beats every login",
        "CODEX_ACCESS_TOKEN: JWT, 812 characters, of ada@example.com, ended 3d ago\n"
        "set by ~/.bashrc:12",
        "Everything but a plain API key run takes it before auth.json: a login succeeds, the next start asks again.",
        "unset CODEX_ACCESS_TOKEN",
    ),
    Finding(
        "file.mode",
        WARNING,
        "Others may read the active login",
        "~/.codex/auth.json has mode 0644; 0600 is right",
        "Whoever reads it can use the account.",
        "chmod 600 ~/.codex/auth.json",
        MEND,
    ),
    Finding("wsl.version", UNKNOWN, "Could not be looked at", "no answer within 5 s"),
    Finding(
        "browser.none",
        INFO,
        "No browser can be opened from here",
        "neither DISPLAY nor WAYLAND_DISPLAY is set",
        "A login does not fail by that: it shows its address and waits.",
    ),
)
FINE = {
    "env.api_key": "CODEX_API_KEY is set nowhere",
    "port.busy": "1455 and 1457 are free for the callback of a login",
    "net.dns": "both hosts have an address by DNS",
    "clock": "the clock is right",
}


async def show_doctor(stage: Stage, *keys: str, ill: bool = True) -> None:
    """Open it, let it look, and press keys; where nobody is `ill` all is well."""
    checks = (Check({}, lambda _machine: FOUND if ill else ()), Check(FINE, lambda _machine: ()))
    await stage.app.push_screen(DoctorScreen(stage.app, checks))
    await stage.shows("fine")
    await stage.settle()
    await stage.press(*keys)
