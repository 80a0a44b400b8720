"""Variables that beat a login or change where it is looked for: whether they are set, what they hold, who sets them."""

from __future__ import annotations

from profiles.doctor.checks import Check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.doctor.finding import Finding
    from profiles.doctor.machine import Machine

#: What each id looks at, and what cannot be seen from here, for `tui doctor --explain`.
SEEN: dict[str, str] = {
    "env.access_token": (
        "Is CODEX_ACCESS_TOKEN set, here or for what is started next? It beats auth.json in Codex's screen, exec, "
        "app-server and login status; where it is stale, every sign-in succeeds and the next start asks again."
    ),
    "env.api_key": (
        "Is CODEX_API_KEY set? It beats every login and CODEX_ACCESS_TOKEN, in codex exec alone."
    ),
    "env.openai_api_key": (
        "Is OPENAI_API_KEY set? Codex 0.169 does not use it for its own provider; what matters is a line that puts a "
        "ChatGPT login's token into it."
    ),
    "token.not_api_key": (
        "Is the token of a ChatGPT login used as an API key? The API refuses it: Missing scopes: "
        "api.responses.write, model.request."
    ),
    "env.base_url": (
        "Is OPENAI_BASE_URL set? Codex 0.169 does not read it; openai_base_url in config.toml is read."
    ),
    "env.home": (
        "Does CODEX_HOME name a folder that exists? Otherwise every command of Codex ends with an error; another "
        "folder than expected means another login."
    ),
    "env.test_hooks": (
        "Is one of Codex's test variables set, which send tokens to another address than OpenAI's?"
    ),
    "env.stale_process": (
        "Does Codex, its daemon, an editor or tmux still run with a credential, proxy or certificate variable that "
        "this terminal does not have, or has otherwise? Variables are copied when a program starts."
    ),
}
UNSEEN: dict[str, str] = {
    "env.sent_by_ssh": (
        "A variable can come from the machine at the other end of an SSH connection (SendEnv there, AcceptEnv in this "
        "server's sshd_config). Its files cannot be seen from here: look at ~/.ssh/config and the shell's files there."
    ),
    "env.set_later": (
        "The kernel tells with which variables a program began, not what it has set since. When a program behaves as "
        "if a variable were set that no file here sets, end it and start it from a new terminal."
    ),
}


def _tokens(machine: Machine) -> list[Finding]:
    from profiles.doctor.environment_findings import access_token, api_key

    return [*access_token(machine), *api_key(machine)]


def _openai(machine: Machine) -> list[Finding]:
    from profiles.doctor.environment_findings import base_url, openai_api_key

    return [*openai_api_key(machine), *base_url(machine)]


def _home(machine: Machine) -> list[Finding]:
    from profiles.doctor.environment_homes import codex_home

    return codex_home(machine)


def _hooks(machine: Machine) -> list[Finding]:
    from profiles.doctor.environment_homes import test_hooks

    return test_hooks(machine)


def _stale(machine: Machine) -> list[Finding]:
    from profiles.doctor.environment_stale import stale_processes

    return stale_processes(machine)


#: All are slow, since they wait for the programs that are asked where a variable is set.
CHECKS: tuple[Check, ...] = (
    Check(
        {
            "env.access_token": "CODEX_ACCESS_TOKEN is set nowhere",
            "env.api_key": "CODEX_API_KEY is set nowhere",
        },
        _tokens,
        slow=True,
    ),
    Check(
        {
            "env.openai_api_key": "OPENAI_API_KEY is set nowhere",
            "token.not_api_key": "no ChatGPT token is used as an API key",
            "env.base_url": "OPENAI_BASE_URL is set nowhere",
        },
        _openai,
        slow=True,
    ),
    Check({"env.home": "CODEX_HOME is not set: Codex uses ~/.codex"}, _home, slow=True),
    Check({"env.test_hooks": "none of Codex's test variables is set"}, _hooks, slow=True),
    Check(
        {"env.stale_process": "no program runs with a variable of another day"}, _stale, slow=True
    ),
)
