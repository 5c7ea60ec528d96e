"""
Some of the broken answers, in every run.
"""

from __future__ import annotations

import pytest

from faults.mutations import run


pytestmark = [pytest.mark.anyio, pytest.mark.once]


async def test_broken_answers_bring_errors_of_ours_and_nothing_else() -> None:
    """
    Whatever an answer holds, a call ends at once, in a typed error or a result, and leaves nothing behind.
    """
    report = await run(5_000, seed=2_026)

    assert [] == report.findings
    assert 0 == report.answered_twice
    assert report.answers >= 5_000
    assert report.outcomes["completed"] > 250
    assert report.outcomes["DecodeError"] > 250
    assert len(report.outcomes) > 15
    assert report.slowest < 5
    assert report.grown_mib < 64
