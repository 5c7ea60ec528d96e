"""
A page as a sub-application of aiohttp's.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from aiohttp import web

from belvo_async.web.exchange import LONGEST_FORM, PageRequest
from belvo_async.web.page import Page


BROKEN: Final = 400
"""The status for a form that did not come whole."""


def aiohttp_app(page: Page) -> web.Application:
    """
    Return the sub-application that serves *page*.

        app.add_subapp("/challenge", aiohttp_app(page))

    The path is the one that the page was told as `mount`. When the server goes down streams of events are ended.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        if asked is None:
            return web.Response(status=BROKEN)
        response = await page.respond(asked)
        if response.events is None:
            return web.Response(status=response.status, headers=response.headers, body=response.body)
        stream = web.StreamResponse(status=response.status, headers=response.headers)
        async with aclosing(response.events) as events:
            await stream.prepare(request)
            try:
                async for part in events:
                    await stream.write(part)
            except ConnectionError:  # the browser has left
                pass
        return stream

    async def end(_app: web.Application) -> None:
        await page.aclose()

    app = web.Application(client_max_size=LONGEST_FORM)
    app.router.add_route("*", "/{rest:.*}", answer)
    app.on_shutdown.append(end)
    return app


async def _asked(request: web.Request) -> PageRequest | None:
    """
    Return what is asked for; `None` if the browser left in the middle of its form, or that cannot be unpacked.
    """
    body = await _body(request)
    if body is None:
        return None
    return PageRequest(
        method=request.method,
        path="/" + request.match_info["rest"],
        query=request.query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        secure=request.secure,
        native=request,
    )


async def _body(request: web.Request) -> bytes | None:
    """
    Return not more than the longest form and one byte; `None` if it does not come to its end. Nothing is raised here, where
    reports of errors, which show variables, would have the user's token.
    """
    whole = bytearray()
    try:
        async for part in request.content.iter_any():
            if len(whole) <= LONGEST_FORM:
                whole += part
    except (ConnectionError, web.RequestPayloadError):
        return None
    return bytes(whole[: LONGEST_FORM + 1])
