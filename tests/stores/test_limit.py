"""
A limit that several processes share through their store, on all stores.
"""

from __future__ import annotations

import asyncio

import pytest

from stores.conftest import STORES, Make

from belvo_async import BelvoClient
from belvo_async.errors import StoreError
from belvo_async.sandbox import Sandbox
from belvo_async.settings import RateLimit
from belvo_async.stores import Memory, MemoryStore, Row, SharedLimit, Store
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

LIMIT = RateLimit(requests=5, seconds=60.0)


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.mark.parametrize("kind", STORES)
async def test_all_processes_together_stay_below_it(make: Make) -> None:
    """
    Of many that ask at once, from several processes, as many may send as the limit allows; the others are told when.
    """
    async with make() as one, make() as two:
        limits = [SharedLimit(store, LIMIT, "crowd") for store in (one, two)]
        waits = await asyncio.gather(*(limit.take() for limit in limits * 20))

        assert 5 == waits.count(0.0)
        assert all(50.0 < wait <= 61.3 for wait in waits if wait)


@pytest.mark.parametrize("kind", STORES)
async def test_names_keep_them_apart(make: Make) -> None:
    """
    Who sends from another address has a limit of its own.
    """
    async with make() as store:
        here = [await SharedLimit(store, RateLimit(requests=1, seconds=60.0), "here").take() for _ in "ab"]
        there = await SharedLimit(store, RateLimit(requests=1, seconds=60.0), "there").take()

        assert [True, False] == [wait == 0.0 for wait in here]
        assert 0.0 == there


async def test_the_window_moves(clock: ManualClock) -> None:
    """
    After the seconds that it named there is one place, for the oldest request has left the window.
    """
    limit = SharedLimit(MemoryStore(clock=clock), LIMIT)
    for _ in range(5):
        assert 0.0 == await limit.take()
        await clock.advance(1)

    wait = await limit.take()
    await clock.advance(wait)

    assert [0.0, True] == [await limit.take(), await limit.take() > 0]


async def test_a_row_of_somebody_else_is_named(clock: ManualClock) -> None:
    """
    What lies at its key and is no window is a failure of the store, and nothing is sent.
    """
    store = MemoryStore(clock=clock)
    await store.rows.swap("limit:belvo", Row(1, "no window", None, 1e12), version=0)

    with pytest.raises(StoreError, match="no limit"):
        await SharedLimit(store).take()


async def test_clients_of_two_processes_wait_for_each_other(clock: ManualClock) -> None:
    """
    A client that is given it sends no more than is left by the others.
    """
    memory = Memory()
    stores: list[Store] = [MemoryStore(memory, clock=clock) for _ in "ab"]
    async with Sandbox(clock=clock) as sandbox:
        clients = [
            BelvoClient(
                sandbox.secret_id,
                sandbox.secret_password,
                base_url=sandbox.url,
                clock=clock,
                rate_limit=SharedLimit(store, LIMIT),
            )
            for store in stores
        ]
        asked = [
            asyncio.create_task(anext(aiter(client.institutions.list())))
            for client in clients
            for _ in "abcd"
        ]
        async with asyncio.timeout(10):
            while sum(one.done() for one in asked) < 5 or not clock.sleeping:
                await asyncio.sleep(0)
        sent = sandbox.counts["GET /api/institutions/"]
        await clock.advance(62)
        await asyncio.wait_for(asyncio.gather(*asked), 10)
        for client in clients:
            await client.aclose()

        assert (5, 8) == (sent, sandbox.counts["GET /api/institutions/"])
