"""
Sessions that are awaited and ask a prompt.
"""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from datetime import timedelta

import anyio
import pytest

from people import BANK, RIGHT, Absent, Later, broken, careful, hasty, unteachable, unwilling

from belvo_async import BelvoClient, ChallengeKind, MfaChallenge, MfaSession, MfaState
from belvo_async.errors import (
    InvalidArgumentError,
    LoginError,
    MfaCancelledError,
    MfaDeclinedError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRequiredError,
    MfaRoundsExceededError,
    NotResumableError,
    PromptFailedError,
    SessionStateError,
    UncertainOutcomeError,
)
from belvo_async.mfa.machine import MfaEvent
from belvo_async.models import Link
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


def register(client: BelvoClient, user: str = "mfa_default", **options: object) -> MfaSession[Link]:
    """
    Return the session of a registration that will be challenged.
    """
    password = {"mfa_qr": "qr_code", "mfa_numeric": "numeric_code"}.get(user, "pass_valid")
    return client.links.register(BANK, user, password, **options)  # type: ignore[arg-type] # of many kinds


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("mfa_default", ChallengeKind.TEXT),
        ("mfa_qr", ChallengeKind.QR),
        ("mfa_numeric", ChallengeKind.NUMERIC),
        ("mfa_inputless", ChallengeKind.INPUTLESS),
        ("mfa_unknown", ChallengeKind.UNKNOWN),
    ],
)
async def test_every_kind_of_challenge_reaches_the_prompt_and_the_result(
    client: BelvoClient, sandbox: Sandbox, user: str, kind: ChallengeKind
) -> None:
    """
    A challenge of any kind goes to the prompt, is answered once, and the link comes back.
    """
    seen: list[MfaChallenge] = []

    async def ask(challenge: MfaChallenge) -> str | None:
        seen.append(challenge)
        return await careful(challenge)

    session = register(client, user, prompt=ask)
    link = await session

    assert [kind] == [challenge.kind for challenge in seen]
    assert link.id == seen[0].link
    assert session.state is MfaState.COMPLETED
    assert sandbox.counts["PATCH /api/links/"] == 1
    assert ("token" in (sandbox.requests[-1].body or {})) is seen[0].expects_user_input


async def test_a_login_without_challenge_completes_at_once(client: BelvoClient) -> None:
    """
    Where the institution asks for nothing, no prompt is needed.
    """
    session = client.links.register("erebor_mx_retail", "bnk100", "full")

    assert (await session).status == "valid"
    assert [MfaEvent.REQUESTED, MfaEvent.SUCCEEDED] == [step.event for step in session.history]


