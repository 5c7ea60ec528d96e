"""
What a worker does with a flow in a store: every way it can begin, go on and end.
"""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from typing import Any, Final

import pytest

from people import BANK, RIGHT, WRONG, careful

from belvo_async import BelvoClient, MfaSession, RetryPolicy, Timeouts
from belvo_async.errors import (
    AuthenticationError,
    InvalidArgumentError,
    LostClaimError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRequiredError,
    SessionStateError,
    StoreError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.models.links import Link
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.stores import Claim, Delivery, FlowStatus, MemoryStore
from belvo_async.testing import ManualClock
from belvo_async.workers import FlowOutcome, Leases, reconcile_flow, resume_flow, start_flow


pytestmark = pytest.mark.anyio

FLOW: Final = "order-17"

LEASES: Final = Leases()

DONE, NOT_DONE = FaultKind.CLOSE_PROCESSED, FaultKind.CLOSE_READ

PERIOD: Final = {"date_from": "2025-12-01", "date_to": "2025-12-05"}

PATCH, POST = "PATCH /api/links/", "POST /api/links/"


def registration(client: BelvoClient, user: str = "mfa_default") -> MfaSession[Link]:
    """
    Return a registration that a bank asks a token for.
    """
    return client.links.register(BANK, user, "pass_valid", external_id=FLOW)


async def parked(store: MemoryStore, client: BelvoClient, user: str = "mfa_default") -> FlowOutcome[Link]:
    """
    Bring a flow to its first challenge.
    """
    outcome = await start_flow(store, FLOW, registration(client, user))
    assert FlowStatus.WAITING == outcome.status
    return outcome


# --- the usual way ---------------------------------------------------------


async def test_a_challenge_is_parked(client: BelvoClient, store: MemoryStore) -> None:
    """
    A flow that is challenged lies in the store with its ticket, and nobody waits for it.
    """
    outcome = await start_flow(store, FLOW, registration(client))

    record = await store.look(FLOW)
    assert record is not None
    assert (FlowStatus.WAITING, 1, record.ticket) == (outcome.status, outcome.round, outcome.ticket)
    assert record.link == outcome.link
    assert [FLOW] == [waiting.flow for waiting in await store.waiting()]


async def test_a_token_completes_it(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    The token that was delivered is sent once, and brings the link.
    """
    await parked(store, client)

    delivery = await store.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert Delivery.FIRST == delivery
    assert (FlowStatus.COMPLETED, "valid") == (outcome.status, outcome.result.status)
    assert (1, 1) == (sandbox.counts[POST], sandbox.counts[PATCH])


async def test_a_call_without_challenge_completes_at_once(client: BelvoClient, store: MemoryStore) -> None:
    """
    Where the institution asks nothing, the flow ends with its first request.
    """
    outcome = await start_flow(
        store, FLOW, client.links.register("erebor_mx_retail", "user_valid", "pass_valid")
    )

    assert FlowStatus.COMPLETED == outcome.status
    assert outcome.result is not None
    assert outcome.result.id == outcome.link


async def test_every_round_has_its_own_token(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    A wrong token brings a new challenge, which is parked again and waits for another token.
    """
    await parked(store, client)

    await store.deliver(FLOW, 1, WRONG)
    second = await resume_flow(store, FLOW, client)
    idle = await resume_flow(store, FLOW, client)
    await store.deliver(FLOW, 2, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert [(FlowStatus.WAITING, 2)] * 2 == [(one.status, one.round) for one in (second, idle)]
    assert FlowStatus.COMPLETED == outcome.status
    assert 2 == sandbox.counts[PATCH]


async def test_a_token_may_come_before_its_challenge(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    A token for the next challenge is kept, and used as soon as that is there.
    """
    await parked(store, client)

    early = await store.deliver(FLOW, 2, RIGHT)
    await store.deliver(FLOW, 1, WRONG)
    outcome = await resume_flow(store, FLOW, client)

    assert Delivery.FIRST == early
    assert (FlowStatus.COMPLETED, 2) == (outcome.status, outcome.round)
    assert 2 == sandbox.counts[PATCH]


async def test_what_expects_no_input_is_confirmed(client: BelvoClient, store: MemoryStore) -> None:
    """
    A challenge without input is answered by the word that the user is done.
    """
    await parked(store, client, "mfa_inputless")

    await store.deliver(FLOW, 1)
    outcome = await resume_flow(store, FLOW, client)

    assert FlowStatus.COMPLETED == outcome.status


async def test_a_retrieval_goes_the_same_way(client: BelvoClient, store: MemoryStore) -> None:
    """
    Data is retrieved as links are registered; the options of the call go with the ticket.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    begun = await start_flow(store, FLOW, client.accounts.retrieve(link.id, save_data=False))
    await store.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert (FlowStatus.WAITING, link.id) == (begun.status, begun.link)
    assert FlowStatus.COMPLETED == outcome.status
    assert [link.id] * 2 == [account.link for account in outcome.result]


async def test_a_session_of_a_web_service_can_be_parked(client: BelvoClient, store: MemoryStore) -> None:
    """
    A ticket that was suspended elsewhere is a flow as any other. Parking it twice changes nothing.
    """
    session = registration(client)
    async with session:
        await anext(session)
        ticket = session.suspend()

    records = [await store.park(FLOW, ticket) for _ in range(2)]
    await store.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert records[0].ticket == records[1].ticket == ticket
    assert FlowStatus.COMPLETED == outcome.status


# --- tokens ----------------------------------------------------------------


async def test_the_first_token_wins(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    Of two tokens for one challenge the first is sent, whoever delivered it.
    """
    await parked(store, client)

    deliveries = await asyncio.gather(store.deliver(FLOW, 1, RIGHT), store.deliver(FLOW, 1, WRONG))
    outcome = await resume_flow(store, FLOW, client)

    assert [Delivery.FIRST, Delivery.DUPLICATE] == deliveries
    assert FlowStatus.COMPLETED == outcome.status
    assert Delivery.DUPLICATE == await store.deliver(FLOW, 1, RIGHT)
    assert Delivery.LATE == await store.deliver(FLOW, 2, RIGHT)


async def test_a_token_after_the_deadline_is_late(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Past the deadline a token is dropped, nothing is sent, and the flow has expired.
    """
    await parked(store, client)

    await clock.advance(601)
    delivery = await store.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert (Delivery.LATE, FlowStatus.EXPIRED) == (delivery, outcome.status)
    assert 0 == sandbox.counts[PATCH]
    assert [] == await store.due()


async def test_a_token_that_nobody_took_up_in_time_is_not_sent(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A token that was in time, and whose worker is not, expires with its challenge.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)

    await clock.advance(601)
    outcome = await resume_flow(store, FLOW, client)

    assert FlowStatus.EXPIRED == outcome.status
    assert 0 == sandbox.counts[PATCH]


@pytest.mark.parametrize(
    ("user", "token"), [("mfa_default", ""), ("mfa_default", "1\n2"), ("mfa_inputless", RIGHT)]
)
async def test_a_token_that_cannot_be_right_is_not_kept(
    client: BelvoClient, store: MemoryStore, user: str, token: str
) -> None:
    """
    Who delivers what cannot be the answer is told so, and the user may try again.
    """
    await parked(store, client, user)

    with pytest.raises(InvalidArgumentError, match="token"):
        await store.deliver(FLOW, 1, token)

    record = await store.look(FLOW)
    assert record is not None
    assert not record.is_answered


async def test_an_early_token_that_cannot_be_right_is_dropped(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    What came before its challenge is checked when that is there; the user may give another.
    """
    await parked(store, client)

    await store.deliver(FLOW, 2)
    await store.deliver(FLOW, 1, WRONG)
    outcome = await resume_flow(store, FLOW, client)
    again = await store.deliver(FLOW, 2, RIGHT)

    assert isinstance(outcome.error, InvalidArgumentError)
    assert FlowStatus.WAITING == outcome.status
    assert Delivery.FIRST == again
    assert 1 == sandbox.counts[PATCH]


async def test_a_user_may_decline(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    A flow that was declined has ended: no token is taken, nothing is sent.
    """
    await parked(store, client)

    declined = [await store.decline(FLOW) for _ in range(2)]
    delivery = await store.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(store, FLOW, client)

    assert [True, True] == declined
    assert (Delivery.LATE, FlowStatus.DECLINED) == (delivery, outcome.status)
    assert 0 == sandbox.counts[PATCH]


async def test_nobody_declines_what_has_ended(client: BelvoClient, store: MemoryStore) -> None:
    """
    Declining a flow that has ended, or is none, is too late.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    await resume_flow(store, FLOW, client)

    assert [False, False] == [await store.decline(flow) for flow in (FLOW, "none")]


# --- twice at once ---------------------------------------------------------


async def test_two_workers_send_one_answer(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    Of many workers that are given the same token at once, one sends it.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)

    outcomes = await asyncio.gather(*(resume_flow(store, FLOW, client) for _ in range(8)))

    assert 1 == sandbox.counts[PATCH]
    assert 1 == sum(outcome.result is not None for outcome in outcomes)


async def test_a_flow_is_begun_once(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    A message that comes twice begins one flow; also when it has ended.
    """
    outcomes = await asyncio.gather(*(start_flow(store, FLOW, registration(client)) for _ in range(4)))
    await store.deliver(FLOW, 1, RIGHT)
    await resume_flow(store, FLOW, client)
    ended = await start_flow(store, FLOW, registration(client))

    assert 1 == sandbox.counts[POST]
    assert FlowStatus.WAITING in {outcome.status for outcome in outcomes}
    assert FlowStatus.COMPLETED == ended.status


async def test_one_flow_at_a_time_has_a_link(client: BelvoClient, store: MemoryStore) -> None:
    """
    A second call for a link leaves it alone until the first has ended, in whatever process.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    await start_flow(store, FLOW, client.accounts.retrieve(link.id))

    busy = await start_flow(store, "other", client.owners.retrieve(link.id))
    await store.deliver(FLOW, 1, RIGHT)
    await resume_flow(store, FLOW, client)
    begun = await start_flow(store, "other", client.owners.retrieve(link.id))

    assert [FlowStatus.CLAIMED, FlowStatus.WAITING] == [busy.status, begun.status]
    assert busy.due_at is not None


# --- a worker dies ---------------------------------------------------------


async def claimed(store: MemoryStore) -> Claim:
    """
    Claim the flow as a worker does that will not be heard of again.
    """
    claim = await store.claim(FLOW, owner="dead", lease=LEASES.lease)
    assert isinstance(claim, Claim)
    return claim


async def test_a_claim_is_handed_on(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A worker that died before it sent anything leaves the flow to the next, with its token.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    await claimed(store)

    busy = await resume_flow(store, FLOW, client)
    due_before = await store.due()
    await clock.advance(LEASES.lease)
    due_after = await store.due()
    outcome = await resume_flow(store, FLOW, client)

    assert ([], [FLOW]) == (due_before, due_after)
    assert [FlowStatus.CLAIMED, FlowStatus.COMPLETED] == [busy.status, outcome.status]
    assert 1 == sandbox.counts[PATCH]


async def test_who_lost_its_claim_sends_nothing(
    client: BelvoClient, store: MemoryStore, clock: ManualClock
) -> None:
    """
    A worker that comes back after its claim was handed on may not mark the flow as sent.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    old = await claimed(store)
    await clock.advance(LEASES.lease)
    await resume_flow(store, FLOW, client)

    for act in (old.mark_sent, old.renew, old.give_back, old.let_go):
        with pytest.raises(LostClaimError):
            await act()


async def test_an_answer_that_was_done_is_found(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Where a worker died after its answer had left, and Belvo has processed it, the flow completes without another.
    """
    begun = await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    claim = await claimed(store)
    await claim.mark_sent()
    assert begun.ticket is not None
    await client.resume(begun.ticket, claim.token.reveal())

    await clock.advance(LEASES.lease)
    outcome = await resume_flow(store, FLOW, client)

    assert (FlowStatus.COMPLETED, begun.link) == (outcome.status, outcome.result.id)
    assert 1 == sandbox.counts[PATCH]


async def test_an_answer_that_left_no_trace_is_not_sent_again(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    Where nothing shows what became of an answer, the flow waits as long as Belvo may be at work, and then is to be
    started again; its ticket says that it may have been answered.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    await (await claimed(store)).mark_sent()

    await clock.advance(LEASES.lease)
    first = await resume_flow(store, FLOW, client)
    await clock.advance(LEASES.patience)
    last = await reconcile_flow(store, FLOW, client)

    assert [FlowStatus.SENT, FlowStatus.START_AGAIN] == [first.status, last.status]
    assert first.due_at is not None
    assert last.ticket is not None
    assert last.ticket.answered
    assert isinstance(last.error, UncertainOutcomeError)
    assert 0 == sandbox.counts[PATCH]


async def test_the_token_is_forgotten_before_it_leaves(client: BelvoClient, store: MemoryStore) -> None:
    """
    Once a flow is marked as sent, its token lies nowhere.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, "a-canary")
    before = str(store.rows.__dict__)
    await (await claimed(store)).mark_sent()

    record = await store.look(FLOW)
    assert record is not None
    assert "a-canary" not in record.to_json()
    assert "a-canary" not in before  # rows show nothing of what is in them


@pytest.mark.parametrize(("done", "posts"), [(True, 1), (False, 2)])
async def test_a_registration_is_looked_for_before_it_is_repeated(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock, *, done: bool, posts: int
) -> None:
    """
    Where the worker died that registered a link, the next takes the link that is there, or registers it.
    """
    claim = await store.begin(FLOW, owner="dead", lease=30, operation="links.register", external_id=FLOW)
    assert isinstance(claim, Claim)
    await claim.mark_sent()
    if done:
        await client.links.register("erebor_mx_retail", "user_valid", "pass_valid", external_id=FLOW)
    else:
        sandbox.counts[POST] += 1  # it was lost on its way

    await clock.advance(LEASES.patience)
    again = client.links.register("erebor_mx_retail", "user_valid", "pass_valid", external_id=FLOW)
    outcome = await start_flow(store, FLOW, again)

    assert FlowStatus.COMPLETED == outcome.status
    assert posts == sandbox.counts[POST]
    assert 1 == len([link async for link in client.links.list(external_id=FLOW)])


async def test_a_registration_is_not_repeated_too_early(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    As long as Belvo may be at work on the request of a dead worker, it is not sent once more.
    """
    claim = await store.begin(FLOW, owner="dead", lease=30, external_id=FLOW)
    assert isinstance(claim, Claim)
    await claim.mark_sent()

    await clock.advance(31)
    outcome = await start_flow(store, FLOW, registration(client))

    assert FlowStatus.SENT == outcome.status
    assert 0 == sandbox.counts[POST]


async def test_a_challenge_that_died_with_its_worker(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A link that waits for its user, and whose challenge nobody knows, is not registered twice: start again.
    """
    claim = await store.begin(FLOW, owner="dead", lease=30, external_id=FLOW)
    assert isinstance(claim, Claim)
    await claim.mark_sent()
    with pytest.raises(MfaRequiredError):
        await registration(client)

    await clock.advance(LEASES.patience)
    outcome = await start_flow(store, FLOW, registration(client))

    assert FlowStatus.START_AGAIN == outcome.status
    assert [outcome.link] == [link.id async for link in client.links.list(external_id=FLOW)]
    assert 1 == sandbox.counts[POST]


async def test_data_of_a_dead_worker_is_found(
    make_client: Callable[..., BelvoClient], store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A retrieval whose worker died is not repeated if its data is there.
    """
    async with make_client(retry=RetryPolicy()) as client:
        link = await client.links.register("erebor_mx_retail", "user_valid", "pass_valid")
        claim = await store.begin(FLOW, owner="dead", lease=30, link=link.id)
        assert isinstance(claim, Claim)
        await claim.mark_sent()
        await client.balances.retrieve(link.id, **PERIOD)

        await clock.advance(LEASES.patience)
        running = asyncio.create_task(start_flow(store, FLOW, client.balances.retrieve(link.id, **PERIOD)))
        while not running.done():
            await clock.advance(1)
        outcome = await running

    assert FlowStatus.COMPLETED == outcome.status
    assert 1 == sandbox.counts["POST /api/balances/"]


# --- requests that go wrong -------------------------------------------------


async def test_what_never_left_goes_back(
    make_client: Callable[..., BelvoClient], store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    Where Belvo cannot be reached, the token stays in the store, and the next worker sends it.
    """
    async with make_client() as client:
        await parked(store, client)
        await store.deliver(FLOW, 1, RIGHT)
        await sandbox.aclose()
        with pytest.raises(TransportError) as caught:
            await resume_flow(store, FLOW, client)
        await sandbox.start()
        outcome = await resume_flow(store, FLOW, client)

    assert not caught.value.sent
    assert FlowStatus.COMPLETED == outcome.status
    assert 1 == sandbox.counts[PATCH]


async def test_an_opening_that_never_left_goes_back(
    make_client: Callable[..., BelvoClient], store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    Where Belvo cannot be reached, the flow can be begun again at once.
    """
    async with make_client() as client:
        await sandbox.aclose()
        with pytest.raises(TransportError):
            await start_flow(store, FLOW, registration(client))
        await sandbox.start()
        outcome = await start_flow(store, FLOW, registration(client))

    assert FlowStatus.WAITING == outcome.status


async def test_wrong_keys_lose_nothing(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A worker with the wrong keys leaves the flow as it was.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    async with BelvoClient("other", "keys", base_url=sandbox.url, retry=None, clock=clock) as stranger:
        with pytest.raises(AuthenticationError):
            await resume_flow(store, FLOW, stranger)

    outcome = await resume_flow(store, FLOW, client)

    assert FlowStatus.COMPLETED == outcome.status


async def test_a_lost_answer_is_found_by_looking(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    An answer of Belvo's that does not arrive is looked for at once, as in every session.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    sandbox.faults.add(Fault(kind=DONE, operation=PATCH, times=1))

    outcome = await resume_flow(store, FLOW, client)

    assert FlowStatus.COMPLETED == outcome.status
    assert 1 == sandbox.counts[PATCH]


async def test_an_answer_that_was_lost_on_its_way_ends_as_start_again(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A token that may have arrived, and of which nothing shows, is not sent again.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    sandbox.faults.add(Fault(kind=NOT_DONE, operation=PATCH, times=1))

    running = asyncio.create_task(resume_flow(store, FLOW, client))
    while not running.done():
        await clock.advance(1)
    first = await running
    await clock.advance(LEASES.patience)
    last = await resume_flow(store, FLOW, client)

    assert (FlowStatus.SENT, UncertainOutcomeError) == (first.status, type(first.error))
    assert FlowStatus.START_AGAIN == last.status
    assert 1 == sandbox.counts[PATCH]


async def test_a_refused_login_ends_it(client: BelvoClient, store: MemoryStore, sandbox: Sandbox) -> None:
    """
    What the institution refuses after the token has failed, and is told in words that hold no data.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    refusal = Fault(kind=FaultKind.ANSWER, operation=PATCH, status=400, code="login_error", times=1)
    sandbox.faults.add(refusal)

    outcome = await resume_flow(store, FLOW, client)

    assert (FlowStatus.FAILED, MfaRejectedError) == (outcome.status, type(outcome.error))
    assert "MfaRejectedError login_error" == outcome.problem


async def test_wrong_arguments_end_it(client: BelvoClient, store: MemoryStore) -> None:
    """
    A call that cannot be made fails, and sends nothing.
    """
    outcome = await start_flow(store, FLOW, client.accounts.retrieve("no id"))

    assert (FlowStatus.FAILED, InvalidArgumentError) == (outcome.status, type(outcome.error))


async def test_belvos_own_expiry_is_the_same(
    client: BelvoClient, store: MemoryStore, sandbox: Sandbox
) -> None:
    """
    A challenge that Belvo calls expired has expired.
    """
    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, operation=PATCH, status=400, code="session_expired", times=1)
    )

    outcome = await resume_flow(store, FLOW, client)

    assert (FlowStatus.EXPIRED, MfaExpiredError) == (outcome.status, type(outcome.error))


async def test_a_worker_that_is_shut_down_leaves_what_it_sent(
    make_client: Callable[..., BelvoClient], store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A worker that is cancelled while Belvo works leaves the flow marked as sent, to be looked for.
    """
    async with make_client() as client:
        begun = await parked(store, client)
        await store.deliver(FLOW, 1, RIGHT)
        sandbox.faults.add(Fault(kind=FaultKind.LATE_ANSWER, operation=PATCH, seconds=60, times=1))
        running = asyncio.create_task(resume_flow(store, FLOW, client))
        while not sandbox.counts[PATCH]:
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        left = await store.look(FLOW)
        await clock.advance(LEASES.lease)
        outcome = await resume_flow(store, FLOW, client)

    assert left is not None
    assert FlowStatus.SENT == left.status
    assert (FlowStatus.COMPLETED, begun.link) == (outcome.status, outcome.link)
    assert 1 == sandbox.counts[PATCH]


async def test_a_claim_is_renewed_while_belvo_works(
    make_client: Callable[..., BelvoClient], store: MemoryStore, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A worker that lives keeps its flow, however long Belvo takes.
    """
    async with make_client(timeouts=Timeouts(institution=1_000)) as client:
        await parked(store, client)
        await store.deliver(FLOW, 1, RIGHT)
        sandbox.faults.add(Fault(kind=FaultKind.LATE_ANSWER, operation=PATCH, seconds=120, times=1))
        running = asyncio.create_task(resume_flow(store, FLOW, client))
        while not sandbox.counts[PATCH]:
            await asyncio.sleep(0)
        seen = set()
        for _ in range(110):
            await clock.advance(1)
            seen.update(await store.due())
        for _ in range(20):
            await clock.advance(1)
        outcome = await running

    assert set() == seen
    assert FlowStatus.COMPLETED == outcome.status


# --- what the caller is told -----------------------------------------------


async def test_the_outcome_is_settled_before_the_store_is_told(
    client: BelvoClient, store: MemoryStore
) -> None:
    """
    What must not be lost is done while the flow can still be found as sent.
    """
    seen: list[Any] = []

    async def settle(outcome: FlowOutcome[Any]) -> None:
        record = await store.look(FLOW)
        assert record is not None
        seen.append((outcome.status, outcome.result.status, record.status))

    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    await resume_flow(store, FLOW, client, settle=settle)

    assert [(FlowStatus.COMPLETED, "valid", FlowStatus.SENT)] == seen


async def test_a_deadline_that_passed_is_settled(
    client: BelvoClient, store: MemoryStore, clock: ManualClock
) -> None:
    """
    A flow whose user never answered is due after its deadline; the worker that looks at it tells of its end, once.
    """
    settled: list[Any] = []

    async def settle(outcome: FlowOutcome[Any]) -> None:
        settled.append((outcome.status, type(outcome.error)))

    await parked(store, client)
    await clock.advance(601)
    due = await store.due()
    shown = await store.look(FLOW)
    for flow in [*due, FLOW]:
        await resume_flow(store, flow, client, settle=settle)

    assert ([FLOW], FlowStatus.EXPIRED) == (due, shown and shown.status)
    assert [(FlowStatus.EXPIRED, MfaExpiredError)] == settled
    assert [] == await store.due()


async def test_an_outcome_that_could_not_be_settled_comes_again(
    client: BelvoClient, store: MemoryStore, clock: ManualClock
) -> None:
    """
    Where settling fails, the flow stays sent, and who looks for it settles it.
    """
    settled: list[FlowStatus] = []

    async def settle(outcome: FlowOutcome[Any]) -> None:
        settled.append(outcome.status)
        if len(settled) == 1:
            message = "the database is gone"
            raise ConnectionError(message)

    await parked(store, client)
    await store.deliver(FLOW, 1, RIGHT)
    with pytest.raises(ConnectionError):
        await resume_flow(store, FLOW, client, settle=settle)
    await clock.advance(LEASES.lease)
    outcome = await resume_flow(store, FLOW, client, settle=settle)

    assert [FlowStatus.COMPLETED] * 2 == settled
    assert FlowStatus.COMPLETED == outcome.status


@pytest.mark.parametrize("act", [resume_flow, reconcile_flow])
async def test_a_flow_that_is_not_there(client: BelvoClient, store: MemoryStore, act: Any) -> None:
    """
    Going on with a flow that nobody began is an error.
    """
    with pytest.raises(StoreError, match="order-17"):
        await act(store, FLOW, client)


@pytest.mark.parametrize("flow", ["", "x" * 201, "a\nb", 17])
async def test_a_key_that_cannot_be_one(client: BelvoClient, store: MemoryStore, flow: Any) -> None:
    """
    A key is text of reasonable length.
    """
    with pytest.raises(InvalidArgumentError, match="flow"):
        await start_flow(store, flow, registration(client))


async def test_a_session_that_was_driven_is_refused(client: BelvoClient, store: MemoryStore) -> None:
    """
    A flow begins with a call that has not been made.
    """
    session = client.links.register("erebor_mx_retail", "user_valid", "pass_valid")
    await session

    with pytest.raises(SessionStateError):
        await start_flow(store, FLOW, session)


async def test_a_flow_is_forgotten(client: BelvoClient, store: MemoryStore, clock: ManualClock) -> None:
    """
    A flow can be looked at for a day after its end, and is gone then.
    """
    await parked(store, client)
    await store.decline(FLOW)

    await clock.advance(23 * 3600)
    kept = await store.look(FLOW)
    await clock.advance(3600)

    assert kept is not None
    assert await store.look(FLOW) is None
