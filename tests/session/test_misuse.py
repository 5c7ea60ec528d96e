"""
What must hold also where a program does what nobody has in mind: found by attacking the library.
"""

from __future__ import annotations

import asyncio
import pickle
import traceback

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from people import BANK, RIGHT, Absent, Later, careful

from belvo_async import BelvoClient, MfaChallenge, MfaState, PoolLimits, RetryPolicy, drive
from belvo_async.errors import (
    BelvoError,
    InvalidArgumentError,
    MfaCancelledError,
    MfaRequiredError,
    SessionStateError,
    UncertainOutcomeError,
)
from belvo_async.mfa.flow import Step
from belvo_async.observer import Observer
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


async def test_ids_do_not_answer_what_a_ticket_has_answered(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A challenge of the second round is not answered again by its ids, which do not tell the round.
    """
    with pytest.raises(MfaRequiredError) as first:
        await client.links.register(BANK, "mfa_twice", "pass_valid")
    assert first.value.ticket is not None
    with pytest.raises(MfaRequiredError) as second:
        await client.resume(first.value.ticket, RIGHT)
    ticket = second.value.ticket
    assert ticket is not None
    sandbox.faults.add(Fault(kind=FaultKind.RESET_UNPROCESSED, operation="PATCH /api/links/", times=1))
    with pytest.raises(UncertainOutcomeError):
        await client.resume(ticket, RIGHT)

    with pytest.raises(SessionStateError, match="another session"):
        await client.links.resume(ticket.session, ticket.link, RIGHT)
    assert sandbox.duplicates == 0


async def test_a_ticket_does_not_answer_what_ids_have_answered(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Nor the other way round, however the link is spelled.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    ticket = raised.value.ticket
    assert ticket is not None
    parked = client.resume(ticket)
    await anext(parked)
    with pytest.raises(BelvoError):
        await client.links.resume(ticket.session, ticket.link.upper(), RIGHT)

    with pytest.raises(SessionStateError, match="another session"):
        await parked.submit(RIGHT)
    assert sandbox.duplicates == 0


async def test_cancelled_while_another_session_holds_its_link(
    client: BelvoClient, clock: ManualClock
) -> None:
    """
    A session that is given up while it waits gives the link back when it gets it.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    first, second = client.accounts.retrieve(link.id), client.accounts.retrieve(link.id)
    await anext(first)
    task = asyncio.ensure_future(second)
    await clock.advance(0)
    second.cancel()
    first.cancel()

    with pytest.raises(MfaCancelledError):
        await task
    assert len(client._busy) == 0


@pytest.mark.parametrize("way", ["suspend", "cancel"])
async def test_a_prompt_that_ends_its_own_session(client: BelvoClient, way: str) -> None:
    """
    The await ends as documented, and its task is not cancelled afterwards.
    """

    async def ask(_: MfaChallenge) -> str:
        getattr(session, way)()
        return RIGHT

    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=ask)
    with pytest.raises(MfaRequiredError if way == "suspend" else MfaCancelledError):
        await session
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_prompt_that_swallows_its_end(client: BelvoClient) -> None:
    """
    A prompt that returns a token although its session was suspended changes nothing.
    """
    asked = asyncio.Event()

    async def ask(_: MfaChallenge) -> str:
        asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return RIGHT
        raise AssertionError

    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=ask)
    task = asyncio.ensure_future(session)
    await asked.wait()
    session.suspend()

    with pytest.raises(MfaRequiredError):
        await task
    assert task.cancelling() == 0


