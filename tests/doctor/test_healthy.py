"""A healthy machine gives no alarm, not even with twenty harmless oddities; and what is told holds no secret."""

from __future__ import annotations

import json
import os
import socket

import pytest

from tests.doctor.patient import Patient
from tests.support.cli import run_tui
from tests.support.tokens import DAY, HOUR, Login, Person
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from tests.conftest import Box

# Nobody else's test is to be found at the ports of a login.
pytestmark = pytest.mark.usefixtures("redirect_ports")

ALARMS = {"error", "warning", "unknown"}


def alarms(findings: list[Finding]) -> list[Finding]:
    """Return what a person would be alarmed by."""
    return [each for each in findings if each.level in ALARMS]


def healthy(box: Box, simulator: Simulator) -> Patient:
    """Return a machine with two living logins, whose issuer is the simulator."""
    patient = Patient(box)
    patient.set(SWITCHYARD_ISSUER=simulator.url, SWITCHYARD_CHATGPT_BASE_URL=simulator.backend_url)
    ada, bob = Login(Person("ada")).fresh(), Login(Person("bob")).fresh()
    ada.write(box.profile("ada"))
    bob.write(box.profile("bob"))
    ada.write(box.codex)
    return patient


def test_a_healthy_machine_gives_no_alarm(box: Box) -> None:
    """Two living logins, an issuer that answers: nothing but "ok" and what is worth knowing."""
    with Simulator() as simulator:
        patient = healthy(box, simulator)
        found = patient.findings()
        assert simulator.reused == 0
    assert alarms(found) == []
    assert len(found) > 60


def test_harmless_oddities_give_no_alarm(box: Box) -> None:
    """Twenty things that look odd and break nothing."""
    with Simulator() as simulator, socket.socket() as listener:
        patient = healthy(box, simulator)
        patient.set(
            CODEX_ACCESS_TOKEN="",
            CODEX_API_KEY="  ",
            CODEX_HOME="",
            OPENAI_API_KEY="sk-proj-0123456789abcdef",
            OPENAI_BASE_URL="https://example.org/v1",
            HTTPS_PROXY="",
            SSL_CERT_FILE="",
            REQUESTS_CA_BUNDLE="/etc/ssl/certs/ca-certificates.crt",
            CODEX_SQLITE_HOME="",
            BROWSER="firefox",
        )
        # Somebody listens beside the ports of a login.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        patient.write(".bashrc", "# export CODEX_ACCESS_TOKEN=at-old\nexport EDITOR=vi\n")
        patient.write(".profile", 'echo "CODEX_ACCESS_TOKEN is not set"\nunset CODEX_API_KEY\n')
        patient.write(".zshrc", "alias codex='codex --search'\n")
        patient.write(".codex/config.toml", '# a comment\nmodel = "gpt-5"\n', 0o600)
        patient.write(".codex/.env", "# HTTPS_PROXY=http://127.0.0.1:9\nFOO=bar\n", 0o600)
        patient.write(".codex/AGENTS.md", "be kind\n")
        patient.write("work/.env", "CODEX_ACCESS_TOKEN=at-not-read-from-here\n", 0o600)
        patient.write("work/.codex/config.toml", "# of a project\n")
        os.makedirs(f"{box.home}/notes/deep")
        os.symlink(f"{box.home}/notes", f"{box.codex}/notes")
        os.symlink("nowhere", f"{box.home}/dangling-and-not-ours")
        os.makedirs(f"{box.home}/.codex-empty")
        patient.put("/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
        patient.put("/etc/environment", "LANG=C.UTF-8\n")
        found = patient.findings()
    assert alarms(found) == []


def test_a_refreshable_login_is_no_alarm(box: Box) -> None:
    """An access token that ended an hour ago is renewed by Codex itself: nobody has to do anything."""
    with Simulator() as simulator:
        patient = healthy(box, simulator)
        Login(Person("cy")).fresh(10 * DAY + HOUR).write(box.profile("cy"))
        found = patient.findings()
    assert alarms(found) == []


def test_no_secret_leaves_in_json_report_or_prose(box: Box) -> None:
    """Every place that may hold a token holds one of its own: none is in anything that is printed."""
    with Simulator() as simulator:
        patient = healthy(box, simulator)
        ada = Login(Person("ada")).fresh()
        ada.write(box.codex)
        canaries = [f"at-canary{number:02}-abcdefghijklmnop" for number in range(9)]
        env = {
            "SWITCHYARD_ISSUER": simulator.url,
            "SWITCHYARD_CHATGPT_BASE_URL": simulator.backend_url,
            "CODEX_ACCESS_TOKEN": canaries[0],
            "CODEX_API_KEY": f"sk-{canaries[1]}",
            "OPENAI_API_KEY": ada.access_token,
            "HTTPS_PROXY": f"http://user:{canaries[2]}@127.0.0.1:9",
            "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"http://127.0.0.1:9/?key={canaries[3]}",
        }
        patient.write(".bashrc", f"export CODEX_ACCESS_TOKEN={canaries[4]}\n")
        patient.write(".zshrc", f'export OPENAI_API_KEY="{canaries[5]}"\n')
        patient.write(".codex/.env", f"OPENAI_API_KEY={canaries[6]}\n", 0o644)
        patient.write(".config/environment.d/codex.conf", f"CODEX_API_KEY={canaries[7]}\n")
        patient.write("work/.envrc", f"export CODEX_ACCESS_TOKEN={canaries[8]}\n")
        for words in (["--json"], ["--report"], [], ["--fix", "env.access_token"]):
            ran = run_tui(["doctor", *words], env, cwd=patient.work)
            told = ran.out + ran.err
            assert "CODEX_ACCESS_TOKEN" in told
            assert "canary" not in told
            for secret in (ada.access_token, ada.refresh_token, ada.id_token):
                assert secret not in told
                assert secret.rpartition(".")[2] not in told
        found = json.loads(run_tui(["doctor", "--json"], env, cwd=patient.work).out)["findings"]
        wrong = {each["id"] for each in found if each["level"] in ("error", "warning")}
        assert {"env.access_token", "env.api_key", "env.test_hooks"} <= wrong


def test_a_service_of_ones_own_is_no_alarm_where_switchyard_was_told_of_it(box: Box) -> None:
    """Whoever tries a service of their own sets both; any other address is an alarm still."""
    with Simulator() as simulator:
        patient = healthy(box, simulator)
        patient.set(CODEX_REVOKE_TOKEN_URL_OVERRIDE=f"{simulator.url}/oauth/revoke")
        config = patient.write(".codex/config.toml", "", 0o600)
        for url, ids in (
            (simulator.backend_url, set()),
            ("http://127.0.0.1:9", {"config.base_url"}),
        ):
            with open(config, "w", encoding="utf-8") as file:
                file.write(f'chatgpt_base_url = "{url}"\n')
            assert {each.id for each in alarms(patient.findings("environment", "store"))} == ids
        patient.set(CODEX_REVOKE_TOKEN_URL_OVERRIDE="http://127.0.0.1:9/oauth/revoke")
        assert "env.test_hooks" in {each.id for each in alarms(patient.findings("environment"))}
