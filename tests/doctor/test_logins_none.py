"""A home in which nobody is logged in: it is said, with our own commands, and only where Codex has nothing else."""

from __future__ import annotations

import os

import pytest

from profiles.doctor.finding import ERROR, WARNING
from tests.doctor.patient import Patient
from tests.doctor.remedies import assert_gone, carry_out, found_all, found_one
from tests.doctor.test_environment import NOW, PAT, agent
from tests.support.cli import run_tui
from tests.support.documents import BROKEN, VARIANTS
from tests.support.tokens import Login, Person
from tests.surroundings.scene import read, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NONE = "login.none"
NEW = "tui login main --device-code && tui switch main"


def _switched_anyway(patient: Patient, fix: str) -> None:
    """Do the switch that a fix says; a login that vanished would be asked of the issuer first."""
    assert fix.startswith("tui switch ")
    carry_out(patient, f"{fix} --anyway")


@pytest.mark.parametrize("exists", [False, True])
def test_a_fresh_machine(box: Box, exists: bool) -> None:
    """login.none: no home, or an empty one: a healthy machine it is not, and a new login is what it needs."""
    if exists:
        os.makedirs(box.codex)
    patient = Patient(box)
    finding = found_one(patient, NONE, WARNING, "~/.codex/auth.json is not there", "no login")
    assert finding.title == "Nobody is logged in here"
    assert finding.fix == NEW
    Login(Person("ada")).fresh().write(box.codex)
    assert_gone(patient, NONE)


def test_profiles_and_no_active_login(box: Box) -> None:
    """login.none: the login was here, and is saved: the switch back to it is the fix, and carried out it is gone."""
    scene = settle(box)
    patient = Patient(box)
    assert_gone(patient, NONE)
    os.unlink(scene.live)
    finding = found_one(patient, NONE, WARNING, "was there before", "ada, bob")
    assert finding.fix == "tui switch ada"
    _switched_anyway(patient, finding.fix)
    assert_gone(patient, NONE)
    assert read(scene.live) == scene.ada.document().data()


def test_the_profile_of_before_counts(box: Box) -> None:
    """login.none: of several profiles the one that was in use last is named, not the first."""
    scene = settle(box)
    assert run_tui(["switch", "bob", "--anyway"]).code == 0
    os.unlink(scene.live)
    assert found_one(Patient(box), NONE, WARNING).fix == "tui switch bob"


def test_a_profile_that_cannot_be_switched_to(box: Box) -> None:
    """login.none: a login that is broken is made anew, by its own name."""
    scene = settle(box)
    os.unlink(scene.live)
    with open(scene.saved("ada"), "wb") as file:
        file.write(BROKEN["cut"])
    fix = found_one(Patient(box), NONE, WARNING).fix
    assert fix == "tui login ada --device-code && tui switch ada"


def test_a_file_without_any_login(box: Box) -> None:
    """login.none: an auth.json that holds nothing is as good as none."""
    VARIANTS["no login"].write(box.codex)
    patient = Patient(box)
    assert_gone(patient, "file.broken")
    found_one(patient, NONE, WARNING, "holds no login")


def test_a_broken_file_is_its_own_finding(box: Box) -> None:
    """file.broken says it once; when the file is moved away, as its fix says, nobody is logged in."""
    patient = Patient(box)
    path = patient.write(".codex/auth.json", "{", 0o600)
    assert_gone(patient, NONE)
    finding = found_one(patient, "file.broken", ERROR, path)
    aside, _, then = finding.fix.partition(" && ")
    assert aside == f"mv {path} {path}.broken"
    assert then == NEW
    carry_out(patient, aside)
    assert_gone(patient, "file.broken")
    assert found_one(patient, NONE, WARNING).fix == then


def test_a_link_to_nowhere_and_a_home_that_is_none(box: Box) -> None:
    """file.link, env.home and home.unusable say why: nothing is said twice."""
    patient = Patient(box)
    os.makedirs(box.codex)
    os.symlink("nowhere", f"{box.codex}/auth.json")
    assert_gone(patient, NONE)
    os.unlink(f"{box.codex}/auth.json")
    patient.set(CODEX_HOME=f"{box.home}/nowhere")
    assert_gone(patient, NONE)
    patient.set(CODEX_HOME=None)
    os.rmdir(box.codex)
    patient.write(".codex", "")
    assert_gone(patient, NONE)


def test_the_login_lies_in_another_home(box: Box) -> None:
    """home.many names the home with the login: to sign in anew would be the wrong advice."""
    Login(Person("ada")).fresh().write(box.codex)
    os.makedirs(f"{box.home}/other")
    patient = Patient(box)
    patient.set(CODEX_HOME=f"{box.home}/other")
    found_one(patient, "home.many", WARNING)
    assert_gone(patient, NONE)


@pytest.mark.parametrize("what", [each for each in VARIANTS if each not in ("headers", "no login")])
def test_every_kind_of_login_counts(box: Box, what: str) -> None:
    """An API key or a personal access token in auth.json is a login, too."""
    VARIANTS[what].write(box.codex)
    assert_gone(Patient(box), NONE)


def test_what_codex_uses_in_its_stead(box: Box) -> None:
    """A token in a variable that Codex takes, and a provider with a key of its own, are logins; other keys are none."""
    os.makedirs(box.codex)
    patient = Patient(box)
    patient.context["now"] = lambda: NOW
    for value, counts in ((PAT, True), (agent(NOW + 60), True), (agent(NOW - 60), False)):
        patient.set(CODEX_ACCESS_TOKEN=value)
        assert (found_all(patient, NONE) == []) is counts
    patient.set(CODEX_ACCESS_TOKEN="tunafish")
    found_one(patient, NONE, WARNING)
    patient.set(CODEX_ACCESS_TOKEN=None, OPENAI_API_KEY="sk-proj-0123456789", CODEX_API_KEY="sk-1")
    found_one(patient, NONE, WARNING)
    table = '[model_providers.own]\nname = "own"\nenv_key = "OWN_KEY"\nbase_url = "http://[::1]/"\n'
    patient.write(".codex/config.toml", f'model_provider = "own"\n{table}', 0o600)
    assert_gone(patient, NONE)
    patient.write(".codex/config.toml", f'model_provider = "openai"\n{table}', 0o600)
    found_one(patient, NONE, WARNING)
    patient.write(".codex/config.toml", 'cli_auth_credentials_store = "keyring"\n', 0o600)
    assert_gone(patient, NONE)


def test_the_name_of_a_new_login(box: Box) -> None:
    """file.broken in another home: a name after its folder, and the login goes where it was."""
    patient = Patient(box)
    Login(Person("ada")).fresh().write(box.codex)
    home = f"{box.home}/.codex-work"
    path = patient.write(".codex-work/auth.json", "{", 0o600)
    finding = found_one(patient, "file.broken", WARNING, path)
    log_in, switch = "tui login work --device-code", f"CODEX_HOME={home} tui switch work"
    assert finding.fix == f"mv {path} {path}.broken && {log_in} && {switch}"
