"""
What came of a run: in numbers, in words, and row by row in the file of what is left.
"""

from __future__ import annotations

import json
import os

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from belvo_async.cli.batch.journal import Journal
from belvo_async.stores import FlowStatus, Store


WAITING: Final = "waiting"

LEFT: Final = "left"

SHOWN: Final = 20
"""How many rows are told on the terminal; the file has them all."""


@attrs.frozen(kw_only=True)
class Report:
    """
    What came of a run.

    Attributes:
        total: Rows of the file.

        counts: How many of them are how: `completed`, `failed`, `refused`, `expired`, `declined`, `waiting` (for their user),
            `left` (begun, and something can be done for them), `new` (not begun).

        first: Those that did not complete, as lines for people; the first of them.
    """

    total: int
    counts: Mapping[str, int]
    first: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        """
        Whether every row completed.
        """
        return self.counts.get("completed", 0) == self.total


async def make_report(journal: Journal, store: Store, path: Path) -> Report:
    """
    Count the rows, and write those that were begun and did not complete to the file at *path*, in the place of what it held.
    """
    counts = Counter(journal.counts())
    begun = counts.pop("begun", 0)
    first: list[str] = []
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        for entry in journal.left():
            record = None if entry.ended is not None else await store.look(entry.flow)
            waits = record is not None and record.status is FlowStatus.WAITING and not record.is_answered
            status = entry.ended or (WAITING if waits else LEFT)
            line: dict[str, Any] = {
                "row": entry.number,
                "line": entry.line,
                "id": entry.name,
                "operation": entry.operation,
                "status": status,
                "link": entry.link,
                "problem": entry.problem,
            }
            if waits and record is not None and record.ticket is not None:
                ends = record.ticket.expires_at
                line |= {
                    "flow": entry.flow,
                    "instructions": record.ticket.instructions,
                    "expires_at": None if ends is None else ends.isoformat(),
                }
            file.write(json.dumps(line, ensure_ascii=True) + "\n")
            counts[WAITING] += waits
            if len(first) < SHOWN and status != WAITING:
                first.append(f"line {entry.line}, {entry.name}: {status} {entry.problem or ''}".rstrip())
    new.replace(path)
    counts[LEFT] = begun - counts[WAITING]
    return Report(total=sum(counts.values()), counts=+counts, first=tuple(first))
