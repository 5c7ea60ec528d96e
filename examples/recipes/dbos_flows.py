"""
Flows in DBOS: `python dbos_flows.py`, in as many processes as there are executor ids.

DBOS keeps the wait: a workflow that stands at `recv` until the token has come, or the deadline has. What may be sent
once is still guarded by the store, since DBOS repeats a step that was cut short.
"""

from __future__ import annotations

import asyncio
import os

from datetime import UTC, datetime
from typing import Any

from dbos import DBOS, DBOSConfig, Queue

from belvo_async import BelvoClient, MfaSession
from belvo_async.stores import FlowStatus, PostgresStore
from belvo_async.workers import FlowOutcome, advance_flow, start_flow


ANSWERED = "answered"

config: DBOSConfig = {
    "name": "belvo-flows",
    "system_database_url": os.environ["FLOWS_POSTGRES_DSN"],
    "executor_id": os.environ.get(
        "FLOWS_EXECUTOR", "one"
    ),  # a process recovers the workflows of its own id only
    "application_version": "1",  # else flows that wait are not recovered after every change of the code
    "run_admin_server": False,
}

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"])


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; DBOS stores what it is given.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


@DBOS.step()
async def begin(flow: str) -> dict[str, Any]:
    """
    Begin the flow.
    """
    return told(await start_flow(store, flow, session_of(flow)))


@DBOS.step()
async def go_on(flow: str) -> dict[str, Any]:
    """
    Answer its challenge, or find out what became of it.
    """
    return told(await advance_flow(store, flow, client, session_of))


def told(outcome: FlowOutcome[Any]) -> dict[str, Any]:
    """
    Return what a workflow has to know. It is stored, so there is no data in it.
    """
    wait = 0.0 if outcome.due_at is None else (outcome.due_at - datetime.now(UTC)).total_seconds()
    return {"status": outcome.status.value, "wait": max(1.0, wait + 1)}


@DBOS.workflow()
async def carry(flow: str) -> str:
    """
    Carry a flow to its end.
    """
    seen = await begin(flow)
    while not FlowStatus(seen["status"]).is_final:
        await DBOS.recv_async(ANSWERED, timeout_seconds=seen["wait"])
        seen = await go_on(flow)
    return str(seen["status"])


async def main() -> None:
    """
    Be a worker.
    """
    Queue("flows", concurrency=50)
    DBOS(config=config)
    async with client, store:
        DBOS.launch()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
