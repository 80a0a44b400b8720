"""Settings that void a login: real files of settings, and the real Codex beside them."""

from __future__ import annotations

import os

import pytest

from profiles.doctor import store
from profiles.doctor.finding import ERROR, INFO, WARNING
from tests.doctor.patient import Patient
from tests.doctor.remedies import (
    assert_gone,
    assert_nothing_wrong,
    carry_out,
    cured,
    found_all,
    found_one,
)
from tests.support.codex_config import CASES, DELETED, USED
from tests.support.documents import with_api_key
from tests.support.real_codex import RealCodex
from tests.support.tokens import Login, Person
from tests.surroundings.scene import Scene, save_profile, settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.codex_config import Case

CONFIG = ".codex/config.toml"
MANAGED = "/etc/codex/managed_config.toml"
SYSTEM = "/etc/codex/config.toml"
REQUIREMENTS = "/etc/codex/requirements.toml"
HEAD = '# of mine\nmodel = "gpt-5"\n\n'
TAIL = '\n[tools]\nweb_search = true  # cli_auth_credentials_store = "no"\n'


def _configured(box: Box, line: str) -> tuple[Scene, Patient, str]:
    """Settle a home whose config.toml has the line as its fourth."""
    scene = settle(box)
    patient = Patient(box)
    return scene, patient, patient.write(CONFIG, f"{HEAD}{line}\n{TAIL}", 0o600)


def _others_stay(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert text.startswith(HEAD)
    assert text.endswith(TAIL)


# -- store.keyring, store.ephemeral ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "id_", "level"),
    [
        ("keyring", "store.keyring", ERROR),
        ("auto", "store.keyring", WARNING),
        ("ephemeral", "store.ephemeral", ERROR),
    ],
)
def test_another_store(box: Box, value: str, id_: str, level: str) -> None:
    """store.keyring: a switch has no effect there; the fix changes this one line."""
    _, patient, path = _configured(box, f'cli_auth_credentials_store = "{value}"')
    finding = found_one(patient, id_, level, f"{path}:4", value)
    cured(patient, finding)
    _others_stay(path)


def test_another_store_in_a_profile(box: Box) -> None:
    """store.keyring: of a profile's own home: a warning that names it."""
    settle(box)
    path = f"{box.profile('bob')}/config.toml"
    patient = Patient(box)
    with open(path, "w", encoding="utf-8") as file:
        file.write("'cli_auth_credentials_store' = 'keyring'\n")
    finding = found_one(patient, "store.keyring", WARNING, f"{path}:1")
    assert "bob" in finding.title
    cured(patient, finding)


def test_file_is_the_store_that_we_want(box: Box) -> None:
    """Named or not, in a comment, in a table, in a folder of projects: nothing is wrong."""
    lines = 'cli_auth_credentials_store = "file"\n# cli_auth_credentials_store = "keyring"'
    _, patient, _ = _configured(box, lines)
    patient.write("work/.codex/config.toml", 'cli_auth_credentials_store = "keyring"\n')
    patient.write(".codex/config.toml.bak", 'cli_auth_credentials_store = "keyring"\n')
    assert_nothing_wrong(patient)


# -- the administrator's files -----------------------------------------------------------------


def test_what_is_managed_beats_the_home(box: Box) -> None:
    """store.managed: the administrator's line is the culprit, not ours, and it is named."""
    _, patient, _ = _configured(box, 'cli_auth_credentials_store = "file"')
    path = patient.put(MANAGED, 'cli_auth_credentials_store = "keyring"\n')
    finding = found_one(patient, "store.keyring", ERROR, f"{path}:1")
    found_one(patient, "store.managed", INFO, path, "cli_auth_credentials_store")
    cured(patient, finding)


