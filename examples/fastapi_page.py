"""
A service with FastAPI whose users answer their bank on a page: one request registers a link, the page asks, the data appears.

    python examples/fastapi_page.py

starts the service and a sandbox, plays a user over HTTP, and ends.

    python examples/fastapi_page.py 8080

serves on that port of the loopback, with the keys in BELVO_SECRET_ID and BELVO_SECRET_PASSWORD (and BELVO_ENV or
BELVO_API_URL). Register a link with `curl`, and open the address that comes back in a browser.

It needs `pip install "belvo-async[web]" fastapi uvicorn`. The store is in memory here; with several processes take a
`RedisStore` or a `PostgresStore`, keep the key where all of them find it, and let workers go on with the flows.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import sys

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from belvo_async import BelvoClient, BelvoError, MfaSession, TicketSealer
from belvo_async.errors import InvalidArgumentError
from belvo_async.models import Link
from belvo_async.sandbox import Sandbox
from belvo_async.stores import FlowStatus, MemoryStore
from belvo_async.web import Look, PromptPage
from belvo_async.web.asgi import asgi_app
from belvo_async.workers import FlowOutcome, resume_flow, start_flow


def make_service(client: BelvoClient) -> FastAPI:  # noqa: C901 - its handlers share what they know
    """
    Return the service; it closes *client* when it ends.
    """
    store = MemoryStore()
    results: dict[str, Any] = {}
    tasks: set[asyncio.Task[Any]] = set()

    async def go_on(flow: str) -> None:
        """
        The user has answered: send it, without making their browser wait.
        """
        task = asyncio.create_task(resume_flow(store, flow, client, settle=settle))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def settle(outcome: FlowOutcome[Any]) -> None:
        if outcome.status is FlowStatus.COMPLETED:
            results[outcome.flow] = outcome.result

    page = PromptPage(
        store,
        keys=[TicketSealer.new_key()],
        mount="/challenge",
        answered=go_on,
        look=Look(brand="Example", language="en"),
    )

    @asynccontextmanager
    async def running(_service: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.aclose()
        await client.aclose()

    service = FastAPI(lifespan=running)
    service.mount("/challenge", asgi_app(page))

    async def begin(flow: str, call: MfaSession[Any]) -> dict[str, str]:
        """
        Send the call, and tell the user where to go on. What the bank refuses, the page tells them.
        """
        try:
            outcome = await start_flow(store, flow, call, settle=settle)
        except BelvoError as error:  # nothing was done: Belvo cannot be reached, or does not know the keys
            raise HTTPException(503, str(error)) from None
        if isinstance(outcome.error, InvalidArgumentError):
            raise outcome.error
        return {"flow": flow, "page": page.path(flow)}

    @service.exception_handler(InvalidArgumentError)
    async def refuse(_request: Request, error: InvalidArgumentError) -> JSONResponse:
        """
        A field that is missing, say.
        """
        return JSONResponse({"detail": str(error)}, 422)

    @service.post("/links", status_code=202)
    async def register(form: dict[str, Any]) -> dict[str, str]:
        """
        The user gives their credentials.
        """
        flow = secrets.token_urlsafe()  # also the name by which the service finds it again
        call = client.links.register(
            form.get("institution", ""), form.get("username", ""), form.get("password", ""), external_id=flow
        )
        return await begin(flow, call)

    @service.post("/links/{link}/accounts", status_code=202)
    async def retrieve(link: str) -> dict[str, str]:
        """
        The user wants their accounts; the bank may ask again.
        """
        return await begin(secrets.token_urlsafe(), client.accounts.retrieve(link))

    @service.get("/results/{flow}")
    async def result(flow: str) -> Any:
        """
        What the bank has brought.
        """
        record = await store.look(flow)
        if record is None:
            raise HTTPException(404, "no such flow")
        if not record.status.is_final:
            raise HTTPException(409, f"it is not there yet: {record.status}")
        if record.status is not FlowStatus.COMPLETED:
            raise HTTPException(410, f"it has ended without: {record.status}, {record.problem}")
        match results[flow]:
            case Link() as link:
                return {"link": link.id, "status": link.status}
            case rows:
                return [{"name": row.name, "currency": row.currency} for row in rows]

    return service


# --- the user ---


async def play(browser: aiohttp.ClientSession) -> None:
    """
    Do what a user does: register, mistype the code, give the right one, then have the accounts brought.
    """
    form = {"institution": "heimdall_mx_retail", "username": "mfa_default", "password": "pass_valid"}
    link = await brought(browser, "/links", form, tokens=["999999", "111111"])
    print("the link is", link["status"])
    for account in await brought(browser, f"/links/{link['link']}/accounts", {}, tokens=["111111"]):
        print("account:", account["name"], account["currency"])


async def brought(
    browser: aiohttp.ClientSession, path: str, form: dict[str, str], *, tokens: list[str]
) -> Any:
    """
    Begin something, answer on its page, and return what the bank brings.
    """
    async with browser.post(path, json=form) as response:
        begun = await response.json()
    for token in tokens:
        sealed = await shown(browser, begun["page"], "asked")
        fields = {"sealed": sealed, "token": token, "do": "answer"}
        async with browser.post(begun["page"], data=fields, allow_redirects=False) as response:
            print("the user sends a code:", response.status)
    await shown(browser, begun["page"], "done")
    async with browser.get(f"/results/{begun['flow']}") as response:
        return await response.json()


async def shown(browser: aiohttp.ClientSession, path: str, stage: str) -> str:
    """
    Load the page until it is at *stage*, as a browser without scripts does, print what it says, and return the
    hidden field of its form.
    """
    while True:
        async with browser.get(path) as response:
            html = await response.text()
        if f'data-state="{stage}' in html:
            break
        await asyncio.sleep(0.05)
    heading = re.search(r"<h1[^>]*>([^<]*)", html)
    notice = re.search(r'class="notice"[^>]*>([^<]*?)[.:]', html)
    told = [found[1] for found in (heading, notice) if found]
    print("the page says:", "; ".join(told))
    field = re.search(r'name="sealed" value="([^"]*)"', html)
    return field[1] if field else ""


async def demo() -> None:
    """
    Serve, with a sandbox in the place of Belvo, and play the user.
    """
    async with Sandbox() as sandbox:
        client = BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(make_service(client), log_config=None, ws="none"))
            serving = asyncio.create_task(server.serve([listener]))
            while not server.started:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)
            try:
                address = f"http://127.0.0.1:{listener.getsockname()[1]}"
                async with aiohttp.ClientSession(address) as browser:
                    await play(browser)
            finally:
                server.should_exit = True
                await serving
        print(f"challenges that got more than one PATCH: {sandbox.duplicates}")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        asyncio.run(demo())
    else:
        uvicorn.run(make_service(BelvoClient.from_env()), host="127.0.0.1", port=int(sys.argv[1]))
