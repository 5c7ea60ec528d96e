"""
What Belvo is answered, by each of the two helpers, over real sockets.
"""

from __future__ import annotations

import logging

from collections.abc import AsyncIterator

import aiohttp
import pytest

from webhooks.samples import body
from webhooks.servers import Inbox, Serve, in_aiohttp, in_starlette

from belvo_async.webhooks import WebhookReceiver


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("serve", [in_aiohttp, in_starlette], ids=["aiohttp", "starlette"]),
]

RIGHT = "Bearer canary-webhook-7d1f"

EVENT = body("ACCOUNTS", "historical_update", {"total_accounts": 2})

FORBIDDEN = "canary"


@pytest.fixture(name="inbox")
def _inbox() -> Inbox:
    return Inbox()


@pytest.fixture(name="session")
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    # uvicorn closes the connection of a call that failed.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


async def post(
    session: aiohttp.ClientSession, url: str, sent: bytes = EVENT, authorization: str | None = RIGHT
) -> tuple[int, str]:
    """
    Send a webhook; return the status and the body of the answer.
    """
    headers = {} if authorization is None else {"Authorization": authorization}
    async with session.post(url, data=sent, headers=headers) as response:
        return response.status, await response.text()


async def test_it_is_handled(serve: Serve, inbox: Inbox, session: aiohttp.ClientSession) -> None:
    """
    An event is handled once and answered 200, without a body.
    """
    async with serve(WebhookReceiver(RIGHT), inbox.handle) as url:
        assert (200, "") == await post(session, url)

    [event] = inbox.events
    assert ("ACCOUNTS", "historical_update") == event.kind


@pytest.mark.parametrize("authorization", [None, "", "Bearer x", RIGHT.lower(), "Bearer \xf1"])
async def test_a_wrong_header(
    serve: Serve, inbox: Inbox, session: aiohttp.ClientSession, authorization: str | None
) -> None:
    """
    Without the right header it is answered 401, and nobody hears of it.
    """
    async with serve(WebhookReceiver(RIGHT), inbox.handle) as url:
        assert (401, "") == await post(session, url, authorization=authorization)

    assert [] == inbox.events


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b"{}", b"\x00" * 300_000], ids=["empty", "list", "bare", "large"]
)
async def test_no_event(serve: Serve, inbox: Inbox, session: aiohttp.ClientSession, sent: bytes) -> None:
    """
    What is no event, or is too large, is answered 400.
    """
    async with serve(WebhookReceiver(RIGHT), inbox.handle) as url:
        assert (400, "") == await post(session, url, sent)

    assert [] == inbox.events


async def test_a_failure_is_told(
    serve: Serve, inbox: Inbox, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Where the work fails Belvo is answered 500, so that it sends the event again; and no log shows the header.
    """
    caplog.set_level(logging.DEBUG)
    inbox.failures = 1
    async with serve(WebhookReceiver(RIGHT), inbox.handle) as url:
        status, text = await post(session, url)
        assert 500 == status
        assert (200, "") == await post(session, url)

    assert 1 == len(inbox.events)
    assert "the database is gone" not in text
    assert "the database is gone" in caplog.text
    assert FORBIDDEN not in caplog.text
    assert [] == [record for record in caplog.records if FORBIDDEN in repr(vars(record))]
