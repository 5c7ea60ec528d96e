"""
Both skins over real sockets: pages, files, forms, and events.
"""

from __future__ import annotations

import asyncio
import re

from collections.abc import AsyncIterator

import aiohttp
import pytest

from people import RIGHT, WRONG
from web.reading import read
from web.services import MOUNT, Serve, Service, in_aiohttp, in_asgi, service

from belvo_async.stores import FlowStatus


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("serve", [in_aiohttp, in_asgi], ids=["aiohttp", "asgi"]),
]

FLOW = "order-17"


@pytest.fixture(name="made")
async def _made() -> AsyncIterator[Service]:
    async with service() as made:
        yield made


@pytest.fixture(name="browser")
async def _browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


async def test_the_way_to_the_end(serve: Serve, made: Service, browser: aiohttp.ClientSession) -> None:
    """
    A browser without scripts follows the page to its end, and every answer guards itself.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    async with serve(page) as address:
        url = address + page.path(FLOW)
        for token, state in ((WRONG, "asked-2"), (RIGHT, "done-2")):
            async with browser.get(url) as response:
                shown = read(await response.read())
                assert "no-store" == response.headers["Cache-Control"]
                assert "no-referrer" == response.headers["Referrer-Policy"]
            form = {"sealed": shown.sealed, "token": token, "do": "answer"}
            async with browser.post(url, data=form, allow_redirects=False) as response:
                assert 303 == response.status
                assert url.rpartition("/")[2] == response.headers["Location"]
            while read(await (await browser.get(url)).read()).state != state:
                await asyncio.sleep(0.01)

    assert 2 == made.sandbox.counts["PATCH /api/links/"]


async def test_events(serve: Serve, made: Service, browser: aiohttp.ClientSession) -> None:
    """
    Whoever listens hears of each state, from the one that is to the end.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    states: list[str] = []
    async with serve(page) as address:
        url = f"{address}{page.path(FLOW)}/events"
        async with browser.get(url, headers={"Accept": "text/event-stream"}) as response:
            assert "text/event-stream" == response.content_type
            async for line in response.content:
                if line.startswith(b"data: "):
                    states.append(line[6:].strip().decode())
                    if states[-1] == "asked-1":
                        await made.store.deliver(FLOW, 1, RIGHT)
                        await made.take(FLOW)
                    elif states[-1] == "done-1":
                        break

    assert ("asked-1", "done-1") == (states[0], states[-1])
    assert set(states) <= {"asked-1", "checking-1", "done-1"}


async def test_the_end_of_a_page_ends_its_events(
    serve: Serve, made: Service, browser: aiohttp.ClientSession
) -> None:
    """
    When the page is closed streams end, so that the server can go down.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    async with serve(page) as address, browser.get(f"{address}{page.path(FLOW)}/events") as response:
        await response.content.readuntil(b"data: asked-1\n\n")
        await page.aclose()
        await response.content.read()
        assert response.content.at_eof()


async def test_files(serve: Serve, made: Service, browser: aiohttp.ClientSession) -> None:
    """
    What a page loads is there, with its kind, and may be kept.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    async with serve(page) as address:
        async with browser.get(address + page.path(FLOW)) as response:
            html = await response.text()
        for name, kind in re.findall(r'(?:href|src)="(page\.\w+\.(css|js))"', html):
            async with browser.get(f"{address}{MOUNT}/{name}") as response:
                assert 200 == response.status
                assert {"css": "text/css", "js": "text/javascript"}[kind] == response.content_type
                assert "immutable" in response.headers["Cache-Control"]
                assert "nosniff" == response.headers["X-Content-Type-Options"]


async def test_what_is_not_there(serve: Serve, made: Service, browser: aiohttp.ClientSession) -> None:
    """
    Any other path is not found, and asked for with HEAD has no body.
    """
    page = made.prompt_page()
    async with serve(page) as address:
        for path in ("", "/", "/x", "/x/events", "/page.css", "/%00", "/..%2f"):
            async with browser.get(f"{address}{MOUNT}{path}") as response:
                assert 404 == response.status
        async with browser.head(f"{address}{MOUNT}/x") as response:
            assert (404, b"") == (response.status, await response.read())


async def test_a_form_that_is_too_large(serve: Serve, made: Service, browser: aiohttp.ClientSession) -> None:
    """
    A form that nobody can have filled in is not kept.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    form = {"token": "x" * 1_000_000}
    async with serve(page) as address, browser.post(address + page.path(FLOW), data=form) as response:
        assert 413 == response.status

    record = await made.store.look(FLOW)
    assert record is not None
    assert record.status is FlowStatus.WAITING
