"""
Which requests are sent again, and when: by phase (how far it came) and effect (what it does at Belvo).

`fate_of_*` tell how far a request came, `SCHEDULES` says what that means for each effect, and the transport
here does the waiting. What is not in the table is never repeated.
"""

from __future__ import annotations

import itertools
import random

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from belvo_async.clock import Clock
from belvo_async.codec import parse
from belvo_async.errors import RateLimitedError, TooManySessionsError, TransportError, api_error
from belvo_async.messages import Answer, Effect, Request
from belvo_async.settings import RetryPolicy
from belvo_async.transport import Transport


class Fate(Enum):
    """
    How far a request came.
    """

    UNSENT = auto()
    """No byte of it left."""

    UNANSWERED = auto()
    """It may have arrived, and nobody knows what became of it."""

    UNPROCESSED = auto()
    """Belvo turned it away at the door: too many requests."""

    BUSY = auto()
    """Belvo failed, or somebody is logged in at the institution already."""

    ANSWERED = auto()
    """Everything else, good or bad, is an answer."""


Schedule = Callable[[RetryPolicy], tuple[float, ...]]


def _reconnects(policy: RetryPolicy) -> tuple[float, ...]:
    return policy.reconnects


def _waits(policy: RetryPolicy) -> tuple[float, ...]:
    return policy.waits


def _throttled(policy: RetryPolicy) -> tuple[float, ...]:
    return (policy.throttled,) * len(policy.waits)


SCHEDULES: Final[Mapping[tuple[Fate, Effect], Schedule]] = {
    (Fate.UNSENT, Effect.READ): _reconnects,
    (Fate.UNSENT, Effect.WRITE): _reconnects,
    (Fate.UNSENT, Effect.ONCE): _reconnects,
    (Fate.UNANSWERED, Effect.READ): _waits,
    (Fate.UNPROCESSED, Effect.READ): _throttled,
    (Fate.UNPROCESSED, Effect.WRITE): _throttled,
    (Fate.UNPROCESSED, Effect.ONCE): _throttled,
    (Fate.BUSY, Effect.READ): _waits,
    (Fate.BUSY, Effect.WRITE): _waits,
}
"""What is repeated, and after which waits. What is missing here is never repeated."""


def fate_of_error(error: TransportError) -> Fate:
    """
    Return how far a request came that brought no answer.
    """
    return Fate.UNANSWERED if error.sent else Fate.UNSENT


def fate_of_answer(answer: Answer) -> Fate:
    """
    Return how far a request came that was answered.
    """
    if answer.status < 400 or answer.status == 428:  # noqa: PLR2004 - HTTP's own
        return Fate.ANSWERED
    if answer.status >= 500:  # noqa: PLR2004 - HTTP's own
        return Fate.BUSY
    error = api_error(answer.status, parse(answer.body), html=answer.is_html)
    if isinstance(error, RateLimitedError):
        return Fate.UNPROCESSED
    return Fate.BUSY if isinstance(error, TooManySessionsError) else Fate.ANSWERED


class Budget:
    """
    The repetitions a client has in hand.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = float(size)

    def take(self) -> bool:
        """
        Take one; return whether there was one.
        """
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def earn(self) -> None:
        """
        A request was answered.
        """
        self._left = min(self._size, self._left + 0.1)


class RetryingTransport:
    """
    Sends through another transport, again where that is safe.
    """

    def __init__(
        self,
        inner: Transport,
        policy: RetryPolicy,
        clock: Clock,
        budget: Budget,
        rng: random.Random | None = None,
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._clock = clock
        self._budget = budget
        self._random = rng or random.Random()  # noqa: S311 - spreads load, keeps no secret

    async def send(self, request: Request) -> Answer:
        """
        Send *request*, and again where `SCHEDULES` allows. See `Transport.send()`.
        """
        for attempt in itertools.count():
            try:
                answer = await self._inner.send(request)
            except TransportError as error:
                wait = self._wait(fate_of_error(error), request.effect, attempt, None)
                if wait is None:
                    raise
            else:
                fate = fate_of_answer(answer)
                if fate is Fate.ANSWERED:
                    self._budget.earn()
                    return answer
                wait = self._wait(fate, request.effect, attempt, answer.retry_after)
                if wait is None:
                    return answer
            await self._clock.sleep(wait)
        raise AssertionError  # pragma: no cover - count() has no end

    def _wait(self, fate: Fate, effect: Effect, attempt: int, asked: float | None) -> float | None:
        """
        Return the seconds to wait before the next attempt; `None` if there shall be none.
        """
        schedule = SCHEDULES.get((fate, effect))
        if schedule is None:
            return None
        waits = schedule(self._policy)
        if attempt >= len(waits):
            return None
        wait = (waits[attempt] if asked is None else asked) * (
            1 + self._policy.jitter * self._random.random()
        )
        if wait > self._policy.max_wait or not self._budget.take():
            return None
        return wait
