"""
A service with Starlette: the client lives as long as the application, by its lifespan.

    python examples/frameworks/starlette_service.py 8080
"""

from __future__ import annotations

import sys

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from flows import form_of, opened
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
    """
    What is yielded is the `state` of every request.
    """
    async with opened() as flows:
        yield {"flows": flows}


async def start(request: Request) -> JSONResponse:
    """
    The user gives their credentials.
    """
    status, told = await request.state.flows.start(form_of(await request.body()))
    return JSONResponse(told, status)


async def answer(request: Request) -> JSONResponse:
    """
    The user gives the token.
    """
    status, told = await request.state.flows.answer(
        request.path_params["flow"], form_of(await request.body())
    )
    return JSONResponse(told, status)


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/links", start, methods=["POST"]),
        Route("/links/{flow}/token", answer, methods=["POST"]),
    ],
)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
