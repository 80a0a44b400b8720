"""Whether a new login is of a workspace that its home lets through: asked right after the exchange, as Codex does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.claims import token_facts
from profiles.errors import WorkspaceForbidden

if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.oauth.settings import LoginSettings
    from profiles.oauth.token_endpoint import TokenAnswer


def check_workspace(settings: LoginSettings, login: TokenAnswer | AuthDocument) -> None:
    """Raise WorkspaceForbidden when the id_token's workspace is none of those that the home lets through (C55)."""
    if not settings.workspaces:
        return
    from profiles.auth_file import AuthDocument

    facts = (
        login.id_facts if isinstance(login, AuthDocument) else token_facts(login.id_token.reveal())
    )
    if facts.account_id in settings.workspaces:
        return
    found = f"the workspace {facts.account_id}" if facts.account_id else "no workspace"
    raise WorkspaceForbidden(
        f"this login is of {found}; {settings.home}/config.toml lets only {', '.join(settings.workspaces)} through",
        "log in again and choose that workspace, or change forced_chatgpt_workspace_id there",
        error="workspace_restriction",
    )
