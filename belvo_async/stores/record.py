"""
A flow that lies in a store, and every rule of what may happen to it there.

Rule: nothing here waits, reads a clock or talks to a server. Each function takes a record and the server's time and
returns the next record, or says why not. A store only has to put the one in the place of the other, if nobody
else did meanwhile; that is what makes two processes agree.

The story. A process begins a flow: it is CLAIMED, and SENT from the moment before the request leaves. A challenge makes it
WAITING for its user; the token, whoever brings it, lets one process claim it, and it is SENT again. So it goes until it
ends. A claim that is not renewed may be taken over. One that had sent nothing goes on; one that had is never sent
again: what became of it has to be found out.
"""

from __future__ import annotations

import json
import math

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import attrs

from belvo_async import errors
from belvo_async.errors import (
    ApiError,
    BelvoError,
    InvalidArgumentError,
    LostClaimError,
    StoreError,
    TicketError,
)
from belvo_async.messages import Secret
from belvo_async.mfa.ticket import MfaTicket


VERSION: Final = 1
"""Of the JSON form. A reader refuses what it does not know."""

KICKED_AFTER: Final = 2.0
"""Seconds in which a worker should have taken a token up; then `due()` names its flow."""

LONGEST_WAIT: Final = 24 * 3600.0
"""Seconds for which a challenge without a deadline is kept."""

LONGEST_PROBLEM: Final = 300
"""Characters of a problem that are kept."""

OPENING: Final = 0
"""The round of the request that begins a flow. The first challenge is round 1."""


class FlowStatus(StrEnum):
    """
    Where a flow is that lies in a store.
    """

    CLAIMED = "claimed"
    """A process is at it and has sent nothing yet."""

    SENT = "sent"
    """Its request may have left. It is never sent again."""

    WAITING = "waiting"
    """For its user; or, once the token is there, for a process to claim it."""

    ANSWERED = "answered"
    """The token went to the process that waited for it. See `prompts.TokenInbox`."""

    COMPLETED = "completed"
    """Belvo brought what was asked for."""

    DECLINED = "declined"
    """The user does not want to."""

    EXPIRED = "expired"
    """The deadline passed before an answer was sent."""

    FAILED = "failed"
    """Belvo or the institution refused."""

    START_AGAIN = "start_again"
    """Nobody can tell what became of a request, and nothing shows that it was done. To start again is the caller's
    decision: the institution will send a new token."""

    @property
    def is_final(self) -> bool:
        """
        Whether nothing will happen to it any more.
        """
        return self in FINAL


FINAL: Final = frozenset(
    {
        FlowStatus.COMPLETED,
        FlowStatus.DECLINED,
        FlowStatus.EXPIRED,
        FlowStatus.FAILED,
        FlowStatus.START_AGAIN,
    }
)


class Delivery(StrEnum):
    """
    What became of a token that was delivered.
    """

    FIRST = "first"
    """It is kept, and goes to the institution. Also if its challenge has not come yet."""

    DUPLICATE = "duplicate"
    """There was one for this challenge already. This one is dropped."""

    LATE = "late"
    """The challenge has ended, or is not known. This one is dropped."""


