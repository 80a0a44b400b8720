"""What is said of a login that does not work: the same in every tab, and nothing that reassures."""

from __future__ import annotations

from profiles.context import make_context
from profiles.marks import LOGIN_NEEDED, set_mark
from tests.screen.stage import ADA, Stage, open_stage, put, two_logins
from tests.support.tokens import HOUR, Login
from tui.detail_state import HOLDERS, OVERVIEW, TOKENS, USAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


def spent(login: Login) -> None:
    """Let it be known of a login that its refresh token is spent; its access token goes on living."""
    from profiles.auth_file import parse

    token = parse(login.document().data(), "").refresh_token
    assert token is not None
    set_mark(
        make_context(), token.digest(), LOGIN_NEEDED, "its refresh token was used up elsewhere"
    )


def words_of(stage: Stage) -> str:
    """Return the detail as one line."""
    return " ".join(stage.main.detail.text.split())


async def test_every_tab_says_the_same_of_a_broken_profile(box: Box) -> None:
    """Catches a torn auth.json that is `no login` in one tab, a holder in another and unreadable in a third."""
    two_logins(box)
    put(f"{box.profile('torn')}/auth.json", b'{"tokens":')
    said = "Its auth.json cannot be used: line 1: not JSON: expecting value. l logs in anew."
    async with open_stage((120, 36)) as stage:
        stage.app.state.select_name("torn")
        for tab in (OVERVIEW, TOKENS, USAGE, HOLDERS):
            stage.main.reading.go(tab)
            await stage.until(lambda: said in words_of(stage))
            text = words_of(stage)
            assert text.count("not JSON") == 1, text
            for other in ("No login", "holds it", "not the newest", "no claims"):
                assert other not in text, (tab, text)


async def test_no_countdown_reassures(box: Box) -> None:
    """Catches `login needed` beside days that are left: those of the access token alone."""
    ada, _ = two_logins(box)
    spent(ada)
    async with open_stage((120, 36)) as stage:
        row = stage.app.state.snapshot.row("personal")
        assert row is not None
        assert row.state == LOGIN_NEEDED
        line = next(line for line in stage.lines[2:] if "\u25cf personal" in line)
        listed = line[: stage.main.left.region.right]
        assert "9d" not in listed
        assert "\u2013" in listed
        assert "login needed" in stage.main.title_line.text
        assert "left" not in stage.main.title_line.text
        await stage.until(lambda: "access" in words_of(stage))
        head, _, tokens = words_of(stage).partition("Tokens")
        assert "left" not in head
        assert "access 9d" in tokens
        work = next(line for line in stage.lines if "work " in line)
        assert "7d" in work[: stage.main.left.region.right]


async def test_a_login_that_works_counts_down(box: Box) -> None:
    """The same with a login that is well: days in the list, in the title and at the head of the detail."""
    Login(ADA).fresh(age=3 * HOUR).write(box.codex)
    async with open_stage((120, 36)) as stage:
        assert "9d" in stage.main.title_line.text
        await stage.until(lambda: "left" in words_of(stage).partition("Identity")[0])
