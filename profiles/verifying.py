"""Switch to a login that may be dead only after the issuer has said that it lives (R12, R15).

`switching` itself asks nobody; this is what the front ends call.
"""

from __future__ import annotations

from profiles.errors import LoginNeeded, LoginUnverified
from profiles.planning import previous_profile
from profiles.switching import SwitchResult, switch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from profiles.context import Context
    from profiles.refresh_answer import Send


def verified_switch(
    context: Context,
    name: str,
    *,
    anyway: bool = False,
    verb: str = "switch",
    connect: Callable[[Context, str], Send] | None = None,
    on_installed: Callable[[str], object] | None = None,
) -> SwitchResult:
    """Switch; a target that is `uncertain` is refreshed first, which ends the doubt either way.

    Raises what `switch` raises: LoginNeeded when the issuer refuses the login, LoginUnverified when it could not be
    asked. `connect` as for `refresh_logins`, `on_installed` as for `switch`.
    """
    try:
        return switch(context, name, anyway=anyway, verb=verb, on_installed=on_installed)
    except LoginUnverified as error:
        _refresh(context, name, error, connect)
    result = switch(context, name, anyway=anyway, verb=verb, on_installed=on_installed)
    tried = f"{result.to} was uncertain; it was refreshed first, and works"
    return result._replace(said=[tried, *result.said])


def verified_undo(
    context: Context,
    *,
    anyway: bool = False,
    on_installed: Callable[[str], object] | None = None,
) -> SwitchResult:
    """Go back to the profile before the last switch, likewise. Raises what `previous_profile` raises, too."""
    name = previous_profile(context)
    return verified_switch(context, name, anyway=anyway, verb="undo", on_installed=on_installed)


def _refresh(
    context: Context,
    name: str,
    doubt: LoginUnverified,
    connect: Callable[[Context, str], Send] | None,
) -> None:
    from profiles.refreshing import FRESH, NEEDED, REFRESHED, refresh_logins

    for result in refresh_logins(context, [name], connect=connect):
        if result.name.lower() != name.lower() or result.outcome in (REFRESHED, FRESH):
            continue
        if result.outcome == NEEDED:
            raise LoginNeeded(
                f"{result.name} needs a new login: {result.reason}",
                f"tui login {result.name} --device-code",
            )
        known, _, _ = doubt.message.partition(", and it was not tried")
        raise LoginUnverified(
            f"{known}, and whether it still works could not be found out: {result.reason}",
            doubt.hint,
        )
