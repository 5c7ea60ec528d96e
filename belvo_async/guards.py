"""
What keeps one client from answering a challenge twice, and from two calls for one link at a time.

Across processes this is the work of the stores.
"""

from __future__ import annotations

import asyncio

from collections import deque
from collections.abc import Hashable
from typing import Final, Protocol

from belvo_async.clock import Clock
from belvo_async.errors import SessionStateError


REMEMBERED_SECONDS: Final = 24 * 3600.0
"""How long an answered challenge is remembered; none lives so long."""


class Answered:
    """
    The challenges to which an answer may have been sent.

    Two sessions can hold the same challenge when a ticket is used twice. Only the first may answer it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[Hashable, float] = {}  # in the order of time

    def __len__(self) -> int:
        return len(self._since)

    def __contains__(self, challenge: Hashable) -> bool:
        return challenge in self._since

    def add(self, challenge: Hashable) -> None:
        """
        *challenge* is about to be answered.
        """
        now = self._clock.monotonic()
        self._forget_before(now - REMEMBERED_SECONDS)
        self._since[challenge] = now

    def discard(self, challenge: Hashable) -> None:
        """
        The answer to *challenge* provably never left.
        """
        self._since.pop(challenge, None)

    def _forget_before(self, instant: float) -> None:
        while self._since and self._since[oldest := next(iter(self._since))] < instant:
            del self._since[oldest]


class Holder(Protocol):
    """
    What holds a link.
    """

    def holds_up(self, task: asyncio.Task[object] | None) -> bool:
        """
        Whether waiting for it in *task* would be for ever, because *task* itself has to go on first.
        """
        ...


class Links:
    """
    The links for which Belvo works, or waits for a user, on behalf of this client.

    Belvo refuses a second call for a link meanwhile (`too_many_sessions`), so it waits here.
    """

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._waiting: dict[str, deque[tuple[asyncio.Future[None], Holder]]] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def is_busy(self, link: str) -> bool:
        """
        Whether a call for *link* would have to wait.
        """
        return link in self._holders

    def claim(self, link: str, holder: Holder) -> bool:
        """
        Take *link* if it is free; return whether it is *holder*'s now.
        """
        return self._holders.setdefault(link, holder) is holder

    async def acquire(self, link: str, holder: Holder) -> None:
        """
        Take *link*, waiting for it in the order of arrival. Give it back by `release()`.

        Raises:
            SessionStateError: It is held by a challenge that this very task has to answer first.
        """
        if link not in self._waiting and self.claim(link, holder):
            return
        if self._holders[link].holds_up(asyncio.current_task()):
            raise SessionStateError(
                asked=f"a call for link {link}",
                state="CHALLENGED (another session for this link, in this task)",
                remedy="answer that challenge first, or suspend() or cancel() its session",
            )
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(link, deque())
        queue.append((place, holder))
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._leave(link, place)
            else:
                self._pass_on(link)  # it was given the link in the moment it was cancelled
            raise

    def release(self, link: str, holder: Holder) -> None:
        """
        Give *link* back, if *holder* has it.
        """
        if self._holders.get(link) is holder:
            self._pass_on(link)

    def _pass_on(self, link: str) -> None:
        queue = self._waiting.get(link, deque())
        while queue:
            place, holder = queue.popleft()
            if not place.done():
                self._holders[link] = holder
                place.set_result(None)
                break
        else:
            del self._holders[link]
        if not queue:
            self._waiting.pop(link, None)

    def _leave(self, link: str, place: asyncio.Future[None]) -> None:
        left = deque(entry for entry in self._waiting.get(link, ()) if entry[0] is not place)
        if left:
            self._waiting[link] = left
        else:
            self._waiting.pop(link, None)
