"""
Some of the random cancellations, in every run.
"""

from __future__ import annotations

import pytest

from faults.cancellations import run


pytestmark = [pytest.mark.anyio, pytest.mark.once]

OFTEN = (
    "waiting for a link",
    "waiting for a slot",
    "waiting for the rate limit",
    "waiting for the user",
    "waiting to repeat",
    "waiting for an outcome",
    "under way",
)


async def test_cancelled_calls_leave_nothing_behind() -> None:
    """
    Whatever a call waits for when it is cancelled, it gives back its link, slot, turn and timers, and the next works.
    """
    report = await run(1_000, seed=1)

    assert [] == report.leaks
    assert [] == report.complaints
    assert 0 == report.answered_twice
    assert report.cancelled >= 1_000
    assert report.next_calls > 30
    assert {*OFTEN} <= {place for place, count in report.places.items() if count > 3}
