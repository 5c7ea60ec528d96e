"""
Flows in taskiq: on NATS JetStream, on Redis streams, or in this process. Needs the extra `taskiq`.

One job: go on with a flow. A message carries the key of a flow and nothing else; what there is to do lies in the store, and so
do tokens. So a message may come twice, late or never. What was lost with one is found by the tick, a job that taskiq's
scheduler sends every two seconds, and that hands on whatever the store names as due.

    flows = FlowTasks(nats_broker("nats://…"), store=…, client=BelvoClient.from_env, open_session=session_of)
    broker, scheduler = flows.broker, flows.scheduler

    taskiq worker service:broker          # as many as are wanted
    taskiq scheduler service:scheduler    # one; a second one does no harm

    await flows.start("order-17")                # in the web service, where `await broker.startup()` was called
    await flows.deliver("order-17", 1, token)
"""

from __future__ import annotations

import asyncio
import logging
import random

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from belvo_async.client import BelvoClient
from belvo_async.errors import ClientStateError, MissingExtraError
from belvo_async.session import MfaSession
from belvo_async.settings import RateLimit
from belvo_async.stores.limit import SharedLimit
from belvo_async.stores.record import Delivery, FlowRecord
from belvo_async.stores.store import Store
from belvo_async.workers.core import USUAL, Leases, Settle, advance_flow


try:
    from taskiq import (
        AsyncBroker,
        InMemoryBroker,
        TaskiqError,
        TaskiqEvents,
        TaskiqScheduler,
        TaskiqState,
    )
    from taskiq.api import run_receiver_task, run_scheduler_task
    from taskiq.schedule_sources import LabelScheduleSource
except ModuleNotFoundError as error:
    raise MissingExtraError.for_module(error, "taskiq") from None

if TYPE_CHECKING:
    from taskiq_nats import PullBasedJetStreamBroker
    from taskiq_redis import RedisStreamBroker


__all__ = ["FlowTasks", "SessionOf", "nats_broker", "redis_broker"]

LOGGER: Final = logging.getLogger("belvo_async.workers")

T = TypeVar("T")

TICK: Final = 2
"""Seconds between two looks for flows that were left alone."""

HANDED_ON: Final = 200
"""How many flows a tick hands on at most. Under a backlog most of them are waiting for a worker already."""

ACK_WAIT: Final = 60.0
"""
Seconds after which a message whose worker said nothing goes to another. Belvo may take longer; then the other finds that somebody
is at it, and is done.
"""

NAME: Final = "belvo_flows"
"""Of the stream, its subject and its consumers."""

KEPT_MESSAGES: Final = 10_000
"""
About how many messages a Redis stream keeps. taskiq never deletes one that is done; one that is trimmed before it was
done is found by the tick.
"""

KICKED: Final = 10.0
"""Seconds for which a message may take to be sent. Nothing depends on it, and a user may be waiting."""

PULL: Final = 5.0
"""Seconds for which a worker waits for a message of NATS before it asks again. One that asked a server which has been restarted since
gets no answer."""

SessionOf = Callable[[BelvoClient, str], MfaSession[Any] | Awaitable[MfaSession[Any]]]
"""
Makes the call that a flow begins with, from a client and the key of the flow. Credentials come from the caller's own vault.
"""


