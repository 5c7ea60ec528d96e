"""
Some of the faulted flows, in every run.
"""

from __future__ import annotations

import pytest

from faults.fleet import run


pytestmark = [pytest.mark.anyio, pytest.mark.once]


@pytest.mark.parametrize("seed", [101, 102])
async def test_flows_under_all_faults(seed: int) -> None:
    """
    No challenge is answered twice, no link is registered twice, what was not sent is sent again, and every flow
    ends in a typed outcome that agrees with what the sandbox did.
    """
    report = await run(2_500, seed=seed)

    assert [] == report.disagreements
    assert 0 == report.answered_twice
    assert 0 == report.registered_twice
    assert 0 == report.unsent_given_up
    assert 2_500 == report.outcomes.total()
    assert report.outcomes["completed"] > 1_800
    assert report.faults_hit > 400
