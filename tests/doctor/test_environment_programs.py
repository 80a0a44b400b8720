"""Programs that hand variables on: real tmux and fish; systemd, cron, launchd and Windows by scripts."""

from __future__ import annotations

import os
import subprocess

import pytest

from profiles.doctor.environment_places import search
from profiles.doctor.finding import INFO, UNKNOWN, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_environment import PAT, TOKEN, all_text, no_leak, one
from tests.doctor.test_environment_places import SECRET, places
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list}
    return made


SYSTEMCTL = f"""
import sys
assert sys.argv[1:] == ["--user", "show-environment"]
print("PATH=/usr/bin"); print("{TOKEN}={SECRET}"); print("LANG=$'a\\\\nb'")
"""
CRONTAB = f"""
import sys
assert sys.argv[1:] == ["-l"]
print("# {TOKEN}=no"); print("{TOKEN} = '{SECRET}'"); print("0 5 * * * codex exec {TOKEN}=x")
"""


def test_systemd(patient: Patient) -> None:
    """What systemd hands to a desktop is asked for, and the command that takes it away is said."""
    patient.program("systemctl", SYSTEMCTL)
    (place,) = places(patient)
    assert "systemctl --user show-environment" in place.where
    finding = one(patient.found("environment"), "env.access_token", WARNING)
    assert finding.fix == f"systemctl --user unset-environment {TOKEN}"
    assert SECRET not in all_text([finding])
    patient.program("systemctl", "print('PATH=/usr/bin')")
    assert not patient.found("environment")


def test_cron(patient: Patient) -> None:
    """A crontab's variable is for cron's jobs alone: worth knowing."""
    patient.program("crontab", CRONTAB)
    (place,) = places(patient)
    assert place.where == "crontab -l, line 2"
    finding = one(patient.found("environment"), "env.access_token", INFO)
    assert finding.fix == "crontab -e"
    patient.program("crontab", "import sys; sys.exit('no crontab for root')")
    assert not patient.found("environment")


def test_launchd(patient: Patient) -> None:
    """On a Mac launchd is asked for each name, and its agents' files are read."""
    patient.program(
        "launchctl",
        f"import sys\nif sys.argv[1:] == ['getenv', '{TOKEN}']: print('{SECRET}')",
    )
    plist = f"<dict>\n<key>{TOKEN}</key>\n<string>{SECRET}</string></dict>"
    path = patient.write("Library/LaunchAgents/a.plist", plist)
    agent, launchd = places(patient, platform="darwin")
    assert (agent.path, agent.line) == (path, 2)
    assert launchd.remove == f"launchctl unsetenv {TOKEN}"
    assert places(patient) == []


