"""All checks at once: in good time, whatever one of them does; and mends that are shown, kept and taken back."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import threading
import time

import pytest

from profiles.doctor.checks import Check
from profiles.doctor.examining import examine
from profiles.doctor.finding import ERROR, INFO, OK, UNKNOWN, WARNING, Finding
from profiles.doctor.mending import change_mode, remove_link, rewrite
from profiles.doctor.redaction import without_people
from profiles.errors import StoreError, StoreNotWritable
from tests.doctor.patient import Patient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.machine import Machine
    from tests.conftest import Box

SECRETS = (
    "at-canary-0123456789",
    "sk-canary-0123456789",
    "rt_canary.0123456789abcdef",
    "eyJjYW5hcnkiOjF9.eyJjYW5hcnkiOjF9.Y2FuYXJ5",
)


def _says(id_: str, level: str) -> Check:
    return Check({id_: "fine"}, lambda _machine: [Finding(id_, level, "title", "evidence")])


def test_the_worst_comes_first_then_the_order_of_a_diagnosis(box: Box) -> None:
    """A person reads from the top."""
    levels = [INFO, WARNING, ERROR, UNKNOWN, ERROR]
    checks = [_says(f"a.{number}", level) for number, level in enumerate(levels)]
    checks.append(Check({"b.fine": "all is well"}, lambda _machine: []))
    checks.append(Check({"b.absent": "all is well"}, lambda _machine: None))
    found = examine(Patient(box).machine(), checks)
    assert [each.id for each in found] == ["a.2", "a.4", "a.1", "a.3", "a.0", "b.fine"]
    assert found[-1] == Finding("b.fine", OK, "all is well")


def test_one_bad_check_hides_nothing_and_tells_no_secret(box: Box) -> None:
    """Whatever is raised becomes "unknown" for the ids of that check alone, without its words."""

    def raises(_machine: Machine) -> list[Finding]:
        raise RuntimeError(SECRETS[0])

    checks = [Check({"x.one": "1", "x.two": "2"}, raises), _says("y.one", ERROR)]
    found = {each.id: each for each in examine(Patient(box).machine(), checks)}
    assert {id_: each.level for id_, each in found.items()} == {
        "x.one": UNKNOWN,
        "x.two": UNKNOWN,
        "y.one": ERROR,
    }
    assert SECRETS[0] not in str(found)
    assert "RuntimeError" in found["x.one"].evidence


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_credential_is_taken_out(box: Box, secret: str) -> None:
    """A check that took over somebody else's words hands no token on."""
    said = Finding("x.one", ERROR, f"t {secret}", f"e={secret};", f"w ({secret})", "fix")
    (found,) = examine(Patient(box).machine(), [Check({"x.one": "fine"}, lambda _machine: [said])])
    assert secret not in str(found)
    assert "canary" not in str(found)


def test_who_hangs_is_not_waited_for(box: Box) -> None:
    """When the time is over, what has not answered is unknown, and the rest is there."""
    never = threading.Event()

    def hangs(_machine: Machine) -> list[Finding]:
        never.wait(30)
        return []

    checks = [
        Check({"x.slow": "fine"}, hangs, slow=True),
        _says("y.quick", WARNING),
        Check({"z.quick": "fine"}, hangs),
        Check({"z.after": "fine"}, lambda _machine: []),
    ]
    begun = time.monotonic()
    told: list[str] = []
    found = examine(
        Patient(box).machine(limit=0.5),
        checks,
        lambda some: told.extend(each.id for each in some),
    )
    assert time.monotonic() - begun < 2
    never.set()
    levels = {each.id: each.level for each in found}
    assert levels == {"x.slow": UNKNOWN, "y.quick": WARNING, "z.quick": UNKNOWN, "z.after": UNKNOWN}
    assert sorted(told) == sorted(levels)


def test_offline_sends_nothing(box: Box) -> None:
    """What sends is left out, not asked and ignored."""

    def sends(_machine: Machine) -> list[Finding]:
        raise AssertionError

    checks = [Check({"x.net": "fine"}, sends, sends=True), _says("y.one", INFO)]
    found = examine(Patient(box).machine(offline=True), checks)
    assert [each.id for each in found] == ["y.one"]


def test_a_program_that_hangs_is_ended_with_its_children(box: Box) -> None:
    """Nothing that a check started runs on."""
    patient = Patient(box)
    mark = f"{box.path}/pid"
    patient.program(
        "slow",
        "import subprocess\n"
        "child = subprocess.Popen(['/bin/sleep', '600'])\n"
        f"open({mark!r}, 'w').write(str(child.pid))\n"
        "child.wait()",
    )
    begun = time.monotonic()
    ran = patient.machine().run(["slow"], 1.0)
    assert ran is not None
    assert ran.code is None
    assert time.monotonic() - begun < 4
    with open(mark, encoding="ascii") as file:
        pid = int(file.read())
    assert not os.path.exists(f"/proc/{pid}") or _is_zombie(pid)
    assert patient.machine().run(["no-such-program"], 1.0) is None


