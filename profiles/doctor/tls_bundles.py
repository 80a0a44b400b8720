"""The files whose certificates Codex trusts: there, readable, whole, not over; and who set the variable."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.network_variables import source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.certificates import Certificate
    from profiles.doctor.finding import Mend
    from profiles.doctor.machine import Machine
    from profiles.doctor.network_ladder import Climb
    from profiles.oauth.variables import Variable, Variables

ADDED, FILE, FOLDER = "CODEX_CA_CERTIFICATE", "SSL_CERT_FILE", "SSL_CERT_DIR"
#: No bundle of public authorities is as small as this.
_FEW = 5
_MOST = 8 << 20
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_DOTENV = re.compile(r"^\s*(?:export\s+)?CODEX_CA_CERTIFICATE\s*=\s*\S", re.MULTILINE)


class Looked(NamedTuple):
    """A file or folder of certificates: why Codex cannot use it (`problem`), how many there are (`number`)."""

    problem: str = ""
    certificates: tuple[Certificate, ...] = ()
    number: int = 0

    def told(self, path: str) -> str:
        """Say it in one line."""
        if self.problem:
            return f"{path} {self.problem}"
        noun = "certificate" if self.number == 1 else "certificates"
        names = ", ".join(each.subject.text for each in self.certificates[:3])
        named = f" ({names})" if 0 < self.number <= 3 and names else ""
        return f"{path}: {self.number} {noun}{named}"


def look_at_file(machine: Machine, path: str) -> Looked:
    """Look at a PEM file as Codex takes one (C149)."""
    from profiles.doctor.certificates import read_bundle
    from profiles.files import read_regular

    try:
        raw = read_regular(path)[:_MOST]
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            return Looked("does not exist")
        if isinstance(error, IsADirectoryError):
            return Looked("is a folder, not a file")
        return Looked(f"cannot be read: {os.strerror(error.errno or 0)}")
    bundle = read_bundle(raw)
    found = tuple(bundle.certificates)
    if bundle.broken:
        return Looked(
            f"holds a certificate that is broken (of {len(found) + bundle.broken})", found
        )
    if not found:
        return Looked("is empty" if not raw.strip() else "holds no certificate in PEM form")
    now = machine.context.now()
    if all(each.ends < now for each in found):
        from profiles.doctor.certificates import day

        last = max(each.ends for each in found)
        return Looked(f"holds only certificates that are over (the last since {day(last)})", found)
    return Looked("", found, len(found))


def look_at_folders(value: str) -> Looked:
    """Look at folders of certificates under the names of their hashes."""
    number = 0
    there = False
    for folder in value.split(os.pathsep):
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        there = True
        number += sum(1 for name in names if _HASHED.fullmatch(name))
    if not there:
        return Looked("is no folder")
    if number == 0:
        return Looked("holds no certificate under its hash (c_rehash makes these names)")
    return Looked("", (), number)


def trust(machine: Machine) -> list[Finding]:
    """Say whom Codex trusts, where that is not the system alone."""
    variables = _variables(machine)
    lines = []
    for name in (FILE, FOLDER, ADDED):
        variable = variables.find(name)
        if variable is None:
            continue
        looked = _looked(machine, variable)
        whole = _replaces_system(variables)
        place = "in the place of the system's" if whole else "in the place of the system's folder"
        how = "beside them" if name == ADDED else place
        lines.append(f"{looked.told(_path(machine, variable))}, {how}: {_told(machine, variable)}")
    if not lines:
        return []
    replaced = variables.find(FILE, FOLDER) or variables.find(FOLDER)
    title = (
        "Codex trusts other certificates than the system's"
        if replaced
        else "Codex trusts a certificate beside the system's"
    )
    return [
        Finding(
            "tls.trust", INFO, title, "\n".join(lines), "Every connection of Codex's goes by these."
        )
    ]


def added(machine: Machine) -> list[Finding]:
    """Find a CODEX_CA_CERTIFICATE that cannot be used."""
    variable = _variables(machine).find(ADDED)
    if variable is None:
        return []
    looked = _looked(machine, variable)
    if not looked.problem:
        return []
    over = bool(looked.certificates) and "over" in looked.problem
    return [
        Finding(
            "tls.codex_ca",
            WARNING if over else ERROR,
            f"{ADDED}: the file {_short(looked.problem)}",
            f"{looked.told(_path(machine, variable))}\n{_told(machine, variable)}",
            "It vouches for nobody any more."
            if over
            else "Codex ends before it sends anything: no login, no refresh, no turn.",
            *_cure(machine, variable, "tls.codex_ca"),
        )
    ]


def stale(machine: Machine) -> list[Finding]:
    """Find certificates that replace the system's and should not."""
    variables = _variables(machine)
    file, folder = variables.find(FILE), variables.find(FOLDER)
    mine = variables.find(ADDED)
    if file is not None and (mine is None or _looked(machine, mine).problem):
        looked = _looked(machine, file)
        if looked.problem:
            return [_unusable(machine, file, looked)]
    culprit = file or folder
    if culprit is None:
        return []
    unfit = _unfit(machine, culprit)
    if unfit or culprit.name == FILE or mine is not None:
        return unfit
    looked = _looked(machine, culprit)
    return [_passed_over(machine, culprit, looked)] if looked.problem else []


def _unusable(machine: Machine, variable: Variable, looked: Looked) -> Finding:
    return Finding(
        "tls.stale_ca",
        ERROR,
        f"{variable.name}: the file {_short(looked.problem)}",
        _evidence(machine, variable),
        "It stands in the place of the system's certificates, so nobody is trusted: logins and refreshes end with "
        '"error sending request", or with "Failed to read CA certificate file".',
        *_cure(machine, variable, "tls.stale_ca"),
    )


