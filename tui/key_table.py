"""The table of keys as the README has it; `python -m tui.key_table README.md` writes it there."""

from __future__ import annotations

import itertools
import sys

from tui.key_dialogs import DIALOG_KEYS, HEADING
from tui.key_names import key_word
from tui.keymap import make_keymap
from tui.keys import groups

#: Between these two lines of the README it stands.
BEGIN, END = "<!-- keys:begin -->", "<!-- keys:end -->"


def key_table_markdown() -> str:
    """Return the table of the README, between its two markers."""
    keymap = make_keymap({})
    lines = ["| key | action id | does |", "| --- | --- | --- |"]
    for action in itertools.chain.from_iterable(groups().values()):
        keys = " ".join(f"<kbd>{_escape(key_word(key))}</kbd>" for key in keymap.of(action.id))
        lines.append(f"| {keys} | `{action.id}` | {action.help} |")
    lines += ["", f"{HEADING} other keys act, the same in each of them:", "", "| key | does |"]
    lines.append("| --- | --- |")
    for each in DIALOG_KEYS:
        words = each.keys.split() if each.is_keys else []
        keys = " ".join(f"<kbd>{word}</kbd>" for word in words) or each.keys
        lines.append(f"| {keys} | {each.help} |")
    return "\n".join(lines)


def _escape(text: str) -> str:
    return {"<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;"}.get(text, text)


def main(path: str) -> None:
    """Put the table into a file, between its two markers."""
    with open(path, encoding="utf-8") as file:
        head, begin, rest = file.read().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path} has no {BEGIN} and {END}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{head}{BEGIN}\n{key_table_markdown()}\n{END}{tail}")


if __name__ == "__main__":
    main(sys.argv[1])
