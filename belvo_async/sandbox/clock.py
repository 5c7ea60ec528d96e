"""
What the sandbox knows about time.

Every decision about time reads a `Clock`, so a test can let minutes pass at once.
"""

from __future__ import annotations

import asyncio
import time

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """
    Where the sandbox reads the time.

    A clock may also have `async sleep(seconds)`. Where it has one, the sandbox waits with it
    (`latency`, slow faults); otherwise it waits real seconds.
    """

    def monotonic(self) -> float:
        """
        Return seconds on a scale that never jumps back.
        """
        ...

    def now(self) -> datetime:
        """
        Return the aware time.
        """
        ...


class SystemClock:
    """
    The clock of the machine.
    """

    def monotonic(self) -> float:
        """
        Return seconds on a scale that never jumps back.
        """
        return time.monotonic()

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        return datetime.now(UTC)


async def wait(clock: Clock, seconds: float) -> None:
    """
    Wait *seconds* by *clock* if it can, else by the event loop.
    """
    await getattr(clock, "sleep", asyncio.sleep)(seconds)


def stamp(clock: Clock) -> str:
    """
    Return the time as Belvo writes it: UTC, microseconds, `Z`.
    """
    return clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
