"""Logins by the issuer: device code, browser, tokens. `http` is the only place that imports httpx.

A flow is an async generator of `events`; closing it closes its listener and its connections at once. Nothing here
writes a file: what a flow obtains is one `Obtained` event, and `profiles.logging_in` saves it.
"""

from __future__ import annotations

import sys

# Where click is installed, httpx loads a command line of its own, with rich: 36 ms and 3 MiB. It does without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
