"""
The transport on a real wire: raw servers on the loopback that misbehave in one way each.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import shutil
import socket
import ssl
import struct
import warnings

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import attrs
import pytest

from aiohttp.http import HttpProcessingError
from networks import AUTHORITY, trusting

from belvo_async import BelvoClient, PoolLimits, Timeouts
from belvo_async.errors import (
    ApiError,
    BelvoError,
    CertificateError,
    ClientStateError,
    ConnectError,
    ConnectionLostError,
    DecodeError,
    NotResumableError,
    PermissionDeniedError,
    PoolTimeoutError,
    RateLimitedError,
    ReadTimeoutError,
    ServerError,
    UncertainOutcomeError,
)
from belvo_async.messages import Answer, Body, Effect, Request, Secret
from belvo_async.testing import ManualClock
from belvo_async.transport.aiohttp import AiohttpPool, AiohttpTransport, Network
from belvo_async.transport.retry import Fate, fate_of_error


pytestmark = pytest.mark.anyio

READ = Request("GET", "/api/links/", Effect.READ)
WRITE = Request("POST", "/api/links/", Effect.WRITE, body=Body({"a": 1}), at_institution=True)
UPDATE = Request("PUT", "/api/links/x/", Effect.WRITE, body=Body({"a": 1}), at_institution=True)
RESUME = Request("PATCH", "/api/links/", Effect.ONCE, body=Body({"token": "1"}), at_institution=True)
DELETE = Request("DELETE", "/api/links/x/", Effect.WRITE)

Script = Callable[["Wire"], Awaitable[None]]


@attrs.define
class Wire:
    """
    One connection, seen from the server.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes]

    async def read(self) -> bytes:
        """
        Read one request and note it.
        """
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        request = head + await self.reader.readexactly(length)
        self.requests.append(request)
        return request

    async def answer(
        self, content: bytes = b"{}", *, status: int = 200, headers: str = "", length: int | None = None
    ) -> None:
        """
        Write one answer.
        """
        size = len(content) if length is None else length
        kind = "" if "content-type" in headers.lower() else "Content-Type: application/json\r\n"
        head = f"HTTP/1.1 {status} X\r\n{kind}{headers}Content-Length: {size}\r\n\r\n"
        self.writer.write(head.encode() + content)
        await self.writer.drain()

    def reset(self) -> None:
        """
        Close with RST.
        """
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server:
    """
    Plays one script for each connection.
    """

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.script: Script = answers_all
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """
        Serve one connection.
        """
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self.script(Wire(reader, writer, self.requests))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    def stop(self) -> None:
        """
        End what still plays.
        """
        for task in self._tasks:
            task.cancel()


async def answers_all(wire: Wire) -> None:
    """
    Answer everything with `{}`.
    """
    while True:
        await wire.read()
        await wire.answer()


@pytest.fixture(name="server")
async def _server() -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.play, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        server.stop()
        await asyncio.sleep(0)


Make = Callable[..., AiohttpTransport]


@pytest.fixture(name="make")
async def _make(server: Server) -> AsyncIterator[Make]:
    pools = []

    def make(
        timeouts: Timeouts = Timeouts(), url: str | None = None, network: Network = Network(), **limits: Any
    ) -> AiohttpTransport:
        pool = AiohttpPool(
            url or server.url,
            Secret("Basic x"),
            user_agent="test",
            limits=PoolLimits(**limits),
            network=network,
        )
        pools.append(pool)
        return AiohttpTransport(pool, timeouts, ManualClock())

    yield make
    for pool in pools:
        await pool.aclose()


@pytest.fixture(name="transport")
def _transport(make: Make) -> AiohttpTransport:
    return make()


