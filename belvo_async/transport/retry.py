"""
Which requests are sent again, and when: by phase (how far it came) and effect (what it does at Belvo).

`fate_of_*` tell how far a request came, `SCHEDULES` says what that means for each effect, and the transport
here does the waiting. What is not in the table is never repeated.
"""

from __future__ import annotations

import random

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

from belvo_async.clock import Clock
from belvo_async.codec import parse
from belvo_async.errors import (
    CertificateError,
    ClientStateError,
    LoginError,
    RateLimitedError,
    TooLateError,
    TooManySessionsError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.messages import Answer, Effect, Request
from belvo_async.observer import Observer
from belvo_async.settings import RetryPolicy
from belvo_async.transport import Transport


class Fate(Enum):
    """
    How far a request came.
    """

    UNSENT = auto()
    """No byte of it left."""

    BARRED = auto()
    """Nor would another attempt: the client is closed, the certificate is not trusted, the challenge is over."""

    UNANSWERED = auto()
    """It may have arrived, and nobody knows what became of it."""

    UNPROCESSED = auto()
    """Belvo turned it away at the door: too many requests."""

    BUSY = auto()
    """Somebody is logged in at the institution already; Belvo did nothing."""

    FAILED = auto()
    """Belvo failed, before or after it did something."""

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
    (Fate.UNSENT, Effect.CREATE): _reconnects,
    (Fate.UNSENT, Effect.WRITE): _reconnects,
    (Fate.UNSENT, Effect.ONCE): _reconnects,
    (Fate.UNANSWERED, Effect.READ): _waits,
    (Fate.UNPROCESSED, Effect.READ): _throttled,
    (Fate.UNPROCESSED, Effect.CREATE): _throttled,
    (Fate.UNPROCESSED, Effect.WRITE): _throttled,
    (Fate.UNPROCESSED, Effect.ONCE): _throttled,
    (Fate.BUSY, Effect.READ): _waits,
    (Fate.BUSY, Effect.CREATE): _waits,
    (Fate.BUSY, Effect.WRITE): _waits,
    (Fate.FAILED, Effect.READ): _waits,
    (Fate.FAILED, Effect.CREATE): _waits,  # once looking it up has found nothing
    (Fate.FAILED, Effect.WRITE): _waits,
}
"""What is repeated, and after which waits. What is missing here is never repeated."""

LOOK_FIRST: Final = (Fate.FAILED, Effect.CREATE)
"""Belvo may have made the link before it failed: it is repeated only if a look shows that there is none."""


IN_VAIN: Final = frozenset({Fate.UNSENT, Fate.BARRED, Fate.UNPROCESSED, Fate.BUSY})
"""Belvo did nothing, so what came of an earlier attempt at which it may have done something stays unknown."""


def fate_of_error(error: TransportError | ClientStateError) -> Fate:
    """
    Return how far a request came that brought no answer.
    """
    if isinstance(error, ClientStateError | CertificateError | TooLateError):
        return Fate.BARRED
    return Fate.UNANSWERED if error.sent else Fate.UNSENT


def fate_of_answer(answer: Answer) -> Fate:
    """
    Return how far a request came that was answered.
    """
    if answer.status < 400 or answer.status == 428:  # noqa: PLR2004 - HTTP's own
        return Fate.ANSWERED
    error = answer.error(parse(answer.body))
    if isinstance(error, RateLimitedError):
        return Fate.UNPROCESSED
    if isinstance(error, LoginError):
        return Fate.ANSWERED  # whatever its status: six refused logins invalidate a link
    if isinstance(error, TooManySessionsError):
        return Fate.BUSY
    return Fate.FAILED if answer.status >= 500 else Fate.ANSWERED  # noqa: PLR2004 - HTTP's own


ANSWERS_FOR_ONE: Final = 10
"""So many answered requests bring one repetition back."""


