"""
Sessions that are driven token by token, suspended and resumed.
"""

from __future__ import annotations

import asyncio
import pickle

from collections.abc import Callable, Iterator

import pytest

from people import BANK, RIGHT, WRONG, Absent, careful

from belvo_async import (
    BelvoClient,
    MfaChallenge,
    MfaSession,
    MfaState,
    MfaTicket,
    RateLimit,
    RetryPolicy,
    drive,
)
from belvo_async.errors import (
    ApiError,
    ConnectError,
    InvalidArgumentError,
    MfaCancelledError,
    MfaExpiredError,
    MfaRequiredError,
    NotFoundError,
    RateLimitedError,
    SessionStateError,
    TicketError,
    TooLateError,
)
from belvo_async.models import Link
from belvo_async.sandbox import ChallengeShape, Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


@pytest.fixture(name="session")
def _session(client: BelvoClient) -> Iterator[MfaSession[Link]]:
    session = client.links.register(BANK, "mfa_default", "pass_valid")
    yield session
    if session.state is MfaState.READY:
        session.cancel()  # or it would say that nobody has awaited it


async def challenged(session: MfaSession[Link]) -> MfaChallenge:
    """
    Drive *session* to its first challenge.
    """
    return await anext(aiter(session))


async def test_a_loop_over_the_challenges_reaches_the_result(
    session: MfaSession[Link], sandbox: Sandbox
) -> None:
    """
    Each challenge comes once; after the last one the result is there.
    """
    rounds = []
    async with session:
        async for challenge in session:
            rounds.append(challenge.round)
            await session.submit(WRONG if challenge.round == 1 else RIGHT)

    assert [1, 2] == rounds
    assert session.result.status == "valid"
    assert sandbox.duplicates == 0


async def test_a_loop_without_challenge_is_empty(client: BelvoClient) -> None:
    """
    Where nothing is asked, the loop does nothing and the result is there.
    """
    session = client.links.register("erebor_mx_retail", "bnk100", "full")
    async with session:
        challenges = [challenge async for challenge in session]

    assert [] == challenges
    assert session.result.status == "valid"


async def test_a_token_is_submitted_once(session: MfaSession[Link], sandbox: Sandbox) -> None:
    """
    A second submit for the same challenge is refused and changes nothing.
    """
    await challenged(session)
    await session.submit(RIGHT)

    with pytest.raises(SessionStateError):
        await session.submit(RIGHT)
    assert session.state is MfaState.COMPLETED
    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_two_submits_at_once_send_one(session: MfaSession[Link], sandbox: Sandbox) -> None:
    """
    Two clicks on the same button: one `PATCH`.
    """
    await challenged(session)

    outcomes = await asyncio.gather(session.submit(RIGHT), session.submit(RIGHT), return_exceptions=True)

    assert [type(None), SessionStateError] == [type(outcome) for outcome in outcomes]
    assert sandbox.counts["PATCH /api/links/"] == 1


@pytest.mark.parametrize("way", ["submit", "resume", "ids", "prompt"])
async def test_a_pasted_token(client: BelvoClient, sandbox: Sandbox, way: str) -> None:
    """
    White space around a token is removed, whichever way it came.
    """

    async def ask(_: MfaChallenge) -> str:
        return f" {RIGHT}\n"

    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=ask)
    if way == "prompt":
        await session
    else:
        await challenged(session)
    if way == "submit":
        await session.submit(f" {RIGHT}\n")
    elif way != "prompt":
        ticket = session.suspend()
        if way == "ids":
            await client.links.resume(ticket.session, ticket.link, f" {RIGHT}\n")
        else:
            await client.resume(ticket, f" {RIGHT}\n")

    assert sandbox.requests[-1].body is not None
    assert sandbox.requests[-1].body["token"] == RIGHT


async def test_a_mistake_in_the_token_leaves_the_challenge_open(
    session: MfaSession[Link], sandbox: Sandbox
) -> None:
    """
    What cannot be a token is refused, and the loop brings the same challenge again.
    """
    challenges = []
    async for challenge in session:
        challenges.append(challenge)
        if len(challenges) == 1:
            with pytest.raises(InvalidArgumentError):
                await session.submit("")
        else:
            await session.submit(RIGHT)

    assert challenges[0] is challenges[1]
    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_a_loop_that_does_not_answer_is_told(session: MfaSession[Link]) -> None:
    """
    Going on without an answer is a mistake, not an endless loop.
    """
    with pytest.raises(SessionStateError, match="submit"):
        async for _ in session:
            pass


