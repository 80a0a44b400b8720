"""The changes that the doctor makes when asked: each after a backup, each with the line that takes it back."""

from __future__ import annotations

import os
import shlex
import stat

from profiles.atomic import Reservation, make_private_folder, not_writable, replace_file
from profiles.doctor.finding import Mend, Mended
from profiles.errors import StoreError
from profiles.files import read_regular
from profiles.history import Entry, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context


def rewrite(
    context: Context, id_: str, path: str, before: bytes, after: bytes, *, changes: tuple[str, ...]
) -> Mend:
    """Return the mend that gives a file other bytes, keeping its mode and owner; a link stays, its target changes.

    `before` is what the file held when `changes` were made of it: when it holds something else at the time of the mend,
    nothing is done.
    """

    def apply() -> Mended:
        real = os.path.realpath(path)
        try:
            present = read_regular(real)
            status = os.stat(real)
        except OSError as error:
            raise not_writable(real, error) from None
        if present != before:
            raise StoreError(
                real, f"{real} has changed since it was looked at: nothing was done", "tui doctor"
            )
        kept = _keep(context, real, before)
        with Reservation(context.files, real, len(after)) as reserved:
            reserved.fill(after)
            try:
                os.chmod(reserved.path, stat.S_IMODE(status.st_mode))
                if status.st_uid != os.geteuid() or status.st_gid != os.getegid():
                    os.chown(reserved.path, status.st_uid, status.st_gid)
            except OSError as error:
                raise not_writable(real, error) from None
            reserved.install()
        _note(context, id_, real)
        return Mended((f"the former file is kept: {kept}",), shlex.join(["cp", kept, real]))

    return Mend(f"change {path}", changes, apply)


def change_mode(context: Context, id_: str, path: str, mode: int) -> Mend:
    """Return the mend that gives a file or folder of ours another mode."""
    old = stat.S_IMODE(os.stat(path).st_mode)

    def apply() -> Mended:
        try:
            os.chmod(path, mode)
        except OSError as error:
            raise not_writable(path, error) from None
        _note(context, id_, path)
        return Mended((), shlex.join(["chmod", f"{old:04o}", path]))

    change = f"chmod {mode:04o} {shlex.quote(path)}  (it is {old:04o})"
    return Mend(f"make {path} private", (change,), apply)


def remove_link(context: Context, id_: str, path: str) -> Mend:
    """Return the mend that removes a link that leads nowhere."""
    target = os.readlink(path)

    def apply() -> Mended:
        try:
            # A link that leads somewhere by now is not the one that was shown.
            if os.readlink(path) != target or os.path.exists(path):
                raise StoreError(
                    path,
                    f"{path} has changed since it was looked at: nothing was done",
                    "tui doctor",
                )
            os.unlink(path)
        except OSError as error:
            raise not_writable(path, error) from None
        _note(context, id_, path)
        return Mended((), shlex.join(["ln", "-s", "--", target, path]))

    return Mend(f"remove {path}", (f"rm {shlex.quote(path)}  (a link to {target})",), apply)


def _keep(context: Context, path: str, raw: bytes) -> str:
    """Make the former bytes durable in a file of ours; return it."""
    from time import gmtime, strftime

    folder = f"{context.roots.backups}/doctor"
    make_private_folder(context.files, folder)
    stamp = strftime("%Y%m%dT%H%M%SZ", gmtime(context.now()))
    name = os.path.basename(path).lstrip(".") or "file"
    for number in range(1000):
        kept = f"{folder}/{stamp}-{number}-{name}"
        if not os.path.lexists(kept):
            break
    replace_file(context.files, kept, raw)
    return kept


def _note(context: Context, id_: str, path: str) -> None:
    note(context, Entry(context.now(), "doctor", "", "", path, f"mended {id_}"))
