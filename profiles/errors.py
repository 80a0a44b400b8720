"""Everything that can go wrong, as one tree.

    ProfilesError                      .message for people, .hint the next command to run
      UsageError                       a word of the command line is off
      ProfileError
        ProfileNotFound(name, near)
        ProfileExists(name)
        ProfileNameInvalid(name)
      AuthFileError(path)              an auth.json or a file beside it
        AuthFileMalformed(where)       present, and Codex would not load it
        AuthFileInsecure               others own it or may write beside it (R8)
      StoreError(path)                 our own folders and files
        StoreLocked(pid)               somebody else holds a lock (R13)
        StoreNotWritable               read-only, full, over quota, no such folder
        LocksUnsupported               the file system has no flock
      SwitchError
        SwitchRefused(reason)          a refusal of R15; `can_force` when --anyway lifts it
        LoginNeeded                    the target's login is spent, revoked or gone
        LoginUnverified                an `uncertain` target that could not be tried
        NothingToUndo
      OAuthError(error, description)   a login came to an end without tokens
        AccessDenied                   the person, or the workspace, said no at the page
          EntitlementMissing           the account has no Codex
        DeviceCodeExpired              nobody approved the code in time
        DeviceCodeDisabled             the issuer gives out no device codes
        GrantInvalid                   the issuer does not take the code, key or token
        CallbackInvalid                what came, or was pasted, is not the callback that we wait for
          StateMismatch                it belongs to another login
        CallbackTimeout                no callback came in time
        WorkspaceForbidden             a workspace that the home's config.toml does not let through
        LoginCancelled                 somebody ended it before it was approved
      PortUnavailable(holders)         both redirect ports are held
      IssuerError                      the way to the issuer, or what it answered
        IssuerUnreachable              no connection; nothing was sent
          CertificateUnknown           TLS: nobody whom we trust vouches for it
          ProxyRefused                 the proxy did not let us through
        IssuerTimeout                  no answer in time
        IssuerRejected(status)         an answer, and not the one that was asked for
        IssuerProtocolError            an answer that makes no sense: HTML, cut, too large
      LoginError
        LoginMismatch(...)             the new login is not the one that the profile had
        LoginForbidden                 the home's settings would throw such a login away
      NotRefreshed(result)             the access token has ended, and a newer one could not be had (access_token.py)
      ConfigError(path)                the person's config.toml, or a profile.toml
      TokenMalformed                   not a JWT that Codex would decode
      CodexFailed                      the official client did not do what it was asked
      MendRefused                      the doctor changed nothing: nobody said yes, or it is not ours to change

Exceptions know no exit codes: `tui.stderr` maps them in one place. No message ever holds a secret.
"""

from __future__ import annotations


class ProfilesError(Exception):
    """Base of all: `message` says what, where and why; `hint` is the next command or step.

    `said` are sentences about what was done all the same before it went wrong, such as a login that was saved.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.said: list[str] = []


class UsageError(ProfilesError):
    """A word of the command line is off."""


class ProfileError(ProfilesError):
    """A profile by that name cannot be had or made."""


class ProfileNotFound(ProfileError):
    """No profile has this name; the nearest existing one is suggested."""

    def __init__(self, name: str, near: str | None = None) -> None:
        suggestion = f"did you mean {near}? " if near else ""
        super().__init__(
            f"no profile is called {name!r}", f"{suggestion}tui list shows all of them"
        )
        self.name = name
        self.near = near


class ProfileExists(ProfileError):
    """The name, or the login, is already a profile."""


class ProfileNameInvalid(ProfileError):
    """The name is not `[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}`."""

    def __init__(self, name: str) -> None:
        shown = name if len(name) <= 40 else name[:37] + "..."
        super().__init__(
            f"{shown!r} cannot be a profile's name",
            "use 1 to 64 of A-Z a-z 0-9 . _ @ + - and begin with a letter or digit",
        )
        self.name = name


class AuthFileError(ProfilesError):
    """Something about one file; `path` names it."""

    def __init__(self, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.path = path


class AuthFileMalformed(AuthFileError):
    """Present, but Codex would not load it; `where` is the field or line."""

    def __init__(self, path: str, where: str, why: str, hint: str | None = None) -> None:
        super().__init__(path, f"{path}: {where}: {why}" if where else f"{path}: {why}", hint)
        self.where = where
        self.why = why


class AuthFileInsecure(AuthFileError):
    """Owned by somebody else, or in a folder that others may write (R8)."""


class StoreError(ProfilesError):
    """Our own folders and files; `path` names the one."""

    def __init__(self, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.path = path


class StoreLocked(StoreError):
    """A lock stayed busy for as long as we wait; `pid` holds it, when that can be seen."""

    def __init__(self, path: str, pid: int | None, waited: float) -> None:
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            path,
            f"{path} is locked by {who} (waited {waited:.0f} s)",
            f"see what it is with: ps -fp {pid}; then try again"
            if pid is not None
            else "try again",
        )
        self.pid = pid


class StoreNotWritable(StoreError):
    """A write failed: read-only, full, over quota, or no such folder. Nothing was changed."""


class LocksUnsupported(StoreError):
    """The file system has no working flock, so nothing can be written safely there (R13)."""


class SwitchError(ProfilesError):
    """A switch was not made; nothing was lost."""


class SwitchRefused(SwitchError):
    """One of the refusals of R15; `can_force` when `--anyway` lifts it."""

    def __init__(self, message: str, hint: str | None = None, *, can_force: bool = False) -> None:
        if can_force and (hint is None or "--anyway" not in hint):
            hint = (
                f"{hint}; or repeat with --anyway"
                if hint
                else "repeat with --anyway to do it all the same"
            )
        super().__init__(message, hint)
        self.can_force = can_force


class LoginNeeded(SwitchError):
    """The target's login is spent, revoked or gone: only a new login helps."""