async def test_leaving_the_block_early_cancels(session: MfaSession[Link], sandbox: Sandbox) -> None:
    """
    An open challenge is given up when its `async with` ends.
    """
    async with session:
        await challenged(session)

    assert session.state is MfaState.CANCELLED
    assert sandbox.counts["PATCH /api/links/"] == 0
    with pytest.raises(MfaCancelledError):
        _ = session.result
    with pytest.raises(StopAsyncIteration):
        await anext(session)


async def test_a_result_that_is_not_there_yet(session: MfaSession[Link]) -> None:
    """
    Asking too early says what to do.
    """
    with pytest.raises(SessionStateError, match="drive it first"):
        _ = session.result


async def test_submitting_too_late(session: MfaSession[Link], clock: ManualClock, sandbox: Sandbox) -> None:
    """
    After the deadline nothing is sent, by hand either.
    """
    await challenged(session)
    await clock.advance(600)
    assert session.state is MfaState.EXPIRED

    with pytest.raises(MfaExpiredError):
        await session.submit(RIGHT)
    with pytest.raises(MfaExpiredError):
        await anext(session)
    with pytest.raises(SessionStateError):
        session.suspend()
    assert sandbox.counts["PATCH /api/links/"] == 0


async def test_nobody_answers_a_token_that_never_left(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    Where the token provably was not sent, the challenge is open as before and can be answered.
    """
    async with make_client() as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid")
        await challenged(session)
        await sandbox.aclose()

        with pytest.raises(ConnectError) as raised:
            await session.submit(RIGHT)
        assert not raised.value.sent
        assert session.state is MfaState.CHALLENGED

        await sandbox.start()
        await session.submit(RIGHT)
    assert session.result.status == "valid"
    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_a_registration_that_never_left_can_be_driven_again(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    A session whose first request was not sent is READY again.
    """
    async with make_client() as client:
        session = client.links.register("erebor_mx_retail", "bnk100", "full")
        await sandbox.aclose()
        with pytest.raises(ConnectError):
            await session
        assert session.state is MfaState.READY

        await sandbox.start()
        assert (await session).status == "valid"
    assert sandbox.counts["POST /api/links/"] == 1


# --- tickets ---------------------------------------------------------------


async def test_a_ticket_goes_on_in_another_client(
    client: BelvoClient, make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    A suspended session is completed by a client that never saw it, with `save_data` as the call had it.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    session = client.balances.retrieve(
        link.id, date_from="2025-12-01", date_to="2025-12-05", save_data=False, omit="collected_at"
    )
    async with session:
        async for _ in session:
            text = session.suspend().to_json()
    assert session.state is MfaState.SUSPENDED

    async with make_client() as other:
        rows = await other.resume(MfaTicket.from_json(text), RIGHT)

    assert len(rows) == 5
    patch = sandbox.requests[-1]
    assert patch.body is not None
    assert patch.body["save_data"] is False
    assert dict(patch.query) == {"omit": "collected_at"}
    assert len(text) <= 600


async def test_a_ticket_is_answered_once(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    One client does not answer the same ticket twice, whatever became of the first answer.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    ticket = raised.value.ticket
    assert ticket is not None
    await client.resume(ticket, RIGHT)
    second = client.resume(ticket, RIGHT)

    with pytest.raises(SessionStateError, match="another session"):
        await second
    assert sandbox.counts["PATCH /api/links/"] == 1
    assert len(client._busy) == 0


async def test_a_ticket_knows_its_deadline(client: BelvoClient, clock: ManualClock, sandbox: Sandbox) -> None:
    """
    A ticket that is used too late expires without a request.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    assert raised.value.ticket is not None
    await clock.advance(600)

    with pytest.raises(MfaExpiredError):
        await client.resume(raised.value.ticket, RIGHT)
    assert sandbox.counts["PATCH /api/links/"] == 0


async def test_a_resumed_session_goes_through_further_challenges(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Another challenge after a resume makes another ticket, of the next round.
    """
    with pytest.raises(MfaRequiredError) as first:
        await client.links.register(BANK, "mfa_twice", "pass_valid")
    assert first.value.ticket is not None
    with pytest.raises(MfaRequiredError) as second:
        await client.resume(first.value.ticket, RIGHT)
    assert second.value.ticket is not None

    link = await client.resume(second.value.ticket, RIGHT)

    assert second.value.ticket.round == 2
    assert link.status == "valid"
    assert sandbox.duplicates == 0


async def test_a_ticket_without_token_asks_the_prompt(client: BelvoClient) -> None:
    """
    A resumed challenge that expects input goes to the prompt, if no token is given.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    assert raised.value.ticket is not None

    assert (await client.resume(raised.value.ticket, prompt=careful)).status == "valid"


async def test_an_inputless_ticket_counts_as_confirmed(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Resuming a challenge without input sends the answer at once, without a token.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_inputless", "pass_valid")
    assert raised.value.ticket is not None

    assert (await client.resume(raised.value.ticket)).status == "valid"
    assert sandbox.requests[-1].body is not None
    assert "token" not in sandbox.requests[-1].body


async def test_a_resumed_session_cannot_start_over(client: BelvoClient) -> None:
    """
    A ticket does not know the call, so its session cannot repeat it.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    assert raised.value.ticket is not None
    session = client.resume(raised.value.ticket)
    session.cancel()

    with pytest.raises(SessionStateError, match="restart"):
        session.restart()


async def test_a_ticket_of_another_path_is_refused(client: BelvoClient) -> None:
    """
    A ticket never makes the client send anything to a path it does not know.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    assert raised.value.ticket is not None
    text = raised.value.ticket.to_json().replace("/api/links/", "/api/elsewhere/")

    with pytest.raises(TicketError):
        client.resume(MfaTicket.from_json(text), RIGHT)


async def test_a_session_does_not_pickle(session: MfaSession[Link]) -> None:
    """
    A session holds credentials; its ticket pickles, it does not.
    """
    with pytest.raises(TypeError, match="suspend"):
        pickle.dumps(session)


# --- bare resume -----------------------------------------------------------


async def test_a_bare_resume_completes_a_challenge_met_elsewhere(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    The ids of a challenge are enough; `save_data` is sent only if it is given.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    ticket = raised.value.ticket
    assert ticket is not None

    link = await client.links.resume(ticket.session, ticket.link, RIGHT)

    assert link.status == "valid"
    assert {"session": ticket.session, "link": ticket.link, "token": RIGHT} == sandbox.requests[-1].body


@pytest.mark.parametrize(
    ("session", "link"), [("", "a"), (None, "a"), ("a\r\nb", "a"), ("a", "../x"), ("a", ""), ("a", None)]
)
async def test_a_bare_resume_checks_its_ids(
    client: BelvoClient, sandbox: Sandbox, session: str, link: str
) -> None:
    """
    What cannot be an id is refused before anything is sent.
    """
    with pytest.raises(InvalidArgumentError):
        await client.links.resume(session, link, RIGHT)
    assert sandbox.counts.total() == 0


# --- one call for each link ------------------------------------------------


async def test_a_second_call_for_a_link_waits_for_the_first(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A parked challenge keeps its link busy; the next call for it is sent when it is over.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    first = client.accounts.retrieve(link.id)
    await anext(first)
    second = asyncio.ensure_future(client.accounts.retrieve(link.id, prompt=careful))
    await clock.advance(0)
    assert sandbox.counts["POST /api/accounts/"] == 1

    await first.submit(RIGHT)
    assert len(await second) == 2
    assert sandbox.counts["POST /api/accounts/"] == 2
    assert len(client._busy) == 0


async def test_waiting_for_a_link_held_by_the_same_task_is_refused(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    A task that would wait for itself is told, instead of standing still.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    first = client.accounts.retrieve(link.id)
    async with first:
        await anext(first)
        with pytest.raises(SessionStateError, match="suspend"):
            await client.accounts.retrieve(link.id)
        await first.submit(RIGHT)
    assert sandbox.counts["POST /api/accounts/"] == 1


async def test_a_suspended_session_frees_its_link(client: BelvoClient) -> None:
    """
    A ticket holds nothing: no link, no timer.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    session = client.accounts.retrieve(link.id)
    await anext(session)
    session.suspend()

    assert len(client._busy) == 0
    assert len(client._deadlines) == 0


async def test_cancelled_while_waiting_for_a_link(client: BelvoClient, clock: ManualClock) -> None:
    """
    A session that is cancelled while its link is busy has sent nothing and leaves no trace.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    first = client.accounts.retrieve(link.id)
    await anext(first)
    second = client.accounts.retrieve(link.id)
    task = asyncio.ensure_future(second)
    await clock.advance(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert second.state is MfaState.CANCELLED
    first.cancel()
    assert len(client._busy) == 0


# --- errors ----------------------------------------------------------------


async def test_errors_of_belvo_are_typed(client: BelvoClient) -> None:
    """
    An error answer ends a session with the class of its code.
    """
    session = client.accounts.retrieve("0" * 32)

    with pytest.raises(ApiError) as raised:
        await session
    assert raised.value.request_id
    assert session.state is MfaState.FAILED
    assert session.request_id == raised.value.request_id
    with pytest.raises(NotFoundError):
        await client.accounts.get("0" * 32)


async def test_arguments_are_checked_when_a_session_is_driven(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Wrong arguments raise before anything is sent, and as often as the session is driven.
    """
    session = client.balances.retrieve("a/../b", date_from="2026-01-01", date_to="2026-01-02")

    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match="link"):
            await session
    with pytest.raises(InvalidArgumentError, match="date_from"):
        await client.balances.retrieve("a", date_from="2026-02-01", date_to="2026-01-02")
    with pytest.raises(InvalidArgumentError, match="one at least"):
        await client.links.update("a")
    with pytest.raises(InvalidArgumentError, match="username"):
        await client.links.register("a", 5, "b")  # type: ignore[arg-type] # the mistake
    assert sandbox.counts.total() == 0


async def test_an_answer_that_cannot_be_read_is_no_reason_to_repeat(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Belvo did its part and answered nonsense: the session has failed and says so.
    """
    sandbox.faults.add(Fault(kind=FaultKind.TRUNCATED_JSON, operation="PATCH /api/links/"))
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    with pytest.raises(Exception, match="cannot read Link"):
        await session
    assert session.state is MfaState.FAILED
    assert sandbox.counts["PATCH /api/links/"] == 1


async def test_a_token_that_belvo_turned_away_can_be_given_again(
    session: MfaSession[Link], sandbox: Sandbox
) -> None:
    """
    A 429 or the firewall's page means that nothing was processed: the challenge is open as before.
    """
    await challenged(session)
    for kind in ({"kind": FaultKind.HTML_403}, {"kind": FaultKind.ANSWER, "status": 429, "retry_after": 7}):
        sandbox.faults.add(Fault(**kind, operation="PATCH /api/links/", times=1))
        with pytest.raises(RateLimitedError):
            await session.submit(RIGHT)
        assert session.state is MfaState.CHALLENGED
        assert session.error is None

    await session.submit(RIGHT)
    assert session.result.status == "valid"
    assert sandbox.duplicates == 0


async def test_a_registration_that_belvo_turned_away_can_be_driven_again(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    The error tells how long to wait; then the same session begins.
    """
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, operation="POST /api/links/", status=429, retry_after=900, times=1)
    )
    session = client.links.register("erebor_mx_retail", "bnk100", "full")

    with pytest.raises(RateLimitedError) as raised:
        await session
    assert raised.value.retry_after == 900
    assert session.state is MfaState.READY
    assert (await session).status == "valid"


async def test_a_token_that_waits_too_long_for_the_network_is_not_sent(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Past the deadline nothing is sent, also if the token was given in time and only the network was busy.
    """
    async with make_client(rate_limit=RateLimit(requests=1, seconds=2_000)) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid")
        await challenged(session)
        task = asyncio.ensure_future(session.submit(RIGHT))
        await clock.advance(3_000)

        with pytest.raises(MfaExpiredError) as raised:
            await task
    assert isinstance(raised.value.__cause__, TooLateError)
    assert session.state is MfaState.EXPIRED
    assert sandbox.counts["PATCH /api/links/"] == 0
    assert len(client._busy) == 0


async def test_a_token_does_not_wait_for_a_retry_beyond_its_deadline(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    A repetition that would come too late is not waited for.
    """
    async with make_client(retry=RetryPolicy(throttled=100, jitter=0)) as client:
        sandbox.settings.expiry = 60
        session = client.links.register(BANK, "mfa_default", "pass_valid")
        await challenged(session)
        sandbox.faults.add(Fault(kind=FaultKind.HTML_403, operation="PATCH /api/links/", times=1))

        with pytest.raises(RateLimitedError):
            await session.submit(RIGHT)
        await session.submit(RIGHT)
    assert session.state is MfaState.COMPLETED


# --- tickets and deadlines -------------------------------------------------


@pytest.mark.parametrize("by_hand", [False, True], ids=["prompted", "by hand"])
async def test_a_resumed_challenge_expires_like_any_other(
    client: BelvoClient, clock: ManualClock, by_hand: bool
) -> None:
    """
    A challenge taken up from a ticket has a deadline, holds its link, and cancels its prompt.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid")
    ticket = raised.value.ticket
    assert ticket is not None
    user = Absent()
    session = client.resume(ticket, prompt=user)
    if by_hand:
        await anext(session)
    else:
        task = asyncio.ensure_future(session)
        await user.asked.wait()
    assert client._busy.is_busy(ticket.link)
    await clock.advance(600)

    assert session.state is MfaState.EXPIRED
    if not by_hand:
        with pytest.raises(MfaExpiredError):
            await task
        assert user.cancelled
    assert len(client._busy) == 0

    late = client.resume(ticket, prompt=user)
    with pytest.raises(MfaExpiredError):
        await late


async def test_cancelling_while_a_request_is_under_way_is_refused(
    session: MfaSession[Link], sandbox: Sandbox
) -> None:
    """
    Giving up would throw the answer away; who waits for it is to be cancelled instead.
    """
    sandbox.faults.add(Fault(kind=FaultKind.LATE_ANSWER, operation="POST /api/links/", seconds=900))
    task = asyncio.ensure_future(session._run())
    await sandbox.wait_for("POST /api/links/")

    with pytest.raises(SessionStateError, match="cancel the task"):
        session.cancel()
    assert session.state is MfaState.REQUESTING
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_awaited_session_that_could_not_send_lets_go_of_its_link(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Its challenge is open as before, but nobody is at it: other calls for the link do not wait for it.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_403, operation="PATCH /api/links/", times=1))
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    with pytest.raises(RateLimitedError):
        await session
    assert session.state is MfaState.CHALLENGED
    assert len(client._busy) == 0

    assert (await session).status == "valid"


async def test_an_outcome_that_could_not_send_has_a_ticket(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Driven with others, such a session is suspended: its ticket can be answered later.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_403, operation="PATCH /api/links/", times=1))
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    async with drive([session], limit=1) as outcomes:
        outcome = await anext(outcomes)

    assert isinstance(outcome.error, RateLimitedError)
    assert session.state is MfaState.SUSPENDED
    assert session.ticket is not None
    assert (await client.resume(session.ticket, RIGHT)).status == "valid"


async def test_a_challenge_without_a_deadline_does_not_hold_its_link_for_ever(
    client: BelvoClient, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Where the institution names no end and nobody answers, other calls go on after an hour; the challenge stays.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    sandbox.shape = ChallengeShape(expiry="missing")
    session = client.accounts.retrieve(link.id)
    challenge = await challenged(session)  # type: ignore[arg-type] # of accounts
    assert challenge.remaining is None
    await clock.advance(3_599)
    assert client._busy.is_busy(link.id)
    await clock.advance(1)

    assert not client._busy.is_busy(link.id)
    assert session.state is MfaState.CHALLENGED
    assert len(client._deadlines) == 0


async def test_steps_name_the_answer_that_brought_them(session: MfaSession[Link]) -> None:
    """
    A step that an answer brought has its request id, and no other step has one.
    """
    challenge = await challenged(session)
    await session.submit(WRONG)

    ids = [step.request_id for step in session.history]
    assert [None, challenge.request_id, None] == ids[:3]
    assert ids[3] == session.request_id != challenge.request_id
