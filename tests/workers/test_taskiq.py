"""
Flows as jobs of taskiq, done in this process. On real brokers: `run_fleet.py`.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest

from people import BANK, RIGHT
from taskiq import AsyncBroker, BrokerMessage, InMemoryBroker, TaskiqScheduler

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import ClientStateError, MissingExtraError
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.settings import RateLimit
from belvo_async.stores import Delivery, FlowStatus, Memory, MemoryStore
from belvo_async.testing import ManualClock
from belvo_async.workers import FlowOutcome
from belvo_async.workers.taskiq import FlowTasks, nats_broker, redis_broker


pytestmark = pytest.mark.anyio

FLOW = "order-17"

POST, PATCH = "POST /api/links/", "PATCH /api/links/"


class Wire(InMemoryBroker):
    """
    A broker that does a job before the word of it is given, and shows what it was sent.
    """

    def __init__(self) -> None:
        super().__init__(await_inplace=True)
        self.sent: list[bytes] = []
        self.is_cut = False

    async def kick(self, message: BrokerMessage) -> None:
        """
        Do the job, unless the wire is cut.
        """
        if self.is_cut:
            raise ConnectionError
        self.sent.append(message.message)
        await super().kick(message)


class Silent(AsyncBroker):
    """
    A broker that takes no message, and does not say so.
    """

    async def kick(self, message: BrokerMessage) -> None:
        """
        Wait for ever.
        """
        await asyncio.Event().wait()

    async def listen(self) -> AsyncGenerator[bytes]:
        """
        Yield nothing.
        """
        return
        yield b""


@pytest.fixture(name="settled")
def _settled() -> list[FlowOutcome[Any]]:
    return []


@pytest.fixture(name="wire")
def _wire() -> Wire:
    return Wire()


@pytest.fixture(name="flows")
async def _flows(
    wire: Wire,
    make_client: Callable[..., BelvoClient],
    clock: ManualClock,
    settled: list[FlowOutcome[Any]],
) -> AsyncIterator[FlowTasks]:
    async def settle(outcome: FlowOutcome[Any]) -> None:
        settled.append(outcome)

    memory = Memory()
    flows = FlowTasks(
        wire,
        store=lambda: MemoryStore(memory, clock=clock),
        client=make_client,
        open_session=registration,
        settle=settle,
    )
    async with flows.working(ticks=False):
        yield flows


def registration(client: BelvoClient, flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with.
    """
    return client.links.register(BANK, "mfa_default", "pass_valid", external_id=flow)


async def tick(flows: FlowTasks) -> int:
    """
    Do what taskiq's scheduler does every two seconds.
    """
    task = flows.broker.find_task("belvo_async.tick")
    assert task is not None
    result = await (await task.kicker().with_labels().kiq()).wait_result()
    return int(result.return_value)


async def status(flows: FlowTasks) -> FlowStatus:
    """
    Return where the flow is.
    """
    record = await flows.look(FLOW)
    assert record is not None
    return record.status


async def test_a_flow_goes_to_its_end(
    flows: FlowTasks, sandbox: Sandbox, settled: list[FlowOutcome[Any]]
) -> None:
    """
    One message begins it, one answers its challenge; the outcome is told in the worker.
    """
    await flows.start(FLOW)
    asked = await status(flows)
    delivery = await flows.deliver(FLOW, 1, RIGHT)

    assert (FlowStatus.WAITING, Delivery.FIRST) == (asked, delivery)
    assert FlowStatus.COMPLETED == await status(flows)
    assert [(FlowStatus.COMPLETED, "valid")] == [(one.status, one.result.status) for one in settled]
    assert (1, 1) == (sandbox.counts[POST], sandbox.counts[PATCH])


async def test_messages_carry_the_key_only(flows: FlowTasks, wire: Wire) -> None:
    """
    Who reads the broker learns which flow has something to do.
    """
    await flows.start(FLOW)
    record = await flows.look(FLOW)
    await flows.deliver(FLOW, 1, RIGHT)
    told = b"".join(wire.sent)

    assert record is not None
    assert record.link is not None
    secrets = (RIGHT, "pass_valid", "mfa_default", record.link)
    assert [] == [secret for secret in secrets if secret.encode() in told]
    assert 2 == told.count(FLOW.encode())


async def test_a_second_token_wakes_nobody(flows: FlowTasks, wire: Wire, sandbox: Sandbox) -> None:
    """
    Only the first delivery is worth a message.
    """
    await flows.start(FLOW)
    deliveries = [await flows.deliver(FLOW, 1, RIGHT) for _ in range(2)]

    assert [Delivery.FIRST, Delivery.DUPLICATE] == deliveries
    assert (2, 1) == (len(wire.sent), sandbox.counts[PATCH])


async def test_starting_twice_begins_once(flows: FlowTasks, sandbox: Sandbox) -> None:
    """
    A service may repeat what it does not know the outcome of.
    """
    await flows.start(FLOW)
    await flows.start(FLOW)

    assert (FlowStatus.WAITING, 1) == (await status(flows), sandbox.counts[POST])


