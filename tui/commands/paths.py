"""`tui paths`: the folders and settings in use, and what decided each of them."""

from __future__ import annotations

import os
from collections.abc import Mapping

from profiles.config import KEYS, Config, config_path, load_config
from profiles.errors import ConfigError
from tui import output, stderr
from tui.output import Column
from tui.parser import add_json
from tui.stderr import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from profiles.context import Context
    from tui.parser import Parser

EXAMPLES = (
    ("tui paths", "where everything lies, and which settings there are"),
    ("tui paths --json", "the same for programs"),
)
CODES = ()
COLUMNS = (Column(""), Column("PATH"), Column("DECIDED BY", 1))
SETTINGS = (Column("SETTING"), Column("VALUE"), Column("DEFAULT", 2), Column("MEANING", 1))


def configure(parser: Parser) -> None:
    """Add the arguments."""
    add_json(parser.add_argument_group("output"))


def run(options: Namespace, context: Context) -> int:
    """Print folders and settings; a config.toml that makes no sense is said, its defaults shown."""
    problem = None
    try:
        config = load_config(context)
    except ConfigError as error:
        config, problem = Config(), error
    if options.json:
        output.document(_document(context, config, problem))
        return ExitCode.OK
    output.table(COLUMNS, [[(word or "", "") for word in row] for row in _places(context)])
    output.text("\n")
    output.table(
        SETTINGS,
        [
            [(word, "") for word in (key, _words(value), _words(default), meaning)]
            for key, value, default, meaning in _settings(config)
        ],
    )
    if context.active.problem is not None:
        stderr.note(f"{context.home} {context.active.problem}; Codex would not start with it")
    if problem is not None:
        stderr.note(f"{problem.message}; the defaults are shown")
    return ExitCode.OK


def _places(context: Context) -> list[tuple[str, str, str | None]]:
    """Return label, path and what decided it, for every place that matters."""
    roots = context.roots
    return [
        ("active home", context.home, _home_source(context)),
        ("config", roots.config, _source(context, "XDG_CONFIG_HOME")),
        ("data", roots.data, _source(context, "XDG_DATA_HOME")),
        ("state", roots.state, _source(context, "XDG_STATE_HOME")),
        ("cache", roots.cache, _source(context, "XDG_CACHE_HOME")),
        ("config file", config_path(context), None),
        ("profiles", roots.profiles, None),
        ("backups", roots.backups, None),
    ]


def _home_source(context: Context) -> str:
    return "CODEX_HOME" if context.active.from_environment else "default"


def _source(context: Context, variable: str) -> str:
    if context.environ.get("SWITCHYARD_HOME"):
        return "SWITCHYARD_HOME"
    return variable if os.path.isabs(context.environ.get(variable, "").strip()) else "default"


def _settings(config: Config) -> list[tuple[str, object, object, str]]:
    """Return key, value, default and meaning of every setting."""
    values, defaults = config._asdict(), Config()._asdict()
    return [
        (key, _plain(values[field]), _plain(defaults[field]), meaning)
        for key, field, meaning in KEYS
    ]


def _plain(value: object) -> object:
    """Return a setting in the types of JSON."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _words(value: object) -> str:
    """Write a setting as config.toml would say it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        pairs = value.items() if isinstance(value, dict) else None
        inside = [f"{k} = {v}" for k, v in pairs] if pairs is not None else [str(v) for v in value]
        return ", ".join(inside) or "-"
    return str(value)


def _document(context: Context, config: Config, problem: ConfigError | None) -> output.Json:
    roots = context.roots
    return {
        "home": {
            "path": context.home,
            "from": _home_source(context),
            "problem": context.active.problem,
        },
        "roots": {
            name: {"path": path, "from": _source(context, f"XDG_{name.upper()}_HOME")}
            for name, path in roots._asdict().items()
        },
        "config_file": {
            "path": config_path(context),
            "exists": os.path.lexists(config_path(context)),
            "problem": problem.message if problem is not None else None,
        },
        "profiles": roots.profiles,
        "backups": roots.backups,
        "settings": [
            {"key": key, "value": value, "default": default, "meaning": meaning}
            for key, value, default, meaning in _settings(config)
        ],
    }
