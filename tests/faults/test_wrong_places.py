"""
A client where it does not belong: another event loop, another thread, a forked child, or nobody's hands any more.

Each is told what to do, and nobody waits for ever.
"""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
import weakref

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from people import BANK, Later, careful

from belvo_async import BelvoClient, MfaState, RateLimit
from belvo_async.errors import BelvoError, ClientStateError
from belvo_async.sandbox import Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

PATIENCE = 10.0
"""Seconds after which something hangs."""


def make_client(sandbox: Sandbox, **options: Any) -> BelvoClient:
    """
    Return a client of *sandbox*.
    """
    return BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, **options)


CALLS: dict[str, Callable[[BelvoClient, str], Awaitable[object]]] = {
    "get": lambda client, link: client.links.get(link),
    "list": lambda client, _: client.links.list().to_list(),
    "check": lambda client, _: client.check(),
    "retrieve": lambda client, link: client.accounts.retrieve(
        link
    ),  # for a link that is busy in the first loop
    "register": lambda client, _: client.links.register(BANK, "mfa_default", "pass_valid"),
}


async def _in_a_thread(call: Awaitable[object]) -> BaseException | None:
    """
    Await *call* in an event loop of another thread; return what it raised.
    """

    async def attempt() -> BaseException | None:
        try:
            async with asyncio.timeout(PATIENCE):
                await call
        except (BelvoError, RuntimeError, TimeoutError) as error:
            return error
        return None

    return await asyncio.to_thread(lambda: asyncio.run(attempt()))


@pytest.mark.parametrize("name", [*CALLS])
async def test_a_client_shared_by_threads(name: str) -> None:
    """
    A thread that uses the client of another is told to make its own, also where it would have to wait for a link.
    """
    later = Later()
    async with Sandbox() as sandbox, make_client(sandbox, prompt=later, retry=None) as client:
        link = str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"])
        session = client.accounts.retrieve(link)
        waiting = asyncio.ensure_future(_await(session))
        await later.asked.wait()

        error = await _in_a_thread(CALLS[name](client, link))
        later.answer("111111")
        await waiting

    assert isinstance(error, ClientStateError)
    assert "another event loop" in str(error)
    assert session.state is MfaState.COMPLETED


async def _await(call: Awaitable[object]) -> object:
    return await call


async def test_a_thread_that_would_have_to_wait_for_the_rate_limit() -> None:
    """
    Who waits for the limit in one thread does not block the client's lock for another.
    """
    clock = ManualClock()
    async with Sandbox() as sandbox:
        limit = RateLimit(requests=1, seconds=10)
        async with make_client(sandbox, clock=clock, rate_limit=limit, retry=None) as client:
            await client.check()
            waiting = [asyncio.ensure_future(client.check()) for _ in range(2)]
            while not clock.sleeping:
                await asyncio.sleep(0)

            error = await _in_a_thread(client.check())
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(error, ClientStateError)


async def test_a_session_is_driven_where_it_was_made() -> None:
    """
    A session that was parked in one event loop is not answered in another: its ticket can be.
    """
    async with Sandbox() as sandbox, make_client(sandbox, retry=None) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid")
        await anext(session)

        error = await _in_a_thread(session.submit("111111"))
        ticket = session.suspend()

        async def elsewhere() -> object:
            async with make_client(sandbox, retry=None) as other:
                return await other.resume(ticket, "111111")

        assert await _in_a_thread(elsewhere()) is None

    assert isinstance(error, ClientStateError)
    assert 0 == sandbox.duplicates
    assert 1 == sandbox.counts["PATCH /api/links/"]


def test_a_second_loop_does_not_wait_for_a_link_of_the_first(anyio_backend: str) -> None:
    """
    A challenge that was parked in a loop that is gone keeps nobody waiting in the next.
    """
    clients: list[BelvoClient] = []
    links: list[str] = []

    async def park() -> None:
        async with Sandbox() as sandbox:
            clients.append(make_client(sandbox, retry=None))
            links.append(str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"]))
            await anext(clients[0].accounts.retrieve(links[0]))
            connector = await clients[0]._pool.connector()
            await connector.close()

    async def use() -> None:
        with pytest.raises(ClientStateError, match="another event loop"):
            async with asyncio.timeout(PATIENCE):
                await clients[0].accounts.retrieve(links[0])
        with pytest.raises(ClientStateError, match="another event loop"):
            await clients[0].aclose()

    asyncio.run(park())
    asyncio.run(use())
    clients.clear()
    with pytest.warns(ResourceWarning, match="a BelvoClient was not closed"):
        gc.collect()


@pytest.mark.parametrize("name", ["get", "retrieve"])
async def test_a_closed_client(name: str) -> None:
    """
    Nothing works any more on a closed client, and nobody waits for the link of a session it left parked.
    """
    async with Sandbox() as sandbox:
        link = str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"])
        client = make_client(sandbox, retry=None)
        session = client.accounts.retrieve(link)
        await anext(session)
        await client.aclose()

        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ClientStateError, match="closed"):
                await CALLS[name](client, link)
            with pytest.raises(ClientStateError, match="closed"):
                await session.submit("111111")
        ticket = session.suspend()
        async with make_client(sandbox, retry=None) as other:
            await other.resume(ticket, "111111")

    assert 1 == sandbox.counts["PATCH /api/accounts/"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
async def test_a_child_does_not_wait_for_a_link_of_its_parent() -> None:
    """
    A forked child with a copy of a client that waits for a user is told to make its own, at once.
    """
    async with Sandbox() as sandbox, make_client(sandbox, retry=None) as client:
        link = str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"])
        session = client.accounts.retrieve(link)
        await anext(session)
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is what is tested
            child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                client.accounts.retrieve(link).__await__().send(None)
            except BelvoError as error:
                os.write(writing, str(error).encode())
            finally:
                os._exit(0)
        os.close(writing)
        told = os.read(reading, 1_000).decode()
        os.close(reading)
        os.waitpid(child, 0)  # noqa: ASYNC222 - it has written and ends
        await session.submit("111111")

    assert "fork" in told


async def test_a_forgotten_client_with_parked_sessions() -> None:
    """
    A client that nobody closed, nor the sessions it parked, warns once their deadlines have passed, and holds nothing.
    """
    clock = ManualClock()
    async with Sandbox(clock=clock) as sandbox:
        client = make_client(sandbox, clock=clock, retry=None)
        sessions = [client.links.register(BANK, "mfa_default", "pass_valid") for _ in range(3)]
        for session in sessions:
            await anext(session)
        aiohttps = await client._pool.connector()
        forgotten = weakref.ref(client), *map(weakref.ref, sessions)
        del client, session, sessions
        gc.collect()
        assert 1 == clock.sleeping

        with pytest.warns(ResourceWarning, match="async with BelvoClient"):  # noqa: PT031 - the collector may be early
            await clock.advance(601)
            gc.collect()

        assert [None] * 4 == [reference() for reference in forgotten]
        assert 0 == clock.sleeping
        await aiohttps.close()


async def test_a_forgotten_client_without_sessions() -> None:
    """
    A client that was used, and dropped with all its flows over, warns when it is collected.
    """
    async with Sandbox() as sandbox:
        client = make_client(sandbox, prompt=careful, retry=None)
        await client.links.register(BANK, "mfa_default", "pass_valid")
        aiohttps = await client._pool.connector()

        with pytest.warns(ResourceWarning, match="async with BelvoClient"):  # noqa: PT031 - dropped, then collected
            del client
            gc.collect()
        await aiohttps.close()
