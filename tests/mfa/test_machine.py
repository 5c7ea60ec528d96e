"""
The state machine, row by row, and what its rows add up to.
"""

from __future__ import annotations

import inspect
import re

from collections.abc import Iterable
from typing import Any

import pytest

from belvo_async.errors import SessionStateError
from belvo_async.mfa import machine
from belvo_async.mfa.machine import REMEDIES, TRANSITIONS, MfaEvent, MfaState, advance


S, E = MfaState, MfaEvent

ROWS = {
    (S.READY, E.REQUESTED): S.REQUESTING,
    (S.READY, E.GIVEN_UP): S.CANCELLED,
    (S.REQUESTING, E.CHALLENGE_ISSUED): S.CHALLENGED,
    (S.REQUESTING, E.SUCCEEDED): S.COMPLETED,
    (S.REQUESTING, E.FOUND): S.COMPLETED,
    (S.REQUESTING, E.REFUSED): S.FAILED,
    (S.REQUESTING, E.UNSENT): S.READY,
    (S.REQUESTING, E.LOST): S.FAILED,
    (S.REQUESTING, E.GIVEN_UP): S.CANCELLED,
    (S.CHALLENGED, E.SUBMITTED): S.RESUMING,
    (S.CHALLENGED, E.DEADLINE_PASSED): S.EXPIRED,
    (S.CHALLENGED, E.GIVEN_UP): S.CANCELLED,
    (S.CHALLENGED, E.PROMPT_FAILED): S.FAILED,
    (S.CHALLENGED, E.PARKED): S.SUSPENDED,
    (S.RESUMING, E.CHALLENGE_ISSUED): S.CHALLENGED,
    (S.RESUMING, E.SUCCEEDED): S.COMPLETED,
    (S.RESUMING, E.FOUND): S.COMPLETED,
    (S.RESUMING, E.REFUSED): S.FAILED,
    (S.RESUMING, E.UNSENT): S.CHALLENGED,
    (S.RESUMING, E.LOST): S.FAILED,
    (S.RESUMING, E.DEADLINE_PASSED): S.EXPIRED,
    (S.RESUMING, E.GIVEN_UP): S.CANCELLED,
}
FINAL = {S.COMPLETED, S.FAILED, S.EXPIRED, S.CANCELLED, S.SUSPENDED}
ILLEGAL = [(state, event) for state in S for event in E if (state, event) not in ROWS]
BEGINNINGS = {S.READY, S.CHALLENGED}


def name(value: Any) -> str:
    """
    Return the id of a parameter.
    """
    return str(value.name)


def reachable(beginnings: Iterable[MfaState]) -> set[MfaState]:
    """
    Return the states to which the table leads from *beginnings*.
    """
    found: set[MfaState] = set()
    ahead = list(beginnings)
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead += TRANSITIONS[state].values()
    return found


def test_the_table_is_complete() -> None:
    """
    The table has a line for each state, and no row that these tests do not know.
    """
    rows = {(state, event): target for state, line in TRANSITIONS.items() for event, target in line.items()}

    assert set(S) == set(TRANSITIONS)
    assert ROWS == rows


@pytest.mark.parametrize(
    ("state", "event", "target"), [(*row, target) for row, target in ROWS.items()], ids=name
)
def test_rows(state: MfaState, event: MfaEvent, target: MfaState) -> None:
    """
    What the table allows leads where it says.
    """
    assert target is advance(state, event)


@pytest.mark.parametrize(("state", "event"), ILLEGAL, ids=name)
def test_what_is_in_no_row_is_refused(state: MfaState, event: MfaEvent) -> None:
    """
    What the table does not allow is a misuse that tells the state, the event and the remedy.
    """
    with pytest.raises(SessionStateError) as caught:
        advance(state, event)

    assert f"{event.value} is not possible in state {state.name}; {REMEDIES[state]}" == str(caught.value)


def test_a_misuse_is_told_in_the_caller_s_words() -> None:
    """
    The message names what was asked of the session.
    """
    with pytest.raises(
        SessionStateError, match=r"^submit\(\) is not possible in state READY; drive it first"
    ):
        advance(S.READY, E.SUBMITTED, asked="submit()")


def test_a_misuse_hides_the_table() -> None:
    """
    The lookup that failed inside is no part of the story.
    """
    with pytest.raises(SessionStateError) as caught:
        advance(S.COMPLETED, E.SUBMITTED)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("state", S, ids=name)
def test_final_states(state: MfaState) -> None:
    """
    A state is final if nothing leads out of it.
    """
    assert (state in FINAL) is state.is_final
    assert state.is_final is (reachable([state]) == {state})


@pytest.mark.parametrize("state", S, ids=name)
def test_remedies(state: MfaState) -> None:
    """
    Each state says what to do instead.
    """
    assert set(S) == set(REMEDIES)
    assert REMEDIES[state]
    assert not REMEDIES[state].endswith(".")


def test_every_state_is_reachable() -> None:
    """
    From a new session, or from a ticket, each state can come.
    """
    assert set(S) == reachable(BEGINNINGS)


def test_every_event_is_used() -> None:
    """
    No event stands in the file that can never happen.
    """
    assert set(E) == {event for _, event in ROWS}


def test_an_answer_is_sent_from_a_challenge_only() -> None:
    """
    RESUMING is entered in one way: by answering an open challenge.
    """
    assert [(S.CHALLENGED, E.SUBMITTED)] == [row for row, target in ROWS.items() if target is S.RESUMING]


def test_a_challenge_is_reopened_by_proof_only() -> None:
    """
    From RESUMING one comes back to CHALLENGED by a new challenge, or by proof that nothing left.
    """
    back = {event for (state, event), target in ROWS.items() if (state, target) == (S.RESUMING, S.CHALLENGED)}

    assert {E.CHALLENGE_ISSUED, E.UNSENT} == back


def test_every_answer_may_come_where_one_may() -> None:
    """
    A request under way is answered by data, an error or a challenge, whichever request it was.
    """
    answers = {E.SUCCEEDED, E.REFUSED, E.CHALLENGE_ISSUED}

    assert {S.REQUESTING, S.RESUMING} == {state for state, line in TRANSITIONS.items() if answers & set(line)}
    assert answers <= set(TRANSITIONS[S.REQUESTING])
    assert answers <= set(TRANSITIONS[S.RESUMING])


@pytest.mark.parametrize("enum", [MfaState, MfaEvent], ids=["states", "events"])
def test_members_are_described(enum: type[MfaState | MfaEvent]) -> None:
    """
    Each state and event is followed by a sentence on what it means.
    """
    source = inspect.getsource(enum)

    for member in enum:
        assert re.search(rf'    {member.name} = "{member.value}"\n    """[^"]+\.', source)


def test_the_machine_knows_nothing_else() -> None:
    """
    The file imports the error it raises and nothing else of the library.
    """
    imported = re.findall(r"^from (belvo_async\S*) import", inspect.getsource(machine), re.MULTILINE)

    assert ["belvo_async.errors"] == imported
