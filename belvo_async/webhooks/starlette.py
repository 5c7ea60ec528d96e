"""
Webhooks in a server of Starlette's, and so of FastAPI's. It needs the extra `starlette`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from belvo_async.errors import WebhookError
from belvo_async.webhooks.receiver import Handle, WebhookReceiver, check_handle


def webhook_endpoint(receiver: WebhookReceiver, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
    """
    Return the endpoint that gives each event to *handle* and answers 200.

        Starlette(routes=[Route("/belvo", webhook_endpoint(receiver, handle), methods=["POST"])])

    `FastAPI(routes=…)` takes the same route.

    It answers 401 without your `Authorization` and 400 to what is no event, and *handle* does not hear of either. Where
    *handle* raises, Starlette answers 500, and Belvo repeats the webhook. *handle* should be quick: Belvo waits for the
    answer. What takes long belongs into a task or a queue of yours.

    Raises:
        InvalidArgumentError: *handle* is no coroutine function.
    """
    check_handle(handle)

    async def answer(request: Request) -> Response:
        try:
            event = await receiver.receive_stream(request.stream(), request.headers.get("Authorization"))
        except WebhookError as error:
            return Response(status_code=error.status)
        await handle(event)
        return Response()

    return answer
