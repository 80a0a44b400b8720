"""The pages that a browser sees: who are you, do you allow it, type your code. No script, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui.simulator.people import Person, Workspace

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1c2127;background:#fff}}
small{{color:#5b6673}} button{{font:inherit;display:block;width:100%;margin:.5rem 0;padding:.6rem 1rem;text-align:left;
border:1px solid #9aa5b1;border-radius:.5rem;background:#f5f7f9;color:inherit;cursor:pointer}} input{{font:inherit;
padding:.5rem;letter-spacing:.15em;text-transform:uppercase}} @media (prefers-color-scheme:dark){{
body{{color:#e6e9ed;background:#14181d}} button,input{{background:#222932;color:inherit}} small{{color:#9aa5b1}}}}
</style></head><body><h1>{title}</h1>{content}
<p><small>This is Switchyard's simulator on this machine. Nobody here is real.</small></p></body></html>
"""


def _framed(title: str, content: str) -> str:
    return _FRAME.format(title=escape(title), content=content)


def message(title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _framed(title, f"<p>{escape(text)}</p>")


def choices(
    action: str,
    hidden: Mapping[str, str],
    places: Iterable[tuple[Person, Workspace]],
    *,
    extra: str = "",
) -> str:
    """Return a form with a button for each person and workspace, and one that says no."""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    buttons = "".join(
        f'<button name="who" value="{escape(urlencode({"email": person.email, "in": place.id}))}">'
        f"Allow as <b>{escape(person.email)}</b> · {escape(place.name)} "
        f"<small>({escape(place.plan)})</small></button>"
        for person, place in places
    )
    deny = '<button name="who" value="nobody">Do not allow it</button>'
    return f'<form method="post" action="{escape(action)}">{kept}{extra}{buttons}{deny}</form>'


def authorize(query: str, places: Iterable[tuple[Person, Workspace]]) -> str:
    """Return the page of a browser login."""
    form = choices("/oauth/authorize", {"query": query}, places)
    return _framed("Sign in to Codex", f"<p>Codex wants to use an account.</p>{form}")


def device(user_code: str, places: Iterable[tuple[Person, Workspace]]) -> str:
    """Return the page where a device code is typed."""
    label = (
        '<p><label>Code from the terminal: <input name="user_code" required '
        f'value="{escape(user_code)}" autocomplete="off" autofocus></label></p>'
    )
    form = choices("/codex/device", {}, places, extra=label)
    return _framed("Sign in on another device", form)
