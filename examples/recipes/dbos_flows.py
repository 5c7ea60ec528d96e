"""
Flows in DBOS: `FLOWS_EXECUTOR=one python dbos_flows.py`, in as many processes as there are names of executors.

    await store.announce("order-17")                 # in the web service: a flow to begin
    await dbos_client.enqueue_async({"queue_name": "flows", "workflow_name": "carry", "workflow_id": "order-17"}, "order-17")
    await store.deliver("order-17", 1, token)        # the user's answer
    await dbos_client.send_async("order-17", None, "answered")

Make its tables once: `dbos migrate --sys-db-url "$FLOWS_POSTGRES_DSN"`.

DBOS keeps the wait: a workflow that stands at `recv` until it is told of the token, or the deadline has passed. What may be
sent once is guarded by the store all the same, since DBOS repeats a step that was cut short.
"""

from __future__ import annotations

import asyncio
import os

from datetime import UTC, datetime
from typing import Any

from dbos import DBOS, DBOSConfig

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import BelvoError
from belvo_async.stores import FlowStatus, PostgresStore
from belvo_async.workers import advance_flow


LONGEST_LOOK = 60.0
"""Seconds until a workflow looks by itself, in case nobody told it."""

PAUSE = 2.0
"""Seconds after a step that failed."""

config: DBOSConfig = {
    "name": "belvo-flows",
    "system_database_url": os.environ["FLOWS_POSTGRES_DSN"],
    # A process recovers the workflows of its own name only: keep the names over restarts.
    "executor_id": os.environ.get("FLOWS_EXECUTOR", "one"),
    "application_version": "1",  # else flows that wait are not recovered after a change of the code
    "run_admin_server": False,
}

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"], keys=[os.environ["FLOWS_KEY"]])


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; DBOS stores what it is given.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


@DBOS.step()
async def advance(flow: str) -> dict[str, Any]:
    """
    Begin the flow, or go on with it. What is returned lies in DBOS's tables, so there is no data in it.
    """
    try:
        outcome = await advance_flow(store, flow, client, session_of)
    except BelvoError:  # nothing was sent; an error that left here would end the workflow
        return {"status": FlowStatus.CLAIMED.value, "wait": PAUSE}
    wait = 0.0 if outcome.due_at is None else (outcome.due_at - datetime.now(UTC)).total_seconds()
    return {"status": outcome.status.value, "wait": min(max(wait, 0.0) + 1.0, LONGEST_LOOK)}


@DBOS.workflow(name="carry")
async def carry(flow: str) -> str:
    """
    Carry a flow to its end.
    """
    while True:
        seen = await advance(flow)
        if FlowStatus(seen["status"]).is_final:
            return str(seen["status"])
        await DBOS.recv_async("answered", timeout_seconds=seen["wait"])


async def main() -> None:
    """
    Be a worker.
    """
    DBOS(config=config)
    async with client, store:
        DBOS.launch()
        await DBOS.register_queue_async("flows", worker_concurrency=50)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
