"""Where a text sets a variable: lines, whether the value stands there, and whether the line can be commented out."""

from __future__ import annotations

import re
from typing import NamedTuple

from profiles.model import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: For whom a line sets it, when not for whatever is started afterwards.
ONE_COMMAND, FUNCTION, INNER = "for one command alone", "when a function is called", "not exported"


class Hit(NamedTuple):
    """A statement that sets `name`, on the lines `line` to `last`, counted from 1.

    `value` is what stands there, None when that is only known when it runs; `text` is it as it is written, less its
    quotes; `computed` says that a command makes it.
    `mark` goes before the line to comment it out, None when the line has to be mended by hand: it is one of several,
    or holds more than this.
    """

    name: str
    line: int
    last: int
    value: Secret | None = None
    computed: bool = False
    scope: str = ""
    mark: str | None = None
    #: Whether the command that computes it reads Codex's own login.
    reads_login: bool = False
    text: Secret | None = None


def hit(
    name: str,
    line: int,
    value: str | None,
    *,
    raw: str = "",
    last: int | None = None,
    scope: str = "",
    mark: str | None = None,
    text: str | None = None,
) -> Hit:
    """Return a hit, with what its value as it is written (`raw`) says."""
    computed = "$(" in raw or "`" in raw or raw.startswith("(")
    return Hit(
        name,
        line,
        line if last is None else last,
        None if value is None else Secret(value),
        computed,
        scope,
        mark,
        computed and "auth.json" in raw,
        Secret(text) if text is not None else None if value is None else Secret(value),
    )


_ASSIGNED = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*")


def in_lines(text: str, names: Collection[str]) -> Iterator[Hit]:
    """Yield what `NAME=value` lines set: /etc/environment, environment.d, a `.env`, ~/.ssh/environment."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _ASSIGNED.fullmatch(line.removesuffix("\r"))
        if found and found[1] in names:
            # A line that goes on in the next cannot be taken out alone.
            mark = None if found[2].endswith("\\") else "# "
            text = found[2].strip("\"'")
            yield hit(found[1], number, _bare(found[2]), raw=found[2], mark=mark, text=text)


def _bare(value: str) -> str | None:
    """Return a value without its quotes; None for one that depends on others."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    elif value.startswith("#"):
        value = ""
    return None if "$" in value else value


_PAM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)(?:\s+(?:DEFAULT|OVERRIDE)=(\S*).*|\s*=\s*(\S*))\s*")


def in_pam(text: str, names: Collection[str]) -> Iterator[Hit]:
    """Yield what pam_env's lines set: `NAME DEFAULT=value` or `NAME=value`."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _PAM.fullmatch(line)
        if found and found[1] in names:
            value = found[2] if found[2] is not None else found[3]
            yield hit(found[1], number, _bare(value), mark="# ")


_NU = re.compile(r"\s*(?:export-env\s*\{\s*)?(?:\$env\.|let-env\s+)([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_NU_WHOLE = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[\w./:@+-]+)\s*(?:#.*)?")


def in_nushell(text: str, names: Collection[str]) -> Iterator[Hit]:
    """Yield what `$env.NAME = value` sets, and `load-env {NAME: value}`."""
    for number, line in enumerate(text.split("\n"), 1):
        found = _NU.fullmatch(line)
        if found and found[1] in names:
            whole = _NU_WHOLE.fullmatch(found[2]) is not None
            value = found[2].strip("\"'") if whole else None
            yield hit(found[1], number, value, raw=found[2], mark="# " if whole else None)
            continue
        code = line.partition("#")[0]
        for name in names:
            if "load-env" in code and re.search(rf"\b{name}\"?\s*:", code):
                yield hit(name, number, None)


_PS_SET = re.compile(r"\s*\$\{?env:([A-Za-z_]\w*)\}?\s*=\s*(.*?)\s*;?\s*", re.IGNORECASE)
_PS_WHOLE = re.compile(r"(?:\"[^\"`$]*\"|'[^']*')\s*;?\s*(?:#.*)?")
_PS_CALL = re.compile(
    r"(?:SetEnvironmentVariable\(\s*['\"]|(?:Set-Item|New-Item)\s+(?:-Path\s+)?['\"]?Env:\\?)([A-Za-z_]\w*)",
    re.IGNORECASE,
)
_PS_COMMENT = re.compile(r"<#.*?#>", re.DOTALL)


def in_powershell(text: str, names: Collection[str]) -> Iterator[Hit]:
    """Yield what `$env:NAME = 'value'` sets, and the longer ways of saying so."""
    text = _PS_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        found = _PS_SET.fullmatch(line)
        if found and found[1].upper() in names:
            whole = _PS_WHOLE.fullmatch(found[2]) is not None
            value = found[2].strip("\"';") if whole else None
            mark = "# " if whole else None
            yield hit(found[1].upper(), number, value, raw=found[2], mark=mark)
            continue
        called = _PS_CALL.search(line.partition("#")[0])
        if called and called[1].upper() in names and "$null" not in line:
            yield hit(called[1].upper(), number, None)


def in_text(text: str, names: Collection[str], beginning: str) -> Iterator[Hit]:
    """Yield the lines in which `beginning` stands before a name, then `=`, `:` or a blank; `#` begins a comment."""
    for number, line in enumerate(text.split("\n"), 1):
        code = re.split(r"(?:^|\s)[#;]", line, maxsplit=1)[0]
        for name in names:
            if name in code and re.search(rf"{beginning}[\"']?{name}[\"']?\s*[=:\s]", code):
                yield hit(name, number, None)
