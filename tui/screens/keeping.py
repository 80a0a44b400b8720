"""The end comes from outside (SIGTERM, a closed terminal): what somebody approved is kept first."""

from __future__ import annotations

import asyncio
import time

from profiles.errors import ProfilesError
from tui.login_state import APPROVED, MISMATCHED, SAVING, UNSAVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.login_state import Login
    from tui.screens.switchyard import Switchyard

#: Seconds for which tokens that are on their way are waited for, and how often that is looked at.
PATIENCE, LOOK_EVERY = 15.0, 0.05


async def keep_logins(app: Switchyard) -> list[str]:
    """Make every login durable that is approved and not saved; return what is to be said, a sentence each."""
    logins = app.logins
    end = time.monotonic() + PATIENCE
    while (  # noqa: ASYNC110 - what changes a login has many ends
        any(each.phase in (APPROVED, SAVING) for each in logins.all) and time.monotonic() < end
    ):
        await asyncio.sleep(LOOK_EVERY)
    return [
        await asyncio.to_thread(_keep, app, each)
        for each in list(logins.all)
        if each.phase in (UNSAVED, MISMATCHED)
    ]


def _keep(app: Switchyard, login: Login) -> str:
    from profiles.keeping import keep_login

    if login.document is None:
        return f"The login for {login.name} was being saved already."
    try:
        with app.main.deeds.gate:
            kept = keep_login(app.context, login.name, login.document)
    except ProfilesError as error:
        return f"The login for {login.name} is lost: {error.message}"
    if kept.name is not None:
        return f"The login for {login.name} is saved as {kept.name}."
    return f"The login for {login.name} is left in {kept.path}: whatever tui does next takes it up."
