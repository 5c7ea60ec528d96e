"""
Looks for what became of a request that fail themselves: they say nothing of the request, least of all that it never left.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator

import pytest

from people import BANK, careful

from belvo_async import BelvoClient, MfaState, RetryPolicy
from belvo_async.errors import ServerError, UncertainOutcomeError
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="sandbox")
async def _sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox
        assert sandbox.duplicates == 0


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[BelvoClient]:
    async with BelvoClient(
        sandbox.secret_id,
        sandbox.secret_password,
        base_url=sandbox.url,
        clock=clock,
        prompt=careful,
        retry=RetryPolicy(waits=(5,), jitter=0),
    ) as client:
        yield client


async def _sleeping(clock: ManualClock, count: int) -> None:
    while clock.sleeping < count:
        await asyncio.sleep(0)


async def test_a_client_closed_between_two_looks(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A token that was sent stays sent: the challenge is not given back because the client was closed meanwhile.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="PATCH *", times=1))
    link = str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"])
    session = client.accounts.retrieve(link)
    driving = asyncio.ensure_future(_await(session))
    await _sleeping(clock, 1)
    await client.aclose()
    await clock.advance(5)

    with pytest.raises(UncertainOutcomeError) as raised:
        await driving
    assert session.state is MfaState.FAILED
    assert raised.value.ticket is not None
    assert raised.value.ticket.answered


async def test_a_challenge_whose_link_nobody_can_look_up(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A link id that fits into no path cannot be looked up, and its challenge was answered all the same.
    """
    body = '[{"code":"token_required","session":"5f1c","link":"a/../b"}]'
    sandbox.faults.add(
        Fault(
            kind=FaultKind.ANSWER, operation="POST *", status=428, body=body, content_type="application/json"
        )
    )
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="PATCH *"))
    session = client.links.register(BANK, "mfa_default", "pass_valid")
    driving = asyncio.ensure_future(_await(session))
    await _sleeping(clock, 1)
    await clock.advance(5)

    with pytest.raises(UncertainOutcomeError):
        await driving
    assert session.state is MfaState.FAILED
    assert session.ticket is not None
    assert session.ticket.answered
    assert 1 == sandbox.counts["PATCH /api/links/"]


async def test_a_client_closed_before_it_could_look(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A registration that Belvo failed may have made its link: it does not count as never sent.
    """
    sandbox.faults.add(Fault(kind=FaultKind.ANSWER, status=500, operation="POST *", process=True))
    session = client.links.register("erebor_mx_retail", "bnk100", "full")
    driving = asyncio.ensure_future(_await(session))
    await _sleeping(clock, 1)
    await client.aclose()
    await clock.advance(5)

    with pytest.raises(ServerError):
        await driving
    assert session.state is MfaState.FAILED
    assert 1 == len(sandbox.links)


async def _await(session: object) -> object:
    return await session  # type: ignore[misc] # a session
