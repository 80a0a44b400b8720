r"""A Windows around a patient: a kernel's words, drives, and programs that print what the real ones print.

windows = Windows(Patient(box, proc=None))
windows.listen(1455, "wslrelay", 12528)
windows.user_file("AppData/Roaming/Code/User/settings.json", "{…}")
windows.stop(12528)                      # what `Stop-Process -Id 12528` does

CRLF everywhere; `wsl.exe` speaks UTF-16 unless WSL_UTF8 is set on Windows; `netsh.exe` is localised, in its code page.
"""

from __future__ import annotations

import json
import os

from profiles.doctor.examining import examine
from profiles.doctor.finding import OK
from profiles.doctor.wsl import CHECKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from profiles.doctor.finding import Finding
    from tests.doctor.patient import Options, Patient

WSL2 = "6.6.87.2-microsoft-standard-WSL2"
WSL1 = "4.4.0-19041-Microsoft"
DEBIAN = "6.1.0-37-amd64"
ENABLED = "enabled\ninterpreter /init\nflags: PF\noffset 0\nmagic 4d5a\n"

#: One program for all names: what it says depends on the state, which is read when it runs.
_PROGRAM = r"""
import json, os, re, sys, time
NAME, STATE = {name!r}, {state!r}
with open(STATE, encoding="utf-8") as file:
    state = json.load(file)
words = sys.argv[1:]
with open(STATE + ".asked", "a", encoding="utf-8") as file:
    file.write(json.dumps([NAME, os.getcwd(), *words]) + "\n")
if NAME in state["hanging"]:
    time.sleep(60)
if NAME in state["broken"]:
    sys.exit(state["broken"][NAME])

def say(*lines, encoding="utf-8"):
    sys.stdout.buffer.write("".join(line + "\r\n" for line in lines).encode(encoding, "replace"))

if NAME == "powershell.exe":
    command = words[words.index("-Command") + 1]
    assert command.startswith("[Console]::OutputEncoding=[Text.Encoding]::UTF8")
    say("WARNUNG: " + state["chatter"])
    if "$env:USERPROFILE" in command:
        say("profile|" + state["profile"])
    asked = re.search(r"-LocalPort ([\d,]+)", command)
    for port, address, pid, program in state["holders"]:
        if asked and str(port) in asked[1].split(","):
            say(f"{{port}}|{{address}}|{{pid}}|{{program}}")
    say(*re.findall(r'; "(\w+)"$', command))
    sys.exit(1)  # as it does when nobody listens
if NAME == "netsh.exe":
    assert words == ["int", "ipv4", "show", "excludedportrange", "protocol=tcp"], words
    title, head, foot, encoding = {languages!r}[state["language"]]
    say("", title, "", head, "----------    --------      ", encoding=encoding)
    for first, last, star in state["ranges"]:
        say(f"{{first:>10}}  {{last:>10}}      {{'*' if star else ''}}")
    say("", foot, "", encoding=encoding)
if NAME == "wsl.exe":
    assert words == ["-l", "-q"], words
    say(*state["distros"], encoding="utf-8" if state["utf8"] else "utf-16-le")
if NAME == "reg.exe":
    assert words[0] == "query" and words[2] == "/v", words
    value = state["registry"].get(words[3])
    if value is None:
        sys.stderr.write("ERROR: The system was unable to find the specified registry key or value.\r\n")
        sys.exit(1)
    say("", "HKEY_CURRENT_USER\\Environment", f"    {{words[3]}}    REG_SZ    {{value}}", "")
if NAME == "wslinfo":
    if words == ["--networking-mode"] and state["mode"]:
        print(state["mode"])
    elif words == ["--wsl-version"]:
        print("2.6.1.0")
    else:
        sys.exit(1)
if NAME == "wslpath":
    assert words[0] == "-u", words
    prefix = "\\\\wsl.localhost\\Ubuntu\\"
    if not words[1].startswith(prefix):
        sys.exit(1)
    print("/" + words[1][len(prefix):].replace("\\", "/"))
if NAME == "curl.exe":
    assert "-d" in words and words[-1].startswith("https://"), words
    assert not any("Authorization" in word for word in words)
    body, code, ended = state["curl"]
    if ended:
        sys.stderr.write(f"curl: ({{ended}}) it failed\r\n")
    sys.stdout.write(body + "\n" + code)
    sys.exit(ended)
"""
_LANGUAGES = {
    "en": (
        "Protocol tcp Port Exclusion Ranges",
        "Start Port    End Port      ",
        "* - Administered port exclusions.",
        "ascii",
    ),
    "zh": ("协议 tcp 端口排除范围", "开始端口    结束端口      ", "* - 管理的端口排除。", "gbk"),
    "de": (
        "Portausschlussbereiche für das Protokoll „tcp“",
        "Startport     Endport       ",
        "* - Verwaltete Portausschlüsse.",
        "cp850",
    ),
}
NAMES = (
    "curl.exe",
    "netsh.exe",
    "powershell.exe",
    "reg.exe",
    "wsl.exe",
    "wslinfo",
    "wslpath",
)


