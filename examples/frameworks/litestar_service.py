"""
A service with Litestar: the client lives as long as the application, by its lifespan.

    python examples/frameworks/litestar_service.py 8080
"""

from __future__ import annotations

import sys

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from flows import opened
from litestar import Litestar, Response, post
from litestar.datastructures import State


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """
    What is in the state of the application is in that of every handler.
    """
    async with opened() as flows:
        app.state.flows = flows
        yield


@post("/links")
async def start(data: dict[str, Any], state: State) -> Response[dict[str, Any]]:
    """
    The user gives their credentials.
    """
    status, told = await state.flows.start(data)
    return Response(told, status_code=status)


@post("/links/{flow:str}/token")
async def answer(flow: str, data: dict[str, Any], state: State) -> Response[dict[str, Any]]:
    """
    The user gives the token.
    """
    status, told = await state.flows.answer(flow, data)
    return Response(told, status_code=status)


app = Litestar([start, answer], lifespan=[lifespan])


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
