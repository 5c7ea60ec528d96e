"""
A prompt whose token comes from any process: the challenge lies in a store, and whoever delivers its token wakes the prompt.

    inbox = TokenInbox(RedisStore(url, keys=[key]))
    link = await client.links.register(…, prompt=inbox.at("order-17"))

    await inbox.deliver("order-17", 1, token)    # in the process that has the user's answer

The token is in the store before anybody is woken, so a wake that gets lost costs seconds and never the flow. All that wait in a
process share two tasks and one connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import partial
from itertools import islice
from typing import Final

import anyio

from belvo_async.errors import MfaDeclinedError, StoreError
from belvo_async.messages import Secret
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.session import TokenPrompt
from belvo_async.stores.record import Delivery, FlowRecord, FlowStatus
from belvo_async.stores.store import FLOW, MANY, Store


LOGGER: Final = logging.getLogger("belvo_async.prompts")

POLL: Final = 1.0
"""Seconds between two looks for tokens whose wake was lost."""

POLLED: Final = 100
"""How many of those who wait are looked for each time. With more of them it takes more times until all had their turn."""

LISTED_AGAIN: Final = 15
"""After so many polls open challenges are listed anew, for those whose wake was lost."""


class TokenInbox:
    """
    A prompt that parks its challenge in a store and waits until any process delivers the token.

    Give it to a client or a call as `prompt`. Each challenge then lies at a key made from the id of its MFA session, and
    `challenges()` tells of it; `at()` gives it a key of yours.

    If the process ends while it waits, the challenge stays where it is until its deadline, and a token that is delivered
    can be sent by a worker: `belvo_async.workers.resume_flow()`. So it is where the session is suspended or its
    task cancelled. `decline()` ends it for everybody.

    Belongs to the event loop of its first use.

    Args:
        store: Where challenges lie. It stays yours to close; then whoever waits gets a `PromptFailedError`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bells: dict[str, asyncio.Event] = {}
        self._streams: set[asyncio.Queue[str | None]] = set()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._users = 0
        self._closed: StoreError | None = None

    def __repr__(self) -> str:
        return f"<TokenInbox of {self._store!r}: {len(self._bells)} waiting>"

    # --- for the flow ---

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Wait for the token of *challenge*.

        Raises:
            MfaDeclinedError: The user does not want to.

            StoreError: The challenge could not be parked, or another process answers it, or the store was closed. The
                session tells it as a `PromptFailedError`.
        """
        return await self._asked(key_of(challenge), challenge)

    def at(self, flow: str) -> TokenPrompt:
        """
        Return the prompt for one call, whose challenges lie at the key *flow*, one after the other.

        Args:
            flow: Your id of it, at most 200 characters. Use it for one call only.
        """
        return partial(self._asked, flow)

    # --- for the user's answer, in any process ---

    async def deliver(self, flow: str, round_: int, token: str | None = None) -> Delivery:
        """
        Keep the user's answer and wake who waits for it. See `Store.deliver()`.
        """
        return await self._store.deliver(flow, round_, token)

    async def decline(self, flow: str) -> bool:
        """
        The user does not want to. See `Store.decline()`.
        """
        return await self._store.decline(flow)

    async def look(self, flow: str) -> FlowRecord | None:
        """
        Return what lies at that key. See `Store.look()`.
        """
        return await self._store.look(flow)

    async def open(self, limit: int = MANY) -> list[FlowRecord]:
        """
        Return the challenges that wait for a user, those that end first before the others. Each has a `ticket`.
        """
        return await self._store.waiting(limit)

    async def challenges(self) -> AsyncGenerator[FlowRecord]:
        """
        Yield the challenges that wait for a user, and then each new one, of all processes. Close it when done (`aclosing`).

        Raises:
            StoreError: The store was closed.
        """
        told: dict[str, int] = {}
        keys: asyncio.Queue[str | None] = asyncio.Queue()
        keys.put_nowait(None)  # the word to list them all
        async with self._listening():
            self._streams.add(keys)
            try:
                while True:
                    key = await keys.get()
                    self._check_open()
                    found = await self._found(key)
                    if key is None:
                        told = {one.flow: told[one.flow] for one in found if one.flow in told}
                    for record in found:
                        if told.get(record.flow) != record.round:
                            told[record.flow] = record.round
                            yield record
            finally:
                self._streams.discard(keys)

    # --- between the two ---

    async def _asked(self, flow: str, challenge: MfaChallenge) -> str | None:
        async with self._listening():
            with self._bell(flow) as rung:
                await self._store.park(flow, MfaTicket.of(challenge))
                while True:
                    self._check_open()
                    token = await self._taken(flow)
                    if token is not None:
                        return token.reveal()
                    await rung.wait()
                    rung.clear()

    async def _taken(self, flow: str) -> Secret | None:
        """
        Return the token, once; `None` if there is nothing to do but wait.
        """
        try:
            record, token = await self._store.take(flow)
        except StoreError as error:
            if self._closed is None:
                LOGGER.warning(
                    "flow %s: the store does not answer, the next poll asks again: %s", flow, error
                )
            return None
        if token is not None or record is None or record.status in {FlowStatus.WAITING, FlowStatus.EXPIRED}:
            return token  # one that has expired ends by the session's own deadline
        if record.status is FlowStatus.DECLINED:
            raise MfaDeclinedError
        raise StoreError(problem=f"flow {flow}: another process answers it; it is {record.status}")

    async def _found(self, key: str | None) -> list[FlowRecord]:
        try:
            if key is None:
                return await self._store.waiting()
            record = await self._store.look(key)
        except StoreError as error:
            LOGGER.warning("challenges cannot be listed, the next poll does it: %s", error)
            return []
        open_ = record is not None and record.status is FlowStatus.WAITING and not record.is_answered
        return [record] if open_ and record is not None else []

    def _check_open(self) -> None:
        if self._closed is not None:
            raise StoreError(problem=self._closed.problem)

    @contextmanager
    def _bell(self, flow: str) -> Generator[asyncio.Event]:
        if flow in self._bells:
            raise StoreError(problem=f"flow {flow}: its challenge is being waited for in this process")
        bell = self._bells[flow] = asyncio.Event()
        try:
            yield bell
        finally:
            del self._bells[flow]

    @asynccontextmanager
    async def _listening(self) -> AsyncGenerator[None]:
        """
        Keep the two tasks running while anybody waits.
        """
        self._users += 1
        if not self._tasks:
            self._closed = None
            self._tasks = (asyncio.create_task(self._hear()), asyncio.create_task(self._poll()))
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                tasks, self._tasks = self._tasks, ()
                for task in tasks:
                    task.cancel()
                with anyio.CancelScope(shield=True):
                    await asyncio.wait(tasks)

    async def _hear(self) -> None:
        """
        Ring for every key that the store tells of.
        """
        try:
            async with aclosing(self._store.rows.wakes()) as wakes:
                async for key in wakes:
                    if key.startswith(FLOW):
                        self._ring(key.removeprefix(FLOW))
        except StoreError as error:  # it was closed; what passes by the store sees to itself
            self._closed = error
            for flow in list(self._bells):
                self._ring(flow)
            self._ring(None)

    async def _poll(self) -> None:
        """
        Ring for a few of those who wait, in turn.
        """
        turn = 0
        while True:
            await self._store.clock.sleep(POLL)
            turn += 1
            flows = list(self._bells)
            first = turn * POLLED % max(len(flows), 1)
            for flow in islice([*flows[first:], *flows[:first]], POLLED):
                self._bells[flow].set()
            if turn % LISTED_AGAIN == 0:
                self._ring(None)

    def _ring(self, flow: str | None) -> None:
        if flow is not None and flow in self._bells:
            self._bells[flow].set()
        for stream in self._streams:
            stream.put_nowait(flow)


def key_of(challenge: MfaChallenge) -> str:
    """
    Return the key of a challenge that was given none: made from the id of its MFA session, which it does not show.
    """
    return f"challenge-{hashlib.sha256(challenge.session.encode()).hexdigest()[:32]}"
