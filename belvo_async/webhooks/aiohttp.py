"""
Webhooks in a server of aiohttp's.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from belvo_async.errors import WebhookError
from belvo_async.webhooks.receiver import Handle, WebhookReceiver, check_handle


def webhook_handler(receiver: WebhookReceiver, handle: Handle) -> Handler:
    """
    Return the handler that gives each event to *handle* and answers 200.

        app.router.add_post("/belvo", webhook_handler(receiver, handle))

    It answers 401 without your `Authorization` and 400 to what is no event, and *handle* does not hear of either. Where
    *handle* raises, aiohttp logs it and answers 500, and Belvo repeats the webhook. *handle* should be quick: Belvo
    waits for the answer. What takes long belongs into a task or a queue of yours.

    Raises:
        InvalidArgumentError: *handle* is no coroutine function.
    """
    check_handle(handle)

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            event = await receiver.receive_stream(
                request.content.iter_any(), request.headers.get("Authorization")
            )
        except WebhookError as error:
            return web.Response(status=error.status)
        await handle(event)
        return web.Response()

    return answer
