"""
Flows that go on in workers, on any engine: see `core`.

    await start_flow(store, "order-17", client.links.register(…))   # parks the challenge and returns
    await store.deliver("order-17", 1, token)                        # in any process
    await resume_flow(store, "order-17", client)                     # in any worker
"""

from __future__ import annotations

from belvo_async.workers.core import (
    FlowOutcome,
    Leases,
    OpenSession,
    Settle,
    advance_flow,
    reconcile_flow,
    resume_flow,
    start_flow,
)


__all__ = [
    "FlowOutcome",
    "Leases",
    "OpenSession",
    "Settle",
    "advance_flow",
    "reconcile_flow",
    "resume_flow",
    "start_flow",
]
