"""Which file of settings wins: as the real Codex 0.169 has it, in a mount namespace with an /etc of its own."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from profiles.doctor.finding import ERROR
from profiles.doctor.store_layers import line_of
from tests.doctor.patient import Patient
from tests.doctor.remedies import found_all
from tests.support.childuid import need_root
from tests.support.native import without_node
from tests.support.programs import need
from tests.support.real_codex import RealCodex
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Box

CONFIG, MANAGED, REQUIRED = "config.toml", "managed_config.toml", "requirements.toml"
HOME = "home"
MEMORY = 'cli_auth_credentials_store = "ephemeral"\n'
FILE = 'cli_auth_credentials_store = "file"\n'
API, CHATGPT = 'forced_login_method = "api"\n', 'forced_login_method = "chatgpt"\n'
#: What each file says, and whether Codex then takes a ChatGPT login for one.
LAYERS: dict[str, tuple[Mapping[str, str], bool]] = {
    "nothing": ({}, True),
    "system": ({CONFIG: MEMORY}, False),
    "home over system": ({CONFIG: MEMORY, HOME: FILE}, True),
    "managed over home": ({MANAGED: MEMORY, HOME: FILE}, False),
    "managed over both": ({MANAGED: FILE, HOME: MEMORY, CONFIG: MEMORY}, True),
    "forced by the system": ({CONFIG: API}, False),
    "forced by the managed file": ({MANAGED: API, HOME: CHATGPT}, False),
    "let through by the managed file": ({MANAGED: CHATGPT, HOME: API}, True),
    "required": ({REQUIRED: 'allowed_login_methods = ["api"]\n'}, False),
    "both allowed": ({REQUIRED: 'allowed_login_methods = ["api", "chatgpt"]\n'}, True),
    "another workspace": ({REQUIRED: 'allowed_chatgpt_workspaces = ["another"]\n'}, False),
    "an unknown method": ({REQUIRED: 'allowed_login_methods = ["chatgpt", "sso"]\n'}, False),
    "requirements that are no TOML": ({REQUIRED: "x = [\n"}, False),
    "no TOML": ({MANAGED: "x = [\n"}, False),
}


def _takes_the_login(codex: RealCodex, etc: str) -> bool:
    """Run `codex login status` where /etc is that folder; tell whether it is logged in."""
    script = 'mount --bind "$0" /etc && exec "$@"'
    command = [need("unshare"), "--mount", "--", "sh", "-c", script, etc]
    command += [without_node(codex.path), "login", "status"]
    done = subprocess.run(
        command, env=codex.environ, capture_output=True, check=False, text=True, timeout=60
    )
    said = done.stderr + done.stdout
    if "mount:" in said or "unshare:" in said:
        pytest.skip(f"cannot mount here: {said}")
    return done.returncode == 0


@pytest.mark.real_codex
@pytest.mark.parametrize("name", LAYERS)
def test_files_win_as_in_codex(box: Box, codex_169: str, name: str) -> None:
    """Codex takes the login exactly where nothing of ours is an error."""
    need_root()
    files, expected = LAYERS[name]
    Login().fresh().write(box.codex)
    patient = Patient(box)
    etc = f"{patient.root}/etc"
    for each in ("passwd", "group", "hosts", "nsswitch.conf", "resolv.conf"):
        if os.path.exists(f"/etc/{each}"):
            shutil.copy(f"/etc/{each}", f"{etc}/{each}")
    os.mkdir(f"{etc}/codex")
    for file, text in files.items():
        path = f"{box.codex}/config.toml" if file == HOME else f"{etc}/codex/{file}"
        with open(path, "w", encoding="utf-8") as opened:
            opened.write(text)
    assert _takes_the_login(RealCodex(codex_169, box.codex), etc) == expected
    ids = ("store.keyring", "store.ephemeral", "config.forced", "config.broken")
    errors = [each for id_ in ids for each in found_all(patient, id_) if each.level == ERROR]
    assert (not errors) == expected, errors


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("key = 1", 1),
        ("\n  'key'=1", 2),
        ('# key = 1\n"key" = 1', 2),
        ("[table]\nkey = 1", None),
        ("keys = 1\nmy_key = 1", None),
        ("", None),
    ],
)
def test_the_line_of_a_setting(text: str, number: int | None) -> None:
    """It is looked for before the first table, as people count, quoted or not, never in a comment."""
    assert line_of(text, "key") == number
