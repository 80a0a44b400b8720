"""Whether a new login is of a workspace that its home lets through: asked right after the exchange, as Codex does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiles.claims import token_facts
from profiles.errors import WorkspaceForbidden

if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.oauth.settings import LoginSettings
    from profiles.oauth.token_endpoint import TokenAnswer
    from profiles.oauth.whoami import WhoAmI


def check_workspace(settings: LoginSettings, login: TokenAnswer | AuthDocument | WhoAmI) -> None:
    """Raise WorkspaceForbidden when a login's workspace is none of those that the home lets through.

    It is the one that the id_token names (C55), or that whoami names for a personal access token (C125).
    """
    if not settings.workspaces:
        return
    account = _account_of(login)
    if account in settings.workspaces:
        return
    found = f"the workspace {account}" if account else "no workspace"
    raise WorkspaceForbidden(
        f"this login is of {found}; {settings.home}/config.toml lets only {', '.join(settings.workspaces)} through",
        "log in again and choose that workspace, or change forced_chatgpt_workspace_id there",
        error="workspace_restriction",
    )


def _account_of(login: TokenAnswer | AuthDocument | WhoAmI) -> str | None:
    from profiles.auth_file import AuthDocument
    from profiles.oauth.whoami import WhoAmI

    if isinstance(login, WhoAmI):
        return login.account_id
    if isinstance(login, AuthDocument):
        return login.id_facts.account_id
    return token_facts(login.id_token.reveal()).account_id
