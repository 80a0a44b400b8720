"""`tui refresh` and `tui --refresh-all`: real children, a real issuer; outcomes, exit codes, silence, signals."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from profiles import lock
from tests.commands.refreshes import DEAD, TOKEN, Counter, results_of
from tests.commands.scenes import failed, failure
from tests.refreshing.stand import DAY
from tests.rules.yard import identity_of, write
from tests.support.cli import ROOT, tui_environ
from tests.support.documents import with_api_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box
    from tests.support.tokens import Document

ALL = ["--refresh-all", "--json"]


def elsewhere(document: Document) -> Document:
    """Return a login of an issuer that nobody answers for."""
    gone = {"issuer": "http://127.0.0.1:9", "client_id": "app_EMoamEEZ73f0CkXaXp7hrann"}
    return document.having_tokens(oauth_provenance=gone)


# --- outcomes and exit codes --------------------------------------------------------------------------


def test_all_of_them_once(box: Box) -> None:
    """Every due login gets its tokens in one request, in the order of the list; a second run sends nothing."""
    with Counter(box) as counter:
        paths = [counter.put(name, counter.sign_in(name)) for name in ("cyd", "ada", "bob")]
        results = counter.results(ALL, 0)
        assert [(r["name"], r["outcome"]) for r in results] == [
            (name, "refreshed") for name in ("ada", "bob", "cyd")
        ]
        assert all(result["reason"] is None for result in results)
        assert counter.exchanges() == 3
        assert all(map(counter.works, paths))
        assert {r["outcome"] for r in counter.results(["refresh", "--all", "--json"], 0)} == {
            "fresh"
        }
        assert counter.exchanges() == 3


def test_names(box: Box) -> None:
    """Only those that are named, however they are spelt, each once."""
    with Counter(box) as counter:
        for name in ("ada", "bob", "cyd"):
            counter.put(name, counter.sign_in(name))
        results = counter.results(["refresh", "cyd", "ADA", "cyd", "--json"], 0)
        assert [result["name"] for result in results] == ["ada", "cyd"]
        assert counter.exchanges() == 2


def test_what_is_due(box: Box) -> None:
    """`--within` takes what expires within the span, `--force` all that is not spent."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada", age=2 * DAY))
        assert counter.results([*ALL, "--within", "7d"], 0)[0]["outcome"] == "fresh"
        assert counter.results([*ALL, "--within", "193h"], 0)[0]["outcome"] == "refreshed"
        assert counter.results(ALL, 0)[0]["outcome"] == "fresh"
        assert counter.results([*ALL, "--force"], 0)[0]["outcome"] == "refreshed"


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "step"),
    [
        ({"status": 401, "body": DEAD}, "login-needed", 4, "tui login ada --device-code"),
        ({"status": 503}, "uncertain", 1, "tui refresh ada"),
        ({"drop": "before", "handled": False}, "uncertain", 1, "tui refresh ada"),
        ({"status": 401, "body": b"<html>portal</html>"}, "failed", 1, "the answer comes from"),
        ({"status": 403, "body": b"<html>robot?</html>"}, "failed", 1, "the answer comes from"),
        ({"status": 400, "body": {"error": {"code": "odd"}}}, "failed", 1, "tui show ada"),
    ],
)
def test_what_is_not_well(
    box: Box, fault: dict[str, object], outcome: str, code: int, step: str
) -> None:
    """A line with the reason, the summary and the next step, also without a terminal; the same as JSON."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.put("bob", counter.sign_in("bob", age=60))
        counter.simulator.faults.add(TOKEN, **fault)  # type: ignore[arg-type]
        ran = counter.tui(["--refresh-all"], code)
        assert ran.out == ""
        line, total, last = ran.err.splitlines()
        assert re.fullmatch(rf"ada  {outcome.replace('-', ' ')}: .{{10,}}", line)
        assert total == f"2 profiles: 1 fresh, 1 {outcome.replace('-', ' ')}"
        assert last.startswith(f"next: {step}")


def test_4_before_5_before_1(box: Box) -> None:
    """Of several results the worst decides."""
    with Counter(box) as counter:
        counter.put("dead", counter.sign_in("dead"))
        counter.put("gone", elsewhere(counter.sign_in("gone")))
        write(counter.put("odd", counter.sign_in("odd")), b'{"tokens": ')
        counter.put("well", counter.sign_in("well"))
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        assert [r["outcome"] for r in counter.results(["refresh", "dead", "--json"], 4)] == [
            "login-needed"
        ]
        counter.results(["refresh", "odd", "well", "--json"], 1)
        assert {
            r["name"]: r["outcome"]
            for r in counter.results(["refresh", "odd", "gone", "well", "--json"], 5)
        } == {"gone": "unreachable", "odd": "failed", "well": "fresh"}
        ran = counter.tui(["--refresh-all"], 4)
        steps = [line for line in ran.err.splitlines() if line.startswith("next: ")]
        assert [step.split()[1:3] for step in steps] == [
            ["tui", "login"],
            ["look", "at"],
            ["tui", "show"],
        ]


@pytest.mark.slow
def test_5_before_6_before_1(box: Box) -> None:
    """A login that another process keeps locked is exit 6, and its file is not touched."""
    with Counter(box) as counter:
        path = counter.put("held", counter.sign_in("held"))
        counter.put("gone", elsewhere(counter.sign_in("gone")))
        write(counter.put("odd", counter.sign_in("odd")), b'{"tokens": ')
        wanted = lock.home_lock(counter.context, box.profile("held"))
        with lock.acquire(counter.context, [wanted]):
            two = counter.start(["refresh", "held", "odd"])
            three = counter.start(["refresh", "held", "odd", "gone"])
            assert f"locked by process {os.getpid()}" in two.end(6).err
            three.end(5)
        assert counter.works(path)
        assert counter.exchanges() == 0


def test_a_folder_that_cannot_be_listed_is_no_empty_one(box: Box) -> None:
    """Where the profiles should be stands a file: that is a failure, and not the exit code of all is well."""
    with Counter(box) as counter:
        os.mkdir(os.path.dirname(box.profiles))
        write(box.profiles, b"")
        assert box.profiles in counter.tui(["--refresh-all"], 1).err


@pytest.mark.parametrize("active", ["missing", "a file"])
def test_the_active_home_has_a_problem(box: Box, active: str) -> None:
    """A CODEX_HOME that Codex would not start with keeps no saved login from its tokens."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada"))
        home = f"{box.path}/{active}"
        if active == "a file":
            write(home, b"")
        counter.tui(["--refresh-all"], 0, {"CODEX_HOME": home})
        assert counter.exchanges() == 1
        assert counter.works(path)
        counter.tui(["logout", "ada", "--yes"], 0, {"CODEX_HOME": home})
        assert not os.path.exists(path)


