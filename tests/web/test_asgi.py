"""
The skin for ASGI, message by message: what no server shows.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator, Iterator
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest

from starlette.applications import Starlette
from starlette.routing import Mount
from web.reading import FORM, below, get, read
from web.services import Service, service

from belvo_async.errors import StoreError
from belvo_async.web.asgi import AsgiApp, asgi_app


pytestmark = pytest.mark.anyio

FLOW = "order-17"

TOKEN = "73512984"


@pytest.fixture(name="made")
async def _made() -> AsyncIterator[Service]:
    async with service() as made:
        yield made


def scope(path: str, method: str = "GET") -> dict[str, Any]:
    """
    Return what a server tells of a request.
    """
    headers = [(name.encode(), value.encode()) for name, value in FORM.items()]
    return {"type": "http", "method": method, "path": path, "headers": headers}


def frames(error: BaseException) -> Iterator[FrameType]:
    """
    Yield the frames that a traceback shows.
    """
    at = error.__traceback__
    while at is not None:
        yield at.tb_frame
        at = at.tb_next


@pytest.mark.parametrize("do", ["answer", "decline"])
async def test_a_store_that_fails_shows_no_token(made: Service, do: str) -> None:
    """
    Where the store fails, reports of the error, which show variables, do not show what the user typed.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    body = urlencode({"sealed": sealed, "token": TOKEN, "do": do}).encode()
    await made.store.aclose()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    with pytest.raises(StoreError) as caught:
        await asgi_app(page)(scope(path, "POST"), receive, send)

    shown = [repr(frame.f_locals) for frame in frames(caught.value) if "/web/" in frame.f_code.co_filename]
    assert len(shown) > 3
    assert [] == [variables for variables in shown[1:] if TOKEN in variables]  # the first is this test


async def test_a_server_that_says_who_has_left(made: Service) -> None:
    """
    Events end where sending them fails, as servers may say that the browser has left; nobody listens after it.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    app: AsgiApp = asgi_app(page)
    sent: list[Any] = []
    asked = iter([{"type": "http.request", "body": b""}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        return await asyncio.Future[dict[str, Any]]()

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 2:
            raise BrokenPipeError

    await app(scope(f"{below(page.path(FLOW))}/events"), receive, send)

    assert [None, b"retry: 1000\n\n", b"data: asked-1\n\n"] == [message.get("body") for message in sent]
    assert {} == page._live._bells


@pytest.mark.parametrize("prefix", ["", "/api"], ids=["taken away", "passed on"])
async def test_behind_a_proxy_with_a_prefix(made: Service, prefix: str) -> None:
    """
    The page is found where a proxy has a prefix of its own, whether the service gets to see it in the path or not.
    """
    await made.begin(FLOW)
    page = made.prompt_page()
    app = Starlette(routes=[Mount("/challenge", asgi_app(page))])
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {**scope(prefix + page.path(FLOW)), "root_path": "/api", "query_string": b""}
    await app(asked, receive, send)

    assert 200 == sent[0]["status"]
