"""What a person, or a program with `--json`, is told while a login goes on.

Prose is on stderr and JSON on stdout, one event a line. Calm: on a terminal one line is rewritten in place, elsewhere
there is a line a minute at most.
"""

from __future__ import annotations

from typing import NamedTuple

from tui import output, stderr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.login_target import LoginTarget
    from profiles.oauth.events import CodeIssued, Postponed, UrlIssued

#: Seconds between two looks at the clock: on a terminal, and off it.
TICK, MINUTE = 5.0, 60.0


_PASTE = (
    "Without that, the browser ends at an address that does not load. Copy the whole of it, which "
    "begins with http://127.0.0.1:{port}/auth/callback, and paste it here, where it is not shown."
)
_CURL = (
    "Or give it to curl in another shell of this machine, on its standard input, so that the code "
    "stays out of ps and of the history: the first line, then the second with the address between "
    "the quotes, then ctrl-d."
)


class Asked(NamedTuple):
    """What the command line asked for. `again` is the same command, to be repeated."""

    name: str
    method: str
    port: int | None
    json: bool

    @property
    def again(self) -> str:
        """The command line."""
        port = f" --port {self.port}" if self.port is not None else ""
        return f"tui login {self.name} --{self.method}{port}"


class Teller:
    """Tells of one login that runs."""

    def __init__(self, asked: Asked, context: Context, target: LoginTarget) -> None:
        self._asked = asked
        self._context = context
        self._now = context.now
        self._target = target
        self._in_place = not asked.json and stderr.can_rewrite()
        self._expires_at = 0.0
        self._checked_at: float | None = None
        self._hint_at: float | None = None
        self._postponed = ("", 0.0)
        #: Seconds until the next tick.
        self.period = TICK if self._in_place else MINUTE

    def code(self, issued: CodeIssued) -> None:
        """Show the user code."""
        self._expires_at = issued.expires_at
        if self._asked.json:
            fields: output.Json = {
                "user_code": issued.user_code,
                "verification_url": issued.verification_url,
                "expires_at": output.time(issued.expires_at),
            }
            output.event("code", fields)
        else:
            self._hint_at = self._now() + MINUTE
            self._intend()
            stderr.say("Open this page in any browser and enter the code there:")
            stderr.verbatim("", issued.user_code, "", issued.verification_url, "")
            stderr.say(
                f"The code expires in {self._left()}. Enter no code that somebody sent to you."
            )
        self._waiting()

    def url(self, issued: UrlIssued) -> None:
        """Show the address at which a person logs in, and how its answer gets back here."""
        from urllib.parse import urlsplit

        from profiles.oauth.tunnel import curl_line, find_tunnel, tunnel_line

        self._expires_at = issued.expires_at
        redirect_port = urlsplit(issued.redirect_uri).port or issued.port
        tunnel = tunnel_line(find_tunnel(self._context), redirect_port, issued.port)
        if self._asked.json:
            fields: output.Json = {
                "authorize_url": issued.authorize_url,
                "port": issued.port,
                "redirect_uri": issued.redirect_uri,
                "tunnel": tunnel,
            }
            output.event("url", fields)
        else:
            self._intend()
            stderr.say("Open this address in a browser and log in:")
            stderr.verbatim("", issued.authorize_url, "")
            stderr.say("For a browser on another machine, first run this there:")
            stderr.verbatim("", tunnel, "")
            stderr.paragraph(_PASTE.format(port=redirect_port))
            stderr.verbatim("")
            stderr.paragraph(_CURL)
            stderr.verbatim("", curl_line(redirect_port, issued.port), 'url = "ADDRESS"', "")
            stderr.say(f"This login waits for {self._left()}.")
            self._open(issued.authorize_url)
        self._waiting()

    def _open(self, url: str) -> None:
        """Open the browser of whoever sits here; over SSH there is none to see."""
        from tui.opener import find_opener

        if find_opener(self._context.environ).open(url):
            stderr.say("It is being opened in the browser here.")

    def _intend(self) -> None:
        """Say whose login it should be, where that is known."""
        name, expected = self._target.name, self._target.expected
        whose = f"the profile {name}: log in as {expected}" if expected else f"the profile {name}"
        stderr.say(f"A login for {whose}.")

    def _waiting(self) -> None:
        if self._asked.json:
            output.event("waiting", {})

    def _left(self) -> str:
        left = max(self._expires_at - self._now(), 0.0)
        return f"{left / MINUTE:.0f} min" if left >= 1.5 * MINUTE else f"{left:.0f} s"

    def checked(self, at: float) -> None:
        """Note that the issuer was asked and still waits."""
        self._checked_at = at
        if self._in_place:
            self.tick()

    def postponed(self, event: Postponed) -> None:
        """Say why the issuer could not be asked, at most once a minute for one reason."""
        why, said_at = self._postponed
        if event.why != why or event.at - said_at >= MINUTE:
            self._postponed = (event.why, event.at)
            stderr.note(f"{event.why}; trying again in {event.wait:.0f} s")

    def tick(self) -> None:
        """Say that all is well, and for how long."""
        if self._asked.json:
            return
        now = self._now()
        if self._hint_at is not None and now >= self._hint_at:
            self._hint_at = None
            stderr.note(
                "if that page says that device codes are not allowed: enable them in ChatGPT's "
                "settings under Security (in a workspace its admin does), or ctrl-c, then: "
                f"tui login {self._asked.name} --browser"
            )
        if self._in_place:
            ago = (
                f", checked {max(now - self._checked_at, 0):.0f} s ago" if self._checked_at else ""
            )
            stderr.progress(f"waiting, {self._left()} left{ago}; ctrl-c cancels")
        else:
            stderr.say(f"still waiting, {self._left()} left")

    @staticmethod
    def refused(why: str, hint: str | None = None) -> None:
        """Say that something came that is not what is waited for."""
        told = f"{why}; {hint}" if hint else why
        stderr.note(told if "goes on waiting" in told else f"{told}; the login goes on waiting")

    def approved(self) -> None:
        """Say that the person is done, and that we are not yet."""
        if not self._asked.json:
            stderr.say("Approved; fetching the tokens.")
