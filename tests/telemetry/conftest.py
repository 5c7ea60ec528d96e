"""
A client and a sandbox that share a clock nobody has to wait for, and an SDK that keeps what it gets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from telemetry.recorded import Recorded

from belvo_async import BelvoClient
from belvo_async.sandbox import Sandbox
from belvo_async.testing import ManualClock


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="sandbox")
async def _sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture(name="recorded")
def _recorded() -> Recorded:
    return Recorded()


@pytest.fixture(name="make_client")
def _make_client(sandbox: Sandbox, clock: ManualClock, recorded: Recorded) -> Callable[..., BelvoClient]:
    def make(**options: object) -> BelvoClient:
        given = {
            "base_url": sandbox.url,
            "clock": clock,
            "retry": None,
            "observers": [recorded.telemetry(clock)],
            **options,
        }
        return BelvoClient(sandbox.secret_id, sandbox.secret_password, **given)  # type: ignore[arg-type] # of many kinds

    return make


@pytest.fixture(name="client")
async def _client(make_client: Callable[..., BelvoClient]) -> AsyncIterator[BelvoClient]:
    async with make_client() as client:
        yield client
