"""
An answer that is cut off anywhere: the server closes after each of its bytes, politely (FIN) and rudely (RST).

What counts is the class of the error and how often the request reached the server.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import attrs
import pytest

from belvo_async import BelvoClient, RetryPolicy
from belvo_async.errors import (
    ApiError,
    BelvoError,
    ConnectionLostError,
    MfaRequiredError,
    ServerError,
    UncertainOutcomeError,
    ValidationError,
)


pytestmark = [pytest.mark.anyio, pytest.mark.once]

LINK: Final = "b9"

NUMBERS: Final = itertools.count()

BODIES: Final = {
    200: b'{"id":"b9","status":"valid"}',
    400: b'[{"code":"required"}]',
    428: b'[{"session":"5f1c","link":"b9"}]',
    500: b'[{"message":"broken"}]',
}


def answer_of(status: int, *, chunked: bool = False) -> tuple[bytes, int]:
    """
    Return an answer as it goes over the wire, and where its body begins.
    """
    body = BODIES[status]
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = f"HTTP/1.1 {status} X\r\n{length}\r\n\r\n".encode()
    return head + (b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body), len(head)


class Cutter:
    """
    A server that answers requests of one method up to a byte, closes, and finds nothing when it is asked to look.
    """

    def __init__(self, method: str) -> None:
        self.port = 0
        self.answer = b""
        self.rude = False
        self.requests: list[str] = []
        self._method = method

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """
        Serve one connection.
        """
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                method, target = head.split(b" ", 2)[:2]
                if method.decode() == self._method:
                    break
                self._look(target, writer)
            self.requests.append(self._method)
            writer.write(self.answer)
            if self.rude:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _look(self, target: bytes, writer: asyncio.StreamWriter) -> None:
        body = b'{"count":0,"results":[]}' if b"?" in target else b'{"id":"b9","status":"invalid"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@attrs.frozen
class Verdict:
    """
    What a cut answer must lead to.

    Attributes:
        error: The class of the error; `None` if there is none.

        requests: How often the request arrives.
    """

    error: type[BelvoError] | None
    requests: int


LOST, UNKNOWN = Verdict(ConnectionLostError, 2), Verdict(UncertainOutcomeError, 1)


def register(client: BelvoClient) -> Awaitable[object]:
    """
    A write.
    """
    return client.links.register("bank", "user", "password")


def resume(client: BelvoClient) -> Awaitable[object]:
    """
    A token, for another challenge each time.
    """
    return client.links.resume(f"5f1c{next(NUMBERS)}", LINK, "111111")


def get(client: BelvoClient) -> Awaitable[object]:
    """
    A read.
    """
    return client.links.get(LINK)


Make = Callable[[BelvoClient], Awaitable[object]]

CALLS: Final[dict[str, tuple[Make, Verdict, dict[int, Verdict]]]] = {
    # method: the call, what it leads to without a head or a body that counts, what it leads to with them
    "GET": (
        get,
        LOST,
        {
            200: Verdict(None, 1),
            400: Verdict(ValidationError, 1),
            428: Verdict(ApiError, 1),
            500: Verdict(ServerError, 2),
        },
    ),
    "POST": (
        register,
        UNKNOWN,
        {
            200: Verdict(None, 1),
            400: Verdict(ValidationError, 1),
            428: Verdict(MfaRequiredError, 1),
            500: Verdict(ServerError, 2),
        },
    ),
    "PATCH": (
        resume,
        UNKNOWN,
        {
            200: Verdict(None, 1),
            400: Verdict(ValidationError, 1),
            428: Verdict(MfaRequiredError, 1),
            500: Verdict(ServerError, 1),
        },
    ),
}


async def verdict_on(client: BelvoClient, call: Make, cutter: Cutter, answer: bytes) -> Verdict:
    """
    Make *call* against a server that sends *answer* and closes.
    """
    cutter.answer = answer
    cutter.requests.clear()
    error: type[BelvoError] | None = None
    try:
        await call(client)
    except BelvoError as raised:
        error = type(raised)
    return Verdict(error, len(cutter.requests))


def client_of(cutter: Cutter) -> BelvoClient:
    """
    Return a client that repeats once, at once.
    """
    retry = RetryPolicy(waits=(0.0001,), reconnects=(0.0001,), jitter=0, budget=1_000)
    return BelvoClient("a", "b", base_url=f"http://127.0.0.1:{cutter.port}", retry=retry)


@pytest.fixture(name="make_cutter")
async def _make_cutter() -> AsyncIterator[Callable[[str], Awaitable[Cutter]]]:
    listeners = []

    async def make(method: str) -> Cutter:
        cutter = Cutter(method)
        listeners.append(await asyncio.start_server(cutter.play, "127.0.0.1", 0))
        cutter.port = listeners[-1].sockets[0].getsockname()[1]
        return cutter

    yield make
    for listener in listeners:
        listener.close()
    await asyncio.sleep(0)


@pytest.mark.parametrize("rude", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("status", [*BODIES])
@pytest.mark.parametrize("method", [*CALLS])
async def test_an_answer_that_is_cut_off_anywhere(
    make_cutter: Callable[[str], Awaitable[Cutter]], method: str, status: int, rude: bool
) -> None:
    """
    At whatever byte the server closes, the error is of the right class and only a read is sent again.

    An error counts from the end of its head on, a result or a challenge only whole.
    """
    cutter = await make_cutter(method)
    call, broken, whole = CALLS[method]
    answer, begins = answer_of(status)
    cutter.rude, wrong = rude, []
    async with client_of(cutter) as client:
        for offset in range(len(answer) + 1):
            seen = await verdict_on(client, call, cutter, answer[:offset])
            right = {_expected(offset, begins, len(answer), status, broken, whole)}
            if rude and offset >= begins:
                right |= {broken}  # a reset may throw away what has arrived
            if not any(_agree(seen, one) for one in right):
                wrong.append((offset, seen))

    assert [] == wrong


def _expected(
    offset: int, begins: int, ends: int, status: int, broken: Verdict, whole: dict[int, Verdict]
) -> Verdict:
    if offset >= ends:
        return whole[status]
    if offset < begins or status in {200, 428}:
        return broken
    return attrs.evolve(whole[status], error=ServerError if status == 500 else ApiError)


def _agree(seen: Verdict, right: Verdict) -> bool:
    if right.error is None or seen.error is None:
        return seen == right
    return seen.requests == right.requests and issubclass(seen.error, right.error)


@pytest.mark.parametrize("method", [*CALLS])
async def test_an_answer_in_chunks_is_whole_with_its_last_chunk(
    make_cutter: Callable[[str], Awaitable[Cutter]], method: str
) -> None:
    """
    An answer that does not announce its length counts only when its end has come, never as a shorter one.
    """
    cutter = await make_cutter(method)
    call, broken, whole = CALLS[method]
    answer, _ = answer_of(200, chunked=True)
    end, wrong = len(answer) - 2, []  # the last line end says nothing more
    async with client_of(cutter) as client:
        for offset in range(len(answer) + 1):
            seen = await verdict_on(client, call, cutter, answer[:offset])
            right = (
                {whole[200]} if offset == len(answer) else {broken} if offset < end else {broken, whole[200]}
            )
            if not any(_agree(seen, one) for one in right):
                wrong.append((offset, seen))

    assert [] == wrong
