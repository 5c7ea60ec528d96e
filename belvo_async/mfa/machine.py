"""
The state machine of an MFA session.

Rule 1: every state, every event and every transition stands in this file.

Rule 2: this file reads no clock, does no I/O, knows no HTTP, and holds no data: only where a session is.

The story. A session is READY until it is driven. Then its opening request is under way (REQUESTING). Belvo
answers with data (COMPLETED), with an error (FAILED), or with a challenge (CHALLENGED). In CHALLENGED nothing
is under way: no connection is held, and the session may be SUSPENDED as a ticket, given up (CANCELLED), or
overtaken by the institution's deadline (EXPIRED). A session made from a
ticket begins here. A token, or the word that the user has confirmed elsewhere, makes it RESUMING, from which every answer of before may come again, another challenge included.

What makes a second `PATCH` for one challenge impossible: SUBMITTED is allowed in CHALLENGED only, and the only
ways back to CHALLENGED are a new challenge, and UNSENT, which means that the transport has proven that no byte
left, or that Belvo's firewall has answered in Belvo's place. A request that may have left and brought no answer ends the session (LOST).

Not modelled here, on purpose: why a session failed, how many rounds there were, when the deadline is. Those are
facts about a session, not places it can be in; the flow keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from belvo_async.errors import SessionStateError


class MfaState(StrEnum):
    """
    Where a session is.
    """

    READY = "ready"
    """Nothing was sent."""

    REQUESTING = "requesting"
    """The opening request is under way."""

    CHALLENGED = "challenged"
    """The institution waits for the user."""

    RESUMING = "resuming"
    """The user's answer is under way."""

    COMPLETED = "completed"
    """The result is there."""

    FAILED = "failed"
    """It ended with an error."""

    EXPIRED = "expired"
    """The deadline passed before the user answered."""

    CANCELLED = "cancelled"
    """It was given up."""

    SUSPENDED = "suspended"
    """It lives on as a ticket."""

    @property
    def is_final(self) -> bool:
        """
        Whether the session has ended, here at least.
        """
        return not TRANSITIONS[self]


class MfaEvent(StrEnum):
    """
    What has happened to a session.
    """

    REQUESTED = "requested"
    """The opening request was handed to the transport."""

    CHALLENGE_ISSUED = "challenge_issued"
    """Belvo answered 428 with a session to resume."""

    SUBMITTED = "submitted"
    """The user's answer was handed to the transport."""

    SUCCEEDED = "succeeded"
    """Belvo answered with data."""

    FOUND = "found"
    """No answer came, and a look at Belvo's data has shown the result."""

    REFUSED = "refused"
    """Belvo answered with an error, or with a challenge that may not be answered."""

    UNSENT = "unsent"
    """The request provably never left, or Belvo said that it turned it away unread."""

    LOST = "lost"
    """The request may have left, and no answer came that can be read."""

    DEADLINE_PASSED = "deadline_passed"
    """The institution no longer waits."""

    GIVEN_UP = "given_up"
    """The caller cancelled, or the user declined."""

    PROMPT_FAILED = "prompt_failed"
    """The prompt could not bring an answer."""

    PARKED = "parked"
    """A ticket was taken, to go on elsewhere."""


S, E = MfaState, MfaEvent

TRANSITIONS: Final[Mapping[MfaState, Mapping[MfaEvent, MfaState]]] = {
    S.READY: {
        E.REQUESTED: S.REQUESTING,
        E.GIVEN_UP: S.CANCELLED,
    },
    S.REQUESTING: {
        E.CHALLENGE_ISSUED: S.CHALLENGED,
        E.SUCCEEDED: S.COMPLETED,
        E.FOUND: S.COMPLETED,
        E.REFUSED: S.FAILED,
        E.UNSENT: S.READY,
        E.LOST: S.FAILED,
        E.GIVEN_UP: S.CANCELLED,
    },
    S.CHALLENGED: {
        E.SUBMITTED: S.RESUMING,
        E.DEADLINE_PASSED: S.EXPIRED,
        E.GIVEN_UP: S.CANCELLED,
        E.PROMPT_FAILED: S.FAILED,
        E.PARKED: S.SUSPENDED,
    },
    S.RESUMING: {
        E.CHALLENGE_ISSUED: S.CHALLENGED,
        E.SUCCEEDED: S.COMPLETED,
        E.FOUND: S.COMPLETED,
        E.REFUSED: S.FAILED,
        E.UNSENT: S.CHALLENGED,
        E.LOST: S.FAILED,
        E.DEADLINE_PASSED: S.EXPIRED,
        E.GIVEN_UP: S.CANCELLED,
    },
    S.COMPLETED: {},
    S.FAILED: {},
    S.EXPIRED: {},
    S.CANCELLED: {},
    S.SUSPENDED: {},
}
"""The whole machine. The diagram in the documentation and the tests are made from it."""


def advance(state: MfaState, event: MfaEvent, *, asked: str = "") -> MfaState:
    """
    Return the state that follows *state* once *event* has happened.

    Args:
        asked: What the caller wanted, in the words of an error message; the event's name by default.

    Raises:
        SessionStateError: *event* cannot happen in *state*.
    """
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise SessionStateError(asked=asked or event.value, state=state.name, remedy=_remedy(state)) from None


def _remedy(state: MfaState) -> str:
    return REMEDIES.get(state, "")


REMEDIES: Final[Mapping[MfaState, str]] = {
    S.READY: "drive it first: `await session` or `async for challenge in session`",
    S.REQUESTING: "its request is under way; wait for it, or cancel the task that does",
    S.CHALLENGED: "answer its challenge with submit(), or end it with suspend() or cancel()",
    S.RESUMING: "its challenge has been answered already; wait for the outcome",
    S.COMPLETED: "it has ended; read `session.result`",
    S.FAILED: "it has ended; see `session.error`, or start over with session.restart()",
    S.EXPIRED: "it has ended; start over with session.restart()",
    S.CANCELLED: "it has ended; start over with session.restart()",
    S.SUSPENDED: "it goes on as a ticket; use client.resume(ticket, token)",
}
"""What to do instead, for the message of a `SessionStateError`."""
