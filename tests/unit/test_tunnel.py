"""The line for the browser's machine: exactly what ssh takes, and back again."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.context import make_context
from profiles.errors import ProfilesError, UsageError
from profiles.oauth.tunnel import (
    Tunnel,
    curl_line,
    find_tunnel,
    guess,
    load_tunnel,
    parse_edit,
    save_tunnel,
    this_machine,
    tunnel_line,
)
from tests.support.programs import need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box

BEGINNING = "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:1455:127.0.0.1:1455 "


@pytest.mark.parametrize(
    ("tunnel", "ending"),
    [
        (Tunnel("ada", "box.example.org"), "ada@box.example.org"),
        (Tunnel("ada", "192.0.2.7", 2222), "-p 2222 ada@192.0.2.7"),
        (Tunnel("ada", "box", None, "bob@gate:2200,last"), "-J bob@gate:2200,last ada@box"),
        (Tunnel("ada", "box", 2222, "gate"), "-p 2222 -J gate ada@box"),
        (Tunnel("ada", "2001:db8::7"), "ada@2001:db8::7"),
        (Tunnel("ada", "fe80::1%eth0"), "ada@fe80::1%eth0"),
        (Tunnel("CORP\\ada lovelace", "box"), "'CORP\\ada lovelace@box'"),
        (Tunnel("ada@corp", "box"), "ada@corp@box"),
        (Tunnel("", "box"), "box"),
    ],
)
def test_the_line(tunnel: Tunnel, ending: str) -> None:
    """What is shown is what works: quoted for a shell, options before the host, nothing for what is usual."""
    assert tunnel_line(tunnel, 1455, 1455) == BEGINNING + ending


def test_the_line_names_the_port_that_is_bound() -> None:
    """1457 is on both ends; a port that the person named is on the far end only."""
    tunnel = Tunnel("ada", "box")
    assert " -L 127.0.0.1:1457:127.0.0.1:1457 ada@box" in tunnel_line(tunnel, 1457, 1457)
    assert " -L 127.0.0.1:1455:127.0.0.1:8455 ada@box" in tunnel_line(tunnel, 1455, 8455)


def test_the_line_without_a_tunnel() -> None:
    """In another shell of this machine curl carries the callback, from its standard input, to where we listen."""
    directly = "curl -sS --noproxy 127.0.0.1 "
    assert curl_line(1457, 1457) == f"{directly}-K -"
    assert curl_line(1455, 8455) == f"{directly}--connect-to 127.0.0.1:1455:127.0.0.1:8455 -K -"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@box", Tunnel("ada", "box")),
        ("box", Tunnel("me", "box")),
        ("ada@box -p 2222 -J gate", Tunnel("ada", "box", 2222, "gate")),
        ("-p2222 ada@box", Tunnel("ada", "box", 2222)),
        ("ssh -l ada box -Jgate", Tunnel("ada", "box", None, "gate")),
        ("ada@box -p 22", Tunnel("ada", "box")),
        ("ada@box:2222", Tunnel("ada", "box", 2222)),
        ("ssh://ada@box:2222/", Tunnel("ada", "box", 2222)),
        ("ada@2001:db8::7", Tunnel("ada", "2001:db8::7")),
        ("ada@[2001:db8::7]:2222", Tunnel("ada", "2001:db8::7", 2222)),
        ("'CORP\\ada lovelace@box'", Tunnel("CORP\\ada lovelace", "box")),
        ("  ada@box\n", Tunnel("ada", "box")),
        (BEGINNING + "-p 2222 ada@box", Tunnel("ada", "box", 2222)),
    ],
)
def test_an_edit_is_read_as_ssh_would(text: str, expected: Tunnel) -> None:
    """People write it in their own way, or copy the whole line."""
    assert parse_edit(text, "me") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada@",
        "ada@box other",
        "ada@box -p",
        "ada@box -p ssh",
        "ada@box -p 0",
        "ada@box -p 65536",
        "ada@box:x",
        "ada@box -i key",
        "-oProxyCommand=x",
        "ada@box -J -oProxyCommand=x",
        "-l -x box",
        "'ada@box",
        "ada@box/path",
        "'ada@b ox'",
        "ada@b\x1bx",
    ],
)
def test_an_edit_that_ssh_would_not_take_is_refused(text: str) -> None:
    """Said at once, with how to write it, and never a line that runs something else."""
    with pytest.raises(UsageError) as caught:
        parse_edit(text)
    assert caught.value.hint is not None
    assert "user@host" in caught.value.hint


@given(st.text(max_size=60))
def test_whatever_is_written_gives_a_tunnel_or_a_refusal(text: str) -> None:
    """Nothing else is raised, and an edit that is taken comes back from its own words and is whole in the line."""
    try:
        tunnel = parse_edit(text)
    except ProfilesError:
        return
    assert parse_edit(tunnel.edit) == tunnel
    words = shlex.split(tunnel_line(tunnel, 1455, 1457))
    assert words[:6] == shlex.split(BEGINNING.replace(":1455 ", ":1457 "))
    who = f"{tunnel.user}@{tunnel.host}" if tunnel.user else tunnel.host
    assert words[-1] == who
    assert not words[-1].startswith("-")


@pytest.mark.parametrize(
    "tunnel",
    [Tunnel("ada", "2001:db8::7", 2222), Tunnel("ada@corp", "box", None, "bob@gate:2200")],
)
def test_the_real_ssh_reads_the_line_so(tunnel: Tunnel) -> None:
    """`ssh -G` says what it understood: user, host, port, jump and the forward."""
    need("ssh")
    words = shlex.split(tunnel_line(tunnel, 1455, 8455))
    done = subprocess.run(
        [words[0], "-G", "-F", "none", *words[1:]], capture_output=True, text=True, check=True
    )
    told = dict(each.split(" ", 1) for each in done.stdout.splitlines() if " " in each)
    assert (told["user"], told["hostname"]) == (tunnel.user, tunnel.host)
    assert told["port"] == str(tunnel.port or 22)
    assert told["localforward"] == "[127.0.0.1]:1455 [127.0.0.1]:8455"
    assert told["exitonforwardfailure"] == "yes"
    assert told.get("proxyjump") == tunnel.jump


def context_of(**environ: str) -> Context:
    """Return the surroundings of this test with more variables; HOME and ours are temporary."""
    return make_context({**os.environ, **environ})


def nobody(box: Box) -> str:
    """Return a root in which nobody has parents."""
    return f"{box.path}/nowhere"


def test_the_guess_is_where_sshd_was_reached(box: Box) -> None:
    """SSH_CONNECTION's last two; the usual port is not written."""
    user = guess(context_of(), nobody(box)).user
    assert user
    reached = "198.51.100.2 51234 192.0.2.7"
    assert guess(context_of(SSH_CONNECTION=f"{reached} 22")) == Tunnel(user, "192.0.2.7")
    assert guess(context_of(SSH_CONNECTION=f"{reached} 2222")) == Tunnel(user, "192.0.2.7", 2222)


