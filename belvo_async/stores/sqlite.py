"""
Flows in an SQLite file: for several processes of one machine.

SQLite's own calls block, so they are made in one thread of the store's own. A call is one hop to it and back, and runs
to its end even if who waits for it is cancelled: no transaction is left open.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Final, TypeVar

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import StoreError
from belvo_async.stores.listening import Home, Listening
from belvo_async.stores.store import ABSENT, KEPT, Row, Rows, Seen, Store


T = TypeVar("T")

WAIT: Final = 10.0
"""Seconds for which a call waits while another process writes."""

POLL: Final = 0.1
"""Seconds between two looks for wakes; only while somebody listens."""

RETRIED: Final = 0.01
"""Seconds between two attempts to open a file that is being made by another process."""

WAKES: Final = 1_000
"""How many wakes are kept for listeners that are slow."""

SWEPT: Final = 20
"""How many rows that are to be forgotten a call deletes in passing, at most."""

# One statement sees one time.
NOW: Final = "(julianday('now') - 2440587.5) * 86400.0"

TABLES: Final = """
CREATE TABLE IF NOT EXISTS belvo_rows (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL, due_at REAL, forget_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS belvo_rows_due ON belvo_rows (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS belvo_rows_forget ON belvo_rows (forget_at);
CREATE TABLE IF NOT EXISTS belvo_wakes (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL);
"""

READ: Final = f"""
SELECT version, body, due_at, forget_at, now FROM (SELECT {NOW} AS now)
LEFT JOIN belvo_rows ON key = ? AND forget_at > now
"""

DUE: Final = "SELECT key FROM belvo_rows WHERE due_at > ? AND due_at <= ? AND forget_at > ? ORDER BY due_at, key LIMIT ?"

PUT: Final = (
    "INSERT OR REPLACE INTO belvo_rows (key, version, body, due_at, forget_at) VALUES (?, ?, ?, ?, ?)"
)

SWEEP: Final = f"""
DELETE FROM belvo_rows WHERE key IN
(SELECT key FROM belvo_rows WHERE forget_at <= ? ORDER BY forget_at LIMIT {SWEPT})
"""


class SQLiteStore(Store):
    """
    Flows in a file. Any number of processes of one machine may use it; not over a network file system.

    Belongs to the event loop of its first use; make one in each event loop and each process.

    Args:
        path: The file. It is made if it is not there, for this user only.

        keys: As for every `Store`, as is *keep*.

        wait: Seconds for which a call waits while another process writes, before it fails.

        clock: As for every `Store`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keys: Sequence[str | bytes] = (),
        keep: float = KEPT,
        wait: float = WAIT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(SQLiteRows(path, wait=wait), keys=keys, keep=keep, clock=clock)


class SQLiteRows(Rows):
    """
    Rows in a file.
    """

    def __init__(self, path: str | os.PathLike[str], *, wait: float = WAIT) -> None:
        self._path = Path(path)
        self._wait = wait
        self._home = Home()
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None  # used in the thread only
        self._listening = Listening(self._keys_told, self._home)
        self._read_up_to: int | None = None

    async def read(self, key: str) -> Seen:
        """
        Return the row at *key*, and the time.
        """
        return await self._call(lambda connection: _read(connection, key))

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put *row* at *key*, if there is one of *version* now.
        """
        return await self._call(lambda connection: _swap(connection, key, row, version, wake))

    async def due(self, *, within: float, limit: int, after: float = -inf) -> Sequence[str]:
        """
        Return the keys of the rows that are due in so many seconds.
        """
        return await self._call(lambda connection: _due(connection, after, within, limit))

    def wakes(self) -> AsyncGenerator[str]:
        """
        Yield the keys of rows that were swapped with `wake`.
        """
        return self._listening.wakes()

    async def aclose(self) -> None:
        """
        Close the file.
        """
        self._home.is_closed = True
        await self._listening.aclose()
        thread, self._thread = self._thread, None
        if thread is not None:
            closed = asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)  # takes nothing new, and ends after the closing
            await asyncio.shield(closed)

    async def _keys_told(self) -> AsyncGenerator[str]:
        self._read_up_to = None
        while True:
            for key in await self._call(self._newer):
                yield key
            await asyncio.sleep(POLL)

    def _newer(self, connection: sqlite3.Connection) -> list[str]:
        if self._read_up_to is None:
            (newest,) = connection.execute("SELECT coalesce(max(number), 0) FROM belvo_wakes").fetchone()
            self._read_up_to = int(newest)
            return []
        found = connection.execute(
            "SELECT number, key FROM belvo_wakes WHERE number > ? ORDER BY number", (self._read_up_to,)
        ).fetchall()
        if found:
            self._read_up_to = int(found[-1][0])
        return [key for _number, key in found]

    async def _call(self, function: Callable[[sqlite3.Connection], T]) -> T:
        self._home.check()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="belvo-sqlite")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._called, function)

    # --- in the thread ---

    def _called(self, function: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = _opened(self._path, self._wait)
            return function(self._connection)
        except (sqlite3.Error, OSError, ValueError) as error:
            # ValueError: text that is no UTF-8. The connection may be at fault: the next call opens another.
            self._close()
            problem = f"SQLite, {self._path.name}: {type(error).__name__}: {error}"
        raise StoreError(problem=problem)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


def _opened(path: Path, wait: float) -> sqlite3.Connection:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        _keep_a_log(connection, wait)
        connection.execute("PRAGMA synchronous = FULL")  # what was marked as sent must survive a power cut
        with _transaction(connection):
            for statement in TABLES.split(";"):
                connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_a_log(connection: sqlite3.Connection, wait: float) -> None:
    """
    Let readers and a writer work at once. To change this SQLite does not wait for other processes, so we do.
    """
    ends = SYSTEM_CLOCK.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if SYSTEM_CLOCK.monotonic() >= ends:
                raise
            threading.Event().wait(RETRIED)
        else:
            return


def _read(connection: sqlite3.Connection, key: str) -> Seen:
    *columns, now = connection.execute(READ, (key,)).fetchone()
    return Seen(None if columns[0] is None else Row(*columns), now)


def _swap(connection: sqlite3.Connection, key: str, row: Row | None, version: int, wake: bool) -> bool:
    with _transaction(connection):
        seen = _read(connection, key)
        if seen.version != version:
            return False
        if row is not None:
            connection.execute(PUT, (key, row.version, row.body, row.due_at, row.forget_at))
        elif version != ABSENT:
            connection.execute("DELETE FROM belvo_rows WHERE key = ?", (key,))
        if version == ABSENT:
            connection.execute(SWEEP, (seen.now,))
        if wake:
            told = connection.execute("INSERT INTO belvo_wakes (key) VALUES (?)", (key,)).lastrowid or 0
            connection.execute("DELETE FROM belvo_wakes WHERE number <= ?", (told - WAKES,))
        return True


def _due(connection: sqlite3.Connection, after: float, within: float, limit: int) -> list[str]:
    now = _read(connection, "").now
    if connection.execute("SELECT 1 FROM belvo_rows WHERE forget_at <= ? LIMIT 1", (now,)).fetchone():
        with _transaction(connection):
            connection.execute(SWEEP, (now,))
    return [key for (key,) in connection.execute(DUE, (now + after, now + within, now, limit))]


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
