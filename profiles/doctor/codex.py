"""The clients: which are on PATH, what their versions do to a login, what runs as whom, what Codex's doctor says."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.codex_clients import OF_WINDOWS, clients
from profiles.doctor.finding import INFO, UNKNOWN, WARNING, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.codex_clients import Client
    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "codex.missing": "Whether a codex is on PATH at all.",
    "codex.several": (
        "Which clients are on PATH (npm, Homebrew, standalone, an editor's), and whether their versions differ: one "
        "rewrites what another wrote, and which one runs depends on the shell."
    ),
    "codex.version": (
        "What the version of the first client on PATH does to a login: before 0.169 a switch in the midst of its "
        "refresh mixes two logins, before 0.163 it sends tokens from memory."
    ),
    "codex.running": (
        "Which Codexes run, with which home, and whose login each has: the daemon is asked over its socket, the others "
        "are known by when they began."
    ),
    "daemon.old": (
        "Whether the app-server daemon of a home still has another login than auth.json, asked over its socket: each "
        "new codex joins the daemon, so a switch or a login seems to have no effect. Of the other Codexes that run, "
        "token.other_account warns."
    ),
    "codex.doctor": (
        "What codex doctor --json of the first client on PATH calls wrong, beyond what is named better here. It sends "
        "requests of its own, so --offline leaves it out."
    ),
}
UNSEEN: dict[str, str] = {}

#: From these versions on a login is treated better (C75, C101, C150 in profiles/CODEX.md).
_FILE_SAFE = (0, 169)
_LOOKS_FIRST = (0, 163)
_REVOKES = (0, 140)


def _clients(machine: Machine) -> list[Finding]:
    found = clients(machine)
    if not found:
        return [
            Finding(
                "codex.missing",
                INFO,
                "No codex is on PATH",
                f"PATH has {len(machine.environ.get('PATH', '').split(':'))} folders, and none has a codex",
                "Logins can be kept, refreshed and switched without it.",
                "npm install -g @openai/codex",
            )
        ]
    if found[0].kind == OF_WINDOWS:
        return [_windows_first(found)]
    return [*_several([each for each in found if each.kind != OF_WINDOWS]), *_version(found[0])]


def _windows_first(found: list[Client]) -> Finding:
    own = next((each.path for each in found if each.kind != OF_WINDOWS), None)
    return Finding(
        "codex.several",
        WARNING,
        "The first codex on PATH is that of Windows",
        "\n".join(f"{each.path} ({each.kind})" for each in found),
        "It uses the home of Windows, not the one of this Linux: logins made here have no effect on it.",
        "npm install -g @openai/codex"
        if own is None
        else f'export PATH="{own.rpartition("/")[0]}:$PATH"',
    )


def _several(found: list[Client]) -> list[Finding]:
    versions = {each.version for each in found}
    if len(versions) < 2:
        return []
    oldest = min(found, key=lambda each: each.numbers or (0, 0))
    lines = [
        f"{each.path}: {each.version or 'version not told'} ({each.kind})"
        + (f", which is {each.real}" if each.real != each.path else "")
        for each in found
    ]
    return [
        Finding(
            "codex.several",
            WARNING,
            f"{len(found)} clients of different versions are on PATH",
            "\n".join(lines),
            "The first is what this shell runs; an editor or another shell may run the other. The older one drops from "
            "auth.json what it does not know, and may not know a setting of the newer one.",
            oldest.removal,
        )
    ]


def _version(client: Client) -> list[Finding]:
    numbers = client.numbers
    words = f"{client.path}: {client.version or 'version not told'} ({client.kind})"
    if numbers is None:
        return [
            Finding(
                "codex.version",
                UNKNOWN,
                "The version of codex cannot be told",
                words,
                "What it does to a login depends on it.",
                "codex --version",
            )
        ]
    if numbers >= _FILE_SAFE:
        return []
    does = ["A switch in the midst of its refresh leaves two logins mixed in auth.json."]
    if numbers < _LOOKS_FIRST:
        does.append(
            "It sends a token from memory without a look at the file, which may be spent by then."
        )
    if numbers < _REVOKES:
        does.append("Its logout revokes nothing, and it knows no lock and no daemon.")
    return [
        Finding(
            "codex.version",
            WARNING,
            f"Codex {client.version} can mix two logins",
            words,
            " ".join(does),
            client.update,
        )
    ]


def _running(machine: Machine) -> list[Finding]:
    from profiles.doctor.codex_running import find_running

    return find_running(machine)


def _doctor(machine: Machine) -> list[Finding] | None:
    from profiles.doctor.codex_doctor import ask_doctor

    return ask_doctor(machine)


CHECKS: tuple[Check, ...] = (
    Check(
        {
            "codex.missing": "a codex is on PATH",
            "codex.several": "the clients on PATH are of one version",
            "codex.version": "the client's version is kind to a login",
        },
        _clients,
        slow=True,
    ),
    Check(
        {
            "codex.running": "no Codex runs",
            "daemon.old": "no daemon has another login than its home",
        },
        _running,
        slow=True,
    ),
    Check({"codex.doctor": "codex doctor finds nothing more"}, _doctor, sends=True, slow=True),
)
