"""
An ASGI application in a real server on the loopback, asked over HTTP.
"""

from __future__ import annotations

import asyncio
import socket

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn


@asynccontextmanager
async def served(app: Any, *, patience: int = 5) -> AsyncIterator[str]:
    """
    Serve *app* by uvicorn, its lifespan included, and yield the address. At the end, requests that are under way have
    *patience* seconds.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, log_config=None, lifespan="on", ws="none", timeout_graceful_shutdown=patience
        )
        server = uvicorn.Server(config)
        await asyncio.get_running_loop().run_in_executor(None, config.load)
        serving = asyncio.ensure_future(server.serve([listener]))
        while not server.started:
            assert not serving.done(), "it did not start"
            await asyncio.sleep(0.001)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def asked(app: Any, path: str) -> Any:
    """
    Serve *app*, get *path* twice, and return what came the second time.
    """
    async with served(app) as url, aiohttp.ClientSession() as browser:
        for _ in range(2):
            async with browser.get(f"{url}{path}") as response:
                told = await response.json()
    return told
