"""
The recipes as a caller uses them: how their workers are started, and how another process hands them flows.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import os
import re
import signal
import subprocess
import sys

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import attrs

from servers import Server, ends_with_us, postgres_server, redis_server

from belvo_async.sealing import TicketSealer
from belvo_async.stores import PostgresStore, RedisStore, Store


RECIPES: Final = Path(__file__).parents[2] / "examples" / "recipes"

SEALED: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


@attrs.define
class Worker:
    """
    A worker with all its processes.
    """

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """
        End them at once.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    async def ended(self) -> int:
        """
        Wait until it has ended by itself, and return its exit code.
        """
        while self.process.poll() is None:
            await asyncio.sleep(0.05)
        return self.process.returncode


class Engine(ABC):
    """
    A recipe on its server.

    Args:
        server: What its engine needs.

        folder: For the logs.

        belvo: The variables with which a worker finds Belvo.
    """

    name: ClassVar[str]
    server: ClassVar[Callable[[Path], Server]]
    command: ClassVar[Sequence[str]]

    def __init__(self, server: Server, folder: Path, belvo: dict[str, str]) -> None:
        self.url = server.url
        self.folder = folder
        self.key = TicketSealer.new_key()
        self.variables = {**belvo, "FLOWS_KEYS": self.key, **self.own_variables()}
        self._started = 0

    @abstractmethod
    def own_variables(self) -> dict[str, str]:
        """
        Return where the recipe finds its server.
        """

    @abstractmethod
    def store(self) -> Store:
        """
        Return the store that the workers use.
        """

    @abstractmethod
    def opened(self) -> contextlib.AbstractAsyncContextManager[None]:
        """
        Be ready to hand out work for as long as the block runs.
        """

    @abstractmethod
    async def start(self, flow: str) -> None:
        """
        Hand out the beginning of a flow.
        """

    @abstractmethod
    async def advance(self, flow: str) -> None:
        """
        Hand out what is to be done after a token was delivered.
        """

    @abstractmethod
    async def everything(self) -> bytes:
        """
        Return all that lies on the server.
        """

    def worker(self, **variables: str) -> Worker:
        """
        Start a worker, as the recipe says.
        """
        self._started += 1
        log = self.folder / f"{self.name}-{self._started}.log"
        program = Path(sys.executable).with_name(self.command[0])
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*ends_with_us(), str(program), *self.command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": str(RECIPES), **self.variables, **variables},
                start_new_session=True,
            )
        return Worker(process, log)

    def recipe(self) -> ModuleType:
        """
        Return the module of the recipe, as another process imports it.
        """
        os.environ.update(self.variables)
        spec = importlib.util.spec_from_file_location(f"{self.name}_flows", RECIPES / f"{self.name}_flows.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    async def readable(self) -> str:
        """
        Return all that who reads the server can read: also what is only written in another alphabet.
        """
        found = await self.everything()
        return b"\n".join([found, *map(_decoded, SEALED.findall(found))]).decode("utf-8", "replace")


class CeleryEngine(Engine):
    """
    Celery on Valkey; its messages and the flows lie in two data bases of the same server.
    """

    name = "celery"
    server = staticmethod(redis_server)
    command = ("celery", "-A", "celery_flows", "worker", "--beat", "--concurrency", "8")

    def own_variables(self) -> dict[str, str]:
        """
        Return where the recipe finds its server.
        """
        return {
            "CELERY_BROKER_URL": self.url.replace("/0", "/1"),
            "FLOWS_REDIS_URL": self.url,
        }

    def store(self) -> Store:
        """
        Return the store that the workers use.
        """
        return RedisStore(self.url, keys=[self.key])

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """
        Import the tasks.
        """
        self._tasks = self.recipe()
        yield
        self._tasks.app.close()

    async def start(self, flow: str) -> None:
        """
        Send the message.
        """
        await asyncio.to_thread(self._tasks.start.delay, flow)

    async def advance(self, flow: str) -> None:
        """
        Send the message.
        """
        await asyncio.to_thread(self._tasks.advance.delay, flow)

    async def everything(self) -> bytes:
        """
        Return all keys and values of both data bases.
        """
        from redis.asyncio import Redis  # noqa: PLC0415 - not for the others

        found = []
        for base in ("/0", "/1"):
            async with Redis.from_url(self.url.replace("/0", base)) as redis:
                found += [part async for key in redis.scan_iter() for part in (key, await _value(redis, key))]
        return b"\n".join(found)


async def _value(redis: Any, key: bytes) -> bytes:
    reads = {
        b"string": lambda: redis.get(key),
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"hash": lambda: redis.hgetall(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"stream": lambda: redis.xrange(key),
        b"none": lambda: asyncio.sleep(0),  # gone since
    }
    return repr(await reads[await redis.type(key)]()).encode()


class PostgresEngine(Engine):
    """
    An engine that has the flows in its own data base.
    """

    server = staticmethod(postgres_server)

    def own_variables(self) -> dict[str, str]:
        """
        Return where the recipe finds its server.
        """
        return {"FLOWS_POSTGRES_DSN": self.url}

    def store(self) -> Store:
        """
        Return the store that the workers use.
        """
        return PostgresStore(self.url, keys=[self.key])

    async def everything(self) -> bytes:
        """
        Return all rows of all tables.
        """
        import asyncpg  # noqa: PLC0415 - not for the others

        connection = await asyncpg.connect(self.url)
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        found = []
        for (table,) in tables:
            rows = await connection.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608 - of the server's own list
            found += [f"{table} {row[0]}".encode() for row in rows]
        await connection.close()
        return b"\n".join(found)


class ProcrastinateEngine(PostgresEngine):
    """
    Procrastinate.
    """

    name = "procrastinate"
    command = ("python", str(RECIPES / "procrastinate_flows.py"))

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """
        Import the tasks.
        """
        self._tasks = self.recipe()
        async with self._tasks.app.open_async():
            await self._tasks.app.schema_manager.apply_schema_async()
            yield
        await self._tasks.client.aclose()

    async def start(self, flow: str) -> None:
        """
        Defer the job.
        """
        await self._tasks.start.defer_async(flow=flow)

    async def advance(self, flow: str) -> None:
        """
        Defer the job.
        """
        await self._tasks.advance.defer_async(flow=flow)


class DbosEngine(PostgresEngine):
    """
    DBOS.
    """

    name = "dbos"
    command = ("python", str(RECIPES / "dbos_flows.py"))

    def own_variables(self) -> dict[str, str]:
        """
        Return where the recipe finds its server, and the name of its process.
        """
        return {**super().own_variables(), "FLOWS_EXECUTOR": "one"}

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """
        Connect to the data base, which has to be there.
        """
        from dbos import (  # noqa: PLC0415 - not for the others
            DBOSClient,
            DBOSPortableJSONSerializer,
            run_dbos_database_migrations,
        )

        await asyncio.to_thread(run_dbos_database_migrations, self.url)
        self._client = DBOSClient(system_database_url=self.url, serializer=DBOSPortableJSONSerializer())
        yield
        await asyncio.to_thread(self._client.destroy)

    async def start(self, flow: str) -> None:
        """
        Enqueue the workflow.
        """
        workflow = {"workflow_name": "carry", "queue_name": "flows", "workflow_id": flow}
        await self._client.enqueue_async(workflow, flow)

    async def advance(self, flow: str) -> None:
        """
        Wake the workflow.
        """
        await self._client.send_async(flow, None, "answered")


ENGINES: Final = (CeleryEngine, ProcrastinateEngine, DbosEngine)


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(
            text + b"=" * (-len(text) % 4), altchars=b"-_" if b"_" in text or b"-" in text else None
        )
    except ValueError:
        return b""
