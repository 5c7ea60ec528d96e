"""
A clock that stands still until it is told to go on.
"""

from __future__ import annotations

import asyncio
import heapq

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import attrs


@attrs.define(eq=False)
class _Timer:
    callback: Callable[[], object] | None

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """
    Time for tests: give it to `BelvoClient(clock=…)` and to `Sandbox(clock=…)`, and no test has to wait.

        clock = ManualClock()
        ...
        await clock.advance(600)  # every deadline of the next ten minutes has passed

    Args:
        start: What `now()` returns at first.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._seconds = 0.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = count()

    def __repr__(self) -> str:
        return f"<ManualClock {self.now():%Y-%m-%dT%H:%M:%SZ}>"

    def monotonic(self) -> float:
        """
        Return the seconds since it was made.
        """
        return self._seconds

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        return self._start + timedelta(seconds=self._seconds)

    def call_at(self, when: float, callback: Callable[[], object]) -> _Timer:
        """
        Call *callback* when `advance()` gets to *when*.
        """
        timer = _Timer(callback)
        heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        """
        Wait until `advance()` has gone on by *seconds*.
        """
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_at(self._seconds + seconds, lambda: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()

    @property
    def sleeping(self) -> int:
        """
        How many calls and sleepers wait for it.
        """
        return sum(timer.callback is not None for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """
        Go on by *seconds*, call what is due on the way, and let the tasks that it wakes run.
        """
        end = self._seconds + seconds
        await _settle()
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._seconds = max(self._seconds, when)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
                await _settle()
        self._seconds = end
        await _settle()


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


async def _settle() -> None:
    """
    Let every task that can go on do so until it waits for something else.
    """
    for _ in range(10):
        await asyncio.sleep(0)