@attrs.frozen(kw_only=True)
class FlowRecord:
    """
    A flow as it lies in a store.

    Attributes:
        flow: The caller's key of it.

        status: Where it is.

        round: The challenge it is at; 0 for the request that begins it.

        fence: Counts the claims. Who holds an older one may not send.

        owner: Who has claimed it.

        lease_until: When its claim ends if it is not renewed (seconds of the server's clock), as are the other times.

        sent_at: When its newest request may have left.

        expires_at: When the institution stops waiting.

        changed_at: When it came to where it is.

        ticket: Its newest challenge.

        answers: The tokens that were delivered and not sent yet, by round. One that holds nothing is the word that the
            user is done.

        operation: The call: `links.register`.

        link: Id of the link, once it is known.

        external_id: The caller's own id of a link that is being registered.

        problem: What ended it, if it did not complete: the names of an error and of Belvo's code.

        request_id: What Belvo's support asks for.
    """

    flow: str
    status: FlowStatus = FlowStatus.CLAIMED
    round: int = OPENING
    fence: int = 1
    owner: str = ""
    lease_until: float = 0.0
    sent_at: float | None = None
    expires_at: float | None = None
    changed_at: float = 0.0
    ticket: MfaTicket | None = None
    answers: Mapping[int, Secret] = attrs.field(factory=dict)
    operation: str = ""
    link: str | None = None
    external_id: str | None = None
    problem: str | None = None
    request_id: str | None = None

    @property
    def is_answered(self) -> bool:
        """
        Whether the token for its challenge is there.
        """
        return self.round in self.answers

    @property
    def due_at(self) -> float | None:
        """
        When somebody has to look at it if nothing happens; `None` if never.
        """
        match self.status:
            case FlowStatus.CLAIMED | FlowStatus.SENT:
                return self.lease_until
            case FlowStatus.WAITING if self.is_answered:
                return self.changed_at + KICKED_AFTER
            case FlowStatus.WAITING:
                return self.changed_at + LONGEST_WAIT if self.expires_at is None else self.expires_at
            case _:
                return None

    @property
    def forget_at(self) -> float:
        """
        When nothing can happen to it any more. It is kept for some time after that.
        """
        if self.status.is_final:
            return self.changed_at
        last = self.changed_at + LONGEST_WAIT if self.expires_at is None else self.expires_at
        if self.status in {FlowStatus.CLAIMED, FlowStatus.SENT}:
            return max(last, self.lease_until + LONGEST_WAIT)  # somebody has to find out what became of it
        return last

    def seen_at(self, now: float) -> FlowRecord:
        """
        Return it as it is at *now*: a challenge ends by itself.
        """
        if self.status is FlowStatus.WAITING and self.is_over(now):
            return self.ended(FlowStatus.EXPIRED, self.expires_at or now, problem="MfaExpiredError")
        return self

    def is_over(self, now: float) -> bool:
        """
        Whether the institution has stopped waiting for the answer to its challenge.
        """
        return self.expires_at is not None and now >= self.expires_at

    def is_free(self, now: float) -> bool:
        """
        Whether its claim has ended without a word of its owner.
        """
        return self.status in {FlowStatus.CLAIMED, FlowStatus.SENT} and now >= self.lease_until

    def held_by(self, fence: int, owner: str) -> FlowRecord:
        """
        Return it, if the claim *fence* of *owner* still holds. A key that was forgotten and begun again counts anew, so
        the number alone does not tell.

        Raises:
            LostClaimError: Somebody else has claimed it since, or it has ended.
        """
        held = self.status in {FlowStatus.CLAIMED, FlowStatus.SENT}
        if not held or (self.fence, self.owner) != (fence, owner):
            raise LostClaimError(
                problem=f"flow {self.flow}: the claim {fence} is lost; it is {self.status} at claim {self.fence}"
            )
        return self

    # --- what may happen; each of it returns the next record ---

    def claimed(self, now: float, owner: str, lease: float, **facts: Any) -> FlowRecord:
        """
        *owner* is at it now, for *lease* seconds. One that was sent stays SENT: it may only be looked for.
        """
        return attrs.evolve(
            self,
            status=FlowStatus.SENT if self.status is FlowStatus.SENT else FlowStatus.CLAIMED,
            fence=self.fence + 1,
            owner=owner,
            lease_until=now + lease,
            changed_at=now,
            **facts,
        )

    def sent(self, now: float, lease: float) -> FlowRecord:
        """
        Its request is about to leave. The token is forgotten here: nobody can send it again.
        """
        answers = {round_: token for round_, token in self.answers.items() if round_ != self.round}
        return attrs.evolve(
            self,
            status=FlowStatus.SENT,
            sent_at=now,
            changed_at=now,
            lease_until=now + lease,
            answers=answers,
        )

    def given_back(self, now: float, answers: Mapping[int, Secret]) -> FlowRecord:
        """
        Its request provably never left: another may send it, with what is in *answers*.
        """
        opening = self.round == OPENING
        return attrs.evolve(
            self,
            status=FlowStatus.CLAIMED if opening else FlowStatus.WAITING,
            lease_until=now,
            sent_at=None,
            changed_at=now,
            answers={
                **{round_: token for round_, token in self.answers.items() if round_ != self.round},
                **answers,
            },
        )

    def reopened(self, now: float, lease: float, **facts: Any) -> FlowRecord:
        """
        Nothing shows that the request which begins it was ever processed: it may be sent once more.
        """
        return attrs.evolve(
            self,
            status=FlowStatus.CLAIMED,
            sent_at=None,
            lease_until=now + lease,
            changed_at=now,
            **facts,
        )

    def parked(self, now: float, ticket: MfaTicket, remaining: float | None) -> FlowRecord:
        """
        A challenge came, and the institution waits *remaining* seconds for the answer.
        """
        return attrs.evolve(
            self,
            status=FlowStatus.WAITING,
            round=ticket.round,
            ticket=ticket,
            link=ticket.link,
            expires_at=None if remaining is None else now + remaining,
            lease_until=now,
            sent_at=None,
            changed_at=now,
            answers={round_: token for round_, token in self.answers.items() if round_ >= ticket.round},
            request_id=ticket.request_id,
        )

    def answered(self, now: float) -> FlowRecord:
        """
        The token goes to the process that waited for it, and is forgotten here.
        """
        return attrs.evolve(self.sent(now, 0.0), status=FlowStatus.ANSWERED)

    def ended(self, status: FlowStatus, now: float, **facts: Any) -> FlowRecord:
        """
        Nothing will happen to it any more. Only a flow that is to be started again keeps its ticket.
        """
        ticket = None if self.ticket is None else attrs.evolve(self.ticket, answered=True)
        return attrs.evolve(
            self,
            status=status,
            changed_at=now,
            answers={},
            ticket=ticket if status is FlowStatus.START_AGAIN else None,
            **facts,
        )

    def delivered(self, now: float, round_: int, token: Secret) -> tuple[FlowRecord, Delivery]:
        """
        Somebody brought a token for the challenge *round_*: the first one wins.

        It may be a round early, since a challenge can be shown before it lies here. The one after that nobody has seen.
        """
        ending = self.status is FlowStatus.CLAIMED and not self.is_answered and self.is_over(now)
        if self.status in {FlowStatus.DECLINED, FlowStatus.EXPIRED} or ending:
            return self, Delivery.LATE
        if self.status.is_final:
            return self, Delivery.DUPLICATE if round_ <= self.round else Delivery.LATE
        if round_ < self.round or round_ in self.answers:
            return self, Delivery.DUPLICATE
        if round_ == self.round and self.status is not FlowStatus.WAITING:
            return self, Delivery.DUPLICATE
        if round_ > self.round + 1:
            return self, Delivery.LATE
        early = round_ > self.round
        answers = {**self.answers, round_: token}
        return attrs.evolve(
            self, answers=answers, changed_at=self.changed_at if early else now
        ), Delivery.FIRST

    # --- as text ---

    def to_json(self) -> str:
        """
        Return it as compact JSON, with its token: seal it, if others can read the store.
        """
        members: dict[str, Any] = {"v": VERSION}
        for field in attrs.fields(FlowRecord):
            value = getattr(self, field.name)
            if value is not None and value != field.default and field.name != "answers":
                members[field.name] = value
        if self.answers:
            members["answers"] = {round_: token.reveal() for round_, token in self.answers.items()}
        if self.ticket is not None:
            members["ticket"] = self.ticket.to_json()
        return json.dumps(members, separators=(",", ":"))  # ASCII: half a surrogate is no text for a server

    @classmethod
    def from_json(cls, text: str | bytes) -> FlowRecord:
        """
        Read what `to_json()` wrote.

        Raises:
            StoreError: It is something else.
        """
        try:
            members = json.loads(text)
            if members.pop("v") != VERSION:
                raise StoreError(
                    problem="a row was written by a version of the library that is not known here"
                )
            members["status"] = FlowStatus(members.get("status", FlowStatus.CLAIMED))
            if "ticket" in members:
                members["ticket"] = MfaTicket.from_json(members["ticket"])
            answers = members.get("answers", {})
            members["answers"] = {int(round_): Secret(token) for round_, token in answers.items()}
            return cls(**members)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, TicketError):
            # The text itself must not appear in a traceback that is shown.
            raise StoreError(problem="a row is no flow that this library wrote") from None


