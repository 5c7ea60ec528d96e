"""
Each store on its real server. A server runs once for each process of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from servers import Server, nats_server, postgres_server, redis_server, running

from belvo_async.stores import MemoryStore, PostgresStore, RedisStore, SQLiteStore, Store
from belvo_async.stores.memory import Memory


@pytest.fixture(name="redis", scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(redis_server, tmp_path_factory.mktemp("servers"), "redis") as server:
        yield server


@pytest.fixture(name="postgres", scope="session")
def _postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(postgres_server, tmp_path_factory.mktemp("servers"), "postgres") as server:
        yield server


@pytest.fixture(name="nats", scope="session")
def _nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(nats_server, tmp_path_factory.mktemp("servers"), "nats") as server:
        yield server


Make = Callable[..., Store]

STORES = ("memory", "sqlite", "postgres", "redis")


@pytest.fixture(name="make")
def _make(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Make:
    """
    Return a function that makes stores on one server.
    """
    if kind == "memory":
        memory = Memory()
        return lambda **options: MemoryStore(memory, **options)
    if kind == "sqlite":
        return lambda **options: SQLiteStore(tmp_path / "flows.db", **options)
    stores: dict[str, Any] = {"postgres": PostgresStore, "redis": RedisStore}
    url = request.getfixturevalue(kind).url
    return lambda **options: stores[kind](url, **options)