def _passed_over(machine: Machine, variable: Variable, looked: Looked) -> Finding:
    return Finding(
        "tls.stale_ca",
        WARNING,
        f"{variable.name}: the folder {_short(looked.problem)}",
        _evidence(machine, variable),
        "It stands in the place of the system's folder of certificates. Codex still has the system's file; "
        "Switchyard "
        "and other programs may trust nobody.",
        *_cure(machine, variable, "tls.stale_ca"),
    )


def _unfit(machine: Machine, variable: Variable) -> list[Finding]:
    """Find certificates that can be used and do not vouch for the service, or will hardly do so."""
    variables = _variables(machine)
    given = [each for name in (FILE, FOLDER, ADDED) if (each := variables.find(name)) is not None]
    fallen: tuple[Climb, ...] = ()
    proved = False
    if not machine.offline:
        from profiles.doctor.network_ladder import TLS, climbed

        ladder = climbed(machine)
        fallen = tuple(ladder.of("tls.stale_ca"))
        proved = bool(ladder.over(TLS))
    evidence = "\n".join(_evidence(machine, each) for each in given)
    if fallen:
        return [
            Finding(
                "tls.stale_ca",
                ERROR,
                f"{variable.name} does not vouch for the service",
                "\n".join([evidence, *dict.fromkeys(climb.steps for climb in fallen)]),
                "It stands in the place of the system's certificates, with which the service would be trusted.",
                *_cure(machine, variable, "tls.stale_ca"),
            )
        ]
    number = sum(_looked(machine, each).number for each in given)
    if proved or number > _FEW or not _replaces_system(variables):
        return []
    fix, mend = _cure(machine, variable, "tls.stale_ca")
    if len(given) == 1:
        fix, mend = f"{fix}; export {ADDED}={_quoted(variable.value)}", None
    return [
        Finding(
            "tls.stale_ca",
            WARNING,
            f"Codex trusts {number} certificate{'s' * (number != 1)} in all, not the system's",
            evidence,
            f"{variable.name} stands in the place of all of the system's certificates; whoever is not vouched for by "
            "these is not trusted.",
            fix,
            mend,
        )
    ]


def _replaces_system(variables: Variables) -> bool:
    """Whether none of the system's certificates counts: as `network_certificates.replaces_system`, without ssl."""
    if variables.find(FILE) is not None:
        return True
    return variables.find(FOLDER) is not None and variables.find(ADDED) is not None


def _evidence(machine: Machine, variable: Variable) -> str:
    looked = _looked(machine, variable)
    return f"{looked.told(_path(machine, variable))}\n{_told(machine, variable)}"


def both(machine: Machine) -> list[Finding]:
    """Say what counts where both are set."""
    variables = _variables(machine)
    mine, other = variables.find(ADDED), variables.find(FILE)
    if mine is None or other is None:
        return []
    looked = _looked(machine, other)
    said = (
        f"Codex does not complain of {FILE}, yet the system's certificates stay replaced: it trusts {ADDED} alone"
        if looked.problem
        else "both are trusted, and the system's certificates are not"
    )
    return [
        Finding(
            "tls.both",
            INFO,
            f"{ADDED} and {FILE} are both set",
            f"{_evidence(machine, mine)}\n{_evidence(machine, other)}",
            f"{ADDED} must be a file that can be used. {said}.",
        )
    ]


def dotenv(machine: Machine) -> list[Finding]:
    """Find a CODEX_CA_CERTIFICATE in the `.env`, where Codex does not look at it."""
    from profiles.oauth.variables import variables_file

    path = variables_file(machine.context)
    text = None if path is None else machine.text(path)
    found = _DOTENV.search(text or "")
    if path is None or text is None or found is None or _variables(machine).find(ADDED) is not None:
        return []
    line = text.count("\n", 0, found.end()) + 1
    return [
        Finding(
            "tls.dotenv",
            WARNING,
            f"{ADDED} in the .env is passed over",
            f"{path}:{line}",
            "Codex takes no variable that begins with CODEX_ from its .env, so this certificate is not trusted.",
            f"export {ADDED}=… in ~/.profile, and take it out of {machine.short(path)}",
        )
    ]


def others(machine: Machine) -> list[Finding]:
    """Name variables that other programs mind, and Codex does not."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    variables = _variables(machine)
    found = [each for name in names if (each := variables.find(name)) is not None]
    if not found:
        return []
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return [
        Finding(
            "tls.requests_bundle",
            INFO,
            f"{found[0].name}{more}: not used by Codex",
            "\n".join(f"{_told(machine, each)}: {_path(machine, each)}" for each in found),
            f"Python, curl and Node look at these; what Codex is to trust beside the system's is {ADDED}.",
        )
    ]


def _variables(machine: Machine) -> Variables:
    from profiles.oauth.variables import variables_of

    return machine.once("network variables", lambda: variables_of(machine.context))


def _looked(machine: Machine, variable: Variable) -> Looked:
    def look() -> Looked:
        if variable.name == FOLDER:
            return look_at_folders(variable.value)
        return look_at_file(machine, variable.value)

    return machine.once(f"certificates {variable.name}", look)


def _path(_machine: Machine, variable: Variable) -> str:
    shown = "".join(sign for sign in variable.value if sign.isprintable())
    return shown if len(shown) <= 200 else f"{shown[:199]}…"


def _told(machine: Machine, variable: Variable) -> str:
    return source(machine, variable.name, variable.where, variable.value).told


def _cure(machine: Machine, variable: Variable, id_: str) -> tuple[str, Mend | None]:
    """Return a finding's fix and mend: the variable goes."""
    named = source(machine, variable.name, variable.where, variable.value)
    return named.removal, named.mend(machine, id_)


def _short(problem: str) -> str:
    return problem.partition(" (")[0]


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