def test_the_home_beats_the_system(box: Box) -> None:
    """store.managed: what the system's file says counts where the home says nothing, and only there."""
    _, patient, mine = _configured(box, 'cli_auth_credentials_store = "file"')
    path = patient.put(SYSTEM, 'cli_auth_credentials_store = "ephemeral"\n')
    assert_gone(patient, "store.ephemeral")
    os.unlink(mine)
    found_one(patient, "store.ephemeral", ERROR, f"{path}:1")
    patient.write(CONFIG, 'cli_auth_credentials_store = "file"\n')
    assert_gone(patient, "store.ephemeral")


def test_an_administrator_who_says_nothing_about_logins(box: Box) -> None:
    """Worth knowing, and no more."""
    settle(box)
    patient = Patient(box)
    patient.put(MANAGED, 'model = "gpt-5"\n')
    patient.put(REQUIREMENTS, 'allowed_sandbox_modes = ["read-only"]\n')
    assert_nothing_wrong(patient)
    found_one(patient, "store.managed", INFO, "nothing about logins")


# -- config.forced -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ['forced_login_method = "api"', 'forced_chatgpt_workspace_id = "another"']
)
def test_a_forced_setting_deletes_the_login(box: Box, line: str) -> None:
    """config.forced: the line is named, and without it the login stays."""
    _, patient, path = _configured(box, line)
    key = line.partition(" ")[0]
    finding = found_one(patient, "config.forced", ERROR, f"{path}:4", key)
    cured(patient, finding)
    _others_stay(path)


def test_a_forced_setting_that_other_profiles_do_not_fit(box: Box) -> None:
    """config.forced: the active login fits, a switch to bob would be refused: a warning that names him."""
    login = Login(Person("ada")).fresh()
    line = f'forced_chatgpt_workspace_id = ["{login.account_id}"]'
    _, patient, path = _configured(box, line)
    finding = found_one(patient, "config.forced", WARNING, f"{path}:4", "profiles: bob")
    cured(patient, finding)


def test_a_forced_setting_that_every_login_fits(box: Box) -> None:
    """Forced and fitting is fine."""
    _, patient, _ = _configured(box, 'forced_login_method = "chatgpt"')
    assert_nothing_wrong(patient)


def test_what_the_administrator_forces(box: Box) -> None:
    """config.forced: managed_config.toml forces a key; with one among the profiles, a switch is the fix."""
    settle(box)
    save_profile(box, "key", with_api_key())
    patient = Patient(box)
    path = patient.put(MANAGED, 'forced_login_method = "api"\n')
    finding = found_one(patient, "config.forced", ERROR, f"{path}:1")
    assert finding.fix == "tui switch key"
    carry_out(patient, finding.fix)
    found_one(patient, "config.forced", WARNING, "profiles: ada, bob")
    os.unlink(path)
    assert_gone(patient, "config.forced")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('allowed_login_methods = ["api"]', "allowed_login_methods"),
        ('allowed_chatgpt_workspaces = ["another"]', "allowed_chatgpt_workspaces"),
    ],
)
def test_what_the_administrator_does_not_let_through(box: Box, line: str, key: str) -> None:
    """config.forced: requirements.toml: Codex says “Not logged in”, and the file stays."""
    settle(box)
    patient = Patient(box)
    path = patient.put(REQUIREMENTS, f"{line}\n")
    finding = found_one(patient, "config.forced", ERROR, f"{path}:1", key)
    assert "delete" not in finding.title
    os.unlink(path)
    assert_gone(patient, "config.forced")


@pytest.mark.parametrize("allowed", ['["api", "chatgpt"]', '["chatgpt"]', "[]"])
def test_requirements_that_let_it_through(box: Box, allowed: str) -> None:
    """Both methods, or ours, are fine."""
    settle(box)
    patient = Patient(box)
    patient.put(REQUIREMENTS, f"allowed_login_methods = {allowed}\n")
    assert_gone(patient, "config.forced")


