"""
Flows in Celery: `celery -A celery_flows worker --beat --concurrency 8`.

Celery has no coroutines: a flow has a process of its own while Belvo works, and none while its user is waited for. Each
process has one event loop, one client and one store.
"""

from __future__ import annotations

import asyncio
import logging
import os

from collections.abc import Callable, Coroutine
from typing import Any

from celery import Celery, current_task
from celery.signals import worker_process_init, worker_process_shutdown

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import AuthenticationError, StoreError
from belvo_async.stores import RedisStore
from belvo_async.workers import FlowOutcome, Leases, advance_flow, start_flow


LOGGER = logging.getLogger("celery_flows")

LEASES = Leases(lease=10.0)  # after so many seconds without a word a worker is dead

app = Celery("celery_flows", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(
    task_acks_late=True,  # the message of a worker that dies is not lost
    task_reject_on_worker_lost=True,  # and goes to another
    worker_prefetch_multiplier=1,  # nobody waits behind a bank that takes minutes
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 30,  # else it goes there after an hour; that it may go there too early does no harm
        "unacked_restore_throttle": 1,  # and is looked for every 10 seconds, not every 100
    },
    # A tick that finds no worker is dropped: there will be another.
    beat_schedule={"tick": {"task": "celery_flows.tick", "schedule": 5.0, "options": {"expires": 5.0}}},
)


class Process:
    """
    What a process of Celery's holds while it lives.
    """

    def open(self) -> None:
        """
        Open the client and the store.
        """
        self.runner = asyncio.Runner()
        self.client = BelvoClient.from_env()
        self.store = RedisStore(os.environ["FLOWS_REDIS_URL"], keys=os.environ["FLOWS_KEYS"].split())

    def run(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """
        Run *call* in the event loop of this process. Keys that are wrong are wrong for every flow: then the worker stops.
        """
        try:
            return self.runner.run(call())
        except AuthenticationError:
            app.control.shutdown(destination=[current_task.request.hostname])
            raise

    def close(self) -> None:
        """
        Close both.
        """
        self.run(self.client.aclose)
        self.run(self.store.aclose)
        self.runner.close()


process = Process()
worker_process_init.connect(lambda **_: process.open(), weak=False)
worker_process_shutdown.connect(lambda **_: process.close(), weak=False)


def session_of(flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Credentials come from your own vault; messages carry the key only.
    """
    return process.client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


async def settle(outcome: FlowOutcome[Any]) -> None:
    """
    Keep what came of a flow: `outcome.result` is nowhere else. May be called twice.
    """
    LOGGER.warning("flow %s: %s, link %s", outcome.flow, outcome.status, outcome.link)


# Once the store knows of the flow, whatever passes is left to the tick.
@app.task(name="celery_flows.start", autoretry_for=(StoreError,), retry_backoff=True, max_retries=10)
def start(flow: str) -> None:
    """
    Begin a flow.
    """
    process.run(lambda: start_flow(process.store, flow, session_of(flow), settle=settle, leases=LEASES))


@app.task(name="celery_flows.advance")
def advance(flow: str) -> None:
    """
    Go on with a flow. Call it after `store.deliver()`.
    """
    process.run(
        lambda: advance_flow(process.store, flow, process.client, session_of, settle=settle, leases=LEASES)
    )


@app.task(name="celery_flows.tick")
def tick() -> None:
    """
    Hand on what was left alone: by a worker that died, by a message that was lost, or by an error that passes.
    """
    for flow in process.run(process.store.due):
        advance.apply_async((flow,), expires=5.0)  # the next tick would name it again
