"""What a shell's start-up file sets, and which other files it reads: `source`, followed for one level."""

from __future__ import annotations

import re
from typing import NamedTuple

from profiles.doctor.shell_lines import Statement, Unfinished, statements
from profiles.doctor.variable_hits import FUNCTION, INNER, ONE_COMMAND, Hit, hit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=)", re.DOTALL)
_SOURCE = re.compile(r"(?:^|[\s;&|({])(?:source|\\?\.)\s", re.MULTILINE)
#: Words that stand before a command without being one.
_BEFORE = frozenset({"then", "do", "else", "elif", "if", "while", "until", "!", "time", "{"})
_BEFORE_FISH = frozenset({"and", "or", "not", "if", "else", "while", "begin"})
_OPENS = frozenset({"if", "for", "while", "until", "select", "case", "repeat", "foreach", "{"})
_OPENS_FISH = frozenset({"if", "for", "while", "switch", "function", "begin"})
_CLOSES = frozenset({"fi", "done", "esac", "}", "end"})
_DECLARES = frozenset({"export", "declare", "typeset", "readonly", "local"})
#: Programs after which assignments may stand that hold for the program named behind them.
_STARTERS = frozenset({"env", "sudo", "exec", "command", "nohup", "nice"})


class Read(NamedTuple):
    """What a file says: hits; the paths that it sources, as written, and whether all that is set there is exported."""

    hits: list[Hit]
    sourced: list[tuple[str, bool]]
    simple: dict[str, str]


def read_shell(
    text: str, names: Collection[str], *, fish: bool = False, all_exported: bool = False
) -> Read:
    """Return what a file of sh, bash, zsh or fish says about `names`."""
    looked_for = (*names, "ZDOTDIR")
    if not any(name in text for name in looked_for) and not _SOURCE.search(text):
        return Read([], [], {})
    try:
        return _Shell(names, fish=fish, all_exported=all_exported).read(statements(text, fish=fish))
    except Unfinished:
        found = re.finditer(r"^\s*(?:source|\\?\.)[ \t]+(\S+)", text, re.MULTILINE)
        return Read(list(_by_line(text, names)), [(unquoted(each[1]), False) for each in found], {})


def _by_line(text: str, names: Collection[str]) -> Iterator[Hit]:
    """Yield likely hits of a file whose quotes cannot be followed; nothing in it is mended."""
    for number, line in enumerate(text.split("\n"), 1):
        code = line.strip()
        for name in names:
            found = re.match(rf"(?:export\s+|set\s+-\w*x\w*\s+)?{name}(?:=|\s+)(.*)", code)
            if found:
                yield hit(name, number, None, raw=found[1])


