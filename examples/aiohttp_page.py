"""
A service with aiohttp.web whose users answer their bank on a page, with nothing kept on the server: the challenge travels
as a sealed ticket in the page's form.

    python examples/aiohttp_page.py

starts the service and a sandbox, plays a user over HTTP, and ends.

    python examples/aiohttp_page.py 8080

serves on that port of the loopback, with the keys in BELVO_SECRET_ID and BELVO_SECRET_PASSWORD (and BELVO_ENV or
BELVO_API_URL). Open it in a browser.

It needs `pip install "belvo-async[web]"`. One process answers a ticket once; with several take a `PromptPage` and a store, as
in `fastapi_page.py`.
"""

from __future__ import annotations

import asyncio
import re
import sys

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from aiohttp import web

from belvo_async import BelvoClient, BelvoError, MfaSession, MfaTicket, TicketSealer
from belvo_async.errors import InvalidArgumentError, LoginError, MfaRequiredError
from belvo_async.models import Account, Link
from belvo_async.sandbox import Sandbox
from belvo_async.web import Look, TicketPage
from belvo_async.web.aiohttp import aiohttp_app


FORM = """<!doctype html><title>Connect your bank</title><form method="post" action="/links">
<label>Institution <input name="institution" value="heimdall_mx_retail"></label>
<label>User <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Connect</button></form>"""


def make_service(client: BelvoClient) -> web.Application:  # noqa: C901 - its handlers share what they know
    """
    Return the service; it closes *client* when it ends.
    """
    links: list[Link] = []
    accounts: list[Account] = []

    async def settle(ticket: MfaTicket, result: Any) -> None:
        """
        Keep what the bank has brought, before the user is told that it is there.
        """
        if ticket.operation == "links.register":
            links.append(result)
        else:
            accounts.extend(result)

    page = TicketPage(
        client,
        keys=[TicketSealer.new_key()],
        mount="/challenge",
        settle=settle,
        look=Look(brand="Example", language="en", done_url="/accounts"),
    )

    async def form(_request: web.Request) -> web.Response:
        return web.Response(text=FORM, content_type="text/html")

    async def register(request: web.Request) -> web.Response:
        """
        The user gives their credentials, and meets the challenge as the answer.
        """
        given = await request.post()
        call = client.links.register(
            str(given.get("institution", "")), str(given.get("username", "")), str(given.get("password", ""))
        )
        return await drive_on(request, call)

    async def show_accounts(request: web.Request) -> web.Response:
        """
        What the bank has; it may ask again before it tells.
        """
        if not links:
            raise web.HTTPSeeOther("/")
        if not accounts:
            return await drive_on(request, client.accounts.retrieve(links[-1].id))
        return web.json_response([{"name": row.name, "currency": row.currency} for row in accounts])

    async def drive_on(request: web.Request, session: MfaSession[Any]) -> web.Response:
        try:
            result = await session
        except MfaRequiredError as error:
            shown = page.show(error.ticket, accept_language=request.headers.get("Accept-Language", ""))
            return web.Response(body=shown.body, status=shown.status, headers=shown.headers)
        except LoginError:
            raise web.HTTPForbidden(text="the bank did not accept the login") from None
        except InvalidArgumentError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        except BelvoError as error:
            raise web.HTTPBadGateway(text=str(error)) from None
        links.extend([result] if isinstance(result, Link) else [])
        accounts.extend(result if isinstance(result, list) else [])
        raise web.HTTPSeeOther("/accounts")

    async def close(_service: web.Application) -> AsyncIterator[None]:
        yield
        await client.aclose()

    service = web.Application()
    service.cleanup_ctx.append(close)
    service.add_routes(
        [web.get("/", form), web.post("/links", register), web.get("/accounts", show_accounts)]
    )
    service.add_subapp("/challenge", aiohttp_app(page))
    return service


# --- the user ---


async def play(browser: aiohttp.ClientSession) -> None:
    """
    Do what a user does: register, mistype the code, give the right one, click once more, and look at the accounts.
    """
    form = {"institution": "heimdall_mx_retail", "username": "mfa_default", "password": "pass_valid"}
    sealed = await load(browser, "POST", "/links", form)
    for token in ("999999", "111111"):
        used, sealed = sealed, await load(browser, "POST", "/challenge/answer", answer(sealed, token))
    await load(browser, "POST", "/challenge/answer", answer(used, "111111"))
    sealed = await load(browser, "GET", "/accounts")
    await load(browser, "POST", "/challenge/answer", answer(sealed, "111111"))
    async with browser.get("/accounts") as response:
        for account in await response.json():
            print("account:", account["name"], account["currency"])


def answer(sealed: str, token: str) -> dict[str, str]:
    """
    Return what the page's form sends.
    """
    return {"sealed": sealed, "token": token, "do": "answer"}


async def load(
    browser: aiohttp.ClientSession, method: str, path: str, form: Mapping[str, str] | None = None
) -> str:
    """
    Load a page, print what it says, and return the ticket in it.
    """
    async with browser.request(method, path, data=form) as response:
        html = await response.text()
    heading = re.search(r"<h1[^>]*>([^<]*)", html)
    notice = re.search(r'class="notice"[^>]*>([^<]*?)[.:]', html)
    told = [found[1] for found in (heading, notice) if found]
    print(f"the page says ({response.status}):", "; ".join(told))
    field = re.search(r'name="sealed" value="([^"]*)"', html)
    return field[1] if field else ""


async def demo() -> None:
    """
    Serve, with a sandbox in the place of Belvo, and play the user.
    """
    async with Sandbox() as sandbox:
        client = BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url)
        runner = web.AppRunner(make_service(client))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            async with aiohttp.ClientSession(f"http://{host}:{port}") as browser:
                await play(browser)
        finally:
            await runner.cleanup()
        print(f"challenges that got more than one PATCH: {sandbox.duplicates}")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        asyncio.run(demo())
    else:
        web.run_app(make_service(BelvoClient.from_env()), host="127.0.0.1", port=int(sys.argv[1]))
