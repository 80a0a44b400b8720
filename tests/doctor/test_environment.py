"""Variables that beat a login, each from its real cause: a line in a real .bashrc, read by a real shell."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.finding import ERROR, INFO, UNKNOWN, WARNING
from tests.doctor.patient import Patient
from tests.support import tokens
from tests.support.real_codex import RealCodex
from tests.support.tokens import Login, Person

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from profiles.doctor.finding import Finding
    from tests.conftest import Box

TOKEN, KEY = "CODEX_ACCESS_TOKEN", "CODEX_API_KEY"
PAT = tokens.secret(f"at-{tokens.letters(40, 'pat of the doctor')}", "a personal access token")
API_KEY = tokens.secret(f"sk-proj-{tokens.letters(40, 'key of the doctor')}", "an API key")
NOW = float(tokens.NOON)


def agent(expires_at: float) -> str:
    """Return an agent identity as 0.169 takes it (C25)."""
    claims = {
        "iss": tokens.ISSUER,
        "aud": "codex",
        "iat": tokens.NOON - tokens.DAY,
        "exp": int(expires_at),
        "agent_runtime_id": "rt-7",
        "agent_private_key": "a2V5",
        "account_id": "acme",
        "chatgpt_user_id": "user-ada",
        "email": "ada@example.com",
        "plan_type": "team",
        "chatgpt_account_is_fedramp": False,
    }
    return tokens.jwt(claims, "an agent identity")


def all_text(findings: Iterable[Finding]) -> str:
    """Return all that people and programs are shown of findings."""
    parts: list[str] = []
    for each in findings:
        parts += [each.id, each.level, each.title, each.evidence, each.why, each.fix]
        if each.mend is not None:
            parts += [each.mend.title, *each.mend.changes]
    return "\n".join(parts)


def no_leak(findings: Iterable[Finding], *values: str) -> None:
    """Fail when a planted value, or any secret that tests made, can be read in a finding."""
    text = all_text(findings)
    assert text
    for value in values:
        assert value not in text
    for word, what in tokens.SECRETS.items():
        assert word not in text, what


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything, at noon."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list, "now": lambda: NOW}
    return made


def one(found: list[Finding], id_: str, level: str) -> Finding:
    """Return the only finding of this id, of this level and of a title that fits."""
    mine = [each for each in found if each.id == id_]
    assert [each.level for each in mine] == [level], found
    assert 0 < len(mine[0].title) <= 70
    return mine[0]


def content(path: str) -> bytes:
    """Return what is in a file."""
    with open(path, "rb") as file:
        return file.read()


def shell(patient: Patient, command: str, *, login: bool = False) -> str:
    """Run a command in a real bash that reads the person's files, as a new terminal does."""
    environ = {
        name: value
        for name, value in patient.environ.items()
        if not name.startswith(("CODEX_", "OPENAI_"))
    }
    words = ["bash", "-lc" if login else "-ic", command]
    done = subprocess.run(
        words,
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def new_terminal(patient: Patient, *, login: bool = False) -> None:
    """Give the patient the environment of a new terminal."""
    text = shell(patient, "env -0", login=login)
    pairs = (entry.partition("=") for entry in text.split("\0") if entry)
    patient.environ = {name: value for name, _, value in pairs}


def run_fix(patient: Patient, fix: str) -> None:
    """Run the very line that `fix` says, and open a new terminal."""
    environ = patient.environ
    subprocess.run(["bash", "-c", fix], env=environ, check=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("value", "told", "title"),
    [
        (agent(NOW - 12 * tokens.DAY), "expired 12d ago", "An expired CODEX_ACCESS_TOKEN beats"),
        (agent(NOW + 3 * tokens.DAY), "valid for 3d more", "CODEX_ACCESS_TOKEN beats every login"),
        (PAT, "a personal access token", "CODEX_ACCESS_TOKEN beats every login"),
        (
            "tunafish",
            "no token at all",
            "CODEX_ACCESS_TOKEN beats every login, and Codex cannot use it",
        ),
        (API_KEY, "an API key", "CODEX_ACCESS_TOKEN beats every login, and Codex cannot use it"),
        (
            Login(Person("ada"), issued_at=tokens.NOON).access_token,
            "the token of a ChatGPT login, of ada@example.com",
            "CODEX_ACCESS_TOKEN beats every login, and Codex cannot use it",
        ),
        (
            tokens.jwt({"iss": "https://example.com"}, "a token of another service"),
            "a JWT of some other service, with no expiry date; Codex cannot use it",
            "CODEX_ACCESS_TOKEN beats every login, and Codex cannot use it",
        ),
    ],
    ids=["expired", "agent", "personal", "junk", "key", "chatgpt", "other"],
)
def test_access_token(patient: Patient, value: str, told: str, title: str) -> None:
    """env.access_token: a real .bashrc sets it, it is found with its line, whose and until when; the mend ends it."""
    path = patient.write(".bashrc", f"alias ll='ls -l'\n\nexport {TOKEN}={value}\nexport A=1\n")
    before = content(path)
    new_terminal(patient)
    assert patient.environ[TOKEN] == value
    found = patient.findings("environment")
    finding = one(found, "env.access_token", ERROR)
    assert finding.title.startswith(title)
    assert told in finding.evidence
    assert "~/.bashrc:3" in finding.evidence
    assert f"{len(value)} characters" in finding.evidence
    assert "login status" in finding.why
    no_leak(found, value)
    if "expired" in told or "valid" in told:
        assert "ada@example.com" in finding.evidence

    undo = patient.mend(finding)
    subprocess.run(["bash", "-n", path], check=True)
    assert TOKEN not in shell(patient, "env")
    new_terminal(patient)
    assert patient.environ["A"] == "1"
    assert not patient.found("environment")
    subprocess.run(["bash", "-c", undo], check=True)
    assert content(path) == before
    new_terminal(patient)
    assert patient.environ[TOKEN] == value


@pytest.mark.real_codex
@pytest.mark.parametrize("kind", ["junk", "key", "chatgpt", "blank"])
def test_what_codex_says(patient: Patient, codex_169: str, kind: str) -> None:
    """Codex 0.169 itself refuses what we call no token, by the words that we say, and minds no blank (C140)."""
    login = Login(Person("ada")).fresh()
    login.document().write(patient.box.codex)
    values = {"junk": "tunafish", "key": API_KEY, "chatgpt": login.access_token, "blank": "  "}
    said = RealCodex(codex_169, patient.box.codex, {TOKEN: values[kind]}).login_status()
    patient.set(CODEX_ACCESS_TOKEN=values[kind])
    found = patient.found("environment")
    if kind == "blank":
        assert said.code == 0
        assert not found
        return
    finding = one(found, "env.access_token", ERROR)
    told = finding.why.partition("fails with “")[2].partition("”")[0]
    assert told
    assert told in said.text


def test_the_fix_is_a_line_that_works(patient: Patient) -> None:
    """env.access_token: the command that is said, run in a real shell, takes the variable away."""
    patient.write(".bashrc", f"if true; then\n  export {TOKEN}={PAT}\nfi\n")
    new_terminal(patient)
    finding = one(patient.found("environment"), "env.access_token", ERROR)
    assert finding.fix.endswith(f"; unset {TOKEN}")
    run_fix(patient, finding.fix)
    new_terminal(patient)
    assert not patient.found("environment")


def test_both_credentials(patient: Patient) -> None:
    """env.access_token and env.api_key: with both set it is said that in exec the key wins (C142)."""
    patient.set(CODEX_ACCESS_TOKEN=PAT, CODEX_API_KEY=API_KEY)
    found = patient.found("environment")
    assert "In exec CODEX_API_KEY" in one(found, "env.access_token", ERROR).why
    key = one(found, "env.api_key", WARNING)
    assert "beats CODEX_ACCESS_TOKEN" in key.why
    assert "sk-…" in key.evidence
    no_leak(found, PAT, API_KEY)
    assert key.fix == "unset CODEX_API_KEY"
    patient.set(CODEX_ACCESS_TOKEN=None, CODEX_API_KEY=None)
    assert not patient.found("environment")


def test_whose_it_is(patient: Patient) -> None:
    """A token or key that a profile holds, too, is named by that profile."""
    home = f"{patient.box.profiles}/robot"
    os.makedirs(home)
    with open(f"{home}/auth.json", "w", encoding="utf-8") as file:
        file.write(f'{{"OPENAI_API_KEY":null,"personal_access_token":"{PAT}"}}')
    patient.set(CODEX_ACCESS_TOKEN=PAT, CODEX_API_KEY=API_KEY)
    found = patient.found("environment")
    assert "the profile robot holds the same" in one(found, "env.access_token", ERROR).evidence
    assert "robot" not in one(found, "env.api_key", WARNING).evidence


def test_api_key(patient: Patient) -> None:
    """env.api_key: a real ~/.profile sets it for login shells; a warning, as exec alone minds it; the mend ends it."""
    patient.write(".profile", f"{KEY}='{API_KEY}'\nexport {KEY}\n")
    new_terminal(patient, login=True)
    found = patient.found("environment")
    finding = one(found, "env.api_key", WARNING)
    assert "codex exec" in finding.title
    assert "~/.profile:1" in finding.evidence
    no_leak(found)
    patient.mend(finding)
    new_terminal(patient, login=True)
    assert not patient.environ.get(KEY)
    assert not patient.found("environment")


def test_not_here_yet(patient: Patient) -> None:
    """A line that this terminal has not read warns of the next one (env.access_token, env.api_key)."""
    patient.write(".zshrc", f"export {TOKEN}={PAT}\n")
    patient.write(".config/fish/config.fish", f"set -gx {KEY} {API_KEY}\n")
    found = patient.found("environment")
    token, key = (
        one(found, "env.access_token", WARNING),
        one(found, "env.api_key", WARNING),
    )
    assert "~/.zshrc:1" in token.evidence
    assert "~/.config/fish/config.fish:1" in key.evidence
    no_leak(found)
    patient.mend(token)
    run_fix(patient, key.fix)
    assert not patient.found("environment")


def test_openai_key(patient: Patient) -> None:
    """env.openai_api_key: a real key is worth knowing and no more; the line is named, the key is not shown."""
    patient.write(".bashrc", f"export OPENAI_API_KEY={API_KEY}\n")
    new_terminal(patient)
    found = patient.found("environment")
    finding = one(found, "env.openai_api_key", INFO)
    assert len(found) == 1
    assert "~/.bashrc:1" in finding.evidence
    no_leak(found)


@pytest.mark.parametrize("multi", [False, True])
def test_chatgpt_token_as_a_key(patient: Patient, multi: bool) -> None:
    """token.not_api_key: a line of .bashrc lets python read auth.json, as guides say; both ids name the line."""
    login = Login(Person("ada"), issued_at=tokens.NOON)
    login.document().write(patient.box.codex)
    code = "import json; print(json.load(open('$HOME/.codex/auth.json'))['tokens']['access_token'])"
    if multi:
        code = code.replace("; ", "\n")
    patient.write(".bashrc", f'A=1\nexport OPENAI_API_KEY=$(python3 -c "{code}")\n')
    new_terminal(patient)
    assert patient.environ["OPENAI_API_KEY"] == login.access_token
    found = patient.found("environment")
    finding = one(found, "env.openai_api_key", WARNING)
    scopes = one(found, "token.not_api_key", WARNING)
    for each in (finding, scopes):
        assert "~/.bashrc:2" in each.evidence
        assert "reads it out of auth.json" in each.evidence
        assert "ada@example.com" in each.evidence
    assert "Missing scopes" in scopes.why
    no_leak(found, login.access_token)
    if multi:
        assert finding.mend is None
        assert finding.fix.startswith("${EDITOR:-vi} +2 ")
        patient.write(".bashrc", "A=1\n")
    else:
        patient.mend(scopes)
    new_terminal(patient)
    assert not patient.found("environment")


def test_base_url(patient: Patient) -> None:
    """env.base_url: worth knowing, since people expect it to work; without it nothing is said."""
    patient.set(OPENAI_BASE_URL="https://user:hunter2@gate.example/v1")
    found = patient.found("environment")
    finding = one(found, "env.base_url", INFO)
    assert "openai_base_url" in finding.why
    no_leak(found, "hunter2")
    patient.set(OPENAI_BASE_URL=None)
    assert not patient.found("environment")


def test_dotenv(patient: Patient) -> None:
    """In $CODEX_HOME/.env a CODEX_ name does nothing (C147): said, and no alarm."""
    patient.write(".codex/.env", f"{TOKEN}={PAT}\nOPENAI_BASE_URL=https://x.example\n")
    found = patient.found("environment")
    finding = one(found, "env.access_token", INFO)
    assert "~/.codex/.env:1" in finding.evidence
    assert "ignores" in finding.evidence
    assert "~/.codex/.env:2" in one(found, "env.base_url", INFO).evidence
    no_leak(found)
    assert {each.level for each in found} == {INFO}
    run_fix(patient, finding.fix)
    assert not patient.found("environment", "env.access_token")


def harmless() -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Yield what looks like trouble and is none: a word for it, files of the home, variables."""
    yield "empty", {}, {TOKEN: "", KEY: "", "CODEX_HOME": "", "OPENAI_API_KEY": ""}
    yield "blank", {}, {TOKEN: "  ", KEY: "\t"}
    yield "emptied", {".bashrc": f"export {TOKEN}=\nexport {KEY}=''\n"}, {}
    yield "comment", {".bashrc": f"# export {TOKEN}=x\n  #{KEY}=y\nls # {TOKEN}=z\n"}, {}
    yield "unset", {".bashrc": f"unset {TOKEN}\nexport -n {KEY}\n"}, {}
    yield "asked", {".bashrc": f'[ -n "${TOKEN}" ] && echo "{TOKEN}=set"\n'}, {}
    yield "text", {".bashrc": f"cat <<EOF\nexport {TOKEN}=x\nEOF\necho '\nexport {KEY}=x\n'\n"}, {}
    yield "other", {".bashrc": f"export MY_{TOKEN}=x\nexport {TOKEN}_FILE=/x\n"}, {}
    yield "local", {".bashrc": f"f() {{\n  local {TOKEN}=x\n}}\n{KEY}=y\n"}, {}
    yield "alias", {".bashrc": "alias work='CODEX_HOME=~/.codex-work codex'\n"}, {}
    yield "one command", {".bashrc": 'w() { CODEX_HOME=~/.codex-w codex "$@"; }\n'}, {}
    yield "same home", {".bashrc": 'export CODEX_HOME="$HOME/.codex"\n'}, {}
    yield "key", {".profile": f"export OPENAI_API_KEY={API_KEY}\n"}, {"OPENAI_API_KEY": API_KEY}
    yield "fish", {".config/fish/config.fish": f"set -e {TOKEN}\nset -q {KEY}\n"}, {}
    yield "backup", {".bashrc.bak": f"export {TOKEN}=x\n", ".bashrc~": f"export {KEY}=x\n"}, {}
    yield "direnv", {"work/.envrc": "export CODEX_HOME=$PWD/.codex\n"}, {}
    yield "broken", {".bashrc": "echo 'no end\n"}, {}


@pytest.mark.parametrize(
    ("files", "variables"),
    [each[1:] for each in harmless()],
    ids=[each[0] for each in harmless()],
)
def test_harmless(patient: Patient, files: dict[str, str], variables: dict[str, str]) -> None:
    """No false alarm: what looks like a credential in a variable and is none gives no warning."""
    os.makedirs(patient.box.codex)
    for name, text in files.items():
        patient.write(name, text)
    patient.set(**variables)
    found = patient.found("environment")
    assert {each.level for each in found} <= {INFO}, found
    no_leak([*found, *patient.findings("environment")])


def test_environment_healthy(patient: Patient) -> None:
    """A healthy home gives "ok" for every id and nothing else."""
    Login(Person("ada")).document().write(patient.box.codex)
    patient.write(".bashrc", "PS1='$ '\nexport EDITOR=vi\n. ~/.bash_aliases\n")
    patient.write(".bash_aliases", "alias ll='ls -l'\n")
    found = patient.findings("environment")
    assert {each.level for each in found} == {"ok"}
    assert len(found) == 8


def test_hanging_program(patient: Patient) -> None:
    """A program that does not answer is told as not looked at, never as fine."""
    patient.program("systemctl", "import time; time.sleep(60)")
    found = patient.found("environment", limit=1.0)
    assert "systemctl" in one(found, "env.access_token", UNKNOWN).title
