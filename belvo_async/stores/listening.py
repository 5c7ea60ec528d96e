"""
What the stores on a server share: to which event loop one belongs, and one listener for all who listen.
"""

from __future__ import annotations

import asyncio
import logging
import os

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import anyio

from belvo_async.errors import StoreError


LOGGER: Final = logging.getLogger("belvo_async.stores")

PAUSES: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each attempt to listen again; the last one is repeated."""


AGAIN: Final = 0.1
"""Seconds until who does not stop listening is told once more."""


class Home:
    """
    The event loop and the process a store belongs to: those of its first use, until it is closed.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0
        self.is_closed = False

    def check(self) -> None:
        """
        Refuse what comes from elsewhere, or too late.

        Raises:
            StoreError: The store was closed, or belongs to another event loop or process.
        """
        loop = asyncio.get_running_loop()
        if self.is_closed:
            raise StoreError(problem="the store was closed")
        if self._loop is None:
            self._loop, self._process = loop, os.getpid()
        if self._process != os.getpid():
            raise StoreError(
                problem="the store was opened before the process was forked: make one in each process"
            )
        if self._loop is not loop:
            raise StoreError(problem="the store belongs to another event loop: make one in each event loop")


class Listening:
    """
    Everybody who listens in this process, by one connection to the server.

    Args:
        source: Yields the keys as the server tells them, and raises `StoreError` if it fails; then it is asked again.
    """

    def __init__(self, source: Callable[[], AsyncGenerator[str]], home: Home) -> None:
        self._source = source
        self._home = home
        self._boxes: set[_Box] = set()
        self._task: asyncio.Task[None] | None = None

    async def wakes(self) -> AsyncGenerator[str]:
        """
        Yield keys. See `Rows.wakes()`.
        """
        self._home.check()
        box = _Box()
        self._boxes.add(box)
        if self._task is None:
            self._task = asyncio.create_task(self._spread())
        try:
            while True:
                yield await box.take()
                self._home.check()
        finally:
            self._boxes.discard(box)
            if not self._boxes:
                await self._stop()

    async def aclose(self) -> None:
        """
        Whoever listens gets a `StoreError`.
        """
        for box in self._boxes:
            box.put(None)
        await self._stop()

    async def _stop(self) -> None:
        task, self._task = self._task, None
        with anyio.CancelScope(shield=True):
            while task is not None and not task.done():
                task.cancel()  # as often as it takes: redis-py loses one that comes while it looks at a connection
                await asyncio.wait({task}, timeout=AGAIN)

    async def _spread(self) -> None:
        failures = 0
        while True:
            try:
                async with aclosing(self._source()) as keys:
                    async for key in keys:
                        failures = 0
                        for box in self._boxes:
                            box.put(key)
            except Exception as error:  # noqa: BLE001 - whatever it is: nobody would notice a listener that has ended
                if not failures:
                    LOGGER.warning("cannot listen to the store, will go on trying: %s", error)
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1


class _Box:
    """
    The keys one listener has not taken yet. One that comes again meanwhile is kept once, so it cannot grow without end.
    """

    def __init__(self) -> None:
        self._keys: dict[str | None, None] = {}
        self._filled = asyncio.Event()

    def put(self, key: str | None) -> None:
        self._keys[key] = None
        self._filled.set()

    async def take(self) -> str:
        await self._filled.wait()
        if None in self._keys:
            raise StoreError(problem="the store was closed")
        key = next(iter(self._keys))
        del self._keys[key]
        if not self._keys:
            self._filled.clear()
        return key or ""
