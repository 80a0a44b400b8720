"""Which address is answered by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.simulator.signature import public_keys
from tui.simulator.tokens import SCOPE
from tui.simulator.wire import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.backend import Backend
    from tui.simulator.browsing import Browsing
    from tui.simulator.device import Device
    from tui.simulator.signature import Algorithm
    from tui.simulator.token_endpoint import TokenEndpoint
    from tui.simulator.wire import Reply, Request

    Handler = Callable[[Request], Reply]

USER_CODE = "/api/accounts/deviceauth/usercode"
DEVICE_TOKEN = "/api/accounts/deviceauth/token"
WHOAMI = "/api/accounts/v1/user-auth-credential/whoami"
USAGE = "/backend-api/wham/usage"
ACCOUNTS = "/backend-api/wham/accounts/check"


def routes(
    url: str,
    algorithm: Algorithm,
    *,
    device: Device,
    tokens: TokenEndpoint,
    backend: Backend,
    browsing: Browsing,
) -> dict[str, dict[str, Handler]]:
    """Return the handlers by path and method."""

    def discovery(_request: Request) -> Reply:
        return answer(
            200,
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/oauth/authorize",
                "token_endpoint": f"{url}/oauth/token",
                "revocation_endpoint": f"{url}/oauth/revoke",
                "jwks_uri": f"{url}/.well-known/jwks.json",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": [algorithm],
                "scopes_supported": SCOPE.split(),
                "token_endpoint_auth_methods_supported": ["none"],
            },
        )

    def ask_device(request: Request) -> Reply:
        scheme = url.partition("://")[0]
        return device.ask(request, f"{scheme}://{request.header('host')}")

    return {
        "/.well-known/openid-configuration": {"GET": discovery},
        "/.well-known/jwks.json": {"GET": lambda _: answer(200, public_keys())},
        USER_CODE: {"POST": ask_device},
        DEVICE_TOKEN: {"POST": device.check},
        "/codex/device": {"GET": browsing.device, "POST": browsing.decided},
        "/oauth/authorize": {"GET": browsing.authorize, "POST": browsing.authorized},
        "/oauth/token": {"POST": tokens.token},
        "/oauth/revoke": {"POST": tokens.revoke},
        WHOAMI: {"GET": backend.whoami},
        USAGE: {"GET": backend.usage},
        "/api/codex/usage": {"GET": backend.usage},
        ACCOUNTS: {"GET": backend.accounts},
    }
