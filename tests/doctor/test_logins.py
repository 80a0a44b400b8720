"""Logins by their states: refused, used up, revoked, in doubt, due; by a real issuer on loopback where one speaks."""

from __future__ import annotations

import os

import pytest

from profiles.doctor import logins
from profiles.doctor.finding import ERROR, INFO, WARNING
from tests.commands.logins import found_in
from tests.commands.refreshes import DEAD, TOKEN, Counter
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    carry_out,
    found_one,
)
from tests.refreshing.stand import DAY
from tests.support.cli import run_tui
from tests.support.documents import mixture, with_api_key, with_personal_access_token
from tests.support.tokens import Document, Login, Person
from tests.surroundings.scene import save_profile, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box

EXPIRED_CODE: dict[str, object] = {"error": {"code": "refresh_token_expired"}}
MINUTE = 60.0


def _active(counter: Counter, name: str, age: float = 2 * 3600.0) -> Document:
    """Let the issuer make somebody's login, save it, and make it the active one."""
    document = counter.sign_in(name, age)
    counter.put(name, document)
    document.write(counter.box.codex)
    return document


def _told(counter: Counter, patient: Patient, id_: str, level: str, *culprits: str) -> Finding:
    """Expect one finding, with nothing in it that the issuer gave out."""
    __tracebackhide__ = True
    finding = found_one(patient, id_, level, *culprits)
    assert not found_in("\n".join(map(str, finding[:6])), counter.simulator)
    return finding


def _anew(counter: Counter, patient: Patient, finding: Finding, name: str) -> None:
    """Sign in anew, as the fix says, and expect that the finding is gone."""
    __tracebackhide__ = True
    assert finding.fix == f"tui login {name} --device-code"
    document = counter.sign_in(name, MINUTE)
    document.write(counter.box.profile(name))
    document.write(counter.box.codex)
    assert_gone(patient, finding.id)


# -- due ---------------------------------------------------------------------------------------


def test_an_access_token_that_ended(box: Box) -> None:
    """token.expired: worth knowing, no more, for Codex refreshes by itself; refreshed, it is gone."""
    with Counter(box) as counter:
        _active(counter, "ada", 11 * DAY)
        patient = Patient(box)
        finding = _told(counter, patient, "token.expired", INFO, "ended", "refreshed 11d ago")
        assert_nothing_wrong(patient)
        assert finding.fix == "tui refresh ada"
        counter.tui(["refresh", "ada"], 0)
        assert_gone(patient, "token.expired")


def test_a_token_that_cannot_be_read(box: Box) -> None:
    """token.expired: Codex's own rule for an opaque one, 8 days after last_refresh."""
    document = Login(opaque=True).fresh(9 * 86_400).document()
    document.write(box.codex)
    patient = Patient(box)
    found_one(patient, "token.expired", INFO, f"{box.codex}/auth.json", "cannot be read")
    Login(opaque=True).fresh(7 * 86_400).write(box.codex)
    assert_gone(patient, "token.expired")


def test_a_login_that_nobody_refreshed(box: Box) -> None:
    """login.idle: 40 days; nobody knows whether its refresh token lives. One refresh ends it."""
    with Counter(box) as counter:
        counter.put("bob", counter.sign_in("bob", 40 * DAY))
        patient = Patient(box)
        finding = _told(counter, patient, "login.idle", WARNING, box.profile("bob"), "40d ago")
        assert_gone(patient, "token.expired")
        assert finding.fix == "tui refresh bob"
        counter.tui(["refresh", "bob"], 0)
        assert_gone(patient, "login.idle")


# -- refused -----------------------------------------------------------------------------------


def test_an_old_snapshot_was_put_back(box: Box) -> None:
    """token.reused: refreshed, then an old auth.json came back: its token is used up, which our own record knows."""
    with Counter(box) as counter:
        old = _active(counter, "ada", 11 * DAY)
        counter.tui(["refresh", "ada"], 0)
        old.write(box.codex)
        old.write(box.profile("ada"))
        patient = Patient(box)
        finding = _told(counter, patient, "token.reused", ERROR, "auth.json", "used up")
        _anew(counter, patient, finding, "ada")


