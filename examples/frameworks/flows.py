"""
What the services in this directory share: a flow in two requests, whatever the framework.

One request starts it, another one brings the token; in between it is a ticket in this process, and the browser has a
random name for it. With more than one process, keep the tickets in a store (`belvo_async.stores`).
"""

from __future__ import annotations

import asyncio
import json
import secrets

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from belvo_async import BelvoClient, BelvoError, MfaSession, MfaState, MfaTicket
from belvo_async.errors import (
    InvalidArgumentError,
    LoginError,
    MfaExpiredError,
    MfaRequiredError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.models import Link


Told = tuple[int, dict[str, Any]]
"""What the browser is told: a status and members of JSON."""

NO_FORM: Told = 400, {"error": "expected a JSON object"}

STATUSES: tuple[tuple[type[BelvoError], int], ...] = (
    (InvalidArgumentError, 422),  # a token that cannot be one: ask again
    (MfaExpiredError, 410),  # too late: start over
    (LoginError, 403),  # the bank refused; also MfaRejectedError
    (UncertainOutcomeError, 504),  # may have worked: look for the link before starting over
    (TransportError, 503),  # nothing was sent: try again
    (BelvoError, 502),
)
"""The statuses of errors; the first that fits."""


class Flows:
    """
    The flows of one process, over one client.
    """

    def __init__(self, client: BelvoClient) -> None:
        self._client = client
        self._tickets: dict[str, MfaTicket] = {}
        self._tasks: set[asyncio.Task[Told]] = set()

    async def start(self, form: object) -> Told:
        """
        The user gives their credentials. What is missing, or is no text, the library refuses before it sends anything.
        """
        if not isinstance(form, dict):
            return NO_FORM
        session = self._client.links.register(
            form.get("institution", ""), form.get("username", ""), form.get("password", "")
        )
        return await self._drive(session, secrets.token_urlsafe())

    async def answer(self, flow: str, form: object) -> Told:
        """
        The user gives the token, or says that they are done (no token).
        """
        if not isinstance(form, dict):
            return NO_FORM
        # Taken out before it is used, so that a second click finds nothing to answer.
        ticket = self._tickets.pop(flow, None)
        if ticket is None:
            return 404, {"error": "no such flow, or its token is being checked"}
        return await self._drive(self._client.resume(ticket, form.get("token")), flow)

    async def _drive(self, session: MfaSession[Link], flow: str) -> Told:
        # In a task of its own: some servers cancel the handler when the browser has left, and a token that was sent
        # must get its answer.
        task = asyncio.ensure_future(self._drive_on(session, flow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _drive_on(self, session: MfaSession[Link], flow: str) -> Told:
        try:
            link = await session
        except MfaRequiredError as error:  # the first challenge, or another one: the token was wrong, say
            self._tickets[flow] = error.ticket
            return 202, {"flow": flow, "ask": error.challenge.instructions}
        except BelvoError as error:
            if session.state is MfaState.CHALLENGED:  # nothing was sent: the same challenge can be answered
                self._tickets[flow] = session.suspend()
            status = next(status for type_, status in STATUSES if isinstance(error, type_))
            return status, {"error": str(error)}
        return 201, {"link": link.id, "status": link.status}

    async def aclose(self) -> None:
        """
        Wait for what is under way.
        """
        if self._tasks:
            await asyncio.wait(self._tasks)


def form_of(body: bytes) -> object:
    """
    Return what the browser has sent, where the framework does not read it; `None` if it is no JSON.
    """
    try:
        return json.loads(body)
    except ValueError:
        return None


@asynccontextmanager
async def opened() -> AsyncIterator[Flows]:
    """
    Open the client for as long as the service runs, in its event loop. Keys come from the environment.
    """
    async with BelvoClient.from_env() as client:
        flows = Flows(client)
        try:
            yield flows
        finally:
            await flows.aclose()
    print("closed", flush=True)
