"""The words of a login's pane: what a person does next, how long it waits, what came of it. Draws nothing."""

from __future__ import annotations

from typing import NamedTuple

from tui.login_state import (
    APPROVED,
    BROWSER,
    DEVICE,
    FAILED,
    MISMATCHED,
    SAVED,
    SAVING,
    STARTING,
    TOKEN,
    UNSAVED,
    WAITING,
    WAYS,
)
from tui.terminal import clean
from tui.widgets.big_text import big_lines
from tui.widgets.words import (
    ACCENT,
    ASCII,
    BAD,
    GOOD,
    MUTED,
    PLAIN,
    STRONG,
    WARN,
    Line,
    cells,
    crop,
    kind_word,
    wrap_line,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.keymap import Keymap
    from tui.login_state import Login
    from tui.widgets.words import Signs, Span

#: Below so many lines blank ones and what can be read elsewhere are left out.
ROOMY = 14
#: From so many lines on the code is also drawn in large glyphs.
LARGE = 18
#: From so many lines on it is said what is to be done with a code and a page.
LABELLED = 7
#: How far what is to be read, typed or copied is set in, where there is room.
INDENT = 2


class Around(NamedTuple):
    """What the words depend on besides the login: time, cells, lines, glyphs, keys."""

    now: float
    width: int
    height: int
    signs: Signs
    keymap: Keymap

    @property
    def roomy(self) -> bool:
        """Whether blank lines can be afforded."""
        return self.height >= ROOMY


def login_lines(login: Login, around: Around) -> list[Line]:
    """Return the lines of a login at a width."""
    if login.phase == WAITING:
        said = _device(login, around) if login.way == DEVICE else _browser(login, around)
    else:
        said = _other(login, around)
    if not around.roomy:
        said = _without_double_blanks(said)
    lines: list[Line] = []
    for paragraph in said:
        indent = cells(paragraph[0][0]) if paragraph and not paragraph[0][0].strip() else 0
        lines += wrap_line(paragraph, around.width, indent) if paragraph else [()]
    return lines


def tab_line(logins: Sequence[Login], watched: Login | None, around: Around) -> Line:
    """Return the tabs: each login with the sign of what it is at, the one that is shown in strong words."""
    hint = f"  {around.keymap.first('tab-prev')} {around.keymap.first('tab-next')}"
    room = around.width - cells(hint)
    spans: list[Span] = []
    names = [f"{phase_sign(each.phase, around.signs)} {clean(each.name)}" for each in logins]
    at = next((i for i, each in enumerate(logins) if each is watched), 0)
    first = 0
    while first < at and sum(cells(name) + 3 for name in names[first : at + 1]) > room:
        first += 1
    for number, name in enumerate(names[first:], first):
        text = crop(name, max(0, room), around.signs)
        spans.append((text, ACCENT if number == at else MUTED))
        gap = "   " if number + 1 < len(names) else ""
        spans.append((gap[: max(0, room - cells(text))], PLAIN))
        room -= cells(text) + len(gap)
        if room <= 0:
            break
    spans.append((" " * max(0, room) + hint, MUTED))
    return tuple(spans)


def phase_sign(phase: str, signs: Signs) -> str:
    """Return the sign of what a login is at."""
    known = {SAVED: signs.ok, FAILED: signs.bad, UNSAVED: signs.warn, MISMATCHED: signs.unknown}
    return known.get(phase, signs.away)


def clock(seconds: float) -> str:
    """Return a length of time as `14:10`."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


# -- device code --


def _device(login: Login, around: Around) -> list[Line]:
    code, keymap = login.code, around.keymap
    if code is None:
        return []
    inset: Span = (" " * INDENT, PLAIN) if around.roomy else ("", PLAIN)
    number: Line = (inset, (clean(code.user_code), ACCENT))
    page: Line = (inset, (clean(code.verification_url), STRONG))
    if not around.roomy:
        labels = around.height >= LABELLED
        return [
            *([(("Type this code", PLAIN),)] if labels else []),
            number,
            (),
            *([(("at this page:", PLAIN),)] if labels else []),
            page,
            (),
            _status(login, around),
            *_news(login, around),
        ]
    said: list[Line] = [
        (),
        (("Type this code", PLAIN),),
        (),
        *_large(clean(code.user_code), inset, around),
        number,
        (),
        ((f"at this page{_whose(login)}, on any device:", PLAIN),),
        (),
        page,
        (),
        _status(login, around),
        *_news(login, around),
        (),
    ]
    if not login.needs_patience(around.now):
        keys = (("copy", "copies the code"), ("copy-more", "the page's address"))
        said.append(_key_words(keys, keymap))
    return said


def _large(code: str, inset: Span, around: Around) -> list[Line]:
    """Return the code in large glyphs, where there is room for them beside everything else."""
    lines = big_lines(code) if around.signs is not ASCII else None
    if lines is None or around.height < LARGE or cells(inset[0] + lines[0]) > around.width:
        return []
    return [*((inset, (line, ACCENT)) for line in lines), ()]


def _whose(login: Login) -> str:
    """Return as whom a person is to sign in, where that is a person."""
    return f", as {clean(login.expected)}" if login.expected and "@" in login.expected else ""


def _status(login: Login, around: Around) -> Line:
    """Return how long it waits still, and when somebody last looked."""
    words = []
    if login.expires_at is not None:
        words.append(f"expires in {clock(login.expires_at - around.now)}")
    if login.checked_at is not None:
        age = int(max(0, around.now - login.checked_at))
        words.append(f"checked {age} s ago" if age else "checked just now")
    return ((", ".join(words) or "waiting", MUTED),)


def _news(login: Login, around: Around) -> list[Line]:
    said: list[Line] = []
    if login.postponed is not None:
        left = int(max(0, login.postponed.at + login.postponed.wait - around.now))
        again = f"; next try in {left} s" if left else "; trying again"
        why = clean(login.postponed.why)
        said.append(((f"{around.signs.warn} could not ask: {why}{again}", WARN),))
    if login.needs_patience(around.now):
        browser = around.keymap.first("browser-instead")
        said += [
            (),
            (
                ("The page does not take the code? ", STRONG),
                (
                    "It may have to be allowed first: ChatGPT, Settings, Security, device code login. ",
                    PLAIN,
                ),
                ("A workspace's admins can forbid it. ", PLAIN),
                (browser, ACCENT),
                (" logs in by browser instead.", PLAIN),
            ),
        ]
    return said


# -- browser --


def _browser(login: Login, around: Around) -> list[Line]:
    url, keymap = login.url, around.keymap
    if url is None:
        return []
    inset: Span = (" " * INDENT, PLAIN) if around.roomy else ("", PLAIN)
    head = crop(url.authorize_url, around.width - cells(inset[0]), around.signs)
    opened = "A browser was opened. " if login.opened else ""
    without = "No callback?" if login.opened else "No tunnel?"
    keys = (("copy", "copies it"), ("plain", "shows it whole"), ("open", "opens it"))
    said: list[Line] = [
        *([()] if around.roomy else []),
        ((f"{opened}Sign in at this page{_whose(login)}:", PLAIN),),
        (inset, (head, STRONG)),
        _key_words(keys if around.roomy else keys[:2], keymap, inset),
        (),
    ]
    if not login.opened:
        said += [
            (("Let its callback come here. On your own computer, before you sign in:", PLAIN),),
            (inset, (clean(login.tunnel), STRONG)),
            _key_words((("copy-more", "copies it"), ("tunnel", "edits it")), keymap, inset),
            (),
        ]
    said += [
        _callback(login, around),
        *([((f"{around.signs.warn} {clean(login.remark)}", WARN),)] if login.remark else []),
        *([((clean(login.note), MUTED),)] if login.note else []),
        (),
        ((f"{without} Then the page ends at an address that does not load.", PLAIN),),
        (
            inset,
            (keymap.first("detail"), ACCENT),
            (" takes that address, pasted; or in another shell of this server:", MUTED),
        ),
        (
            inset,
            (clean(login.curl), STRONG),
            ("  and there", MUTED),
            ('  url = "ADDRESS"', STRONG),
            ("  ctrl+d", MUTED),
        ),
    ]
    return said


def _callback(login: Login, around: Around) -> Line:
    left = login.expires_at
    until = f", expires in {clock(left - around.now)}" if left is not None else ""
    if login.refused is not None:
        return (
            (f"{around.signs.warn} not taken: {clean(login.refused.why)}", WARN),
            (until, MUTED),
        )
    return ((f"no callback seen yet{until}", MUTED),)


# -- everything else --


def _other(login: Login, around: Around) -> list[Line]:
    signs, keymap = around.signs, around.keymap
    blank: list[Line] = [()] if around.roomy else []
    if login.phase == FAILED:
        return blank + _failed(login, around)
    if login.phase == SAVED:
        return blank + _saved(login, around)
    if login.phase == UNSAVED:
        return [
            *blank,
            ((f"{signs.warn} {clean(login.message)}", WARN),),
            *([((clean(login.hint), PLAIN),)] if login.hint else []),
            (),
            (("The login is whole, and in memory alone: it is lost if you leave now.", PLAIN),),
            _key_words((("detail", "saves again"), ("cancel", "discards it")), keymap),
        ]
    if login.phase == MISMATCHED and login.mismatch is not None:
        return [
            *blank,
            ((f"{signs.unknown} {clean(login.mismatch.message)}", WARN),),
            (),
            (("Nothing was saved yet.", PLAIN),),
            _key_words((("detail", "says where it goes"), ("cancel", "discards it")), keymap),
        ]
    words = {
        STARTING: "asking whose this token is" if login.way == TOKEN else "asking the issuer",
        APPROVED: "approved; the tokens are on their way",
        SAVING: f"saving it as {clean(login.name)}",
    }
    steps: list[Line] = list(blank)
    if login.approved is not None and login.phase != APPROVED:
        steps.append(((signs.ok, GOOD), (" approved", PLAIN)))
    return [*steps, ((f"{words.get(login.phase, '')}{signs.more}", PLAIN),)]


def _failed(login: Login, around: Around) -> list[Line]:
    keymap = around.keymap
    untouched = f"{clean(login.name)} is as it was." if login.exists else "Nothing was saved."
    again = "a new code" if login.way == DEVICE else "tries again"
    if login.failure == "PortUnavailable":
        again = "tries again, on a free port"
    keys = [("code-new", again)]
    if login.way == DEVICE:
        keys.append(("browser-instead", "logs in by browser"))
    elif login.way == BROWSER:
        keys.append(("browser-instead", "logs in by device code"))
    keys.append(("back", "closes"))
    return [
        ((f"{around.signs.bad} {clean(login.message)}", BAD),),
        *([((clean(login.hint), PLAIN),)] if login.hint else []),
        (),
        ((untouched, MUTED),),
        _key_words(keys, keymap),
    ]


def _saved(login: Login, around: Around) -> list[Line]:
    saved = login.saved
    if saved is None:
        return []
    who = clean(saved.email or kind_word(saved.kind) or saved.kind)
    said: list[Line] = [
        (
            (f"{around.signs.ok} ", GOOD),
            (who, STRONG),
            (" saved as ", PLAIN),
            (clean(saved.name), STRONG),
        ),
    ]
    if saved.mismatch:
        said.append(
            (
                (
                    f"{around.signs.warn} not the login of {clean(login.name)}, which is as it was",
                    WARN,
                ),
            )
        )
    said += [((clean(each), MUTED),) for each in saved.said if not each.startswith("saved ")]
    said.append(())
    if saved.active:
        said.append((("It is the active login: the next codex has it.", PLAIN),))
        return [*said, _key_words((("back", "closes"),), around.keymap)]
    return [*said, _key_words((("switch", "switches to it"), ("back", "closes")), around.keymap)]


def _key_words(keys: Sequence[tuple[str, str]], keymap: Keymap, inset: Span = ("", PLAIN)) -> Line:
    """Return a line of keys and what they do; actions without a key are left out."""
    spans: list[Span] = [inset]
    for action, word in keys:
        if keymap.of(action):
            spans += [
                ("   " if len(spans) > 1 else "", PLAIN),
                (keymap.first(action), ACCENT),
                (f" {word}", MUTED),
            ]
    return tuple(spans)


def _without_double_blanks(lines: Sequence[Line]) -> list[Line]:
    kept: list[Line] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return kept


def title_text(login: Login, count: int, at: int) -> str:
    """Return the pane's title."""
    which = f"  {at + 1}/{count}" if count > 1 else ""
    return f"Login  {clean(login.name)}  {WAYS.get(login.way, login.way)}{which}"