@pytest.mark.slow
def test_the_issuer_says_used(box: Box) -> None:
    """token.reused: another machine refreshed its copy, and the issuer says so; 10 s we look for a newer one."""
    with Counter(box) as counter:
        document = counter.sign_in("bob", 11 * DAY)
        counter.put("bob", document)
        counter.simulator.rotate(document.value["tokens"]["refresh_token"])
        counter.reuse_is_forced = 1
        counter.tui(["refresh", "bob"], 4)
        patient = Patient(box)
        finding = _told(counter, patient, "token.reused", WARNING, "it was already used")
        _anew(counter, patient, finding, "bob")


def test_the_issuer_says_revoked(box: Box) -> None:
    """token.revoked: an error for the active login, a warning for another."""
    with Counter(box) as counter:
        counter.put("bob", counter.sign_in("bob", 11 * DAY))
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        counter.tui(["refresh", "bob"], 4)
        patient = Patient(box)
        _told(counter, patient, "token.revoked", WARNING, box.profile("bob"), "it was revoked")
        with open(f"{box.profile('bob')}/auth.json", encoding="utf-8") as file:
            text = file.read()
        patient.write(".codex/auth.json", text, 0o600)
        finding = _told(counter, patient, "token.revoked", ERROR, "it was revoked")
        _anew(counter, patient, finding, "bob")


def test_revoked_a_minute_after_the_sign_in(box: Box) -> None:
    """token.short_lived: so soon it is the account's side, and the way is a private window."""
    with Counter(box) as counter:
        _active(counter, "ada", MINUTE)
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        counter.tui(["refresh", "ada", "--force"], 4)
        patient = Patient(box)
        finding = _told(counter, patient, "token.short_lived", ERROR, "after its token was issued")
        assert_gone(patient, "token.revoked")
        assert finding.fix == "tui login ada --browser"
        counter.sign_in("ada", MINUTE).write(box.codex)
        counter.sign_in("ada", MINUTE).write(box.profile("ada"))
        assert_gone(patient, "token.short_lived")


def test_the_issuer_says_expired(box: Box) -> None:
    """login.needed: refused for good for another reason."""
    with Counter(box) as counter:
        _active(counter, "ada", 11 * DAY)
        counter.simulator.faults.add(TOKEN, status=401, body=EXPIRED_CODE)
        counter.tui(["refresh", "ada"], 4)
        patient = Patient(box)
        finding = _told(counter, patient, "login.needed", ERROR, "it has expired")
        _anew(counter, patient, finding, "ada")


def test_ended_without_a_refresh_token(box: Box) -> None:
    """login.needed: nothing brings new tokens."""
    login = Login(with_refresh_token=False)
    login.fresh(11 * 86_400).write(box.codex)
    patient = Patient(box)
    found_one(patient, "login.needed", ERROR, f"{box.codex}/auth.json", "no refresh token")
    login.fresh().write(box.codex)
    assert_gone(patient, "login.needed")


@pytest.mark.parametrize(("age", "level"), [(1, INFO), (9.5, WARNING)])
def test_a_login_that_cannot_be_refreshed(box: Box, age: float, level: str) -> None:
    """login.no_refresh: harmless until it comes to its end."""
    Login(with_refresh_token=False).fresh(int(age * 86_400)).write(box.codex)
    patient = Patient(box)
    found_one(patient, "login.no_refresh", level, f"{box.codex}/auth.json")
    Login().fresh(int(age * 86_400)).write(box.codex)
    assert_gone(patient, "login.no_refresh")


def test_the_newest_copy_counts(box: Box) -> None:
    """login.no_refresh: of the active profile the live file is newer, and it is the one without a token."""
    scene = settle(box)
    patient = Patient(box)
    assert_gone(patient, "login.no_refresh")
    newer = scene.ada.rotate(60)
    newer.document().having_tokens(refresh_token="").write(box.codex)
    found_one(patient, "login.no_refresh", INFO)


# -- in doubt ----------------------------------------------------------------------------------


def test_codex_login_replaced_ours(box: Box) -> None:
    """login.uncertain: it revokes what it replaces; a refresh shows whether it lives, and it does."""
    with Counter(box) as counter:
        for name in ("ada", "bob"):
            counter.put(name, counter.sign_in(name))
        counter.tui(["switch", "ada"], 0)
        counter.sign_in("eve").write(box.codex)
        counter.tui(["switch", "bob"], 0)
        patient = Patient(box)
        finding = _told(
            counter, patient, "login.uncertain", WARNING, "codex login and codex logout"
        )
        assert finding.fix == "tui refresh ada"
        counter.tui(["refresh", "ada"], 0)
        assert_gone(patient, "login.uncertain")


