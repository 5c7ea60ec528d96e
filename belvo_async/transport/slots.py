"""
How many requests are under way at once.

`asyncio.Semaphore` does the same; this one takes a free slot without a word, which is what nearly every request does.
"""

from __future__ import annotations

import asyncio

from collections import deque


class Slots:
    """
    So many slots, given in the order of arrival.
    """

    def __init__(self, number: int) -> None:
        self.free = number
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """
        How many wait for a slot.
        """
        return sum(not place.done() for place in self._waiting)

    def take(self) -> bool:
        """
        Take a slot if there is a free one; return whether there was. Give it back by `release()`.
        """
        if self.free:  # then nobody waits
            self.free -= 1
            return True
        return False

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - its end is no error here
        """
        Wait for a slot, at most *timeout* seconds; return whether there is one. Give it back by `release()`.
        """
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(timeout):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.release()  # it was given one in the moment it was cancelled
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def release(self) -> None:
        """
        Give a slot back: to who has waited longest, if somebody does.
        """
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self.free += 1
