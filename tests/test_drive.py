"""
Many sessions at once.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator, Callable, Iterator

import anyio
import pytest

from people import BANK, Absent, Later, careful, unwilling

from belvo_async import BelvoClient, MfaSession, MfaState, drive
from belvo_async.errors import (
    InvalidArgumentError,
    LoginError,
    MfaCancelledError,
    MfaDeclinedError,
    SessionStateError,
)
from belvo_async.models import Link
from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox) -> AsyncIterator[BelvoClient]:
    async with BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url, retry=None) as client:
        yield client


@pytest.fixture(name="register")
def _register(client: BelvoClient) -> Callable[..., MfaSession[Link]]:
    def register(prompt: object = careful) -> MfaSession[Link]:
        return client.links.register(BANK, "mfa_default", "pass_valid", prompt=prompt)  # type: ignore[arg-type] # a prompt

    return register


Register = Callable[..., MfaSession[Link]]


async def test_every_session_has_its_outcome(
    register: Register, client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Results and errors come out, each with its session, and every challenge was answered once.
    """
    sessions = [register(careful if n % 3 else unwilling) for n in range(30)]
    refused = client.links.register("erebor_mx_retail", "user_invalid", "pass_invalid")

    async with drive([*sessions, refused], limit=7) as driven:
        outcomes = [outcome async for outcome in driven]

    assert {*sessions, refused} == {outcome.session for outcome in outcomes}
    assert 20 == sum(outcome.ok for outcome in outcomes)
    assert {MfaDeclinedError, LoginError} == {type(o.error) for o in outcomes if not o.ok}
    assert all(o.result is not None and o.unwrap() is o.result for o in outcomes if o.ok)
    with pytest.raises(LoginError):
        next(o for o in outcomes if o.session is refused).unwrap()
    assert sandbox.duplicates == 0
    assert [] == driven.undelivered


async def test_outcomes_come_in_the_order_of_completion(register: Register) -> None:
    """
    Who answers first is handed out first.
    """
    slow, quick = Later(), Later()
    first, second = register(slow), register(quick)
    async with drive([first, second], limit=2) as outcomes:
        await slow.asked.wait()
        await quick.asked.wait()
        quick.answer("111111")
        assert (await anext(outcomes)).session is second
        slow.answer("111111")
        assert (await anext(outcomes)).session is first


async def test_no_more_than_the_limit_are_taken(register: Register) -> None:
    """
    Sessions are made when there is room for them, so the source may be endless.
    """
    made = 0
    users: list[Later] = []

    def endless() -> Iterator[MfaSession[Link]]:
        nonlocal made
        while True:
            made += 1
            users.append(Later())
            yield register(users[-1])

    async with drive(endless(), limit=3) as outcomes:
        while len(users) < 3:
            await asyncio.sleep(0)
        for user in users[:3]:
            await user.asked.wait()
        assert made == 3
        users[0].answer("111111")
        await anext(outcomes)
        while made < 4:
            await asyncio.sleep(0)
    assert made == 4
    assert [MfaState.CANCELLED] * 3 == [outcome.session.state for outcome in outcomes.undelivered]


async def test_an_async_source(register: Register) -> None:
    """
    Sessions may come from a queue, a database, anything that is iterated asynchronously.
    """

    async def source() -> AsyncIterator[MfaSession[Link]]:
        for _ in range(5):
            await asyncio.sleep(0)
            yield register()

    async with drive(source(), limit=2) as outcomes:
        assert 5 == len([outcome async for outcome in outcomes])


