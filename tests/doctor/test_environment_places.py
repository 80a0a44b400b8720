"""Where a variable is set: each kind of file and program, with its line, and without a value."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from profiles.doctor.environment_places import Place, search, where_set
from profiles.doctor.finding import INFO, UNKNOWN, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_environment import PAT, TOKEN, all_text, no_leak, one
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

#: A value that no place may show, and that is no token by its form.
SECRET = "quite-some-secret"


@pytest.fixture
def patient(box: Box) -> Patient:
    """A machine on which nobody runs anything."""
    made = Patient(box, proc=f"{box.path}/proc")
    os.makedirs(f"{box.path}/proc")
    made.context = {"processes": list}
    return made


def places(patient: Patient, name: str = TOKEN, **machine: str) -> list[Place]:
    """Return where it is set; that no place shows the value is checked on the way."""
    found = where_set(patient.machine(**machine), name)  # type: ignore[arg-type]
    assert SECRET not in repr(found)
    return found


#: A file below the home, what it holds, the line, and a word of who gets it.
PERSONAL = {
    "profile": (".profile", f"export {TOKEN}={SECRET}\n", 1, ""),
    "bash_profile": (".bash_profile", f"\nexport {TOKEN}='{SECRET}'\n", 2, ""),
    "bash_login": (".bash_login", f"declare -x {TOKEN}={SECRET}\n", 1, ""),
    "aliases": (".bash_aliases", f"alias codex='{TOKEN}={SECRET} codex'\n", 1, "one command"),
    "zshenv": (".zshenv", f"typeset -gx {TOKEN}={SECRET}\n", 1, ""),
    "zshrc": (".zshrc", f"codex() {{\n  export {TOKEN}={SECRET}\n}}\n", 2, "function"),
    "zlogin": (".zlogin", f"{TOKEN}={SECRET}\nexport {TOKEN}\n", 1, ""),
    "fish": (".config/fish/config.fish", f"if true\n  set -Ux {TOKEN} {SECRET}\nend\n", 2, ""),
    "fish conf.d": (".config/fish/conf.d/a.fish", f"set --export -g {TOKEN} {SECRET}\n", 1, ""),
    "fish variables": (
        ".config/fish/fish_variables",
        f"# VERSION: 3.0\nSETUVAR --export {TOKEN}:{SECRET}\nSETUVAR x:{TOKEN}\n",
        2,
        "",
    ),
    "nushell": (".config/nushell/env.nu", f'$env.{TOKEN} = "{SECRET}"\n', 1, ""),
    "nushell load": (".config/nushell/config.nu", f'load-env {{{TOKEN}: "{SECRET}"}}\n', 1, ""),
    "powershell": (
        ".config/powershell/Microsoft.PowerShell_profile.ps1",
        f"<#\n$env:{TOKEN} = 'no'\n#>\n$Env:{TOKEN} = '{SECRET}'\r\n",
        4,
        "",
    ),
    "powershell call": (
        ".config/powershell/profile.ps1",
        f"[Environment]::SetEnvironmentVariable('{TOKEN}', '{SECRET}', 'User')\n",
        1,
        "",
    ),
    "environment.d": (".config/environment.d/9.conf", f"{TOKEN}={SECRET}\n", 1, "desktop"),
    "pam": (".pam_environment", f"{TOKEN} DEFAULT={SECRET}\n", 1, "PAM"),
    "ssh environment": (".ssh/environment", f"#x\n{TOKEN}={SECRET}\n", 2, "SSH"),
    "ssh config": (".ssh/config", f"Host *\n  SetEnv A=1 {TOKEN}={SECRET}\n", 2, "ssh"),
    "unit": (
        ".config/systemd/user/a.service",
        f'[Service]\nEnvironment=A=1 "{TOKEN}={SECRET}"\n',
        2,
        "this unit",
    ),
    "unit part": (
        ".config/systemd/user/a.service.d/b.conf",
        f"[Service]\nEnvironment={TOKEN}={SECRET}\n",
        2,
        "this unit",
    ),
    "direnv": ("work/.envrc", f"export {TOKEN}={SECRET}\n", 1, "this folder alone, by direnv"),
    "direnv above": (".envrc", f"export {TOKEN}={SECRET}\n", 1, "this folder alone, by direnv"),
    "mise": ("work/mise.toml", f'[env]\n{TOKEN} = "{SECRET}"\n', 2, "this folder alone, by mise"),
    "mise key": ("work/.mise.toml", f'env.{TOKEN} = "{SECRET}"\n', 1, "this folder alone, by mise"),
    "mise for all": (".config/mise/config.toml", f'[env]\n{TOKEN}="{SECRET}"\n', 2, "mise"),
    "devcontainer": (
        "work/.devcontainer/devcontainer.json",
        f'{{\n// "{TOKEN}": 1\n"remoteEnv": {{"{TOKEN}": "{SECRET}"}}}}\n',
        3,
        "containers",
    ),
    "compose": (
        "work/compose.yaml",
        f"services:\n  a:\n    environment:\n      - {TOKEN}={SECRET} # x\n",
        4,
        "containers",
    ),
    "editor": (
        ".config/Code/User/settings.json",
        (
            '{\n// "terminal.integrated.env.linux": {"CODEX_ACCESS_TOKEN": "x"},\n'
            f'"terminal.integrated.env.linux": {{\n"{TOKEN}": "{SECRET}", }},\n}}\n'
        ),
        4,
        "terminals of this editor",
    ),
    "remote editor": (
        ".vscode-server/data/Machine/settings.json",
        f'{{"terminal.integrated.env.linux":{{"{TOKEN}":"{SECRET}"}}}}',
        1,
        "terminals of this editor",
    ),
    "workspace": (
        "work/.vscode/settings.json",
        f'{{"terminal.integrated.env.linux":{{"{TOKEN}":"{SECRET}"}}}}',
        1,
        "terminals of an editor in this folder",
    ),
}
#: The same for files of the system.
SYSTEM = {
    "environment": ("/etc/environment", f'{TOKEN}="{SECRET}"\n', 1, "every login"),
    "profile": ("/etc/profile", f"export {TOKEN}={SECRET}\n", 1, ""),
    "profile.d": ("/etc/profile.d/x.sh", f"export {TOKEN}={SECRET}\n", 1, ""),
    "bash": ("/etc/bash.bashrc", f"export {TOKEN}={SECRET}\n", 1, ""),
    "zsh": ("/etc/zsh/zshenv", f"export {TOKEN}={SECRET}\n", 1, ""),
    "fish": ("/etc/fish/conf.d/x.fish", f"set -x {TOKEN} {SECRET}\n", 1, ""),
    "pam": ("/etc/security/pam_env.conf", f"{TOKEN} OVERRIDE={SECRET}\n", 1, "every login"),
    "environment.d": ("/etc/environment.d/1.conf", f"{TOKEN}={SECRET}\n", 1, "desktop"),
    "sshd": ("/etc/ssh/sshd_config.d/1.conf", f"SetEnv {TOKEN}={SECRET}\n", 1, "SSH login"),
}


@pytest.mark.parametrize("kind", PERSONAL)
def test_personal_files(patient: Patient, kind: str) -> None:
    """Each file of a person that sets variables is named with its line and who gets them, and never a value."""
    name, text, line, reach = PERSONAL[kind]
    path = patient.write(name, text)
    (place,) = places(patient)
    assert (place.path, place.line) == (path, line)
    assert place.where == f"~/{name}:{line}"
    assert reach in place.reach
    assert bool(reach) == bool(place.reach)
    (finding,) = patient.found("environment", "env.access_token")
    assert finding.level == (WARNING if place.bites else INFO)
    assert place.where in finding.evidence
    assert SECRET not in all_text([finding])
    if finding.mend is not None:
        patient.mend(finding)
        assert not places(patient)
        assert not patient.found("environment")


@pytest.mark.parametrize("kind", SYSTEM)
def test_system_files(patient: Patient, kind: str) -> None:
    """Each file of the system that sets variables is named with its line; who may write it can let it be mended."""
    name, text, line, reach = SYSTEM[kind]
    path = patient.put(name, text)
    (place,) = places(patient)
    assert (place.path, place.line) == (path, line)
    assert reach in place.reach
    (finding,) = patient.found("environment")
    assert f"{path}:{line}" in finding.evidence
    if finding.mend is not None:
        patient.mend(finding)
    else:
        os.unlink(path)
    assert not places(patient)


def test_sourced_files(patient: Patient) -> None:
    """One level of `source` is followed: by name, by variable, in a loop over a folder, with all exported."""
    patient.write(
        ".bashrc",
        '. ~/.one\nDOTS="$HOME/dots"\nsource "${DOTS}/two.sh"\n'
        'for each in ~/.bashrc.d/*; do\n  [ -f "$each" ] && . "$each"\ndone\n'
        "set -a; . $HOME/.secrets; set +a\n[ -r /etc/extra ] && . /etc/extra\n. ~/.none\n",
    )
    export = f"export {TOKEN}={SECRET}\n"
    expected = [patient.write(".one", export), patient.write("dots/two.sh", export)]
    expected += [patient.write(".bashrc.d/three", export)]
    expected += [
        patient.write(".secrets", f"{TOKEN}={SECRET}\n"),
        patient.put("/etc/extra", export),
    ]
    patient.write(".plain", f"{TOKEN}={SECRET}\n")
    assert sorted(str(place.path) for place in places(patient)) == sorted(expected)


def test_zdotdir(patient: Patient) -> None:
    """The files of zsh lie where ~/.zshenv says, or the environment."""
    patient.write(".zshenv", "export ZDOTDIR=$HOME/.config/zsh\n")
    path = patient.write(".config/zsh/.zshrc", f"export {TOKEN}={SECRET}\n")
    assert [place.path for place in places(patient)] == [path]


def test_each_file_once(patient: Patient) -> None:
    """A file that is sourced, linked and read by itself is one place; a link is called by its own name."""
    path = patient.write("dots/bashrc", f"export {TOKEN}={SECRET}\n")
    os.symlink(path, f"{patient.box.home}/.bashrc")
    patient.write(".profile", ". ~/.bashrc\n. ~/dots/bashrc\n")
    assert [place.where for place in places(patient)] == ["~/.bashrc:1"]


def test_dotenv_of_the_home(patient: Patient) -> None:
    """The .env of the active home is told from all others: it beats the environment, but for CODEX_ names (C147)."""
    path = patient.write(".codex/.env", f"A=1\nHTTPS_PROXY={SECRET}\n{TOKEN}={SECRET}\n")
    patient.write("work/.env", f"HTTPS_PROXY={SECRET}\n")
    (place,) = places(patient, "HTTPS_PROXY")
    assert (place.path, place.line, place.in_dotenv, place.ignored) == (path, 2, True, "")
    (place,) = places(patient)
    assert place.in_dotenv
    assert "ignores" in place.ignored


def test_files_that_hang(patient: Patient) -> None:
    """A pipe, a folder and a device in the place of a start-up file hold nobody up."""
    os.mkfifo(f"{patient.box.home}/.bashrc")
    os.mkdir(f"{patient.box.home}/.profile")
    os.symlink("/dev/zero", f"{patient.box.home}/.zshrc")
    began = time.monotonic()
    assert not places(patient)
    assert time.monotonic() - began < 2


def test_any_name(patient: Patient) -> None:
    """A name that nobody thought of can be looked for, too; an empty value is none."""
    patient.write(".bashrc", f"export NODE_EXTRA_CA_CERTS={SECRET}\nexport HTTPS_PROXY=\n")
    assert [place.line for place in places(patient, "NODE_EXTRA_CA_CERTS")] == [1]
    assert not places(patient, "HTTPS_PROXY")


# --- programs -----------------------------------------------------------------------------------------

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
