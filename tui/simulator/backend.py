"""The ChatGPT backend, as far as Codex asks it about accounts: usage, workspaces, who a token is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.simulator.token_endpoint import refused
from tui.simulator.wire import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.simulator.families import Bearer, Families
    from tui.simulator.mint import Mint
    from tui.simulator.people import People, Person, Workspace
    from tui.simulator.wire import Request

#: The windows of the rate limit, in seconds: five hours and a week.
PRIMARY, SECONDARY = 18_000, 604_800
#: How much of each a login has used when nothing else was set, in per cent.
_USED = (12, 34)
_NO_CONSTRAINT = "NO_CONSTRAINT"


class Backend:
    """Answers for bearers that the issuer gave out."""

    def __init__(
        self, mint: Mint, people: People, families: Families, now: Callable[[], float]
    ) -> None:
        self._mint, self._people, self._families = mint, people, families
        self._now = now
        self._usage: dict[tuple[str, str], dict[str, Any]] = {}
        self._personal_tokens: dict[str, tuple[Person, Workspace]] = {}

    # -- from another thread --

    def personal_token(self, email: str, workspace: str | None = None) -> str:
        """Return a new personal access token (`at-…`) that whoami knows."""
        person = self._people.find(email)
        token = self._mint.opaque("at-", 32)
        self._personal_tokens[token] = (person, person.workspace(workspace))
        return token

    def forget_personal_token(self, token: str) -> None:
        """Let a personal access token be refused from now on."""
        self._personal_tokens.pop(token, None)

    def set_usage(self, email: str, workspace: str | None = None, **fields: object) -> None:
        """Change fields of what `wham/usage` says about somebody in a workspace; see `usage_of`.

        `primary` and `secondary` are short for the per cent used of each window; None takes a window away.
        """
        person = self._people.find(email)
        place = person.workspace(workspace)
        document = self.usage_of(person, place)
        for name in ("primary", "secondary"):
            if name in fields:
                used = fields.pop(name)
                window = document["rate_limit"][f"{name}_window"]
                changed = None if used is None else {**window, "used_percent": used}
                document["rate_limit"][f"{name}_window"] = changed
                if used is not None and int(str(used)) >= 100:
                    document["rate_limit"] |= {"allowed": False, "limit_reached": True}
                    document["rate_limit_reached_type"] = {"type": "rate_limit_reached"}
        self._usage[person.user_id, place.id] = {**document, **fields}

    def usage_of(self, person: Person, workspace: Workspace) -> dict[str, Any]:
        """Return what `wham/usage` says about somebody in a workspace."""
        known = self._usage.get((person.user_id, workspace.id))
        if known is not None:
            return known
        now = int(self._now())
        windows = [
            {
                "used_percent": used,
                "limit_window_seconds": seconds,
                "reset_after_seconds": seconds // 2,
                "reset_at": now + seconds // 2,
            }
            for used, seconds in zip(_USED, (PRIMARY, SECONDARY), strict=True)
        ]
        return {
            "user_id": person.user_id,
            "account_id": workspace.id,
            "email": person.email,
            "plan_type": workspace.plan,
            "rate_limit": {
                "allowed": True,
                "limit_reached": False,
                "primary_window": windows[0],
                "secondary_window": windows[1],
            },
            "code_review_rate_limit": None,
            "additional_rate_limits": None,
            "credits": {
                "has_credits": False,
                "unlimited": False,
                "balance": "0",
                "approx_local_messages": [0, 0],
                "approx_cloud_messages": [0, 0],
            },
            "spend_control": {"reached": False},
            "rate_limit_reached_type": None,
        }

    # -- over the wire --

    def _bearer(self, request: Request) -> Bearer | Reply:
        """Return whose token it is, or the refusal."""
        bearer = self._families.bearer(request.bearer)
        if bearer is None:
            return refused(401, "invalid_token", "Could not parse your authentication token.")
        if bearer.family.ended:
            return refused(401, "token_revoked", "Your session has ended. Please log in again.")
        if bearer.expires_at <= self._now():
            return refused(401, "token_expired", "Provided authentication token is expired.")
        return bearer

    def _place(self, request: Request, person: Person, own: Workspace) -> Workspace:
        """Return the account that is asked about: the header's, else the token's."""
        wanted = request.header("chatgpt-account-id")
        return next((each for each in person.workspaces if each.id == wanted), own)

    def usage(self, request: Request) -> Reply:
        """Answer `wham/usage`."""
        bearer = self._bearer(request)
        if isinstance(bearer, Reply):
            return bearer
        person = bearer.session.person
        place = self._place(request, person, bearer.session.workspace)
        return answer(200, self.usage_of(person, place))

    def accounts(self, request: Request) -> Reply:
        """Answer `wham/accounts/check`: the person's workspaces."""
        bearer = self._bearer(request)
        if isinstance(bearer, Reply):
            return bearer
        person = bearer.session.person
        return answer(
            200,
            {
                "accounts": [
                    {
                        "id": each.id,
                        "name": None if each.personal else each.name,
                        "plan_type": each.plan,
                        "structure": "personal" if each.personal else "workspace",
                        "account_user_role": "account-owner" if each.personal else "standard-user",
                        "profile_picture_url": None,
                        "is_deactivated": False,
                        "workspace_backend_origin": _NO_CONSTRAINT,
                        "account_routing_override": _NO_CONSTRAINT,
                    }
                    for each in person.workspaces
                ],
                "account_ordering": [each.id for each in person.workspaces],
                "default_account_id": person.account_id,
            },
        )

    def whoami(self, request: Request) -> Reply:
        """Answer who a personal access token is."""
        known = self._personal_tokens.get(request.bearer)
        if known is None:
            return refused(401, "invalid_token", "The access token is not valid.")
        person, workspace = known
        return answer(
            200,
            {
                "email": person.email,
                "chatgpt_user_id": person.user_id,
                "chatgpt_account_id": workspace.id,
                "chatgpt_plan_type": workspace.plan,
                "chatgpt_account_is_fedramp": person.fedramp,
            },
        )
