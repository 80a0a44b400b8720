"""A terminal that goes away must not stop the program that should end because of it."""

from __future__ import annotations

import contextlib
import os
import pty
import threading

from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from tui.screens.driver import LastingFile


def test_writing_to_a_terminal_that_is_gone() -> None:
    """Textual's writer outlives it: else the write behind its queue would wait for ever, and the program with it."""
    master, slave = pty.openpty()
    stream = os.fdopen(slave, "w", encoding="utf-8")
    file = LastingFile(stream)
    os.close(master)
    writer = WriterThread(file)  # type: ignore[arg-type]
    writer.start()

    def write() -> None:
        for _ in range(3 * MAX_QUEUED_WRITES):
            writer.write("x" * 9_000)
        writer.stop()

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    writing.join(20)
    assert not writing.is_alive()
    assert file.fileno() == slave
    with contextlib.suppress(OSError):
        stream.close()
