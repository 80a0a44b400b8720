"""`config`: the person's file is read, never written; every mistake is named with its key."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.config import KEYS, Config, config_path, load_config
from profiles.context import make_context
from profiles.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def _write(text: str | bytes) -> None:
    path = config_path(make_context())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def test_without_a_file_every_key_has_its_default(box: Box) -> None:
    """And looking makes no file."""
    assert load_config(make_context()) == Config()
    assert not os.path.exists(config_path(make_context()))
    _write("")
    assert load_config(make_context()) == Config()


def test_every_key_can_be_set(box: Box) -> None:
    """Each that `tui paths` lists is read."""
    _write(
        'theme = "mono"\nmouse = false\nsort = "-expiry"\ndaemon = "leave"\nhomes = ["~/.codex-work", "/srv/x"]\n'
        '[keys]\nswitch = "space,s"\n[refresh]\nconcurrency = 3\n[ssh]\nhost = "box"\n'
    )
    assert load_config(make_context()) == Config(
        theme="mono",
        mouse=False,
        sort="-expiry",
        keys={"switch": "space,s"},
        refresh_concurrency=3,
        daemon="leave",
        homes=("~/.codex-work", "/srv/x"),
        ssh_host="box",
    )
    assert sorted(field for _, field, _ in KEYS) == sorted(Config._fields)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('theme = "pink"', "theme"),
        ("theme = 7", "theme"),
        ('mouse = "yes"', "mouse"),
        ("mouse = 1", "mouse"),
        ('sort = "age"', "sort: name, expiry, last-used, usage or state is needed"),
        ('sort = "--name"', "sort"),
        ("sort = 1", "sort"),
        ('keys = "s"', "keys"),
        ("[keys]\nswitch = 1", "keys"),
        ('[keys]\nswitch = ""', "keys"),
        ('daemon = "kill"', "daemon"),
        ('homes = "/x"', "homes"),
        ("homes = [1]", "homes"),
        ('homes = [""]', "homes"),
        ("refresh = 8", "refresh"),
        ("[refresh]\nconcurrency = 0", "refresh.concurrency"),
        ("[refresh]\nconcurrency = 33", "refresh.concurrency"),
        ("[refresh]\nconcurrency = true", "refresh.concurrency"),
        ("[refresh]\nconcurrency = 2.5", "refresh.concurrency"),
        ("ssh = []", "ssh"),
        ("[ssh]\nhost = 5", "ssh.host"),
        ('them = "dark"', "did you mean theme"),
        ("zzz = 1", "zzz: no such key"),
        ("theme = dark", "not TOML"),
        ('theme = "dark"\ntheme = "dark"', "not TOML"),
        (b"\xff\xfe", "not TOML"),
    ],
)
def test_a_mistake_is_named(box: Box, text: str | bytes, named: str) -> None:
    """File and key stand in the message, with the command to mend it."""
    _write(text)
    with pytest.raises(ConfigError) as refused:
        load_config(make_context())
    assert named in refused.value.message
    assert config_path(make_context()) in refused.value.message
    assert config_path(make_context()) in str(refused.value.hint)


def test_what_is_no_file_is_named(box: Box) -> None:
    """A folder, or a link to nowhere, in its place."""
    os.makedirs(config_path(make_context()))
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(make_context())
    os.rmdir(config_path(make_context()))
    os.symlink("nowhere", config_path(make_context()))
    with pytest.raises(ConfigError, match=r"config\.toml"):
        load_config(make_context())


VALUES = st.one_of(
    st.integers().map(str),
    st.booleans().map(lambda b: "true" if b else "false"),
    st.sampled_from(
        ['"dark"', '"leave"', "[]", "{}", "1.5", "[1, 2]", '{ a = "b" }', "1979-05-27"]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from([key for key, _, _ in KEYS] + ["other", "ssh", "refresh"]), VALUES
    )
)
def test_any_value_anywhere(box: Box, table: dict[str, str]) -> None:
    """A configuration or a ConfigError, never anything else."""
    _write("\n".join(f"{key} = {value}" for key, value in table.items()))
    try:
        config = load_config(make_context())
    except ConfigError:
        return
    assert 1 <= config.refresh_concurrency <= 32
    assert all(config.homes)
