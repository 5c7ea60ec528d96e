"""
Flows in PostgreSQL. Needs the extra `postgres`.

A row is a row. Each call is one statement, by the clock of the server. Wakes are notifications of the same transaction; they carry
a key and nothing else. One connection listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import InvalidArgumentError, MissingExtraError, StoreError
from belvo_async.stores.listening import Home, Listening
from belvo_async.stores.store import KEPT, Row, Rows, Seen, Store


if TYPE_CHECKING:
    from asyncpg import Connection, Pool


T = TypeVar("T")

CONNECTIONS: Final = 10
"""How many a store opens at most, and one more while somebody listens."""

WAIT: Final = 10.0
"""Seconds for which a call waits for a connection, and for the server."""

SWEPT: Final = 20
"""How many rows that are to be forgotten a call deletes in passing, at most."""

NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,40}")

NOW: Final = "(extract(epoch FROM clock_timestamp()))::float8"

TABLES: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    key text PRIMARY KEY, version bigint NOT NULL, body text NOT NULL, due_at float8, forget_at float8 NOT NULL
);
CREATE INDEX IF NOT EXISTS {table}_due ON {table} (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS {table}_forget ON {table} (forget_at);
"""

LOCK: Final = 4_207_735_911
"""Of whoever makes the table: `IF NOT EXISTS` alone does not keep two processes apart."""

READ: Final = f"""
SELECT version, body, due_at, forget_at, now FROM (SELECT {NOW} AS now) clock
LEFT JOIN {{table}} ON key = $1 AND forget_at > now
"""

# One that is to be forgotten counts as absent: a new row may take its place, and none may be made of it.
INSERT: Final = f"""
INSERT INTO {{table}} AS old (key, version, body, due_at, forget_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (key) DO UPDATE SET version = $2, body = $3, due_at = $4, forget_at = $5 WHERE old.forget_at <= {NOW}
RETURNING 1
"""

UPDATE: Final = f"""
UPDATE {{table}} SET version = $2, body = $3, due_at = $4, forget_at = $5
WHERE key = $1 AND version = $6 AND forget_at > {NOW} RETURNING 1
"""

DELETE: Final = f"DELETE FROM {{table}} WHERE key = $1 AND version = $2 AND forget_at > {NOW} RETURNING 1"

WOKEN: Final = "WITH done AS ({statement}) SELECT pg_notify('{table}', $1) FROM done"

DUE: Final = f"""
WITH clock AS (SELECT {NOW} AS now), swept AS (
    DELETE FROM {{table}} WHERE key IN (
        SELECT key FROM {{table}}, clock WHERE forget_at <= now LIMIT {SWEPT} FOR UPDATE SKIP LOCKED
    )
)
SELECT key FROM {{table}}, clock WHERE due_at > now + $3::float8 AND due_at <= now + $1::float8 AND forget_at > now
ORDER BY due_at, key LIMIT $2
"""


