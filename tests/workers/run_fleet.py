"""
Flows over worker processes that are killed, on every pair of a broker and a store, with a server restarted in the middle.

Not collected with the other tests: `nox -s fleet` runs it, once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.fleet import run


pytestmark = [pytest.mark.anyio, pytest.mark.timeout(200)]

FLOWS = 100


@pytest.mark.parametrize(
    ("broker", "store", "restarted"),
    [
        ("nats", "redis", "nats"),
        ("nats", "postgres", "postgres"),
        ("redis", "redis", "redis"),
        ("redis", "postgres", "redis"),
    ],
)
async def test_nothing_is_lost_and_nothing_answered_twice(
    tmp_path: Path, broker: str, store: str, restarted: str
) -> None:
    """
    Whatever is killed, every flow ends, no challenge is answered twice, and what the flows say is what the sandbox did.
    """
    report = await run(tmp_path, broker=broker, store=store, flows=FLOWS, kills=8, restart=(restarted,))

    assert [] == report.lost
    assert (0, 0) == (report.answered_twice, report.registered_twice)
    assert [] == report.disagreements
    assert FLOWS == report.statuses.total()
    assert 0 < report.kills
    assert 1 == report.restarts
