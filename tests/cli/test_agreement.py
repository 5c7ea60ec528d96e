"""
Whether both sides of the demo counted the same, for each thing that is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from belvo_async.cli.demonstration.agreement import ServerCounts, disagreements
from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally, Tally


def expected() -> dict[Phase, PhaseTally]:
    """
    Return a plan: five registrations, three retrievals, one update.
    """
    register = Counter({Ending.COMPLETED: 3, Ending.DECLINED: 1, Ending.EXPIRED: 1})
    return {
        Phase.REGISTER: PhaseTally(register, challenges=6, answers=4, wrong=1),
        Phase.RETRIEVE: PhaseTally(Counter({Ending.COMPLETED: 3}), challenges=3, answers=3),
        Phase.UPDATE: PhaseTally(Counter({Ending.COMPLETED: 1}), challenges=1, answers=1),
    }


REQUESTS: Mapping[str, int] = {
    "GET /api/": 1,
    "POST /api/links/": 5,
    "PATCH /api/links/": 5,
    "POST /api/balances/": 3,
    "PATCH /api/balances/": 3,
    "PUT /api/links/{id}/": 1,
}


@pytest.fixture(name="client")
def _client() -> Tally:
    return Tally(phases=expected(), requests=Counter(REQUESTS), stored=14)


@pytest.fixture(name="server")
def _server() -> ServerCounts:
    return ServerCounts(
        requests=REQUESTS,
        issued=10,
        answered=7,
        rejected=1,
        expired=2,
        links={"valid": 3, "unconfirmed": 2},
        stored=14,
        peak=4,
    )


def told(client: Tally, server: ServerCounts) -> list[str]:
    """
    Return what does not agree, as people read it.
    """
    return [str(found) for found in disagreements(expected(), client, server)]


def test_what_agrees_is_not_told(client: Tally, server: ServerCounts) -> None:
    """
    Where all counts are the same, there is nothing to tell.
    """
    assert told(client, server) == []


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"requests": {**REQUESTS, "POST /api/links/": 6}},
            ["requests POST /api/links/: client 5, sandbox 6"],
        ),
        (
            {"requests": {**REQUESTS, "GET /api/owners/": 1}},
            ["requests GET /api/owners/: client 0, sandbox 1"],
        ),
        (
            {"requests": {**REQUESTS, "PATCH /api/balances/": 4}},
            [
                "requests PATCH /api/balances/: client 3, sandbox 4",
                "exactly one PATCH for each answered challenge: answered 8, PATCHes 9",
            ],
        ),
        ({"issued": 11}, ["challenges issued: client 10, sandbox 11"]),
        (
            {"answered": 6},
            [
                "challenges answered: client 8, sandbox 7",
                "exactly one PATCH for each answered challenge: answered 7, PATCHes 8",
            ],
        ),
        ({"answered": 6, "rejected": 2}, ["wrong tokens: client 1, sandbox 2"]),
        ({"answered": 8, "rejected": 0}, ["wrong tokens: client 1, sandbox 0"]),
        (
            {"refused": 1},
            [
                "challenges answered: client 8, sandbox 9",
                "exactly one PATCH for each answered challenge: answered 9, PATCHes 8",
            ],
        ),
        ({"expired": 1}, ["challenges unanswered: client 2, sandbox 1"]),
        ({"expired": 1, "open": 1}, ["challenges still open at the end: expected 0, sandbox 1"]),
        ({"duplicates": 1}, ["challenges sent more than one PATCH: expected 0, sandbox 1"]),
        ({"blocked": 2}, ["requests blocked by the firewall: expected 0, sandbox 2"]),
        ({"stored": 0}, ["balances stored: client 14, sandbox 0"]),
        ({"links": {"valid": 4, "unconfirmed": 2}}, ["links valid: client 3, sandbox 4"]),
        ({"links": {"valid": 3}}, ["links unconfirmed: client 2, sandbox 0"]),
        (
            {"links": {"valid": 3, "unconfirmed": 2, "token_required": 1}},
            ["links token_required: client 0, sandbox 1"],
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_what_the_sandbox_counts_differently_is_told(
    client: Tally, server: ServerCounts, changes: dict[str, Any], lines: list[str]
) -> None:
    """
    Each difference between the two sides is named, with both figures.
    """
    assert lines == told(client, attrs.evolve(server, **changes))


@pytest.mark.parametrize(
    ("ending", "figures"),
    [
        (Ending.COMPLETED, "planned 1, client 2"),
        (Ending.DECLINED, "planned 0, client 1"),
        (Ending.EXPIRED, "planned 0, client 1"),
        (Ending.FAILED, "planned 0, client 1"),
    ],
    ids=lambda value: value.value if isinstance(value, Ending) else "",
)
def test_what_was_not_planned_is_told(
    client: Tally, server: ServerCounts, ending: Ending, figures: str
) -> None:
    """
    A flow that ends otherwise than the scenario says is a disagreement, though both sides saw it.
    """
    client.phases[Phase.UPDATE].endings[ending] += 1

    assert [f"update, flows {ending.value}: {figures}"] == told(client, server)


def test_challenges_that_were_not_planned_are_told(client: Tally, server: ServerCounts) -> None:
    """
    One challenge more than planned, wrongly answered, is three disagreements with the plan and none otherwise.
    """
    client.phases[Phase.UPDATE].add(PhaseTally(challenges=1, answers=1, wrong=1))
    client.requests["PATCH /api/links/"] += 1
    requests = {**REQUESTS, "PATCH /api/links/": 6}

    assert told(client, attrs.evolve(server, requests=requests, issued=11, rejected=2)) == [
        "update, challenges issued: planned 1, client 2",
        "update, challenges answered: planned 1, client 2",
        "update, wrong tokens: planned 0, client 1",
    ]


def test_large_figures_can_be_read(client: Tally, server: ServerCounts) -> None:
    """
    Thousands are set apart.
    """
    assert told(client, attrs.evolve(server, stored=12345)) == ["balances stored: client 14, sandbox 12,345"]
