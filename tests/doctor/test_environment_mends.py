"""Lines of start-up files, commented out: real shells read them before and after, and undo brings each byte back."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.environment_mends import REMARK
from profiles.doctor.finding import WARNING
from profiles.doctor.shell_lines import Unfinished, statements
from profiles.doctor.startup_files import read_shell
from profiles.errors import ProfilesError
from tests.doctor.patient import Patient
from tests.doctor.test_environment import PAT, TOKEN, content, no_leak, one
from tests.support.childuid import read_only
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box

SET = f"export {TOKEN}={PAT}"
FISH = f"set -gx {TOKEN} {PAT}"

#: The shell, its file, and a text in which the line is one that can be commented out.
MENDED = {
    "plain": ("bash", ".bashrc", f"{SET}\n"),
    "no newline at the end": ("bash", ".bashrc", f"A=1\n{SET}"),
    "comment behind": ("bash", ".bashrc", f"{SET} # my token\n"),
    "semicolon": ("bash", ".bashrc", f"{SET};\n"),
    "only line of an if": ("bash", ".bashrc", f"if true; then\n  {SET}\nfi\n"),
    "only line of an else": ("bash", ".bashrc", f"if false; then\n  A=1\nelse\n  {SET}\nfi\n"),
    "only line of a loop": ("bash", ".bashrc", f"for a in 1; do\n{SET}\ndone\n"),
    "only line of a function": ("bash", ".bashrc", f"f() {{\n  {SET}\n}}\nf\n"),
    "in a case": ("bash", ".bashrc", f"case x in\n  x)\n    {SET}\n    ;;\nesac\n"),
    "two lines": ("bash", ".bashrc", f"{SET}\nA=1\n{SET}\n"),
    "quotes": ("bash", ".bashrc", f"export {TOKEN}=\"{PAT}\"'#'\n"),
    "behind a text": ("bash", ".bashrc", f"cat >/dev/null <<'E'\nit's\nE\n{SET}\n"),
    "assigned, then exported": ("bash", ".bashrc", f"{TOKEN}={PAT}\nexport {TOKEN}\n"),
    "carriage returns": ("bash", ".bashrc", f"true\r\n{SET}\r\n".replace("true\r", ": \r")),
    "zsh": ("zsh", ".zshrc", f"{SET}\n"),
    "zsh function": ("zsh", ".zshrc", f"f() {{\n  typeset -gx {TOKEN}={PAT}\n}}\nf\n"),
    "zsh if": ("zsh", ".zshrc", f"if [[ -o interactive ]]; then\n{SET}\nfi\n"),
    "fish": ("fish", ".config/fish/config.fish", f"{FISH}\n"),
    "fish if": ("fish", ".config/fish/config.fish", f"if true\n    {FISH}\nend\n"),
    "fish export": ("fish", ".config/fish/config.fish", f"export {TOKEN}={PAT}\n"),
    "fish function": ("fish", ".config/fish/config.fish", f"function f\n{FISH}\nend\nf\n"),
}
#: The shell, its file, and a text in which nothing is changed: it is said where the line is.
BY_HAND = {
    "continued": ("bash", ".bashrc", f"export \\\n  {TOKEN}={PAT}\n", 1),
    "two lines of value": ("bash", ".bashrc", f'export {TOKEN}="{PAT}\n"\n', 1),
    "several": ("bash", ".bashrc", f"export A=1 {TOKEN}={PAT} B=2\n", 1),
    "beside another": ("bash", ".bashrc", f"A=1; {SET}\n", 1),
    "behind and": ("bash", ".bashrc", f"true &&\n  {SET}\n", 2),
    "before or": ("bash", ".bashrc", f"{SET} || true\n", 1),
    "same line as then": ("bash", ".bashrc", f"if true; then {SET}; fi\n", 1),
    "behind then": ("bash", ".bashrc", f"if true\nthen {SET}\nfi\n", 2),
    "case": ("bash", ".bashrc", f"case x in\n x) {SET} ;;\nesac\n", 2),
    "one line function": ("bash", ".bashrc", f"f() {{ {SET}; }}\nf\n", 1),
    "subshell of two lines": (
        "bash",
        ".bashrc",
        f"A=$(\n{SET}\n)\nB=(\n{TOKEN}=x\n)\n{SET};B=1\n",
        7,
    ),
    "zsh": ("zsh", ".zshrc", f"[[ 1 = 1 ]] && {SET}\n", 1),
    "fish and": ("fish", ".config/fish/config.fish", f"true; and {FISH}\n", 1),
}


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list}
    return made


def told_by(patient: Patient, shell: str) -> str:
    """Return what a new interactive shell has in the variable."""
    said = subprocess.run(
        [need(shell), "-i", "-c", f'printf "<%s>" "${TOKEN}"'],
        env=patient.environ,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        timeout=60,
    )
    return said.stdout.rpartition("<")[2].rstrip(">\r\n#")


def whole(shell: str, path: str) -> None:
    """Fail unless the shell itself finds the file's syntax whole."""
    subprocess.run([need(shell), "-n", path], check=True, capture_output=True)


