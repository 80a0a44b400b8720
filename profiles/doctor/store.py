"""Settings under which a login in auth.json counts for nothing, is deleted, or goes to somebody else."""

from __future__ import annotations

from profiles.doctor.checks import Check
from profiles.doctor.finding import ERROR, INFO, WARNING, Finding
from profiles.doctor.homes_places import ACTIVE, PROFILE, Place, home_words, own_places, shortened
from profiles.doctor.store_forced import forced
from profiles.doctor.store_layers import (
    SYSTEM,
    Layer,
    layers,
    providers,
    requirements,
    winner,
    with_value,
    without,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from profiles.doctor.machine import Machine

SEEN: dict[str, str] = {
    "store.keyring": "cli_auth_credentials_store in every file of settings that counts: with keyring Codex does not "
    "read auth.json, with auto a keyring entry beats it, and a save deletes it. The keyring itself is never asked.",
    "store.ephemeral": "cli_auth_credentials_store = ephemeral: a login lives in memory only and is gone at the end.",
    "store.managed": "Whether an administrator's files below /etc/codex apply, and what they say about logins.",
    "config.broken": "Whether Codex can load the settings: with a file that it cannot, every command ends at once, and "
    "the app-server starts without any of them.",
    "config.forced": "forced_login_method and forced_chatgpt_workspace_id (and what requirements.toml allows) against "
    "the active login and every profile: a session deletes an auth.json that does not fit.",
    "config.provider": "Whether model_provider names a provider that does not use this login, sends a ChatGPT token to "
    "the API, or is not there at all.",
    "config.base_url": "Whether chatgpt_base_url or openai_base_url send requests, and with them the token, elsewhere.",
}
UNSEEN: dict[str, str] = {
    "store.entry": "Whether the keyring holds an entry is not looked at: asking it opens a dialog on a Mac, and a "
    "stored secret is none of the doctor's business. With cli_auth_credentials_store = keyring or auto, and a login "
    "that comes back after a switch: set it to file, and log in.",
    "store.mdm": "Settings that a Mac gets from its organisation (MDM) cannot be read from here: codex doctor names "
    "them among its sources.",
}
_STORE = "cli_auth_credentials_store"
_BUILT_IN = frozenset({"openai", "ollama", "lmstudio", "amazon-bedrock"})
#: What login settings an administrator's file may hold.
_KEYS = (
    _STORE,
    "forced_login_method",
    "forced_chatgpt_workspace_id",
    "model_provider",
    "chatgpt_base_url",
    "openai_base_url",
    "allowed_login_methods",
    "allowed_chatgpt_workspaces",
)


def _homes(machine: Machine) -> Iterator[tuple[Place, list[Layer]]]:
    """Yield every home with the settings that count there; the active one also while it does not exist."""
    places = own_places(machine)
    if not any(place.role == ACTIVE for place in places):
        places = [Place(machine.home, ACTIVE), *places]
    for place in places:
        if place.role in (ACTIVE, PROFILE):
            found = layers(machine, place.home)
            # What an administrator says is said once, for the active home.
            if place.role == ACTIVE or any(layer.is_home for layer in found):
                yield place, found


def _own(place: Place, layer: Layer) -> bool:
    return place.role == ACTIVE or layer.is_home


def _look_at_store(machine: Machine) -> list[Finding]:
    findings = []
    for place, found in _homes(machine):
        won = winner(found, _STORE)
        if won is not None and won[1] in ("keyring", "auto", "ephemeral") and _own(place, won[0]):
            findings.append(_store(machine, place, won[0], won[1]))
    return findings


def _store(machine: Machine, place: Place, layer: Layer, value: str) -> Finding:
    words, certain = home_words(machine, place), value != "auto"
    if value == "ephemeral":
        title = f"Codex keeps the login of {words} in memory only"
        why = "auth.json is not read, and whoever logs in is asked again at the next start. A switch has no effect."
    elif certain:
        title = f"Codex reads a keyring, not the auth.json of {words}"
        why = "A switch has no effect, and whenever Codex saves a login it deletes auth.json."
    else:
        title = f"A keyring entry would beat the auth.json of {words}"
        why = (
            "With auto the keyring is asked first: an entry there wins over whatever is switched to, and a save that "
            "reaches the keyring deletes auth.json. Whether there is an entry is not looked at."
        )
    return Finding(
        "store.ephemeral" if value == "ephemeral" else "store.keyring",
        ERROR if certain and place.role == ACTIVE else WARNING,
        title,
        f'{layer.where(_STORE)}: {_STORE} = "{value}"',
        why,
        with_value(layer, _STORE, "file"),
    )


def _look_at_config(machine: Machine) -> list[Finding]:
    findings = []
    for place, found in _homes(machine):
        findings += [
            _broken(place, layer)
            for layer in found
            if layer.settings.problem is not None and _own(place, layer)
        ]
    required = requirements(machine)
    if required is not None and required.settings.problem is not None:
        findings.append(_broken(Place(machine.home, ACTIVE), required))
    return findings


def _broken(place: Place, layer: Layer) -> Finding:
    problem = layer.settings.problem or ""
    key = problem.partition(" ")[0]
    if problem.startswith("has a line `profile"):
        fix = without(layer, "profile")
    elif key == _STORE:
        fix = with_value(layer, _STORE, "file")
    elif key in layer.table:
        fix = without(layer, key)
    else:
        fix = without(layer, "")
    return Finding(
        "config.broken",
        ERROR if place.role == ACTIVE else WARNING,
        "Codex cannot load its settings",
        f"{layer.where(key) if key in layer.table else layer.path}: {problem}",
        "Every Codex command ends with “Error loading configuration”, and the app-server of the IDE starts without any "
        "of these settings.",
        fix,
    )


def _look_at_provider(machine: Machine) -> list[Finding]:
    findings = []
    for place, found in _homes(machine):
        won = winner(found, "model_provider")
        if won is None or not isinstance(won[1], str) or not _own(place, won[0]):
            continue
        layer, name = won
        if name and name != "openai":
            finding = _provider(machine, place, layer, providers(found).get(name), name)
            findings += [finding] if finding is not None else []
    return findings


def _provider(
    machine: Machine, place: Place, layer: Layer, table: dict[str, Any] | None, name: str
) -> Finding | None:
    level = ERROR if place.role == ACTIVE else WARNING
    evidence = f'{layer.where("model_provider")}: model_provider = "{name}"'
    host = _host(table.get("base_url")) if table is not None else ""
    if table is None and name not in _BUILT_IN:
        title = f"The provider {shortened(name)} is not there"
        why = "Every Codex command ends with “Model provider not found”."
    elif table is not None and table.get("requires_openai_auth") is True:
        evidence += f", base_url of {host or 'OpenAI'}, requires_openai_auth = true"
        if not host.endswith("api.openai.com"):
            return None if not host else _elsewhere(layer, evidence, host)
        title = f"The provider {shortened(name)} sends a ChatGPT token to the API"
        why = (
            "The API answers 401, “Missing scopes: api.responses.write”: a ChatGPT login is no API key. A real key is "
            "billed apart."
        )
    else:
        level = WARNING
        title = f"The provider {shortened(name)} does not use this login"
        why = "Codex works with what that provider asks for, whoever is logged in here; a switch changes nothing."
        evidence += _env_key(machine, table or {})
    return Finding("config.provider", level, title, evidence, why, without(layer, "model_provider"))


def _elsewhere(layer: Layer, evidence: str, host: str) -> Finding:
    return Finding(
        "config.provider",
        WARNING,
        f"The login's token is sent to {shortened(host)}",
        evidence,
        "Whoever runs that host can use the account, and answers in OpenAI's place.",
        without(layer, "model_provider"),
    )


def _env_key(machine: Machine, table: dict[str, Any]) -> str:
    from profiles.doctor.redaction import described

    name = table.get("env_key")
    if not isinstance(name, str) or not name:
        return ""
    value = machine.environ.get(name, "")
    return f", env_key {name} ({described(value) if value else 'not set'})"


def _host(value: object) -> str:
    """Return the host of an address, without who is named in it."""
    if not isinstance(value, str) or "://" not in value:
        return ""
    place = value.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return place.lower()


def _look_at_addresses(machine: Machine) -> list[Finding]:
    findings = []
    for place, found in _homes(machine):
        for key in ("chatgpt_base_url", "openai_base_url"):
            won = winner(found, key)
            if won is None or not isinstance(won[1], str) or not _own(place, won[0]):
                continue
            layer, address = won
            host = _host(address)
            plain = address.lower().startswith("http://")
            usual = host in ("chatgpt.com", "chat.openai.com") or host.endswith("api.openai.com")
            if address and (plain or not usual) and not machine.is_chosen(address):
                findings.append(_address(place, layer, key, host, plain=plain))
    return findings


def _address(place: Place, layer: Layer, key: str, host: str, *, plain: bool) -> Finding:
    refused = plain and key == "chatgpt_base_url"
    why = (
        "Codex 0.169 refuses every turn with such an address: “must use an HTTPS origin”."
        if refused
        else "Whoever runs that host gets the token with every request, and answers in OpenAI's place."
    )
    return Finding(
        "config.base_url",
        ERROR if refused and place.role == ACTIVE else WARNING,
        f"The setting {key} leads away from OpenAI",
        f"{layer.where(key)}: {key}, {'http' if plain else 'https'}, host {host or 'none'}",
        why,
        without(layer, key),
    )


def _look_at_managed(machine: Machine) -> list[Finding]:
    found = [layer for layer in layers(machine, machine.home) if not layer.is_home]
    required = requirements(machine)
    found += [required] if required is not None else []
    if not found:
        return []
    lines = []
    for layer in found:
        keys = [key for key in _KEYS if key in layer.table]
        lines.append(f"{layer.path}: {', '.join(keys) or 'nothing about logins'}")
    return [
        Finding(
            "store.managed",
            INFO,
            "An administrator's settings apply here",
            "\n".join(lines),
            "managed_config.toml beats your own config.toml, config.toml there yields to it, and requirements.toml "
            "says which logins are let through.",
            f"ask whoever administers {machine.path(SYSTEM)}, should one of them stand in your way",
        )
    ]


CHECKS: tuple[Check, ...] = (
    Check(
        {
            "store.keyring": "Codex keeps logins in auth.json",
            "store.ephemeral": "logins are kept",
        },
        _look_at_store,
    ),
    Check({"store.managed": "no administrator's settings apply"}, _look_at_managed),
    Check({"config.broken": "Codex loads its settings"}, _look_at_config),
    Check({"config.forced": "no setting deletes a login"}, forced),
    Check({"config.provider": "the provider uses the login"}, _look_at_provider),
    Check({"config.base_url": "requests go to OpenAI"}, _look_at_addresses),
)
