"""
Flows in Procrastinate: `python procrastinate_flows.py`, in as many processes as are wanted.

One PostgreSQL holds both, its jobs and the flows. Once before: `procrastinate --app=procrastinate_flows.app schema --apply`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal

from collections.abc import Awaitable
from typing import Any

import procrastinate

from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import AuthenticationError, RateLimitedError, StoreError, TransportError
from belvo_async.stores import PostgresStore
from belvo_async.workers import FlowOutcome, Leases, advance_flow, start_flow


LOGGER = logging.getLogger("procrastinate_flows")

LEASES = Leases(lease=10.0)  # after so many seconds without a word a worker is dead

AGAIN = procrastinate.RetryStrategy(  # after 4, 8, 16, 32 seconds; then the tick
    max_attempts=5, exponential_wait=2, retry_exceptions={StoreError, TransportError, RateLimitedError}
)

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["FLOWS_POSTGRES_DSN"]))

client = BelvoClient.from_env()
store = PostgresStore(os.environ["FLOWS_POSTGRES_DSN"], keys=os.environ["FLOWS_KEYS"].split())
stopping = asyncio.Event()


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; jobs carry the key only.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


async def settle(outcome: FlowOutcome[Any]) -> None:
    """
    Keep what came of a flow: `outcome.result` is nowhere else. May be called twice.
    """
    LOGGER.warning("flow %s: %s, link %s", outcome.flow, outcome.status, outcome.link)


async def done(work: Awaitable[FlowOutcome[Any]]) -> None:
    """
    Do *work*. Keys that are wrong are wrong for every flow: then the worker stops, after what it has begun.
    """
    try:
        await work
    except AuthenticationError:
        if not stopping.is_set():  # a second signal would cut off what is under way
            stopping.set()
            signal.raise_signal(signal.SIGTERM)
        raise


@app.task(name="start", retry=AGAIN)
async def start(flow: str) -> None:
    """
    Begin a flow.
    """
    await done(start_flow(store, flow, session_of(flow), settle=settle, leases=LEASES))


@app.task(name="advance", retry=AGAIN)
async def advance(flow: str) -> None:
    """
    Go on with a flow. Defer it after `store.deliver()`.
    """
    await done(advance_flow(store, flow, client, session_of, settle=settle, leases=LEASES))


@app.periodic(cron="* * * * * */5")  # every five seconds
@app.task(name="tick", queueing_lock="tick")
async def tick(timestamp: int) -> None:
    """
    Hand on what was left alone, by a worker that died or by an error that passes.
    """
    del timestamp
    for flow in await store.due():
        try:
            await advance.configure(queueing_lock=flow).defer_async(flow=flow)
        except AlreadyEnqueued:
            continue  # it waits for a worker, or for its next attempt
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LEASES.lease):
        if job.task_name == start.name:  # the store may not know of the flow
            await app.job_manager.retry_job(job)
        else:  # what it was for lies in the store; the job itself would be `doing` for ever
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


async def main() -> None:
    """
    Be a worker.
    """
    async with app.open_async(), client, store:
        await app.run_worker_async(
            concurrency=50,
            delete_jobs="successful",  # a tick is a row as well
            update_heartbeat_interval=2.0,
            stalled_worker_timeout=LEASES.lease,
        )


if __name__ == "__main__":
    asyncio.run(main())