async def test_the_tick_finds_what_no_message_told_of(
    flows: FlowTasks, wire: Wire, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A broker that is away delays a flow: begun or answered, it lies in the store and is handed on.
    """
    wire.is_cut = True
    await flows.start(FLOW)
    before = sandbox.counts[POST]
    wire.is_cut = False
    begun = await tick(flows), sandbox.counts[POST]
    wire.is_cut = True
    delivery = await flows.deliver(FLOW, 1, RIGHT)
    wire.is_cut = False
    await clock.advance(2.1)
    answered = await tick(flows), sandbox.counts[PATCH]

    assert (0, (1, 1)) == (before, begun)
    assert (Delivery.FIRST, (1, 1)) == (delivery, answered)
    assert (FlowStatus.COMPLETED, 0) == (await status(flows), await tick(flows))


async def test_the_tick_repeats_what_was_not_sent(
    flows: FlowTasks, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A job that failed before anything was sent is done again, with the token that lies in the store.
    """
    await flows.start(FLOW)
    sandbox.faults.add(Fault(kind=FaultKind.ANSWER, operation=PATCH, status=429, times=1))
    await flows.deliver(FLOW, 1, RIGHT)
    refused = await status(flows)
    await clock.advance(2.1)
    await tick(flows)

    assert (FlowStatus.WAITING, FlowStatus.COMPLETED) == (refused, await status(flows))


async def test_the_tick_tells_of_deadlines(
    flows: FlowTasks, clock: ManualClock, settled: list[FlowOutcome[Any]]
) -> None:
    """
    A challenge nobody answered ends in a worker, which settles it.
    """
    await flows.start(FLOW)
    await clock.advance(601)
    await tick(flows)

    assert [FlowStatus.EXPIRED] == [one.status for one in settled]
    assert Delivery.LATE == await flows.deliver(FLOW, 1, RIGHT)


async def test_declining_leaves_nothing_to_do(flows: FlowTasks, wire: Wire) -> None:
    """
    A user who does not want to costs no job.
    """
    await flows.start(FLOW)
    declined = await flows.decline(FLOW)

    assert (True, FlowStatus.DECLINED, 1) == (declined, await status(flows), len(wire.sent))


async def test_the_scheduler_ticks(
    make_client: Callable[..., BelvoClient], clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    In one process without a server everything is there: jobs, and taskiq's scheduler for the tick.
    """
    memory = Memory()
    flows = FlowTasks(
        store=lambda: MemoryStore(memory, clock=clock), client=make_client, open_session=registration
    )
    await MemoryStore(memory, clock=clock).announce(FLOW)
    async with flows.working(), asyncio.timeout(10):
        while await status(flows) is not FlowStatus.WAITING:
            await asyncio.sleep(0.01)

    assert 1 == sandbox.counts[POST]


async def test_workers_share_a_limit(
    make_client: Callable[..., BelvoClient], clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    What all workers send together stays below the limit they were given.
    """
    memory = Memory()
    workers = [
        FlowTasks(
            store=lambda: MemoryStore(memory, clock=clock),
            client=make_client,
            open_session=registration,
            limit=RateLimit(requests=2, seconds=60.0),
        )
        for _ in range(2)
    ]
    async with workers[0].working(ticks=False), workers[1].working(ticks=False):
        for number, flow in enumerate(["order-1", "order-2", "order-3"]):
            await workers[number % 2].start(flow)
        async with asyncio.timeout(10):
            while sandbox.counts[POST] < 2 or not clock.sleeping:
                await asyncio.sleep(0)
        before = sandbox.counts[POST]
        await clock.advance(62)
        async with asyncio.timeout(10):
            while sandbox.counts[POST] < 3:
                await asyncio.sleep(0)

    assert 2 == before


async def test_a_broker_that_does_not_answer_keeps_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Whoever starts a flow does not wait for a message that the tick makes up for.
    """
    monkeypatch.setattr("belvo_async.workers.taskiq.KICKED", 0.01)
    flows = FlowTasks(Silent(), store=MemoryStore, client=BelvoClient.from_env, open_session=registration)
    await flows.broker.startup()
    async with asyncio.timeout(10):
        await flows.start(FLOW)
    due = await flows.store.due()
    await flows.broker.shutdown()

    assert [FLOW] == list(due)
    assert "the broker does not answer" in caplog.text


async def test_a_broker_that_was_not_started_is_named() -> None:
    """
    A web service that forgot to start its broker is told how to.
    """
    flows = FlowTasks(store=MemoryStore, client=BelvoClient.from_env, open_session=registration)

    with pytest.raises(ClientStateError, match="startup"):
        await flows.start(FLOW)


def test_schedules_are_taskiqs_own() -> None:
    """
    Any of taskiq's schedulers can send the tick.
    """
    flows = FlowTasks(store=MemoryStore, client=BelvoClient.from_env, open_session=registration)
    task = flows.broker.find_task("belvo_async.tick")

    assert isinstance(flows.scheduler, TaskiqScheduler)
    assert task is not None
    assert [{"interval": 2}] == task.labels["schedule"]


def test_brokers_are_told_what_flows_need() -> None:
    """
    A work queue that forgets what is done; a stream of bounded length that is read from its beginning.
    """
    nats, redis = nats_broker("nats://x", ack_wait=7.0), redis_broker("redis://x", ack_wait=7.0)

    assert ("workqueue", 7.0, "belvo_flows") == (
        nats.stream_config.retention,
        nats.consumer_config and nats.consumer_config.ack_wait,
        nats.durable,
    )
    assert ("0", 10_000, 7_000) == (redis.consumer_id, redis.maxlen, redis.idle_timeout)


@pytest.mark.parametrize(("module", "make"), [("taskiq_nats", nats_broker), ("taskiq_redis", redis_broker)])
def test_a_broker_that_is_not_installed_is_named(
    module: str, make: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The error says which extra brings it.
    """
    monkeypatch.setitem(__import__("sys").modules, module, None)

    with pytest.raises(MissingExtraError, match=r"belvo-async\[taskiq\]"):
        make("x://y")
