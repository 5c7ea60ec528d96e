"""
Answers that are small on the wire and huge in memory.
"""

from __future__ import annotations

import asyncio
import tracemalloc
import zlib

from collections.abc import AsyncIterator

import pytest

from belvo_async import BelvoClient, PoolLimits, RetryPolicy
from belvo_async.errors import BelvoError, ConnectionLostError, ServerError, UncertainOutcomeError


pytestmark = pytest.mark.anyio

MIB = 1024 * 1024

LIMIT = 4 * MIB


class Bomber:
    """
    A server that answers everything with the same bytes.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answer = b""
        self.requests = 0

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """
        Serve one connection.
        """
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.requests += 1
                writer.write(self.answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@pytest.fixture(name="bomber")
async def _bomber() -> AsyncIterator[Bomber]:
    bomber = Bomber()
    listener = await asyncio.start_server(bomber.play, "127.0.0.1", 0)
    bomber.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield bomber
    listener.close()
    await asyncio.sleep(0)


def packed(kind: bytes, size: int, byte: bytes = b" ") -> bytes:
    """
    Return a list of nothing but spaces, *size* bytes long, packed.
    """
    packer = zlib.compressobj(9, wbits=31 if kind == b"gzip" else 15)
    parts = [packer.compress(b"[")] + [packer.compress(byte * MIB) for _ in range(size // MIB)]
    return b"".join([*parts, packer.compress(b"]"), packer.flush()])


def answer_of(body: bytes, *, status: int = 200, encoding: bytes = b"identity") -> bytes:
    """
    Return an answer as it goes over the wire.
    """
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (status, encoding, len(body)) + body


async def peak_of(client: BelvoClient, error: type[BelvoError], *, write: bool = False) -> float:
    """
    Return the MiB that a call takes which ends with *error*.
    """
    tracemalloc.start()
    try:
        with pytest.raises(error):
            await (client.links.update("b9", password="x") if write else client.links.get("b9"))
        return tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate"], ids=["gzip", "deflate"])
async def test_a_bomb_is_refused_before_it_goes_off(bomber: Bomber, encoding: bytes) -> None:
    """
    An eighth of a mebibyte that unpacks to 128 is given up at the limit, whatever its length header says.
    """
    bomber.answer = answer_of(packed(encoding, 128 * MIB), encoding=encoding)
    async with BelvoClient("a", "b", base_url=bomber.url, retry=None, pool=PoolLimits(body=LIMIT)) as client:
        assert await peak_of(client, ConnectionLostError) < 24
        assert await peak_of(client, UncertainOutcomeError, write=True) < 24


async def test_a_bomb_in_an_error_is_still_the_error(bomber: Bomber) -> None:
    """
    The status of an error is enough; what it drags along is not read beyond the limit.
    """
    bomber.answer = answer_of(packed(b"gzip", 64 * MIB), status=500, encoding=b"gzip")
    async with BelvoClient("a", "b", base_url=bomber.url, retry=None, pool=PoolLimits(body=LIMIT)) as client:
        assert await peak_of(client, ServerError) < 24


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"0," * 2_000_000 + b"0]",
        b"{}," * 1_300_000,
        b"[" * 4_000_000,
        b'[{"a":"' + b'","b":"' * 600_000,
    ],
    ids=["zeros", "objects", "depth", "texts"],
)
async def test_many_small_values_are_refused_unread(bomber: Bomber, body: bytes) -> None:
    """
    Four mebibytes of text that would become a hundred of objects are refused by their number.
    """
    bomber.answer = answer_of(body)
    limits = PoolLimits(body=LIMIT, values=100_000)
    async with BelvoClient("a", "b", base_url=bomber.url, retry=None, pool=limits) as client:
        assert await peak_of(client, ConnectionLostError) < 24


async def test_a_bomb_is_not_asked_for_without_end(bomber: Bomber) -> None:
    """
    A read that brings a bomb is repeated as any lost read, so often and no more.
    """
    bomber.answer = answer_of(packed(b"gzip", 64 * MIB), encoding=b"gzip")
    retry = RetryPolicy(waits=(0.0001, 0.0001), jitter=0)
    async with BelvoClient("a", "b", base_url=bomber.url, retry=retry, pool=PoolLimits(body=LIMIT)) as client:
        with pytest.raises(ConnectionLostError):
            await client.links.get("b9")

    assert 3 == bomber.requests
