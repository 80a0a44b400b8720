"""The eight made-up profiles of the demo: one in each state that a login can be in, and who they belong to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from profiles.logging_in import save_login
from profiles.model import CHATGPT, Identity, Secret
from profiles.oauth.documents import api_key_document, chatgpt_document
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import TokenAnswer
from profiles.paths import AUTH_FILE
from profiles.spent import SPENT, record
from profiles.store import add_empty, set_note
from profiles.switching import switch
from profiles.usage_answer import read_usage
from profiles.usage_cache import Remembered, save_usage
from tui.simulator.tokens import HOUR

if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from tui.simulator.server import Simulator

DAY = 24 * HOUR
#: The workspace of two people, one of whom has an account of her own as well.
_NORTHWIND = ("6d2c1d5e-70a4-4b0e-9c3e-5f0b8a1d7e42", "Northwind", "business")


class Furnished(NamedTuple):
    """Whose login belongs in which profile, as e-mail and workspace; `newcomers` have none yet."""

    owners: dict[str, tuple[str, str]]
    newcomers: tuple[str, ...]


class _Made(NamedTuple):
    """A profile with a ChatGPT login that is `age` seconds old."""

    name: str
    email: str
    workspace: str
    age: int
    note: str | None = None


#: Oldest first, as the history has it. Access tokens live ten days: the first has expired, the third is about to.
_PROFILES = (
    _Made("lab", "carol@example.edu", "Personal", 12 * DAY),
    _Made("bob-work", "bob@example.org", "Northwind", 9 * DAY + 7 * HOUR, "borrowed until Friday"),
    _Made("old-laptop", "dan@example.net", "Personal", 8 * DAY),
    _Made("work", "ada@example.com", "Northwind", 26 * HOUR, "the same person, another workspace"),
    _Made("personal", "ada@example.com", "Personal", 2 * HOUR),
)
_TORN = _Made("torn", "erin@example.com", "Personal", 30 * DAY)
_KEY, _EMPTY = "ci-key", "spare"
_ACTIVE, _SPENT = "personal", "dan@example.net"
#: Usage was asked for so many seconds ago.
_TOLD = 400
_NEWCOMERS = ("frank@example.org", "grace@example.net")


def furnish(context: Context, simulator: Simulator) -> Furnished:
    """Make the profiles below the context's folders, one of them active, their people in the simulator.

    Each is saved as a real login is, at the time when it was made. Raises ProfilesError where that fails.
    """
    _move_in(simulator)
    key = api_key_document(Secret(simulator.api_key()))
    save_login(_at(context, context.now() - 40 * DAY), _KEY, key)
    _tear(context, simulator)
    for made in _PROFILES:
        then = context.now() - made.age
        document = _sign_in(simulator, made, then)
        save_login(_at(context, then), made.name, document)
        if made.note is not None:
            set_note(context, made.name, made.note)
    _use_up(context, simulator)
    _remember_usage(context, simulator)
    add_empty(context, _EMPTY)
    switch(context, _ACTIVE)
    owners = {made.name: (made.email, made.workspace) for made in (*_PROFILES, _TORN)}
    return Furnished(owners, _NEWCOMERS)


def _move_in(simulator: Simulator) -> None:
    add = simulator.people.add
    add("ada@example.com", plan="plus", workspaces=[_NORTHWIND], api_key=False)
    add("bob@example.org", workspaces=[_NORTHWIND], personal=False, api_key=False)
    add("carol@example.edu", plan="edu", api_key=False)
    add("dan@example.net", plan="pro", api_key=False)
    for email, plan in zip((_TORN.email, *_NEWCOMERS), ("plus", "go", "pro"), strict=True):
        add(email, plan=plan, api_key=False)
    use = simulator.backend.set_usage
    use("ada@example.com", "Personal", primary=37, secondary=61)
    use("ada@example.com", "Northwind", primary=4, secondary=18)
    use("bob@example.org", "Northwind", primary=100, secondary=83)
    use("dan@example.net", "Personal", primary=0, secondary=9)


def _at(context: Context, moment: float) -> Context:
    """Return the same surroundings at another time."""
    return context._replace(now=lambda: moment)


def _sign_in(simulator: Simulator, made: _Made, then: float) -> AuthDocument:
    tokens = simulator.sign_in(made.email, made.workspace, issued_at=then)
    answer = TokenAnswer(
        *(Secret(tokens[name]) for name in ("id_token", "access_token", "refresh_token"))
    )
    return chatgpt_document(answer, Issuer(simulator.url), then)


def _use_up(context: Context, simulator: Simulator) -> None:
    """Let another machine have refreshed a profile's login: what is here is good for nothing."""
    family = next(each for each in simulator.families if each.session.person.email == _SPENT)
    spent = family.current
    if spent is not None:
        simulator.rotate(spent)
        record(context, SPENT, [Secret(spent).digest()])


def _remember_usage(context: Context, simulator: Simulator) -> None:
    """Let the usage of each login have been told a few minutes ago."""
    now = context.now()
    told = {}
    for made in _PROFILES:
        person = simulator.people.find(made.email)
        place = person.workspace(made.workspace)
        usage = read_usage(simulator.backend.usage_of(person, place), now - _TOLD)
        identity = Identity(CHATGPT, person.user_id, place.id, "")
        told[identity.digest()] = Remembered(usage)
    save_usage(context, told)


def _tear(context: Context, simulator: Simulator) -> None:
    """Make a profile whose file is cut off in its middle, as a crash of an old client leaves it."""
    document = _sign_in(simulator, _TORN, context.now() - _TORN.age)
    folder = f"{context.roots.profiles}/{_TORN.name}"
    os.mkdir(folder, 0o700)
    path = f"{folder}/{AUTH_FILE}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(document.raw[: len(document.raw) // 2])