class FlowTasks:
    """
    Flows as jobs of taskiq.

    Of an error by which nothing was done (`StoreError`, `TransportError`, `RateLimitedError`, `AuthenticationError`) the job
    fails, and the tick hands the flow on. Everything else ends the flow.

    Args:
        broker: Where messages go. Without one, jobs are done in this process and are lost with it; the flows are not.

        store: Makes the store, in each process when its broker starts.

        client: Makes the client, in each worker when its broker starts.

        open_session: Makes the call that a flow begins with.

        settle: Takes the outcome of a flow that has ended, in the worker. See `workers.Settle`.

        leases: How long a silent worker is believed to be at work.

        limit: How many requests all workers send together, in the place of the client's own limit. Belvo counts by address:
            give one if more than one worker has the same.

    Attributes:
        broker: For `taskiq worker`.

        scheduler: For `taskiq scheduler`.

    Raises:
        MissingExtraError: The extra is not installed (when this module is imported).
    """

    def __init__(
        self,
        broker: AsyncBroker | None = None,
        *,
        store: Callable[[], Store],
        client: Callable[[], BelvoClient],
        open_session: SessionOf,
        settle: Settle | None = None,
        leases: Leases = USUAL,
        limit: RateLimit | None = None,
    ) -> None:
        self.broker: AsyncBroker = InMemoryBroker() if broker is None else broker
        self.scheduler = TaskiqScheduler(self.broker, [LabelScheduleSource(self.broker)])
        self._make_store = store
        self._make_client = client
        self._open_session = open_session
        self._settle = settle
        self._leases = leases
        self._limit = limit
        self._store: Store | None = None
        self._client: BelvoClient | None = None

        async def advance(flow: str) -> dict[str, Any]:
            return await self._go_on(flow)

        async def tick() -> int:
            return await self._hand_on()

        # taskiq renames what it is given, which a method does not bear.
        self._advance = self.broker.register_task(advance, task_name="belvo_async.advance")
        self.broker.register_task(tick, task_name="belvo_async.tick", schedule=[{"interval": TICK}])
        for event in (TaskiqEvents.CLIENT_STARTUP, TaskiqEvents.WORKER_STARTUP):
            self.broker.add_event_handler(event, self._open)
        self.broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, self._open_client)
        for event in (TaskiqEvents.CLIENT_SHUTDOWN, TaskiqEvents.WORKER_SHUTDOWN):
            self.broker.add_event_handler(event, self._close)

    # --- for the web service ---

    @property
    def store(self) -> Store:
        """
        The store of this process, to look at flows.

        Raises:
            ClientStateError: The broker was not started.
        """
        return _opened(self._store)

    async def start(self, flow: str) -> None:
        """
        Have a worker begin a flow. From now on it is in the store, whatever becomes of the message.

        May be called again; a flow that was begun goes on.

        Args:
            flow: Your key of it, at most 200 characters.

        Raises:
            StoreError: The store failed, and the flow may not be begun. Call this again.
        """
        await self.store.announce(flow)
        await self._kick(flow)

    async def deliver(self, flow: str, round_: int, token: str | None = None) -> Delivery:
        """
        Keep the user's answer, and have a worker send it. See `Store.deliver()`, also for errors.
        """
        delivery = await self.store.deliver(flow, round_, token)
        if delivery is Delivery.FIRST:
            await self._kick(flow)
        return delivery

    async def decline(self, flow: str) -> bool:
        """
        The user does not want to. See `Store.decline()`. Nothing is left to do for a worker.
        """
        return await self.store.decline(flow)

    async def look(self, flow: str) -> FlowRecord | None:
        """
        Return the flow as it is. See `Store.look()`.
        """
        return await self.store.look(flow)

    # --- for workers ---

    @asynccontextmanager
    async def working(self, *, jobs: int = 100, ticks: bool = True) -> AsyncGenerator[FlowTasks]:
        """
        Be a worker for as long as the block runs, in a process of your own; `taskiq worker` and `taskiq scheduler` do the same.

        Args:
            jobs: How many are done at once. The in-memory broker has a number of its own.

            ticks: Whether to be the scheduler, too.
        """
        embedded = isinstance(self.broker, InMemoryBroker)
        self.broker.is_worker_process = not embedded
        await self.broker.startup()
        tasks = []
        if not embedded:
            tasks.append(asyncio.create_task(run_receiver_task(self.broker, max_async_tasks=jobs)))
        if ticks:
            tasks.append(asyncio.create_task(run_scheduler_task(self.scheduler)))
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks) if tasks else None
            await self.broker.shutdown()

    async def _go_on(self, flow: str) -> dict[str, Any]:
        client = _opened(self._client)
        if self._limit is not None:
            client = client.with_options(rate_limit=SharedLimit(self.store, self._limit))
        outcome = await advance_flow(
            self.store,
            flow,
            client,
            lambda key: self._open_session(client, key),
            settle=self._settle,
            leases=self._leases,
        )
        # For a result backend. No data of the user's, no ids but the caller's own.
        return {
            "flow": flow,
            "status": outcome.status.value,
            "round": outcome.round,
            "problem": outcome.problem,
        }

    async def _hand_on(self) -> int:
        due = await self.store.due()
        # By lot: flows that fail again and again come first, and must not keep the others from their turn.
        handed_on = random.sample(due, min(len(due), HANDED_ON))
        for flow in handed_on:
            await self._kick(flow)
        return len(handed_on)

    # --- between the two ---

    async def _kick(self, flow: str) -> None:
        # In this process a job may be done before its message is sent; then it takes its time.
        within = None if isinstance(self.broker, InMemoryBroker) else KICKED
        try:
            async with asyncio.timeout(within):
                await self._advance.kiq(flow)
        except (TaskiqError, TimeoutError) as error:
            problem = str(error) or "the broker does not answer"
            LOGGER.warning("flow %s: no message was sent (%s); the next tick finds it", flow, problem)

    async def _open(self, _state: TaskiqState) -> None:
        if self._store is None:
            self._store = self._make_store()

    async def _open_client(self, _state: TaskiqState) -> None:
        self._client = self._make_client()

    async def _close(self, _state: TaskiqState) -> None:
        client, store = self._client, self._store
        self._client = self._store = None
        if client is not None:
            await client.aclose()
        if store is not None:
            await store.aclose()


