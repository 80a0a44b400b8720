"""The statements of a shell's file and their lines: enough of sh, bash, zsh and fish to tell who sets what.

Nothing is run and nothing expanded. Quotes, comments, here-documents, substitutions and continued lines are known, so
that a name in a comment or in a text is no statement, and a statement that shares its lines is told from one that
has them for itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[^\\'\"`$#\s;&|<>()]+")
_BLANK = re.compile(r"[ \t\r\f\v]+|\\\r?\n")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]+)'|\"([^\"\n]+)\"|\\?([^\s'\"\\;&|<>()]+))")
_OPERATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|&>>|&>|>>|<<<|<>|>&|<&|>\||[;&|<>()]")
#: What ends a statement, and what lets the next one stand on the same or the next line as a part of it.
_ENDS = frozenset({";", "&", ";;", ";&", ";;&", "(", ")", "&&", "||", "|", "|&"})
_JOINS = frozenset({"&&", "||", "|", "|&"})


class Statement(NamedTuple):
    """A simple command as it is written: its words with their quotes, its first and last line, counted from 1.

    `alone` is true when nothing else stands on its lines but a comment; `depth` counts the parentheses around it.
    """

    words: tuple[str, ...]
    first: int
    last: int
    alone: bool
    depth: int


class Unfinished(Exception):
    """A quote or bracket without its end: what follows cannot be told."""


def statements(text: str, *, fish: bool = False) -> list[Statement]:
    """Return the statements of a file. Raises Unfinished."""
    return list(_Reader(text, fish=fish).read())


class _Reader:
    def __init__(self, text: str, *, fish: bool) -> None:
        self.text = text
        self.fish = fish
        self.at = 0
        self.line = 1
        self.counted = 0
        self.depth = 0
        #: The ends of here-documents whose texts begin with the next line.
        self.awaited: list[tuple[str, bool]] = []
        #: What stands between two ends of lines that end a statement, and the words of its last part.
        self.group: list[tuple[list[str], int, int]] = []
        self.words: list[str] = []
        self.first = self.begun = 0
        self.joined = False

    def read(self) -> Iterator[Statement]:
        """Yield the statements of each group: of what is written from one end of a line to another."""
        while self.at < len(self.text):
            blank = _BLANK.match(self.text, self.at)
            if blank:
                self.at = blank.end()
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] == "\n":
                yield from self._end_of_line()
            else:
                self._token()
        self._close()
        if self.depth:
            raise Unfinished
        yield from _made(self.group, self.begun, self._line())

    def _end_of_line(self) -> Iterator[Statement]:
        if self.words:
            self._close()
            self.joined = False
        if self.group and not self.joined and not self.depth:
            yield from _made(self.group, self.begun, self._line())
            self.group = []
        self.at += 1
        self._skip_documents()

    def _close(self) -> None:
        """End the statement whose words were read."""
        if self.words:
            self.group.append((self.words, self.first, self._line()))
            self.words = []

    def _token(self) -> None:
        if not self.words:
            self.first = self._line()
            self.begun = self.begun if self.group else self.first
        operator = self._operator()
        if operator is None:
            begun = self.at
            self.words.append(self._word())
            self.at += self.at == begun  # never stand still, whatever is written there
            self.joined = False
        elif operator in _ENDS:
            self._close()
            self.joined = operator in _JOINS
            if operator == "(":
                self.depth += 1
            elif operator == ")":
                self.depth = max(0, self.depth - 1)
            if operator in "()" or operator.startswith(";;"):
                # Whatever shares a line with one of these is not alone.
                self.group.append(([operator], self._line(), self._line()))

    def _line(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line

    def _operator(self) -> str | None:
        """Take an operator; a redirection is one, its target is taken for a word."""
        if not self.fish and self.text.startswith("<<", self.at):
            document = _HEREDOC.match(self.text, self.at)
            if document and not self.text.startswith("<<<", self.at):
                end = document[2] or document[3] or document[4]
                self.awaited.append((end, bool(document[1])))
                self.at = document.end()
                return "<<"
        if self.text.startswith(("<(", ">("), self.at):
            self.at += 1
            self._bracket("(", ")")
            return "<"
        if self.text.startswith("(" if self.fish else "((", self.at):
            return None  # a substitution, or a sum in which << is no document
        found = _OPERATOR.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _word(self) -> str:
        """Take a word with its quotes."""
        begun = self.at
        while self.at < len(self.text):
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                self.at = plain.end()
                continue
            sign = self.text[self.at]
            if sign == "#" and self.at > begun:
                self.at += 1
            elif sign == "(" and (self.text.startswith("((", begun) or self._follows("=", begun)):
                self._bracket("(", ")")
            elif not self._quoted(sign):
                break
        return self.text[begun : self.at]

    def _follows(self, sign: str, begun: int) -> bool:
        return self.at > begun and self.text[self.at - 1] == sign

    def _quoted(self, sign: str) -> bool:
        """Take what begins with a quote or a `$`; False when this is neither."""
        if sign == "\\":
            self.at += 2
        elif sign == "'":
            self._until("'", escapes=self.fish or self.text.startswith("$'", self.at - 1))
        elif sign == '"':
            self._double()
        elif sign == "`" and not self.fish:
            self._until("`", escapes=True)
        elif sign == "(" and self.fish:
            self._bracket("(", ")")
        elif sign == "$":
            self.at += 1
            following = self.text[self.at : self.at + 1]
            if following == "(":
                self._bracket("(", ")")
            elif following == "{":
                self._bracket("{", "}")
        elif self.fish and sign == "`":
            self.at += 1
        else:
            return False
        return True

    def _until(self, end: str, *, escapes: bool) -> None:
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            self.at += 2 if escapes and sign == "\\" else 1
            if sign == end:
                return
        raise Unfinished

    def _double(self) -> None:
        self.at += 1
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == '"':
                self.at += 1
                return
            if sign == "\\":
                self.at += 2
            elif sign == "`" and not self.fish:
                self._until("`", escapes=True)
            elif sign == "$" and self.text[self.at + 1 : self.at + 2] in ("(", "{"):
                self._quoted(sign)
            else:
                self.at += 1
        raise Unfinished

    def _bracket(self, begin: str, end: str) -> None:
        """Take what stands in brackets, with brackets and quotes within."""
        depth = 0
        before = ""
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == begin:
                depth += 1
                self.at += 1
            elif sign == end:
                depth -= 1
                self.at += 1
                if not depth:
                    return
            elif sign == "#" and begin == "(" and before.isspace():
                line_end = self.text.find("\n", self.at)
                self.at = len(self.text) if line_end < 0 else line_end
            elif not self._quoted(sign):
                self.at += 1
            before = sign
        raise Unfinished

    def _skip_documents(self) -> None:
        """Skip the texts of the here-documents that were begun in the line above."""
        for end, tabs in self.awaited:
            while True:
                if self.at >= len(self.text):
                    raise Unfinished
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop].removesuffix("\r")
                self.at = stop + 1
                if (line.lstrip("\t") if tabs else line) == end:
                    break
        self.awaited = []


def _made(group: list[tuple[list[str], int, int]], first: int, last: int) -> Iterator[Statement]:
    alone, depth = len(group) == 1, 0
    for words, begun, ended in group:
        if words in (["("], [")"]):
            depth = max(0, depth + (1 if words[0] == "(" else -1))
        elif not words[0].startswith(";;"):
            lines = (first, last) if alone else (begun, ended)
            yield Statement(tuple(words), *lines, alone, depth)