@pytest.mark.parametrize("case", [each for each in CASES if each.loads], ids=lambda c: c.line)
def test_what_is_forced_is_judged_as_codex_does(box: Box, case: Case) -> None:
    """config.forced: an error where a session of 0.169 deletes the login, or its status takes none; nothing else."""
    case.document.write(box.codex)
    patient = Patient(box)
    patient.write(CONFIG, f"{case.line}\n")
    levels = {each.level for each in found_all(patient, "config.forced")}
    used = case.session == USED and case.status
    assert case.session in (USED, DELETED)
    assert levels == (set() if used else {ERROR})


# -- config.broken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        'profile = "work"',
        'cli_auth_credentials_store = "keychain"',
        'forced_login_method = "sso"',
        "forced_chatgpt_workspace_id = 7",
    ],
)
def test_settings_that_codex_refuses(box: Box, line: str) -> None:
    """config.broken: every command ends; the fix changes this one line."""
    _, patient, path = _configured(box, line)
    finding = found_one(patient, "config.broken", ERROR, path)
    cured(patient, finding)
    _others_stay(path)


def test_settings_that_are_no_toml(box: Box) -> None:
    """config.broken: the line is named; the person mends it."""
    _, patient, path = _configured(box, "model = [")
    finding = found_one(patient, "config.broken", ERROR, path, "not TOML", "line")
    assert finding.fix == f"${{EDITOR:-vi}} {path}"
    patient.write(CONFIG, "")
    assert_gone(patient, "config.broken")


def test_a_pipe_in_the_place_of_the_settings(box: Box) -> None:
    """config.broken: it hangs nobody here."""
    settle(box)
    os.mkfifo(f"{box.codex}/config.toml")
    found_one(Patient(box), "config.broken", ERROR, f"{box.codex}/config.toml")


# -- config.provider ---------------------------------------------------------------------------

OWN_KEY = """model_provider = "azure"

[model_providers.azure]
name = "Azure"
base_url = "https://user:s3cret@example.openai.azure.com/openai"
env_key = "AZURE_KEY"
"""
TO_THE_API = """model_provider = "direct"

[model_providers.direct]
name = "direct"
base_url = "https://api.openai.com/v1"
requires_openai_auth = true
"""
GATEWAY = TO_THE_API.replace("api.openai.com", "llm.example.com")


def test_a_provider_with_a_key_of_its_own(box: Box) -> None:
    """config.provider: the login is not used; the variable is named and its value described."""
    settle(box)
    patient = Patient(box)
    path = patient.write(CONFIG, OWN_KEY)
    finding = found_one(patient, "config.provider", WARNING, f"{path}:1", "AZURE_KEY (not set)")
    assert "s3cret" not in str(finding)
    patient.set(AZURE_KEY="x" * 32)
    found_one(patient, "config.provider", WARNING, "AZURE_KEY (other, 32 characters)")
    cured(patient, finding)


def test_a_provider_that_sends_the_login_to_the_api(box: Box) -> None:
    """config.provider: 401 Missing scopes: an error."""
    settle(box)
    patient = Patient(box)
    path = patient.write(CONFIG, TO_THE_API)
    cured(patient, found_one(patient, "config.provider", ERROR, f"{path}:1", "api.openai.com"))


def test_a_provider_that_sends_the_login_elsewhere(box: Box) -> None:
    """config.provider: whoever runs the gateway gets the token."""
    settle(box)
    patient = Patient(box)
    patient.write(CONFIG, GATEWAY)
    cured(patient, found_one(patient, "config.provider", WARNING, "llm.example.com"))


def test_a_provider_that_is_not_there(box: Box) -> None:
    """config.provider: every command ends."""
    _, patient, path = _configured(box, 'model_provider = "azure"')
    cured(patient, found_one(patient, "config.provider", ERROR, f"{path}:4"))
    _others_stay(path)


def test_providers_that_do_no_harm(box: Box) -> None:
    """The built-in one named, and tables of others that are not chosen."""
    settle(box)
    patient = Patient(box)
    tables = OWN_KEY.partition("\n")[2] + TO_THE_API.partition("\n")[2]
    patient.write(CONFIG, f'model_provider = "openai"\n{tables}')
    assert_nothing_wrong(patient)


