"""Homes with any number of made-up profiles, as they look after each was saved with `tui add`."""

from __future__ import annotations

import os

from profiles.auth_file import parse
from profiles.context import make_context
from profiles.files import Files
from profiles.history import iso
from profiles.profile_file import ProfileFile, save_profile_file
from tests.support.tokens import HOUR, Login, Person

#: Comes before every other name, and so stands in the first row.
FIRST = "p00000"
#: How long ago each logged in (seconds): nothing that is shown of it reads otherwise for half an hour.
AGE = 5 * HOUR + HOUR // 2


class _Unsynced(Files):
    """Ten thousand profiles need not survive a power cut."""

    def sync(self, descriptor: int) -> None:
        """Do nothing."""

    def sync_folder(self, folder: str) -> None:
        """Do nothing."""


class Store:
    """One temporary `$HOME` and `$SWITCHYARD_HOME` with `count` profiles; the first is active."""

    def __init__(self, folder: str, count: int) -> None:
        """Make it below `folder`."""
        self.count = count
        self.home, self.switchyard = f"{folder}/{count}/home", f"{folder}/{count}/sy"
        os.makedirs(f"{self.home}/.codex", 0o700)
        context = make_context(self.environ())._replace(files=_Unsynced())
        for number in range(count):
            name = self.name(number)
            login = Login(Person(name)).fresh(age=AGE)
            if not number:
                login.write(f"{self.home}/.codex")
            profile = f"{context.roots.profiles}/{name}"
            login.write(profile)
            document = parse(login.document().data(), profile)
            save_profile_file(
                context,
                profile,
                ProfileFile(
                    created=iso(context.now()), identity=document.identity, email=document.email
                ),
            )
            os.chmod(profile, 0o700)

    @staticmethod
    def name(number: int) -> str:
        """Return the name of one profile."""
        return f"p{number:05}"

    def environ(self) -> dict[str, str]:
        """Return the environment of a child: these homes, and bytecode as an installation has it."""
        return {
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", os.defpath),
            # The screen asks for usage after its first row: nobody listens there.
            "SWITCHYARD_CHATGPT_BASE_URL": "http://127.0.0.1:9/backend-api/",
            "SWITCHYARD_HOME": self.switchyard,
            "TERM": "xterm-256color",
        }
