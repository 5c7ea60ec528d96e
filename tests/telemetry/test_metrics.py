"""
The metrics: what they count, in which unit, and that nothing is left over.
"""

from __future__ import annotations

import asyncio
import contextlib

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from people import BANK, RIGHT, Absent, careful, hasty
from telemetry.recorded import Recorded

from belvo_async import BelvoClient, RateLimit, RetryPolicy
from belvo_async.errors import BelvoError
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.telemetry import names
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


async def test_flows_by_outcome(client: BelvoClient, recorded: Recorded, clock: ManualClock) -> None:
    """
    Each flow that ended is counted by its call and how it ended, with how long it took.
    """

    async def slow(_: object) -> str:
        await clock.advance(30)
        return RIGHT

    for username, prompt in (("mfa_default", slow), ("mfa_default", slow), ("user_invalid", careful), ("mfa_default", None)):  # fmt: skip
        with contextlib.suppress(BelvoError):
            await client.links.register(BANK, username, "pass_valid", prompt=prompt)  # type: ignore[arg-type] # prompts

    ended = {
        (point.attributes["belvo.outcome"], point.attributes.get("error.type")): (point.count, point.value)
        for point in recorded.points("belvo.flow.duration")
    }
    assert {
        ("completed", None): (2, 60),
        ("failed", "LoginError"): (1, 0),
        ("suspended", None): (1, 0),
    } == ended
    waited = {
        (point.attributes["belvo.outcome"], point.attributes["belvo.challenge.kind"]): point.value
        for point in recorded.points("belvo.challenge.duration")
    }
    assert {("answered", "text"): 60} == waited


async def test_requests(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    Each exchange is counted by method, template and status, never by an id, in the buckets that are usual for HTTP.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=hasty)
    await client.links.get(link.id)

    points = recorded.points("http.client.request.duration")
    told = {
        (
            point.attributes["http.request.method"],
            point.attributes["url.template"],
            point.attributes["http.response.status_code"],
        ): point.count
        for point in points
    }
    assert {
        ("POST", "/api/links/", 428): 1,
        ("PATCH", "/api/links/", 428): 1,
        ("PATCH", "/api/links/", 200): 1,
        ("GET", "/api/links/{id}/", 200): 1,
    } == told
    server = urlsplit(sandbox.url)
    assert {(server.hostname, server.port)} == {
        (point.attributes["server.address"], point.attributes["server.port"]) for point in points
    }
    assert {names.HTTP_SECONDS} == {point.bounds for point in points}


async def test_what_is_under_way(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    Requests under way and challenges that wait are counted as long as they are.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation="GET /api/", seconds=900))
    checking = asyncio.ensure_future(client.check())
    users = [Absent() for _ in range(3)]
    waiting = [
        asyncio.ensure_future(client.links.register(BANK, "mfa_default", "pass_valid", prompt=user))
        for user in users
    ]
    await sandbox.wait_for("GET /api/")
    for user in users:
        await user.asked.wait()

    assert {"GET": 1, "POST": 0} == {
        point.attributes["http.request.method"]: point.value
        for point in recorded.points("http.client.active_requests")
    }
    assert 3 == recorded.total("belvo.challenge.parked")

    for task in (checking, *waiting):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    assert 0 == recorded.total("http.client.active_requests")
    assert 0 == recorded.total("belvo.challenge.parked")


async def test_every_metric_is_the_one_that_is_named(
    make_client: Callable[..., BelvoClient], recorded: Recorded, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Names, units, descriptions, attributes and buckets are those of the list, and all of the list can be seen.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="GET /api/", times=1))
    limit = RateLimit(requests=4, seconds=10)
    async with make_client(retry=RetryPolicy(jitter=0), rate_limit=limit) as client:

        async def story() -> None:
            link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
            both = (client.accounts.retrieve(link.id, prompt=careful) for _ in range(2))
            await asyncio.gather(*both)
            await client.check()
            with contextlib.suppress(BelvoError):
                await client.links.register(BANK, "user_invalid", "pass_valid")

        task = asyncio.ensure_future(story())
        while not task.done():
            await asyncio.sleep(0.005)
            await clock.advance(1)
        await task

    assert {metric.name for metric in names.METRICS} == set(recorded.metrics)
    for metric in names.METRICS:
        seen = recorded.metrics[metric.name]
        assert (metric.unit, metric.about) == (seen.unit, seen.description)
        points = recorded.points(metric.name)
        assert set(metric.attributes) == {name for point in points for name in point.attributes}, metric.name
        assert {metric.buckets} == {point.bounds for point in points}
