"""What decides whether a key can act now, and if it cannot, why: each function returns that reason, or None.

Nothing here imports Textual.
"""

from __future__ import annotations

from typing import NamedTuple

from profiles.model import CHATGPT
from tui.detail_state import why_no_claims

#: What each place in the pane of a login begins with.
LOGIN_PLACE = "login-"


#: The place of the doctor's findings, and of one that can be mended.
DOCTOR, DOCTOR_MEND = "doctor", "doctor-mend"


class Situation(NamedTuple):
    """What decides whether a key can act now.

    `rows` counts the profiles, `shown` those that the filter lets through. `selected` is whether a
    row is, `name` its profile (None: a login that no profile has yet). `busy` says what is being
    written, in words. `place` is where the focus is, `logins` counts the logins that have a pane, and
    `logging_in` is whether one of them, still running, is for the selected profile; `refreshing` whether
    that one is being refreshed, `refreshing_all` whether all are,
    `refreshing_any` whether any is. `progress` is whether there is a refresh of several to read about;
    `panes` counts those that can be seen, and `zoomed` is whether one of them has the whole screen.
    `marked` counts the profiles that keys of the list are for instead of the selected one.
    `detail_seen` is whether the detail can be seen, `kind` the kind of login that the selected profile holds.
    """

    rows: int = 0
    shown: int = 0
    selected: bool = False
    name: str | None = None
    active: bool = False
    busy: str | None = None
    place: str = "list"
    logins: int = 0
    logging_in: bool = False
    refreshing: bool = False
    refreshing_all: bool = False
    refreshing_any: bool = False
    progress: bool = False
    panes: int = 2
    zoomed: bool = False
    marked: int = 0
    detail_seen: bool = True
    kind: str = CHATGPT


def selected(now: Situation) -> str | None:
    """Whether a profile is selected."""
    if now.selected:
        return None
    if now.rows and not now.shown:
        return "no profile matches the filter: esc clears it"
    return "there is no profile yet: n makes one"


def saved(now: Situation) -> str | None:
    """Whether it is a profile of ours."""
    if (why := selected(now)) is not None:
        return why
    if now.name is None:
        if now.place.startswith(LOGIN_PLACE):
            return "there is no such profile yet: it is made when its login is saved"
        return "this login is not saved in a profile yet: R looks again"
    return None


def writable(now: Situation) -> str | None:
    """Whether it may be written to."""
    return saved(now) or idle(now)


def idle(now: Situation) -> str | None:
    """Whether nothing is written just now."""
    return f"one thing at a time: still {now.busy}" if now.busy else None


def loginable(now: Situation) -> str | None:
    """Whether a login can be begun: for the selected profile, or again in the pane of one."""
    return None if now.place.startswith(LOGIN_PLACE) else saved(now)


def refreshable(now: Situation) -> str | None:
    """Whether its login can be refreshed: once at a time."""
    if now.marked:
        return None
    if (why := saved(now)) is not None:
        return why
    return f"{now.name} is being refreshed already" if now.refreshing else None


def all_refreshable(now: Situation) -> str | None:
    """Whether all can be refreshed."""
    if not now.rows:
        return "there is no profile yet: n makes one"
    return "all are being refreshed already: ctrl+c stops" if now.refreshing_all else None


def still(now: Situation) -> str | None:
    """A profile keeps its name and its place while a login for it runs."""
    if (why := saved(now)) is not None:
        return why
    if now.logging_in:
        return f"a login for {now.name} is running: ctrl+c in its pane cancels it"
    if now.refreshing:
        return f"{now.name} is being refreshed: ctrl+c stops what was not sent yet"
    return idle(now)


def deletable(now: Situation) -> str | None:
    """Whether it may be deleted; of several that are marked the question tells."""
    if now.marked:
        return idle(now)
    if (why := still(now)) is not None:
        return why
    if now.active:
        return f"{now.name} is the active login: switch to another one, then delete it"
    return None