class PostgresStore(Store):
    """
    Flows in a table of PostgreSQL, which is made if it is not there.

    With `synchronous_commit = off` the server may lose the last moments in a crash, and with them that a flow was sent: leave
    it on. Behind PgBouncer in transaction mode give a pool of your own with `statement_cache_size=0`; notifications do not
    come through it, so that waiting in a process (`TokenInbox`) takes as long as its poll.

    Belongs to the event loop of its first use; make one in each event loop and each process.

    Args:
        server: Its address, `postgresql://…`, or a pool of asyncpg's, which stays yours to close.

        table: The name of the table.

        keys: As for every `Store`, as are *keep* and *clock*.

    Raises:
        InvalidArgumentError: *table* is no plain name.

        MissingExtraError: The extra is not installed.
    """

    def __init__(
        self,
        server: str | Pool[Any],
        *,
        table: str = "belvo_flows",
        keys: Sequence[str | bytes] = (),
        keep: float = KEPT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(PostgresRows(server, table), keys=keys, keep=keep, clock=clock)


class PostgresRows(Rows):
    """
    Rows in a table.
    """

    def __init__(self, server: str | Pool[Any], table: str = "belvo_flows") -> None:
        if not NAME.fullmatch(table):
            raise InvalidArgumentError(
                argument="table", expected="a name of small letters, digits and _", found="another"
            )
        try:
            import_module("asyncpg")
        except ModuleNotFoundError as error:
            raise MissingExtraError.for_module(error, "postgres") from None
        self._server = server
        self._table = table
        self._pool: Pool[Any] | None = None
        self._has_table = False
        self._making = asyncio.Lock()
        self._home = Home()
        self._listening = Listening(self._keys_told, self._home)

    async def read(self, key: str) -> Seen:
        """
        Return the row at *key*, and the time.
        """
        sql = READ.format(table=self._table)
        ((*columns, now),) = await self._call(lambda pool: pool.fetch(sql, key))  # the time comes in any case
        return Seen(None if columns[0] is None else Row(*columns), now)

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put *row* at *key*, if there is one of *version* now.
        """
        if row is None and version == 0:
            return (await self.read(key)).row is None
        given: tuple[Any, ...] = (key, version)
        statement = DELETE
        if row is not None:
            columns = (row.version, row.body, row.due_at, row.forget_at)
            given = (key, *columns, version) if version else (key, *columns)
            statement = UPDATE if version else INSERT
        if wake:
            statement = WOKEN.format(statement=statement, table="{table}")
        sql = statement.format(table=self._table)
        return bool(await self._call(lambda pool: pool.fetch(sql, *given)))

    async def due(self, *, within: float, limit: int, after: float = -inf) -> Sequence[str]:
        """
        Return the keys of the rows that are due in so many seconds.
        """
        sql = DUE.format(table=self._table)
        return [row[0] for row in await self._call(lambda pool: pool.fetch(sql, within, limit, after))]

    def wakes(self) -> AsyncGenerator[str]:
        """
        Yield the keys of rows that were swapped with `wake`.
        """
        return self._listening.wakes()

    async def aclose(self) -> None:
        """
        Close the connections, if they are the store's own.
        """
        self._home.is_closed = True
        await self._listening.aclose()
        if self._pool is not None and isinstance(self._server, str):
            # By itself it waits for a server that has gone silent, and for what a broken connection has left behind.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT):
                    await self._pool.close()  # broken off, it cuts the connections

    async def _keys_told(self) -> AsyncGenerator[str]:
        told: asyncio.Queue[str | None] = asyncio.Queue()

        def hear(*given: Any) -> None:
            told.put_nowait(given[-1])

        def end(*_: Any) -> None:
            told.put_nowait(None)

        pool = await self._call(_itself)
        connection = await self._done(pool.acquire(timeout=WAIT))
        connection.add_termination_listener(end)
        try:
            await self._done(connection.add_listener(self._table, hear))
            while (key := await told.get()) is not None:
                yield key
        finally:
            with anyio.CancelScope(shield=True), contextlib.suppress(StoreError):
                await self._done(_hears_no_more(connection, self._table, hear, end))
            with anyio.CancelScope(shield=True), contextlib.suppress(StoreError):
                await self._done(pool.release(connection, timeout=WAIT))
        raise StoreError(problem="PostgreSQL: the connection that listens was lost")

    async def _call(self, act: Callable[[Pool[Any]], Awaitable[T]]) -> T:
        self._home.check()
        return await self._done(self._opened_and(act))

    async def _opened_and(self, act: Callable[[Pool[Any]], Awaitable[T]]) -> T:
        if self._pool is None:
            self._pool = await self._opened()  # without a connection yet
        if not self._has_table:
            async with self._making:
                if not self._has_table:
                    await self._make_table(self._pool)
                    self._has_table = True
        return await act(self._pool)

    async def _opened(self) -> Pool[Any]:
        import asyncpg  # noqa: PLC0415 - an extra

        if not isinstance(self._server, str):
            return self._server
        return await asyncpg.create_pool(
            self._server,
            min_size=0,
            max_size=CONNECTIONS + 1,
            connect=_connected,
            command_timeout=WAIT,
            timeout=WAIT,
        )

    async def _make_table(self, pool: Pool[Any]) -> None:
        async with pool.acquire(timeout=WAIT) as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            await connection.execute(TABLES.format(table=self._table))

    async def _done(self, work: Awaitable[T]) -> T:
        import asyncpg  # noqa: PLC0415 - an extra

        try:
            return await work
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            problem = f"PostgreSQL: {type(error).__name__}: {error}"
        except ValueError:  # it shows a part of the address, perhaps of the password
            problem = (
                "PostgreSQL: its address cannot be read; / # and ? of a password are %2F %23 and %3F there"
            )
        raise StoreError(problem=problem)


async def _connected(*args: Any, **options: Any) -> Connection[Any]:
    """
    Return a new connection. asyncpg that is cancelled while it connects leaves an error that nobody handles, so it goes on alone.
    """
    import asyncpg  # noqa: PLC0415 - an extra

    connecting = asyncio.ensure_future(asyncpg.connect(*args, **options))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        connecting.add_done_callback(_not_needed)
        raise


def _not_needed(connecting: asyncio.Future[Connection[Any]]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().terminate()


async def _hears_no_more(connection: Any, table: str, hear: Any, end: Any) -> None:
    connection.remove_termination_listener(end)  # as the other, it fails on a connection that is gone
    await connection.remove_listener(table, hear)


async def _itself(pool: Pool[Any]) -> Pool[Any]:
    return pool
