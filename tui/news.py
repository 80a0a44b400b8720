"""What others did while the screen was open, in a line each: Codex, or another Switchyard. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

from profiles.model import API_KEY, EMPTY, PERSONAL_ACCESS_TOKEN, UNREADABLE
from profiles.paths import AUTH_FILE, tilde
from tui.state import INFO, WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from profiles.cache import AuthFacts
    from profiles.history import Entry
    from profiles.listing import Snapshot
    from profiles.model import ProfileRow
    from profiles.watching import Changes

#: How a state is called that a login must not get into unnoticed.
_BAD = ("login-needed", "uncertain")
#: Of many profiles so many are named.
NAMED = 3
_OTHER = "another tui"


class News(NamedTuple):
    """One thing that happened: `hint` is the next step."""

    text: str
    level: str = INFO
    hint: str | None = None


class Seen(NamedTuple):
    """Everything to tell from. `said`: what reconciling said; `did_move`: whether we moved that profile ourselves."""

    changes: Changes
    before: Snapshot
    after: Snapshot
    said: Sequence[str]
    user_home: str
    did_move: Callable[[str], bool]


def tell(seen: Seen) -> list[News]:
    """Return what is to be said, one line for each thing that happened."""
    entries = [entry for entry in seen.changes.entries if entry.result != "unchanged"]
    live, rest = _live(seen, entries)
    news = [*_unreadable(seen), *_entries(seen, entries), *live]
    news += _profiles(seen, entries, telling=bool(live))
    news += _names(seen, entries)
    told = "\n".join(each.text for each in news)
    news += [News(sentence, _level(sentence)) for sentence in rest if sentence not in told]
    return news


def _level(sentence: str) -> str:
    return WARNING if "uncertain" in sentence or "could not be read" in sentence else INFO


# -- what another Switchyard noted --


def _entries(seen: Seen, entries: Sequence[Entry]) -> list[News]:
    news = []
    for entry in entries:
        words = _words_of(entry, seen)
        if words:
            news.append(News(f"{_OTHER} {words}"))
    if len(news) > NAMED:
        news[NAMED:] = [News(f"{_OTHER} did {len(news) - NAMED} more things")]
    return news


def _words_of(entry: Entry, seen: Seen) -> str:
    here = entry.home == seen.after.home
    name = entry.profile
    if entry.verb in ("switch", "undo"):
        undone = " (undo)" if entry.verb == "undo" else ""
        where = "" if here else f" in {tilde(entry.home, seen.user_home)}"
        return f"switched to {name}{undone}{where}"
    if entry.verb == "rename":
        return f"renamed {entry.before} to {name}"
    if entry.verb == "delete":
        return f"deleted {name}"
    if entry.verb == "add":
        how = {"adopted": "saved a login as", "empty": "made the empty profile"}
        return f"{how.get(entry.result, 'added')} {name}"
    if entry.verb == "login":
        return f"logged in to {name}"
    if entry.verb == "logout":
        return f"logged out {name}"
    if entry.verb == "refresh":
        return "; ".join(part.replace(": ", " ", 1) for part in entry.result.split("; "))
    return "" if entry.verb == "run" else f"did: {entry.verb} {name}".rstrip()


# -- the active home --


def _live(seen: Seen, entries: Sequence[Entry]) -> tuple[list[News], list[str]]:
    """Tell of the active home's login; return also what reconciling said that is still to be said."""
    changes, said = seen.changes, list(seen.said)
    if changes.live is None:
        return [], said
    before, after = changes.live
    verbs = {entry.verb for entry in entries if entry.home == seen.after.home}
    if verbs & {"switch", "undo", "login", "logout"}:
        return [], said
    if after.kind == UNREADABLE:
        path = tilde(f"{seen.after.home}/{AUTH_FILE}", seen.user_home)
        kept = [sentence for sentence in said if "could not be read" in sentence]
        text = kept[0] if kept else f"{path} cannot be read: {after.problem}"
        return [News(text, WARNING, f"look at it: ls -l {path}")], [s for s in said if s != text]
    if after.kind == EMPTY:
        if before.kind == EMPTY:
            return [], said
        who = seen.before.active or _who(before)
        doubts, rest = _parted(said, "uncertain")
        hint = f"tui login {who}" if seen.before.active else None
        return [News(_joined(f"codex logged out: {who}", doubts), WARNING, hint)], rest
    if before.identity != after.identity or before.identity is None:
        if before == after:
            return [], said
        who = seen.after.active or _who(after)
        known = seen.before.row(who) is not None
        adopted, rest = _parted(said, f"profile {who}")
        doubts, rest = _parted(rest, "uncertain")
        words = f"codex logged in: {who}"
        if not known or adopted:
            words = f"codex logged in: {_who(after)}, saved as {who}"
        return [News(_joined(words, doubts), WARNING if doubts else INFO)], rest
    if before.refresh_digest != after.refresh_digest:
        who = seen.after.active or _who(after)
        by = _OTHER if _is_refresh(changes, entries) else "codex"
        named = any(who in entry.result for entry in entries if entry.verb == "refresh")
        kept = [sentence for sentence in said if not sentence.startswith("newer tokens of")]
        return [] if named else [News(f"{by} refreshed {who}")], kept
    return [], said


