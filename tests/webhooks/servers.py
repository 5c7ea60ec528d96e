"""
The two helpers, each in a real server on the loopback.
"""

from __future__ import annotations

import asyncio
import socket

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn

from aiohttp import web
from starlette.applications import Starlette
from starlette.routing import Route

from belvo_async.webhooks import WebhookEvent, WebhookReceiver
from belvo_async.webhooks.aiohttp import webhook_handler
from belvo_async.webhooks.receiver import Handle
from belvo_async.webhooks.starlette import webhook_endpoint


class Inbox:
    """
    Keeps what arrives, or fails for the next ones.
    """

    def __init__(self) -> None:
        self.events: list[WebhookEvent] = []
        self.failures = 0

    async def handle(self, event: WebhookEvent) -> None:
        """
        Take *event*.
        """
        if self.failures:
            self.failures -= 1
            raise LookupError("the database is gone")
        self.events.append(event)


@asynccontextmanager
async def in_aiohttp(receiver: WebhookReceiver, handle: Handle) -> AsyncIterator[str]:
    """
    Serve by aiohttp, and give the address.
    """
    app = web.Application()
    app.router.add_post("/belvo", webhook_handler(receiver, handle))
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/belvo"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def in_starlette(receiver: WebhookReceiver, handle: Handle) -> AsyncIterator[str]:
    """
    Serve by Starlette under uvicorn, and give the address.
    """
    app = Starlette(routes=[Route("/belvo", webhook_endpoint(receiver, handle), methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        await asyncio.get_running_loop().run_in_executor(None, config.load)
        serving = asyncio.ensure_future(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/belvo"
        finally:
            server.should_exit = True
            await serving


Serve = Callable[[WebhookReceiver, Handle], AbstractAsyncContextManager[str]]
