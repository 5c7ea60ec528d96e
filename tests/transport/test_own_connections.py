"""
Connections of the caller's own: an aiohttp connector, or a `ClientSession` that has one.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aiohttp import web
from networks import front, trusting
from people import BANK, Absent, careful

from belvo_async import BelvoClient, Network, Timeouts
from belvo_async.errors import (
    BelvoError,
    ClientStateError,
    ConnectError,
    ConnectionLostError,
    InvalidArgumentError,
    MfaExpiredError,
    UncertainOutcomeError,
)
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def client_of(url: str, connections: Any, **options: Any) -> BelvoClient:
    """
    Return a client over *connections*.
    """
    network = Network(connections=connections)
    return BelvoClient(
        "sandbox-id", "sandbox-password", base_url=url, network=network, **{"retry": None, **options}
    )


async def flow(client: BelvoClient) -> str | None:
    """
    Register a link, with its challenge.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    return link.status


async def until(happened: Callable[[], bool]) -> None:
    """
    Wait until something has happened.
    """
    async with asyncio.timeout(30):
        while not happened():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def busy(
    session: aiohttp.ClientSession,
) -> AsyncIterator[tuple[asyncio.Future[aiohttp.ClientResponse], asyncio.Event]]:
    """
    Keep a connection of *session* busy with a request to somebody else; yield that, and what lets it end.
    """
    asked, end = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await end.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    theirs = asyncio.ensure_future(session.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    await asked.wait()
    try:
        yield theirs, end
    finally:
        end.set()
        (await theirs).release()
        server.close()


KINDS: dict[str, Callable[[], aiohttp.ClientSession | aiohttp.BaseConnector]] = {
    "session": aiohttp.ClientSession,
    "connector": aiohttp.TCPConnector,
}

each_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@each_kind
async def test_a_flow_over_them(
    sandbox: Sandbox, make: Callable[[], aiohttp.ClientSession | aiohttp.BaseConnector]
) -> None:
    """
    A flow goes over the caller's connections; closing the client leaves them open, and the next client uses the
    very same one.
    """
    connections = make()
    connector = Network(connections=connections).connector
    assert connector is not None
    for _ in range(2):
        async with client_of(sandbox.url, connections) as client:
            assert "valid" == await flow(client)
            await client.aclose()
        assert not connector.closed
        assert [1] == [len(kept) for kept in connector._conns.values()]
    await connections.close()


async def test_nothing_else_of_a_session_is_used() -> None:
    """
    Headers, cookies, credentials and address of a session are for its own requests: Belvo sees none of them, and its
    cookies do not get into the session.
    """
    seen: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request)
        response = web.json_response({})
        response.set_cookie("from", "belvo")
        return response

    app = web.Application()
    app.router.add_get("/api/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(
        base_url="http://127.0.0.1:1/other/",
        headers={"X-Theirs": "a", "Authorization": "Bearer theirs", "User-Agent": "theirs"},
        cookies={"theirs": "b"},
        cookie_jar=jar,
        timeout=aiohttp.ClientTimeout(total=1e-9),
        raise_for_status=True,
    ) as session:
        async with client_of(url, session) as client:
            await client.check()
        assert ["theirs"] == [cookie.key for cookie in jar]
    await runner.cleanup()

    headers = seen[0].headers
    assert headers["Authorization"].startswith("Basic ")
    assert headers["User-Agent"].startswith("belvo-async/")
    assert not {"X-Theirs", "Cookie"} & set(headers)