def remaining(ticket: MfaTicket, now: datetime) -> float | None:
    """
    Return the seconds for which the institution still waits. Machines agree on how long that is, not on when it ends.
    """
    return None if ticket.expires_at is None else (ticket.expires_at - now).total_seconds()


def instant(seconds: float | None) -> datetime | None:
    """
    Return a time of the server's clock as an aware datetime (UTC).
    """
    return None if seconds is None or not math.isfinite(seconds) else datetime.fromtimestamp(seconds, UTC)


def problem_of(error: BelvoError) -> str:
    """
    Return what is kept of *error*: its name and Belvo's code, and no word that may hold a secret.
    """
    if isinstance(error, InvalidArgumentError):  # the caller's own mistake: its text is all there is to go by
        return f"{type(error).__name__}: {error}"[:LONGEST_PROBLEM]
    code = error.code if isinstance(error, ApiError) else ""
    return f"{type(error).__name__} {code}".strip()


def error_class(problem: str | None) -> type[BelvoError]:
    """
    Return the class of the error of which *problem* was kept; the root of all if it is none that is known here.
    """
    name = (problem or "").partition(" ")[0].rstrip(":")
    found = getattr(errors, name, None)
    return found if isinstance(found, type) and issubclass(found, BelvoError) else BelvoError