class Windows:
    """A healthy WSL 2 in NAT mode with one distro and one person, unless told otherwise."""

    def __init__(
        self,
        patient: Patient,
        *,
        kernel: str = WSL2,
        interop: str | None = ENABLED,
        drive: str = "/mnt/c",
        variables: bool = True,
    ) -> None:
        self.patient = patient
        self.drive = drive
        self.user = f"{drive}/Users/u"
        self._state = f"{patient.box.path}/windows.json"
        self.state: dict[str, Any] = {
            "broken": {},
            "chatter": "etwas|ganz|anderes",
            "curl": ['{"error":{"code":"invalid_request"}}', "400", 0],
            "distros": ["Ubuntu"],
            "hanging": [],
            "holders": [],
            "language": "en",
            "mode": "nat",
            "profile": r"C:\Users\u",
            "ranges": [[5357, 5357, False], [50000, 50059, True]],
            "registry": {},
            "utf8": False,
        }
        self.tell()
        patient.put("/proc/sys/kernel/osrelease", f"{kernel}\n")
        patient.put("/proc/version", f"Linux version {kernel} (root@host) (gcc) #1 SMP\n")
        patient.put("/proc/sys/fs/binfmt_misc/status", "enabled\n")
        if interop is not None:
            patient.put("/proc/sys/fs/binfmt_misc/WSLInterop", interop)
        self.mount(f"C:\\134 {drive} 9p rw,noatime,aname=drvfs;path=C:\\;uid=1000,trans=fd 0 0\n")
        for folder in ("u", "Public", "Default", "All Users"):
            os.makedirs(self.real(f"{drive}/Users/{folder}"))
        for name in NAMES:
            self.install(name)
        patient.environ["PATH"] += f":{self.user}/AppData/Local/Microsoft/WindowsApps"
        if variables:
            patient.set(WSL_DISTRO_NAME="Ubuntu", WSL_INTEROP="/run/WSL/8_interop")

    # -- what there is --

    def real(self, path: str) -> str:
        """Return where a path of the system lies."""
        return self.patient.machine().path(path)

    def mount(self, line: str) -> None:
        """Tell what is mounted."""
        usual = (
            "none /usr/lib/wsl/drivers 9p ro,aname=drivers;fmask=222 0 0\n"
            "C:\\134Docker /Docker/host 9p rw,aname=drvfs;path=C:\\Docker 0 0\n"
        )
        self.patient.put("/proc/mounts", f"/dev/sdc / ext4 rw 0 0\n{usual}{line}")

    def install(self, name: str, folder: str | None = None) -> None:
        """Put a program of Windows on PATH, or into a folder."""
        text = _PROGRAM.format(name=name, state=self._state, languages=_LANGUAGES)
        made = self.patient.program(name, text)
        if folder is not None:
            os.makedirs(self.real(folder), exist_ok=True)
            os.rename(made, self.real(f"{folder}/{name}"))

    def remove(self, name: str) -> None:
        """Take a program off PATH."""
        os.unlink(f"{self.patient.bin}/{name}")

    def user_file(self, name: str, text: str | bytes) -> str:
        """Write a file below the person's folder on the Windows side; return its path as seen from Linux."""
        self.patient.put(f"{self.user}/{name}", text)
        return f"{self.user}/{name}"

    def see(self, *pids: int) -> None:
        """Let the real sockets of this Linux be seen in the patient's /proc, and these processes."""
        if not os.path.lexists(self.real("/proc/net")):
            os.symlink("/proc/net", self.real("/proc/net"))
        for pid in pids:
            os.symlink(f"/proc/{pid}", self.real(f"/proc/{pid}"))

    def asked(self, name: str) -> list[list[str]]:
        """Return how a program was called, each time: the folder, then the words."""
        try:
            with open(f"{self._state}.asked", encoding="utf-8") as file:
                calls = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [call[1:] for call in calls if call[0] == name]

    def found(self, *ids: str, **changes: Unpack[Options]) -> list[Finding]:
        """Return what is wrong about these ids: only the checks that answer for them look."""
        checks = [each for each in CHECKS if each.fine.keys() & set(ids)]
        found = examine(self.patient.machine(**changes), checks)
        return [each for each in found if each.level != OK and each.id in ids]

    # -- what changes --

    def tell(self, **changes: Any) -> None:  # noqa: ANN401 - whatever the programs print
        """Let the programs say something else from now on."""
        self.state |= changes
        with open(self._state, "w", encoding="utf-8") as file:
            json.dump(self.state, file)

    def listen(self, port: int, program: str, pid: int, address: str = "127.0.0.1") -> None:
        """Let a program of Windows listen."""
        self.tell(holders=[*self.state["holders"], [port, address, pid, program]])

    def stop(self, pid: int) -> None:
        """Do what `Stop-Process -Id PID` does."""
        assert any(each[2] == pid for each in self.state["holders"]), pid
        self.tell(holders=[each for each in self.state["holders"] if each[2] != pid])

    def reserve_for_us(self, first: int, count: int) -> None:
        """Do what `net stop winnat; netsh … add excludedportrange …; net start winnat` does."""
        last = first + count - 1
        kept = [each for each in self.state["ranges"] if each[1] < first or each[0] > last]
        self.tell(ranges=[*kept, [first, last, True]])

    def shut_down(self, mode: str = "nat") -> None:
        """Do what `wsl.exe --shutdown` and a new start do: the mode of `.wslconfig` counts, here `mode`."""
        self.tell(mode=mode)
