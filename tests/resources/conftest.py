from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from belvo_async import BelvoClient
from belvo_async.sandbox import Sandbox


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox) -> AsyncIterator[BelvoClient]:
    async with BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url, retry=None) as client:
        yield client
