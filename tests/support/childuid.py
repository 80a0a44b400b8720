"""Surroundings that make root's powers worthless, so that tests of permissions prove something.

    run_tui(["switch", "b"], wrap=as_nobody())    # as the user `nobody`, who owns what you give()
    with read_only(folder): …                     # a bind mount: not even root writes there
    with small_disk(folder, 64 * 1024): …         # a tmpfs of that size, empty

All skip the test when it does not run as root, or when this machine lets nobody mount. Before a
test concludes anything, it asserts that a plain write fails there: `refuses_writes(folder)`.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from typing import Final

import pytest

from tests.support.cli import ROOT
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The user and group id of `nobody`, who has no powers and no home.
NOBODY: Final = 65_534


def need_root() -> None:
    """Skip the test unless it runs as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can drop to another user, or mount")


def _closed_at(path: str) -> str | None:
    """Return the topmost of `path` and the folders above it that others cannot enter."""
    parts = os.path.realpath(path).split("/")
    for end in range(2, len(parts) + 1):
        folder = "/".join(parts[:end])
        if os.path.isdir(folder) and not os.stat(folder).st_mode & 0o001:
            return folder
    return None


def as_nobody() -> list[str]:
    """Return the words before a command that run it as `nobody`, without capabilities.

    The interpreter or the project may lie where `nobody` cannot go, such as below /root. Then the
    command gets a mount namespace of its own, in which that folder can be entered and holds
    nothing but these; the real one is not touched.
    """
    need_root()
    drop = [need("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    drop += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]
    closed = sorted(
        {folder for path in (sys.base_prefix, sys.prefix, ROOT) if (folder := _closed_at(path))}
    )
    if not closed:
        return drop
    shown = [os.path.realpath(path) for path in (sys.base_prefix, sys.prefix) if _closed_at(path)]
    script = ["set -e", "umask 022", "stage=$(mktemp -d)", 'mount -t tmpfs tmpfs "$stage"']
    script += [f'mkdir "$stage/{place}"' for place in ("project", *range(len(shown)))]
    script.append(f'mount --bind {shlex.quote(ROOT)} "$stage/project"')
    for number, path in enumerate(shown):
        script.append(f'mount --bind {shlex.quote(path)} "$stage/{number}"')
    script += [f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(folder)}" for folder in closed]
    if _closed_at(ROOT):  # copied, because a clone may be private in every file
        packages = " ".join(f'"$stage/project/{name}"' for name in ("profiles", "tui", "tests"))
        script.append(f"mkdir -p {shlex.quote(ROOT)}")
        script.append(f"cp -r {packages} {shlex.quote(ROOT)}")
        script.append(f"chmod -R a+rX {shlex.quote(ROOT)}")
    for number, path in enumerate(shown):
        script.append(f"mkdir -p {shlex.quote(path)}")
        script.append(f'mount --bind "$stage/{number}" {shlex.quote(path)}')
    script += ['umount -R -l "$stage"', 'rmdir "$stage"', f'exec {shlex.join(drop)} "$@"']
    return [need("unshare"), "--mount", "--", "sh", "-c", "\n".join(script), "as_nobody"]


def run_as_nobody(
    command: Sequence[str], *, env: dict[str, str] | None = None, cwd: str = "/"
) -> subprocess.CompletedProcess[str]:
    """Run a command as `nobody` and return how it ended, with its output as text."""
    return subprocess.run(
        [*as_nobody(), *command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def give(path: str, uid: int = NOBODY) -> None:
    """Make `uid` the owner of `path` and of everything below; links are not followed."""
    need_root()
    os.chown(path, uid, uid, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)


def refuses_writes(folder: str, *, to_nobody: bool = False) -> bool:
    """Whether making a file in `folder` fails: for this process, or for `nobody`."""
    probe = os.path.join(folder, ".probe")
    if to_nobody:
        return run_as_nobody(["sh", "-c", f": > {shlex.quote(probe)}"]).returncode != 0
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError:
        return True
    os.unlink(probe)
    return False


@contextlib.contextmanager
def _mounted(folder: str, *steps: Sequence[str]) -> Iterator[str]:
    need_root()
    mount, umount = need("mount"), need("umount")
    done = 0
    try:
        for step in steps:
            ran = subprocess.run([mount, *step], capture_output=True, check=False, text=True)
            if ran.returncode != 0:
                pytest.skip(f"cannot mount here: {ran.stderr.strip()}")
            done = 1
        yield folder
    finally:
        if done:
            subprocess.run([umount, "-l", folder], check=True)


@contextlib.contextmanager
def read_only(folder: str) -> Iterator[str]:
    """Make what lies in `folder` read-only for everybody while the block runs."""
    bind = ["--bind", folder, folder]
    with _mounted(folder, bind, ["-o", "remount,bind,ro", folder]):
        yield folder


@contextlib.contextmanager
def small_disk(folder: str, size: int, *, inodes: int = 0) -> Iterator[str]:
    """Put an empty disk of `size` bytes (whole pages) over `folder` while the block runs.

    `inodes` bounds the number of files and folders, its own root included; 0 is no bound.
    """
    options = f"size={size},mode=700" + (f",nr_inodes={inodes}" if inodes else "")
    with _mounted(folder, ["-t", "tmpfs", "-o", options, "tmpfs", folder]):
        yield folder
