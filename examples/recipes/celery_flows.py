"""
Flows in Celery: `celery -A celery_flows worker --beat`.

    await store.announce("order-17")                 # in the web service: a flow to begin
    advance.delay("order-17")
    await store.deliver("order-17", 1, token)        # the user's answer
    advance.delay("order-17")

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
from belvo_async.stores import RedisStore
from belvo_async.workers import advance_flow


app = Celery("celery_flows", broker=os.environ["CELERY_BROKER_URL"])
app.conf.update(
    task_acks_late=True,  # a message is gone when its job is done, not before
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
        self.store = RedisStore(os.environ["FLOWS_REDIS_URL"], keys=[os.environ["FLOWS_KEY"]])

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


@app.task(name="celery_flows.advance")
def advance(flow: str) -> None:
    """
    Begin a flow, or go on with it. What fails before anything was sent, the tick hands on.
    """
    process.run(lambda: advance_flow(process.store, flow, process.client, session_of))


@app.task(name="celery_flows.tick")
def tick() -> None:
    """
    Hand on what was left alone: by a worker that died, or a message that was lost.
    """
    for flow in process.run(process.store.due):
        advance.delay(flow)
