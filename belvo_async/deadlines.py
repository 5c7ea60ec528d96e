"""
Many deadlines, one timer.

A hundred thousand parked sessions must not mean as many timers in the event loop. Here they are a heap, and only
the earliest has one. What is called off stays in the heap until half of it is dead wood.
"""

from __future__ import annotations

import heapq

from collections.abc import Callable
from itertools import count
from typing import Final

from belvo_async.clock import Clock, Timer


FEWEST_TO_SWEEP: Final = 64
"""Deadlines, below which the dead wood among them does not matter."""


class Deadline:
    """
    A call that is due at a time, unless it is called off.
    """

    __slots__ = ("_deadlines", "callback")

    def __init__(self, deadlines: Deadlines, callback: Callable[[], object]) -> None:
        self._deadlines = deadlines
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """
        Call it off. Harmless when it has happened already.
        """
        if self.callback is not None:
            self.callback = None
            self._deadlines.forget()


class Deadlines:
    """
    The deadlines of one client.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Deadline]] = []
        self._order = count()
        self._cancelled = 0
        self._timer: Timer | None = None
        self._timer_at = 0.0

    def __len__(self) -> int:
        return len(self._heap) - self._cancelled

    def at(self, when: float, callback: Callable[[], object]) -> Deadline:
        """
        Call *callback* in the running event loop once the clock's `monotonic()` reaches *when*.
        """
        deadline = Deadline(self, callback)
        heapq.heappush(self._heap, (when, next(self._order), deadline))
        self._arm()
        return deadline

    def forget(self) -> None:
        """
        One of the deadlines was called off.
        """
        self._cancelled += 1
        if self._cancelled == len(self._heap):
            self._heap.clear()
            self._cancelled = 0
            self._arm()
        elif self._cancelled * 2 > len(self._heap) > FEWEST_TO_SWEEP:
            self._heap = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0
            self._arm()

    def _arm(self) -> None:
        """
        Make the timer wait for the earliest, if there is one.
        """
        if self._timer is not None and self._heap and self._timer_at <= self._heap[0][0]:
            return  # it rings early enough, and arms itself again
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._timer_at = self._heap[0][0]
            self._timer = self._clock.call_at(self._timer_at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        try:
            while self._heap and self._heap[0][0] <= now:
                deadline = heapq.heappop(self._heap)[2]
                callback, deadline.callback = deadline.callback, None
                if callback is None:
                    self._cancelled -= 1
                else:
                    callback()
        finally:
            self._arm()  # also for the rest of what is due, should a callback raise