async def test_a_request_and_its_answer(transport: AiohttpTransport, server: Server) -> None:
    """
    What goes out is the request and our headers, what comes back the answer whole.
    """
    answer = await transport.send(WRITE)

    assert Answer(200, b"{}", "application/json") == answer
    sent = server.requests[0]
    assert sent.startswith(b"POST /api/links/ HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic x\r\n" in sent
    assert b"\r\nUser-Agent: test\r\n" in sent
    assert b"Cookie" not in sent
    assert sent.endswith(b'{"a":1}')


async def test_a_query_is_encoded(transport: AiohttpTransport, server: Server) -> None:
    """
    Names and values of a query cannot break out of it.
    """
    await transport.send(attrs.evolve(READ, query=(("link", "a&b=c d"), ("created_at__gte", "2026-01-01"))))

    assert server.requests[0].startswith(
        b"GET /api/links/?link=a%26b%3Dc%20d&created_at__gte=2026-01-01 HTTP"
    )


async def test_connections_are_reused(transport: AiohttpTransport, server: Server) -> None:
    """
    A hundred requests in a row need one connection.
    """
    for _ in range(100):
        await transport.send(READ)

    assert server.connections == 1


async def test_headers_of_the_answer_are_kept(transport: AiohttpTransport, server: Server) -> None:
    """
    The request id and the wait that the server asks for are told.
    """

    async def busy(wire: Wire) -> None:
        await wire.read()
        await wire.answer(status=429, headers="X-Request-Id: r1\r\nRetry-After: 7\r\n")

    server.script = busy
    answer = await transport.send(READ)

    assert (429, "r1", 7.0) == (answer.status, answer.request_id, answer.retry_after)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("99999999999999", 999999999.0),
        (format_datetime(ManualClock().now() + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(ManualClock().now() - timedelta(seconds=90), usegmt=True), 0.0),
        ("soon", None),
        ("-1", None),
        ("Thu, 32 Foo 2026 00:00:00", None),
    ],
)
async def test_retry_after_is_a_number_or_a_date(
    transport: AiohttpTransport, server: Server, header: str, seconds: float | None
) -> None:
    """
    `Retry-After` is read in both its forms, and nonsense is ignored.
    """

    async def busy(wire: Wire) -> None:
        await wire.read()
        await wire.answer(status=503, headers=f"Retry-After: {header}\r\n")

    server.script = busy

    assert seconds == (await transport.send(READ)).retry_after


async def test_redirects_are_not_followed(transport: AiohttpTransport, server: Server) -> None:
    """
    A redirect is an answer like any other: our credentials go nowhere else.
    """

    async def elsewhere(wire: Wire) -> None:
        await wire.read()
        await wire.answer(status=307, headers="Location: http://127.0.0.1:1/\r\n")

    server.script = elsewhere

    assert (await transport.send(READ)).status == 307


async def test_cookies_are_not_kept(transport: AiohttpTransport, server: Server) -> None:
    """
    What the server sets is not sent back.
    """

    async def sets_one(wire: Wire) -> None:
        for _ in range(2):
            await wire.read()
            await wire.answer(headers="Set-Cookie: a=b\r\n")

    server.script = sets_one
    await transport.send(READ)
    await transport.send(READ)

    assert b"Cookie" not in server.requests[1]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (READ, []),
        (WRITE, [b"Content-Length: 7", b"Content-Type: application/json"]),
        (DELETE, [b"Content-Length: 0"]),
        (attrs.evolve(READ, deferred=True), [b"X-Belvo-Request-Mode: async"]),
        (
            attrs.evolve(WRITE, deferred=True),
            [b"Content-Length: 7", b"Content-Type: application/json", b"X-Belvo-Request-Mode: async"],
        ),
    ],
    ids=["read", "write", "delete", "read later", "write later"],
)
async def test_the_headers_of_a_request(
    transport: AiohttpTransport, server: Server, request_: Request, expected: list[bytes]
) -> None:
    """
    Every request says who asks and what is accepted, and of its body what there is to say.
    """
    await transport.send(request_)

    head, _, _ = server.requests[0].partition(b"\r\n\r\n")
    always, rest = {b"Host", b"Authorization", b"Accept", b"Accept-Encoding", b"User-Agent"}, []
    for line in head.split(b"\r\n")[1:]:
        if line.partition(b":")[0] in always:
            always.remove(line.partition(b":")[0])
        else:
            rest.append(line)
    assert not always
    assert expected == sorted(rest)


