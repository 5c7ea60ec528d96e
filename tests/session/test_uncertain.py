"""
Requests that were sent and not answered: what is found by looking, and what stays unknown.

Each branch is tested with a sandbox that did the work, and with one that did not.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from people import BANK, RIGHT, careful

from belvo_async import BelvoClient, MfaSession, MfaState, RetryPolicy
from belvo_async.errors import InvalidArgumentError, ServerError, UncertainOutcomeError
from belvo_async.mfa.machine import MfaEvent
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

DONE, NOT_DONE = FaultKind.CLOSE_PROCESSED, FaultKind.CLOSE_READ

PERIOD = {"date_from": "2025-12-01", "date_to": "2025-12-05"}


@pytest.fixture(name="break_at")
def _break_at(sandbox: Sandbox) -> Callable[..., None]:
    def break_at(kind: FaultKind, operation: str, **options: Any) -> None:
        sandbox.faults.add(Fault(kind=kind, operation=operation, times=1, **options))

    return break_at


Break = Callable[..., None]


async def confirmed(client: BelvoClient) -> str:
    """
    Return the id of a link at a bank that asks for tokens.
    """
    return (await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)).id


# --- registrations ---------------------------------------------------------


async def test_a_registration_that_was_done_is_found(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    The link is found by the id that was made up for it, and nothing is sent twice.
    """
    break_at(DONE, "POST /api/links/")
    session = client.links.register("erebor_mx_retail", "bnk100", "full")
    link = await session

    assert [link.id] == list(sandbox.links)
    assert session.state is MfaState.COMPLETED
    assert session.history[-1].event is MfaEvent.FOUND
    assert sandbox.counts["POST /api/links/"] == 1


