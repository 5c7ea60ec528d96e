"""
The skin for aiohttp: what no browser sends.
"""

from __future__ import annotations

import asyncio

import pytest

from web.services import KEY, MOUNT, in_aiohttp

from belvo_async.stores import MemoryStore
from belvo_async.web import PromptPage


pytestmark = pytest.mark.anyio


async def sent(
    address: str, path: str, headers: str, body: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """
    Send a form, as it stands.
    """
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    form = "Content-Type: application/x-www-form-urlencoded"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{form}\r\n{headers}\r\n\r\n{body}".encode())
    await writer.drain()
    return reader, writer


async def test_a_form_that_cannot_be_unpacked() -> None:
    """
    A form that is not packed as it says is a wrong one, and no failure of the page.
    """
    page = PromptPage(MemoryStore(), keys=[KEY], mount=MOUNT)
    async with in_aiohttp(page) as address:
        headers = "Content-Encoding: gzip\r\nContent-Length: 9\r\nConnection: close"
        reader, writer = await sent(address, page.path("order-17"), headers, "token=123")
        assert b" 400 " in await reader.readline()
        writer.close()


async def test_a_browser_that_leaves_in_a_form(caplog: pytest.LogCaptureFixture) -> None:
    """
    A form that ends in its middle is no failure: reports of one would show what had come of it.
    """
    page = PromptPage(MemoryStore(), keys=[KEY], mount=MOUNT)
    async with in_aiohttp(page) as address:
        _, writer = await sent(address, page.path("order-17"), "Content-Length: 999", "token=123")
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0.05)

    assert [] == [record.getMessage() for record in caplog.records if record.name == "aiohttp.server"]