async def test_nothing_is_sent_before_a_session_is_driven(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Making a session does no I/O.
    """
    session = register(client)

    assert session.state is MfaState.READY
    assert sandbox.counts.total() == 0
    session.cancel()


async def test_a_wrong_token_brings_a_fresh_challenge(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    After a wrong token the prompt is asked again, about a challenge of the second round.
    """
    rounds = []

    async def ask(challenge: MfaChallenge) -> str | None:
        rounds.append((challenge.round, challenge.session))
        return await hasty(challenge)

    await register(client, prompt=ask)

    assert [1, 2] == [number for number, _ in rounds]
    assert rounds[0][1] != rounds[1][1]
    assert [1, 1] == [record.patches for record in sandbox.challenges.values()]


async def test_two_challenges_in_a_row_are_both_answered(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    An institution may want two different proofs.
    """
    await register(client, "mfa_twice", prompt=careful)

    assert sandbox.counts["PATCH /api/links/"] == 2
    assert sandbox.duplicates == 0


async def test_an_institution_that_keeps_asking_is_stopped(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `max_rounds` bounds the challenges that are answered; the last one can still be.
    """
    session = register(client, prompt=unteachable, max_rounds=3)

    with pytest.raises(MfaRoundsExceededError) as raised:
        await session

    assert sandbox.counts["PATCH /api/links/"] == 3
    assert session.state is MfaState.FAILED
    ticket = raised.value.ticket
    assert ticket is not None
    assert not ticket.answered
    assert ticket.round == 4


async def test_a_wrong_login_after_the_token_is_a_rejection(client: BelvoClient) -> None:
    """
    `login_error` in answer to a token is a `MfaRejectedError`, which is a `LoginError` as well.
    """

    async def ask(_: MfaChallenge) -> str:
        return "123456"

    session = register(client, prompt=ask)

    with pytest.raises(MfaRejectedError) as raised:
        await session

    assert isinstance(raised.value, LoginError)
    assert session.state is MfaState.FAILED
    assert session.error is raised.value


async def test_without_a_prompt_the_challenge_is_raised_with_its_ticket(client: BelvoClient) -> None:
    """
    Nothing is lost: the error carries what a resume needs, and the session is suspended.
    """
    session = register(client)

    with pytest.raises(MfaRequiredError) as raised:
        await session

    assert session.state is MfaState.SUSPENDED
    assert raised.value.ticket is not None
    assert (await client.resume(raised.value.ticket, RIGHT)).status == "valid"


async def test_the_clients_prompt_serves_where_a_call_names_none(
    make_client: Callable[..., BelvoClient],
) -> None:
    """
    A prompt given to the client is asked, unless the call has its own.
    """
    async with make_client(prompt=careful) as client:
        assert (await register(client)).status == "valid"
        with pytest.raises(MfaDeclinedError):
            await register(client, prompt=unwilling)


async def test_a_user_who_declines_ends_the_session(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `MfaDeclinedError` cancels the session and carries challenge and ticket.
    """
    session = register(client, prompt=unwilling)

    with pytest.raises(MfaDeclinedError) as raised:
        await session

    assert session.state is MfaState.CANCELLED
    assert sandbox.counts["PATCH /api/links/"] == 0
    assert raised.value.challenge is not None
    assert raised.value.ticket is not None
    assert session.error is raised.value


async def test_a_failing_prompt_ends_the_session_with_its_cause(client: BelvoClient) -> None:
    """
    Any other exception of the prompt is the cause; the ticket can still be answered.
    """
    session = register(client, prompt=broken)

    with pytest.raises(PromptFailedError) as raised:
        await session

    assert isinstance(raised.value.__cause__, ConnectionError)
    assert session.state is MfaState.FAILED
    assert raised.value.ticket is not None
    assert (await client.resume(raised.value.ticket, RIGHT)).status == "valid"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="empty"),
        pytest.param("  ", id="spaces"),
        pytest.param("111\n111", id="a line end"),
        pytest.param(111111, id="a number"),
        pytest.param("1" * 5_000, id="a file"),
    ],
)
async def test_what_cannot_be_a_token_is_not_sent(
    client: BelvoClient, sandbox: Sandbox, answer: object
) -> None:
    """
    A prompt that returns what cannot be a token fails; nothing is sent and nothing is lost.
    """

    async def ask(_: MfaChallenge) -> str:
        return answer  # type: ignore[return-value] # the mistake

    with pytest.raises(PromptFailedError) as raised:
        await register(client, prompt=ask)

    assert isinstance(raised.value.__cause__, InvalidArgumentError)
    assert sandbox.counts["PATCH /api/links/"] == 0
    assert raised.value.ticket is not None


async def test_a_token_for_a_challenge_without_input_is_refused(client: BelvoClient) -> None:
    """
    Where nothing is to be typed, a token is a mistake.
    """

    async def ask(_: MfaChallenge) -> str:
        return RIGHT

    with pytest.raises(PromptFailedError):
        await register(client, "mfa_inputless", prompt=ask)


async def test_a_challenge_that_no_patch_completes(client: BelvoClient) -> None:
    """
    A 428 without a session is `NotResumableError`.
    """
    session = register(client, "mfa_activation", prompt=careful)

    with pytest.raises(NotResumableError) as raised:
        await session

    assert raised.value.code == "activation_required"
    assert session.state is MfaState.FAILED


# --- deadlines -------------------------------------------------------------


async def test_the_prompt_is_cancelled_at_the_deadline(
    client: BelvoClient, clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    When the challenge expires, the prompt is cancelled and nothing is sent.
    """
    user = Absent()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()
    assert user.challenge is not None
    assert user.challenge.remaining == 600
    assert user.challenge.expires_at == clock.now() + timedelta(seconds=600)

    await clock.advance(599)
    assert session.state is MfaState.CHALLENGED
    await clock.advance(1)

    with pytest.raises(MfaExpiredError):
        await task
    assert user.cancelled
    assert session.state is MfaState.EXPIRED
    assert sandbox.counts["PATCH /api/links/"] == 0
    assert clock.sleeping == 0


async def test_an_answer_in_the_moment_of_the_deadline_is_not_sent(
    client: BelvoClient, clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    A prompt that swallows its cancellation and answers after all is too late.
    """

    async def stubborn(_: MfaChallenge) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return RIGHT
        raise AssertionError

    session = register(client, prompt=stubborn)
    task = asyncio.ensure_future(session)
    await sandbox.wait_for("POST /api/links/")
    while session.state is not MfaState.CHALLENGED:
        await asyncio.sleep(0)
    await clock.advance(600)

    with pytest.raises(MfaExpiredError):
        await task
    assert task.cancelling() == 0
    assert sandbox.counts["PATCH /api/links/"] == 0


@pytest.mark.parametrize("error", [MfaDeclinedError(), ConnectionError()], ids=["declines", "fails"])
async def test_what_a_prompt_raises_after_the_deadline_does_not_matter(
    client: BelvoClient, clock: ManualClock, error: Exception
) -> None:
    """
    Once the challenge has expired, that is the outcome, whatever the prompt makes of its cancellation.
    """
    asked = asyncio.Event()

    async def late(_: MfaChallenge) -> str:
        try:
            asked.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise error from None
        raise AssertionError

    task = asyncio.ensure_future(register(client, prompt=late))
    await asked.wait()
    await clock.advance(600)

    with pytest.raises(MfaExpiredError):
        await task


async def test_session_expired_is_the_same_outcome(
    client: BelvoClient, clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    Belvo's `session_expired` ends a session as its own deadline does.
    """
    sandbox.settings.expiry = 5
    ticket = None
    with pytest.raises(MfaRequiredError) as required:
        await register(client)
    ticket = required.value.ticket
    assert ticket is not None
    session = client.links.resume(ticket.session, ticket.link, RIGHT)  # knows no deadline
    await clock.advance(6)

    with pytest.raises(MfaExpiredError):
        await session
    assert session.state is MfaState.EXPIRED
    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_restarting_is_the_callers_decision(
    client: BelvoClient, clock: ManualClock, sandbox: Sandbox
) -> None:
    """
    An expired session can be started over; nothing does so by itself.
    """
    user = Absent()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()
    await clock.advance(600)
    with pytest.raises(MfaExpiredError):
        await task
    assert sandbox.counts["POST /api/links/"] == 1

    again = session.restart()

    assert again.state is MfaState.READY
    assert session.state is MfaState.EXPIRED
    again.cancel()
    with pytest.raises(MfaRequiredError):
        await client.links.register(BANK, "mfa_default", "pass_valid")
    assert sandbox.counts["POST /api/links/"] == 2


async def test_a_completed_session_cannot_be_restarted(client: BelvoClient) -> None:
    """
    What has been done is not done again.
    """
    session = register(client, prompt=careful)
    await session

    with pytest.raises(SessionStateError, match="restart"):
        session.restart()


# --- cancellation from outside ---------------------------------------------


async def test_cancelled_while_the_prompt_waits(client: BelvoClient, clock: ManualClock) -> None:
    """
    The session is cancelled, its prompt too, and the ticket can still be answered.
    """
    user = Absent()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert user.cancelled
    assert session.state is MfaState.CANCELLED
    assert isinstance(session.error, MfaCancelledError)
    assert clock.sleeping == 0
    assert session.ticket is not None
    assert (await client.resume(session.ticket, RIGHT)).status == "valid"


async def test_cancelled_by_an_anyio_scope(client: BelvoClient) -> None:
    """
    A cancelled anyio scope is a cancellation from outside.
    """
    user = Absent()
    session = register(client, prompt=user)
    async with anyio.create_task_group() as group:
        group.start_soon(session._run)
        await user.asked.wait()
        group.cancel_scope.cancel()

    assert session.state is MfaState.CANCELLED


async def test_a_timeout_around_a_session_is_a_timeout(client: BelvoClient) -> None:
    """
    `asyncio.timeout()` around a session works as around anything else.
    """
    user = Absent()
    session = register(client, prompt=user)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0) as timeout:
            timeout.reschedule(None)

            async def ring() -> None:
                await user.asked.wait()
                timeout.reschedule(0)

            alarm = asyncio.ensure_future(ring())
            await session
    await alarm
    assert session.state is MfaState.CANCELLED


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_cancelled_while_a_request_is_under_way(
    client: BelvoClient, sandbox: Sandbox, method: str
) -> None:
    """
    What became of a request under way is unknown; a challenge it may have answered is never answered again.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation=f"{method} /api/links/", seconds=3_600))
    session = register(client, prompt=careful)
    task = asyncio.ensure_future(session)
    await sandbox.wait_for(f"{method} /api/links/")
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert session.state is MfaState.CANCELLED
    assert isinstance(session.error, UncertainOutcomeError)
    assert session.error.sent
    if method == "PATCH":
        assert session.ticket is not None
        assert session.ticket.answered
        with pytest.raises(InvalidArgumentError, match="ticket"):
            client.resume(session.ticket, RIGHT)


async def test_cancelled_before_it_is_driven(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A session that was cancelled before it began sends nothing.
    """
    session = register(client)
    session.cancel()

    with pytest.raises(MfaCancelledError):
        await session
    assert sandbox.counts.total() == 0


async def test_a_prompt_that_is_cancelled_by_itself_has_failed(client: BelvoClient) -> None:
    """
    A `CancelledError` that nobody outside has asked for is a failure of the prompt.
    """

    async def ask(_: MfaChallenge) -> str:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner
        raise AssertionError

    with pytest.raises(PromptFailedError, match="cancelled"):
        await register(client, prompt=ask)


# --- from another task -----------------------------------------------------


async def test_suspending_from_another_task_ends_the_wait(client: BelvoClient) -> None:
    """
    A service that shuts down suspends its waiting sessions; who awaits one gets the ticket.
    """
    user = Absent()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()

    ticket = session.suspend()

    with pytest.raises(MfaRequiredError) as raised:
        await task
    assert user.cancelled
    assert raised.value.ticket == ticket
    assert session.state is MfaState.SUSPENDED


async def test_cancelling_from_another_task_ends_the_wait(client: BelvoClient) -> None:
    """
    `cancel()` ends a waiting prompt without cancelling the task that awaits the session.
    """
    user = Absent()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()

    session.cancel()

    with pytest.raises(MfaCancelledError):
        await task
    assert not task.cancelled()


async def test_a_second_task_cannot_drive_the_same_session(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A session is driven by one task at a time, and not answered behind the prompt's back.
    """
    user = Later()
    session = register(client, prompt=user)
    task = asyncio.ensure_future(session)
    await user.asked.wait()

    with pytest.raises(SessionStateError, match="another task"):
        await session
    with pytest.raises(SessionStateError, match="another task"):
        await session.submit(RIGHT)
    user.answer(RIGHT)
    await task

    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_an_ended_session_tells_its_outcome_again(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Awaiting a session twice does its work once.
    """
    session = register(client, prompt=careful)
    link = await session
    assert await session is link

    declined = register(client, prompt=unwilling)
    for _ in range(2):
        with pytest.raises(MfaDeclinedError):
            await declined
    assert sandbox.counts["POST /api/links/"] == 2


async def test_waiting_sessions_hold_no_connection(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A hundred users who think leave all connections free.
    """
    users = [Later() for _ in range(100)]
    async with make_client(pool=_pool_of(2)) as client:
        sessions = [register(client, prompt=user) for user in users]
        tasks = [asyncio.ensure_future(session) for session in sessions]
        for user in users:
            await user.asked.wait()

        assert sandbox.in_flight == 0
        assert client._pool.slots.free == 2
        assert clock.sleeping == 1  # one timer for a hundred deadlines

        for user in users:
            user.answer(RIGHT)
        links = await asyncio.gather(*tasks)
    assert len({link.id for link in links}) == 100
    assert sandbox.duplicates == 0
    assert sandbox.peak <= 2


def _pool_of(connections: int) -> object:
    from belvo_async import PoolLimits  # noqa: PLC0415 - used here only

    return PoolLimits(connections=connections)
