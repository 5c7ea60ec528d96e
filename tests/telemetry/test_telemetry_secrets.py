"""
No secret gets into a trace or a metric, whatever happens; nor what says who a person is.
"""

from __future__ import annotations

import contextlib

from collections.abc import AsyncIterator

import pytest

from telemetry.recorded import Recorded
from test_secrets import API_KEY, CANARIES, SCENES, TOKEN, Scene

from belvo_async import BelvoClient
from belvo_async.errors import BelvoError
from belvo_async.observer import LoggingObserver
from belvo_async.sandbox import Sandbox
from belvo_async.telemetry import names
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

PERSONAL = ("mfa_default", "user_invalid", "mine", "a-session")
"""Usernames, ids of the caller's own, and a session, as the scenes have them."""


@pytest.fixture(name="sandbox")
async def _sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, secret_password=API_KEY, mfa_token=TOKEN) as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, clock: ManualClock, recorded: Recorded) -> AsyncIterator[BelvoClient]:
    observers = [LoggingObserver(), recorded.telemetry(clock)]
    async with BelvoClient(
        "sandbox-id", API_KEY, base_url=sandbox.url, clock=clock, retry=None, observers=observers
    ) as client:
        yield client


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_no_outcome_shows_a_secret(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock, recorded: Recorded, scene: Scene
) -> None:
    """
    No span, attribute or metric has a canary, and every span has only attributes of the list.
    """
    with contextlib.suppress(BelvoError):
        await scene(client, sandbox, clock)

    assert [] == [
        text for text in recorded.everything() if any(canary in text for canary in (*CANARIES, *PERSONAL))
    ]
    kinds = {kind.name: set(kind.attributes) for kind in names.SPANS}
    for span in recorded.spans:
        template = str((span.attributes or {}).get(names.URL_TEMPLATE, ""))
        allowed = kinds.get(span.name)
        if allowed is None:
            kind = names.REQUEST if span.name.endswith(f" {template}") and template else names.FLOW
            allowed = kinds[kind.name]
        assert set(span.attributes or {}) <= allowed, span.name
        assert not span.events
    assert 0 == recorded.total("http.client.active_requests")
