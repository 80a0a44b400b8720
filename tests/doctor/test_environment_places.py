"""Where a variable is set: each kind of file and program, with its line, and without a value."""

from __future__ import annotations

import os
import time

import pytest

from profiles.doctor.environment_places import Place, where_set
from profiles.doctor.finding import INFO, WARNING
from tests.doctor.patient import Patient
from tests.doctor.test_environment import TOKEN, all_text

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