async def test_a_base_url_with_a_path(make: Make, server: Server) -> None:
    """
    What stands before Belvo's paths is kept, and the host is named without it.
    """
    await make(url=f"{server.url}/belvo").send(READ)

    sent = server.requests[0]
    assert sent.startswith(b"GET /belvo/api/links/ HTTP/1.1\r\n")
    assert f"\r\nHost: {server.url.removeprefix('http://')}\r\n".encode() in sent


async def test_through_a_proxy(make: Make, server: Server) -> None:
    """
    A proxy is told the whole address, and its password.
    """
    proxy = server.url.replace("http://", "http://me:secret@")
    transport = make(url="http://localhost:1", network=Network(proxy=proxy))
    for _ in range(2):
        assert (await transport.send(READ)).status == 200

    for sent in server.requests:
        assert sent.startswith(b"GET http://localhost:1/api/links/ HTTP/1.1\r\n")
        assert b"\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n" in sent
    assert server.connections == 1


# --- no answer -------------------------------------------------------------


async def drops_unread(wire: Wire) -> None:
    """
    Close before reading.
    """
    wire.reset()


async def drops_read(wire: Wire) -> None:
    """
    Read the request and close.
    """
    await wire.read()


async def resets_read(wire: Wire) -> None:
    """
    Read the request and reset.
    """
    await wire.read()
    wire.reset()


async def breaks_off_head(wire: Wire) -> None:
    """
    Close in the middle of the head.
    """
    await wire.read()
    wire.writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")


async def breaks_off_body(wire: Wire) -> None:
    """
    Close in the middle of the body.
    """
    await wire.read()
    await wire.answer(b'{"id":', length=100)


async def speaks_something_else(wire: Wire) -> None:
    """
    Answer with no HTTP.
    """
    await wire.read()
    wire.writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


BROKEN = [drops_read, resets_read, breaks_off_head, breaks_off_body, speaks_something_else]


@pytest.mark.parametrize("script", BROKEN, ids=lambda script: script.__name__)
@pytest.mark.parametrize("request_", [WRITE, UPDATE, RESUME, DELETE], ids=str)
async def test_a_write_without_answer_is_uncertain_and_sent_once(
    transport: AiohttpTransport, server: Server, script: Script, request_: Request
) -> None:
    """
    A write that was sent and not answered is never sent again, not by aiohttp either: PUT and DELETE included.
    """
    served = 0

    async def once_in_two(wire: Wire) -> None:
        # The first request of each connection is answered: aiohttp repeats on kept connections only.
        nonlocal served
        served += 1
        await wire.read()
        await wire.answer()
        await script(wire)

    server.script = once_in_two
    await transport.send(READ)

    with pytest.raises(UncertainOutcomeError) as raised:
        await transport.send(request_)

    assert raised.value.sent
    assert isinstance(raised.value.__cause__, aiohttp.ClientError | OSError | HttpProcessingError)
    assert len(server.requests) == 2
    assert served == 1


@pytest.mark.parametrize("script", BROKEN, ids=lambda script: script.__name__)
async def test_a_read_without_answer_is_lost(
    transport: AiohttpTransport, server: Server, script: Script
) -> None:
    """
    A read that was not answered says so; repeating it is the business of the layer above.
    """
    server.script = script

    with pytest.raises(ConnectionLostError) as raised:
        await transport.send(READ)

    assert raised.value.sent
    assert len(server.requests) == 1


@pytest.mark.parametrize("request_", [READ, WRITE, RESUME], ids=str)
async def test_a_refused_connection_sends_nothing(make: Make, request_: Request) -> None:
    """
    Where nobody listens, nothing was sent, whatever the request.
    """
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        transport = make(url=f"http://127.0.0.1:{unused.getsockname()[1]}")

        with pytest.raises(ConnectError) as raised:
            await transport.send(request_)

    assert not raised.value.sent
    assert "refused" in str(raised.value)


