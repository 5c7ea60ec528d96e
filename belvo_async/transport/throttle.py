"""
Keeps below Belvo's limit: so many requests in any span of so many seconds.

The moving window is pyrate-limiter's; the clock and the waiting are ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import weakref

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from belvo_async.clock import Clock
from belvo_async.errors import TransportError
from belvo_async.messages import Answer, Request
from belvo_async.observer import RATE_LIMIT, Observer
from belvo_async.settings import Limiter, RateLimit
from belvo_async.transport import Transport


if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket, Rate


MARGIN: Final = 1.02
"""Requests do not take the same time to arrive: the window is a little longer here than at Belvo."""

_shared: weakref.WeakValueDictionary[tuple[str, str, RateLimit], InMemoryBucket] = (
    weakref.WeakValueDictionary()
)


def shared_bucket(base_url: str, authorization: str, limit: RateLimit) -> InMemoryBucket:
    """
    Return the window that all clients of this process with these keys share.
    """
    from pyrate_limiter import InMemoryBucket  # noqa: PLC0415 - many programs have no limit

    key = (base_url, hashlib.sha256(authorization.encode()).hexdigest(), limit)
    bucket = _shared.get(key)
    if bucket is None:
        bucket = InMemoryBucket([rate_of(limit)])
        _shared[key] = bucket
    return bucket


def rate_of(limit: RateLimit) -> Rate:
    """
    Return the window of a limit, in pyrate-limiter's words: milliseconds.
    """
    from pyrate_limiter import Rate  # noqa: PLC0415 - many programs have no limit

    return Rate(limit.requests, math.ceil(limit.seconds * 1000 * MARGIN))


class Window:
    """
    A limit within this process. See `settings.Limiter`.
    """

    def __init__(self, bucket: InMemoryBucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock

    async def take(self) -> float:
        """
        Take a place in the window and return 0, or return the seconds until there may be one.
        """
        from pyrate_limiter import RateItem  # noqa: PLC0415 - loaded already, with the bucket

        now = int(self._clock.monotonic() * 1000)
        self._bucket.leak(now)
        item = RateItem("belvo", now)
        if self._bucket.put(item):
            return 0.0
        return max(cast(int, self._bucket.waiting(item)), 1) / 1000  # a bucket in memory answers at once


class ThrottledTransport:
    """
    Sends through another transport, not more often than the limit allows. Who comes first is sent first.
    """

    def __init__(
        self,
        inner: Transport,
        limiter: Limiter,
        clock: Clock,
        observer: Observer | None = None,
        check_usable: Callable[[], None] = lambda: None,
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._clock = clock
        self._observer = observer
        self._check_usable = check_usable
        self._turn = asyncio.Lock()

    async def send(self, request: Request) -> Answer:
        """
        Send *request* when its turn has come. See `Transport.send()`.
        """
        self._check_usable()  # the lock belongs to an event loop, and has its own words for it
        began = 0.0 if self._observer is None else self._clock.monotonic()
        waited = self._turn.locked()
        try:
            async with self._turn:
                while (wait := await self._asked(request)) > 0:
                    waited = True
                    if self._observer is not None:
                        self._observer.throttled(request, wait)
                    await self._clock.sleep(wait)
        finally:
            if waited and self._observer is not None:
                self._observer.waited(request, self._clock.monotonic() - began, RATE_LIMIT)
        return await self._inner.send(request)

    async def _asked(self, request: Request) -> float:
        """
        Return the seconds that *request* has to wait, by the limiter: one of the caller's may fail.
        """
        try:
            return await self._limiter.take()
        except Exception as error:
            reason = f"the limiter failed ({type(error).__name__})"
            raise TransportError(request=str(request), reason=reason) from error
