"""
How far each row is, in an SQLite file that survives whatever kills the process.

Here lies no password and no token: a row is known by a number, by the caller's own id, and by a salted fingerprint of what it says.
What is between a row and Belvo (its requests, its challenge) lies in the store beside it, under `Entry.flow`.

Every method commits what it changes, and blocks; call them in a thread.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import attrs

from belvo_async.cli.batch.jobs import AGAIN, Job
from belvo_async.cli.batch.rows import Problem, Row


VERSION: Final = "1"
"""Of the file. A reader refuses what it does not know."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    identity BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL,
    operation TEXT NOT NULL,
    line INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    run INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    begun INTEGER NOT NULL DEFAULT 0,
    link TEXT,
    ended TEXT,
    problem TEXT
);
"""

COLUMNS: Final = "number, name, content, operation, line, offset, attempt, begun, link, ended, problem"

COMPLETED: Final = "completed"


@attrs.frozen
class Entry:
    """
    A row, as the journal knows it.

    Attributes:
        number: Counts the rows in the order in which they were first seen.

        name: The caller's own id of it, or `row 17`.

        content: The fingerprint of what it says.

        operation: The call.

        line: Where it is in the file now, as is *offset* in bytes.

        attempt: How often it was begun from the beginning, counted from 1.

        begun: Whether anything may have been sent for it.

        link: The link it is about; of a registration, the one that it has made.

        ended: `completed`, `failed`, `expired` or `declined`; `None` as long as there is something to do.

        problem: The names of the error and of Belvo's code, if it did not complete.
    """

    number: int
    name: str
    content: bytes
    operation: str
    line: int
    offset: int
    attempt: int
    begun: bool
    link: str | None
    ended: str | None
    problem: str | None

    @property
    def flow(self) -> str:
        """
        The key of its flow in the store. Each attempt has its own, since a flow that has ended stays so.
        """
        return self.name if self.attempt == 1 else f"{self.name}{AGAIN}{self.attempt}"


class JournalError(Exception):
    """
    The journal cannot be used for this file. The text says what to do.
    """


class Journal:
    """
    The journal of one file.

    Args:
        path: Where it is. It is made if it is not there, for this user only.

    Raises:
        JournalError: Another process uses it, or it is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        # Nobody else is waited for: whoever has it, has it for as long as it runs.
        self._connection = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except sqlite3.OperationalError as error:
            self.close()
            if "locked" not in str(error):
                raise JournalError(f"{path}: {error}") from None
            raise JournalError(f"{path.parent}: another `belvo-async bulk` is at work with it") from None
        except sqlite3.DatabaseError:
            self.close()
            raise JournalError(f"{path}: this is no journal of `belvo-async bulk`") from None
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        connection = self._connection
        # From the first change on the file is ours until we close it, or die.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            for statement in TABLES.split(";"):
                connection.execute(statement)
            for name, value in (("version", VERSION), ("salt", secrets.token_hex(16)), ("run", "0")):
                connection.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, value))
        if self.fact("version") != VERSION:
            raise JournalError(f"{self._path}: it was written by another version of belvo-async")
        self._salt = bytes.fromhex(self.fact("salt") or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """
        Let go of the file.
        """
        self._connection.close()

    # --- facts about the whole ---

    def fact(self, name: str) -> str | None:
        """
        Return what is written under *name*.
        """
        found = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def note(self, name: str, value: str) -> None:
        """
        Write *value* under *name*.
        """
        self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # --- the rows of the file ---

    @contextmanager
    def reading(self) -> Generator[Reading]:
        """
        Take note of the rows of the file, all or, if the block raises, none.
        """
        with self._transaction():
            run = int(self.fact("run") or 0) + 1
            self.note("run", str(run))
            yield Reading(self, run)

    def restart(self, ended: frozenset[str]) -> int:
        """
        Begin the rows again that ended so; return how many.
        """
        marks = ", ".join("?" * len(ended))
        changed = self._connection.execute(
            f"UPDATE rows SET ended = NULL, problem = NULL, attempt = attempt + 1"  # noqa: S608 - marks only
            f" WHERE ended IN ({marks}) AND run = {self._run}",
            tuple(ended),
        )
        return changed.rowcount

    @property
    def _run(self) -> int:
        return int(self.fact("run") or 0)

    def counts(self) -> Mapping[str, int]:
        """
        Return how many rows of the file ended how; `begun` and `new` are those that have not ended.
        """
        found = self._connection.execute(
            "SELECT coalesce(ended, CASE begun WHEN 0 THEN 'new' ELSE 'begun' END), count(*)"
            " FROM rows WHERE run = ? GROUP BY 1",
            (self._run,),
        )
        return Counter(dict(found.fetchall()))

    def missing(self) -> int:
        """
        Return how many rows that were begun and have not ended are not in the file any more.
        """
        statement = "SELECT count(*) FROM rows WHERE run < ? AND begun AND ended IS NULL"
        return int(self._connection.execute(statement, (self._run,)).fetchone()[0])

    def open_after(self, number: int, limit: int) -> list[int]:
        """
        Return the numbers of the next rows of the file that have not ended.
        """
        found = self._connection.execute(
            "SELECT number FROM rows WHERE number > ? AND run = ? AND ended IS NULL ORDER BY number LIMIT ?",
            (number, self._run, limit),
        )
        return [number for (number,) in found]

    def entry(self, number: int) -> Entry:
        """
        Return a row.
        """
        found = self._connection.execute(f"SELECT {COLUMNS} FROM rows WHERE number = ?", (number,))  # noqa: S608
        return Entry(*found.fetchone())

    def of_flow(self, flow: str) -> Entry | None:
        """
        Return the row of the file whose flow has this key; `None` if there is none, or it is at another attempt.
        """
        name = flow.partition(AGAIN)[0]
        found = self._connection.execute(
            f"SELECT {COLUMNS} FROM rows WHERE name = ? AND run = ?",  # noqa: S608
            (name, self._run),
        ).fetchone()
        entry = None if found is None else Entry(*found)
        return entry if entry is not None and entry.flow == flow else None

    def left(self) -> Iterator[Entry]:
        """
        Yield the rows of the file that were begun and did not complete.
        """
        found = self._connection.execute(
            f"SELECT {COLUMNS} FROM rows WHERE run = ? AND begun AND ended IS NOT ? ORDER BY line",  # noqa: S608
            (self._run, COMPLETED),
        )
        return (Entry(*row) for row in found)

    # --- what happens to one ---

    def begin(self, number: int) -> None:
        """
        Something may be sent for it from now on.
        """
        self._connection.execute("UPDATE rows SET begun = 1 WHERE number = ?", (number,))

    def belongs(self, number: int, link: str) -> None:
        """
        It has come to a *link*.
        """
        self._connection.execute("UPDATE rows SET link = ? WHERE number = ?", (link, number))

    def again(self, number: int, link: str | None) -> None:
        """
        It has to be begun again, with the *link* it has come to.
        """
        self._connection.execute(
            "UPDATE rows SET attempt = attempt + 1, link = ? WHERE number = ?", (link, number)
        )

    def trouble(self, number: int, problem: str) -> None:
        """
        It has not ended, because of a *problem*.
        """
        self._connection.execute("UPDATE rows SET problem = ? WHERE number = ?", (problem, number))

    def end(self, number: int, ended: str, *, problem: str | None, link: str | None) -> None:
        """
        Nothing will be done for it any more.
        """
        self._connection.execute(
            "UPDATE rows SET ended = ?, problem = ?, link = coalesce(?, link) WHERE number = ?",
            (ended, problem, link, number),
        )

    def complete(self, number: int, link: str | None, written: int) -> None:
        """
        Its result is in the file of results, of which so many bytes count.
        """
        with self._transaction():
            self.end(number, COMPLETED, problem=None, link=link)
            self.note("written", str(written))

    def fingerprint(self, text: str) -> bytes:
        """
        Return what tells *text* from others, and does not show it.
        """
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._salt, digest_size=16).digest()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