class LoginUnverified(SwitchError):
    """The target is `uncertain` and could not be tried at the issuer."""


class NothingToUndo(SwitchError):
    """No earlier switch of this home is known, or its profile is gone."""


class ConfigError(ProfilesError):
    """The person's config.toml, or a profile.toml, is not what it should be; `path` names it."""

    def __init__(self, path: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{path}: {message}", hint)
        self.path = path


class TokenMalformed(ProfilesError):
    """Not a JWT that Codex would decode."""


class CodexFailed(ProfilesError):
    """The official client did not do what it was asked to do."""


class MendRefused(ProfilesError):
    """The doctor changed nothing: nobody said yes, or it is not ours to change."""


class OAuthError(ProfilesError):
    """A login came to an end without tokens; what the profile held is untouched.

    `error` is the issuer's own word for it, such as `access_denied`, where there was one.
    """

    def __init__(self, message: str, hint: str | None = None, *, error: str = "") -> None:
        super().__init__(message, hint)
        self.error = error


class AccessDenied(OAuthError):
    """The person, or the workspace, said no at the page."""


class EntitlementMissing(AccessDenied):
    """The account may not use Codex (`missing_codex_entitlement`)."""


class DeviceCodeExpired(OAuthError):
    """Nobody approved the user code in time."""


class DeviceCodeDisabled(OAuthError):
    """The issuer gives out no device codes (404 where they are asked for)."""


class GrantInvalid(OAuthError):
    """The issuer does not take the authorization code, key or access token."""


class CallbackInvalid(OAuthError):
    """What came, or was pasted, is not the callback that we wait for; the login goes on waiting."""


class StateMismatch(CallbackInvalid):
    """A callback of another login: its `state` is not ours."""


class CallbackTimeout(OAuthError):
    """No callback came in time."""


class WorkspaceForbidden(OAuthError):
    """The login is of a workspace that `forced_chatgpt_workspace_id` does not let through."""


class LoginCancelled(OAuthError):
    """Somebody ended the login before it was approved."""


class PortUnavailable(ProfilesError):
    """Both redirect ports are held; the message names who holds them."""


class IssuerError(ProfilesError):
    """The way to the issuer or the backend, or what it answered."""


class IssuerUnreachable(IssuerError):
    """No connection: name, address, network. Nothing was sent."""


class CertificateUnknown(IssuerUnreachable):
    """TLS: nobody whom we trust vouches for the other side."""


class ProxyRefused(IssuerUnreachable):
    """The proxy did not let us through, or cannot be reached itself."""


class IssuerTimeout(IssuerError):
    """No answer in time; whether the request arrived is not known."""


class IssuerRejected(IssuerError):
    """An answer, and not the one that was asked for. `retry_after` in seconds, when the issuer named it."""

    def __init__(
        self, status: int, message: str, hint: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after = retry_after


class IssuerProtocolError(IssuerError):
    """An answer that makes no sense: HTML where JSON belongs, cut, or too large."""


class LoginError(ProfilesError):
    """A whole login that does not go where it was meant to go; it is not lost."""


class LoginMismatch(LoginError):
    """The new login is another identity than the profile's. `expected` and `found` say whose, for people.

    `belongs_to` is the profile that has this identity already, if there is one.
    """

    def __init__(
        self,
        name: str,
        expected: str,
        found: str,
        belongs_to: str | None = None,
        hint: str | None = None,
    ) -> None:
        alike = expected == found
        super().__init__(
            f"this is another one than that of {name}, {expected}"
            if alike
            else f"this is {found}; the profile {name} is {expected}",
            hint,
        )
        self.expected = expected
        self.found = found
        self.belongs_to = belongs_to


class LoginForbidden(LoginError):
    """The home's settings would throw a login of this kind away (`forced_login_method`, another store)."""
