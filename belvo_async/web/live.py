"""
Who looks at a flow is told that it went on: one listener and one poll for all pages of a process.
"""

from __future__ import annotations

import asyncio
import logging

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final

import anyio

from belvo_async.errors import StoreError
from belvo_async.stores.record import FlowRecord
from belvo_async.stores.store import FLOW, Store


LOGGER: Final = logging.getLogger("belvo_async.web")

POLL: Final = 2.0
"""Seconds between two looks, for what no wake tells of: a deadline that passes, a wake that got lost."""


class Live:
    """
    Watches flows of a store. Belongs to the event loop of its first use.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._closed = False

    async def changes(
        self, flow: str, state_of: Callable[[FlowRecord | None], str]
    ) -> AsyncGenerator[str | None]:
        """
        Yield what *state_of* says of the flow, whenever that differs; and `None` when there was nothing for a while. It ends
        when the store or this is closed.
        """
        told: str | None = None
        async with self._listening(flow) as bell:
            while not self._closed:
                bell.clear()
                try:
                    state = state_of(await self._store.look(flow))
                except StoreError as error:
                    LOGGER.warning("flow %s: the store does not answer: %s", flow, error)
                    return
                yield None if state == told else state
                told = state
                await bell.wait()

    async def aclose(self) -> None:
        """
        End all that watch.
        """
        self._closed = True
        self._ring()

    def _ring(self, flow: str | None = None) -> None:
        for bells in list(self._bells.values()) if flow is None else [self._bells.get(flow, set())]:
            for bell in bells:
                bell.set()

    @asynccontextmanager
    async def _listening(self, flow: str) -> AsyncGenerator[asyncio.Event]:
        bell = asyncio.Event()
        self._bells.setdefault(flow, set()).add(bell)
        if not self._tasks:
            self._tasks = (asyncio.create_task(self._hear()), asyncio.create_task(self._poll()))
        try:
            yield bell
        finally:
            self._bells[flow].discard(bell)
            if not self._bells[flow]:
                del self._bells[flow]
            if not self._bells:
                tasks, self._tasks = self._tasks, ()
                for task in tasks:
                    task.cancel()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait(tasks)

    async def _hear(self) -> None:
        try:
            async with aclosing(self._store.rows.wakes()) as wakes:
                async for key in wakes:
                    if key.startswith(FLOW):
                        self._ring(key.removeprefix(FLOW))
        except StoreError:  # it was closed
            await self.aclose()

    async def _poll(self) -> None:
        while True:
            await self._store.clock.sleep(POLL)
            self._ring()