class _Shell:
    def __init__(self, names: Collection[str], *, fish: bool, all_exported: bool) -> None:
        self.names = names
        self.fish = fish
        self.all_exported = all_exported
        self.hits: list[Hit] = []
        self.exported: set[str] = set()
        self.sourced: list[tuple[str, bool]] = []
        self.simple: dict[str, str] = {}
        #: What each open block is: "function" or something else.
        self.blocks: list[str] = []
        self.loops: dict[str, list[str]] = {}
        self.before: Statement | None = None

    def read(self, found: Sequence[Statement]) -> Read:
        for statement in found:
            self._take(statement)
            self.before = statement
        hits = [
            each._replace(scope="") if each.scope == INNER and each.name in self.exported else each
            for each in self.hits
        ]
        return Read(hits, self.sourced, self.simple)

    def _take(self, statement: Statement) -> None:
        words = list(statement.words)
        led = False
        while words:
            word = words[0]
            if word in _CLOSES:
                if self.blocks:
                    self.blocks.pop()
                return
            opens = word in (_OPENS_FISH if self.fish else _OPENS)
            if opens and not (self.fish and self.before_is_else(statement)):
                self.blocks.append("function" if self._is_function(word) else word)
            if word == "for":
                self._loop(words)
            if word not in (_BEFORE_FISH if self.fish else _BEFORE):
                break
            led = True
            words = words[1:]
        if words and not (self.fish and words[0] in _OPENS_FISH):
            self._command(words, statement, led=led)

    def before_is_else(self, statement: Statement) -> bool:
        """Tell whether this is `else if`, which opens no block of its own in fish."""
        return statement.words[:2] == ("else", "if")

    def _is_function(self, word: str) -> bool:
        if self.fish:
            return word == "function"
        before = self.before
        return (
            word == "{"
            and before is not None
            and (len(before.words) == 1 or before.words[0] == "function")
        )

    def _loop(self, words: Sequence[str]) -> None:
        if len(words) > 3 and words[2] == "in":
            self.loops[words[1]] = list(words[3:])

    def _command(self, words: list[str], statement: Statement, *, led: bool) -> None:
        prefixes = []
        while words and _NAME.match(words[0]):
            prefixes.append(words.pop(0))
        while words[1:] and unquoted(words[0]).lstrip("\\") in ("builtin", "command"):
            words.pop(0)
        if not words:
            for word in prefixes:
                self._assigned(word, statement, INNER, whole=len(prefixes) == 1 and not led)
            return
        for word in prefixes:
            self._assigned(word, statement, ONE_COMMAND)
        command = unquoted(words[0]).lstrip("\\")
        if self.fish and command == "set":
            self._fish_set(words[1:], statement, led=led)
        elif command in _DECLARES:
            self._declared(command, words[1:], statement, led=led or bool(prefixes))
        else:
            self._other(command, words, statement)

    def _other(self, command: str, words: Sequence[str], statement: Statement) -> None:
        """Take a command that sets nothing by itself, but by what it reads, runs or becomes."""
        if command in ("source", "."):
            self._source(words)
        elif command in ("set", "setopt"):
            self._options(words[1:])
        elif command in _STARTERS:
            for word in words[1:]:
                self._assigned(word, statement, ONE_COMMAND)
        elif command in ("alias", "abbr", "eval"):
            for word in words[1:]:
                self._within(unquoted(word), statement)

    def _within(self, text: str, statement: Statement) -> None:
        """Take what the text of an alias sets for the command that it runs."""
        for name in self.names:
            if re.search(rf"(?<![\w$]){name}=[^\s]", text):
                self._add(hit(name, statement.first, None, last=statement.last, scope=ONE_COMMAND))

    def _declared(
        self, command: str, words: Sequence[str], statement: Statement, *, led: bool
    ) -> None:
        options = [word for word in words if word.startswith(("-", "+"))]
        values = [word for word in words if not word.startswith(("-", "+"))]
        joined = "".join(options)
        if command == "local" or "+x" in joined or (command == "export" and "n" in joined):
            return
        exports = command == "export" or "x" in joined
        for word in values:
            if not _NAME.match(word):
                if exports:
                    self.exported.add(unquoted(word))
                continue
            scope, whole = "" if exports else INNER, len(values) == 1 and not led
            self._assigned(word, statement, scope, whole=whole)

    def _options(self, words: Sequence[str]) -> None:
        for place, word in enumerate(words):
            named = word.replace("_", "").lower() == "allexport"
            if word.startswith("-") and "a" in word[1:] and not word.startswith("--"):
                self.all_exported = True
            elif word.startswith("+") and "a" in word:
                self.all_exported = False
            elif named:
                self.all_exported = not (place and words[place - 1].startswith("+"))

    def _fish_set(self, words: Sequence[str], statement: Statement, *, led: bool) -> None:
        options = [word for word in words if word.startswith("-")]
        rest = [word for word in words if not word.startswith("-")]
        short = "".join(word[1:] for word in options if not word.startswith("--"))
        long = {word for word in options if word.startswith("--")}
        if not rest or rest[0] not in self.names or set(short) & set("eqnS") or "--erase" in long:
            return
        exports = "x" in short or "--export" in long
        raw = " ".join(rest[1:])
        mark = self._mark(statement) if not led else None
        scope = "" if exports else INNER
        value = literal(raw) if len(rest) > 1 else ""
        self._add(
            hit(
                rest[0],
                statement.first,
                value,
                raw=raw,
                last=statement.last,
                scope=scope,
                mark=mark,
                text=unquoted(raw),
            )
        )

    def _assigned(
        self, word: str, statement: Statement, scope: str, *, whole: bool = False
    ) -> None:
        found = _NAME.match(word)
        if found is None:
            return
        raw = word[found.end() :]
        value = literal(raw)
        if value is not None and scope != ONE_COMMAND:
            self.simple[found[1]] = value
        elif scope != ONE_COMMAND and not ("$(" in raw or "`" in raw):
            self.simple[found[1]] = unquoted(raw)
        if found[1] not in self.names:
            return
        if scope == INNER and self.all_exported:
            scope = ""
        mark = self._mark(statement) if whole else None
        self._add(
            hit(
                found[1],
                statement.first,
                value,
                raw=raw,
                last=statement.last,
                scope=scope,
                mark=mark,
                text=unquoted(raw),
            )
        )

    def _add(self, made: Hit) -> None:
        if "function" in self.blocks and not made.scope:
            made = made._replace(scope=FUNCTION)
        self.hits.append(made)

    def _mark(self, statement: Statement) -> str | None:
        """Return what comments the statement's line out, None where that takes more than a sign."""
        if not statement.alone or statement.first != statement.last or statement.depth:
            return None
        # The only command of a block cannot go: `:` does nothing in its place.
        return ": # " if self.blocks and not self.fish else "# "

    def _source(self, words: Sequence[str]) -> None:
        for word in words[1:2]:
            path = unquoted(word)
            variable = re.fullmatch(r"\$\{?(\w+)\}?", path)
            if variable and variable[1] in self.loops:
                # for each in ~/.bashrc.d/*; do . "$each"; done
                self.sourced += [
                    (unquoted(each), self.all_exported) for each in self.loops[variable[1]]
                ]
            else:
                self.sourced.append((path, self.all_exported))


def unquoted(word: str) -> str:
    """Return a word without its quotes and backslashes; what the shell would put in stays as it is written."""
    made, at = [], 0
    while at < len(word):
        sign = word[at]
        if sign == "\\":
            made.append(word[at + 1 : at + 2].replace("\n", ""))
            at += 2
        elif sign == "'":
            end = word.find("'", at + 1)
            end = len(word) if end < 0 else end
            made.append(word[at + 1 : end])
            at = end + 1
        elif sign == '"':
            at += 1
        else:
            made.append(sign)
            at += 1
    return "".join(made)


def literal(raw: str) -> str | None:
    """Return the value that a word stands for, None when that is known only when it runs."""
    single = re.sub(r"'[^']*'", "", raw)
    if "$" in single.replace("\\$", "") or "`" in single or raw.startswith("("):
        return None
    return unquoted(raw)


def expanded(path: str, known: Mapping[str, str], home: str) -> str | None:
    """Return a path with its variables put in; None when one of them is not known."""
    missing = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal missing
        name, default = found[1] or found[3], found[2]
        value = known.get(name, "")
        if not value and default is not None:
            return default
        missing = missing or name not in known
        return value

    for _ in range(3):
        path = re.sub(r"\$\{(\w+)(?::?-([^{}]*))?\}|\$(\w+)", replaced, path)
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return None if missing or "$" in path or not path.startswith("/") else path
