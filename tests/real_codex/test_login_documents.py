"""What a login writes: our auth.json is the real Codex 0.169's, byte for byte, for the same answers (C124)."""

from __future__ import annotations

from typing import Final

import pytest

from profiles.model import Secret
from profiles.oauth.documents import access_token_document, api_key_document
from tests.real_codex.logins import (
    ADA,
    Service,
    masked,
    own_browser,
    own_device,
    real_browser,
    real_device,
)
from tests.support.documents import api_key
from tests.support.tokens import Login, jwt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.real_codex import RealCodex

pytestmark = pytest.mark.real_codex

#: All that the clients draw and take from their clocks: an id of the login, and the time.
OWN: Final = ("owner", "time")


def plain(document: bytes) -> str:
    """Return a document without what each client makes up for itself."""
    return masked(document.decode(), *OWN)


@pytest.mark.parametrize("workspace", [None, "Acme"])
async def test_device_login(newest: RealCodex, box: Box, workspace: str | None) -> None:
    """Personal account and workspace: the same keys, order, values, white space; the API key is null."""
    service = Service(workspace=workspace)
    theirs = real_device(newest, service)
    ours = await own_device(service, box.profile("ada"))
    assert plain(ours.document) == plain(theirs.document)
    assert '"OPENAI_API_KEY": null' in plain(ours.document)
    assert ours.document != theirs.document  # two logins never have one owner id


@pytest.mark.parametrize("has_key", [True, False])
async def test_browser_login(newest: RealCodex, box: Box, has_key: bool) -> None:
    """With the API key that the issuer gave, or null where it gave none, and which is no failure (C118)."""
    service = Service(api_key=has_key)
    theirs = real_browser(newest, service)
    ours = await own_browser(service, box.profile("ada"))
    assert plain(ours.document) == plain(theirs.document)
    assert ('"OPENAI_API_KEY": "sk-' in plain(ours.document)) == has_key


async def test_login_of_an_account_without_a_workspace(newest: RealCodex, box: Box) -> None:
    """An id_token that names no account: null stands where the account id would, in both."""
    tokens = Login().fresh().tokens()
    service = Service(tokens=tokens | {"id_token": jwt({"email": ADA})})
    theirs = real_device(newest, service)
    ours = await own_device(service, box.profile("ada"))
    assert plain(ours.document) == plain(theirs.document)
    assert '"account_id": null' in plain(ours.document)


@pytest.mark.parametrize("key", [api_key(), 'sk-"quoted"\\ü€🂡', "sk-\x7f\u2028/</script>"])
def test_api_key(codex: RealCodex, key: str) -> None:
    """`--with-api-key`, also of 0.98, escapes and spells as ours."""
    assert codex.login_with_api_key(key).code == 0
    with open(f"{codex.home}/auth.json", "rb") as file:
        assert api_key_document(Secret(key)).raw == file.read()


def test_access_token(newest: RealCodex) -> None:
    """`--with-access-token`, after whoami knew it."""
    with Service().open() as simulator:
        token = simulator.personal_token(ADA)
        newest.environ["CODEX_AUTHAPI_BASE_URL"] = f"{simulator.url}/api/accounts"
        assert newest.run("login", "--with-access-token", input=f"{token}\n").code == 0
    with open(f"{newest.home}/auth.json", "rb") as file:
        assert access_token_document(Secret(token)).raw == file.read()
