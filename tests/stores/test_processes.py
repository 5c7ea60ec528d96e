"""
What holds between real processes, and over a server that is restarted.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys

from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from servers import KINDS, running
from stores.racer import flows

from belvo_async import TicketSealer
from belvo_async.errors import StoreError
from belvo_async.mfa.challenge import ChallengeKind
from belvo_async.stores import Delivery, FlowStatus, PostgresStore, RedisStore, SQLiteStore, Store
from belvo_async.testing.stores import new_ticket


pytestmark = pytest.mark.anyio

PROCESSES: Final = 3

RUNNING: Final = Path("/proc")

RACER: Final = Path(__file__).with_name("racer.py")

SERVERS: Final = {kind.name: kind.make for kind in KINDS}

STORES: Final[dict[str, Any]] = {"postgres": PostgresStore, "redis": RedisStore}


async def racing(kind: str, server: str, prefix: str) -> list[dict[str, list[str]]]:
    """
    Let several processes race, and return what each won.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            str(RACER),
            kind,
            server,
            prefix,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert b"ready\n" == await racer.stdout.readline()
    return [json.loads((await racer.communicate(b"\n"))[0]) for racer in racers]


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "redis"])
async def test_one_of_several_processes_wins(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """
    Each token is the first one once, and each flow is claimed once, whichever process it is.
    """
    prefix = secrets.token_hex(4)
    server = str(tmp_path / "flows.db") if kind == "sqlite" else request.getfixturevalue(kind).url
    store: Store = SQLiteStore(server) if kind == "sqlite" else STORES[kind](server)
    async with store:
        for flow in flows(prefix):
            await store.park(flow, new_ticket())
        won = await racing(kind, server, prefix)
        records = [await store.look(flow) for flow in flows(prefix)]

    assert sorted(flows(prefix)) == sorted(flow for one in won for flow in one["delivered"])
    assert sorted(flows(prefix)) == sorted(flow for one in won for flow in one["claimed"])
    assert {FlowStatus.CLAIMED} == {record.status for record in records if record is not None}


@pytest.mark.parametrize("kind", ["postgres", "redis"])
@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
async def test_a_server_that_comes_back(kind: str, kill: bool, tmp_path: Path) -> None:
    """
    While its server is away a store says so; afterwards the same store goes on, what it had confirmed is there, and
    who listened listens.
    """
    with running(lambda folder: SERVERS[kind](folder, durable=True), tmp_path, kind) as server:
        async with STORES[kind](server.url) as store:
            await store.park("order-17", new_ticket())
            async with aclosing(store.rows.wakes()) as wakes:
                heard = asyncio.create_task(anext(wakes))
                await asyncio.to_thread(server.kill if kill else server.stop)
                with pytest.raises(StoreError):
                    await store.deliver("order-17", 1, "123456")
                await asyncio.to_thread(server.start)
                delivery = await again(store)
                await asyncio.wait_for(woken(store, heard), 20)
            record = await store.look("order-17")

    assert delivery in {Delivery.FIRST, Delivery.DUPLICATE}  # it may have got through before the server went
    assert record is not None
    assert "123456" == record.answers[1].reveal()


@pytest.mark.skipif(
    not hasattr(signal, "SIGSTOP"), reason="needs a system that can stop a process for a while"
)
@pytest.mark.parametrize("kind", ["postgres", "redis"])
async def test_a_server_that_falls_silent_does_not_keep_a_store_open(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A store is closed in bounded time, whatever has become of its server.
    """
    monkeypatch.setattr("belvo_async.stores.postgres.WAIT", 0.5)
    with running(SERVERS[kind], tmp_path, kind) as server:
        store = STORES[kind](server.url)
        await store.park("order-17", new_ticket())
        processes = [server.pid, *children(server.pid)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            async with asyncio.timeout(10):
                await store.aclose()
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)


def children(pid: int) -> list[int]:
    """
    Return the processes that *pid* has started.
    """
    return [int(child) for child in (RUNNING / str(pid) / "task" / str(pid) / "children").read_text().split()]


async def again(store: Store) -> Delivery:
    """
    Deliver as soon as the server is there.
    """
    async with asyncio.timeout(20):
        while True:
            try:
                return await store.deliver("order-17", 1, "123456")
            except StoreError:
                await asyncio.sleep(0.05)


async def woken(store: Store, heard: asyncio.Task[str]) -> None:
    """
    Wake until it is heard.
    """
    number = 0
    while not heard.done():
        number += 1
        await store.park(f"other-{number}", new_ticket())
        await asyncio.wait({heard}, timeout=0.1)
    await heard


def written_to(folder: Path) -> bytes:
    """
    Return what all files below *folder* hold.
    """
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "redis"])
async def test_nothing_is_to_be_read_at_rest(kind: str, tmp_path: Path) -> None:
    """
    What a store with keys has written, files and all, shows no token, no id and nothing of the challenge.
    """
    canaries = {
        name: f"canary-{name}-{secrets.token_hex(8)}" for name in ("session", "link", "text", "value")
    }
    token = secrets.token_hex(10)
    ticket = attrs.evolve(
        new_ticket(),
        session=canaries["session"],
        link=canaries["link"],
        kind=ChallengeKind.QR,
        instructions=canaries["text"],
        value=canaries["value"],
    )
    key = TicketSealer.new_key()

    async def use(store: Store) -> None:
        async with store:
            await store.park("order-17", ticket)
            await store.deliver("order-17", 1, token)
            await store.decline("order-17")

    if kind == "sqlite":
        await use(SQLiteStore(tmp_path / "flows.db", keys=[key]))
    else:
        with running(SERVERS[kind], tmp_path, kind) as server:
            await use(STORES[kind](server.url, keys=[key]))
    written = written_to(tmp_path)

    assert b"order-17" in written  # the caller's own key of the flow is none of the secrets
    shown = [name for name, canary in {**canaries, "token": token}.items() if canary.encode() in written]
    assert [] == shown