def in_pane(now: Situation) -> str | None:
    """Whether the focus is in the pane of a login."""
    if now.place.startswith(LOGIN_PLACE):
        return None
    if now.logins:
        return "this acts in the pane of a login: tab goes there"
    return "no login is running: l and n start one"


def waiting(now: Situation) -> str | None:
    """Whether a login waits for a person there."""
    if (why := in_pane(now)) is not None:
        return why
    if now.place in ("login-device", "login-browser"):
        return None
    return "there is no code and no URL to show any more, or none yet"


def code_waits(now: Situation) -> str | None:
    """Whether it has a device code."""
    if now.place == "login-browser":
        return "only a device code's URL is short enough for a QR code"
    return waiting(now)


def browser_waits(now: Situation) -> str | None:
    """Whether it waits for a browser."""
    if now.place == "login-device":
        return "only a browser login needs a tunnel"
    return waiting(now)


def repeatable(now: Situation) -> str | None:
    """Whether it can be begun again."""
    if (why := in_pane(now)) is not None or now.place == "login-failed":
        return why
    return "this login is still good: N is for one that failed or expired"


def replaceable(now: Situation) -> str | None:
    """Whether another way would help."""
    places = ("login-device", "login-browser", "login-failed")
    if (why := in_pane(now)) is not None or now.place in places:
        return why
    return "b changes the way of a login that waits or failed"


def several(now: Situation) -> str | None:
    """Whether there are others to go to; from elsewhere one is enough."""
    if not now.logins:
        return "no login is running: l and n start one"
    inside = now.place.startswith(LOGIN_PLACE)
    alone = now.logins == 1 and inside and not now.progress
    return "there are no other logins" if alone else None


def working(now: Situation) -> str | None:
    """Whether there is anything in the pane of what runs."""
    if now.logins or now.progress:
        return None
    return "nothing runs: l logs in, ctrl+r refreshes all"


def zoomable(now: Situation) -> str | None:
    """Whether zooming changes anything."""
    if now.zoomed or now.panes > 1:
        return None
    return "this pane has the whole screen already"


def mendable(now: Situation) -> str | None:
    """Whether there is anything before us that could be mended."""
    if now.place == DOCTOR:
        return "what the cursor is on is not ours to change"
    return None if now.place == DOCTOR_MEND else "f mends what the doctor finds: D opens the doctor"


def markable(now: Situation) -> str | None:
    """Whether it can be marked: where the marks are seen."""
    if now.place.startswith(LOGIN_PLACE):
        return "marks are set in the list: esc goes back to it"
    return saved(now)


def several_markable(now: Situation) -> str | None:
    """Whether there are any to mark."""
    if now.place.startswith(LOGIN_PLACE):
        return "marks are set in the list: esc goes back to it"
    return selected(now)


def sortable(now: Situation) -> str | None:
    """Whether there is something to sort."""
    return None if now.rows else "there is nothing to sort yet"


def turnable(now: Situation) -> str | None:
    """Whether there are tabs to turn: those of the logins in their pane, those of the detail where that is seen."""
    if now.place.startswith(LOGIN_PLACE) or now.place in ("refreshing", "refreshed"):
        return several(now)
    if now.place == "events":
        return "these turn the tabs of the detail: esc leaves the log"
    if (why := selected(now)) is not None or now.detail_seen:
        return why
    return "enter opens the detail, and its tabs"


def with_claims(now: Situation) -> str | None:
    """Whether there are claims to show as JSON."""
    if now.place.startswith(LOGIN_PLACE):
        return "J shows the claims of a profile: esc goes back to the list"
    if (why := turnable(now)) is not None:
        return why
    return why_no_claims(now.kind)


def copyable(now: Situation) -> str | None:
    """Whether there is something to copy: in a login's pane what it waits with, elsewhere what a profile has."""
    if now.place.startswith(LOGIN_PLACE):
        return waiting(now)
    return None if now.place in ("events", DOCTOR, DOCTOR_MEND) else selected(now)


def filterable(now: Situation) -> str | None:
    """Whether there is something to filter."""
    return None if now.rows else "there is nothing to filter yet"
