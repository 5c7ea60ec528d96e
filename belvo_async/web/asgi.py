"""
A page as an ASGI application: for FastAPI, Starlette, Litestar, Django, or a server alone. It needs no framework.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing, suppress
from typing import Any, TypeAlias

import anyio

from belvo_async.web.exchange import LONGEST_FORM, PageRequest
from belvo_async.web.page import Page


Message: TypeAlias = MutableMapping[str, Any]

Scope: TypeAlias = MutableMapping[str, Any]

Receive: TypeAlias = Callable[[], Awaitable[Message]]

Send: TypeAlias = Callable[[Message], Awaitable[None]]

AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def asgi_app(page: Page) -> AsgiApp:
    """
    Return the application that serves *page*.

        app.mount("/challenge", asgi_app(page))

    The path is the one that the page was told as `mount`.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await _serve(page, scope, receive, send)
            case "lifespan":
                await _live(page, receive, send)
            case _:  # a web socket
                await receive()
                await send({"type": "websocket.close"})

    return app


async def _serve(page: Page, scope: Scope, receive: Receive, send: Send) -> None:
    request = await _request(scope, receive)
    if request is None:
        return
    response = await page.respond(request)
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()
    ]
    if response.events is None:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.events is None:
        shown = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": shown})
    else:
        await _stream(response.events, receive, send)


async def _request(scope: Scope, receive: Receive) -> PageRequest | None:
    """
    Return what is asked for; `None` if the browser has left. The frame that answers it must not hold its body, with the
    user's token, in a variable.
    """
    body = await _body(receive)
    if body is None:
        return None
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    # Of a mounted application some servers name the whole path, some the rest, and some that without the prefix which a
    # proxy has taken away.
    for prefix in (root, root.removeprefix(scope.get("app_root_path", "").rstrip("/"))):
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :]
            break
    return PageRequest(
        method=scope["method"],
        path=path or "/",
        query=scope.get("query_string", b"").decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
        secure=scope.get("scheme") == "https",
        native=scope,
    )


async def _body(receive: Receive) -> bytes | None:
    """
    Return not much more than the longest form; `None` if the browser has left.
    """
    whole = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(whole) <= LONGEST_FORM:
            whole += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(whole[: LONGEST_FORM + 1])


async def _stream(events: AsyncGenerator[bytes], receive: Receive, send: Send) -> None:
    async with anyio.create_task_group() as group:

        async def leave() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(leave)
        with suppress(OSError):  # the browser has left, and this server says so
            async with aclosing(events):
                async for part in events:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        group.cancel_scope.cancel()


async def _live(page: Page, receive: Receive, send: Send) -> None:
    """
    Begin and end with the server, where the page is served alone. One that is mounted hears nothing of it.
    """
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await page.aclose()
            await send({"type": "lifespan.shutdown.complete"})
            return
