"""What a home's config.toml forces, by what Codex 0.169.0 was seen to do (C50 to C57)."""

from __future__ import annotations

import pytest

from profiles.auth_file import AuthDocument, parse
from profiles.cache import FactCache
from profiles.context import make_context
from profiles.overrides import HomeSettings, home_settings, why_void
from tests.support.codex_config import CASES, CHATGPT, OTHER, OURS, USED, Case
from tests.support.documents import with_personal_access_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _settings(box: Box, line: str) -> HomeSettings:
    with open(f"{box.home}/config.toml", "w", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return home_settings(box.home)


def _void(settings: HomeSettings, document: AuthDocument) -> str | None:
    assert document.identity is not None
    return why_void(settings, document.identity, document)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line)
def test_a_login_is_void_where_codex_would_not_use_it(box: Box, case: Case) -> None:
    """R15: refused where any Codex, a session or `login status`, would not take the login; else not."""
    settings = _settings(box, case.line)
    assert (settings.problem is None) == case.loads
    if case.loads:
        reason = _void(settings, parse(case.document.data(), "made"))
        assert (reason is None) == (case.status and case.session == USED)
        assert reason is None or settings.path in reason


def test_a_wrong_line_hides_no_other(box: Box) -> None:
    """A config that does not load is said; what it says rightly still counts, for when it is mended."""
    settings = _settings(box, 'profile = "x"\nforced_login_method = "api"')
    assert settings.problem is not None
    assert "profile" in settings.problem
    assert _void(settings, parse(CHATGPT.data(), "made")) is not None
    both = _settings(box, f'forced_login_method = "x"\nforced_chatgpt_workspace_id = "{OURS}"')
    assert (both.forced_method, both.forced_workspaces) == (None, (OURS,))


def test_the_workspace_of_a_personal_access_token_is_unknown(box: Box) -> None:
    """Codex asks the service whose it is; here nobody can know, so it is refused unless the person insists."""
    document = parse(with_personal_access_token().data(), "made")
    settings = _settings(box, f'forced_chatgpt_workspace_id = "{OTHER}"')
    assert "personal access token" in (_void(settings, document) or "")
    assert _void(_settings(box, 'forced_login_method = "chatgpt"'), document) is None
    assert _void(_settings(box, 'forced_login_method = "api"'), document) is not None


@pytest.mark.parametrize("store", ["keyring", "ephemeral"])
def test_a_store_that_is_no_file_is_void(box: Box, store: str) -> None:
    """C51, C53: nothing that is written to auth.json would be read."""
    settings = _settings(box, f'cli_auth_credentials_store = "{store}"')
    assert store in (_void(settings, parse(CHATGPT.data(), "made")) or "")


def test_the_cache_keeps_what_was_read(box: Box) -> None:
    """From the cache come the same settings as from the file."""
    line = f'forced_chatgpt_workspace_id = ["{OURS}"]\nprofile = "x"\nmodel_provider = "mine"'
    fresh = _settings(box, line)
    context = make_context()
    cache = FactCache(context)
    assert home_settings(box.home, cache) == fresh
    cache.save()
    assert home_settings(box.home, FactCache(context)) == fresh
    assert fresh.provider_has_own_login