def test_usage(box: Box) -> None:
    """No such profile 3, anything else that is off 2, each said before anything is sent."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        assert failure(["refresh", "adda", "--json"], 3)["next"].startswith("did you mean ada?")
        for args in (["refresh"], ["refresh", "ada", "--all"], ["--refresh-all", "ada"]):
            assert counter.tui(args, 2).err.splitlines()[-1].startswith("next: tui refresh")
        for span in ("5", "d", "-1d", "1.5h", "5w", "٥d", "1" * 30 + "d", ""):
            message = failure(["--refresh-all", f"--within={span}", "--json"], 2)
            assert "36h" in message["next"]
        for args in (
            ["--refresh-all", "--within", "-1d"],
            ["--within", "--refresh-all"],
            ["refresh", "ada", "--within"],
        ):
            assert "--within wants a span of time: 90s, 15m" in failed(args, 2)
        both = failed(["--refresh-all", "--within", "5d", "--force"], 2)
        assert both.startswith("tui: error: tui --refresh-all: ")
        assert "not allowed with" in both
        for args in (["--refresh-all", "ada"], ["--refresh-all", "--forced"]):
            assert "--all " not in failed(args, 2).replace("--refresh-all", "")
        write_config(box, "refresh.concurrency = 0\n")
        assert "refresh.concurrency" in counter.tui(["--refresh-all"], 2).err
        assert counter.exchanges() == 0


def write_config(box: Box, text: str) -> None:
    """Write config.toml."""
    os.makedirs(f"{box.switchyard}/config", exist_ok=True)
    write(f"{box.switchyard}/config/config.toml", text.encode())


# --- terminal and cron --------------------------------------------------------------------------------


def test_in_a_terminal_each_profile_has_its_line(box: Box) -> None:
    """As it finishes: name, outcome, new expiry in words; a summary at the end; what is rewritten leaves no trace."""
    with Counter(box) as counter:
        for name in ("ada", "barbara"):
            counter.put(name, counter.sign_in(name))
        counter.put("key", with_api_key())
        shown = counter.in_terminal(["--refresh-all"], 0)
        lines = [line.rpartition("\r")[2] for line in shown.rstrip("\n").split("\n")]
        assert sorted(lines[:3]) == [
            "ada      refreshed, expires in 9d 23h",
            "barbara  refreshed, expires in 9d 23h",
            "key      skipped: a login of the kind api-key is never refreshed",
        ]
        assert lines[3:] == ["3 profiles: 2 refreshed, 1 skipped"]
        assert "\x1b" not in shown


def test_without_a_terminal_all_is_quiet(box: Box) -> None:
    """Nothing on either stream when nobody has to do anything, also where tokens were given to the active home."""
    with Counter(box) as counter:
        login = counter.sign_in("ada")
        counter.put("ada", login)
        counter.live(login)
        counter.put("bob", counter.sign_in("bob", age=60))
        counter.put("key", with_api_key())
        ran = counter.tui(["--refresh-all"], 0)
        assert (ran.out, ran.err) == ("", "")
        assert counter.works(counter.live_path)


def crontab_command() -> str:
    """Return the command of the crontab line in the README."""
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"<!-- crontab -->\n```\n(?P<line>[^\n]+)\n```", text)
    assert found is not None
    fields = found["line"].split(None, 5)
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in fields[:5])
    return fields[5]


def test_the_line_for_cron_works_with_what_cron_gives(box: Box) -> None:
    """Two variables, /bin/sh, no terminal: quiet when all is well, and what needs a person goes to stderr."""
    with Counter(box) as counter:
        path = counter.put("ada", counter.sign_in("ada", age=6 * DAY))
        counter.put("bob", counter.sign_in("bob", age=1 * DAY))
        local = f"{box.home}/.local"
        os.makedirs(f"{local}/bin")
        os.makedirs(f"{local}/share/codex-switchyard", exist_ok=True)
        program = f"{local}/bin/tui"
        given = {name: tui_environ()[name] for name in ("PYTHONPATH", "SWITCHYARD_HOME", "TZ")}
        given |= {k: v for k, v in tui_environ().items() if k.startswith("SWITCHYARD_TEST_")}
        given["SWITCHYARD_ISSUER"] = counter.simulator.url
        exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in given.items())
        write(program, f'#!/bin/sh\n{exports}exec {sys.executable} -m tui "$@"\n'.encode())
        os.chmod(program, 0o755)

        def cron() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["/bin/sh", "-c", crontab_command()],
                env={"PATH": "/usr/bin:/bin", "HOME": box.home},
                cwd=box.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )

        done = cron()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert counter.exchanges() == 1
        assert counter.works(path)
        counter.put("cyd", counter.sign_in("cyd", age=9 * DAY))
        counter.simulator.faults.add(TOKEN, status=401, body=DEAD)
        done = cron()
        assert (done.returncode, done.stdout) == (4, "")
        assert "next: tui login cyd --device-code" in done.stderr


# --- signals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_an_answer(box: Box, number: signal.Signals) -> None:
    """What was sent is answered and saved; nothing more is begun; exit 130, with a result for each."""
    with Counter(box) as counter:
        paths = [counter.put(name, counter.sign_in(name)) for name in ("ada", "bob")]
        write_config(box, "refresh.concurrency = 1\n")
        counter.simulator.faults.add(TOKEN, delay=1.0)
        child = counter.start(ALL)
        counter.simulator.wait_for(TOKEN)
        child.send(number)
        child.wait_for("saved first")
        if number != signal.SIGINT:
            child.send(number)
        ran = child.end(130)
        results = results_of(ran)
        assert sorted(r["outcome"] for r in results) == ["refreshed", "skipped"]
        assert {"interrupted before it was begun"} == {
            r["reason"] for r in results if r["outcome"] == "skipped"
        }
        assert ran.err.splitlines()[-2:] == [
            "tui: error: interrupted; 1 of 2 were refreshed and saved, 1 not begun",
            "next: tui --refresh-all",
        ]
        assert counter.exchanges() == 1
        assert all(map(counter.works, paths))
        counter.tui(["--refresh-all"], 0)
        assert counter.exchanges() == 2


def test_a_second_ctrl_c_leaves_at_once(box: Box) -> None:
    """The answer is not waited for; what was written ahead says so, and the next run finds out what became of it."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, delay=30.0)
        child = counter.start(["--refresh-all"])
        counter.simulator.wait_for(TOKEN)
        child.send(signal.SIGINT)
        child.wait_for("saved first")
        begun = time.monotonic()
        child.send(signal.SIGINT)
        assert "uncertain" in child.end(130).err
        assert time.monotonic() - begun < 5
        assert counter.state("ada") == "uncertain"
        # The issuer had rotated: the token is presented once more, once, and that is said.
        counter.reuse_is_forced = 1
        [ada] = counter.results(ALL, 4)
        assert "answer never arrived" in ada["reason"]
        counter.results(ALL, 4)


