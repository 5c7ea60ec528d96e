"""
The recipes as they are, each on its real server: their worker is killed, messages are kept from it, its keys are wrong.

Not part of a plain run of the tests, since the engines are not among what those need: `nox -s recipes`.
"""

from __future__ import annotations

import asyncio
import contextlib

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from recipes.engines import ENGINES, Engine, Worker
from servers import running

from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.stores import Delivery, FlowStatus, Store


pytestmark = pytest.mark.anyio

POST, PATCH = "POST /api/links/", "PATCH /api/links/"

TOKEN: Final = "canary-token-17"

PATIENCE: Final = 50.0


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(mfa_token=TOKEN) as sandbox:
        yield sandbox


@pytest.fixture(name="engine", params=ENGINES, ids=lambda kind: kind.name)
async def _engine(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Engine]:
    belvo = {
        "BELVO_API_URL": sandbox.url,
        "BELVO_SECRET_ID": sandbox.secret_id,
        "BELVO_SECRET_PASSWORD": sandbox.secret_password,
    }
    kind = request.param
    # Not below tmp_path: another run of pytest shuts nobody out of that, who has to run PostgreSQL there.
    with TemporaryDirectory() as folder, running(kind.server, Path(folder), "server") as server:
        engine = kind(server, tmp_path, belvo)
        async with engine.opened():
            yield engine


@pytest.fixture(name="store")
async def _store(engine: Engine) -> AsyncIterator[Store]:
    async with engine.store() as store:
        yield store


@pytest.fixture(name="work")
async def _work(engine: Engine) -> AsyncIterator[Callable[..., Worker]]:
    """
    Start workers that are killed at the end, and tell what they wrote.
    """
    workers: list[Worker] = []

    def start(**variables: str) -> Worker:
        workers.append(engine.worker(**variables))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        print(worker.log.name, worker.log.read_text(errors="replace")[-6_000:], sep="\n")  # noqa: T201 - shown if it fails


async def statuses(store: Store, flows: list[str]) -> dict[str, FlowStatus | None]:
    """
    Return where *flows* are.
    """
    records = [await store.look(flow) for flow in flows]
    return {flow: record and record.status for flow, record in zip(flows, records, strict=True)}


async def until_waiting(store: Store, count: int) -> None:
    """
    Wait until so many flows have a challenge that nobody answered.
    """
    async with asyncio.timeout(PATIENCE):
        while len(await store.waiting()) != count:
            await asyncio.sleep(0.05)


async def until_ended(store: Store, flows: list[str]) -> dict[str, FlowStatus | None]:
    """
    Wait until *flows* have ended, and return how.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not all(status and status.is_final for status in (await statuses(store, flows)).values()):
                await asyncio.sleep(0.1)
    return await statuses(store, flows)


async def test_every_flow_ends_though_its_worker_is_killed(
    engine: Engine, store: Store, sandbox: Sandbox, work: Callable[..., Worker]
) -> None:
    """
    Flows outlive their worker and messages that never come; no answer is sent twice, and no secret can be read.
    """
    flows = [f"order-{number}" for number in range(10)]
    early, told_late, untold, held, lost = flows[:3], flows[3:5], flows[5:8], flows[8], flows[9]
    opening, unspoken = "order-held", "order-unspoken"
    seen = []

    # Ten flows are begun and challenged.
    worker = work()
    for flow in flows:
        await engine.start(flow)
    seen.append(await engine.readable())
    await until_waiting(store, len(flows))

    # Some are answered, each twice.
    first = [await store.deliver(flow, 1, TOKEN) for flow in early]
    again = [await store.deliver(flow, 1, TOKEN) for flow in early]
    seen.append(await engine.readable())
    for flow in early * 2:
        await engine.advance(flow)
    ended = await until_ended(store, early)

    # Then Belvo takes long, and the worker dies while it works: on an answer, and on a registration.
    sandbox.faults.add(Fault(kind=FaultKind.LATE_ANSWER, operation="*", seconds=60, times=2))
    before = sandbox.counts[POST], sandbox.counts[PATCH]
    await store.deliver(held, 1, TOKEN)
    await engine.advance(held)
    await engine.start(opening)
    async with asyncio.timeout(PATIENCE):
        while (sandbox.counts[POST], sandbox.counts[PATCH]) != (before[0] + 1, before[1] + 1):
            await asyncio.sleep(0.01)
    await store.deliver(lost, 1, TOKEN)
    await engine.advance(lost)
    await asyncio.sleep(0.05)  # it acts at once, and its answers take long
    worker.kill()
    sandbox.faults.clear()
    seen.append(await engine.readable())

    # While there is no worker, tokens come and a flow is noted. Nobody speaks of some of them.
    for flow in (*told_late, *untold):
        await store.deliver(flow, 1, TOKEN)
    for flow in told_late:
        await engine.advance(flow)
    await store.announce(unspoken)
    seen.append(await engine.readable())

    work()
    last = await until_ended(store, [*flows, opening])
    await until_waiting(store, 1)
    await store.deliver(unspoken, 1, TOKEN)
    await engine.advance(unspoken)
    last |= await until_ended(store, [unspoken])
    seen.append(await engine.readable())

    assert ([Delivery.FIRST] * 3, [Delivery.DUPLICATE] * 3) == (first, again)
    assert dict.fromkeys(early, FlowStatus.COMPLETED) == ended
    completed = [*flows, unspoken]
    assert {**dict.fromkeys(completed, FlowStatus.COMPLETED), opening: FlowStatus.START_AGAIN} == last
    assert [1] * len(completed) == [
        challenge.patches for challenge in sandbox.challenges.values() if challenge.patches
    ]
    assert len(completed) == sandbox.counts[PATCH]
    sessions = {challenge.session for challenge in sandbox.challenges.values()}
    for text in seen:
        assert held in text
        assert [] == [secret for secret in (TOKEN, *sessions) if secret in text]


async def test_wrong_keys_end_the_worker(
    engine: Engine, store: Store, sandbox: Sandbox, work: Callable[..., Worker]
) -> None:
    """
    A worker whose keys Belvo does not know stops in order, and asks not for ever; one with the right keys goes on.
    """
    flows = [f"order-{number}" for number in range(5)]
    wrong = work(BELVO_SECRET_PASSWORD="another")
    for flow in flows:
        await engine.start(flow)
    async with asyncio.timeout(PATIENCE):
        code = await wrong.ended()
    asked = sandbox.counts[POST]

    work()
    await until_waiting(store, len(flows))

    assert 0 == code
    assert 1 <= asked <= 2 * len(flows)
    assert asked + len(flows) == sandbox.counts[POST]