class Budget:
    """
    The repetitions a client has in hand.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size * ANSWERS_FOR_ONE

    def take(self) -> bool:
        """
        Take one; return whether there was one.
        """
        if self._left < ANSWERS_FOR_ONE:
            return False
        self._left -= ANSWERS_FOR_ONE
        return True

    def earn(self) -> None:
        """
        A request was answered.
        """
        if self._left < self._size:
            self._left += 1


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
        observer: Observer | None = None,
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._clock = clock
        self._budget = budget
        self._random = rng or random.Random()  # noqa: S311 - spreads load, keeps no secret
        self._observer = observer

    async def send(self, request: Request) -> Answer:
        """
        Send *request*, and again where `SCHEDULES` allows. See `Transport.send()`.
        """
        repeated: dict[Fate, int] = {}
        arrived = False  # an earlier attempt, at which Belvo failed: it may have done its work all the same
        while True:
            try:
                answer = await self._inner.send(request)
            except (TransportError, ClientStateError) as error:
                fate = fate_of_error(error)
                wait = self._wait(fate, request, repeated.get(fate, 0))
                if wait is None:
                    if arrived and fate in IN_VAIN:
                        raise _unknown(request, error) from error
                    raise
                await self._pause(request, wait, fate)
            else:
                fate = fate_of_answer(answer)
                if fate is Fate.ANSWERED:  # nearly always
                    self._budget.earn()
                    return answer
                wait = self._wait(fate, request, repeated.get(fate, 0), answer.retry_after)
                if wait is None:
                    if arrived and fate in IN_VAIN:
                        raise _unknown(request, answer)
                    return answer
                arrived = arrived or (fate is Fate.FAILED and request.effect is not Effect.READ)
                await self._pause(request, wait, fate)
                if (fate, request.effect) == LOOK_FIRST and not await self._is_missing(request):
                    return answer
            repeated[fate] = repeated.get(fate, 0) + 1

    async def _pause(self, request: Request, wait: float, fate: Fate) -> None:
        if self._observer is None:
            await self._clock.sleep(wait)
            return
        why = fate.name.lower()
        self._observer.retry_scheduled(request, wait, why)
        began = self._clock.monotonic()
        try:
            await self._clock.sleep(wait)
        finally:
            self._observer.waited(request, self._clock.monotonic() - began, why)

    async def _is_missing(self, request: Request) -> bool:
        """
        Whether Belvo says that what *request* makes is not there. Not knowing is not missing.
        """
        lookup = request.lookup
        if lookup is None:
            return False
        try:
            answer = await self.send(lookup)
        except (TransportError, ClientStateError):
            return False
        page = parse(answer.body) if answer.status == 200 else None  # noqa: PLR2004 - HTTP's own
        return isinstance(page, dict) and page.get("results") == []

    def _wait(self, fate: Fate, request: Request, repeated: int, asked: float | None = None) -> float | None:
        """
        Return the seconds to wait before the next attempt; `None` if there shall be none.
        """
        schedule = SCHEDULES.get((fate, request.effect))
        if schedule is None:
            return None
        waits = schedule(self._policy)
        if repeated >= len(waits):
            return None
        if asked is not None and asked > self._policy.max_wait:
            return None
        wait = waits[repeated] if asked is None else asked
        wait *= 1 + self._policy.jitter * self._random.random()
        if request.deadline is not None and self._clock.monotonic() + wait >= request.deadline:
            return None
        return wait if self._budget.take() else None


def _unknown(request: Request, then: Answer | TransportError | ClientStateError) -> UncertainOutcomeError:
    """
    Return the error for a request at which Belvo has failed, where the next attempt was in vain.
    """
    match then:
        case Answer():
            told = f" answered {then.status}"
        case TransportError():
            told = f": {then.reason}"
        case _:
            told = f": {then.problem}"
    return UncertainOutcomeError(request=str(request), reason=f"Belvo failed, and then{told}", sent=True)
