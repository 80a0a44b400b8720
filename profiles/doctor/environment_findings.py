"""The findings about credentials in variables: what they beat, whose they are, which lines set them."""

from __future__ import annotations

from profiles.doctor.environment_mends import comment_out
from profiles.doctor.environment_places import Place, Search, removals, search
from profiles.doctor.environment_stale import inherited_from
from profiles.doctor.environment_tokens import (
    AGENT,
    PERSONAL,
    Credential,
    read_credential,
)
from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING, Finding
from profiles.doctor.redaction import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from profiles.doctor.machine import Machine

TOKEN, KEY = "CODEX_ACCESS_TOKEN", "CODEX_API_KEY"
OPENAI_KEY, BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"


def places_of(machine: Machine, name: str) -> list[Place]:
    """Return where a variable is set to something."""
    return [each for each in search(machine).places if each.name == name and not each.is_empty]


def steps(name: str, places: Sequence[Place], *, is_set: bool) -> str:
    """Return the line that takes a variable away, everywhere: in files, in programs, in this terminal."""
    counted = [place for place in places if not place.ignored or not is_set]
    found = removals(counted)
    by_hand = [each for each in found if each.startswith("in an elevated")]
    lines = [each for each in found if each not in by_hand]
    if is_set or not found:
        lines.append(f"unset {name}")
    return "; then ".join(["; ".join(lines), *by_hand] if lines else by_hand)


def where_lines(machine: Machine, name: str, places: Sequence[Place], *, is_set: bool) -> list[str]:
    """Return the lines of evidence that say who sets a variable."""
    lines = [f"set by {place.told}" for place in places if not place.ignored]
    lines += [f"{place.where}: {place.ignored}" for place in places if place.ignored]
    if is_set and not lines:
        origin = inherited_from(machine, name)
        lines.append(
            f"set by no file that was looked at; {origin} began with it"
            if origin
            else "set by no file that was looked at: in this terminal itself"
        )
    if is_set and not places and machine.environ.get("SSH_CONNECTION"):
        lines.append("it may have come through SSH, from the machine at the other end (SendEnv)")
    return lines


def access_token(machine: Machine) -> list[Finding]:
    """Find CODEX_ACCESS_TOKEN, which beats auth.json in everything but an exec with CODEX_API_KEY (C140, C142)."""
    found = search(machine)
    places = places_of(machine, TOKEN)
    value = machine.environ.get(TOKEN, "")
    findings = [_of_token(machine, value, places)] if value.strip() else _later(machine, places)
    return [*findings, *_unasked(found)]


def _of_token(machine: Machine, value: str, places: list[Place]) -> Finding:
    credential = read_credential(value, machine.context.now())
    evidence = [
        f"{TOKEN}: {credential.told}",
        *_known_as(machine, value),
        *where_lines(machine, TOKEN, places, is_set=True),
    ]
    why = (
        "Codex 0.169 uses it instead of auth.json in its screen, exec, app-server and login status, so signing in and "
        f"switching change nothing. {_meaning(credential)}"
    )
    if machine.environ.get(KEY, "").strip():
        why += f" In exec {KEY}, which is set too, beats even this."
    return Finding(
        "env.access_token",
        ERROR,
        _title(credential),
        "\n".join(evidence),
        why,
        steps(TOKEN, places, is_set=True),
        comment_out(machine, "env.access_token", places),
    )


def _known_as(machine: Machine, value: str) -> list[str]:
    """Name the profiles that hold the same credential."""
    from profiles.cache import FactCache
    from profiles.discovery import load_shelf

    wanted = f'"{value.strip()}"'
    if len(wanted) < 20:
        return []
    return [
        f"the profile {profile.name} holds the same"
        for profile in load_shelf(machine.context, FactCache(machine.context)).profiles
        if wanted in (machine.text(profile.auth_path) or "")
    ]


def _title(credential: Credential) -> str:
    if credential.kind not in (PERSONAL, AGENT):
        return f"{TOKEN} beats every login, and Codex cannot use it"
    return f"{'An expired ' if credential.expired else ''}{TOKEN} beats every login"


def _meaning(credential: Credential) -> str:
    if credential.kind == PERSONAL:
        return "Whoever made that token is who works, whichever login is active."
    if credential.kind == AGENT and credential.expired:
        return "Its time is over: the service refuses it, and every start asks for a login again."
    if credential.kind == AGENT:
        return (
            "Where its runtime was deleted, the service answers 403 deleted_agent_runtime_id, and every start asks for "
            "a login again."
        )
    return (
        "Codex takes a personal access token (at-…) or an agent identity there, and this is neither: every start fails "
        "with “failed to decode agent identity JWT”."
    )


def _later(machine: Machine, places: list[Place]) -> list[Finding]:
    return _not_here(machine, "env.access_token", TOKEN, places, "beats every login")


