"""
A service with FastAPI: the client lives as long as the application, by its lifespan.

    python examples/frameworks/fastapi_service.py 8080
"""

from __future__ import annotations

import sys

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import uvicorn

from fastapi import Body, Depends, FastAPI, Request, Response
from flows import Flows, opened


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """
    What is yielded is the `state` of every request.
    """
    async with opened() as flows:
        yield {"flows": flows}


def flows_of(request: Request) -> Flows:
    """
    What handlers depend on.
    """
    flows: Flows = request.state.flows
    return flows


app = FastAPI(lifespan=lifespan)


@app.post("/links")
async def start(
    form: Annotated[dict[str, Any], Body()], flows: Annotated[Flows, Depends(flows_of)], response: Response
) -> dict[str, Any]:
    """
    The user gives their credentials.
    """
    response.status_code, told = await flows.start(form)
    return told


@app.post("/links/{flow}/token")
async def answer(
    flow: str,
    form: Annotated[dict[str, Any], Body()],
    flows: Annotated[Flows, Depends(flows_of)],
    response: Response,
) -> dict[str, Any]:
    """
    The user gives the token.
    """
    response.status_code, told = await flows.answer(flow, form)
    return told


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