# -- config.base_url ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "address", "level"),
    [
        ("chatgpt_base_url", "https://proxy.example.com/backend-api/", WARNING),
        ("chatgpt_base_url", "http://127.0.0.1:8080/backend-api/", ERROR),
        ("openai_base_url", "https://user:s3cret@proxy.example.com/v1", WARNING),
        ("openai_base_url", "http://api.openai.com/v1", WARNING),
    ],
)
def test_another_address(box: Box, key: str, address: str, level: str) -> None:
    """config.base_url: the host is named, never who logs in there; 0.169 refuses plain http for turns."""
    _, patient, path = _configured(box, f'{key} = "{address}"')
    host = address.partition("://")[2].partition("/")[0].rpartition("@")[2]
    finding = found_one(patient, "config.base_url", level, f"{path}:4", host)
    assert "s3cret" not in str(finding)
    cured(patient, finding)
    _others_stay(path)


@pytest.mark.parametrize(
    "line",
    [
        'chatgpt_base_url = "https://chatgpt.com/backend-api"',
        'chatgpt_base_url = "https://chatgpt.com"',
        'openai_base_url = "https://eu.api.openai.com/v1"',
        'openai_base_url = ""',
    ],
)
def test_addresses_of_openai(box: Box, line: str) -> None:
    """The usual ones, written out, are fine."""
    _, patient, _ = _configured(box, line)
    assert_nothing_wrong(patient)


# -- the fixes ---------------------------------------------------------------------------------


def test_the_fixes_of_one_report_in_any_order(box: Box) -> None:
    """Each changes its own line, whatever was changed before it, and nothing when it is run again."""
    lines = (
        'cli_auth_credentials_store = "keyring"\nforced_login_method = "api"\n'
        'chatgpt_base_url = "http://x.example/"\nmodel_provider = "nobody"'
    )
    _, patient, path = _configured(box, lines)
    found = [each for each in patient.found("store") if each.level == ERROR]
    assert len(found) == 4
    for finding in [*reversed(found), *found]:
        carry_out(patient, finding.fix)
    assert_nothing_wrong(patient)
    _others_stay(path)


def test_a_setting_over_several_lines(box: Box) -> None:
    """No command guesses where it ends: the person mends it."""
    _, patient, path = _configured(box, 'forced_chatgpt_workspace_id = [\n  "another",\n]')
    finding = found_one(patient, "config.forced", ERROR, f"{path}:4")
    assert finding.fix == f"${{EDITOR:-vi}} {path}"


def test_linked_settings_stay_a_link(box: Box) -> None:
    """Dotfiles are often kept elsewhere: the file there is changed."""
    settle(box)
    patient = Patient(box)
    path = patient.write("dotfiles/codex.toml", 'cli_auth_credentials_store = "keyring"\n')
    os.symlink(path, f"{box.codex}/config.toml")
    cured(patient, found_one(patient, "store.keyring", ERROR, f"{box.codex}/config.toml:1"))
    assert os.path.islink(f"{box.codex}/config.toml")


# -- all well ----------------------------------------------------------------------------------


@pytest.mark.real_codex
def test_store_healthy(box: Box, codex_169: str) -> None:
    """Settings full of comments, with which the real Codex is logged in, give no warning."""
    login = Login(Person("ada")).fresh()
    line = f'forced_chatgpt_workspace_id = " {login.account_id} "  # ours'
    scene, patient, _ = _configured(box, line)
    os.rename(box.profile("bob"), f"{box.path}/bob")
    assert RealCodex(codex_169, box.codex).login_status().code == 0
    assert_nothing_wrong(patient)
    assert scene.ada == login or scene.ada.account_id == login.account_id


def test_what_cannot_be_seen_is_explained() -> None:
    """store.entry and store.mdm: no keyring is asked, and what a Mac's organisation pushes is not read."""
    assert "keyring" in store.UNSEEN["store.entry"]
    assert "MDM" in store.UNSEEN["store.mdm"]
    assert not store.SEEN.keys() & store.UNSEEN.keys()