async def test_a_private_authority_of_a_connector(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    What a connector trusts is trusted.
    """
    async with front(sandbox.url) as tls:
        connector = aiohttp.TCPConnector(ssl=trusting(tmp_path))
        async with client_of(tls.url, connector) as client:
            assert "valid" == await flow(client)
        await connector.close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")
async def test_a_socket_of_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    """
    Any connector of aiohttp's will do: one to a socket of Unix, where a gateway listens, say.
    """

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection("127.0.0.1", sandbox.port)
        await asyncio.gather(passed(reader, inner[1]), passed(inner[0], writer))

    server = await asyncio.start_unix_server(serve, tmp_path / "gateway")
    connector = aiohttp.UnixConnector(str(tmp_path / "gateway"))
    async with server, client_of("http://localhost", connector) as client:
        assert "valid" == await flow(client)
        await connector.close()


async def test_closing_ends_what_is_under_way_and_no_more(sandbox: Sandbox) -> None:
    """
    A request of the client's that is under way when it is closed ends as uncertain; one of the caller's own over the
    same session goes on.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=30, operation="POST *"))
    async with aiohttp.ClientSession() as session, busy(session) as (theirs, end):
        client = client_of(sandbox.url, session)
        ours = asyncio.ensure_future(flow(client))
        await until(lambda: sandbox.counts["POST /api/links/"] == 1)
        await client.aclose()

        with pytest.raises(UncertainOutcomeError):
            await ours
        end.set()
        async with await theirs as response:
            assert b"done" == await response.read()
        assert not session.closed
        with pytest.raises(ClientStateError, match="the client is closed"):
            await client.check()


async def test_a_request_that_waits_for_them_while_the_client_is_closed(sandbox: Sandbox) -> None:
    """
    A request that gets its connection after the client was closed is not sent.
    """
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session, busy(session) as (_, end):
        client = client_of(sandbox.url, session)
        waiting = asyncio.ensure_future(flow(client))
        await until(lambda: bool(connector._waiters))
        await client.aclose()
        end.set()

        with pytest.raises(ClientStateError, match="the client is closed"):
            await waiting
    assert 0 == sandbox.counts["POST /api/links/"]


async def test_they_have_no_room(sandbox: Sandbox) -> None:
    """
    Waiting for room among them ends after `Timeouts.pool` and `Timeouts.connect`, and nothing is sent.
    """
    connector = aiohttp.TCPConnector(limit=1)
    timeouts = Timeouts(pool=0.05, connect=0.05)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        busy(session),
        client_of(sandbox.url, session, timeouts=timeouts) as client,
    ):
        with pytest.raises(ConnectError, match="it took too long") as raised:
            await flow(client)

    assert not raised.value.sent
    assert 0 == sandbox.counts["POST /api/links/"]


async def test_a_challenge_that_is_over_when_there_is_room() -> None:
    """
    An answer that had to wait for a connection until its challenge was over does not leave.
    """
    clock = ManualClock()
    async with Sandbox(clock=clock) as sandbox:
        connector = aiohttp.TCPConnector(limit=1)
        async with client_of(sandbox.url, connector, clock=clock) as client:
            session = client.links.register(BANK, "mfa_default", "pass_valid")
            await anext(session)
            held = await client._pool.connect(aiohttp.ClientTimeout())
            answering = asyncio.ensure_future(session.submit("111111"))
            await until(lambda: bool(connector._waiters))
            await clock.advance(601)
            held.release()
            with pytest.raises(MfaExpiredError):
                await answering
        await connector.close()

        assert 0 == sandbox.counts["PATCH /api/links/"]


@each_kind
async def test_they_are_closed_already(
    sandbox: Sandbox, make: Callable[[], aiohttp.ClientSession | aiohttp.BaseConnector]
) -> None:
    """
    Closed connections are a mistake in the program, before the first request and later, and never repeated.
    """
    connections = make()
    async with client_of(sandbox.url, connections) as client:
        await client.check()
        await connections.close()
        with pytest.raises(ClientStateError, match="that the client was given are closed"):
            await flow(client)
    async with client_of(sandbox.url, connections) as client:
        with pytest.raises(ClientStateError, match="that the client was given are closed"):
            await flow(client)


