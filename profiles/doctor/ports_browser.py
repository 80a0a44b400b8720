"""Whether a browser can be opened from here."""

from __future__ import annotations

from profiles.doctor.finding import INFO, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine

#: What opens a page by itself, and what needs a display.
_OPENERS = ("wslview", "termux-open-url")
_OPENERS_ON_DISPLAY = ("xdg-open", "gio", "x-www-browser", "sensible-browser", "firefox")
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def find_no_browser(machine: Machine) -> list[Finding] | None:
    """Find that no browser can be opened; None where the system always can, as macOS."""
    from profiles.doctor.ssh_session import find_session
    from profiles.wsl import is_wsl, powershell

    if not machine.platform.startswith("linux"):
        return None
    environ = machine.environ
    if environ.get("BROWSER"):
        return []
    display = next((name for name in _DISPLAYS if environ.get(name)), None)
    wsl = is_wsl(environ, machine.root)
    opener = next((name for name in _OPENERS if machine.which(name)), None)
    if opener is None and display:
        opener = next((name for name in _OPENERS_ON_DISPLAY if machine.which(name)), None)
    session = find_session(machine)
    opens = opener is not None or (wsl and powershell(environ, machine.root) is not None)
    if opens and (session is None or display):
        return []
    needs = "" if display else " that works without a display"
    missing = [
        "BROWSER is not set",
        f"{display} is set" if display else "neither DISPLAY nor WAYLAND_DISPLAY is set",
        f"{opener} is on PATH" if opener else f"no opener{needs} is on PATH",
    ]
    if session is not None:
        missing.append(session.words)
    fix = "open the address that the login shows in any browser of yours"
    if wsl and session is None:
        fix = "sudo apt install wslu && export BROWSER=wslview"
    return [
        Finding(
            "browser.none",
            INFO,
            "No browser can be opened from here",
            "; ".join(missing),
            "A login does not fail by that: it shows its address and waits. Over SSH the callback needs a tunnel; "
            "a device code needs neither.",
            fix,
        )
    ]