def test_ctrl_c_in_a_terminal(box: Box) -> None:
    """As typed, between two logins: what was sent is saved, and the counting line makes room for all that is said."""
    with Counter(box) as counter:
        paths = [counter.put(name, counter.sign_in(name)) for name in ("ada", "bob")]
        write_config(box, "refresh.concurrency = 1\n")
        counter.simulator.faults.add(TOKEN)
        counter.simulator.faults.add(TOKEN, delay=0.5)
        shown = counter.in_terminal(["--refresh-all"], 130, type_at="1 of 2 done", typed=b"\x03")
        assert "stopping: " in shown
        assert re.search(r"(?m)^(?:.*\r)?ada  refreshed, expires in 9d 23h$", shown)
        assert re.search(
            r"(?m)^(?:tui: .*error|.*note):.* interrupted; [12] of 2 were refreshed and saved",
            shown,
        )
        assert all(map(counter.works, paths))


def test_nohup(box: Box) -> None:
    """A signal that is ignored stays ignored."""
    with Counter(box) as counter:
        counter.put("ada", counter.sign_in("ada"))
        counter.simulator.faults.add(TOKEN, delay=1.0)
        command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
        from tests.commands.refreshes import Child
        from tests.support.cli import tui_command

        child = Child(
            counter, [*command, *tui_command(["--refresh-all"])], tui_environ(counter.env)
        )
        counter.simulator.wait_for(TOKEN)
        child.send(signal.SIGHUP)
        assert child.end(0).err == ""
        child.abandon()


# --- several at once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [[], ["--force"]], ids=["due", "forced"])
@pytest.mark.parametrize("processes", [2, 8])
def test_several_at_once(box: Box, processes: int, flags: list[str]) -> None:
    """Fifty logins are exchanged fifty times in all, whoever comes first, and nobody fails."""
    with Counter(box) as counter:
        logins = [counter.sign_in(f"p{number}") for number in range(50)]
        paths = [counter.put(f"p{number}", login) for number, login in enumerate(logins)]
        wanted = [lock.login_lock(counter.context, identity_of(login)) for login in logins]
        with lock.acquire(counter.context, wanted):
            children = [counter.start([*ALL, *flags]) for _ in range(processes)]
            for child in children:
                child.has_begun()
        every = [results_of(child.end(0)) for child in children]
        assert counter.exchanges() == 50
        assert all(map(counter.works, paths))
        outcomes = [result["outcome"] for results in every for result in results]
        assert len(outcomes) == 50 * processes
        assert set(outcomes) <= {"refreshed", "fresh"}
        assert outcomes.count("refreshed") == 50
