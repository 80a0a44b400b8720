"""What a switch cannot win against: environment variables and settings of the home (profiles/CODEX.md).

Some make the switch void (it is refused, R15); others only beat it for some commands (they are said).
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from profiles.files import read_regular
from profiles.model import (
    AGENT_IDENTITY,
    API_KEY,
    BEDROCK,
    OAUTH_KINDS,
    PERSONAL_ACCESS_TOKEN,
    Override,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from profiles.auth_file import AuthDocument
    from profiles.cache import FactCache
    from profiles.context import Context
    from profiles.model import Identity

#: Variables that beat auth.json in 0.169, and for which commands.
BEATING_VARIABLES = (
    ("CODEX_ACCESS_TOKEN", "environment"),
    ("CODEX_API_KEY", "environment (codex exec only)"),
)
STORES = ("file", "keyring", "auto", "ephemeral")
#: The kinds of login that each `forced_login_method` lets through (C54).
METHODS = {
    "api": frozenset({API_KEY, BEDROCK}),
    "chatgpt": OAUTH_KINDS | {AGENT_IDENTITY, PERSONAL_ACCESS_TOKEN},
}


class HomeSettings(NamedTuple):
    """What a home's `config.toml` says about logins.

    `problem` says why Codex would not start with the file (C57). What it says all the same stands in the other fields,
    but for the setting that is wrong.
    """

    path: str
    store: str | None = None
    forced_method: str | None = None
    forced_workspaces: tuple[str, ...] = ()
    provider: str | None = None
    provider_has_own_login: bool = False
    base_url: str | None = None
    problem: str | None = None


def home_settings(home: str, cache: FactCache | None = None) -> HomeSettings:
    """Read a home's `config.toml`; a missing file says nothing, an unreadable one is a problem."""
    path = f"{home}/config.toml"
    if cache is None:
        return read_settings(path) if os.path.lexists(path) else HomeSettings(path)
    fields, exists = cache.lookup(path, lambda: list(read_settings(path)))
    if not exists:
        return HomeSettings(path)
    try:
        settings = HomeSettings(*fields)
        return settings._replace(forced_workspaces=tuple(settings.forced_workspaces))
    except TypeError:
        return read_settings(path)


def read_settings(path: str) -> HomeSettings:
    """Read one file of Codex's settings: a home's `config.toml`, or an administrator's."""
    import tomllib

    try:
        table = tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        return HomeSettings(path, problem=f"cannot be read: {os.strerror(error.errno or 0)}")
    except (ValueError, RecursionError) as error:
        return HomeSettings(path, problem=f"not TOML: {str(error)[:100]}")
    problems = []
    if "profile" in table:
        problems.append("has a line `profile = …`, which Codex 0.169 no longer takes")
    store, wrong_store = _one_of(table, "cli_auth_credentials_store", STORES)
    method, wrong_method = _one_of(table, "forced_login_method", METHODS)
    workspaces = _workspaces(table.get("forced_chatgpt_workspace_id"))
    if workspaces is None:
        problems.append("forced_chatgpt_workspace_id is not one workspace or a list of them")
    problems += wrong_store + wrong_method
    provider = _text(table.get("model_provider"))
    own = False
    if provider is not None and provider != "openai":
        details = _table(_table(table.get("model_providers")).get(provider))
        own = not details.get("requires_openai_auth", False)
    return HomeSettings(
        path,
        store,
        method,
        workspaces or (),
        provider,
        own,
        _text(table.get("chatgpt_base_url")),
        problems[0] if problems else None,
    )


def _one_of(table: dict[str, Any], name: str, words: Iterable[str]) -> tuple[str | None, list[str]]:
    """Return a setting, or None and what is wrong with it."""
    value = table.get(name)
    if value is None or value in tuple(words):
        return value, []
    return None, [f"{name} is none of {', '.join(words)}"]


def _workspaces(value: object) -> tuple[str, ...] | None:
    """Return the workspaces that are let through, none at all when all are; None when Codex calls it an error."""
    if value is None:
        return ()
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return None
    if isinstance(value, str) and "," in value:
        return None
    return tuple(each.strip() for each in listed if each.strip())


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def overridden_by(context: Context, settings: HomeSettings) -> list[Override]:
    """Return everything that beats the active home's auth.json for some or all commands."""
    found = [
        Override(name, where)
        for name, where in BEATING_VARIABLES
        if context.environ.get(name, "").strip()
    ]
    if settings.store in ("auto", "keyring", "ephemeral"):
        found.append(Override(f"cli_auth_credentials_store={settings.store}", settings.path))
    if settings.provider is not None and settings.provider_has_own_login:
        found.append(Override(f"model_provider={settings.provider}", settings.path))
    if settings.forced_method is not None:
        found.append(Override(f"forced_login_method={settings.forced_method}", settings.path))
    if settings.forced_workspaces:
        found.append(Override("forced_chatgpt_workspace_id", settings.path))
    return found


def why_void(
    settings: HomeSettings, identity: Identity, document: AuthDocument | None = None
) -> str | None:
    """Say why this home would not use, or would delete, a login of this identity; None when it would use it.

    With the `document`, what Codex compares besides the identity is looked at, too.
    """
    if settings.store in ("keyring", "ephemeral"):
        return (
            f'{settings.path} sets cli_auth_credentials_store = "{settings.store}", '
            "so Codex does not read auth.json there"
        )
    method = settings.forced_method
    if method in METHODS and identity.kind not in METHODS[method]:
        return (
            f'{settings.path} sets forced_login_method = "{method}": '
            "Codex would delete this login at its next start"
        )
    if settings.forced_workspaces and identity.kind not in METHODS["api"]:
        why = _workspace_refused(settings.forced_workspaces, identity, document)
        if why is not None:
            return f"{settings.path} sets forced_chatgpt_workspace_id: {why}"
    return None


def _workspace_refused(
    forced: tuple[str, ...], identity: Identity, document: AuthDocument | None
) -> str | None:
    """Say what Codex would do to a login where workspaces are forced; None when it would use it (C54, C55)."""
    if identity.kind == PERSONAL_ACCESS_TOKEN:
        return "which workspace a personal access token belongs to, Codex asks the service alone"
    in_session = stored = identity.account_id
    if document is not None and document.tokens is not None:
        if document.data.get("last_refresh") is None:
            return "Codex would delete a login without last_refresh at its next start"
        in_session, stored = _workspaces_of(document)
    if in_session not in forced:
        return "Codex would delete a login of another workspace at its next start"
    if stored not in forced:
        return "Codex would not take a login whose tokens.account_id is not of that workspace"
    return None


def _workspaces_of(document: AuthDocument) -> tuple[str | None, str | None]:
    """Return the workspace that a session compares, and the one that `login status` and app-server compare (C55)."""
    from profiles.claims import NO_FACTS

    claimed, access = document.id_facts, document.access_facts
    stored = document.data["tokens"].get("account_id")
    if stored is None:
        is_told = access is NO_FACTS or access.account_id is not None
        return (claimed.account_id, claimed.account_id) if is_told else (None, None)
    # An access token exchanged for one of another workspace of the same person counts for more than the id_token.
    is_exchanged = access.account_id == stored and access.user_id == claimed.user_id is not None
    return (stored if is_exchanged else claimed.account_id), stored