async def test_an_unknown_host_sends_nothing(make: Make) -> None:
    """
    A name that means nothing is a connect error.
    """
    transport = make(url="https://belvo.invalid")

    with pytest.raises(ConnectError) as raised:
        await transport.send(WRITE)
    assert not raised.value.sent


async def test_a_connection_that_died_while_idle(transport: AiohttpTransport, server: Server) -> None:
    """
    Where a kept connection was closed in the same moment, "not sent" is only said where nothing arrived.

    Whether the request still gets out depends on how quickly the event loop notices.
    """

    async def closes_after_answer(wire: Wire) -> None:
        await wire.read()
        await wire.answer()

    server.script = closes_after_answer
    unsent = uncertain = 0
    for _ in range(20):
        try:
            await transport.send(WRITE)
        except ConnectError:
            unsent += 1
        except UncertainOutcomeError:
            uncertain += 1

    assert 20 - unsent - uncertain <= len(server.requests) <= 20 - unsent


def kept_wires(server: Server) -> list[Wire]:
    """
    Have *server* answer everything, and return the list in which its connections come to lie.
    """
    wires: list[Wire] = []

    async def keeps(wire: Wire) -> None:
        wires.append(wire)
        await answers_all(wire)

    server.script = keeps
    return wires


async def test_a_server_that_hung_up_is_noticed_in_time(transport: AiohttpTransport, server: Server) -> None:
    """
    Where the end of a kept connection has arrived, but not been read yet, nothing is sent.
    """
    wires = kept_wires(server)
    await transport.send(READ)
    wires[0].writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    with pytest.raises(ConnectError) as raised:
        await transport.send(RESUME)

    assert not raised.value.sent
    assert len(server.requests) == 1


async def test_a_server_that_hung_up_is_noticed_in_time_over_tls(
    make: Make, server: Server, tmp_path: Path
) -> None:
    """
    So it is where TLS lies between, which passes the end on a turn later.
    """
    wires = kept_wires(server)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(tls)
    async with await asyncio.start_server(server.play, "127.0.0.1", 0, ssl=tls) as listener:
        url = f"https://localhost:{listener.sockets[0].getsockname()[1]}"
        transport = make(url=url, network=Network(tls=trusting(tmp_path)))
        await transport.send(READ)
        wires[0].writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

        with pytest.raises(ConnectError) as raised:
            await transport.send(RESUME)

        assert not raised.value.sent
        assert len(server.requests) == 1


async def test_an_answer_that_nobody_asked_for_is_nobodys(
    transport: AiohttpTransport, server: Server
) -> None:
    """
    What a server says between two requests is not taken for the answer to the second, which is not sent.
    """
    heard, said = asyncio.Event(), asyncio.Event()

    async def answers_twice(wire: Wire) -> None:
        await wire.read()
        await wire.answer(b"1")
        await heard.wait()
        await wire.answer(b"2")
        said.set()
        await answers_all(wire)

    server.script = answers_twice
    first = await transport.send(READ)
    heard.set()
    await said.wait()

    with pytest.raises(ConnectError):
        await transport.send(RESUME)
    assert (b"1", 1) == (first.body, len(server.requests))


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
async def test_a_request_that_is_answered_unheard(
    make: Make, server: Server, tmp_path: Path, secure: bool
) -> None:
    """
    A server that answers before it has read the request gets no second one on the same connection.
    """

    async def answers_at_once(wire: Wire) -> None:
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.answer(b"", status=413)
        await asyncio.Event().wait()

    server.script = answers_at_once
    transport, tls = make(), None
    if secure:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert("localhost").configure_cert(tls)
    listener = await asyncio.start_server(server.play, "127.0.0.1", 0, ssl=tls)
    if secure:
        url = f"https://localhost:{listener.sockets[0].getsockname()[1]}"
        transport = make(Timeouts(institution=2.0), url, Network(tls=trusting(tmp_path)))
    large = attrs.evolve(WRITE, body=Body({"a": "x" * 10_000_000}))
    for _ in range(2):
        assert (await transport.send(large)).status == 413
    listener.close()  # not waited for: from Python 3.12.1 on that takes until the script ends

    assert server.connections == 2


