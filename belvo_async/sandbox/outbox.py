"""
Sends webhooks, repeats what was not taken, and remembers what became of each.
"""

from __future__ import annotations

import asyncio
import ipaddress

from collections import deque
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import urlsplit

import aiohttp
import attrs

from belvo_async.sandbox.answers import JSON, Json, encode
from belvo_async.sandbox.clock import Clock, wait


REPETITIONS: Final = 5
"""How often Belvo tries again after an answer that is not 2xx."""

BACKOFF: Final = 60.0
"""Seconds before the first repetition; before the second twice as many, and so on. Belvo does not tell its figure."""

PATIENCE: Final = 5.0
"""Seconds that an answer may take."""

WebhookOutcome = Literal["open", "delivered", "given_up", "dropped"]


@attrs.define(eq=False)
class SentWebhook:
    """
    What became of one webhook.

    Attributes:
        body: The JSON object.

        statuses: Of the answers, one for each attempt; `None` where there was none.

        outcome: `delivered` (answered 2xx), `given_up` (not even at the last repetition), `dropped` (the sandbox was
            closed before), or `open`.
    """

    body: Json
    statuses: list[int | None] = attrs.field(factory=list)
    outcome: WebhookOutcome = "open"


class Outbox:
    """
    Sends webhooks to one address on the loopback, in the background.

    Args:
        url: Where to; `None` sends nothing.

        authorization: The header to send along, if any.

        remember: How many webhooks are remembered.

    Raises:
        ValueError: *url* is not on the loopback, or *authorization* cannot be a header.
    """

    def __init__(self, clock: Clock, url: str | None, authorization: str | None, remember: int) -> None:
        self.address(url, authorization)
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._news = asyncio.Event()
        self.sent: deque[SentWebhook] = deque(maxlen=remember)
        self.total = 0

    def address(self, url: str | None, authorization: str | None) -> None:
        """
        Send to *url* from now on. Raises as the constructor does.
        """
        if url is not None and not _is_loopback(url):
            # What was found is not shown: it may have a password in it.
            msg = "webhook_url: expected http on the loopback, such as http://127.0.0.1:8000/belvo"
            raise ValueError(msg)
        if authorization is not None and not (authorization.isascii() and authorization.isprintable()):
            msg = "webhook_authorization: expected a text that a header can carry"
            raise ValueError(msg)
        self._url = url
        self._headers = {"Content-Type": JSON}
        if authorization is not None:
            self._headers["Authorization"] = authorization

    @property
    def is_addressed(self) -> bool:
        """
        Whether there is somebody to send to.
        """
        return self._url is not None

    def send(self, body: Json) -> None:
        """
        Begin to deliver *body*. There has to be an address.
        """
        assert self._url is not None  # noqa: S101  # see `is_addressed`
        webhook = SentWebhook(body)
        self.sent.append(webhook)
        self.total += 1
        task = asyncio.get_running_loop().create_task(self._deliver(self._url, webhook))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """
        Wait until *condition* holds. It is asked again after each attempt.
        """
        while not condition():
            self._news.clear()
            await self._news.wait()

    async def aclose(self) -> None:
        """
        Drop what is under way.
        """
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for webhook in self.sent:
            if webhook.outcome == "open":
                webhook.outcome = "dropped"
        self._news.set()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _deliver(self, url: str, webhook: SentWebhook) -> None:
        content = encode(webhook.body)
        for repetition in range(REPETITIONS + 1):
            if repetition:
                await wait(self._clock, repetition * BACKOFF)
            status = await self._attempt(url, content)
            webhook.statuses.append(status)
            if status is not None and 200 <= status < 300:  # noqa: PLR2004  # 2xx
                webhook.outcome = "delivered"
                break
            self._news.set()
        else:
            webhook.outcome = "given_up"
        self._news.set()

    async def _attempt(self, url: str, content: bytes) -> int | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        try:
            # A redirect could lead off the loopback.
            async with self._session.post(
                url, data=content, headers=self._headers, allow_redirects=False
            ) as response:
                return response.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.username is not None:
            return False
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
