"""
Flows in the memory of one process: for tests, demos, and services that are one process.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncGenerator, Sequence
from math import inf

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import StoreError
from belvo_async.stores.store import ABSENT, KEPT, Row, Rows, Seen, Store


@attrs.define(eq=False)
class Memory:
    """
    What several stores of one process can share, as they would share a server.
    """

    rows: dict[str, Row] = attrs.field(factory=dict, repr=False)
    listening: set[asyncio.Queue[str | None]] = attrs.field(factory=set, repr=False)


class MemoryStore(Store):
    """
    Flows in the memory of this process. They end with it.

    Args:
        memory: Where they lie; by default nobody else sees them.

        keys: As for every `Store`.

        keep: Seconds for which a flow can be looked at after its end.

        clock: All time is this clock's, so that a test can set it.
    """

    def __init__(
        self,
        memory: Memory | None = None,
        *,
        keys: Sequence[str | bytes] = (),
        keep: float = KEPT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(MemoryRows(memory or Memory(), clock), keys=keys, keep=keep, clock=clock)


class MemoryRows(Rows):
    """
    Rows in a dictionary.
    """

    def __init__(self, memory: Memory, clock: Clock) -> None:
        self._clock = clock
        self._memory = memory
        self._listening: set[asyncio.Queue[str | None]] = set()
        self._closed = False

    async def read(self, key: str) -> Seen:
        """
        Return the row at *key*, and the time.
        """
        self._check_open()
        now = self._now()
        row = self._memory.rows.get(key)
        if row is not None and now >= row.forget_at:
            del self._memory.rows[key]
            row = None
        return Seen(row, now)

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put *row* at *key*, if there is one of *version* now.
        """
        if (await self.read(key)).version != version:
            return False
        if row is not None:
            self._memory.rows[key] = row
        elif version != ABSENT:
            del self._memory.rows[key]
        if wake:
            for queue in self._memory.listening:
                queue.put_nowait(key)
        return True

    async def due(self, *, within: float, limit: int, after: float = -inf) -> Sequence[str]:
        """
        Return the keys of the rows that are due in so many seconds.
        """
        self._check_open()
        now, rows = self._now(), self._memory.rows
        for key in [key for key, row in rows.items() if now >= row.forget_at]:
            del rows[key]
        due = [(row.due_at, key) for key, row in rows.items() if row.due_at is not None]
        return [key for due_at, key in sorted(due) if now + after < due_at <= now + within][:limit]

    async def wakes(self) -> AsyncGenerator[str]:
        """
        Yield the keys of rows that were swapped with `wake`.
        """
        self._check_open()
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._listening.add(queue)
        self._memory.listening.add(queue)
        try:
            while (key := await queue.get()) is not None:
                yield key
            self._check_open()
        finally:
            self._listening.discard(queue)
            self._memory.listening.discard(queue)

    async def aclose(self) -> None:
        """
        See no more of it.
        """
        self._closed = True
        for queue in self._listening:
            queue.put_nowait(None)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(problem="the store was closed")

    def _now(self) -> float:
        return self._clock.now().timestamp()
