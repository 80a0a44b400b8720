"""A login in memory alone, when the program must end: it is saved, or left behind whole for whoever comes next (R7)."""

from __future__ import annotations

import errno
import os
import shutil

from profiles import lock
from profiles.auth_file import parse
from profiles.context import make_context
from profiles.files import Files
from profiles.keeping import keep_login, leave_behind
from profiles.listing import take_snapshot
from profiles.reconcile import reconcile
from tests.screen.stage import contents, two_logins
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Box


def test_of_another_identity(box: Box) -> None:
    """It becomes a profile of its own, and the one that it was for keeps its login."""
    _, bob = two_logins(box)
    carol = Login(Person("carol")).fresh()
    kept = keep_login(make_context(), "work", parse(carol.document().data(), ""))
    assert kept.name == "carol"
    assert contents(f"{box.profile('carol')}/auth.json") == carol.document().data()
    assert contents(f"{box.profile('work')}/auth.json") == bob.document().data()


def test_locks_that_somebody_holds(box: Box) -> None:
    """Left behind whole; the next start makes a profile of it, and nothing half-made stays."""
    two_logins(box)
    carol = Login(Person("carol")).fresh()
    context = make_context()
    quick = context._replace(monotonic=_hours())
    with lock.acquire(context, [lock.store_lock(context)]):
        kept = keep_login(quick, "work", parse(carol.document().data(), ""))
    assert kept.name is None
    assert kept.path is not None
    assert contents(f"{kept.path}/auth.json") == carol.document().data()
    assert take_snapshot(context).row("carol") is None
    report = reconcile(context)
    assert "carol" in "\n".join(report.said)
    assert contents(f"{box.profile('carol')}/auth.json") == carol.document().data()
    assert not [name for name in os.listdir(box.profiles) if name.startswith(".")]


def _hours() -> Callable[[], float]:
    """Return a clock on which an hour passes at every look."""
    times = iter(range(0, 10**9, 3600))
    return lambda: float(next(times))


def test_a_newer_login_of_the_same_person(box: Box) -> None:
    """Left behind, it takes the place of the older one in its profile and in the active home."""
    ada, _ = two_logins(box)
    newer = ada.sign_in("second").fresh(age=60)
    context = make_context()
    leave_behind(context, parse(newer.document().data(), ""))
    reconcile(context)
    for home in (box.profile("personal"), box.codex):
        assert contents(f"{home}/auth.json") == newer.document().data()


def test_without_an_active_home(box: Box) -> None:
    """Where Codex was never used what was left behind is taken up all the same."""
    shutil.rmtree(box.codex, ignore_errors=True)
    carol = Login(Person("carol")).fresh()
    context = make_context()
    leave_behind(context, parse(carol.document().data(), ""))
    reconcile(context)
    assert contents(f"{box.profile('carol')}/auth.json") == carol.document().data()
    assert not os.path.exists(box.codex)


class Swept(Files):
    """Somebody removes the first folder that is made."""

    swept = False

    def sync_folder(self, folder: str) -> None:
        """Sync; the half-made folder is gone then."""
        super().sync_folder(folder)
        for name in os.listdir(folder):
            if name.startswith(".new-") and not self.swept:
                self.swept = True
                os.rmdir(f"{folder}/{name}")

    def rename(self, source: str, target: str) -> None:
        """Rename."""
        if not os.path.exists(source):
            raise OSError(errno.ENOENT, "gone")
        super().rename(source, target)


def test_swept_away_meanwhile(box: Box) -> None:
    """Should another process settle leftovers just then, the folder is made once more."""
    two_logins(box)
    carol = Login(Person("carol")).fresh()
    files = Swept()
    path = leave_behind(make_context()._replace(files=files), parse(carol.document().data(), ""))
    assert files.swept
    assert contents(f"{path}/auth.json") == carol.document().data()