@pytest.mark.parametrize("value", ["", "a b c", "a b c d", "1 2 3 4 5", "a 1 \x1b[2J 22"])
def test_without_a_connection_the_guess_is_the_machines_name(box: Box, value: str) -> None:
    """A variable that is off, or none, and no sshd above us."""
    assert guess(context_of(SSH_CONNECTION=value), nobody(box)).host == this_machine()


def test_whoever_became_root_logs_in_as_themselves(box: Box) -> None:
    """After sudo the name is that of before; only root can have come so."""
    named = context_of(SUDO_USER="ada")
    assert guess(named._replace(uid=0), nobody(box)).user == "ada"
    assert guess(named._replace(uid=1), nobody(box)).user != "ada"
    unknown = context_of(USER="me")._replace(uid=2**31 - 7)
    assert guess(unknown, nobody(box)).user == "me"


def family(box: Box, *, variable: str = "") -> str:
    """Make a root in which we are the child of a sudo, of a shell, of an sshd with a connection to port 2222."""
    root = f"{box.path}/root"
    os.makedirs(f"{root}/proc/net")
    chain = [
        (os.getpid(), "tui"),
        (9003, "sudo"),
        (9002, "bash"),
        (9001, "sshd-session"),
        (1, "init"),
    ]
    for (pid, name), (above, _) in zip(chain, [*chain[1:], (0, "")], strict=True):
        os.makedirs(f"{root}/proc/{pid}/fd")
        for file, text in (("comm", f"{name}\n"), ("stat", f"{pid} (a) b) S {above} 1 1\n")):
            write(f"{root}/proc/{pid}/{file}", text)
    if variable:
        write(f"{root}/proc/9002/environ", f"HOME=/root\0{variable}\0TERM=xterm\0")
    os.symlink("socket:[71563]", f"{root}/proc/9001/fd/4")
    rest = "00000000:00000000 00:00000000 00000000     0        0"
    write(
        f"{root}/proc/net/tcp",
        "head\n"
        f"   0: 070200C0:0016 00000000:0000 0A {rest} 71560 1\n"
        f"   1: 070200C0:08AE 026433C6:C822 01 {rest} 71563 1\n",
    )
    return root


