"""
A clock that stands still until it is told to go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import threading
import time

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import attrs


TURNS: Final = 10
"""So often an event loop goes round until its tasks are taken to wait for something else."""

PATIENCE: Final = 1.0
"""Real seconds that the tasks of another thread get to take notice. One that blocks must not hold up the clock."""

BLINK: Final = 0.001
"""Real seconds between two looks at the other thread."""


@attrs.define(eq=False)
class _Timer:
    callback: Callable[[], object] | None
    loop: asyncio.AbstractEventLoop | None

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """
    Time for tests: give it to `BelvoClient(clock=…)` and to `Sandbox(clock=…)`, and no test has to wait.

        clock = ManualClock()
        ...
        await clock.advance(600)  # every deadline of the next ten minutes has passed

    Event loops in several threads may share one. What is due is called in the loop that asked for it.

    Args:
        start: What `now()` returns at first.

        jumps: Whether a wait is over at once, and moves the clock on by as much: the retries of a client, a slow
            bank, a webhook that is repeated. Deadlines do not count as waits. May be changed at any time. What
            waits again and again without an end, such as a worker that polls, must not have such a clock.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, jumps: bool = False) -> None:
        self.jumps = jumps
        self._start = start
        self._seconds = 0.0
        self._followed: float | None = None
        self._timers: list[tuple[float, int, _Timer]] = []
        self._order = count()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<ManualClock {self.now():%Y-%m-%dT%H:%M:%SZ}>"

    def monotonic(self) -> float:
        """
        Return the seconds since it was made.
        """
        if self._followed is None:
            return self._seconds
        return self._seconds + time.monotonic() - self._followed

    def now(self) -> datetime:
        """
        Return the aware time in UTC.
        """
        return self._start + timedelta(seconds=self.monotonic())

    def call_at(self, when: float, callback: Callable[[], object]) -> _Timer:
        """
        Call *callback* when `advance()` gets to *when*.
        """
        timer = _Timer(callback, _running_loop())
        with self._lock:
            heapq.heappush(self._timers, (when, next(self._order), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        """
        Wait until `advance()` has gone on by *seconds*; a clock that jumps does so itself.
        """
        if self.jumps:
            await self.advance(max(0.0, seconds))
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_at(self.monotonic() + seconds, lambda: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()

    def follow(self) -> None:
        """
        Take the machine's time, and go with it from now on. `advance()` still goes further.

        For tests of what has a clock of its own, such as a service in another process. What is due meanwhile is
        called by the next `advance()`. It never goes back: a clock that is ahead of the machine's stays so.
        """
        behind = (datetime.now(UTC) - self.now()).total_seconds()
        self._seconds = self.monotonic() + max(0.0, behind)
        self._followed = time.monotonic()

    @property
    def sleeping(self) -> int:
        """
        How many calls and sleepers wait for it.
        """
        with self._lock:
            return sum(timer.callback is not None for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """
        Go on by *seconds*, call what is due on the way, and let the tasks that it wakes run.

        In a test that is no coroutine: `belvo_sandbox.run(belvo_clock.advance(600))`.
        """
        end = self.monotonic() + seconds
        await _settle()
        while (timer := self._next(end)) is not None:
            callback, timer.callback = timer.callback, None
            if callback is not None:
                await _call(callback, timer.loop)
        self._go_to(end)
        await _settle()

    def _next(self, end: float) -> _Timer | None:
        """
        Take out what is due first, until *end*, and go on to its time.
        """
        with self._lock:
            if not self._timers or self._timers[0][0] > end:
                return None
            when, _, timer = heapq.heappop(self._timers)
        self._go_to(when)
        return timer

    def _go_to(self, when: float) -> None:
        with self._lock:
            if self._followed is None:
                self._seconds = max(self._seconds, when)  # to the digit, as deadlines are compared
            else:
                self._seconds += max(0.0, when - self.monotonic())


async def _call(callback: Callable[[], object], loop: asyncio.AbstractEventLoop | None) -> None:
    """
    Call *callback* in the *loop* that asked for it, and let the tasks there run.
    """
    if loop is None or loop is asyncio.get_running_loop():
        callback()
        await _settle()
    elif not loop.is_closed():
        await _call_there(callback, loop)


async def _call_there(callback: Callable[[], object], loop: asyncio.AbstractEventLoop) -> None:
    settled = threading.Event()

    def turn(left: int) -> None:
        if left:
            loop.call_soon(turn, left - 1)
        else:
            settled.set()

    with contextlib.suppress(RuntimeError):  # it was closed this moment
        loop.call_soon_threadsafe(callback)
        loop.call_soon_threadsafe(turn, TURNS)
    ends = time.monotonic() + PATIENCE
    while not settled.is_set() and loop.is_running() and time.monotonic() < ends:  # noqa: ASYNC110 - of another thread
        await asyncio.sleep(BLINK)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


async def _settle() -> None:
    """
    Let every task that can go on do so until it waits for something else.
    """
    for _ in range(TURNS):
        await asyncio.sleep(0)