async def test_never_two_at_once_for_one_link(
    register: Register, client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Sessions for one link follow one another; those for others do not wait for them.
    """
    links = [await register(), await register()]
    user = Later()
    held = client.accounts.retrieve(links[0].id, prompt=user)
    waiting = [client.accounts.retrieve(links[0].id, prompt=careful) for _ in range(3)]
    other = client.accounts.retrieve(links[1].id, prompt=careful)

    async with drive([held, *waiting, other], limit=4) as outcomes:
        assert (await anext(outcomes)).session is other
        assert all(session.state is MfaState.READY for session in waiting)
        await user.asked.wait()
        user.answer("111111")
        rest = [outcome async for outcome in outcomes]

    assert [held, *waiting] == [outcome.session for outcome in rest]
    assert all(outcome.ok for outcome in rest)
    assert sandbox.duplicates == 0


async def test_sessions_that_wait_for_a_link_are_bounded(register: Register, client: BelvoClient) -> None:
    """
    While as many sessions as the limit wait for a busy link, no more are taken from the source.
    """
    link = await register()
    taken = 0

    def source() -> Iterator[MfaSession[object]]:
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield client.accounts.retrieve(link.id, prompt=careful)

    user = Later()
    held = client.accounts.retrieve(link.id, prompt=user)

    async def all_sessions() -> AsyncIterator[MfaSession[object]]:
        yield held
        for session in source():
            yield session

    async with drive(all_sessions(), limit=2) as outcomes:
        await user.asked.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        assert taken <= 3
        user.answer("111111")
        assert 21 == len([outcome async for outcome in outcomes])


async def test_leaving_early_cancels_and_reports(register: Register) -> None:
    """
    What was under way when the block was left is cancelled and can be looked at; nothing is lost.
    """
    absent = [Absent(), Absent()]
    sessions = [register(careful), *(register(user) for user in absent)]
    async with drive(sessions, limit=3) as outcomes:
        await absent[0].asked.wait()
        await absent[1].asked.wait()
        first = await anext(outcomes)

    assert first.session is sessions[0]
    assert set(sessions[1:]) == {outcome.session for outcome in outcomes.undelivered}
    for outcome in outcomes.undelivered:
        assert isinstance(outcome.error, MfaCancelledError)
        assert outcome.error.ticket is not None


async def test_outcomes_that_nobody_fetched_are_reported(register: Register) -> None:
    """
    Sessions that completed but were not fetched are not lost when the block is left.
    """
    sessions = [register() for _ in range(5)]
    async with drive(sessions, limit=2) as outcomes:
        while sum(session.state is MfaState.COMPLETED for session in sessions) < 4:
            await asyncio.sleep(0)

    completed = [session for session in sessions if session.state is MfaState.COMPLETED]
    assert set(completed) <= {outcome.session for outcome in outcomes.undelivered}
    for session in sessions:
        if session.state is MfaState.READY:  # it was not taken, and says that nobody has awaited it
            session.cancel()


async def test_cancelling_the_task_cancels_the_sessions(register: Register) -> None:
    """
    Cancellation goes through to what is under way, and comes out again.
    """
    user = Absent()
    session = register(user)
    with anyio.CancelScope() as scope:
        async with drive([session], limit=1):
            await user.asked.wait()
            scope.cancel()
            await anyio.sleep_forever()

    assert scope.cancelled_caught
    assert session.state is MfaState.CANCELLED


async def test_waiting_sessions_are_cancelled_too(register: Register, client: BelvoClient) -> None:
    """
    Sessions that were taken and still wait for their link are given back cancelled.
    """
    link = await register()
    user = Absent()
    held = client.accounts.retrieve(link.id, prompt=user)
    waiting = client.accounts.retrieve(link.id, prompt=careful)
    async with drive([held, waiting], limit=2) as outcomes:
        await user.asked.wait()
        for _ in range(20):
            await asyncio.sleep(0)

    assert {held, waiting} == {outcome.session for outcome in outcomes.undelivered}
    assert waiting.state is MfaState.CANCELLED


async def test_an_error_of_the_source_comes_last(register: Register) -> None:
    """
    What the source raises is raised when all that came before has been handed out.
    """

    def source() -> Iterator[MfaSession[Link]]:
        yield register()
        yield register()
        raise LookupError

    seen = 0
    async with drive(source(), limit=5) as outcomes:
        with pytest.raises(LookupError):
            async for outcome in outcomes:
                seen += outcome.ok
    assert seen == 2


async def test_an_error_in_the_block_goes_through(register: Register) -> None:
    """
    An exception of the caller's own is not wrapped into anything.
    """
    user = Absent()
    with pytest.raises(ZeroDivisionError):
        async with drive([register(user)], limit=1):
            await user.asked.wait()
            raise ZeroDivisionError


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "5"])
async def test_a_limit_is_a_whole_number(limit: int) -> None:
    """
    A limit that makes no sense is refused.
    """
    with pytest.raises(InvalidArgumentError, match="limit"):
        drive([], limit=limit)


async def test_nothing_to_drive() -> None:
    """
    Without sessions there are no outcomes.
    """
    async with drive([], limit=3) as outcomes:
        assert [] == [outcome async for outcome in outcomes]


async def test_driving_without_async_with_is_told(register: Register) -> None:
    """
    Who forgets the `async with`, or enters twice, is told instead of waiting for ever.
    """
    driven = drive([register()], limit=1)
    with pytest.raises(SessionStateError, match="async with"):
        await anext(driven)
    async with driven as outcomes:
        assert (await anext(outcomes)).ok
    with pytest.raises(SessionStateError, match="new one"):
        await driven.__aenter__()
