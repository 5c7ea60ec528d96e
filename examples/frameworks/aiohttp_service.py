"""
A service with aiohttp: the client lives as long as the application, by a cleanup context.

    python examples/frameworks/aiohttp_service.py 8080
"""

from __future__ import annotations

import sys

from collections.abc import AsyncIterator

from aiohttp import web
from flows import Flows, form_of, opened


FLOWS = web.AppKey("flows", Flows)


async def open_flows(app: web.Application) -> AsyncIterator[None]:
    """
    Run to the `yield` when the service starts, and on from there when it ends.
    """
    async with opened() as flows:
        app[FLOWS] = flows
        yield


async def start(request: web.Request) -> web.Response:
    """
    The user gives their credentials.
    """
    status, told = await request.app[FLOWS].start(form_of(await request.read()))
    return web.json_response(told, status=status)


async def answer(request: web.Request) -> web.Response:
    """
    The user gives the token.
    """
    status, told = await request.app[FLOWS].answer(request.match_info["flow"], form_of(await request.read()))
    return web.json_response(told, status=status)


app = web.Application()
app.cleanup_ctx.append(open_flows)
app.add_routes([web.post("/links", start), web.post("/links/{flow}/token", answer)])


if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
