"""
Flows in Celery: `celery -A celery_flows worker --beat`.

Celery has no coroutines, so each of its processes has one event loop, and with it one client and one store.
"""

from __future__ import annotations

import asyncio
import os

from collections.abc import Callable, Coroutine
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from belvo_async import BelvoClient, MfaSession
from belvo_async.errors import RateLimitedError, StoreError, TransportError
from belvo_async.stores import RedisStore
from belvo_async.workers import advance_flow, start_flow


AGAIN = {"autoretry_for": (StoreError, TransportError, RateLimitedError), "retry_backoff": True}

app = Celery("celery_flows", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(
    task_acks_late=True,  # the message of a worker that dies is not lost
    task_reject_on_worker_lost=True,  # and goes to another
    worker_prefetch_multiplier=1,  # nobody waits behind a bank that takes minutes
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    beat_schedule={"tick": {"task": "celery_flows.tick", "schedule": 2.0}},
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
        self.store = RedisStore(os.environ["FLOWS_REDIS_URL"])

    def run(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """
        Run *call* in the event loop of this process.
        """
        return self.runner.run(call())

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


@app.task(name="celery_flows.start", **AGAIN)
def start(flow: str) -> None:
    """
    Begin a flow.
    """
    process.run(lambda: start_flow(process.store, flow, session_of(flow)))


@app.task(name="celery_flows.advance", **AGAIN)
def advance(flow: str) -> None:
    """
    Go on with a flow. Call it after `store.deliver()`.
    """
    process.run(lambda: advance_flow(process.store, flow, process.client, session_of))


@app.task(name="celery_flows.tick")
def tick() -> None:
    """
    Hand on what was left alone: by a worker that died, or a message that was lost.
    """
    for flow in process.run(process.store.due):
        advance.delay(flow)
