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
from belvo_async.mfa.challenge import UNKNOWN_ROUND


REMEMBERED_SECONDS: Final = 24 * 3600.0
"""How long an answered challenge is remembered whose deadline is not known; none lives so long."""

FIRST_ROUND: Final = 1

FEWEST_TO_SWEEP: Final = 1_000
"""Challenges, below which it does not matter that some are remembered longer than need be."""


class Answered:
    """
    The challenges to which an answer may have been sent.

    Two sessions can hold the same challenge when a ticket is used twice. Only the first may answer it. Past its
    deadline no session answers it, so it need not be remembered any longer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}  # nearly in the order of time
        self._many = FEWEST_TO_SWEEP

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, challenge: Hashable) -> bool:
        return self._clock.monotonic() <= self._until.get(challenge, -1.0)

    def add(self, challenge: Hashable, deadline: float | None = None) -> None:
        """
        *challenge* is about to be answered; *deadline* is when it ends, in monotonic seconds, if that is known.
        """
        now = self._clock.monotonic()
        self._forget_before(now)
        self._until[challenge] = now + REMEMBERED_SECONDS if deadline is None else deadline

    def discard(self, challenge: Hashable) -> None:
        """
        The answer to *challenge* provably never left.
        """
        self._until.pop(challenge, None)

    def _forget_before(self, instant: float) -> None:
        while self._until and self._until[oldest := next(iter(self._until))] < instant:
            del self._until[oldest]
        if len(self._until) > self._many:
            # One that is remembered for long has kept others behind it.
            self._until = {name: until for name, until in self._until.items() if until >= instant}
            self._many = max(FEWEST_TO_SWEEP, 2 * len(self._until))


def is_answered(answered: Answered, session: str, round_: int) -> bool:
    """
    Whether an answer to this challenge may have been sent.

    Belvo may keep the id of an MFA session for the next challenge, and then the round tells them apart. One of which
    only the ids are known may be any of them: it counts as answered if one is, and the others if it is.
    """
    if round_ == UNKNOWN_ROUND:
        return session in answered
    if round_ == FIRST_ROUND and session in answered:
        return True
    return (session, round_) in answered or (session, UNKNOWN_ROUND) in answered


def mark_answered(answered: Answered, session: str, round_: int, deadline: float | None) -> None:
    """
    The challenge is about to be answered.
    """
    answered.add(session, deadline)
    if round_ != FIRST_ROUND:  # most are, and need no second name
        answered.add((session, round_), deadline)


def unmark_answered(answered: Answered, session: str, round_: int) -> None:
    """
    The answer to the challenge provably never left.
    """
    for key in (session, (session, round_), (session, UNKNOWN_ROUND)):
        answered.discard(key)


def reopen(answered: Answered, session: str) -> None:
    """
    A new challenge has come, perhaps of an MFA session of which one was answered: it is open, the one before is not.
    """
    if session in answered:
        answered.add((session, FIRST_ROUND))
        for key in (session, (session, UNKNOWN_ROUND)):
            answered.discard(key)


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
        if self.claim(link, holder):
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
        except BaseException:  # cancelled, or its coroutine was closed
            if place.cancelled() or not place.done():
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