@pytest.mark.parametrize("kind", MENDED)
def test_commented_out(patient: Patient, kind: str) -> None:
    """A real shell has the variable before, not after, and the file is whole; undo restores it to the byte."""
    shell, name, text = MENDED[kind]
    path = patient.write(name, text, 0o640)
    before = content(path)
    assert told_by(patient, shell) == PAT
    found = patient.found("environment")
    finding = one(found, "env.access_token", WARNING)
    no_leak(found, PAT)
    undo = patient.mend(finding)
    whole(shell, path)
    assert not told_by(patient, shell)
    assert not patient.found("environment", "env.access_token")
    assert os.stat(path).st_mode & 0o777 == 0o640
    after = content(path).decode()
    assert after.count(REMARK) == text.count(PAT)
    kept = [line for line in after.splitlines() if REMARK not in line]
    assert kept == [line for line in text.splitlines() if PAT not in line]
    subprocess.run(["bash", "-c", undo], check=True)
    assert content(path) == before
    assert told_by(patient, shell) == PAT


@pytest.mark.parametrize("kind", BY_HAND)
def test_by_hand(patient: Patient, kind: str) -> None:
    """Where a sign before the line would break the file or take more away, nothing is offered but the place."""
    shell, name, text, line = BY_HAND[kind]
    path = patient.write(name, text)
    assert told_by(patient, shell).startswith(PAT)
    finding = one(patient.found("environment"), "env.access_token", WARNING)
    assert finding.mend is None
    assert finding.fix == f"${{EDITOR:-vi}} +{line} {path}"
    assert f"{name}:{line}" in finding.evidence


def said_by(finding: Finding) -> str:
    """Do the finding's mend; return what is said of it."""
    assert finding.mend is not None
    return "\n".join(finding.mend.apply().said)


def test_a_terminal_that_never_had_it(patient: Patient) -> None:
    """A new terminal is asked for only where this one has the variable; a token is said to stand there still."""
    for has in (False, True):
        patient.write(".bashrc", f"{SET}\n")
        patient.set(CODEX_ACCESS_TOKEN=PAT if has else None)
        found = patient.found("environment", "env.access_token")
        said = said_by(found[0])
        assert ("open a new terminal" in said) is has
        assert "the value still stands in the comment" in said


def test_a_value_that_is_no_secret(patient: Patient) -> None:
    """A folder, a proxy without a password, a token that a command computes: nothing is said to be removed."""
    patient.write(".bashrc", f"export CODEX_HOME={patient.box.home}/other\n")
    said = said_by(one(patient.found("environment"), "env.home", WARNING))
    assert "the former file is kept" in said
    assert "value" not in said
    patient.write(".bashrc", f'export {TOKEN}="$(cat ~/token)"\n')
    said = said_by(one(patient.found("environment"), "env.access_token", WARNING))
    assert "value" not in said


def test_what_is_left_to_do(patient: Patient) -> None:
    """Of two places one is mended: the other is named with its line, and still found afterwards."""
    patient.write(".bashrc", f"{SET}\n")
    patient.write(".profile", f"A=1; {SET}\n")
    said = said_by(one(patient.found("environment"), "env.access_token", WARNING))
    assert "~/.profile:1 sets it still: edit it by hand" in said
    assert "~/.bashrc:1" not in said
    again = one(patient.found("environment"), "env.access_token", WARNING)
    assert "~/.profile:1" in again.evidence
    patient.write(".profile", "")
    patient.write(".bashrc", f"{SET}\n")
    said = said_by(one(patient.found("environment"), "env.access_token", WARNING))
    assert "sets it still" not in said


