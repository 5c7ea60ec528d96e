"""
Rows of a CSV or JSONL file, one at a time: all of them in order, or the one at an offset.

Whatever cannot be read is told with its line; what stood there is not shown, since it may be a password.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
import re
import shutil
import stat
import sys
import tempfile

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import attrs


LONGEST_LINE: Final = 1 << 20
"""Bytes. What is longer is no row but another kind of file."""

IN_MEMORY: Final = 16 << 20
"""Bytes of standard input that are kept in memory; more goes to a temporary file without a name."""

SEPARATORS: Final = (",", ";", "\t")

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)
"""What the name of a column looks like. Anything else is not shown."""


@attrs.frozen
class Problem:
    """
    Why a row cannot be what was meant.

    Attributes:
        line: Where it begins, counted from 1.

        member: The column it is about; empty if it is the row itself.
    """

    line: int
    member: str
    expected: str
    found: str

    def __str__(self) -> str:
        about = f"{self.member}: " if self.member else ""
        return f"{about}expected {self.expected}, found {self.found}"


@attrs.frozen
class Row:
    """
    What a row says.

    Attributes:
        line: Where it begins.

        offset: The same in bytes; `Source.at()` reads it again.

        values: By column, without those that are empty. Text if it comes from CSV.
    """

    line: int
    offset: int
    values: Mapping[str, Any] = attrs.field(repr=False)


class RowError(Exception):
    """
    A row that cannot be what was meant.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"line {one.line}: {one}" for one in problems))
        self.problems: Sequence[Problem] = problems


class Source:
    """
    A file of rows. Close it, or use it as a context manager.

    Begins a line with `{`, it is JSONL, else CSV with a header; commas, semicolons and tabs separate.

    Args:
        path: The file; `None` for standard input, which is copied first, since it is read more than once.

    Raises:
        OSError: It cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self.name = "standard input" if path is None else path.name
        self._file: IO[bytes] = _copied(sys.stdin.buffer) if path is None else path.open("rb")
        self._lines = _Lines(self._file)
        self._header: Sequence[str] | None = None
        self._separator = ","

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def is_open_to_others(self) -> bool:
        """
        Whether other users of this machine may read the file.
        """
        mode = os.fstat(self._file.fileno()).st_mode if self.name != "standard input" else 0
        return stat.S_ISREG(mode) and os.name == "posix" and bool(mode & (stat.S_IRGRP | stat.S_IROTH))

    def rows(self) -> Iterator[Row | Problem]:
        """
        Yield each row, or why there is none.
        """
        self._lines.go_to(0, 1)
        try:
            self._read_head()
        except RowError as error:
            yield from error.problems
            return
        while True:
            try:
                row = self._next()
            except StopIteration:
                return
            except RowError as error:
                yield from error.problems
            else:
                if row is not None:
                    yield row

    def at(self, offset: int, line: int) -> Row:
        """
        Return the row that begins there. Call `rows()` before.

        Raises:
            RowError: There is none any more.
        """
        self._lines.go_to(offset, line)
        try:
            row = self._next()
        except StopIteration:
            row = None
        if row is None or row.offset != offset:
            raise RowError(Problem(line, "", "the row that was here", "another file"))
        return row

    def _read_head(self) -> None:
        """
        Find out which form it has, and stand before the first row.
        """
        lines = self._lines
        while True:
            offset, line = lines.offset, lines.line
            try:
                text = next(lines)
            except StopIteration:
                raise RowError(Problem(1, "", "rows", "an empty file")) from None
            if text.strip():
                break
        if text.lstrip().startswith("{"):
            self._header = None
            lines.go_to(offset, line)
            return
        self._separator = next((one for one in SEPARATORS if one in text), ",")
        lines.go_to(offset, line)
        header = [name.strip() for name in self._cells()]
        if not all(NAME.fullmatch(name) for name in header) or len(set(header)) < len(header):
            # The cells themselves may be a first row with a password.
            wrong = next((n for n, name in enumerate(header, 1) if not NAME.fullmatch(name)), 0)
            found = f"another text in column {wrong}" if wrong else "the same name twice"
            raise RowError(Problem(line, "", "a header with a name for each column", found))
        self._header = header

    def _next(self) -> Row | None:
        """
        Return the next row; `None` for an empty line.
        """
        offset, line = self._lines.offset, self._lines.line
        values = self._object(line) if self._header is None else self._record(line, self._header)
        return None if values is None else Row(line, offset, values)

    def _object(self, line: int) -> Mapping[str, Any] | None:
        text = next(self._lines)
        if not text.strip():
            return None
        try:
            members = json.loads(text, object_pairs_hook=_object_of)
        except _TwiceError:
            raise RowError(Problem(line, "", "each member once", "one that comes again")) from None
        except (ValueError, RecursionError):
            raise RowError(Problem(line, "", "a JSON object", "what is no JSON")) from None
        if not isinstance(members, dict):
            raise RowError(Problem(line, "", "a JSON object", "another kind of JSON"))
        return {name: value for name, value in members.items() if value is not None and value != ""}

    def _record(self, line: int, header: Sequence[str]) -> Mapping[str, Any] | None:
        cells = self._cells()
        if not any(cell.strip() for cell in cells):
            return None
        if len(cells) != len(header):
            expected = f"{len(header)} cells, as the header has"
            raise RowError(Problem(line, "", expected, f"{len(cells)}; a cell with a separator needs quotes"))
        return {name: cell for name, cell in zip(header, cells, strict=True) if cell != ""}

    def _cells(self) -> list[str]:
        line = self._lines.line
        try:
            # A reader takes as many lines as its record has.
            return next(csv.reader(self._lines, delimiter=self._separator, strict=True))
        except csv.Error:
            raise RowError(Problem(line, "", "cells whose quotes are closed", "another text")) from None


class _Lines:
    """
    The lines of a file, with the place at which the next one begins.

    An iterator that goes on after it has raised, unlike a generator.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.offset = 0
        self.line = 1

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        octets = self._file.readline(LONGEST_LINE)
        if not octets:
            raise StopIteration
        line = self.line
        self.offset += len(octets)
        self.line += 1
        if len(octets) == LONGEST_LINE and not octets.endswith(b"\n"):
            self._file.seek(0, os.SEEK_END)
            raise RowError(Problem(line, "", "a shorter line", f"one of more than {LONGEST_LINE:,} bytes"))
        if self.offset == len(octets):
            octets = octets.removeprefix(codecs.BOM_UTF8)
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise RowError(Problem(line, "", "text in UTF-8", "bytes that are none")) from None

    def go_to(self, offset: int, line: int) -> None:
        """
        Go on at *offset*, which is where *line* begins.
        """
        self._file.seek(offset)
        self.offset, self.line = offset, line


class _TwiceError(ValueError):
    pass


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _TwiceError  # JSON's last one would win, and nobody would know of the other
    return members


def _copied(stream: IO[bytes]) -> IO[bytes]:
    copy: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the source closes it
    shutil.copyfileobj(stream, copy)
    return copy
