"""
`belvo-async bulk`, killed and interrupted at random moments and begun again until nothing is left to do.
"""

from __future__ import annotations

import signal

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from cli.bulky import (  # noqa: F401 - a fixture among them
    BANK,
    YEARS,
    Nursery,
    answering,
    lines,
    nursery_,
    registrations,
    signalled,
    written,
)
from people import careful

from belvo_async import BelvoClient
from belvo_async.cli.exits import Exit
from belvo_async.sandbox import ChallengeRecord, Sandbox
from belvo_async.stores import FlowStatus, SQLiteStore


pytestmark = [pytest.mark.anyio, pytest.mark.once]

ROWS: Final = 120

EXPIRY: Final = 5.0
"""Seconds. A challenge that got lost with the answer keeps its link busy for so long."""

RUN: Final = ("--park", "--patience", "2", "--again", "expired", "--json", "--concurrency", "10")


def one_for_each_row(found: Sequence[Any], rows: int) -> bool:
    """
    Whether each row is there, once.
    """
    return Counter(range(1, rows + 1)) == Counter(found)


def told(challenges: Sequence[ChallengeRecord]) -> set[int]:
    """
    Return how many answers challenges got.
    """
    return {challenge.patches for challenge in challenges}


async def test_killed_at_any_moment_every_row_is_registered_once(nursery: Nursery, tmp_path: Path) -> None:
    """
    Fifteen kills later there is one link for each row, each has its result once, and no challenge was answered twice.
    """
    rng = Random(1)
    file = written(tmp_path / "links.csv", registrations(ROWS))
    folder = tmp_path / "links.csv.bulk"
    ended, kills, runs = None, 0, 0
    async with (
        Sandbox(expiry=EXPIRY, latency=0.02, remember=100_000) as sandbox,
        answering(folder, wrong={f"order-{number}" for number in range(0, ROWS, 9)}),
    ):
        while (ended is None or ended.status != Exit.DONE) and runs < 60:
            runs += 1
            process = await nursery.begin(sandbox, "bulk", str(file), *RUN)
            if kills < 15:
                await signalled(process, signal.SIGKILL, sandbox, rng.randrange(16), rng.random() * 0.05)
            ended = await nursery.ended()
            kills += ended.status == -signal.SIGKILL

    links, results = list(sandbox.links.values()), lines(folder / "results.jsonl")
    assert ended is not None
    assert (Exit.DONE, 15) == (ended.status, kills), ended.errors
    assert {f"order-{number}": 1 for number in range(ROWS)} == Counter(link["external_id"] for link in links)
    assert {"valid"} == {link["status"] for link in links}
    assert one_for_each_row([line["row"] for line in results], ROWS)
    assert {link["external_id"]: link["id"] for link in links} == {
        line["id"]: line["link"] for line in results
    }
    assert 0 == sandbox.duplicates
    assert {0, 1} >= told(list(sandbox.challenges.values()))
    assert [] == lines(folder / "left.jsonl")


async def test_killed_at_any_moment_every_period_is_retrieved_once(nursery: Nursery, tmp_path: Path) -> None:
    """
    Eight kills later each row has its result once, though many are about the same link, and no challenge was answered twice.
    """
    rng = Random(2)
    folder, rows = tmp_path / "rows.csv.bulk", 60
    ended, kills, runs = None, 0, 0
    async with Sandbox(expiry=EXPIRY, latency=0.02, remember=100_000) as sandbox:
        async with BelvoClient(
            sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=careful
        ) as client:
            links = [await client.links.register(BANK, "mfa_default", "pass_valid") for _ in range(12)]
        before = len(sandbox.challenges)
        file = written(
            tmp_path / "rows.csv",
            [
                {
                    "resource": "balances",
                    "link": links[number % 12].id,
                    "date_from": f"2026-01-{1 + number // 12:02}",
                    "date_to": f"2026-01-{1 + number // 12:02}",
                }
                for number in range(rows)
            ],
        )
        async with answering(folder):
            while (ended is None or ended.status != Exit.DONE) and runs < 60:
                runs += 1
                process = await nursery.begin(sandbox, "bulk", str(file), *RUN)
                if kills < 8:
                    await signalled(process, signal.SIGKILL, sandbox, rng.randrange(15), rng.random() * 0.05)
                ended = await nursery.ended()
                kills += ended.status == -signal.SIGKILL

    results = lines(folder / "results.jsonl")
    assert ended is not None
    assert (Exit.DONE, 8) == (ended.status, kills), ended.errors
    assert one_for_each_row([line["row"] for line in results], rows)
    assert {number: [f"2026-01-{1 + (number - 1) // 12:02}"] for number in range(1, rows + 1)} == {
        line["row"]: [balance["value_date"] for balance in line["result"]] for line in results
    }
    assert 0 == sandbox.duplicates
    assert {0, 1} >= told(list(sandbox.challenges.values())[before:])


async def test_interrupted_what_is_under_way_is_settled(nursery: Nursery, tmp_path: Path) -> None:
    """
    Ctrl-C leaves no request whose outcome is unknown; begun again after each of ten, the file comes to its end.
    """
    rng = Random(3)
    file = written(tmp_path / "links.csv", registrations(80))
    folder = tmp_path / "links.csv.bulk"
    ended, interrupts, unsettled = None, 0, set[FlowStatus]()
    async with (
        Sandbox(latency=0.05, remember=100_000) as sandbox,
        answering(folder),
        SQLiteStore(folder / "flows.db", keep=YEARS) as store,
    ):
        while (ended is None or ended.status != Exit.DONE) and interrupts < 30:
            process = await nursery.begin(sandbox, "bulk", str(file), *RUN)
            if interrupts < 10:
                await signalled(process, signal.SIGINT, sandbox, rng.randrange(1, 15), rng.random() * 0.05)
            ended = await nursery.ended()
            interrupts += ended.status == Exit.INTERRUPTED
            records = [await store.look(f"order-{number}") for number in range(80)]
            unsettled |= {record.status for record in records if record is not None} & {
                FlowStatus.SENT,
                FlowStatus.CLAIMED,
            }

    assert ended is not None
    assert Exit.DONE == ended.status, ended.errors
    assert interrupts >= 5
    assert set() == unsettled
    assert 80 == len(sandbox.links) == len(lines(folder / "results.jsonl"))
    assert 80 == sandbox.counts["POST /api/links/"]
    assert 0 == sandbox.duplicates
