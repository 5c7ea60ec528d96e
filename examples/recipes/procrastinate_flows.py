"""
Flows in Procrastinate: `python procrastinate_flows.py`, in as many processes as are wanted.

One PostgreSQL holds both, its jobs and the flows.
"""

from __future__ import annotations

import asyncio
import os

from typing import Any

import procrastinate

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import RateLimitedError, StoreError, TransportError
from belvo_async.stores import PostgresStore
from belvo_async.workers import advance_flow, start_flow


AGAIN = procrastinate.RetryStrategy(
    max_attempts=8, exponential_wait=2, retry_exceptions={StoreError, TransportError, RateLimitedError}
)

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["FLOWS_POSTGRES_DSN"]))

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"])


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; jobs carry the key only.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


@app.task(name="start", retry=AGAIN)
async def start(flow: str) -> None:
    """
    Begin a flow.
    """
    await start_flow(store, flow, session_of(flow))


@app.task(name="advance", retry=AGAIN)
async def advance(flow: str) -> None:
    """
    Go on with a flow. Defer it after `store.deliver()`.
    """
    await advance_flow(store, flow, client, session_of)


@app.periodic(cron="* * * * * */2")  # every two seconds
@app.task(name="tick", queueing_lock="tick")
async def tick(timestamp: int) -> None:
    """
    Hand on what was left alone. Jobs of a worker that was killed stay `doing` for ever; the flows do not.
    """
    del timestamp
    for flow in await store.due():
        try:
            await advance.configure(queueing_lock=flow).defer_async(flow=flow)
        except procrastinate.exceptions.AlreadyEnqueued:
            continue  # it waits for a worker


async def main() -> None:
    """
    Be a worker.
    """
    async with app.open_async(), client, store:
        await app.run_worker_async(concurrency=50)


if __name__ == "__main__":
    asyncio.run(main())
