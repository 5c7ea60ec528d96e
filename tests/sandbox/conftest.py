from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sandbox.api import Api, HeldClock, JumpingClock

from belvo_async.sandbox import Sandbox


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="clock")
def _clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture(name="held")
def _held() -> HeldClock:
    return HeldClock()


@pytest.fixture(name="sandbox")
async def _sandbox(clock: JumpingClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture(name="api")
async def _api(sandbox: Sandbox) -> AsyncIterator[Api]:
    api = Api(sandbox)
    async with api.session:
        yield api