def test_two_files_or_none(patient: Patient) -> None:
    """When the second file has changed since, the first gets its bytes back, too."""
    first, second = patient.write(".bashrc", f"{SET}\n"), patient.write(".zshrc", f"{SET}\n")
    finding = one(patient.found("environment"), "env.access_token", WARNING)
    assert finding.mend is not None
    assert len(finding.mend.changes) == 4
    patient.write(".zshrc", f"# mine\n{SET}\n")
    with pytest.raises(ProfilesError):
        finding.mend.apply()
    assert content(first) == f"{SET}\n".encode()
    assert content(second) == f"# mine\n{SET}\n".encode()
    again = one(patient.found("environment"), "env.access_token", WARNING)
    undo = patient.mend(again)
    assert not patient.found("environment")
    subprocess.run(["bash", "-c", undo], check=True)
    assert content(first) == f"{SET}\n".encode()
    assert content(second) == f"# mine\n{SET}\n".encode()


def test_a_link_stays(patient: Patient) -> None:
    """A .bashrc that is a link into a folder of dot files stays one; the file there is changed."""
    real = patient.write("dots/bashrc", f"{SET}\n")
    link = f"{patient.box.home}/.bashrc"
    os.symlink("dots/bashrc", link)
    patient.mend(one(patient.found("environment"), "env.access_token", WARNING))
    assert os.readlink(link) == "dots/bashrc"
    assert content(real).startswith(b"# export")


def test_not_ours(patient: Patient) -> None:
    """What cannot be written is not offered; the line that is said asks for sudo."""
    path = patient.put("/etc/environment", f"{TOKEN}={PAT}\n")
    assert one(patient.found("environment"), "env.access_token", WARNING).mend is not None
    with read_only(os.path.dirname(path)):
        finding = one(patient.found("environment"), "env.access_token", WARNING)
    assert finding.mend is None
    assert finding.fix == (f"sudo sed -i.bak '1s/^/# /' {path} && sudo chmod 600 {path}.bak")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b; c", [("a", "b"), ("c",)]),
        ("a \\\n b", [("a", "b")]),
        (
            "a 'x;y' \"z;$(c ';')\" `d;e` ${f:-;}",
            [("a", "'x;y'", "\"z;$(c ';')\"", "`d;e`", "${f:-;}")],
        ),
        ("a#b #c", [("a#b",)]),
        ("x=$((1<<2)); (( y = 1 << 2 ))\nz", [("x=$((1<<2))",), ("(( y = 1 << 2 ))",), ("z",)]),
        ("cat <<A <<-'B C' >x\n1\nA\n\t2\n\tB C\nd", [("cat", "x"), ("d",)]),
        ("a <<< 'b'\nc", [("a", "'b'"), ("c",)]),
        ("a=(b\nc) d", [("a=(b\nc)", "d")]),
        ("a <(b; c) d", [("a", "d")]),
        ("a $'it\\'s;' b", [("a", "$'it\\'s;'", "b")]),
        ("a | b && c || d & e", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("PS1='\\$ '\nb", [("PS1='\\$ '",), ("b",)]),
    ],
)
def test_statements(text: str, expected: list[tuple[str, ...]]) -> None:
    """The statements of sh are told apart as a shell tells them."""
    assert [each.words for each in statements(text)] == expected


def test_fish_statements() -> None:
    """In fish a bracket runs a command, a backslash quotes within quotes, and << is nothing."""
    text = "set a (b; c) 'it\\'s;'\nif x; and y # z\nend"
    assert [each.words for each in statements(text, fish=True)] == [
        ("set", "a", "(b; c)", "'it\\'s;'"),
        ("if", "x"),
        ("and", "y"),
        ("end",),
    ]


@pytest.mark.parametrize("text", ["a 'b", 'a "b', "a $(b", "a `b", "cat <<E\nx", "(a", "a ${b"])
def test_unfinished(text: str) -> None:
    """What has no end is not guessed: a file like this is looked through by line, and never changed."""
    with pytest.raises(Unfinished):
        statements(text)
    read = read_shell(f"{SET}\n{text}\n", [TOKEN])
    assert [(each.line, each.mark) for each in read.hits] == [(1, None)]
