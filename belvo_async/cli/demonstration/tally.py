"""
What the flows of the demo came to, as the client saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import attrs

from belvo_async.drive import Outcome
from belvo_async.errors import MfaDeclinedError, MfaExpiredError
from belvo_async.mfa.machine import MfaEvent


class Phase(Enum):
    """
    What is done with the links, in this order.
    """

    REGISTER = "register"
    RETRIEVE = "balances"
    UPDATE = "update"


class Ending(Enum):
    """
    How a flow ended.
    """

    COMPLETED = "completed"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"


@attrs.define
class PhaseTally:
    """
    What the flows of one phase came to.

    Attributes:
        endings: How many flows ended in which way.

        challenges: How many challenges were issued.

        answers: How many were answered.

        wrong: How many of the answers were a wrong token.
    """

    endings: Counter[Ending] = attrs.field(factory=Counter)
    challenges: int = 0
    answers: int = 0
    wrong: int = 0

    @property
    def flows(self) -> int:
        """
        How many flows have ended.
        """
        return self.endings.total()

    @property
    def unanswered(self) -> int:
        """
        How many challenges were left to expire.
        """
        return self.challenges - self.answers

    def add(self, other: PhaseTally) -> None:
        """
        Count what *other* has counted.
        """
        self.endings.update(other.endings)
        self.challenges += other.challenges
        self.answers += other.answers
        self.wrong += other.wrong


OPENINGS: Final[Mapping[Phase, str]] = {
    Phase.REGISTER: "POST /api/links/",
    Phase.RETRIEVE: "POST /api/balances/",
    Phase.UPDATE: "PUT /api/links/{id}/",
}

ANSWERS: Final[Mapping[Phase, str]] = {
    Phase.REGISTER: "PATCH /api/links/",
    Phase.RETRIEVE: "PATCH /api/balances/",
    Phase.UPDATE: "PATCH /api/links/",
}


@attrs.define
class Tally:
    """
    What the client has counted.

    Attributes:
        requests: How many requests of each operation were sent.

        stored: How many rows were retrieved to be stored.

        failures: What went wrong, in words, and how often.
    """

    phases: dict[Phase, PhaseTally] = attrs.field(factory=lambda: {phase: PhaseTally() for phase in Phase})
    requests: Counter[str] = attrs.field(factory=Counter)
    stored: int = 0
    failures: Counter[str] = attrs.field(factory=Counter)

    def note(self, phase: Phase, outcome: Outcome[Any], wrong: int) -> None:
        """
        Count a flow that has ended, in which the user gave so many *wrong* tokens.
        """
        ending = ending_of(outcome.error)
        if ending is Ending.FAILED:
            self.failures[f"{type(outcome.error).__name__}: {outcome.error}"] += 1
        events = Counter(step.event for step in outcome.session.history)
        answers = events[MfaEvent.SUBMITTED]
        self.phases[phase].add(
            PhaseTally(Counter([ending]), events[MfaEvent.CHALLENGE_ISSUED], answers, wrong)
        )
        self.requests[OPENINGS[phase]] += events[MfaEvent.REQUESTED]
        self.requests[ANSWERS[phase]] += answers

    @property
    def total(self) -> PhaseTally:
        """
        All phases together.
        """
        total = PhaseTally()
        for phase in self.phases.values():
            total.add(phase)
        return total

    @property
    def links(self) -> Mapping[str, int]:
        """
        How many links there have to be in each status.
        """
        registrations = self.phases[Phase.REGISTER].endings
        # A registration that failed may have left a link or not; if it did, the counts will not agree.
        return {
            "valid": registrations[Ending.COMPLETED],
            "unconfirmed": registrations[Ending.DECLINED] + registrations[Ending.EXPIRED],
        }

    def rows(self) -> Iterator[tuple[str, list[int]]]:
        """
        Return each thing that was counted, with its figure for each phase and for all together.
        """
        columns = [*self.phases.values(), self.total]
        for ending in Ending:
            yield ending.value, [column.endings[ending] for column in columns]
        yield "challenges answered", [column.answers for column in columns]
        yield "  of these wrong", [column.wrong for column in columns]


def ending_of(error: Exception | None) -> Ending:
    """
    Return how a flow with this *error* has ended.
    """
    match error:
        case None:
            return Ending.COMPLETED
        case MfaDeclinedError():
            return Ending.DECLINED
        case MfaExpiredError():
            return Ending.EXPIRED
        case _:
            return Ending.FAILED
