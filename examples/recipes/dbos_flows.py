"""
Flows in DBOS: `FLOWS_EXECUTOR=one python dbos_flows.py`, with another name for each process.

DBOS keeps the wait: a workflow that stands at `recv` until the token has come, or the deadline has. What may be sent
once is still guarded by the store, since DBOS repeats a step that was cut short.
"""

from __future__ import annotations

import asyncio
import logging
import os

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, error

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import AuthenticationError, RateLimitedError, StoreError, TransportError
from belvo_async.stores import PostgresStore
from belvo_async.workers import FlowOutcome, Leases, advance_flow, start_flow


LOGGER = logging.getLogger("dbos_flows")

LEASES = Leases(lease=10.0)  # after so many seconds without a word a worker is dead

QUEUE, ANSWERED = "flows", "answered"

TICK = 5.0

PASSING = (StoreError, TransportError, RateLimitedError)

config: DBOSConfig = {
    "name": "belvo-flows",
    "system_database_url": os.environ["FLOWS_POSTGRES_DSN"],
    "executor_id": os.environ["FLOWS_EXECUTOR"],  # a process recovers the workflows of its own id only
    "application_version": "1",  # else flows that wait are not recovered after every change of the code
    "serializer": DBOSPortableJSONSerializer(),  # else pickle: who can write the data base runs code here
}

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"], keys=os.environ["FLOWS_KEYS"].split())
stopping = asyncio.Event()


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; DBOS stores what it is given.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


async def settle(outcome: FlowOutcome[Any]) -> None:
    """
    Keep what came of a flow: `outcome.result` is nowhere else. May be called twice.
    """
    LOGGER.warning("flow %s: %s, link %s", outcome.flow, outcome.status, outcome.link)


@DBOS.step()
async def begin(flow: str) -> dict[str, Any]:
    """
    Begin the flow.
    """
    return await told(start_flow(store, flow, session_of(flow), settle=settle, leases=LEASES))


@DBOS.step()
async def go_on(flow: str) -> dict[str, Any]:
    """
    Answer its challenge, or find out what became of it.
    """
    return await told(advanced(flow))


async def advanced(flow: str) -> FlowOutcome[Any] | None:
    """
    Do with a flow what is to be done next; `None` if there is none of that key any more.
    """
    if await store.look(flow) is None:
        return None
    return await advance_flow(store, flow, client, session_of, settle=settle, leases=LEASES)


async def told(work: Awaitable[FlowOutcome[Any] | None]) -> dict[str, Any]:
    """
    Return what a workflow has to know. It is stored, so there is no data in it.
    """
    try:
        outcome = await work
    except PASSING as failure:  # raised, it would end the workflow
        LOGGER.warning("once more: %s", failure)
        return {"ended": None, "wait": 3 * TICK}
    except AuthenticationError as failure:
        # Wrong keys are wrong for every flow: the process ends, and one with the right keys does this step.
        LOGGER.critical("stopping: %s", failure)
        stopping.set()
        await asyncio.Event().wait()
        raise
    if outcome is None:
        return {"ended": "forgotten", "wait": 0.0}
    wait = 0.0 if outcome.due_at is None else (outcome.due_at - datetime.now(UTC)).total_seconds()
    return {"ended": outcome.status.value if outcome.status.is_final else None, "wait": max(1.0, wait + 1)}


@DBOS.workflow()
async def carry(flow: str) -> str:
    """
    Carry a flow to its end. Send it `ANSWERED` after `store.deliver()`.
    """
    seen = await begin(flow)
    while seen["ended"] is None:
        await DBOS.recv_async(ANSWERED, timeout_seconds=seen["wait"])
        seen = await go_on(flow)
    return str(seen["ended"])


async def tick() -> None:
    """
    Wake the workflows of flows that were left alone, each claim of them once, until the process has to stop.
    """
    while not stopping.is_set():
        await asyncio.sleep(TICK)
        try:
            for flow in await store.due():
                record = await store.look(flow)
                if record is not None:
                    await wake(flow, f"{flow}:{record.fence}")
        except StoreError as failure:
            LOGGER.warning("next time: %s", failure)


async def wake(flow: str, once: str) -> None:
    """
    Wake the workflow of a flow; if there is none, begin it.
    """
    try:
        await DBOS.send_async(flow, None, ANSWERED, idempotency_key=once)
    except error.DBOSNonExistentWorkflowError:
        with SetWorkflowID(flow):
            await DBOS.enqueue_workflow_async(QUEUE, carry, flow)


async def main() -> None:
    """
    Be a worker.
    """
    DBOS(config=config)
    async with client, store:
        DBOS.launch()
        await DBOS.register_queue_async(QUEUE)  # no limit: flows that wait would count
        await tick()  # until it has to stop; an error of it ends the process, so that somebody notices
        await asyncio.sleep(2.0)  # what is under way gets its answer


if __name__ == "__main__":
    asyncio.run(main())
