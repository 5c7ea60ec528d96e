"""
As fast as Belvo's firewall lets through, and not one request faster: 1,000 flows, on a clock nobody waits for.

`benchmarks/throttled.py` does the same in real time, against a sandbox in another process.
"""

from __future__ import annotations

import asyncio

import pytest

from people import BANK, careful

from belvo_async import BelvoClient, PoolLimits, RateLimit, drive
from belvo_async.sandbox import Firewall, Sandbox
from belvo_async.testing import ManualClock


pytestmark = [pytest.mark.anyio, pytest.mark.once]

FLOWS, REQUESTS, SECONDS = 1_000, 80, 3.0


async def test_a_thousand_flows_below_the_firewall() -> None:
    """
    No request is blocked, and at least 97 % of what the firewall allows is used.
    """
    clock = ManualClock()
    wall = Firewall(limit=REQUESTS, window=SECONDS)
    async with (
        Sandbox(clock=clock, firewall=wall, expiry=86_400) as sandbox,
        BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            clock=clock,
            prompt=careful,
            retry=None,
            rate_limit=RateLimit(requests=REQUESTS, seconds=SECONDS),
            pool=PoolLimits(connections=100),
        ) as client,
    ):
        sessions = (client.links.register(BANK, "mfa_default", "pass_valid") for _ in range(FLOWS))
        done = []

        async def collect() -> None:
            async with drive(sessions, limit=100) as outcomes:
                done.extend([outcome.unwrap() async for outcome in outcomes])

        flows = asyncio.ensure_future(collect())
        while not flows.done():
            await clock.advance(0.01)
        await flows

    stamps = [seen.at for seen in sandbox.requests]
    took = (stamps[-1] - stamps[0]).total_seconds()
    at_best = (len(stamps) - 1) // REQUESTS * SECONDS
    assert 0 == sandbox.blocked
    assert FLOWS == len(done)
    assert 2 * FLOWS == len(stamps)
    assert at_best / took >= 0.97
    assert 0 == sandbox.duplicates