async def test_a_large_request_that_breaks_off_is_uncertain(
    transport: AiohttpTransport, server: Server
) -> None:
    """
    A byte is enough: it may have been all that mattered.
    """

    async def reads_some(wire: Wire) -> None:
        await wire.reader.readexactly(10_000)
        wire.reset()

    server.script = reads_some

    with pytest.raises(UncertainOutcomeError):
        await transport.send(attrs.evolve(WRITE, body=Body({"a": "x" * 10_000_000})))


async def test_what_comes_before_the_answer_is_none(make: Make, server: Server) -> None:
    """
    A server may say that an answer will come; if none comes, that is noticed all the same.
    """

    async def hints(wire: Wire) -> None:
        await wire.read()
        wire.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")
        await wire.answer()
        await wire.read()
        wire.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")
        await asyncio.Event().wait()

    server.script = hints
    transport = make(Timeouts(read=0.05))

    assert (await transport.send(READ)).status == 200
    with pytest.raises(ReadTimeoutError):
        await transport.send(READ)


async def test_what_comes_before_the_answer_is_no_silence(make: Make, server: Server) -> None:
    """
    A server that says now and then that it is still at work is waited for.
    """

    async def works_long(wire: Wire) -> None:
        await wire.read()
        for _ in range(4):
            wire.writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.2)
        await wire.answer()
        await wire.read()

    server.script = works_long

    assert 200 == (await make(Timeouts(institution=0.5)).send(RESUME)).status


async def test_a_silent_server_is_a_read_timeout(make: Make, server: Server) -> None:
    """
    A read that gets no byte in time is a `ReadTimeoutError`; a write is uncertain.
    """

    async def is_silent(wire: Wire) -> None:
        await wire.read()
        await asyncio.Event().wait()

    server.script = is_silent
    transport = make(Timeouts(read=0.05, institution=0.05))

    with pytest.raises(ReadTimeoutError):
        await transport.send(READ)
    with pytest.raises(UncertainOutcomeError, match="in time"):
        await transport.send(RESUME)
    assert len(server.requests) == 2


async def test_an_answer_that_stops_is_a_read_timeout(make: Make, server: Server) -> None:
    """
    What counts is the time without a byte: an answer may take longer as a whole.
    """

    async def drips_and_stops(wire: Wire) -> None:
        await wire.read()
        await wire.answer(b"", length=20)
        for _ in range(5):
            wire.writer.write(b"1")
            await asyncio.sleep(0.08)
        await asyncio.Event().wait()

    server.script = drips_and_stops
    began = asyncio.get_running_loop().time()

    with pytest.raises(ReadTimeoutError):
        await make(Timeouts(read=0.3)).send(READ)
    assert asyncio.get_running_loop().time() - began > 0.5


async def test_no_timer_outlives_its_request(transport: AiohttpTransport) -> None:
    """
    What waits for an answer is called off when it has come.
    """
    await transport.send(READ)
    loop: Any = asyncio.get_running_loop()

    assert [] == [timer for timer in loop._scheduled if "_give_up" in repr(timer) and not timer.cancelled()]


async def test_reads_and_writes_have_timeouts_of_their_own(make: Make, server: Server) -> None:
    """
    A call that works at the institution may take longer than a read.
    """
    wanted = asyncio.Event()

    async def is_slow(wire: Wire) -> None:
        await wire.read()
        if b"GET" in wire.requests[-1]:
            await asyncio.Event().wait()
        await wanted.wait()
        await wire.answer()

    server.script = is_slow
    transport = make(Timeouts(read=0.05, institution=300))
    writing = asyncio.ensure_future(transport.send(WRITE))
    with pytest.raises(ReadTimeoutError):
        await transport.send(READ)
    wanted.set()

    assert (await writing).status == 200


