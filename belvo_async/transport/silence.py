"""
Seconds without an answer, for many requests, by one timer.

Those that wait equally long give up in the order in which they began, so a timer for the first of them is enough, and a
request that is answered costs none.
"""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from typing import Final, Generic, TypeVar


K = TypeVar("K")

KEPT: Final = 8
"""Timers that stay for the next request of their kind. Calls may have timeouts of their own, each of another length."""


class Silences(Generic[K]):
    """
    Who waits for an answer, and for how long.

    Args:
        give_up: Called with who has waited for too long.
    """

    def __init__(self, give_up: Callable[[K], None]) -> None:
        self._give_up = give_up
        self._queues: dict[float, _Queue[K]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def begin(self, who: K, seconds: float) -> None:
        """
        *who* waits from now on, *seconds* at most.
        """
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = _Queue(asyncio.get_running_loop(), seconds)
        queue.since[who] = queue.loop.time()
        if queue.timer is None:
            queue.timer = queue.loop.call_later(seconds, self._ring, queue)

    def end(self, who: K, seconds: float) -> None:
        """
        *who* does not wait any more. Harmless if that was so before.
        """
        queue = self._queues.get(seconds)
        if queue is not None:
            queue.since.pop(who, None)
            if not queue.since and len(self._queues) > KEPT:
                queue.stop()
                del self._queues[seconds]

    def clear(self) -> None:
        """
        Nobody waits any more.
        """
        for queue in self._queues.values():
            queue.stop()
        self._queues.clear()

    def _ring(self, queue: _Queue[K]) -> None:
        queue.timer = None
        now = queue.loop.time()
        while queue.since:
            who, since = next(iter(queue.since.items()))
            if since + queue.seconds > now:
                queue.timer = queue.loop.call_at(since + queue.seconds, self._ring, queue)
                return
            del queue.since[who]
            self._give_up(who)
        del self._queues[queue.seconds]


class _Queue(Generic[K]):
    """
    Those who wait equally long, the first one first.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        self.seconds = seconds
        self.since: dict[K, float] = {}
        self.timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """
        Its timer does not ring any more.
        """
        if self.timer is not None:
            self.timer.cancel()

    def __len__(self) -> int:
        return len(self.since)
