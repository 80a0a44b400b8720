"""The keys in force: those of the table, with those of config.toml's `[keys]` instead. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

from tui.key_names import key_name, key_word
from tui.keys import ACTIONS, BY_ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Keymap(NamedTuple):
    """The keys in force by action id, and what could not be used of what was asked for."""

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...] = ()

    def of(self, action: str) -> tuple[str, ...]:
        """Return the keys of an action, in Textual's names."""
        return self.keys.get(action, ())

    def changes(self) -> dict[str, str]:
        """Return, as Textual wants a keymap, the actions whose keys are not the table's."""
        return {
            action: ",".join(keys)
            for action, keys in self.keys.items()
            if keys and keys != BY_ID[action].keys
        }

    def words(self, action: str, limit: int = 9) -> str:
        """Return the keys of an action as people write them: `space s`."""
        return " ".join(key_word(key) for key in self.of(action)[:limit])

    def first(self, action: str) -> str:
        """Return the first key of an action as people write it, or nothing if it has none."""
        return self.words(action, 1)


def make_keymap(wanted: Mapping[str, str]) -> Keymap:
    """Return the keys in force: those of the table, with those of config.toml's `[keys]` instead.

    A key that is given to another action is taken from the one that had it. ctrl+q always leaves.
    What cannot be used is named, and the table's own keys stay.
    """
    problems: list[str] = []
    chosen: dict[str, tuple[str, ...]] = {}
    for action, text in wanted.items():
        if action not in BY_ID:
            problems.append(_unknown(action))
            continue
        names: list[str] = []
        words = [","] if text.strip() == "," else text.split(",")
        for word in filter(str.strip, words):
            name = key_name(word)
            if name is None or name == "ctrl+q":
                problems.append(f"keys.{action}: {word.strip()!r} is not a key that can be given")
            else:
                names.append(name)
        if names and action != "quit-now":
            chosen[action] = tuple(dict.fromkeys(names))
    taken = {key for keys in chosen.values() for key in keys}
    keys = {
        each.id: chosen.get(each.id) or tuple(key for key in each.keys if key not in taken)
        for each in ACTIONS
    }
    return Keymap(keys, tuple(problems))


def _unknown(action: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(action, BY_ID, 1)
    suggestion = f"; did you mean {near[0]}?" if near else "; ? lists them"
    return f"keys.{action}: there is no such action{suggestion}"