async def test_no_free_slot_in_time_sends_nothing(make: Make, server: Server) -> None:
    """
    Waiting for a slot is an error of its own; the slot is not lost by it.
    """
    go_on = asyncio.Event()

    async def waits(wire: Wire) -> None:
        while True:
            await wire.read()
            await go_on.wait()
            await wire.answer()

    server.script = waits
    transport = make(Timeouts(pool=0.05), connections=1)
    first = asyncio.ensure_future(transport.send(WRITE))
    while not server.requests:
        await asyncio.sleep(0)

    with pytest.raises(PoolTimeoutError) as raised:
        await transport.send(RESUME)
    assert not raised.value.sent
    assert len(server.requests) == 1

    go_on.set()
    await first
    assert (await transport.send(RESUME)).status == 200


async def test_slots_are_given_in_order_and_back_when_cancelled(make: Make, server: Server) -> None:
    """
    A cancelled request, waiting or under way, leaves its slot to the next.
    """
    started = asyncio.Event()

    async def never_answers_posts(wire: Wire) -> None:
        while True:
            if b"POST" in await wire.read():
                started.set()
                await asyncio.Event().wait()
            await wire.answer()

    server.script = never_answers_posts
    transport = make(connections=1)
    under_way = asyncio.ensure_future(transport.send(WRITE))
    await started.wait()
    waiting = asyncio.ensure_future(transport.send(READ))
    last = asyncio.ensure_future(transport.send(READ))
    await asyncio.sleep(0)
    waiting.cancel()
    under_way.cancel()

    assert (await last).status == 200
    await asyncio.gather(waiting, under_way, return_exceptions=True)
    assert transport._pool.slots.free == 1


# --- what comes in ---------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "content", "headers", "expected"),
    [
        (403, b"<html>blocked</html>", "Content-Type: text/html\r\n", RateLimitedError),
        (403, b'[{"code":"permission_denied"}]', "", PermissionDeniedError),
        (403, b"", "", PermissionDeniedError),
        (429, b"", "", RateLimitedError),
        (502, b"<html>Bad Gateway</html>", "Content-Type: text/html\r\n", ServerError),
        (500, b"", "", ServerError),
        (500, b'[{"code":"unexp', "", ServerError),
        (400, b"\xff\xfe", "", ApiError),
        (418, b'"teapot"', "", ApiError),
        (301, b"", "", ApiError),
        (428, b"[]", "", NotResumableError),
        (200, b"", "", DecodeError),
        (200, b"<html>", "Content-Type: text/html\r\n", DecodeError),
        (202, b'{"request_id": "a"}', "", DecodeError),
    ],
)
async def test_bodies_of_all_kinds_become_typed_errors(
    server: Server, status: int, content: bytes, headers: str, expected: type[BelvoError]
) -> None:
    """
    JSON, HTML, empty and broken bodies are told apart by status, code and type.
    """

    async def answers_so(wire: Wire) -> None:
        while True:
            await wire.read()
            await wire.answer(content, status=status, headers=headers)

    server.script = answers_so
    async with BelvoClient("a", "b", base_url=server.url, retry=None) as client:
        with pytest.raises(expected) as flow:
            await client.links.register("a", "b", "c")
        with pytest.raises(expected) as plain:
            await client.links.get("a")
    assert expected is type(flow.value)
    assert expected is type(plain.value)


async def test_an_error_that_breaks_off_is_still_that_error(
    transport: AiohttpTransport, server: Server
) -> None:
    """
    The status of an error says enough, even where its body does not arrive whole.
    """

    async def breaks_off(wire: Wire) -> None:
        await wire.read()
        await wire.answer(b'[{"code":', status=400, length=100)

    server.script = breaks_off
    answer = await transport.send(WRITE)

    assert (400, b"") == (answer.status, answer.body)