class Reading:
    """
    One reading of the file.

    Attributes:
        rows: How many rows there were, all in all.

        known: How many of them the journal knew.

        before: How many the journal had, all in all.
    """

    def __init__(self, journal: Journal, run: int) -> None:
        self._journal = journal
        self._connection = journal._connection  # noqa: SLF001 - of this module
        self._run = run
        self.rows = self.known = 0
        self.before = int(self._connection.execute("SELECT count(*) FROM rows").fetchone()[0])

    def take(self, row: Row, job: Job) -> list[Problem]:
        """
        Take note of a row; return what is wrong with it as one of many.
        """
        self.rows += 1
        identity, content = self._journal.fingerprint(job.identity), self._journal.fingerprint(job.content)
        found = self._connection.execute(
            "SELECT number, content, line, run, begun FROM rows WHERE identity = ?", (identity,)
        ).fetchone()
        if found is None:
            return self._add(row, job, identity, content)
        number, before, line, run, begun = found
        if run == self._run:
            expected = "another row than any before (a different `id` tells equal ones apart)"
            return [Problem(row.line, "", expected, f"the one of line {line}")]
        self.known += 1
        if before != content and begun:
            expected = "the row as it was when it was begun (or a new `id`, to have it done as another one)"
            return [Problem(row.line, "", expected, "one that was changed since")]
        self._connection.execute(
            "UPDATE rows SET content = ?, line = ?, offset = ?, run = ?, link = coalesce(?, link) WHERE number = ?",
            (content, row.line, row.offset, self._run, job.link, number),
        )
        return []

    def _add(self, row: Row, job: Job, identity: bytes, content: bytes) -> list[Problem]:
        number = 1 + int(self._connection.execute("SELECT coalesce(max(number), 0) FROM rows").fetchone()[0])
        name = f"row {number}" if job.name is None else job.name
        try:
            self._connection.execute(
                "INSERT INTO rows (number, name, identity, content, operation, line, offset, run, link)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, name, identity, content, job.operation, row.line, row.offset, self._run, job.link),
            )
        except sqlite3.IntegrityError:
            return [Problem(row.line, "id", "one that is not the name of another row", "one that is")]
        return []
