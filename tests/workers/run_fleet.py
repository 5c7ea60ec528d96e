"""
Flows over worker processes that are killed, on every pair of an engine and a store, with a server restarted in the middle.

Not collected with the other tests: `nox -s fleet` runs it, once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.fleet import run


pytestmark = [pytest.mark.anyio, pytest.mark.timeout(200)]

FLOWS = {"nats": 100, "redis": 100, "temporal": 20}

KILLS = {"nats": 5, "redis": 5, "temporal": 2}


@pytest.mark.parametrize(
    ("engine", "store", "restarted"),
    [
        ("nats", "redis", "nats"),
        ("nats", "postgres", "postgres"),
        ("redis", "redis", "redis"),
        ("redis", "postgres", "redis"),
        ("temporal", "postgres", "postgres"),
    ],
)
async def test_nothing_is_lost_and_nothing_answered_twice(
    tmp_path: Path, engine: str, store: str, restarted: str
) -> None:
    """
    Whatever is killed, every flow ends, no challenge is answered twice, and what the flows say is what the sandbox did.
    """
    report = await run(
        tmp_path, engine=engine, store=store, flows=FLOWS[engine], kills=KILLS[engine], restart=(restarted,)
    )

    assert [] == report.lost
    assert (0, 0) == (report.answered_twice, report.registered_twice)
    assert [] == report.disagreements
    assert FLOWS[engine] == report.statuses.total()
    assert 0 < report.kills
    assert 1 == report.restarts
