"""
One MFA conversation, without I/O: answers go in, requests come out.

Rule: nothing here waits, reads a clock, or holds a password or a token. What happened comes in as an argument,
the time included; the one place a token appears is the request that `submit()` returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock, Moment
from belvo_async.errors import (
    ApiError,
    BelvoError,
    DecodeError,
    InvalidArgumentError,
    LoginError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRoundsExceededError,
    NotResumableError,
    RateLimitedError,
    SessionExpiredError,
)
from belvo_async.messages import Answer, Request, Secret
from belvo_async.mfa.challenge import MfaChallenge, read_token_required
from belvo_async.mfa.machine import MfaEvent, MfaState, advance
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket


TOKEN_REQUIRED: Final = 428
"""The status by which alone a challenge is told from anything else."""

LONGEST_TOKEN: Final = 4_096
"""Characters; keeps a pasted file from going to a bank."""

DEFAULT_MAX_ROUNDS: Final = 5


@attrs.frozen
class Step:
    """
    One thing that happened to a session.

    Attributes:
        event: What happened.

        state: The state it led to.

        at: When (aware, UTC).

        request_id: What Belvo's support asks for, if an answer brought the step.
    """

    event: MfaEvent
    state: MfaState
    at: datetime
    request_id: str | None = None


@attrs.define(eq=False)
class MfaFlow:
    """
    One MFA conversation.

    Tell it what happens, in this order: `start()`, then `receive()` with each answer, or
    `unsent()` or `lost()` where none came; while it is CHALLENGED, `submit()` and send what it returns.
    Look at `state` after each call. A call that the state does not allow raises
    `SessionStateError` and changes nothing.

    Attributes:
        operation: The call it belongs to.

        max_rounds: How many challenges may be answered.

        state: Where it is.

        challenge: The newest challenge, answered or not.

        deadline: Its end in monotonic seconds; `None` if the institution did not say.

        error: What ended it, if an answer did.

        answered: Whether an answer to `challenge` may have been sent.

        turned_away: Why the request under way was not processed, if Belvo said so.
    """

    operation: Operation
    max_rounds: int = DEFAULT_MAX_ROUNDS
    clock: Clock = attrs.field(default=SYSTEM_CLOCK, repr=False)  # passed on to challenges, never read
    state: MfaState = MfaState.READY
    challenge: MfaChallenge | None = None
    deadline: float | None = None
    error: BelvoError | None = None
    answered: bool = False
    turned_away: RateLimitedError | None = None
    request_id: str | None = None
    _steps: tuple[Step, ...] = attrs.field(default=(), repr=False)

    @classmethod
    def from_ticket(cls, ticket: MfaTicket, moment: Moment, clock: Clock = SYSTEM_CLOCK) -> MfaFlow:
        """
        Return the flow that goes on where *ticket* was taken.

        Raises:
            InvalidArgumentError: An answer to it may have been sent already.
        """
        if ticket.answered:
            raise InvalidArgumentError(
                argument="ticket",
                expected="a challenge that was not answered yet",
                found="one to which an answer may have been sent; look what became of it, never answer it again",
            )
        return cls(
            ticket.to_operation(),
            ticket.max_rounds,
            clock,
            state=MfaState.CHALLENGED,
            challenge=ticket.to_challenge(clock),
            deadline=ticket.deadline(moment),
            request_id=ticket.request_id,
        )

    @property
    def newest(self) -> MfaChallenge:
        """
        The newest challenge, in a state that has had one.
        """
        return cast(MfaChallenge, self.challenge)

    @property
    def history(self) -> Sequence[Step]:
        """
        All that happened, oldest first.
        """
        return self._steps

    # --- the opening request ---

    def start(self, moment: Moment) -> None:
        """
        The opening request is about to be sent.
        """
        self._happen(MfaEvent.REQUESTED, moment, asked="starting")

    # --- what comes back ---

    def receive(self, answer: Answer, payload: object, moment: Moment) -> None:
        """
        An answer to the request under way arrived.

        Args:
            answer: 2xx completes, 428 challenges, the rest fails.

            payload: Its parsed body; `None` if that is no JSON. Not looked at for 2xx.

            moment: When it arrived. The deadline counts from here.
        """
        # Any answer may come where this one may; elsewhere nothing changes.
        advance(self.state, MfaEvent.SUCCEEDED, asked="receiving an answer")
        if answer.succeeded:
            self.request_id = answer.request_id or self.request_id
            self._happen(MfaEvent.SUCCEEDED, moment, request_id=answer.request_id)
            return
        if answer.status == TOKEN_REQUIRED:
            self._receive_challenge(answer, payload, moment)
        else:
            self._receive_error(answer.error(payload), moment)

    def _receive_challenge(self, answer: Answer, payload: object, moment: Moment) -> None:
        if not isinstance(payload, list | dict):
            unreadable = DecodeError(
                expected="the challenge",
                problems=("expected JSON, found something else or nothing",),
                status=answer.status,
                request_id=answer.request_id,
            )
            self._end(unreadable, MfaEvent.LOST, moment)
            return
        required = read_token_required(payload, link=self.operation.link)
        if required is None:
            self._refuse(_not_resumable(answer.error(payload), self.challenge), moment)
            return
        self.challenge = required.challenge(
            self.operation.name,
            moment,
            self.clock,
            round_=1 if self.challenge is None else self.challenge.round + 1,
            call=self.operation,
            max_rounds=self.max_rounds,
            request_id=answer.request_id,
        )
        self.deadline = None if required.expiry is None else moment.monotonic + required.expiry
        self.request_id = self.challenge.request_id
        self.answered = False
        if not self.operation.resumable:
            self._refuse(_not_resumable(answer.error(payload), self.challenge), moment)
        elif self.challenge.round > self.max_rounds:
            self._refuse(
                MfaRoundsExceededError(
                    challenge=self.challenge, ticket=self.newest_ticket(), max_rounds=self.max_rounds
                ),
                moment,
            )
        else:
            self._happen(MfaEvent.CHALLENGE_ISSUED, moment, request_id=self.challenge.request_id)

    def _receive_error(self, error: ApiError, moment: Moment) -> None:
        self.request_id = error.request_id or self.request_id
        if self.state is MfaState.RESUMING and isinstance(error, SessionExpiredError):
            expired = MfaExpiredError(challenge=self.newest)
            expired.__cause__ = error
            self._end(expired, MfaEvent.DEADLINE_PASSED, moment)
        elif self.state is MfaState.RESUMING and isinstance(error, LoginError):
            self._refuse(
                MfaRejectedError(challenge=self.newest, **attrs.asdict(error, recurse=False)), moment
            )
        elif isinstance(error, RateLimitedError):
            # Belvo turned the request away before it looked at it: as if it had never left.
            self.unsent(moment)
            self.turned_away = error
        else:
            self._refuse(error, moment)

    def find(self, moment: Moment) -> None:
        """
        No answer came to the request under way, but its result was found by looking for it.
        """
        self._happen(MfaEvent.FOUND, moment, asked="finding a result")

    def unsent(self, moment: Moment) -> None:
        """
        The request under way provably never left. It may be handed to the transport again.
        """
        self._happen(MfaEvent.UNSENT, moment, asked="taking a request back")
        self.answered = False

    def lost(self, error: BelvoError, moment: Moment) -> None:
        """
        The request under way may have left, and brought no answer that can be read.
        """
        self._end(error, MfaEvent.LOST, moment)

    # --- the user's turn ---

    def submit(self, token: Secret, moment: Moment) -> Request:
        """
        Return the request that answers the challenge. Send it once, or tell `unsent()`.

        Args:
            token: What the user gave; it holds `None` where the challenge expects no input. White space around
                it is not sent, since people paste tokens; what is inside of it is.

        Raises:
            MfaExpiredError: The deadline has passed; the flow is EXPIRED now.

            InvalidArgumentError: *token* cannot be right. Nothing changed.

            SessionStateError: There is no challenge to answer, or it was answered already.
        """
        if self.state is MfaState.EXPIRED:
            raise MfaExpiredError(challenge=self.newest)
        advance(self.state, MfaEvent.SUBMITTED, asked="submit()")
        if self.expire(moment):
            raise MfaExpiredError(challenge=self.newest)
        challenge, token = self.newest, _stripped(token)
        check_token(token, challenge)
        request = self.operation.resume_request(challenge.session, challenge.link, token, self.deadline)
        self._happen(MfaEvent.SUBMITTED, moment)
        self.answered = True
        return request

    def expire(self, moment: Moment) -> bool:
        """
        Notice that time has passed; return whether the challenge has ended by it.
        """
        if self.state is not MfaState.CHALLENGED or self.deadline is None or moment.monotonic < self.deadline:
            return False
        self._end(MfaExpiredError(challenge=self.newest), MfaEvent.DEADLINE_PASSED, moment)
        return True

    def suspend(self, moment: Moment) -> MfaTicket:
        """
        End the flow here and return the ticket with which it goes on elsewhere.

        Raises:
            MfaExpiredError: The deadline has passed; there is nothing to go on with.

            SessionStateError: There is no open challenge.
        """
        advance(self.state, MfaEvent.PARKED, asked="suspend()")
        if self.expire(moment):
            raise MfaExpiredError(challenge=self.newest)
        self._happen(MfaEvent.PARKED, moment)
        return self.newest_ticket()

    def give_up(self, moment: Moment, error: BelvoError | None = None) -> None:
        """
        The caller cancelled, or the user declined.
        """
        self._end(error, MfaEvent.GIVEN_UP, moment, asked="cancel()")

    def fail_prompt(self, error: BelvoError, moment: Moment) -> None:
        """
        The prompt could not bring an answer.
        """
        self._end(error, MfaEvent.PROMPT_FAILED, moment)

    def ticket(self) -> MfaTicket | None:
        """
        Return the newest challenge as a ticket; `None` if there was none.

        If an answer to it may have been sent, the ticket says so and is good for finding out only.
        """
        return None if self.challenge is None else self.newest_ticket()

    def newest_ticket(self) -> MfaTicket:
        """
        Return the same in a state that has had a challenge.
        """
        return MfaTicket.for_challenge(
            self.newest,
            self.operation,
            max_rounds=self.max_rounds,
            answered=self.answered,
        )

    # --- the only two ways to another state ---

    def _happen(
        self, event: MfaEvent, moment: Moment, *, asked: str = "", request_id: str | None = None
    ) -> None:
        self.state = advance(self.state, event, asked=asked)
        self.turned_away = None
        self._steps += (Step(event, self.state, moment.instant, request_id),)

    def _end(self, error: BelvoError | None, event: MfaEvent, moment: Moment, *, asked: str = "") -> None:
        self._happen(event, moment, asked=asked, request_id=getattr(error, "request_id", None))
        self.error = error

    def _refuse(self, error: BelvoError, moment: Moment) -> None:
        self._end(error, MfaEvent.REFUSED, moment)


def _stripped(token: Secret) -> Secret:
    text: object = token.reveal()
    return Secret(text.strip()) if isinstance(text, str) else token


def check_token(token: Secret, challenge: MfaChallenge) -> None:
    """
    Refuse what cannot be the answer to *challenge*, without showing it.

    Raises:
        InvalidArgumentError: It is empty where input is expected, given where none is, or no token at all.
    """
    # The frame that raises must not hold the token in a variable.
    problem = _problem(token.reveal(), expected=challenge.expects_user_input)
    if problem is not None:
        raise InvalidArgumentError(argument="token", expected=problem[0], found=problem[1])


def check_text(token: Secret) -> None:
    """
    Refuse what cannot be the answer to any challenge, without showing it.

    Raises:
        InvalidArgumentError: It is no text, too long, or not printable.
    """
    problem = _problem(token.reveal(), expected=bool(token.reveal()))
    if problem is not None:
        raise InvalidArgumentError(argument="token", expected=problem[0], found=problem[1])


def _problem(token: object, *, expected: bool) -> tuple[str, str] | None:
    """
    Return what would be right and what was found, if *token* cannot be an answer.
    """
    if token is not None and not isinstance(token, str):
        return "text, since tokens may begin with 0", type(token).__name__
    if not expected:
        return ("None, since this challenge expects no input", "text") if token else None
    if not token:
        return "the token the user was given", "nothing"
    if len(token) > LONGEST_TOKEN:
        return f"at most {LONGEST_TOKEN} characters", str(len(token))
    if not token.isprintable():
        return "printable characters", "a control character or line end"
    return None


def _not_resumable(error: ApiError, challenge: MfaChallenge | None) -> NotResumableError:
    return NotResumableError(challenge=challenge, **attrs.asdict(error, recurse=False))
