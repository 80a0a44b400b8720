"""Who has an account with the simulated service, and in which workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tui.simulator.mint import Mint


@dataclass(frozen=True)
class Workspace:
    """An account: `id` is `chatgpt_account_id`, `plan` the word of the claim."""

    id: str
    name: str
    plan: str
    personal: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody with a ChatGPT user. The first of the workspaces is the one that is taken unasked."""

    email: str
    user_id: str
    subject: str
    organization_id: str
    workspaces: tuple[Workspace, ...]
    #: Whether the account has Codex at all, lives in the government's region, gets an API key when it asks.
    entitled: bool = True
    fedramp: bool = False
    api_key: bool = True

    @property
    def account_id(self) -> str:
        """The account that is taken unasked."""
        return self.workspaces[0].id

    def workspace(self, wanted: str | None = None) -> Workspace:
        """Return a workspace by id or name, or the first. Raises KeyError when the person is in none like that."""
        for each in self.workspaces:
            if wanted in (None, each.id, each.name):
                return each
        raise KeyError(f"{self.email} is in no workspace {wanted!r}")


class People:
    """Everybody, by e-mail."""

    def __init__(self, mint: Mint) -> None:
        self._mint = mint
        self._all: dict[str, Person] = {}

    def add(
        self,
        email: str,
        *,
        user_id: str | None = None,
        plan: str = "plus",
        workspaces: Iterable[tuple[str, str, str]] = (),
        account_id: str | None = None,
        personal: bool = True,
        entitled: bool = True,
        fedramp: bool = False,
        api_key: bool = True,
    ) -> Person:
        """Add somebody, or replace who has this e-mail.

        They have a personal account of `plan` (not with `personal=False`) and are in `workspaces`, each an id, a
        name and a plan. Two people that name the same id are in one workspace.
        """
        mint = self._mint
        own = Workspace(account_id or mint.uuid(), "Personal", plan, personal=True)
        person = Person(
            email=email,
            user_id=user_id or f"user-{mint.word(24)}",
            subject=f"auth0|{mint.word(24)}",
            organization_id=f"org-{mint.word(24)}",
            workspaces=((own,) if personal else ())
            + tuple(Workspace(*each) for each in workspaces),
            entitled=entitled,
            fedramp=fedramp,
            api_key=api_key,
        )
        if not person.workspaces:
            raise ValueError(f"{email} is in no workspace at all")
        self._all[email] = person
        return person

    def find(self, email: str) -> Person:
        """Return somebody; who is not known yet is added with a personal account."""
        known = self._all.get(email)
        return known if known is not None else self.add(email)

    def __iter__(self) -> Iterator[Person]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)
