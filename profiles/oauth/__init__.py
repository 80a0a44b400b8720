"""Logins by the issuer: device code, browser, tokens. `http` is the only place that imports httpx.

A flow is an async generator of `events`; closing it closes its listener and its connections at once. Nothing here
writes a file: what a flow obtains is one `Obtained` event, and `profiles.logging_in` saves it.
"""
