"""Where the issuer's endpoints are: every address that a login is sent to is made here (profiles/CODEX.md, C104 on)."""

from __future__ import annotations

from typing import NamedTuple

from profiles.errors import IssuerUnreachable, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

DEFAULT_ISSUER = "https://auth.openai.com"
#: The client id of the official client; the only one for which redirect addresses are registered.
CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
ISSUER_VARIABLE = "SWITCHYARD_ISSUER"
REFRESH_VARIABLE = "CODEX_REFRESH_TOKEN_URL_OVERRIDE"
REVOKE_VARIABLE = "CODEX_REVOKE_TOKEN_URL_OVERRIDE"
ACCOUNTS_VARIABLE = "CODEX_AUTHAPI_BASE_URL"


class Issuer(NamedTuple):
    """Who makes our tokens: `base` is its address without a slash at the end."""

    base: str
    client_id: str = CLIENT_ID

    @property
    def token_url(self) -> str:
        """Where codes are exchanged and tokens refreshed."""
        return f"{self.base}/oauth/token"

    @property
    def usercode_url(self) -> str:
        """Where a device login asks for its user code."""
        return f"{self.base}/api/accounts/deviceauth/usercode"

    @property
    def device_token_url(self) -> str:
        """Where a device login asks whether it was approved."""
        return f"{self.base}/api/accounts/deviceauth/token"

    @property
    def verification_url(self) -> str:
        """The page at which a person types the user code."""
        return f"{self.base}/codex/device"

    @property
    def device_redirect_uri(self) -> str:
        """What stands for the redirect in a device login; nobody is ever sent there."""
        return f"{self.base}/deviceauth/callback"

    @property
    def authorize_base(self) -> str:
        """The page at which a browser login begins, without its query."""
        return f"{self.base}/oauth/authorize"

    def whoami_url(self, environ: Mapping[str, str]) -> str:
        """Return where a personal access token says whose it is. Raises UsageError for an override that is none."""
        base = _override(environ, ACCOUNTS_VARIABLE) or f"{self.base}/api/accounts"
        return f"{base.rstrip('/')}/v1/user-auth-credential/whoami"

    def refresh_url(
        self, environ: Mapping[str, str], provenance: tuple[str, str] | None = None
    ) -> str:
        """Return where a login of this provenance (issuer, client id) is refreshed (C71).

        Raises UsageError for an override, and IssuerUnreachable for a provenance, that no token may be sent to.
        """
        override = _override(environ, REFRESH_VARIABLE)
        if override is not None:
            return override
        if provenance is None:
            return self.token_url
        issuer = provenance[0].rstrip("/")
        why = why_not_safe(issuer)
        if why is not None:
            raise IssuerUnreachable(
                f"the issuer that this login names, {_shown(issuer)}, {why}: no token is sent there",
                "log in again",
            )
        return f"{issuer}/oauth/token"

    def revoke_url(self, environ: Mapping[str, str]) -> str:
        """Return where tokens are revoked (C104). Raises UsageError for an override that is none."""
        override = _override(environ, REVOKE_VARIABLE)
        if override is not None:
            return override
        refresh = _override(environ, REFRESH_VARIABLE)
        base = origin_of(refresh) if refresh is not None else self.base
        return f"{base}/oauth/revoke"


def find_issuer(environ: Mapping[str, str]) -> Issuer:
    """Return the issuer that this environment names. Raises UsageError when no token may be sent there."""
    named = environ.get(ISSUER_VARIABLE, "").strip()
    if not named:
        return Issuer(DEFAULT_ISSUER)
    base = named.rstrip("/")
    why = why_not_safe(base)
    if why is None:
        parts = _split(base)
        why = "has a query or fragment" if parts is None or parts.query or parts.fragment else None
    if why is not None:
        raise UsageError(
            f"{ISSUER_VARIABLE} is {_shown(base)}, which {why}", f"unset {ISSUER_VARIABLE}"
        )
    return Issuer(base)


def is_loopback(host: str | None) -> bool:
    """Say whether a host is this machine itself, without asking anybody."""
    if host is None:
        return False
    if host.lower() in ("localhost", "::1"):
        return True
    numbers = host.split(".")
    return numbers[0] == "127" and len(numbers) == 4 and all(n.isdecimal() for n in numbers)


def why_not_safe(url: str) -> str | None:
    """Say why no token may be sent to this address; None when it may: https, or http to this machine."""
    parts = _split(url)
    if parts is None or not parts.hostname or not url.isascii() or not url.isprintable():
        return "is not an address"
    if " " in url:
        return "is not an address"
    if parts.username is not None or parts.password is not None:
        return "has a user name in it"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return None
    return "is not https"


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _split(url: str) -> SplitResult | None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _override(environ: Mapping[str, str], name: str) -> str | None:
    """Return an address that the environment puts in the place of another. Raises UsageError."""
    url = environ.get(name, "").strip()
    if not url:
        return None
    why = why_not_safe(url)
    if why is not None:
        raise UsageError(f"{name} is {_shown(url)}, which {why}", f"unset {name}")
    return url


def _shown(url: str) -> str:
    """Return an address for people: without what may be secret in it, and not endless."""
    scheme, mark, rest = url.partition("://")
    host = rest.partition("?")[0].partition("#")[0].rpartition("@")[2] if mark else scheme
    text = f"{scheme}://{host}" if mark else host
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