def write(path: str, text: str) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def test_a_connection_lost_on_the_way_is_found_at_a_parent(box: Box) -> None:
    """Sudo drops the variable; the shell before it still has it."""
    root = family(box, variable="SSH_CONNECTION=198.51.100.2 51234 203.0.113.9 2022")
    assert guess(context_of(), root)[1:3] == ("203.0.113.9", 2022)


def test_a_connection_lost_for_good_is_found_at_sshd(box: Box) -> None:
    """Then the socket of the sshd above us says where it was reached."""
    assert guess(context_of(), family(box))[1:3] == ("192.0.2.7", 2222)


def config(text: str) -> None:
    """Write config.toml."""
    folder = f"{os.environ['SWITCHYARD_HOME']}/config"
    os.makedirs(folder)
    write(f"{folder}/config.toml", text)


def test_the_persons_own_word_wins() -> None:
    """`ssh.host` of config.toml, with whatever belongs to it, over what sshd saw."""
    config('[ssh]\nhost = "ada@box.example.org -p 2222 -J gate"\n')
    found = guess(context_of(SSH_CONNECTION="198.51.100.2 51234 192.0.2.7 22"))
    assert found == Tunnel("ada", "box.example.org", 2222, "gate")


@pytest.mark.parametrize("text", ['[ssh]\nhost = "-oProxyCommand=x"\n', "not toml"])
def test_a_word_that_is_off_costs_only_itself(text: str) -> None:
    """The line is still there, guessed."""
    config(text)
    found = guess(context_of(SSH_CONNECTION="198.51.100.2 51234 192.0.2.7 22"))
    assert found.host == "192.0.2.7"


def test_an_edit_is_remembered_for_this_machine() -> None:
    """It beats the guess, is private, and leaves other machines' edits alone."""
    context = context_of(SSH_CONNECTION="198.51.100.2 51234 192.0.2.7 22")
    assert load_tunnel(context) is None
    save_tunnel(context, Tunnel("bob", "other"), "elsewhere")
    assert find_tunnel(context).host == "192.0.2.7"
    edited = Tunnel("ada", "box", 2222, "gate")
    save_tunnel(context, edited)
    assert find_tunnel(context) == edited
    assert load_tunnel(context, "elsewhere") == Tunnel("bob", "other")
    path = f"{context.roots.state}/tunnels.json"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"%s": 7}', '{"%s": "-x"}', "{"])
def test_a_memory_that_is_broken_is_forgotten(text: str) -> None:
    """A cut or foreign file is no edit, and the next edit mends it."""
    context = context_of()
    os.makedirs(context.roots.state)
    write(f"{context.roots.state}/tunnels.json", text.replace("%s", this_machine()))
    assert load_tunnel(context) is None
    save_tunnel(context, Tunnel("ada", "box"))
    assert load_tunnel(context) == Tunnel("ada", "box")
