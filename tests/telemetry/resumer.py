"""
One of two processes that work on one flow. Started by `test_resumed.py`; prints its spans.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from typing import Final

from people import BANK, RIGHT
from telemetry.recorded import Recorded

from belvo_async import BelvoClient
from belvo_async.stores import SQLiteStore
from belvo_async.telemetry import Telemetry
from belvo_async.workers import resume_flow, start_flow


KEY: Final = "9VIHG9PNqLk1JmttZA2Z4p7XICXEvoVBzKKo41NqMyI="

FLOW: Final = "order-17"


async def main(part: str, url: str, secret_id: str, secret_password: str, path: str) -> None:
    """
    Do *part* of the flow.
    """
    recorded = Recorded()
    telemetry = Telemetry(tracer_provider=recorded.tracer_provider, meter_provider=recorded.meter_provider)
    async with (
        BelvoClient(secret_id, secret_password, base_url=url, observers=[telemetry]) as client,
        SQLiteStore(path, keys=[KEY]) as store,
    ):
        with recorded.tracer.start_as_current_span("worker"):
            if part == "start":
                await start_flow(store, FLOW, client.links.register(BANK, "mfa_default", "pass_valid"))
            else:
                await store.deliver(FLOW, 1, RIGHT)
                await resume_flow(store, FLOW, client)
    for span in recorded.spans:
        assert span.context is not None
        told = {
            "process": os.getpid(),
            "name": span.name,
            "trace": span.context.trace_id,
            "span": span.context.span_id,
            "parent": None if span.parent is None else span.parent.span_id,
            "links": [link.context.span_id for link in span.links],
            "outcome": (span.attributes or {}).get("belvo.outcome"),
        }
        print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
