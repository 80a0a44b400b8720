"""What a switch cannot win against: environment variables and settings of the home (profiles/CODEX.md).

Some make the switch void (it is refused, R15); others only beat it for some commands (they are said).
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from profiles.files import read_regular
from profiles.model import API_KEY, OAUTH_KINDS, Override

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.cache import FactCache
    from profiles.context import Context
    from profiles.model import Identity

#: Variables that beat auth.json in 0.169, and for which commands.
BEATING_VARIABLES = (
    ("CODEX_ACCESS_TOKEN", "environment"),
    ("CODEX_API_KEY", "environment (codex exec only)"),
)


class HomeSettings(NamedTuple):
    """What a home's `config.toml` says about logins; `problem` when it cannot be read."""

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
        return _read(path) if os.path.lexists(path) else HomeSettings(path)
    fields, exists = cache.lookup(path, lambda: list(_read(path)))
    if not exists:
        return HomeSettings(path)
    try:
        settings = HomeSettings(*fields)
        return settings._replace(forced_workspaces=tuple(settings.forced_workspaces))
    except TypeError:
        return _read(path)


def _read(path: str) -> HomeSettings:
    import tomllib

    try:
        table = tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        return HomeSettings(path, problem=f"cannot be read: {os.strerror(error.errno or 0)}")
    except (ValueError, RecursionError) as error:
        return HomeSettings(path, problem=f"not TOML: {str(error)[:100]}")
    chosen = table
    named = table.get("profile")
    if isinstance(named, str):
        profile = _table(table.get("profiles")).get(named)
        if isinstance(profile, dict):
            chosen = {**table, **profile}
    workspaces = table.get("forced_chatgpt_workspace_id")
    if isinstance(workspaces, str):
        forced: tuple[str, ...] = tuple(w.strip() for w in workspaces.split(",") if w.strip())
    elif isinstance(workspaces, list):
        forced = tuple(w for w in workspaces if isinstance(w, str))
    else:
        forced = ()
    provider = _text(chosen.get("model_provider"))
    own = False
    if provider is not None and provider != "openai":
        details = _table(_table(table.get("model_providers")).get(provider))
        own = not details.get("requires_openai_auth", False)
    return HomeSettings(
        path,
        _text(table.get("cli_auth_credentials_store")),
        _text(table.get("forced_login_method")),
        forced,
        provider,
        own,
        _text(chosen.get("chatgpt_base_url")),
    )


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


def why_void(settings: HomeSettings, identity: Identity) -> str | None:
    """Say why this home would not use, or would delete, a login of this identity; None when it would use it."""
    if settings.store in ("keyring", "ephemeral"):
        return (
            f'{settings.path} sets cli_auth_credentials_store = "{settings.store}", '
            "so Codex does not read auth.json there"
        )
    method = settings.forced_method
    kind = "chatgpt" if identity.kind in OAUTH_KINDS else "api" if identity.kind == API_KEY else ""
    if method is not None and kind and method != kind:
        return (
            f'{settings.path} sets forced_login_method = "{method}": '
            "Codex would delete this login at its next start"
        )
    forced = settings.forced_workspaces
    if forced and identity.kind in OAUTH_KINDS and identity.account_id not in forced:
        return (
            f"{settings.path} sets forced_chatgpt_workspace_id: "
            "Codex would delete a login of another workspace at its next start"
        )
    return None
