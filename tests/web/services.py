"""
A whole service around a page: a sandbox, a client, a store, and a real server of either kind.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import attrs

from aiohttp import web
from people import BANK
from serving import served
from starlette.applications import Starlette
from starlette.routing import Mount

from belvo_async import BelvoClient, MfaTicket, TicketSealer
from belvo_async.errors import MfaRequiredError
from belvo_async.sandbox import Sandbox
from belvo_async.stores import MemoryStore, Store
from belvo_async.testing import ManualClock
from belvo_async.web import Look, Page, PageRequest, PromptPage, TicketPage
from belvo_async.web.aiohttp import aiohttp_app
from belvo_async.web.asgi import asgi_app
from belvo_async.workers import resume_flow, start_flow


KEY = TicketSealer.new_key()

MOUNT = "/challenge"


@asynccontextmanager
async def in_aiohttp(page: Page) -> AsyncIterator[str]:
    """
    Serve by aiohttp, mounted, and give the address of the server.
    """
    app = web.Application()
    app.add_subapp(MOUNT, aiohttp_app(page))
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def in_asgi(page: Page) -> AsyncIterator[str]:
    """
    Serve by uvicorn, mounted in Starlette, and give the address of the server.
    """
    app = Starlette(routes=[Mount(MOUNT, asgi_app(page))])
    async with served(app, patience=1) as url:
        try:
            yield url
        finally:
            await page.aclose()


Serve = Callable[[Page], AbstractAsyncContextManager[str]]


@attrs.define
class Service:
    """
    What belongs together.

    Attributes:
        answered: The flows whose answer was the first, in order.

        gate: Set while workers go on with them.

        completed: What tickets brought.
    """

    sandbox: Sandbox
    client: BelvoClient
    store: Store
    clock: ManualClock | None
    answered: list[str] = attrs.field(factory=list)
    gate: asyncio.Event = attrs.field(factory=asyncio.Event)
    completed: list[Any] = attrs.field(factory=list)
    user: str | None = "ana"
    tasks: Any = None

    async def begin(self, flow: str, username: str = "mfa_default") -> None:
        """
        Register a link as *flow*, until its challenge.
        """
        await start_flow(self.store, flow, self.client.links.register(BANK, username, "pass_valid"))

    async def ticket(self, username: str = "mfa_default") -> MfaTicket:
        """
        Return the ticket of a registration.
        """
        try:
            await self.client.links.register(BANK, username, "pass_valid")
        except MfaRequiredError as error:
            return error.ticket
        raise AssertionError("it was not challenged")

    async def take(self, flow: str) -> None:
        """
        Take up a flow that was answered, as a worker would.
        """
        self.answered.append(flow)
        self.tasks.start_soon(self._work, flow)

    async def _work(self, flow: str) -> None:
        await self.gate.wait()
        await resume_flow(self.store, flow, self.client)

    async def settle(self, _: MfaTicket, result: Any) -> None:
        """
        Keep what a ticket brought.
        """
        self.completed.append(result)

    async def who(self, _: PageRequest) -> str | None:
        """
        Tell who is logged in.
        """
        return self.user

    def prompt_page(self, **options: Any) -> PromptPage:
        """
        Return a page over the store.
        """
        look = options.pop("look", Look(language="en"))
        clock = {} if self.clock is None else {"clock": self.clock}
        return PromptPage(
            self.store, keys=[KEY], mount=MOUNT, answered=self.take, look=look, **clock, **options
        )

    def ticket_page(self, **options: Any) -> TicketPage:
        """
        Return a page over tickets.
        """
        look = options.pop("look", Look(language="en"))
        clock = {} if self.clock is None else {"clock": self.clock}
        return TicketPage(
            self.client, keys=[KEY], mount=MOUNT, settle=self.settle, look=look, **clock, **options
        )


@asynccontextmanager
async def service(clock: ManualClock | None = None, **sandbox_options: Any) -> AsyncIterator[Service]:
    """
    Give a service whose workers are at work.
    """
    clocked: dict[str, Any] = {} if clock is None else {"clock": clock}
    async with (
        Sandbox(**clocked, **sandbox_options) as sandbox,
        BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, **clocked) as client,
        MemoryStore(**clocked) as store,
        anyio.create_task_group() as tasks,
    ):
        made = Service(sandbox, client, store, clock)
        made.tasks = tasks
        made.gate.set()
        yield made
        tasks.cancel_scope.cancel()
