"""
What may handle events: it is looked at before the first one comes.
"""

from __future__ import annotations

import functools

from typing import Any
from unittest.mock import AsyncMock

import pytest

from belvo_async.errors import InvalidArgumentError
from belvo_async.webhooks import WebhookEvent, WebhookReceiver
from belvo_async.webhooks.aiohttp import webhook_handler
from belvo_async.webhooks.starlette import webhook_endpoint


each_helper = pytest.mark.parametrize("helper", [webhook_handler, webhook_endpoint])

RECEIVER = WebhookReceiver("Bearer made-up")


async def handle(event: WebhookEvent) -> None:
    """
    Handle *event* as one should.
    """


def plain(event: WebhookEvent) -> None:
    """
    Handle *event*, and cannot be awaited.
    """


async def with_more(_more: str, event: WebhookEvent) -> None:
    """
    Handle *event*, with something besides.
    """


@functools.wraps(handle)
def decorated(event: WebhookEvent) -> Any:
    """
    Handle *event* by a coroutine function, as decorators do.
    """
    return handle(event)


class Handler:
    """
    Handles events in three ways.
    """

    async def __call__(self, event: WebhookEvent) -> None:
        """
        Handle *event* as one should.
        """

    async def method(self, event: WebhookEvent) -> None:
        """
        Handle *event* as one should.
        """

    def plain(self, event: WebhookEvent) -> None:
        """
        Handle *event*, and cannot be awaited.
        """


class PlainHandler:
    """
    Handles events, and cannot be awaited.
    """

    def __call__(self, event: WebhookEvent) -> None:
        """
        Handle *event*.
        """


@each_helper
@pytest.mark.parametrize(
    "good",
    [
        handle,
        decorated,
        functools.partial(with_more, "more"),
        functools.partial(functools.partial(with_more), "more"),
        functools.partial(Handler()),
        Handler(),
        Handler().method,
        AsyncMock(),
    ],
    ids=["function", "decorated", "partial", "partials", "partial_object", "object", "method", "mock"],
)
def test_what_can_be_awaited(helper: Any, good: Any) -> None:
    """
    Coroutine functions are taken in each of their wrappings.
    """
    assert callable(helper(RECEIVER, good))


@each_helper
@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (plain, "function"),
        (lambda _: None, "function"),
        (functools.partial(plain), "partial"),
        (Handler().plain, "method"),
        (PlainHandler(), "PlainHandler"),
        ([].append, "builtin_function_or_method"),
        (None, "None"),
        (RECEIVER, "WebhookReceiver"),
    ],
    ids=["function", "lambda", "partial", "method", "object", "builtin", "none", "receiver"],
)
def test_what_cannot_be_awaited(helper: Any, bad: Any, found: str) -> None:
    """
    A plain function is refused at once: it would do its work for each of Belvo's six deliveries, and fail each time.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        helper(RECEIVER, bad)

    assert f"handle: expected a coroutine function that takes a WebhookEvent, found {found}" == str(
        raised.value
    )