async def test_a_challenge_that_breaks_off_is_uncertain(transport: AiohttpTransport, server: Server) -> None:
    """
    A 428 without its session is no answer to go on with.
    """

    async def breaks_off(wire: Wire) -> None:
        await wire.read()
        await wire.answer(b'[{"code":', status=428, length=100)

    server.script = breaks_off
    with pytest.raises(UncertainOutcomeError):
        await transport.send(WRITE)


async def test_a_body_larger_than_the_limit_is_refused(make: Make, server: Server) -> None:
    """
    An announced size, a stream without one, and a packed body are all measured unpacked.
    """
    huge = b"[" + b" " * 10_000 + b"]"
    bodies = iter(
        [
            (huge, ""),
            (gzip.compress(huge), "Content-Encoding: gzip\r\n"),
        ]
    )

    async def is_large(wire: Wire) -> None:
        while True:
            await wire.read()
            content, headers = next(bodies)
            await wire.answer(content, headers=headers)

    server.script = is_large
    transport = make(body=1_000)
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="larger"):
            await transport.send(READ)


async def test_a_packed_body_is_unpacked(transport: AiohttpTransport, server: Server) -> None:
    """
    Belvo may pack its answers.
    """

    async def packs(wire: Wire) -> None:
        await wire.read()
        await wire.answer(gzip.compress(b'{"a": 1}'), headers="Content-Encoding: gzip\r\n")

    server.script = packs

    assert (await transport.send(READ)).body == b'{"a": 1}'


async def test_keepalive_is_on(server: Server, transport: AiohttpTransport) -> None:
    """
    A long silence does not make routers forget the connection.
    """
    answered = asyncio.Event()

    async def holds(wire: Wire) -> None:
        await wire.read()
        await answered.wait()
        await wire.answer()

    server.script = holds
    sending = asyncio.ensure_future(transport.send(READ))
    while not server.requests:
        await asyncio.sleep(0)
    connector = await transport._pool.connector()
    (protocol,) = connector._acquired  # no public way to the socket
    assert protocol.transport is not None
    sock = protocol.transport.get_extra_info("socket")

    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    if hasattr(socket, "TCP_KEEPIDLE"):
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
    answered.set()
    await sending


# --- its life --------------------------------------------------------------


async def test_use_after_close(transport: AiohttpTransport) -> None:
    """
    A closed pool says so, whether it was ever open or not; closing twice is harmless.
    """
    await transport.send(READ)
    await transport._pool.aclose()
    await transport._pool.aclose()

    with pytest.raises(ClientStateError, match="closed"):
        await transport.send(READ)


async def test_closing_inside_a_cancelled_scope_closes(transport: AiohttpTransport) -> None:
    """
    Cleaning up works where everything else is being cancelled.
    """
    await transport.send(READ)
    connector = await transport._pool.connector()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await transport._pool.aclose()

    assert connector.closed


async def test_closing_fails_what_is_under_way(make: Make, server: Server) -> None:
    """
    A request under way when the client is closed has an unknown outcome; one that waits was not sent.
    """

    async def never_answers(wire: Wire) -> None:
        await wire.read()
        await asyncio.Event().wait()

    server.script = never_answers
    transport = make(connections=1)
    under_way = asyncio.ensure_future(transport.send(WRITE))
    waiting = asyncio.ensure_future(transport.send(RESUME))
    while not server.requests:
        await asyncio.sleep(0)
    await transport._pool.aclose()

    with pytest.raises(UncertainOutcomeError):
        await under_way
    with pytest.raises(ClientStateError):
        await waiting


async def test_closing_fails_what_is_half_read(make: Make, server: Server) -> None:
    """
    An answer of which a part has come is not waited for when the client is closed.
    """

    async def stops_halfway(wire: Wire) -> None:
        await wire.read()
        await wire.answer(b'{"id":', length=100)
        await asyncio.Event().wait()

    server.script = stops_halfway
    transport = make()
    under_way = asyncio.ensure_future(transport.send(WRITE))
    while not transport._pool.unread:
        await asyncio.sleep(0)
    await transport._pool.aclose()

    with pytest.raises(UncertainOutcomeError):
        await under_way
    assert not transport._pool.unread