async def test_a_registration_that_was_not_done_stays_uncertain(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    Where no link is found, Belvo may still be working on it: nothing is sent again.
    """
    break_at(NOT_DONE, "POST /api/links/")
    session = client.links.register("erebor_mx_retail", "bnk100", "full")

    with pytest.raises(UncertainOutcomeError) as raised:
        await session
    assert raised.value.link is None
    assert session.state is MfaState.FAILED
    assert sandbox.counts["POST /api/links/"] == 1
    assert {} == sandbox.links


async def test_a_registration_whose_challenge_was_lost_names_the_link(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    The link is there and waits for a token whose session nobody knows: the error says which link.
    """
    break_at(DONE, "POST /api/links/")

    with pytest.raises(UncertainOutcomeError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    assert [raised.value.link] == list(sandbox.links)
    assert sandbox.links[raised.value.link or ""]["status"] == "unconfirmed"


async def test_an_id_of_the_callers_own_serves_as_well(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    Older links with the same `external_id` are not taken for the new one.
    """
    old = sandbox.add_link(external_id="user-1")
    clock = client._clock
    assert isinstance(clock, ManualClock)
    await clock.advance(10)
    break_at(DONE, "POST /api/links/")

    link = await client.links.register("erebor_mx_retail", "bnk100", "full", external_id="user-1")

    assert link.id != old["id"]
    assert link.external_id == "user-1"


async def test_without_an_id_nothing_can_be_found(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    A caller who forbids the id gets an uncertain outcome, whatever Belvo did.
    """
    break_at(DONE, "POST /api/links/")

    with pytest.raises(UncertainOutcomeError):
        await client.links.register("erebor_mx_retail", "bnk100", "full", external_id=None)
    assert sandbox.counts.total() == 1


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
async def test_a_failing_registration_is_repeated_only_if_there_is_no_link(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock, done: bool
) -> None:
    """
    After a 502 the client looks first: a link that is there is the result, one that is not is made.
    """
    break_at(FaultKind.HTML_502, "POST /api/links/", process=done)
    async with make_client(retry=RetryPolicy(jitter=0)) as client:
        task = asyncio.ensure_future(client.links.register("erebor_mx_retail", "bnk100", "full"))
        await sandbox.wait_for("POST /api/links/")
        while not clock.sleeping:
            await asyncio.sleep(0)
        await clock.advance(3)
        link = await task

    assert [link.id] == list(sandbox.links)
    assert sandbox.counts["POST /api/links/"] == (1 if done else 2)


async def test_a_failing_registration_without_id_is_not_repeated(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    Where no look can tell, a second link is the greater evil.
    """
    break_at(FaultKind.HTML_502, "POST /api/links/", process=True)
    async with make_client(retry=RetryPolicy(jitter=0)) as client:
        task = asyncio.ensure_future(
            client.links.register("erebor_mx_retail", "bnk100", "full", external_id=None)
        )
        for _ in range(10):
            await asyncio.sleep(0.01)
            await clock.advance(60)
        with pytest.raises(ServerError):
            await task
    assert len(sandbox.links) == 1


# --- answers to challenges -------------------------------------------------


@pytest.mark.parametrize("kind", [FaultKind.RESET_PROCESSED, FaultKind.CLOSE_IN_BODY, DONE])
async def test_a_confirmed_link_is_found(
    client: BelvoClient, sandbox: Sandbox, break_at: Break, kind: FaultKind
) -> None:
    """
    The token was taken and the answer lost: the link is read, and it is valid.
    """
    break_at(kind, "PATCH /api/links/")
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    assert (await session).status == "valid"
    assert sandbox.counts["PATCH /api/links/"] == 1
    assert session.history[-1].event is MfaEvent.FOUND


async def test_a_link_that_is_not_confirmed_stays_uncertain(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    The token may still be on its way: it is not sent again, and its ticket says so.
    """
    break_at(NOT_DONE, "PATCH /api/links/")
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    with pytest.raises(UncertainOutcomeError) as raised:
        await session
    ticket = raised.value.ticket
    assert ticket is not None
    assert ticket.answered
    with pytest.raises(InvalidArgumentError, match="answered"):
        client.resume(ticket, RIGHT)
    assert await client.reconcile(ticket) is None
    assert sandbox.counts["PATCH /api/links/"] == 1


@pytest.mark.parametrize(("kind", "found"), [(DONE, True), (NOT_DONE, False)], ids=["done", "not done"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_update_is_found_by_the_time_of_the_login(
    client: BelvoClient,
    sandbox: Sandbox,
    clock: ManualClock,
    break_at: Break,
    kind: FaultKind,
    found: bool,
    method: str,
) -> None:
    """
    A link was valid before, too, and Belvo may log in by itself: that new credentials have arrived shows a login
    only if it took the user's answer.
    """
    bank, user = (BANK, "mfa_default") if method == "PATCH" else ("erebor_mx_retail", "bnk100")
    password = "pass_valid" if method == "PATCH" else "full"
    link = await client.links.register(bank, user, password, prompt=careful)
    await clock.advance(60)
    break_at(kind, "PATCH /api/links/" if method == "PATCH" else "PUT /api/links/{id}/")
    session = client.links.update(link.id, password=password, prompt=careful)

    if found and method == "PATCH":
        assert (await session).id == link.id
    else:
        with pytest.raises(UncertainOutcomeError):
            await session
    assert sandbox.duplicates == 0


Start = Callable[[BelvoClient, str], Awaitable[list[Any]]]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(("kind", "found"), [(DONE, True), (NOT_DONE, False)], ids=["done", "not done"])
@pytest.mark.parametrize("resource", ["accounts", "balances"])
async def test_stored_data_is_found_by_listing(
    make_client: Callable[..., BelvoClient],
    sandbox: Sandbox,
    clock: ManualClock,
    break_at: Break,
    resource: str,
    kind: FaultKind,
    found: bool,
    method: str,
) -> None:
    """
    What Belvo has stored since the request, and two looks have seen, is its result; where there is nothing, nobody knows.
    """
    period = PERIOD if resource == "balances" else {}
    async with make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        link = (
            await confirmed(client)
            if method == "PATCH"
            else (await client.links.register("erebor_mx_retail", "bnk100", "full")).id
        )
        before = await getattr(client, resource).retrieve(link, prompt=careful, **period)
        await clock.advance(60)
        break_at(kind, f"{method} /api/{resource}/")
        session = getattr(client, resource).retrieve(link, prompt=careful, **period)

        if found:
            rows = await hurried(session, clock)
            assert len(before) == len(rows)
            assert session.history[-1].event is MfaEvent.FOUND
        else:
            with pytest.raises(UncertainOutcomeError):
                await hurried(session, clock)
    assert sandbox.counts[f"{method} /api/{resource}/"] == 2


async def hurried(session: MfaSession[Any], clock: ManualClock) -> Any:
    """
    Await *session*, and let the time between its looks pass at once.
    """
    task = asyncio.ensure_future(session)
    while not task.done():
        await asyncio.sleep(0.001)
        await clock.advance(1)
    return await task


async def test_data_that_still_comes_in_is_not_the_result(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    As long as two looks see different data, nobody knows whether it is all.
    """
    link = sandbox.add_link()["id"]
    day = date(2025, 12, 1)
    break_at(NOT_DONE, "POST /api/transactions/")
    async with make_client() as other, make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        session = client.transactions.retrieve(link, date_from=day, date_to=day + timedelta(days=30))
        task = asyncio.ensure_future(session)
        await sandbox.wait_for("POST /api/transactions/")
        for number in range(1, 5):
            while not clock.sleeping and not task.done():
                await asyncio.sleep(0)
            await other.transactions.retrieve(link, date_from=day, date_to=day + timedelta(days=number))
            await clock.advance(6)

        with pytest.raises(UncertainOutcomeError):
            await task


async def test_what_belvo_has_stored_before_it_failed_is_not_the_result(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Where Belvo itself says that it failed, what it has stored is a part at most.
    """
    link = sandbox.add_link()["id"]
    failure = Fault(
        kind=FaultKind.ANSWER,
        operation="POST /api/accounts/",
        status=500,
        code="unexpected_error",
        process=True,
    )
    sandbox.faults.add(failure)
    async with make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        with pytest.raises(ServerError):
            await hurried(client.accounts.retrieve(link), clock)


async def test_what_no_filter_can_tell_apart_is_not_looked_for(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    Data of another period or kind is never taken for the result.
    """
    link = sandbox.add_link("tatooine_cl_fiscal", "individual", "full")["id"]
    break_at(DONE, "POST /api/cl/invoices/")
    async with make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        with pytest.raises(UncertainOutcomeError):
            await hurried(client.chile.invoices.retrieve(link, **PERIOD, type="OUTFLOW"), clock)

    assert 0 == sandbox.counts["GET /api/cl/invoices/"]


async def test_a_link_of_another_bank_is_not_the_result(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    A user may have several links under one external id: only one at the same institution can be the result.
    """
    break_at(NOT_DONE, "POST /api/links/")
    session = client.links.register("erebor_mx_retail", "bnk100", "full", external_id="user-1")
    task = asyncio.ensure_future(session)
    await sandbox.wait_for("POST /api/links/")
    await client.links.register("gringotts_mx_retail", "bnk100", "full", external_id="user-1")

    with pytest.raises(UncertainOutcomeError):
        await task


async def test_data_that_is_not_stored_cannot_be_found(
    client: BelvoClient, sandbox: Sandbox, break_at: Break
) -> None:
    """
    `save_data=False` leaves nothing to look at.
    """
    link = await confirmed(client)
    break_at(DONE, "PATCH /api/balances/")

    with pytest.raises(UncertainOutcomeError) as raised:
        await client.balances.retrieve(link, **PERIOD, save_data=False, prompt=careful)
    assert raised.value.ticket is not None
    assert await client.reconcile(raised.value.ticket) is None


async def test_looking_goes_on_for_a_while(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    Belvo may take its time: the look is repeated after the waits of the retry policy, errors in between or not.
    """
    break_at(NOT_DONE, "PATCH /api/links/")
    async with make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        task = asyncio.ensure_future(session)
        await sandbox.wait_for("GET /api/links/{id}/")
        (link,) = sandbox.links.values()
        while not clock.sleeping:
            await asyncio.sleep(0)
        link["status"] = "valid"
        await clock.advance(3)
        assert (await task).status == "valid"


async def test_cancelled_while_looking(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    A session that is cancelled while it looks for its outcome ends like one whose request was under way.
    """
    break_at(NOT_DONE, "PATCH /api/links/")
    async with make_client(retry=RetryPolicy(waits=(3, 6), jitter=0)) as client:
        session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        task = asyncio.ensure_future(session)
        await sandbox.wait_for("GET /api/links/{id}/")
        while not clock.sleeping:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert session.state is MfaState.CANCELLED
        assert session.ticket is not None
        assert session.ticket.answered
        assert len(client._busy) == 0


async def test_reconciling_later(client: BelvoClient, sandbox: Sandbox, break_at: Break) -> None:
    """
    A ticket whose answer was cancelled on its way can be looked up at any time.
    """
    break_at(FaultKind.LATE_ANSWER, "PATCH /api/links/", seconds=1_000)
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    task = asyncio.ensure_future(session)
    await sandbox.wait_for("PATCH /api/links/")
    while not any(link["status"] == "valid" for link in sandbox.links.values()):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert session.ticket is not None

    link = await client.reconcile(session.ticket)

    assert link is not None
    assert link.status == "valid"
    assert sandbox.counts["PATCH /api/links/"] == 1


@pytest.fixture(autouse=True)
async def _never_twice(sandbox: Sandbox) -> AsyncIterator[None]:
    yield
    assert sandbox.duplicates == 0


async def test_nothing_sent_does_not_mean_nothing_done(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, break_at: Break, clock: ManualClock
) -> None:
    """
    Belvo failed at a retrieval and cannot be reached for the next attempt: the first one may have been done.
    """
    link = sandbox.add_link()
    break_at(FaultKind.HTML_502, "POST /api/accounts/")
    async with make_client(retry=RetryPolicy(waits=(3,), reconnects=(), jitter=0)) as client:
        session = client.accounts.retrieve(link["id"])
        task = asyncio.ensure_future(session)
        await sandbox.wait_for("POST /api/accounts/")
        while not clock.sleeping:
            await asyncio.sleep(0)
        await sandbox.aclose()
        for _ in range(20):
            await asyncio.sleep(0.005)
            await clock.advance(3)

        with pytest.raises(UncertainOutcomeError, match="and then") as raised:
            await task
    assert raised.value.sent
    assert session.state is MfaState.FAILED
