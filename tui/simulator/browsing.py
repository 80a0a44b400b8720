"""What a person does in a browser: opens the page, clicks on who they are, and is sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl

from tui.simulator import pages
from tui.simulator.grants import GrantRefusedError, read_wish
from tui.simulator.wire import Reply, page, redirect

if TYPE_CHECKING:
    from tui.simulator.device import Device
    from tui.simulator.grants import Grants
    from tui.simulator.people import People, Person, Workspace
    from tui.simulator.wire import Request


class Browsing:
    """The two pages, and clicks on them."""

    def __init__(self, people: People, grants: Grants, device: Device) -> None:
        self._people, self._grants, self._device = people, grants, device

    def _places(self, only: tuple[str, ...] = ()) -> list[tuple[Person, Workspace]]:
        return [
            (person, place)
            for person in self._people
            for place in person.workspaces
            if not only or place.id in only
        ]

    def click(
        self,
        url: str,
        email: str,
        workspace: str | None = None,
        *,
        error: str | None = None,
        description: str = "",
    ) -> str:
        """Return the callback to which the page of an authorize URL leads. Raises GrantRefusedError, KeyError.

        Without a workspace it is the first of the person's that the URL lets through, else their first.
        """
        wish = read_wish(url)
        if error is not None:
            return self._grants.refuse(wish, error, description)
        person = self._people.find(email)
        allowed = [each for each in person.workspaces if each.id in wish.workspaces]
        place = allowed[0] if workspace is None and allowed else person.workspace(workspace)
        return self._grants.approve(wish, person, place)

    def authorize(self, request: Request) -> Reply:
        """Show the page of an authorize URL."""
        try:
            wish = read_wish(f"?{request.query}")
        except GrantRefusedError as error:
            return page(400, pages.message("This link is not right", error.message))
        return page(200, pages.authorize(request.query, self._places(wish.workspaces)))

    def authorized(self, request: Request) -> Reply:
        """Take the click on it."""
        asked = dict(request.form())
        url = f"?{asked.get('query', '')}"
        try:
            who = self._who(asked)
            if who is None:
                address = self._grants.refuse(
                    read_wish(url), "access_denied", "The user denied the request."
                )
            else:
                address = self.click(url, *who)
        except (GrantRefusedError, KeyError):
            return page(400, pages.message("This does not work", "Start again in the terminal."))
        return redirect(address)

    def device(self, request: Request) -> Reply:
        """Show the page where a device code is typed."""
        code = dict(parse_qsl(request.query)).get("user_code", "")
        return page(200, pages.device(code, self._places()))

    def decided(self, request: Request) -> Reply:
        """Take a code, and the click of who it is."""
        asked = dict(request.form())
        code = asked.get("user_code", "")
        try:
            who = self._who(asked)
            if who is None:
                self._device.deny(code)
                return page(200, pages.message("Not allowed", "The terminal will say so."))
            self._device.approve(code, *who)
        except KeyError:
            text = "There is no such code that waits. Look at the terminal again."
            return page(400, pages.message("This code is not right", text))
        return page(200, pages.message("Done", "Go back to the terminal."))

    def _who(self, asked: dict[str, str]) -> tuple[str, str] | None:
        """Return e-mail and workspace of the button, None for a no. Raises KeyError for somebody made up."""
        if asked.get("who") == "nobody":
            return None
        chosen = parse_qs(asked.get("who", ""))
        email, place = chosen["email"][0], chosen["in"][0]
        if email not in {person.email for person in self._people}:
            raise KeyError(email)
        return email, place