def _not_here(
    machine: Machine, id_: str, name: str, places: list[Place], effect: str
) -> list[Finding]:
    """Find places of a credential that this terminal does not have: a new one will, or other programs do."""
    if not places:
        return []
    counted = [place for place in places if not place.ignored]
    biting = [place for place in counted if place.bites]
    if not counted:
        title = f"{name} in .env does nothing"
        why = "Codex ignores names that begin with CODEX_ there."
    elif biting:
        title = f"A new terminal or program will have {name}"
        why = f"It is not set here, but what is started next has it, and there it {effect}."
    else:
        title = f"{name} is set for some programs alone"
        why = f"Terminals do not have it; in those programs it {effect}."
    return [
        Finding(
            id_,
            WARNING if biting else INFO,
            title,
            "\n".join([name, *where_lines(machine, name, places, is_set=False)]),
            why,
            steps(name, places, is_set=False),
            comment_out(machine, id_, biting, among=counted),
        )
    ]


def _unasked(found: Search) -> list[Finding]:
    return [
        Finding(
            "env.access_token",
            UNKNOWN,
            f"The variables of {who} could not be looked at",
            f"{who}: {why}",
            "A variable that is set there is not seen.",
        )
        for who, why in found.unasked
    ]


def api_key(machine: Machine) -> list[Finding]:
    """Find CODEX_API_KEY, which beats all in exec and is ignored elsewhere (C141, C142)."""
    places = places_of(machine, KEY)
    value = machine.environ.get(KEY, "")
    if not value.strip():
        effect = "makes codex exec work as whoever owns the key"
        return _not_here(machine, "env.api_key", KEY, places, effect)
    why = (
        "codex exec works as whoever owns this key, and bills it, whichever login is active; the screen, app-server "
        "and login status do not look at it."
    )
    if machine.environ.get(TOKEN, "").strip():
        why += f" It beats {TOKEN}, too."
    lines = [
        f"{KEY}: {described(value.strip())}",
        *_known_as(machine, value),
        *where_lines(machine, KEY, places, is_set=True),
    ]
    return [
        Finding(
            "env.api_key",
            WARNING,
            f"{KEY} beats every login in codex exec",
            "\n".join(lines),
            why,
            steps(KEY, places, is_set=True),
            comment_out(machine, "env.api_key", places),
        )
    ]


def openai_api_key(machine: Machine) -> list[Finding]:
    """Find OPENAI_API_KEY: harmless for Codex (C141), unless it holds the token of a ChatGPT login."""
    now = machine.context.now()
    places = places_of(machine, OPENAI_KEY)
    value = machine.environ.get(OPENAI_KEY, "").strip()
    wrong = [place for place in places if _holds_token(place)]
    holds = value.startswith("eyJ")
    if not value and not places:
        return []
    lines = where_lines(machine, OPENAI_KEY, places, is_set=bool(value))
    if not holds and not wrong:
        told = described(value) if value else "not set here"
        why = (
            "Codex 0.169 does not use it for its own provider: only a provider of config.toml that names it as env_key "
            "does, and other programs."
        )
        title = f"{OPENAI_KEY} is set; Codex does not use it"
        evidence = "\n".join([f"{OPENAI_KEY}: {told}", *lines])
        return [Finding("env.openai_api_key", INFO, title, evidence, why)]
    told = read_credential(value, now).told if value else "not set here"
    shown = [f"{OPENAI_KEY}: {told}", *lines]
    shown += [f"{place.where} reads it out of auth.json" for place in wrong if _reads_login(place)]
    culprits = wrong or places
    fix = steps(OPENAI_KEY, culprits, is_set=bool(value))
    title = f"{OPENAI_KEY} holds the token of a ChatGPT login"
    why = (
        "Codex does not use it, and every other program gets the token: it belongs into no variable. As an API key it "
        "is refused, and it ends with the login's next refresh."
    )
    not_key = (
        "The API asks for scopes that the token of a login does not have: Missing scopes: api.responses.write, "
        "model.request. A key is made at platform.openai.com and billed apart."
    )
    evidence = "\n".join(shown)
    mend = comment_out(machine, "env.openai_api_key", culprits)
    again = comment_out(machine, "token.not_api_key", culprits)
    return [
        Finding("env.openai_api_key", WARNING, title, evidence, why, fix, mend),
        Finding(
            "token.not_api_key",
            WARNING,
            "A ChatGPT token is no API key",
            evidence,
            not_key,
            fix,
            again,
        ),
    ]


def _holds_token(place: Place) -> bool:
    value = place.hit.value if place.hit is not None else None
    literal = value is not None and value.reveal().strip().startswith("eyJ")
    return literal or _reads_login(place)


def _reads_login(place: Place) -> bool:
    return place.hit is not None and place.hit.reads_login


def base_url(machine: Machine) -> list[Finding]:
    """Find OPENAI_BASE_URL, which 0.169 does not read (C141)."""
    places = places_of(machine, BASE_URL)
    value = machine.environ.get(BASE_URL, "").strip()
    if not value and not places:
        return []
    lines = where_lines(machine, BASE_URL, places, is_set=bool(value))
    told = "set here" if value else "not set here"
    why = "Codex 0.169 does not read it; openai_base_url in config.toml is what it reads. Other programs may use it."
    title = f"{BASE_URL} is set; Codex does not read it"
    return [
        Finding("env.base_url", INFO, title, "\n".join([f"{BASE_URL}: {told}", *lines]), why),
    ]
