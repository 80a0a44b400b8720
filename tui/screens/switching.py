"""Switch and undo, and what is to be said after one: what still runs, what the daemon does."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from profiles.expiry import EMPTY
from tui.screens.workers import Workers
from tui.state import WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Literal

    from profiles.daemon import DaemonStatus
    from profiles.switching import SwitchResult

    Decision = Literal["restart", "leave", "ask", "none"]


class Switched(NamedTuple):
    """A switch, and what is to become of the daemon that still has the old login."""

    result: SwitchResult
    verb: str
    daemon: DaemonStatus | None
    decision: Decision


class SwitchDeeds(Workers):
    """The deeds that change the active login."""

    def offer_login(self, name: str, what: str) -> Awaitable[None]:
        """Offer to fill an empty profile."""
        raise NotImplementedError

    def show_active(self, name: str) -> None:
        """Mark the login that is active now."""
        raise NotImplementedError

    def switch(self, name: str, *, anyway: bool = False) -> Awaitable[None] | None:
        """Make a profile the active login; an empty one is offered to be filled first."""
        row = self.state.selected
        if row is not None and row.name == name and row.state == EMPTY:
            return self.offer_login(name, f"{name} holds no login yet")
        self.write(
            f"switching to {name}",
            partial(self._switch, name, anyway=anyway),
            self._switched,
            None if anyway else partial(self.switch, name, anyway=True),
        )
        return None

    def undo(self, *, anyway: bool = False) -> None:
        """Take the last switch back."""
        self.write(
            "undoing the last switch",
            partial(self._switch, None, anyway=anyway),
            self._switched,
            None if anyway else partial(self.undo, anyway=True),
        )

    def _switch(self, name: str | None, *, anyway: bool) -> Switched:
        from profiles import daemon
        from profiles.verifying import verified_switch, verified_undo

        context = self.context
        # What is durable is shown; what is noted and found out after that need not be waited for.
        show = partial(self.app.call_later, self.show_active)
        if name is None:
            verb, result = "undo", verified_undo(context, anyway=anyway, on_installed=show)
        else:
            verb = "switch"
            result = verified_switch(context, name, anyway=anyway, on_installed=show)
        status = daemon.find(context.home, context.processes()) if result.changed else None
        decision = daemon.decide(status, None, _choice(self.app.config.daemon), interactive=True)
        return Switched(result, verb, status, decision)

    def _switched(self, done: Switched) -> None:
        result = done.result
        self.state.note_all(result.said)
        before, to = result.before, result.to
        undo = self.app.keymap.first("undo")
        if not result.changed:
            text, hint = f"{to} is the active login already", None
        elif done.verb == "undo":
            text = f"undone: {to} is the active login again"
            hint = f"{undo} goes back to {before}" if before else None
        else:
            text = f"switched to {to}"
            hint = f"{undo} undoes to {before}" if before else None
        self.state.note(text)
        self.app.tell(text, hint=hint, about="switch")
        if result.overridden_by and result.changed:
            names = ", ".join(dict.fromkeys(each.name for each in result.overridden_by))
            words = f"{names} may win over this switch"
            self.state.note(words, WARNING)
            self.app.tell(words, WARNING, about="switch/overridden")
        if result.changed:
            self._tell_running(done)

    def _tell_running(self, done: Switched) -> None:
        others = [each for each in done.result.still_running if not each.daemon]
        old = done.result.before or "the login before"
        if others:
            who = ", ".join(f"{each.command} (pid {each.pid})" for each in others[:4])
            more = f" and {len(others) - 4} more" if len(others) > 4 else ""
            words = f"{who}{more} stays {old} until it is restarted"
            self.state.note(words, WARNING)
            self.app.tell(words, WARNING, about="switch/running")
        if done.daemon is None:
            return
        if done.decision == "restart":
            self._restart_daemon(done.daemon)
        elif done.decision == "leave":
            self._leave_daemon(old)
        else:
            from tui.screens.dialogs import Confirm

            dialog = Confirm(
                "Codex's daemon",
                f"The app-server daemon (pid {done.daemon.pid}) is still {old}, and every new codex "
                "joins it. Restart it? What it is doing is given 60 seconds to end.",
                yes="restart",
                no="leave",
            )
            self.app.push_screen(dialog, partial(self._daemon_decided, done.daemon, old))

    def _daemon_decided(self, status: DaemonStatus, old: str, restart: bool | None) -> None:  # noqa: FBT001
        if restart:
            self._restart_daemon(status)
        else:
            self._leave_daemon(old)

    def _restart_daemon(self, status: DaemonStatus) -> None:
        from profiles import daemon

        context = self.context
        self.write(
            "restarting Codex's daemon",
            lambda: daemon.restart(context.home, context.environ, status),
            lambda _done: self.say("Codex's app-server daemon restarted with the new login"),
        )

    def _leave_daemon(self, old: str) -> None:
        from profiles.daemon import command_line

        hint = command_line(self.context.home)
        words = f"Codex's app-server daemon stays {old}, and so does every codex that joins it"
        self.state.note(words, WARNING, hint)
        self.app.tell(words, WARNING, about="switch/daemon")


def _choice(word: str | None) -> Literal["restart", "leave", "ask"] | None:
    """Return config.toml's `daemon` as the decision takes it."""
    if word == "restart":
        return "restart"
    if word == "leave":
        return "leave"
    return "ask" if word == "ask" else None