def test_use_from_a_second_event_loop(anyio_backend: str) -> None:
    """
    A client that outlives its loop says what to do, instead of "Event loop is closed".
    """
    listening = socket.create_server(("127.0.0.1", 0))
    client = BelvoClient("a", "b", base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", retry=None)

    async def use() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.check()

    async def use_again() -> None:
        with pytest.raises(ClientStateError, match="another event loop"):
            await client.check()
        with pytest.raises(ClientStateError, match="another event loop"):
            await client.aclose()
        assert "open" in repr(client._pool)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.run(use())
        asyncio.run(use_again())
        client._pool._connector = None  # nobody can close it any more
    listening.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
async def test_use_after_a_fork(transport: AiohttpTransport) -> None:
    """
    A forked child that inherits an open client is told to make its own.
    """
    await transport.send(READ)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is what is tested
        child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            transport._pool.check_usable()
        except ClientStateError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    told = os.read(reading, 1_000).decode()
    os.close(reading)
    os.waitpid(child, 0)  # noqa: ASYNC222 - it has ended, as its end of the pipe shows

    assert "fork" in told


async def test_a_client_that_is_not_closed_warns(server: Server) -> None:
    """
    Forgetting to close says what to do.
    """
    pool = AiohttpPool(server.url, Secret("x"), user_agent="t", limits=PoolLimits(), network=Network())
    connector = await pool.connector()

    with pytest.warns(ResourceWarning, match="async with BelvoClient"):
        del pool
    await connector.close()


async def test_a_pool_that_was_never_used_needs_no_closing(server: Server) -> None:
    """
    Only connections have to be closed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool = AiohttpPool(server.url, Secret("x"), user_agent="t", limits=PoolLimits(), network=Network())
        assert "new" in repr(pool)
        await pool.aclose()
        assert "closed" in repr(pool)


async def test_the_authorities_are_loaded_off_the_loop(make: Make) -> None:
    """
    TLS is set up once, in a thread, and shared.
    """
    first, second = make(url="https://127.0.0.1:1"), make(url="https://127.0.0.1:1")
    for transport in (first, second):
        with pytest.raises(ConnectError):
            await transport.send(READ)

    one, other = await first._pool.connector(), await second._pool.connector()
    assert one._ssl is other._ssl  # no public way to it


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
async def test_a_certificate_that_is_not_trusted(make: Make, tmp_path: Path) -> None:
    """
    Whoever answers with a certificate of nobody we know gets nothing; the error says that it does not get better.
    """
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    await anyio.run_process(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ]
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CertificateError) as raised:
            await make(url=f"https://127.0.0.1:{port}").send(WRITE)

    assert "POST /api/links/: the certificate is not trusted; nothing was sent" == str(raised.value)
    assert Fate.BARRED is fate_of_error(raised.value)


async def test_a_server_without_tls_is_sent_nothing(make: Make, server: Server) -> None:
    """
    A server without TLS is not spoken to as if it had it.
    """

    async def speaks_no_tls(wire: Wire) -> None:
        await wire.answer(status=400)

    server.script = speaks_no_tls
    transport = make(url=server.url.replace("http:", "https:"))

    with pytest.raises(ConnectError):
        await transport.send(WRITE)
    assert [] == server.requests


async def test_the_environment_is_not_trusted_unless_asked(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Proxies of the environment are taken only where the caller says so.
    """
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert (await make().send(READ)).status == 200
    with pytest.raises(ConnectError):
        await make(network=Network(trust_env=True)).send(READ)
    with pytest.raises(ConnectError):
        await make(network=Network(proxy="http://127.0.0.1:1")).send(READ)
    assert len(server.requests) == 1