@pytest.fixture
def wsl(patient: Patient) -> Patient:
    """The same in WSL 2."""
    patient.put("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
    patient.put("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\ninterpreter /init\n")
    return patient


REG = f"""
import sys
sys.stdout.reconfigure(newline="\\r\\n")
assert sys.argv[1] == "query", sys.argv
if sys.argv[2] == r"HKCU\\Environment":
    print(); print("HKEY_CURRENT_USER\\\\Environment")
    print("    Path    REG_EXPAND_SZ    C:\\\\bin;"); print("    {TOKEN}    REG_SZ    {SECRET}"); print()
else:
    assert sys.argv[2].startswith(r"HKLM\\SYSTEM"), sys.argv
    print("    Codex_Api_Key    REG_SZ    {SECRET}")
"""
POWERSHELL = f"""
import sys
sys.stdout.reconfigure(newline="\\r\\n")
assert "GetEnvironmentVariable" in sys.argv[-1], sys.argv
print("User|{TOKEN}|{SECRET}|x"); print("Machine|CODEX_API_KEY|{SECRET}"); print("asked")
"""


@pytest.mark.parametrize("by", ["reg.exe", "powershell.exe"])
def test_windows(wsl: Patient, by: str) -> None:
    """In WSL the variables of the Windows user and machine are found, with the command for each; WSLENV is said."""
    wsl.program(by, REG if by == "reg.exe" else POWERSHELL)
    (place,) = places(wsl)
    assert place.where == "the Windows variables of this user"
    assert "WSLENV" not in place.reach
    found = wsl.found("environment")
    token, key = one(found, "env.access_token", WARNING), one(found, "env.api_key", WARNING)
    assert "SetEnvironmentVariable('CODEX_ACCESS_TOKEN',\\$null,'User')" in token.fix
    assert "SetEnvironmentVariable('CODEX_API_KEY',$null,'Machine')" in key.fix
    assert "elevated" in key.fix
    assert SECRET not in all_text(found)
    # The very line, run: the fake PowerShell gets what Windows's would.
    wsl.program(
        "powershell.exe", f"import sys; open('{wsl.box.path}/said', 'w').write(sys.argv[-1])"
    )
    subprocess.run(["bash", "-c", token.fix], env=wsl.environ, check=True)
    with open(f"{wsl.box.path}/said", encoding="utf-8") as file:
        assert file.read() == f"[Environment]::SetEnvironmentVariable('{TOKEN}',$null,'User')"
    wsl.program("reg.exe", "import sys; sys.exit(1)")
    assert not wsl.found("environment")


def test_windows_by_wslenv(wsl: Patient) -> None:
    """A variable that is set here and in no file, and that WSLENV carries over, is laid at Windows's door."""
    wsl.program("reg.exe", REG)
    wsl.set(CODEX_ACCESS_TOKEN=SECRET, WSLENV=f"PATH/l:{TOKEN}/u")
    (finding,) = wsl.found("environment", "env.access_token")
    assert "the Windows variables of this user" in finding.evidence
    assert "by WSLENV, this Linux" in finding.evidence


def test_windows_files(wsl: Patient) -> None:
    """PowerShell's profile and the editors' settings of the Windows user are read through /mnt/c, and not written."""
    wsl.program("reg.exe", "import sys; sys.exit(1)")
    wsl.put("/proc/mounts", "C:\\134 /mnt/c 9p rw 0 0\n")
    user = "/mnt/c/Users/ada"
    shell = f"{user}/Documents/WindowsPowerShell/Microsoft.PowerShell_profile.ps1"
    wsl.put(shell, f"\r\n$env:{TOKEN} = '{SECRET}'\r\n")
    block = f'{{"{TOKEN}": "{SECRET}"}}'
    settings = (
        f'{{"terminal.integrated.env.windows": {block},\n"terminal.integrated.env.linux": {block}}}'
    )
    wsl.put(f"{user}/AppData/Roaming/Cursor/User/settings.json", settings)
    found = places(wsl)
    assert [(place.line, place.reach.split()[-1]) for place in found] == [
        (2, "Windows"),
        (1, "Windows"),
        (2, "WSL"),
    ]
    finding = one(wsl.found("environment"), "env.access_token", WARNING)
    assert finding.mend is None
    assert "PowerShell_profile.ps1:2" in finding.evidence
    assert SECRET not in all_text([finding])


def test_windows_cannot_be_asked(wsl: Patient) -> None:
    """With interop off nothing is known of Windows: said so, not passed over."""
    wsl.put("/proc/sys/fs/binfmt_misc/WSLInterop", "disabled\n")
    wsl.set(WSL_DISTRO_NAME="Ubuntu")
    wsl.program("reg.exe", REG)
    finding = one(wsl.found("environment"), "env.access_token", UNKNOWN)
    assert "interop" in finding.evidence


def test_tmux(patient: Patient, tmux: str) -> None:
    """A real tmux server hands on what it began with; the command that is said takes it away."""
    folder = f"{patient.box.path}/t"
    os.mkdir(folder, 0o700)
    patient.set(TMUX_TMPDIR=folder)
    words = [tmux, "-f", "/dev/null", "new-session", "-d", "sleep 600"]
    subprocess.run(words, env={**patient.environ, TOKEN: PAT}, check=True)
    try:
        assert "tmux show-environment -g" in [place.where for place in places(patient)]
        found = patient.found("environment")
        finding = one(found, "env.access_token", WARNING)
        assert "tmux show-environment -g" in finding.evidence
        no_leak(found, PAT)
        assert finding.fix == f"tmux set-environment -gu {TOKEN}"
        subprocess.run(["bash", "-c", finding.fix], env=patient.environ, check=True)
        assert not patient.found("environment")
    finally:
        subprocess.run([tmux, "kill-server"], env=patient.environ, check=False)


def test_dead_tmux(patient: Patient, tmux: str) -> None:
    """The socket of a tmux server that is gone starts none, and is nothing to tell about."""
    folder = f"{patient.box.path}/t"
    os.mkdir(folder, 0o700)
    patient.set(TMUX_TMPDIR=folder)
    words = [tmux, "-f", "/dev/null", "-L", "old", "new-session", "-d", "sleep 600"]
    subprocess.run(words, env={**patient.environ, TOKEN: PAT}, check=True)
    said = subprocess.run(
        [tmux, "-L", "old", "display-message", "-p", "#{pid}"],
        env=patient.environ,
        check=True,
        capture_output=True,
        text=True,
    )
    os.kill(int(said.stdout), 9)
    assert not places(patient)
    assert not search(patient.machine()).unasked


def test_real_fish(patient: Patient) -> None:
    """What a real fish keeps as a universal variable is found, and the command that is said takes it away."""
    fish = need("fish")
    subprocess.run([fish, "-c", f"set -Ux {TOKEN} {SECRET}"], env=patient.environ, check=True)
    (place,) = places(patient)
    assert place.where.startswith("~/.config/fish/fish_variables:")
    subprocess.run(["bash", "-c", place.remove], env=patient.environ, check=True)
    assert not places(patient)
