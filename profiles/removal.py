"""Move a whole folder, also across file systems: everything is durable there before anything goes here (R5)."""

from __future__ import annotations

import errno
import os

from profiles.atomic import not_writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.files import Files


def move_folder(files: Files, source: str, target: str) -> None:
    """Move `source` to `target`, which must not exist. Raises StoreNotWritable; then `source` is still whole."""
    try:
        files.rename(source, target)
        files.sync_folder(os.path.dirname(target))
        files.sync_folder(os.path.dirname(source))
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise not_writable(target, error) from error
    else:
        return
    half = f"{target}.half-moved"
    try:
        _copy(files, source, half)
        files.rename(half, target)
        files.sync_folder(os.path.dirname(target))
    except OSError as error:
        _remove_half(files, half)
        raise not_writable(target, error) from error
    try:
        _remove(files, source)
    except OSError as error:
        raise not_writable(source, error) from error


def _remove_half(files: Files, half: str) -> None:
    """What is whole is the source; half a copy of a login is only in the way."""
    try:
        _remove(files, half)
    except OSError:
        pass


def _copy(files: Files, source: str, target: str) -> None:
    files.make_folder(target, 0o700)
    for entry in list(os.scandir(source)):
        place = f"{target}/{entry.name}"
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), place)
        elif entry.is_dir():
            _copy(files, entry.path, place)
        elif entry.is_file():
            _copy_file(files, entry.path, place)
    files.sync_folder(target)


def _copy_file(files: Files, source: str, target: str) -> None:
    reader = files.open(source, os.O_RDONLY)
    try:
        writer = files.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            files.chmod(writer, os.fstat(reader).st_mode & 0o700)
            while piece := os.read(reader, 1 << 20):
                files.write(writer, piece)
            files.sync(writer)
        finally:
            files.close(writer)
    finally:
        files.close(reader)


def _remove(files: Files, folder: str) -> None:
    for entry in list(os.scandir(folder)):
        if entry.is_dir() and not entry.is_symlink():
            _remove(files, entry.path)
        else:
            files.unlink(entry.path)
    files.remove_folder(folder)
