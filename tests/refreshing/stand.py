"""A stand for refreshing: a yard whose logins a real simulator on loopback has issued.

    with Stand(box) as stand:
        stand.save("ada", stand.sign_in("ada"))
        [result] = stand.refresh("ada")
        assert stand.is_fresh("ada")

At its end no refresh token was presented twice, unless the test says that it forced it.
"""

from __future__ import annotations

import json
import os
import time

from profiles.auth_file import parse, serialise
from profiles.history import iso
from profiles.oauth.documents import timestamp
from profiles.profile_file import ProfileFile, save_profile_file
from profiles.refresh_plan import Options
from profiles.refreshing import Result, refresh_logins
from tests.rules.yard import Yard, read
from tests.support import reuse
from tests.support.faults import Faulty
from tests.support.tokens import Document
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from profiles.files import Files
    from tests.conftest import Box

HOUR = 3600.0
DAY = 24 * HOUR


class Stand(Yard):
    """Homes, a clock that moves when told, and an issuer that goes by the same clock."""

    def __init__(self, box: Box, *, latency: float = 0.0, forgiving: bool = False) -> None:
        super().__init__(box)
        self.time = float(int(time.time()))
        self.simulator = Simulator(
            now=lambda: self.time, latency=latency, algorithm="HS256", forgiving=forgiving
        )
        self.environ |= {"SWITCHYARD_ISSUER": self.simulator.url, "NO_PROXY": "127.0.0.1"}
        self.reuse_is_forced = 0

    def __enter__(self) -> Self:
        self.simulator.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        self.simulator.stop()
        reuse.force(self.reuse_is_forced)
        if kind is None:
            assert self.simulator.reused == self.reuse_is_forced, "a refresh token was sent twice"

    def sign_in(self, name: str, age: float = 2 * HOUR, workspace: str | None = None) -> Document:
        """Let the issuer make a login for somebody, `age` seconds ago."""
        email = f"{name}@example.com"
        try:
            self.simulator.people.find(email)
        except KeyError:
            self.simulator.people.add(email)
        issued = self.time - age
        tokens: dict[str, Any] = self.simulator.sign_in(email, workspace, issued_at=issued)
        return self.document(tokens, issued)

    def document(self, tokens: dict[str, Any], issued: float) -> Document:
        """Return the auth.json that 0.169 writes for an answer of the issuer's."""
        from profiles.claims import token_facts

        value = {
            "auth_mode": "chatgpt",
            "OPENAI_API_KEY": None,
            "tokens": {
                "id_token": tokens["id_token"],
                "access_token": tokens["access_token"],
                "refresh_token": tokens["refresh_token"],
                "oauth_provenance": {
                    "issuer": self.simulator.url,
                    "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
                },
                "login_owner_id": os.urandom(16).hex(),
                "account_id": token_facts(tokens["id_token"]).account_id,
            },
            "last_refresh": timestamp(issued),
        }
        return Document(value)

    def put(self, name: str, document: Document) -> str:
        """Make a managed profile of a login; return its auth.json."""
        path = document.write(self.box.profile(name))
        os.chmod(self.box.profile(name), 0o700)
        identity = parse(document.data(), "made").identity
        fields = ProfileFile(created=iso(self.time), identity=identity)
        save_profile_file(self.context._replace(files=Faulty()), self.box.profile(name), fields)
        return path

    def refresh(
        self,
        *names: str,
        within: float | None = None,
        force: bool = False,
        files: Files | None = None,
    ) -> list[Result]:
        """Refresh these profiles, or all, a second later."""
        self.sleep(1.0)
        context = self.context if files is None else self.context._replace(files=files)
        return list(refresh_logins(context, names or None, Options(within, force)))

    def token(self, path: str) -> str:
        """Return the refresh token in a file."""
        return str(json.loads(read(path))["tokens"]["refresh_token"])

    def exchanges(self) -> int:
        """Return how many refreshes the issuer was asked for."""
        return sum(
            1
            for r in self.simulator.log
            if b'"refresh_token"' in r.body and r.path == "/oauth/token"
        )

    def works(self, path: str) -> bool:
        """Say whether the issuer would still take the refresh token in a file, without sending it."""
        return any(family.current == self.token(path) for family in self.simulator.families)


def rewritten(document: Document, **tokens: object) -> Document:
    """Return the document with other tokens, as bytes that Codex would write."""
    changed = document.having_tokens(**tokens)
    assert serialise(changed.value)
    return changed
