"""Save a login that is whole: again and again, where it cannot be saved at once, since it exists only in memory."""

from __future__ import annotations

from profiles.errors import AuthFileError, LoginCancelled, ProfilesError, StoreError, SwitchError
from profiles.logging_in import NEW, save_login
from profiles.model import OAUTH_KINDS
from tui import stderr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.logging_in import SavedLogin
    from tui.commands.signing_in.interruptions import Interruptions
    from tui.commands.signing_in.words import Asked

#: Without anybody to ask, the seconds between two tries, and after which the last one is made.
PAUSE, PATIENCE = 3.0, 120.0


class NotSaved(ProfilesError):
    """The login could not be saved, and is gone from memory now."""


def save(
    context: Context, asked: Asked, name: str, document: AuthDocument, interruptions: Interruptions
) -> SavedLogin:
    """Save the login, or say that it is lost and why: raises NotSaved, or LoginCancelled.

    Another identity than the profile's becomes a profile of its own. Signals wait while it is being saved, and end it
    while it waits for a person or for room.
    """
    until: float | None = None
    can_ask = stderr.can_ask()
    while True:
        interruptions.shelter()
        try:
            return save_login(context, name, document, on_mismatch=NEW)
        except (StoreError, AuthFileError, SwitchError, OSError) as error:
            # Room can be made, a lock be released, a mode be changed.
            why, hint = stderr.explain(error)
        except ProfilesError as error:
            raise _lost(asked, document, error.message, error.hint) from None
        interruptions.shelter(on=False)
        try:
            if can_ask:
                stderr.error(f"not saved yet: {why}", hint)
                answer = stderr.ask_firmly("The login is in memory only. Save again?")
                if answer is False:
                    raise _lost(asked, document, why, hint)
                can_ask = answer is not None
                continue
            now = context.monotonic()
            if until is None:
                until = now + PATIENCE
                stderr.note(
                    f"not saved yet: {why}. The login is in memory only; "
                    f"trying again for {PATIENCE / 60:.0f} minutes"
                )
            if now >= until:
                raise _lost(asked, document, why, hint)
            context.sleep(PAUSE)
        except KeyboardInterrupt:
            lost = _lost(asked, document, f"interrupted, and before: {why}", hint)
            raise LoginCancelled(lost.message, lost.hint) from None


def _lost(asked: Asked, document: AuthDocument, why: str, hint: str | None) -> NotSaved:
    what = "the login is lost" if document.kind in OAUTH_KINDS else "nothing was saved"
    step = f"{hint.removesuffix(', then repeat')}; then: {asked.again}" if hint else asked.again
    return NotSaved(f"{what}: {why}", step)


def say_saved(context: Context, saved: SavedLogin) -> None:
    """Say where a login went and what to do next."""
    for sentence in saved.said:
        (stderr.note if saved.mismatch else stderr.say)(sentence)
    if saved.active:
        stderr.say("The active login is this one, too: the next codex that you start uses it.")
        if any(process.home == context.home for process in context.processes()):
            stderr.say("next: restart the codex that runs")
    else:
        stderr.say(f"next: tui switch {saved.name}")