async def test_what_another_call_has_stored_is_not_taken_for_the_result(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Data of another period is not the answer to a retrieval that never ran.
    """
    link = sandbox.add_link()["id"]
    await clock.advance(60)
    sandbox.faults.add(
        Fault(kind=FaultKind.RESET_UNPROCESSED, operation="POST /api/balances/", after=1, times=1)
    )
    await client.balances.retrieve(link, date_from="2025-11-01", date_to="2025-11-30")

    with pytest.raises(UncertainOutcomeError):
        await client.balances.retrieve(link, date_from="2025-12-01", date_to="2025-12-05")


@pytest.mark.parametrize(
    "then",
    [{"status": 429, "retry_after": 900}, {"status": 400, "code": "too_many_sessions"}],
    ids=["turned away", "busy"],
)
async def test_what_may_have_been_done_is_not_forgotten(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, then: dict[str, Any]
) -> None:
    """
    Belvo failed after it had done the work, and turns the repetition away: the result is found all the same.
    """
    link = sandbox.add_link()["id"]
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="POST /api/accounts/", process=True, times=1))
    sandbox.faults.add(Fault(kind=FaultKind.ANSWER, operation="POST /api/accounts/", **then))
    async with make_client(retry=RetryPolicy(waits=(0.001,), jitter=0), clock=_Real()) as client:
        session = client.accounts.retrieve(link)
        with pytest.raises(UncertainOutcomeError) as raised:  # the sandbox's clock is not this client's
            await session
    assert "Belvo failed, and then answered" in raised.value.reason
    assert session.state is MfaState.FAILED


def _Real() -> Any:  # noqa: N802 - a clock
    from belvo_async.clock import SystemClock  # noqa: PLC0415 - used here only

    return SystemClock()


async def test_an_error_the_caller_handles_keeps_its_traceback(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    Only what came through aiohttp loses its frames, and an error that is its own cause stops nothing.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="GET /api/"))
    async with make_client(pool=PoolLimits(connections=1)) as client:
        try:
            error = ValueError("mine")
            raise error from error
        except ValueError as mine:
            with pytest.raises(BelvoError):
                await client.check()
            assert mine.__traceback__ is not None  # noqa: PT017 - handling it is what is tested


async def test_leaving_drive_with_a_session_that_has_ended(client: BelvoClient, clock: ManualClock) -> None:
    """
    A waiting session that its user has cancelled does not keep the others from being cancelled.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    user = Absent()
    sessions = [client.accounts.retrieve(link.id, prompt=user) for _ in range(4)]
    with pytest.raises(KeyError):
        async with drive(sessions, limit=4) as outcomes:
            await user.asked.wait()
            await clock.advance(0)
            sessions[1].cancel()
            raise KeyError
    assert {session.state for session in sessions} == {MfaState.CANCELLED}
    assert len(outcomes.undelivered) == 4


async def test_drive_leaves_a_session_alone_that_somebody_else_drives(client: BelvoClient) -> None:
    """
    It reports the mistake, and the prompt of the other goes on waiting.
    """
    user = Later()
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()
    async with drive([session], limit=1) as outcomes:
        assert isinstance((await anext(outcomes)).error, SessionStateError)
    user.answer(RIGHT)

    assert (await task).status == "valid"


@pytest.mark.parametrize("wrong", [{"fetch_resources": 7}, {"external_id": 12345}], ids=["resources", "id"])
async def test_wrong_arguments_are_told_without_the_password(
    client: BelvoClient, wrong: dict[str, Any]
) -> None:
    """
    What cannot be right is told when the session is driven, from frames that do not know the password.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        await client.links.register(BANK, "mfa_default", "canary-password", **wrong)

    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    shown = [repr(frame.f_locals) for frame in frames if "belvo_async" in frame.f_code.co_filename]
    assert not any("canary-password" in text for text in shown)


async def test_submitting_to_a_session_with_wrong_arguments(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Arguments are checked on every way to the wire.
    """
    session = client.accounts.resume("", "../evil")

    with pytest.raises(InvalidArgumentError):
        await session.submit(None)
    assert sandbox.counts.total() == 0


@pytest.mark.parametrize("way", ["call", "resume", "restart"])
async def test_a_session_that_nobody_awaits(client: BelvoClient, sandbox: Sandbox, way: str) -> None:
    """
    Who forgets the `await` is told, as for a coroutine, with the name of the call.
    """
    session = client.links.register(BANK, "mfa_default", "canary-password")
    match way:
        case "resume":
            await anext(session)
            session = client.resume(session.suspend(), RIGHT)
        case "restart":
            session.cancel()
            session = session.restart()
    sent = sandbox.counts.total()

    name = session.operation
    with pytest.warns(RuntimeWarning, match=f"^{name} was never awaited; nothing was sent$"):
        del session
    assert sent == sandbox.counts.total()


async def test_a_session_that_came_to_something_says_nothing(client: BelvoClient) -> None:
    """
    One that was driven, ended, looked at or never made is no mistake.
    """
    challenge = client.links.register(BANK, "mfa_default", "pass_valid")
    await anext(challenge)
    ticket = challenge.suspend()
    client.resume(ticket)  # to show its challenge, say
    client.links.register(BANK, "mfa_default", "pass_valid").cancel()
    with pytest.raises(InvalidArgumentError):
        await client.links.register(BANK, "mfa_default", "pass_valid", max_rounds=0)
    with pytest.raises(InvalidArgumentError):
        client.resume(attrs.evolve(ticket, answered=True))
    await client.resume(ticket, RIGHT)


async def test_an_observer_that_ends_the_session(make_client: Callable[..., BelvoClient]) -> None:
    """
    Every step is told once, also if hearing of one brings the next.
    """

    class Ends(Observer):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def state_changed(self, operation: str, link: str | None, step: Step) -> None:
            self.heard.append(step.state.name)

        def challenge_parked(self, challenge: MfaChallenge) -> None:
            session.suspend()

    observer = Ends()
    async with make_client(observers=[observer]) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        with pytest.raises(MfaRequiredError):
            await session
    assert ["REQUESTING", "CHALLENGED", "SUSPENDED"] == observer.heard


async def test_keys_are_in_no_pickle(sandbox: Sandbox) -> None:
    """
    What holds the keys does not pickle, before its first use either.
    """
    client = BelvoClient("an-id", "canary-key", base_url=sandbox.url)
    for thing in (client, client._pool, client.links, client._engine):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
