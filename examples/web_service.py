"""
A web service: one request starts the flow, another one brings the token.

    python examples/web_service.py

starts the service and a sandbox, plays a browser against it, and ends.

    python examples/web_service.py 8080

serves on that port of the loopback, with the keys in BELVO_SECRET_ID and BELVO_SECRET_PASSWORD (and BELVO_ENV or
BELVO_API_URL).

Between the two requests the flow is a ticket in a dictionary of this process. The browser only gets a random name
for it. With more than one process, keep `ticket.to_json()` in what they share, and take it out in one atomic step.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys

from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from aiohttp import web

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
from belvo_async.sandbox import Sandbox


CLIENT = web.AppKey("client", BelvoClient)

TICKETS = web.AppKey("tickets", dict[str, MfaTicket])

STATUSES: tuple[tuple[type[BelvoError], int], ...] = (
    (InvalidArgumentError, 422),  # a token that cannot be one: ask again
    (MfaExpiredError, 410),  # too late: start over
    (LoginError, 403),  # the bank refused; also MfaRejectedError
    (UncertainOutcomeError, 504),  # may have worked: look for the link before starting over
    (TransportError, 503),  # nothing was sent: try again
    (BelvoError, 502),
)
"""What the browser is told; the first that fits."""


async def start(request: web.Request) -> web.Response:
    """
    `POST /links`: the user gives their credentials.
    """
    form = await form_of(request)
    session = request.app[CLIENT].links.register(
        form.get("institution", ""), form.get("username", ""), form.get("password", ""), access_mode="single"
    )
    return await drive_on(request, session, flow=secrets.token_urlsafe())


async def token(request: web.Request) -> web.Response:
    """
    `POST /links/{flow}/token`: the user gives the token, or says that they are done (no token).
    """
    form = await form_of(request)
    flow = request.match_info["flow"]
    # Taken out before it is used, so that a second click finds nothing to answer.
    ticket = request.app[TICKETS].pop(flow, None)
    if ticket is None:
        return web.json_response({"error": "no such flow, or its token is being checked"}, status=404)
    session = request.app[CLIENT].resume(ticket, form.get("token"))
    return await drive_on(request, session, flow)


async def form_of(request: web.Request) -> dict[str, Any]:
    """
    Return what the browser has sent. Credentials that are missing, the library refuses before it sends anything.
    """
    try:
        form = await request.json()
    except ValueError:
        form = None
    if not isinstance(form, dict):
        raise web.HTTPBadRequest(text="expected a JSON object")
    return form


async def drive_on(request: web.Request, session: MfaSession[Link], flow: str) -> web.Response:
    """
    Drive *session* to its end, or to the next challenge, and tell the browser.
    """
    tickets = request.app[TICKETS]
    try:
        link = await session
    except MfaRequiredError as error:  # the first challenge, or another one: the token was wrong, say
        tickets[flow] = error.ticket
        shown = {
            "flow": flow,
            "kind": error.challenge.kind.value,
            "instructions": error.challenge.instructions,
            "value": error.challenge.value,
            "expects_user_input": error.challenge.expects_user_input,
            "seconds": error.challenge.remaining,
        }
        return web.json_response(shown, status=202)
    except BelvoError as error:
        if session.state is MfaState.CHALLENGED:  # nothing was sent, so the same challenge can be answered
            tickets[flow] = session.suspend()
        status = next(status for type_, status in STATUSES if isinstance(error, type_))
        return web.json_response({"error": str(error)}, status=status)
    return web.json_response({"link": link.id, "status": link.status}, status=201)


def make_service(client: BelvoClient) -> web.Application:
    """
    Return the service; it closes *client* when it ends.
    """

    async def close_client(_service: web.Application) -> AsyncIterator[None]:
        yield
        await client.aclose()

    service = web.Application()
    service[CLIENT] = client
    service[TICKETS] = {}
    service.cleanup_ctx.append(close_client)
    # aiohttp lets a handler go on when the browser has left, so a token that was sent gets its answer.
    service.add_routes([web.post("/links", start), web.post("/links/{flow}/token", token)])
    return service


async def demo() -> None:
    """
    Play a browser: a typing mistake, a wrong token, the right one, and one click too many.
    """
    async with Sandbox() as sandbox:
        client = BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url)
        runner = web.AppRunner(make_service(client))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            host, port = runner.addresses[0][:2]
            async with aiohttp.ClientSession(f"http://{host}:{port}") as browser:
                await click_through(browser)
        finally:
            await runner.cleanup()
        print(f"challenges that got more than one PATCH: {sandbox.duplicates}")


async def click_through(browser: aiohttp.ClientSession) -> None:
    """
    Do what the user does.
    """
    form = {"institution": "heimdall_mx_retail", "username": "mfa_default", "password": "pass_valid"}
    answer = await post(browser, "/links", form)
    page = f"/links/{answer['flow']}/token"
    for given in ("", "999999", "111111", "111111"):
        await post(browser, page, {"token": given})


async def post(browser: aiohttp.ClientSession, path: str, form: dict[str, str]) -> dict[str, Any]:
    """
    Send *form* and show the answer.
    """
    async with browser.post(path, json=form) as response:
        answer: dict[str, Any] = await response.json()
    hidden = {"flow", "seconds"}
    shown = {name: value for name, value in answer.items() if name not in hidden and value != ""}
    print(response.status, json.dumps(shown))
    return answer


if __name__ == "__main__":
    if len(sys.argv) == 1:
        asyncio.run(demo())
    else:
        # The client is opened by its first request, in the loop that run_app() makes.
        web.run_app(make_service(BelvoClient.from_env()), host="127.0.0.1", port=int(sys.argv[1]))
