from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from belvo_async import BelvoClient
from belvo_async.sandbox import Sandbox


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="sandbox")
async def _sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """
    A sandbox, with the environment that leads `BelvoClient.from_env()` to it.
    """
    async with Sandbox() as sandbox:
        monkeypatch.setenv("BELVO_SECRET_ID", sandbox.secret_id)
        monkeypatch.setenv("BELVO_SECRET_PASSWORD", sandbox.secret_password)
        monkeypatch.setenv("BELVO_API_URL", sandbox.url)
        monkeypatch.delenv("BELVO_ENV", raising=False)
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox) -> AsyncIterator[BelvoClient]:
    async with BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url) as client:
        yield client