@each_kind
def test_they_belong_to_another_loop(
    anyio_backend: str, make: Callable[[], aiohttp.ClientSession | aiohttp.BaseConnector]
) -> None:
    """
    Connections of another event loop are refused in words, by the first request.
    """

    async def made() -> aiohttp.ClientSession | aiohttp.BaseConnector:
        return make()

    async def used(connections: aiohttp.ClientSession | aiohttp.BaseConnector) -> None:
        async with client_of("http://127.0.0.1:1", connections) as client:
            with pytest.raises(ClientStateError, match="belong to another event loop"):
                await client.check()

    with asyncio.Runner() as first, asyncio.Runner() as second:
        connections = first.run(made())
        second.run(used(connections))
        first.run(connections.close())  # type: ignore[arg-type] # both are coroutines


@pytest.mark.parametrize(
    ("network", "problem"),
    [
        (lambda: Network(connections="http"), "Network.connections"),  # type: ignore[arg-type]
        (
            lambda: Network(connections=aiohttp.TCPConnector(ssl=False)),
            "some that check certificates",
        ),
        (
            lambda: Network(connections=aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False))),
            "some that check certificates",
        ),
    ],
    ids=["text", "unchecked", "unchecked in a session"],
)
async def test_what_cannot_be_used(network: Callable[[], Network], problem: str) -> None:
    """
    What is none, and what checks no certificates, is refused by the client.
    """
    made = network()
    with pytest.raises(InvalidArgumentError, match=problem):
        BelvoClient("a", "b", environment="sandbox", network=made)
    if made.connector is not None and not isinstance(made.connections, str):
        await made.connections.close()  # type: ignore[union-attr] # not None


async def test_they_have_their_own_tls(tmp_path: Path) -> None:
    """
    A context besides connections would be ignored, so it is refused.
    """
    connector = aiohttp.TCPConnector()
    network = Network(connections=connector, tls=trusting(tmp_path))
    with pytest.raises(InvalidArgumentError, match="they have theirs"):
        BelvoClient("a", "b", environment="sandbox", network=network)
    await connector.close()


async def test_forgetting_to_close_the_client_is_harmless(sandbox: Sandbox) -> None:
    """
    A client over the caller's connections has nothing of its own to leave open.
    """
    connector = aiohttp.TCPConnector()
    client = client_of(sandbox.url, connector)
    await client.check()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del client
        gc.collect()
    await connector.close()


async def test_cancelling_gives_them_back(sandbox: Sandbox) -> None:
    """
    After calls that were cancelled at any moment, every connection is free or closed.
    """
    connector = aiohttp.TCPConnector(limit=2)
    async with client_of(sandbox.url, connector) as client:
        for turns in range(40):
            calls = [asyncio.ensure_future(client.links.list().to_list()) for _ in range(3)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            for call in calls:
                assert call.cancelled() or not isinstance(call.exception(), BelvoError)
        assert "valid" == await flow(client)
        absent = Absent()
        asked = asyncio.ensure_future(
            _driven(client.links.register(BANK, "mfa_default", "pass_valid", prompt=absent))
        )
        await absent.asked.wait()

        assert set() == connector._acquired  # while the user is asked nothing is held
        asked.cancel()
        await asyncio.wait([asked])
    await connector.close()


async def _driven(session: Any) -> Any:
    return await session


async def test_they_are_closed_while_a_request_waits_for_them(sandbox: Sandbox) -> None:
    """
    Nobody has cancelled the request, so it is no cancellation.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=30, operation="GET *"))
    connector = aiohttp.TCPConnector(limit=1)
    async with client_of(sandbox.url, connector) as client:
        under_way, waiting = (asyncio.ensure_future(client.check()) for _ in range(2))
        await until(lambda: bool(connector._waiters) and sandbox.counts.total() == 1)
        await connector.close()

        with pytest.raises(ConnectionLostError):
            await under_way
        with pytest.raises(ClientStateError, match="are closed"):
            await waiting
