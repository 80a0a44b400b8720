"""Linux inside Windows: nothing of this is looked at elsewhere."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.wsl_system import in_wsl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.doctor.checks import Look
    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine

#: What each id looks at, and what cannot be seen from here, for `tui doctor --explain`.
SEEN: dict[str, str] = {
    "port.excluded": "Asks Windows (netsh.exe) which TCP ports it keeps back. When 1455 and 1457 are both "
    "among them, no login by browser can work there, and nobody is named as the holder.",
    "port.mirrored": "In mirrored networking, and in WSL 1, Windows and Linux share their ports: tries to "
    "take 1455 and 1457 for a moment without listening, and asks Windows who has one that nobody here has.",
    "wsl.callback": "Windows's browser calls 127.0.0.1 of Windows. Looks whether WSL hands that on "
    "(localhostForwarding in .wslconfig), and asks PowerShell whether another program has the port there and "
    "takes the callback.",
    "wslrelay.1455": "wslrelay.exe on port 1455 or 1457 of Windows stands for a listener in some Linux. "
    "Looks whether it is one of this distro; if not, a login in another distro has the port.",
    "home.distros": "Asks wsl.exe for the distros of this Windows: each has a home of its own, and a login "
    "in one is none in the others.",
    "wsl.version": "Says which WSL this is: 1 or 2, the distro, the networking mode and who says so. Codex does not "
    "support WSL 1 since 0.115.",
    "wsl.network": "Compares the networking mode that .wslconfig asks for with the one in effect (wslinfo). "
    "Mode none is no network at all.",
    "wsl.interop": "Looks whether Windows programs can be run from this Linux. When not, what only Windows knows is "
    "unknown, which is never ok.",
    "wsl.browser": "Looks whether what should open Windows's browser can: a BROWSER that is not there, Windows's "
    "programs kept out of PATH, or not to be run at all. wslview, of wslu, is made for it.",
    "wsl.env": "Looks which variables that matter for a login Windows hands over (WSLENV): no start-up file "
    "of this Linux says where those are set.",
    "wsl.homes": "Looks at the Codex homes on the drives of Windows, and whether their login is this one, "
    "newer or older: a login that two sides refresh ends on one of them.",
    "wsl.exit": "Lets Windows's curl.exe send the token endpoint a request without any account, which is "
    "answered by 400. When Windows gets 400 and this Linux 403 (net.403), the two leave by different addresses.",
}
UNSEEN: dict[str, str] = {
    "wsl.loopback": "A firewall or antivirus on Windows that cuts 127.0.0.1, and defects of mirrored "
    "networking by which a connection hangs, show only when a browser calls. The sign: it says refused or "
    "waits, while nothing else is found. Log in by tui login NAME --device-code, or paste the address at "
    "which the browser ends.",
}


def _in_wsl(module: str, name: str) -> Look:
    """Return the look of another file, which is imported in WSL alone."""

    def look(machine: Machine) -> Iterable[Finding] | None:
        if not in_wsl(machine):
            return None
        from importlib import import_module

        found: Look = getattr(import_module(f"profiles.doctor.{module}"), name)
        return found(machine)

    return look


# Whatever reads a drive of Windows or runs a program is slow.
CHECKS: tuple[Check, ...] = (
    Check(
        {"port.excluded": "Windows keeps no redirect port back"},
        _in_wsl("wsl_ports", "excluded"),
        slow=True,
    ),
    Check(
        {"port.mirrored": "Windows has none of the ports that it shares"},
        _in_wsl("wsl_ports", "mirrored"),
        slow=True,
    ),
    Check(
        {
            "wsl.callback": "Windows's browser reaches a login here",
            "wslrelay.1455": "no other distro has a redirect port",
        },
        _in_wsl("wsl_ports", "callback"),
        slow=True,
    ),
    Check(
        {"wsl.version": "this is WSL 2", "wsl.network": "the networking mode is as asked for"},
        _in_wsl("wsl_setup", "setup"),
        slow=True,
    ),
    Check({"wsl.interop": "Windows programs can be run"}, _in_wsl("wsl_setup", "interop")),
    Check(
        {"wsl.browser": "what opens a browser can be run"},
        _in_wsl("wsl_setup", "browser"),
        slow=True,
    ),
    Check(
        {"wsl.env": "Windows hands over no variable of a login"},
        _in_wsl("wsl_setup", "from_windows"),
    ),
    Check(
        {"home.distros": "this is the only distro"},
        _in_wsl("wsl_setup", "other_distros"),
        slow=True,
    ),
    Check(
        {"wsl.homes": "no login on Windows is a copy of this one"},
        _in_wsl("wsl_homes", "homes"),
        slow=True,
    ),
    Check(
        {"wsl.exit": "Windows reaches the login service"},
        _in_wsl("wsl_exit", "exit_of_windows"),
        sends=True,
        slow=True,
    ),
)
