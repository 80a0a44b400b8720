"""The real Codex refreshes the login that we refresh, at the same moment: every step of ours with every gate of its.

What nobody can prevent is that both send one token: a client that was asked to refresh looks at the file, finds there
what it knows, and sends it, while our request with it is on its way. The issuer refuses the later of the two. Whether
it ends the whole family for that, nobody has told: so each meeting is held with a strict and with a forgiving one.
"""

from __future__ import annotations

import os
from typing import Final

import pytest

from profiles.codex_version import version_of
from profiles.generation import read_copy
from profiles.listing import take_snapshot
from profiles.model import Secret
from profiles.oauth.documents import chatgpt_document
from profiles.oauth.issuer import Issuer
from profiles.oauth.token_endpoint import TokenAnswer
from profiles.refresh_plan import AFTER_EXPIRY, BEFORE_EXPIRY, Options, who_else_refreshes
from profiles.refreshing import FRESH, NEEDED, REFRESHED, SKIPPED, refresh_logins
from tests.real_codex.halting import (
    HOMES_LOCKED,
    LIVE,
    LOGIN_LOCKED,
    ON_DISK,
    ROTATED,
    SENT,
    STEPS,
    WRITTEN_AHEAD,
)
from tests.real_codex.meeting import (
    GATES,
    THEIRS_HALF,
    THEIRS_LOCKED,
    THEIRS_ROTATED,
    THEIRS_SENT,
    TOKEN,
    Meeting,
    ours,
    theirs,
)
from tests.rules.yard import sub_box, write
from tests.support.certificates import Authority
from tests.support.programs import CODEX_98, CODEX_169, CODEXES, need
from tests.support.real_codex import RealCodex
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from tests.conftest import Box
    from tests.real_codex.meeting import First

    Meant = tuple[str, str, First]

pytestmark = pytest.mark.real_codex

#: What becomes of the login, by the step before which we stand and by where the client stands meanwhile.
#:
#:     W  every holder has the token that works, as soon as both have ended
#:     L  so they have after the next command: the client stored its token after we had ended
#:     1  both sent one token and the issuer ended the family (case 1 of what nobody can prevent); it was said
#:
#: Two pairs: where we go on first, where the client does; in each the forgiving issuer and then the strict one. Up to
#: our look at the file all is well if the client goes on first. From then on until the live file is written both send
#: one token. After that a client finds our token in the file and sends nothing.
WITH_169: Final = """
                            its request sent   issuer rotated for it   half its answer read   its locks taken
    before the login's lock        W1 WW               L1 WW                   L1 WW               LL WW
    login's lock held              W1 WW               L1 WW                   L1 WW               LL WW
    homes' locks held              W1 W1               L1 W1                   L1 W1               L1 W1
    space reserved                 W1 W1               L1 W1                   L1 W1               L1 W1
    written ahead                  W1 W1               L1 W1                   L1 W1               L1 W1
    request sent                   W1 W1               L1 W1                   L1 W1               L1 W1
    issuer rotated                 W1 W1               W1 W1                   W1 W1               W1 W1
    half the answer read           W1 W1               W1 W1                   W1 W1               W1 W1
    answer read                    W1 W1               W1 W1                   W1 W1               W1 W1
    answer on the disk             W1 W1               W1 W1                   W1 W1               W1 W1
    marked spent                   W1 W1               W1 W1                   W1 W1               W1 W1
    profile written                W1 W1               W1 W1                   W1 W1               W1 W1
    other home written             W1 W1               W1 W1                   W1 W1               W1 W1
    live file written              WW WW               WW WW                   WW WW               WW WW
"""
#: Likewise with a 0.98 that was started after we had looked who runs; it has no locks. One that we see is never met.
WITH_98: Final = """
                            its request sent   issuer rotated for it   half its answer read
    space reserved                 W1 W1               L1 W1                   L1 W1
    written ahead                  W1 W1               L1 W1                   L1 W1
    request sent                   W1 W1               L1 W1                   L1 W1
    issuer rotated                 W1 W1               W1 W1                   W1 W1
    half the answer read           W1 W1               W1 W1                   W1 W1
    answer read                    W1 W1               W1 W1                   W1 W1
    answer on the disk             W1 W1               W1 W1                   W1 W1
    marked spent                   W1 W1               W1 W1                   W1 W1
    profile written                W1 W1               W1 W1                   W1 W1
    other home written             W1 W1               W1 W1                   W1 W1
    live file written              LL WW               LL WW                   LL WW
"""
TABLES: Final = {CODEX_169: WITH_169, CODEX_98: WITH_98}


