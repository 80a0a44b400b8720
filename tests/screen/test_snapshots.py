"""What each pane, dialog and empty state looks like, at three sizes, in colours and without: pictures that were seen.

`python -m pytest tests/screen/test_snapshots.py --snapshot-update` makes them again. Look at each that changed before
it is committed; on a difference snapshot_report.html shows both. What they show stands in `gallery.py`.
"""

from __future__ import annotations

import os
from functools import partial

import pytest

from profiles.context import make_context
from tests.screen.gallery import MONO, PICTURES, SMALL, Look, Scene, name_of
from tests.screen.scenes import CONFIG, frozen, settle_times
from tests.screen.stage import NOBODY, Stage, put
from tui.app import first_look, make_scene, read_config
from tui.screens.switchyard import Switchyard
from tui.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from tests.conftest import Box

    Compare = Callable[..., bool]


def _app(look: Look) -> Switchyard:
    context = frozen(make_context())
    context = context._replace(environ={**context.environ, "SWITCHYARD_CHATGPT_BASE_URL": NOBODY})
    config, problem = read_config(context)
    assert problem is None
    state = State(context.now, *first_look(context))
    return Switchyard(make_scene(context, config, state, look.size), config)


@pytest.mark.parametrize(
    ("scene", "look"), PICTURES, ids=[name_of(scene, look) for scene, look in PICTURES]
)
def test_looks_as_it_did(
    box: Box, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch, scene: Scene, look: Look
) -> None:
    """Catches any change of what is drawn that nobody meant."""
    root = f"{box.path}/ada"
    os.mkdir(root, 0o700)
    surroundings = {
        "HOME": root,
        "SWITCHYARD_HOME": f"{root}/.switchyard",
        "COLORTERM": "truecolor",
        "LC_ALL": scene.locale,
        "LANG": scene.locale,
        **dict(scene.environ),
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    config = f'theme = "{look.theme}"\n{CONFIG}'
    put(f"{root}/.switchyard/config/config.toml", config.encode())
    scene.furnish(root)
    settle_times(root)

    async def play(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, Switchyard)
        stage = Stage(app, pilot)
        await stage.settle()
        await scene.play(stage)
        app.clear_notifications()
        await stage.settle()

    assert snap_compare(_app(look), terminal_size=look.size, run_before=partial(play))


def test_all_are_seen_without_colours_and_small() -> None:
    """Catches a scene that nobody looked at in mono, and one that was never seen in a small terminal."""
    names = {scene.name for scene, _ in PICTURES} - {"too-small"}
    assert names == {scene.name for scene, look in PICTURES if look.theme == MONO}
    wide_only = {"sorted", "usage", "holders", "history", "zoomed", "device-qr"}
    small = {scene.name for scene, look in PICTURES if look.size == SMALL}
    assert names - small - {"too-small"} == wide_only
