"""
What the demo came to: as a table for people, as JSON for programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from belvo_async.cli.demonstration.play import Result
from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally


def told(result: Result) -> RenderableType:
    """
    Return *result* as people read it.
    """
    return Group(_phases(result), _totals(result), Text(), _verdict(result))


def _phases(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    table.add_column("")
    for heading in (*(phase.value for phase in Phase), "all"):
        table.add_column(heading, justify="right")
    for name, figures in result.client.rows():
        table.add_row(name, *(f"{figure:,}" for figure in figures))
    return table


def _totals(result: Result) -> Table:
    server = result.server
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, figure in (
        ("requests seen by the server", f"{server.total:,}"),
        ("duplicates (challenges answered twice)", f"{server.duplicates:,}"),
        ("most flows under way at once", f"{result.most_under_way:,}"),
        ("most requests under way at once", f"{server.peak:,}"),
        ("seconds", f"{result.seconds:.2f}"),
        ("flows per second", f"{result.flows_per_second:,.0f}"),
    ):
        table.add_row(name, figure)
    return table


def _verdict(result: Result) -> Text:
    if result.disagreements:
        return Text(f"  {len(result.disagreements)} counts do not agree.", style="bold red")
    return Text("  The sandbox and the client have counted the same, and as planned.", style="green")


def as_json(result: Result) -> Mapping[str, Any]:
    """
    Return *result* as programs read it.
    """
    client, server = result.client, result.server
    return {
        "agrees": not result.disagreements,
        "disagreements": [
            {"what": found.what, found.one[0]: found.one[1], found.other[0]: found.other[1]}
            for found in result.disagreements
        ],
        "seconds": round(result.seconds, 3),
        "flows": client.total.flows,
        "flows_per_second": round(result.flows_per_second, 1),
        "most_under_way": result.most_under_way,
        "requests": server.total,
        "duplicates": server.duplicates,
        **_tally(client.total),
        "phases": {phase.value: _tally(tally) for phase, tally in client.phases.items()},
        "failures": dict(client.failures),
        "client": {
            "requests": dict(client.requests),
            "links": dict(client.links),
            "stored": client.stored,
        },
        "server": attrs.asdict(server),
    }


def _tally(tally: PhaseTally) -> Mapping[str, int]:
    return {
        **{ending.value: tally.endings[ending] for ending in Ending},
        "challenges_issued": tally.challenges,
        "challenges_answered": tally.answers,
        "wrong_tokens": tally.wrong,
    }
