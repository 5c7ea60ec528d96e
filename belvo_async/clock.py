"""
The clock that everything else reads: one for deadlines, one for the calendar, and a way to wait.

Nothing in the library asks the system for the time except here, so that a test (or a demo) can set it.
"""

from __future__ import annotations

import asyncio
import time

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, Protocol


class Timer(Protocol):
    """
    A call that is due later and can be called off.
    """

    def cancel(self) -> None:
        """
        Call it off. Harmless when it has happened already.
        """


class Clock(Protocol):
    """
    What the library needs to know about time. Give your own as `BelvoClient(clock=…)`.
    """

    def monotonic(self) -> float:
        """
        Return seconds on a scale that never jumps.
        """
        ...

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """
        Call *callback* in the running event loop once `monotonic()` reaches *when*.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """
        Wait, cancellably.
        """


class SystemClock:
    """
    The clock of the machine.
    """

    def __repr__(self) -> str:
        return "SystemClock()"

    def monotonic(self) -> float:
        """
        Return seconds on a scale that never jumps.
        """
        return time.monotonic()

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        return datetime.now(UTC)

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """
        Call *callback* in the running event loop once `monotonic()` reaches *when*.
        """
        return asyncio.get_running_loop().call_later(max(0.0, when - time.monotonic()), callback)

    async def sleep(self, seconds: float) -> None:
        """
        Wait, cancellably.
        """
        await asyncio.sleep(seconds)


SYSTEM_CLOCK = SystemClock()


class Moment(NamedTuple):
    """
    Both clocks, read at once.

    Attributes:
        monotonic: Seconds; only differences mean anything, and only in this process.

        instant: Aware UTC time; goes into tickets and what users see.
    """

    # No attrs class: one is made for every step of every session.

    monotonic: float
    instant: datetime


def moment(clock: Clock) -> Moment:
    """
    Read *clock*.
    """
    return Moment(clock.monotonic(), clock.now())
