"""
Flows in Procrastinate: `python procrastinate_flows.py`, in as many processes as are wanted.

    await store.announce("order-17")                 # in the web service: a flow to begin
    await advance.defer_async(flow="order-17")
    await store.deliver("order-17", 1, token)        # the user's answer
    await advance.defer_async(flow="order-17")

One PostgreSQL holds both, its jobs and the flows. Make its tables once: `PYTHONPATH=. procrastinate --app procrastinate_flows.app schema --apply`.
"""

from __future__ import annotations

import asyncio
import os

from typing import Any

import procrastinate

from belvo_async import BelvoClient, MfaSession
from belvo_async.stores import PostgresStore
from belvo_async.workers import advance_flow


app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["FLOWS_POSTGRES_DSN"]))

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"], keys=[os.environ["FLOWS_KEY"]])


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; jobs carry the key only.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


@app.task(name="advance")
async def advance(flow: str) -> None:
    """
    Begin a flow, or go on with it. What fails before anything was sent, the tick hands on.
    """
    await advance_flow(store, flow, client, session_of)


@app.periodic(cron="* * * * * */2")  # every two seconds
@app.task(name="tick")
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