def expected(codex: str, *, forgiving: bool) -> dict[Meant, str]:
    """Read a table: what is expected of each meeting."""
    found: dict[Meant, str] = {}
    for line in TABLES[codex].strip("\n").splitlines()[1:]:
        step = line[:28].strip()
        cells = line[28:].split()
        for number, gate in enumerate(GATES[: len(cells) // 2]):
            pairs: dict[First, str] = {"ours": cells[2 * number], "theirs": cells[2 * number + 1]}
            for first, pair in pairs.items():
                found[step, gate, first] = pair[not forgiving]
    return found


def test_the_tables_are_whole() -> None:
    """Every step of ours stands in them with every gate, and with a forgiving issuer no login is ever lost."""
    for codex, steps, gates in ((CODEX_169, STEPS, GATES), (CODEX_98, STEPS[3:], GATES[:3])):
        for forgiving in (False, True):
            table = expected(codex, forgiving=forgiving)
            meant = {(step, gate) for step, gate, _ in table}
            assert meant == {(step, gate) for step in steps for gate in gates}
            assert set(table.values()) <= set("WL" if forgiving else "WL1")


def meet(box: Box, codex: str, meant: Meant, *, forgiving: bool) -> str:
    """Let the two meet, and return what became of the login as the tables have it."""
    step, gate, first = meant
    with Meeting(box, codex, forgiving=forgiving) as meeting:
        if codex == CODEX_169:
            meeting.start(gate)
        meeting.ours(step)
        meeting.theirs(gate)
        meeting.end(first)
        left = meeting.outcome()
        if not left.alive:
            assert left.is_told, f"lost, and nobody was told: {left}"
            assert meeting.simulator.reused == 1
        if codex == CODEX_98:
            meeting.end_client()  # else it is left alone
        [result, *_] = meeting.again()
        row = take_snapshot(meeting.context).row("ada")
        assert row is not None
        works = meeting.all_work()
        if left.alive:
            assert works, f"not even after the next command: {left} {result}"
            assert (result.outcome in (REFRESHED, FRESH), row.state) == (True, "ok"), result
            assert meeting.simulator.reused <= 1
            return "W" if left.works else "L"
        # Where the client was the later one, nobody but the client knows before the next request.
        assert result.outcome == (FRESH if left.outcome == REFRESHED else NEEDED), result
        return "1"


#: One of each kind.
SOME: Final[list[Meant]] = [
    (LOGIN_LOCKED, THEIRS_ROTATED, "theirs"),
    (LOGIN_LOCKED, THEIRS_LOCKED, "ours"),
    (HOMES_LOCKED, THEIRS_LOCKED, "theirs"),
    (WRITTEN_AHEAD, THEIRS_SENT, "ours"),
    (SENT, THEIRS_LOCKED, "ours"),
    (SENT, THEIRS_HALF, "theirs"),
    (ROTATED, THEIRS_SENT, "theirs"),
    (ON_DISK, THEIRS_ROTATED, "ours"),
    (LIVE, THEIRS_SENT, "theirs"),
]
ISSUERS = pytest.mark.parametrize("forgiving", [False, True], ids=["strict", "forgiving"])


@ISSUERS
@pytest.mark.parametrize("meant", SOME, ids=" - ".join)
def test_r19_r20_some_meetings(box: Box, meant: Meant, forgiving: bool) -> None:
    """A login that works in every holder, or the first case of those that nobody can prevent, and then it is said."""
    assert (
        meet(box, CODEX_169, meant, forgiving=forgiving)
        == (expected(CODEX_169, forgiving=forgiving)[meant])
    )


@ISSUERS
@pytest.mark.parametrize("meant", [(SENT, THEIRS_ROTATED, "ours"), (LIVE, THEIRS_HALF, "theirs")])
def test_r19_r20_some_meetings_with_an_old_client(box: Box, meant: Meant, forgiving: bool) -> None:
    """Likewise with one that was started after our look."""
    assert (
        meet(box, CODEX_98, meant, forgiving=forgiving)
        == (expected(CODEX_98, forgiving=forgiving)[meant])
    )


@pytest.mark.slow
@ISSUERS
@pytest.mark.parametrize("codex", CODEXES)
def test_r19_r20_every_meeting(
    box: Box, codex: str, forgiving: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every step of ours with every gate of the client's, and either of the two first; the outcomes are printed."""
    table = expected(codex, forgiving=forgiving)
    found: dict[Meant, str] = {}
    for number, meant in enumerate(table):
        found[meant] = meet(sub_box(box, number), codex, meant, forgiving=forgiving)
    with capsys.disabled():
        kind = "forgiving" if forgiving else "strict"
        print(f"\n{codex}, a {kind} issuer; where we go on first, where the client does:")
        for step, gate in dict.fromkeys((step, gate) for step, gate, _ in found):
            both = f"{found[step, gate, 'ours']} {found[step, gate, 'theirs']}"
            print(f"  {step:24} {gate:22} {both}")
    assert found == table


# --- who is left alone ---------------------------------------------------------------------------------


def document_of(meeting: Meeting) -> AuthDocument:
    """Return the active home's login."""
    copy = read_copy(meeting.live_path)
    assert copy is not None
    assert copy.document is not None
    return copy.document


@pytest.mark.parametrize(("codex", "version"), [(CODEX_169, (0, 169)), (CODEX_98, (0, 98))])
def test_requests_of_the_client_arrive(box: Box, codex: str, version: tuple[int, int]) -> None:
    """Without that nothing here would prove anything: what it sends comes, in its own form; its version is known."""
    with Meeting(box, codex) as meeting:
        before = meeting.token(meeting.live_path)
        meeting.start()
        assert version_of(meeting.process.pid) == version
        assert meeting.theirs() == "ended"
        [request] = meeting.simulator.requests(TOKEN)
        assert request.json()["refresh_token"] == before
        assert ("scope" in request.json()) == (codex == CODEX_98)
        assert ("refresh_reason" in request.json()) == (codex == CODEX_169)
        assert meeting.works(meeting.live_path)


@pytest.mark.parametrize(
    ("codex", "variable", "arrives"),
    [
        (CODEX_169, "CODEX_CA_CERTIFICATE", True),
        (CODEX_169, "SSL_CERT_FILE", True),
        (CODEX_98, "SSL_CERT_FILE", True),
        (CODEX_98, "CODEX_CA_CERTIFICATE", False),
    ],
)
def test_requests_of_the_client_arrive_over_tls(
    box: Box, codex: str, variable: str, arrives: bool
) -> None:
    """0.98 knows one of the two variables: with the other it sends nothing, which would prove anything (C144)."""
    authority = Authority(box.path)
    with Simulator(tls=authority.vouch().server()) as simulator:
        simulator.people.add("ada@example.com")
        answer = simulator.sign_in("ada@example.com")
        tokens = TokenAnswer(*(Secret(answer[name]) for name in TokenAnswer._fields))
        document = chatgpt_document(tokens, Issuer(simulator.url), 1_800_000_000.0)
        url = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{simulator.url}{TOKEN}"}
        client = RealCodex(need(codex), box.codex, {**url, variable: authority.path})
        write(f"{client.home}/auth.json", document.raw)
        with client.app_server() as session:
            session.request("getAuthStatus", {"includeToken": True, "refreshToken": True})
        assert len(simulator.requests(TOKEN)) == arrives
        assert simulator.families[0].generation == arrives


@pytest.mark.parametrize("gate", ["", *GATES[:3]], ids=lambda gate: gate or "idle")
def test_r20_an_old_client_is_left_alone(box: Box, gate: str) -> None:
    """While a 0.98 runs with a holder nothing is sent, wherever it stands; what it left is refreshed later."""
    with Meeting(box, CODEX_98) as meeting:
        meeting.start()
        pid = meeting.process.pid
        if gate:
            assert meeting.theirs(gate) == "held"
        [result, *_] = meeting.again(Options(force=True))
        assert result.outcome == SKIPPED
        assert result.reason is not None
        assert f"process {pid}" in result.reason
        assert "0.98" in result.reason
        assert not meeting.tokens_sent(ours)
        if gate:
            meeting.let_them_go()
        meeting.end_client()
        assert len(meeting.tokens_sent(theirs)) == bool(gate)
        [result, *_] = meeting.again(Options(force=True))
        assert result.outcome == REFRESHED
        assert meeting.all_work()
        assert meeting.simulator.reused == 0


@pytest.mark.parametrize(
    ("left", "skips"),
    [
        (BEFORE_EXPIRY + 60, False),
        (BEFORE_EXPIRY - 60, True),
        (-AFTER_EXPIRY + 30, True),
        (-AFTER_EXPIRY - 60, False),
    ],
)
def test_r20_a_client_of_today_is_left_alone_around_the_expiry_alone(
    box: Box, left: float, skips: bool
) -> None:
    """`left` seconds before the token ends, by the real client's process."""
    with Meeting(box, CODEX_169) as meeting:
        meeting.start()
        document = document_of(meeting)
        ends = document.access_facts.expires_at
        assert ends is not None
        context = meeting.context._replace(now=lambda: ends - left)
        why = who_else_refreshes(context, [os.path.realpath(meeting.home)], document)
        assert (why is not None) == skips
        if why is not None:
            assert f"process {meeting.process.pid}" in why


def test_r20_a_client_of_today_takes_up_what_we_refreshed(box: Box) -> None:
    """Not skipped, named; and asked to refresh it finds our token in the file and sends nothing."""
    with Meeting(box, CODEX_169) as meeting:
        meeting.start()
        results = list(refresh_logins(meeting.context))
        assert {result.outcome for result in results} == {REFRESHED}
        said = "\n".join(results[0].said)
        assert f"codex app-server (process {meeting.process.pid}) runs with ada" in said
        assert meeting.theirs() == "ended"
        assert meeting.tokens_sent(theirs) == []
        assert isinstance(meeting.answer, dict)
        assert meeting.answer["authToken"] == meeting.simulator.families[0].access_tokens[-1]
        assert meeting.all_work()
        meeting.end_client()
        results = list(refresh_logins(meeting.context, None, Options(force=True)))
        assert "runs with" not in "\n".join(results[0].said)


@pytest.mark.parametrize("codex", CODEXES)
def test_r20_a_client_that_runs_with_the_profile_itself(box: Box, codex: str) -> None:
    """As `tui run` starts it: today's takes up our token, an old one is left alone; the active home has it, too."""
    with Meeting(box, codex) as meeting:
        client = RealCodex(
            need(codex), box.profile("ada"), {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": None}
        )
        with client.app_server() as session:
            [result, *_] = meeting.again(Options(force=True))
            assert result.outcome == (SKIPPED if codex == CODEX_98 else REFRESHED)
            if codex == CODEX_98:
                return
            answer = session.request("getAuthStatus", {"includeToken": True, "refreshToken": True})
        assert answer["authToken"] == meeting.simulator.families[0].access_tokens[-1]
        assert meeting.tokens_sent(theirs) == []
        assert meeting.all_work()