def test_the_answer_of_a_refresh_never_came(box: Box) -> None:
    """login.uncertain: the line was cut after the token was sent; the next try shows it."""
    with Counter(box) as counter:
        counter.put("bob", counter.sign_in("bob", 11 * DAY))
        counter.simulator.faults.add(TOKEN, status=502, body={})
        counter.tui(["refresh", "bob"], 1)
        patient = Patient(box)
        _told(counter, patient, "login.uncertain", WARNING, "502")
        counter.tui(["refresh", "bob"], 0)
        assert_gone(patient, "login.uncertain")


def test_the_backend_says_that_the_session_ended(box: Box) -> None:
    """token.revoked: usage was asked for, and the backend refused the token as revoked."""
    with Counter(box) as counter:
        document = _active(counter, "ada")
        family = counter.simulator.family_of(document.value["tokens"]["refresh_token"])
        assert family is not None
        family.ended = True
        env = {"SWITCHYARD_CHATGPT_BASE_URL": counter.simulator.backend_url}
        counter.tui(["usage", "ada"], 1, env)
        patient = Patient(box)
        finding = _told(counter, patient, "token.revoked", WARNING, "token_revoked")
        assert finding.fix == "tui refresh ada"
        family.ended = False
        counter.tui(["refresh", "ada"], 0)
        assert_gone(patient, "token.revoked")


def test_two_logins_in_one_file(box: Box) -> None:
    """login.mixture: what an old Codex leaves; a new login ends it."""
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    mixture(ada, bob).write(box.codex)
    patient = Patient(box)
    found_one(patient, "login.mixture", ERROR, f"{box.codex}/auth.json", "account_id")
    ada.write(box.codex)
    assert_gone(patient, "login.mixture")


def test_a_plan_that_is_gone(box: Box) -> None:
    """login.plan: the token says Plus, and the backend, asked afterwards, said free."""
    with Counter(box) as counter:
        _active(counter, "ada")
        env = {"SWITCHYARD_CHATGPT_BASE_URL": counter.simulator.backend_url}
        patient = Patient(box)
        counter.tui(["usage", "ada"], 0, env)
        assert_gone(patient, "login.plan")
        counter.simulator.backend.set_usage("ada@example.com", plan_type="free")
        counter.tui(["usage", "ada"], 0, env)
        _told(counter, patient, "login.plan", WARNING, "free")
        counter.simulator.backend.set_usage("ada@example.com", plan_type="plus")
        counter.tui(["usage", "ada"], 0, env)
        assert_gone(patient, "login.plan")


# -- all well ----------------------------------------------------------------------------------


def test_logins_healthy(box: Box) -> None:
    """Logins of every age that is normal, keys, and an empty profile: nothing but ok and info."""
    settle(box)
    save_profile(box, "key", with_api_key())
    save_profile(box, "pat", with_personal_access_token())
    for name, age in (("soon", int(9.5 * 86_400)), ("ended", 20 * 86_400)):
        save_profile(box, name, Login(Person(name)).fresh(age).document())
    save_profile(box, "free", Login(Person("free"), plan="free").fresh().document())
    save_profile(box, "old", Login(Person("old")).as_098().fresh().document())
    assert run_tui(["add", "empty", "--empty"]).code == 0
    patient = Patient(box)
    assert_nothing_wrong(patient)
    carry_out(patient, "tui switch pat")
    assert_nothing_wrong(patient)


def test_nobody_was_ever_logged_in(box: Box) -> None:
    """A home without a login is no error of any login: that nobody is logged in is all that is said."""
    os.makedirs(box.codex)
    found = Patient(box).found("homes") + Patient(box).found("files") + Patient(box).found("logins")
    assert [each.id for each in found if each.level in (ERROR, WARNING)] == ["login.none"]


@pytest.mark.parametrize(
    ("id_", "word"),
    [
        ("device.disabled", "Settings"),
        ("device.server", "SWITCHYARD_ISSUER"),
        ("device.expired", "15 minutes"),
        ("device.invalid_code", "https://auth.openai.com/codex/device"),
        ("account.entitlement", "missing_codex_entitlement"),
        ("account.step_up", "--access-token"),
        ("account.failed", "outage"),
    ],
)
def test_what_cannot_be_seen_is_explained(id_: str, word: str) -> None:
    """What only the browser or the service knows has a line that says so, and what to do."""
    assert word in logins.UNSEEN[id_]
    assert id_ not in logins.SEEN
