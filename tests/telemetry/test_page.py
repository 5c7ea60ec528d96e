"""
The page says what the code has: spans, attributes, metrics, and queries that would find something.
"""

from __future__ import annotations

import asyncio
import contextlib
import re

from typing import Final

import pytest

from docs.pages import ROOT, rows
from people import BANK, careful
from prometheus_client import REGISTRY, generate_latest
from telemetry.exposition import exposed, prometheus

from belvo_async import BelvoClient, RateLimit, RetryPolicy
from belvo_async.errors import BelvoError
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.telemetry import Telemetry, names
from belvo_async.testing import ManualClock


PAGE: Final = ROOT / "docs" / "observability.md"

OF_THE_SERVER: Final = {"instance", "le"}
"""Labels that Prometheus itself adds, or that every histogram has."""


def quoted(cell: str) -> list[str]:
    """
    Return what stands in backticks.
    """
    return re.findall(r"`([^`]+)`", cell)


def test_spans() -> None:
    """
    The table of spans is the list in the code.
    """
    told = [
        (quoted(name)[0], kind, about, tuple(quoted(attributes)))
        for name, kind, about, attributes in rows(PAGE, "Span")
    ]

    assert told == [
        (kind.name, "client" if kind.client else "internal", kind.about, kind.attributes)
        for kind in names.SPANS
    ]


def test_attributes() -> None:
    """
    The table of attributes has each one once, and no other.
    """
    has = {name for kind in (*names.SPANS, *names.METRICS) for name in kind.attributes}
    told = [quoted(row[0])[0] for row in rows(PAGE, "Attribute")]

    assert len(has) == len(told)
    assert has == set(told)


def test_metrics() -> None:
    """
    The table of metrics is the list in the code.
    """
    told = [
        (quoted(name)[0], instrument, quoted(unit)[0], tuple(quoted(attributes)))
        for name, instrument, unit, attributes, _ in rows(PAGE, "Metric")
    ]

    assert told == [
        (metric.name, metric.instrument, metric.unit, metric.attributes) for metric in names.METRICS
    ]


@pytest.mark.anyio
async def test_queries(sandbox: Sandbox, clock: ManualClock) -> None:
    """
    The names for Prometheus are those that the exporter writes, and each query asks for series and labels that there are.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="GET /api/", times=1))
    with prometheus() as meter_provider:
        async with BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            clock=clock,
            retry=RetryPolicy(jitter=0),
            rate_limit=RateLimit(requests=3, seconds=10),
            observers=[Telemetry(meter_provider=meter_provider, clock=clock)],
        ) as client:

            async def story() -> None:
                await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
                await client.check()
                with contextlib.suppress(BelvoError):
                    await client.links.register(BANK, "user_invalid", "pass_valid")

            task = asyncio.ensure_future(story())
            while not task.done():
                await asyncio.sleep(0.005)
                await clock.advance(1)
            await task
        series = exposed(generate_latest(REGISTRY).decode())

    told = [quoted(row[4])[0] for row in rows(PAGE, "Metric")]
    written = {re.sub(r"_(bucket|count|sum)$", "", name) for name in series}
    assert set(told) == {name for name in written if name.startswith(("belvo_", "http_client_"))}
    for _, cell in rows(PAGE, "Panel"):
        query = quoted(cell)[0]
        asked = set(re.findall(r"\b(?:belvo|http_client)_\w+?(?=[\[{)])", query)) & series.keys()
        assert asked, query
        labels = set(re.findall(r"(\w+)(?:=|!=)", query)) | {
            name for group in re.findall(r"by \(([^)]*)\)", query) for name in group.split(", ")
        }
        has = {label for name in asked for label in series[name]}
        assert labels <= has | OF_THE_SERVER, query