def nats_broker(
    servers: str | list[str], *, name: str = NAME, ack_wait: float = ACK_WAIT, **connection: Any
) -> PullBasedJetStreamBroker:
    """
    Return a broker on NATS JetStream that suits flows: a work queue, from which a message goes when it is done.

    Args:
        servers: `nats://…`; several of a cluster.

        name: Of the stream, its subject and its consumer.

        ack_wait: Seconds after which a message whose worker said nothing goes to another.

        connection: For nats-py: `user_credentials`, `tls` and so on.

    Raises:
        MissingExtraError: taskiq-nats is not installed.
    """
    try:
        from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig  # noqa: PLC0415 - one broker of two
        from taskiq_nats import PullBasedJetStreamBroker  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_module(error, "taskiq") from None
    connection.setdefault("max_reconnect_attempts", -1)  # a server that is away for an hour comes back
    return PullBasedJetStreamBroker(
        servers,
        subject=name,
        stream_name=name,
        durable=name,  # the same name as below, else NATS refuses
        pull_consume_batch=1,  # nats-py waits until a batch is full
        pull_consume_timeout=PULL,
        stream_config=StreamConfig(name=name, subjects=[name], retention=RetentionPolicy.WORK_QUEUE),
        consumer_config=ConsumerConfig(durable_name=name, ack_wait=ack_wait, max_ack_pending=KEPT_MESSAGES),
        **connection,
    )


def redis_broker(
    url: str, *, name: str = NAME, ack_wait: float = ACK_WAIT, **connection: Any
) -> RedisStreamBroker:
    """
    Return a broker on a Redis stream that suits flows: of bounded length, and no message is lost before the first
    worker has come.

    Args:
        url: `redis://…`; not a cluster, whose broker hands nothing on.

        name: Of the stream and its group.

        ack_wait: Seconds after which a message whose worker said nothing goes to another. An idle stream hands nothing on
            by itself; the tick wakes it.

        connection: For redis-py.

    Raises:
        MissingExtraError: taskiq-redis is not installed.
    """
    try:
        from taskiq_redis import RedisStreamBroker  # noqa: PLC0415 - one broker of two
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_module(error, "taskiq") from None
    # redis-py bounds what it sends by wait_for(), which on Python 3.11 may lose the cancellation that ends a worker.
    connection.setdefault("socket_timeout", None)
    connection.setdefault("socket_keepalive", True)  # finds a server that is gone, in its place
    return RedisStreamBroker(
        url,
        queue_name=name,
        consumer_group_name=name,
        consumer_id="0",
        maxlen=KEPT_MESSAGES,
        idle_timeout=int(ack_wait * 1000),
        unacknowledged_lock_timeout=10.0,  # else a worker that is killed while it holds it stops all others
        **connection,
    )


def _opened(thing: T | None) -> T:
    if thing is None:
        raise ClientStateError(problem="the broker was not started", remedy="await broker.startup() first")
    return thing
