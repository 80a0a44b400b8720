"""`spent`: the tokens that must never be used again, and those of which nobody knows (R10, R17)."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.context import make_context
from profiles.errors import StoreError
from profiles.model import Secret
from profiles.spent import RETURNED, SENDING, SPENT, load_spent, record, spent_path
from tests.support.tokens import Login

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from tests.conftest import Box

ONE, TWO = "a" * 32, "b" * 32


def _write(context: Context, raw: bytes) -> None:
    os.makedirs(context.roots.state, exist_ok=True)
    with open(spent_path(context), "wb") as file:
        file.write(raw)


def test_words_and_what_they_mean(box: Box) -> None:
    """Sent: nobody knows. Then spent, or returned, or nothing: unanswered."""
    context = make_context()
    assert load_spent(context) == (frozenset(), frozenset(), frozenset())
    record(context, SENDING, [ONE])
    assert load_spent(context).is_unanswered(ONE)
    assert not load_spent(context).is_spent(ONE)
    record(context, SPENT, [ONE])
    assert load_spent(context).is_spent(ONE)
    assert not load_spent(context).is_unanswered(ONE)
    record(context, SENDING, [TWO])
    record(context, RETURNED, [TWO])
    found = load_spent(context)
    assert (found.is_spent(TWO), found.is_unanswered(TWO)) == (False, False)
    assert (found.is_spent(None), found.is_unanswered(None)) == (False, False)


def test_sent_twice_and_never_answered(box: Box) -> None:
    """What was presented once more is known, so that it is never presented a third time; an answer ends that (R17)."""
    context = make_context()
    record(context, SENDING, [ONE])
    assert ONE not in load_spent(context).twice
    record(context, SENDING, [ONE])
    assert ONE in load_spent(context).twice
    record(context, RETURNED, [ONE])
    assert load_spent(context).twice == frozenset()


def test_spent_is_for_ever(box: Box) -> None:
    """Nothing that comes later makes a spent token fresh or merely uncertain."""
    context = make_context()
    record(context, SPENT, [ONE])
    record(context, SENDING, [ONE])
    assert not load_spent(context).is_unanswered(ONE)
    record(context, RETURNED, [ONE])
    assert load_spent(context).is_spent(ONE)
    assert not load_spent(context).is_unanswered(ONE)


def test_a_second_request_opens_the_question_again(box: Box) -> None:
    """Returned once, sent once more without an end: uncertain again."""
    context = make_context()
    for word in (SENDING, RETURNED, SENDING):
        record(context, word, [ONE])
    assert load_spent(context).is_unanswered(ONE)


def test_a_line_cut_by_a_crash_does_not_swallow_the_next(box: Box) -> None:
    """Half a line at the end: what is appended afterwards counts, the half does not."""
    context = make_context()
    _write(context, f"{SPENT} {ONE[:20]}".encode())
    record(context, SPENT, [TWO])
    found = load_spent(context)
    assert found.spent == {TWO}


def test_it_is_private_and_holds_digests_alone(box: Box) -> None:
    """Mode 0600 whatever the umask; the token itself is not in it."""
    before = os.umask(0)
    try:
        context = make_context()
        login = Login()
        record(context, SPENT, [Secret(login.refresh_token).digest()])
    finally:
        os.umask(before)
    path = spent_path(context)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    with open(path, encoding="ascii") as file:
        text = file.read()
    assert login.refresh_token not in text
    assert len(text.split()[1]) == 32


def test_a_file_that_cannot_be_read_is_no_empty_file(box: Box) -> None:
    """Whoever is about to install a token must know: a folder in its place is an error, for a list it is nothing."""
    context = make_context()
    os.makedirs(spent_path(context))
    assert load_spent(context).spent == frozenset()
    with pytest.raises(StoreError, match="spent"):
        load_spent(context, surely=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60) | st.sampled_from([f"{SPENT} {ONE} 5".encode()])))
def test_garbage_is_passed_over(box: Box, lines: list[bytes]) -> None:
    """Whatever else stands in it, a line that makes sense counts."""
    context = make_context()
    _write(context, b"\n".join([*lines, f"{SPENT} {TWO} 1767614400".encode(), b"\xff"]))
    found = load_spent(context, surely=True)
    assert found.is_spent(TWO)
    assert found.is_spent(ONE) == (f"{SPENT} {ONE} 5".encode() in b"\n".join(lines).split(b"\n"))
