"""Killed at any call, a refresh loses nothing but what lay between rotation and our first fsync (R17, R18)."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from profiles.errors import StoreError
from profiles.listing import take_snapshot
from profiles.refresh_checks import FAILED, FRESH, NEEDED, REFRESHED, SKIPPED, UNSURE
from tests.refreshing.stand import Stand
from tests.rules.yard import AT_FILE_CALLS, read, sub_box
from tests.support.cli import ROOT
from tests.support.faults import Faulty, Killed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.refreshing import Result
    from tests.conftest import Box

CHILD = "tests/refreshing/child.py"


def _furnish(stand: Stand) -> list[str]:
    """Let a profile, the active home and a registered home hold one login; return their files."""
    login = stand.sign_in("ada")
    return [
        stand.put("ada", login),
        stand.live(login),
        stand.register("lab", f"{stand.box.path}/lab", login),
    ]


def _is_on_disk(stand: Stand, token: str) -> bool:
    for folder, _, names in os.walk(stand.box.path):
        for name in names:
            with open(f"{folder}/{name}", "rb") as file:
                if token.encode() in file.read():
                    return True
    return False


def _check_afterwards(stand: Stand, paths: list[str], where: str) -> bool:
    """Run again as cron would; the login works in every holder, or was lost in the window and is said to be.

    Returns whether it was lost.
    """
    [family] = stand.simulator.families
    current = family.current
    assert current is not None, f"{where}: the family ended"
    lost = not _is_on_disk(stand, current)
    if lost:
        row = take_snapshot(stand.context).row("ada")
        assert row is not None
        assert row.state == "uncertain", f"{where}: {row.state}"
        stand.reuse_is_forced += 1
    outcomes = {r.outcome for r in stand.refresh()}
    if lost:
        assert outcomes == {NEEDED}, f"{where}: {outcomes}"
        row = take_snapshot(stand.context).row("ada")
        assert row is not None
        assert (row.state, row.reason) == (
            "login-needed",
            "a refresh whose answer never arrived had used it up",
        )
        assert {r.outcome for r in stand.refresh()} == {NEEDED}
        return True
    assert outcomes <= {REFRESHED, FRESH}, f"{where}: {outcomes}"
    assert all(stand.works(path) for path in paths), f"{where}: a holder was left behind"
    return False


def test_r17_r18_killed_at_any_call(box: Box) -> None:
    """Before or in the middle of every single call that changes a file."""
    lost, number = [], 0
    while True:
        number += 1
        files = Faulty(number)
        with Stand(sub_box(box, number)) as stand:
            paths = _furnish(stand)
            try:
                stand.refresh(files=files)
            except Killed:
                files.bury()
            if files.calls < number:
                break
            if _check_afterwards(stand, paths, f"call {number}, {files.trace[-1]}"):
                lost.append(files.trace[-1])
    assert number > 30
    # Written and cut, and not yet on the disk: a kill of the machine, not of a process, would lose it.
    assert all(name in ("write", "truncate") for name in lost), lost


@AT_FILE_CALLS
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_r7_r17_a_call_that_fails_loses_nothing(box: Box, number: int, step: int) -> None:
    """A full disk, quota, read-only or broken disk at any call: said, and a later run mends it.

    Up to the request nothing is sent; after the answer the tokens find another place.
    """
    at = 0
    while True:
        at += step
        files = Faulty(at, lambda: OSError(number, "injected"))
        with Stand(sub_box(box, at)) as stand:
            paths = _furnish(stand)
            results: list[Result] = []
            try:
                results = stand.refresh(files=files)
            except StoreError:
                pass
            if files.calls < at:
                break
            [family] = stand.simulator.families
            where = f"call {at}, {files.trace[at - 1]}"
            assert family.current is not None
            assert _is_on_disk(stand, family.current), f"{where}: lost"
            if not family.generation:
                assert {r.outcome for r in results} <= {FAILED, SKIPPED}, where
            again = {r.outcome for r in stand.refresh()}
            assert again <= {REFRESHED, FRESH}, f"{where}: {again}"
            assert all(stand.works(path) for path in paths), where
    assert at > 30


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_r17_r18_killed_for_real_at_any_call(box: Box, moment: str) -> None:
    """SIGKILL in a process of its own, before and after each call."""
    lost, number = 0, 0
    while True:
        number += 1
        with Stand(sub_box(box, number)) as stand:
            paths = _furnish(stand)
            child = subprocess.run(
                [sys.executable, CHILD, moment, str(number)],
                env={**os.environ, **stand.environ, "CODEX_HOME": stand.home, "PYTHONPATH": ROOT},
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if child.returncode == 0:
                break
            assert child.returncode == -signal.SIGKILL, child.stderr
            lost += _check_afterwards(stand, paths, f"{moment} call {number}")
    assert number > 30
    assert lost <= 2


def test_r18_the_window(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    """From the parsed answer to its fsync it takes less than 5 ms, on a disk that really syncs.

    Beside it, by turns, stands the least that it can be: a plain write and fsync of as many bytes, in a thread, as the
    answer is. Three quarters of the turns may have waited for a processor that others have; where even the plain write
    does, the window may be three times as wide as it.
    """
    windows: list[float] = []
    plain: list[float] = []
    for number in range(20):
        with Stand(sub_box(box, number)) as stand:
            path = _furnish(stand)[0]
            from profiles.refreshing import refresh_logins

            context = stand.context._replace(monotonic=time.monotonic)
            windows += [r.window for r in refresh_logins(context) if r.window is not None]
            beside = threading.Thread(target=_write_plainly, args=(path, plain))
            beside.start()
            beside.join()
    assert len(windows) >= len(plain) == 20
    with capsys.disabled():
        print("\nshortest, quarter, median and longest of 20, in ms")
        for name, taken in (("window of R18", windows), ("plain write and fsync", plain)):
            taken.sort()
            print(f"{name:24}" + " ".join(f"{taken[at] * 1e3:6.2f}" for at in (0, 5, 10, -1)))
    assert windows[5] < max(0.005, 3 * plain[5])


def _write_plainly(path: str, taken: list[float]) -> None:
    """Write what a file holds into a new one beside it; note how many seconds that took."""
    data = read(path)
    begun = time.monotonic()
    descriptor = os.open(f"{path}.plain", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    taken.append(time.monotonic() - begun)


def test_the_uncertain_one_is_presented_once_more_and_never_again(box: Box) -> None:
    """Twice sent and never answered: a third time only a person's --force sends it, and ends the doubt (R17)."""
    with Stand(box) as stand:
        stand.put("ada", stand.sign_in("ada"))
        stand.simulator.faults.add("/oauth/token", times=2, status=502)
        outcomes = [stand.refresh()[0].outcome for _ in range(4)]
        assert outcomes == [UNSURE] * 4
        assert stand.exchanges() == 2
        assert stand.refresh(force=True)[0].outcome == REFRESHED
