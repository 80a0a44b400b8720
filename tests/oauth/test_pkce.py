"""Verifier, challenge and state, in the lengths that Codex makes (C115, C117)."""

from __future__ import annotations

import re

from profiles.model import Secret
from profiles.oauth.pkce import challenge_of, make_state, make_verifier, unpadded

WORD = re.compile(r"[A-Za-z0-9_-]+")


def test_the_example_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_lengths_and_letters() -> None:
    """86 and 43 characters that need no encoding, never the same twice, the verifier hidden."""
    verifiers = {make_verifier() for _ in range(50)}
    states = {make_state() for _ in range(50)}
    assert len(verifiers) == len(states) == 50
    assert {len(each.reveal()) for each in verifiers} == {86}
    assert {len(state) for state in states} == {43}
    assert all(WORD.fullmatch(word) for word in (*states, *(v.reveal() for v in verifiers)))
    verifier = verifiers.pop()
    assert verifier.reveal() not in repr(verifier)


def test_base64_of_every_byte() -> None:
    """The two signs that differ from plain base64 are the ones of URLs."""
    assert unpadded(b"\xfb\xef\xff\xfe") == "--___g"
