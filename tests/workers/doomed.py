"""
A worker that is killed at one exact point of its work. Started by `test_kills.py`, a process for each point.

Points are counted in what a worker does to the outside: each use of the store, and the requests. At the one that is
named it kills itself, as nobody can prevent: before the store or Belvo has seen it, or after, when no answer has come back.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Final, NoReturn, TypeVar

from belvo_async import BelvoClient
from belvo_async.stores import Row, Rows, Seen, SQLiteStore
from belvo_async.workers import Leases, resume_flow, start_flow


T = TypeVar("T")

FLOW: Final = "order-17"

LEASES: Final = Leases(lease=0.6, patience=1.5, interval=0.2)


def die() -> NoReturn:
    """
    Be gone at once.
    """
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


class DoomedRows(Rows):
    """
    Rows of another store, until the point is reached.

    Args:
        inner: The other store's.

        point: `before swap 2`: the second swap is not made. `after swap 2`: it is, and nobody is told.
    """

    def __init__(self, inner: Rows, point: str) -> None:
        self._inner = inner
        self._point = point
        self._counted = {"read": 0, "swap": 0}

    async def read(self, key: str) -> Seen:
        """
        Read, or die.
        """
        return await self._done("read", lambda: self._inner.read(key))

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Swap, or die.
        """
        return await self._done("swap", lambda: self._inner.swap(key, row, version=version, wake=wake))

    async def due(self, *, within: float, limit: int, after: float = float("-inf")) -> Sequence[str]:
        """
        Not used by a worker.
        """
        raise NotImplementedError

    def wakes(self) -> AsyncGenerator[str]:
        """
        Not used by a worker.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        """
        Close the other store.
        """
        await self._inner.aclose()

    async def _done(self, what: str, act: Callable[[], Awaitable[T]]) -> T:
        self._counted[what] += 1
        here = f"{what} {self._counted[what]}"
        if self._point == f"before {here}":
            die()
        done = await act()
        if self._point == f"after {here}":
            die()
        return done


async def work(folder: str, url: str, job: str, point: str) -> None:
    """
    Do *job* until *point*.
    """
    store = SQLiteStore(folder)
    store.rows = DoomedRows(store.rows, point)
    async with store, BelvoClient("sandbox-id", "sandbox-password", base_url=url, retry=None) as client:

        async def settle(_: Any) -> None:
            if point == "in settle":
                die()

        if job == "start":
            await start_flow(store, FLOW, registration(client), settle=settle, leases=LEASES)
        else:
            await resume_flow(store, FLOW, client, settle=settle, leases=LEASES)


def registration(client: BelvoClient) -> Any:
    """
    Return the call that the flow begins with.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=FLOW)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