def _is_zombie(pid: int) -> bool:
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] in "ZX"


# --- mends ----------------------------------------------------------------------------------------


def test_a_rewritten_file_keeps_mode_owner_and_link_and_can_be_taken_back(box: Box) -> None:
    """The target of a link is changed, the former bytes are kept, and the printed line restores them."""
    patient = Patient(box)
    real = patient.write("dotfiles/bashrc", "export A=1\n", 0o640)
    os.chown(real, 12345, 54321)
    path = f"{box.home}/.bashrc"
    os.symlink(real, path)
    context = patient.machine().context
    mend = rewrite(context, "x.one", path, b"export A=1\n", b"# export A=1\n", changes=("-", "+"))
    done = mend.apply()
    status = os.stat(real)
    assert os.path.islink(path)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 12345, 54321)
    with open(path, "rb") as file:
        assert file.read() == b"# export A=1\n"
    assert done.undo is not None
    subprocess.run(shlex.split(done.undo), check=True)
    with open(real, "rb") as file:
        assert file.read() == b"export A=1\n"
    assert stat.S_IMODE(os.stat(real).st_mode) == 0o640


def test_a_file_that_changed_since_is_left_alone(box: Box) -> None:
    """What was shown is what is done, or nothing is."""
    patient = Patient(box)
    path = patient.write(".bashrc", "export A=1\n")
    context = patient.machine().context
    mend = rewrite(context, "x.one", path, b"export A=1\n", b"", changes=("-",))
    patient.write(".bashrc", "export B=2\n")
    with pytest.raises(StoreError, match="has changed"):
        mend.apply()
    with open(path, "rb") as file:
        assert file.read() == b"export B=2\n"
    link = f"{box.home}/link"
    os.symlink("nowhere", link)
    gone = remove_link(context, "x.two", link)
    os.unlink(link)
    os.symlink(path, link)
    with pytest.raises(StoreError, match="has changed"):
        gone.apply()
    assert os.path.islink(link)


def test_a_mend_that_cannot_be_kept_changes_nothing(box: Box) -> None:
    """Without a backup nothing is written over."""
    patient = Patient(box)
    path = patient.write(".bashrc", "export A=1\n")
    context = patient.machine().context
    mend = rewrite(context, "x.one", path, b"export A=1\n", b"", changes=("-",))
    os.makedirs(os.path.dirname(context.roots.backups), exist_ok=True)
    with open(context.roots.backups, "w", encoding="utf-8"):
        pass  # a file where the backups would lie
    with pytest.raises(StoreNotWritable):
        mend.apply()
    with open(path, "rb") as file:
        assert file.read() == b"export A=1\n"


def test_modes_and_links_are_taken_back_by_the_line_that_is_printed(box: Box) -> None:
    """Each mend is noted in the history, and its line restores what was."""
    patient = Patient(box)
    path, link = patient.write("file", "x", 0o664), f"{box.home}/link"
    os.symlink("no where", link)
    context = patient.machine().context
    undone = []
    for mend in (change_mode(context, "a", path, 0o600), remove_link(context, "b", link)):
        assert len(mend.changes) == 1
        undone.append(mend.apply().undo)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not os.path.lexists(link)
    for line in undone:
        assert line is not None
        subprocess.run(shlex.split(line), check=True)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o664
    assert os.readlink(link) == "no where"
    with open(f"{context.roots.state}/history.jsonl", encoding="utf-8") as file:
        assert file.read().count("mended") == 2


# --- the report -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "user", "expected"),
    [
        ("No codex is on PATH", "codex", "No codex is on PATH"),
        ("npm install -g @openai/codex", "codex", "npm install -g @openai/codex"),
        ("/home/codex/.codex is there", "codex", "/home/USER/.codex is there"),
        ("codex@server", "codex", "USER@server"),
        ("owned by ada, not by you", "ada", "owned by USER, not by you"),
        ("/h/ada/.codex-work", "ada", "~/.codex-work"),
        ("from 203.0.113.77 to 127.0.0.1:1455", "ada", "from 203.… to 127.0.0.1:1455"),
        ("Codex 0.169.0, glibc 2.36", "ada", "Codex 0.169.0, glibc 2.36"),
        ("of ada.lovelace@example.com", "ada", "of a…@…"),
        ("account 1b2c3d4e-0000-4000-8000-000000000001", "ada", "account 1b2c…"),
        ("http://me:secret@proxy:8080", "ada", "http://…@proxy:8080"),
    ],
)
def test_a_report_names_nobody_and_keeps_its_words(text: str, user: str, expected: str) -> None:
    """A person's name is taken out where it is one, and nowhere else."""
    assert without_people(text, "/h/ada", user) == expected