def _is_refresh(changes: Changes, entries: Sequence[Entry]) -> bool:
    return changes.by_switchyard or any(entry.verb == "refresh" for entry in entries)


def _joined(words: str, more: Iterable[str]) -> str:
    return "; ".join((words, *more))


def _parted(said: Sequence[str], word: str) -> tuple[list[str], list[str]]:
    return [s for s in said if word in s], [s for s in said if word not in s]


def _who(facts: AuthFacts) -> str:
    keys = {API_KEY: "an API key", PERSONAL_ACCESS_TOKEN: "an access token"}
    return facts.email or keys.get(facts.kind, facts.kind)


# -- profiles' own homes --


def _profiles(seen: Seen, entries: Sequence[Entry], *, telling: bool) -> list[News]:
    """Tell of the profiles whose own files others changed."""
    changes, news = seen.changes, []
    noted = " ".join(f"{entry.profile} {entry.result}" for entry in entries)
    by = _OTHER if changes.exchanged or any(e.verb == "refresh" for e in entries) else "codex"
    refreshed = []
    for row in seen.after.rows:
        old = seen.before.row(row.name or "")
        if row.name is None or old is None or row.name in noted.replace(",", " ").split():
            continue
        if f"{row.home}/{AUTH_FILE}" in changes.profiles and not (telling and row.active):
            what = _what_became(old, row)
            if what == "refreshed":
                refreshed.append(row.name)
            elif what:
                news.append(News(f"codex {what} {row.name}, in its own home"))
                continue
        if changes.marks and row.state != old.state and row.state in _BAD:
            words = f"{row.name} is {row.state} now"
            news.append(News(f"{words}: {row.reason}" if row.reason else words, WARNING))
        elif row.note != old.note:
            news.append(News(f"{_OTHER} changed the note of {row.name}"))
    if refreshed:
        more = f" and {len(refreshed) - NAMED} more" if len(refreshed) > NAMED else ""
        news.append(News(f"{by} refreshed {', '.join(refreshed[:NAMED])}{more}"))
    return news


def _what_became(old: ProfileRow, row: ProfileRow) -> str:
    if row.kind == EMPTY:
        return "logged out of" if old.kind != EMPTY else ""
    if old.kind == EMPTY or (old.user_id, old.account_id) != (row.user_id, row.account_id):
        return "logged in to"
    if (old.issued_at, old.last_refresh) != (row.issued_at, row.last_refresh):
        return "refreshed"
    return ""


def _names(seen: Seen, entries: Sequence[Entry]) -> list[News]:
    """Tell of profiles that came or went without a word in the history."""
    if seen.changes.folder_gone:
        return []
    noted = {entry.profile for entry in entries} | {entry.before for entry in entries}
    old = {row.name for row in seen.before.rows if row.name is not None}
    new = {row.name for row in seen.after.rows if row.name is not None}
    come = [n for n in sorted(new - old) if n not in noted and not seen.did_move(n)]
    gone = [n for n in sorted(old - new) if n not in noted and not seen.did_move(n)]
    news = []
    if come:
        news.append(News(f"new from outside: {_few(come)}"))
    if gone:
        news.append(News(f"gone from outside: {_few(gone)}", WARNING))
    return news


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _unreadable(seen: Seen) -> list[News]:
    news = [
        News(
            f"{tilde(path, seen.user_home)} cannot be looked at: {why}",
            WARNING,
            "it is looked at again; nothing was changed",
        )
        for path, why in list(seen.changes.unreadable.items())[:1]
    ]
    if seen.changes.folder_gone:
        news.append(
            News(
                "the folder of the profiles is gone, and they with it",
                WARNING,
                "is its disk mounted? It is looked at again",
            )
        )
    return news
