"""The `.env` of a home is read as Codex 0.169 reads it: what stands in the tables was seen with it (C147)."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.oauth.variables import _read, variables_of
from tests.oauth.wires import surroundings, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

NAMES = ("HTTPS_PROXY", "https_proxy")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("HTTPS_PROXY=http://p:1", "http://p:1"),
        ("  export HTTPS_PROXY = http://p:1  ", "http://p:1"),
        ("HTTPS_PROXY=http://p:1\r\nA=b\r\n", "http://p:1"),
        ('HTTPS_PROXY="http://p:1" # ours', "http://p:1"),
        ("HTTPS_PROXY=http://p:1 # ours", "http://p:1"),
        ("HTTPS_PROXY=http://p:1#ours", "http://p:1#ours"),
        ("HTTPS_PROXY='http://u:$x@p:1'", "http://u:$x@p:1"),
        ('HTTPS_PROXY="http://u:\\$x@p:1"', "http://u:$x@p:1"),
        ("P=1\nHTTPS_PROXY=http://p:$P", "http://p:1"),
        ("P=1\nHTTPS_PROXY=http://p:${P}2", "http://p:12"),
        ("HTTPS_PROXY=http://$FROM_OUTSIDE:1", "http://outer:1"),
        ("HTTPS_PROXY=http://a\nHTTPS_PROXY=http://b", "http://b"),
        ("# it's a comment\nHTTPS_PROXY=http://p:1", "http://p:1"),
        ("A=b # it's a comment\nHTTPS_PROXY=http://p:1", "http://p:1"),
        ("A='x\nHTTPS_PROXY=no\n'\nHTTPS_PROXY=http://p:1", "http://p:1"),
        ("nonsense\n=x\nHTTPS_PROXY=http://p:1", "http://p:1"),
        # What it does not take leaves the environment's.
        ("HTTPS_PROXY=http://p:1 y", "http://outer"),
        ("HTTPS_PROXY=http://p\\q", "http://outer"),
        ("A='x\nHTTPS_PROXY=http://p:1", "http://outer"),
        ("\ufeffHTTPS_PROXY=http://p:1", "http://outer"),
        ("#HTTPS_PROXY=http://p:1", "http://outer"),
        # Empty is set, and beats the environment.
        ("HTTPS_PROXY=", None),
        ('HTTPS_PROXY=""', None),
        ("HTTPS_PROXY=  # none", None),
    ],
)
def test_a_line(box: Box, text: str, value: str | None) -> None:
    """Quotes, escapes, comments, other variables; and the `.env` beats the environment."""
    write(f"{box.codex}/.env", text)
    context = surroundings(box, HTTPS_PROXY="http://outer", FROM_OUTSIDE="outer")
    found = variables_of(context).find(*NAMES)
    assert (None if found is None else found.value) == value
    if value is not None:
        assert found is not None
        assert found.where == ("the environment" if value == "http://outer" else "~/.codex/.env")


@pytest.mark.parametrize("name", ["CODEX_CA_CERTIFICATE", "codex_ca_certificate"])
def test_keys_of_codex_do_not_count(box: Box, name: str) -> None:
    """A `.env` cannot set what begins with CODEX_, in any case (C147)."""
    write(f"{box.codex}/.env", f"{name}=/from/dotenv\nSSL_CERT_FILE=/from/dotenv\n")
    variables = variables_of(surroundings(box))
    assert variables.find(name) is None
    assert variables.find("SSL_CERT_FILE") is not None


def test_whose_dotenv(box: Box) -> None:
    """A home's own `.env` counts alone; a home without one is asked as the active home is."""
    write(f"{box.codex}/.env", "HTTPS_PROXY=http://active:1")
    context = surroundings(box)
    home = box.profile("ada")
    found = variables_of(context, home).find(*NAMES)
    assert found is not None
    assert found.value == "http://active:1"
    write(f"{home}/.env", "A=b")
    assert variables_of(context, home).find(*NAMES) is None


def test_upper_case_first(box: Box) -> None:
    """Upper case wins where it is set, even where it is empty (C145)."""
    for upper, value in (("http://a", "http://a"), ("", None), (" ", None)):
        variables = variables_of(surroundings(box, HTTPS_PROXY=upper, https_proxy="http://b"))
        found = variables.find(*NAMES)
        assert (None if found is None else found.value) == value
    found = variables_of(surroundings(box, https_proxy="http://b")).find(*NAMES)
    assert found is not None
    assert found.name == "https_proxy"


def test_a_dotenv_that_cannot_be_read(box: Box) -> None:
    """A folder, a pipe, bytes that are no text: as if it were not there, and without waiting."""
    os.makedirs(f"{box.codex}/.env")
    assert variables_of(surroundings(box)).find(*NAMES) is None
    os.rmdir(f"{box.codex}/.env")
    os.mkfifo(f"{box.codex}/.env")
    assert variables_of(surroundings(box)).find(*NAMES) is None
    os.unlink(f"{box.codex}/.env")
    with open(f"{box.codex}/.env", "wb") as file:
        file.write(b"HTTPS_PROXY=\xff")
    assert variables_of(surroundings(box)).find(*NAMES) is None


def test_a_password_is_not_in_the_repr(box: Box) -> None:
    """A variable may hold the proxy's password: its `repr` does not."""
    found = variables_of(surroundings(box, HTTPS_PROXY="http://u:pw@p")).find(*NAMES)
    assert "pw" not in repr(found)


@given(st.text(alphabet="A=#'\"\\ $\n{}x", max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever stands there, reading it ends, and raises nothing."""
    assert all(isinstance(value, str) for _, value in _read(text, {}))
