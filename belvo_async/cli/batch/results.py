"""
The file of results: a line of JSON for each row that completed, once.

A line is on the disk before the journal says that its row has completed. What is behind the last line that the journal knows of was
written by a process that was killed in between: whole lines count, and half a one is cut off.
"""

from __future__ import annotations

import json
import os

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from belvo_async.cli.batch.journal import Entry, Journal, JournalError
from belvo_async.codec import encode
from belvo_async.messages import Body


class Results:
    """
    The file of results of one journal.

    Args:
        path: Where it is. It is made if it is not there, for this user only.

    Raises:
        JournalError: Lines that the journal knows of are missing.
    """

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
        try:
            self._catch_up()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def _catch_up(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        written = self._journal.fact("written")
        if written is None:
            if size:
                raise JournalError(
                    f"{self._path}: there is something already; move it, or name another --output"
                )
            self._journal.note("written", "0")
        known = int(written or 0)
        if size < known:
            raise JournalError(
                f"{self._path}: results are missing that were written there ({size:,} bytes of {known:,}); put the file"
                " back, or begin anew with another --journal"
            )
        self._file.seek(known)
        for number, link, end in self._tail(known):
            self._journal.complete(number, link, end)
            known = end
        self._file.seek(known)
        self._file.truncate()

    def _tail(self, offset: int) -> Iterator[tuple[int, str | None, int]]:
        for octets in self._file:
            offset += len(octets)
            if not octets.endswith(b"\n"):
                return
            try:
                line = json.loads(octets)
                yield int(line["row"]), line.get("link"), offset
            except (ValueError, TypeError, KeyError):
                raise JournalError(
                    f"{self._path}: something else was written to it; put it back as it was"
                ) from None

    def write(self, entry: Entry, link: str | None, result: Any) -> None:
        """
        Write the result of a row, and that it has completed. Blocks until both are on the disk.
        """
        line = {
            "row": entry.number,
            "line": entry.line,
            "id": entry.name,
            "operation": entry.operation,
            "link": link,
            "result": result,
        }
        self._file.write(encode(Body(line)) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._journal.complete(entry.number, link, self._file.tell())
