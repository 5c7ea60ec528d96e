"""
A clock that can skip the minutes in which nothing happens.
"""

from __future__ import annotations

import asyncio
import time

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class _Timer:
    def __init__(self, clock: SkippingClock, when: float, callback: Callable[[], object]) -> None:
        self._clock = clock
        self._when = when
        self._callback = callback
        self._handle = self._armed()

    def _armed(self) -> asyncio.TimerHandle:
        delay = max(0.0, self._when - self._clock.monotonic())
        return asyncio.get_running_loop().call_later(delay, self._ring)

    def rearm(self) -> None:
        self._handle.cancel()
        self._handle = self._armed()

    def _ring(self) -> None:
        self._clock.timers.discard(self)
        self._callback()

    def cancel(self) -> None:
        self._clock.timers.discard(self)
        self._handle.cancel()


class SkippingClock:
    """
    The clock of the machine, ahead of it by what was skipped. For a client and a sandbox in one event loop.

    Deadlines come nearer by skipping. Who sleeps is not woken by it: work takes the time it takes.

    Attributes:
        timers: What is due later.
    """

    def __init__(self) -> None:
        self.timers: set[_Timer] = set()
        self._skipped = 0.0

    def monotonic(self) -> float:
        """
        Return seconds on a scale that never jumps back.
        """
        return time.monotonic() + self._skipped

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def call_at(self, when: float, callback: Callable[[], object]) -> _Timer:
        """
        Call *callback* in the running event loop once `monotonic()` reaches *when*.
        """
        timer = _Timer(self, when, callback)
        self.timers.add(timer)
        return timer

    async def sleep(self, seconds: float) -> None:
        """
        Wait so many seconds of the machine's, cancellably.
        """
        await asyncio.sleep(seconds)

    def skip(self, seconds: float) -> None:
        """
        Go on by *seconds* at once. What has become due is called soon, not in here.
        """
        self._skipped += seconds
        for timer in list(self.timers):
            timer.rearm()
