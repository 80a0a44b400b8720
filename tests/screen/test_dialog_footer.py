"""The last line of the screen belongs to what is open: below a dialog it names the dialog's keys, or none."""

from __future__ import annotations

import pytest

from tests.screen.stage import Stage, open_stage, put, two_logins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: The keys that open each dialog, and what its last line names then.
DIALOGS = {
    "rename": (("e",), "enter saves  esc cancels"),
    "note": (("E",), "enter saves  esc cancels"),
    "delete": (("d",), "y delete  n cancel  tab the other"),
    "several": (("V", "d"), "y delete  n cancel"),
    "new": (("n",), "enter goes on  esc cancels"),
    "key": (("n", "=bot", "down", "down", "enter"), "enter goes on  esc cancels"),
    "sort": (("S",), "enter takes it  esc leaves it"),
    "refused": (("space",), "y do it anyway  n cancel"),
    "help": (("question_mark",), ""),
    "palette": (("colon",), ""),
    "copies": (("Y",), ""),
}


def last_line(stage: Stage) -> str:
    """Return the last line of the screen, also below a dialog."""
    strips = stage.app.screen._compositor.render_strips()
    return "".join(segment.text for segment in strips[-1])


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=str)
@pytest.mark.parametrize("dialog", DIALOGS)
async def test_the_keys_of_what_is_open(box: Box, dialog: str, size: tuple[int, int]) -> None:
    """Catches keys of the list that stand below a dialog, where they do something else or nothing."""
    two_logins(box)
    if dialog == "refused":
        put(f"{box.codex}/config.toml", b'forced_login_method = "api"\n')
    keys, wanted = DIALOGS[dialog]
    async with open_stage(size) as stage:
        await stage.press("G")
        before = last_line(stage)
        assert "space switch" in before
        await stage.press(*keys)
        assert len(stage.app.screen_stack) > 1
        line = stage.main.key_line.text
        assert line.startswith(wanted)
        assert line or not wanted
        # A dialog may cover the last line of a small terminal.
        assert wanted in last_line(stage) or size == (40, 12)
        assert "space switch" not in last_line(stage)
        await stage.press("ctrl+c")
        await stage.until(lambda: len(stage.app.screen_stack) == 1)
        assert "switch" in last_line(stage) or "refresh 2" in last_line(stage)
