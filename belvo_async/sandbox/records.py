"""
What the sandbox remembers of what it saw, for tests and demos to compare with what the client thinks.
"""

from __future__ import annotations

import asyncio

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.faults import Fault


ChallengeOutcome = Literal["open", "answered", "rejected", "refused", "expired", "dropped"]


@attrs.frozen
class Seen:
    """
    One request that reached the sandbox.

    Attributes:
        method: The HTTP method.

        path: As sent, without the query.

        query: Names and values; of a repeated name, the last.

        body: The JSON object, nothing hidden (this is a test server); `None` if there was none.

        status: Of the answer, whether or not the client got it whole; `None` if there was none.

        at: When it arrived, by the clock of the sandbox.

        operation: Method and path, with `{id}` in the place of an id.

        fault: What was done to it, if anything.

        processed: Whether Belvo acted on it. False where a fault or the firewall kept it away.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Json | None
    status: int | None
    at: datetime
    operation: str
    fault: Fault | None = None
    processed: bool = True


@attrs.define(eq=False)
class ChallengeRecord:
    """
    What became of one challenge. A fresh 428, also one after a wrong token, is a new challenge.

    Attributes:
        session: As sent in the 428.

        link: Id of the link.

        operation: The call that was challenged: `POST /api/links/`. A further challenge of the same
            flow keeps it.

        round: 1 for the first challenge of the flow.

        patches: How many `PATCH` named its session, processed or not.

        outcome: `answered` (right token, or confirmed), `rejected` (wrong token, a fresh challenge
            followed), `refused` (login error), `expired`, `dropped` (the link was deleted).
    """

    session: str
    link: str
    operation: str
    round: int
    patches: int = 0
    outcome: ChallengeOutcome = "open"


class Recorder:
    """
    Counts every request and remembers the last *remember* of them.
    """

    def __init__(self, remember: int) -> None:
        self.requests: deque[Seen] = deque(maxlen=remember)
        self.counts: Counter[str] = Counter()
        self.total = 0
        self.in_flight = 0
        self.peak = 0
        self._news = asyncio.Event()

    def arrived(self, operation: str) -> None:
        """
        Count a request that has arrived. `left()` must follow.
        """
        self.counts[operation] += 1
        self.total += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self._news.set()

    def left(self) -> None:
        """
        Count a request as dealt with.
        """
        self.in_flight -= 1
        self._news.set()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """
        Wait until *condition* holds. It is asked again whenever a request has arrived or was dealt with.
        """
        while not condition():
            self._news.clear()
            await self._news.wait()
