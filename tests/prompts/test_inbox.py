"""
A prompt whose token comes from any process, on all stores.
"""

from __future__ import annotations

import asyncio
import pickle

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from people import BANK, RIGHT, careful

# The servers' fixtures are those of the stores' own tests.
from stores.conftest import STORES, Make, _make, _postgres, _redis  # noqa: F401

from belvo_async import BelvoClient, MfaChallenge, MfaSession, MfaTicket
from belvo_async.errors import (
    InvalidArgumentError,
    MfaDeclinedError,
    MfaExpiredError,
    MfaRequiredError,
    PromptFailedError,
    StoreError,
    TicketError,
)
from belvo_async.mfa.challenge import ChallengeKind
from belvo_async.models import Link
from belvo_async.prompts import TokenInbox
from belvo_async.sandbox import Sandbox
from belvo_async.stores import Delivery, FlowStatus, Memory, MemoryStore, Store
from belvo_async.testing import ManualClock
from belvo_async.workers import resume_flow


pytestmark = pytest.mark.anyio

FLOW = "order-17"

PATCH = "PATCH /api/links/"


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="sandbox")
async def _sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[BelvoClient]:
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, clock=clock, rate_limit=None
    ) as client:
        yield client


@pytest.fixture(name="memory")
def _memory() -> Memory:
    return Memory()


@pytest.fixture(name="process")
def _process(memory: Memory, clock: ManualClock) -> Callable[[], MemoryStore]:
    """
    Return a function that makes the store of one more process.
    """
    return lambda: MemoryStore(memory, clock=clock)


@pytest.fixture(name="inbox")
def _inbox(process: Callable[[], MemoryStore]) -> TokenInbox:
    return TokenInbox(process())


@pytest.fixture(name="web")
def _web(process: Callable[[], MemoryStore]) -> TokenInbox:
    """
    The inbox of the process that has the user.
    """
    return TokenInbox(process())


def registration(client: BelvoClient, prompt: Any, user: str = "mfa_default") -> MfaSession[Link]:
    """
    Return a registration that asks *prompt*.
    """
    return client.links.register(BANK, user, "pass_valid", prompt=prompt)


async def opened(inbox: TokenInbox, flow: str = FLOW, round_: int = 1) -> None:
    """
    Wait until a challenge lies there.
    """
    async with asyncio.timeout(10), aclosing(inbox.challenges()) as challenges:
        async for record in challenges:
            if (record.flow, record.round) == (flow, round_):
                return


async def driven(session: MfaSession[Link]) -> Link:
    """
    Drive *session* as a coroutine, for a task.
    """
    return await session


# --- the usual way ---------------------------------------------------------


async def test_a_token_comes_from_another_process(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    The prompt waits, another process lists the challenge and delivers, and the flow goes on where it waited.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    (shown,) = await web.open()
    delivery = await web.deliver(FLOW, 1, RIGHT)
    link = await flow
    record = await web.look(FLOW)

    assert shown.ticket is not None
    assert ("Enter the code that the bank has sent you.", True) == (
        shown.ticket.instructions,
        shown.ticket.expects_user_input,
    )
    assert (Delivery.FIRST, "valid") == (delivery, link.status)
    assert record is not None
    assert (FlowStatus.ANSWERED, {}) == (record.status, record.answers)


async def test_a_key_of_its_own_shows_no_session(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    Without a key each challenge gets one, which tells nothing of the MFA session.
    """
    flow = asyncio.create_task(driven(registration(client, inbox, "mfa_twice")))
    keys = []
    async with aclosing(web.challenges()) as challenges:
        async for record in challenges:
            assert record.ticket is not None
            assert record.ticket.session not in record.flow
            keys.append(record.flow)
            await web.deliver(record.flow, record.round, RIGHT)
            if record.round == 2:
                break

    assert "valid" == (await flow).status
    assert (2, True) == (len(set(keys)), all(key.startswith("challenge-") for key in keys))


async def test_a_second_challenge_lies_at_the_same_key(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    A call that is asked twice parks both challenges at its key, one after the other; a token may come a round early.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW), "mfa_twice")))
    await opened(web)
    deliveries = [await web.deliver(FLOW, 2, RIGHT), await web.deliver(FLOW, 1, RIGHT)]

    assert "valid" == (await flow).status
    assert [Delivery.FIRST] * 2 == deliveries
    assert Delivery.DUPLICATE == await web.deliver(FLOW, 2, RIGHT)


async def test_a_prompt_of_ones_own_may_pass_it_on(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    Who wants to tell the user first wraps it.
    """
    told = []

    async def tell(challenge: MfaChallenge) -> str | None:
        told.append(challenge.round)
        return await inbox.at(FLOW)(challenge)

    flow = asyncio.create_task(driven(registration(client, tell)))
    await opened(web)
    await web.deliver(FLOW, 1, RIGHT)

    assert ("valid", [1]) == ((await flow).status, told)


async def test_where_nothing_is_typed_the_word_is_enough(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    A challenge without an input is answered by a delivery without a token.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW), "mfa_inputless")))
    await opened(web)
    await web.deliver(FLOW, 1)

    assert "valid" == (await flow).status


# --- what does not go the usual way ----------------------------------------


async def test_the_user_declines(client: BelvoClient, inbox: TokenInbox, web: TokenInbox) -> None:
    """
    A decline from any process ends the flow as one of the prompt's own does.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    declined = await web.decline(FLOW)

    with pytest.raises(MfaDeclinedError):
        await flow
    assert declined


async def test_a_token_of_the_wrong_shape_is_refused_at_once(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    The process that has the user hears of it, and the challenge stays open.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    with pytest.raises(InvalidArgumentError, match="token"):
        await web.deliver(FLOW, 1, "")
    await web.deliver(FLOW, 1, RIGHT)

    assert "valid" == (await flow).status


async def test_a_token_counts_once(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox, sandbox: Sandbox
) -> None:
    """
    Of two that are delivered at once, the first one is sent.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    deliveries = await asyncio.gather(*(web.deliver(FLOW, 1, RIGHT) for _ in range(3)))
    await flow

    assert [Delivery.DUPLICATE, Delivery.DUPLICATE, Delivery.FIRST] == sorted(deliveries)
    assert 1 == sandbox.counts[PATCH]


async def test_the_deadline_ends_it(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox, clock: ManualClock
) -> None:
    """
    A challenge nobody answers ends with its deadline, here and in the store.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    await clock.advance(601)

    with pytest.raises(MfaExpiredError):
        await flow
    assert (Delivery.LATE, []) == (await web.deliver(FLOW, 1, RIGHT), await web.open())
    assert [] == await web.open()


async def test_a_missed_wake_costs_seconds(
    client: BelvoClient, process: Callable[[], MemoryStore], web: TokenInbox, clock: ManualClock
) -> None:
    """
    Where no wake arrives, the next poll finds the token.
    """
    store = process()

    async def silence() -> AsyncGenerator[str]:
        await asyncio.Event().wait()
        yield ""

    store.rows.wakes = silence  # type: ignore[method-assign] # the connection that nobody noticed was dead
    flow = asyncio.create_task(driven(registration(client, TokenInbox(store).at(FLOW))))
    await opened(web)
    await web.deliver(FLOW, 1, RIGHT)
    await clock.advance(1.0)

    assert "valid" == (await asyncio.wait_for(flow, 10)).status


async def test_a_process_that_ends_leaves_its_challenge_to_the_workers(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox, process: Callable[[], MemoryStore]
) -> None:
    """
    Cancelled with its process, a flow stays in the store, and a worker sends the token.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    flow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flow
    await web.deliver(FLOW, 1, RIGHT)
    outcome = await resume_flow(process(), FLOW, client)

    assert FlowStatus.COMPLETED == outcome.status


async def test_a_session_that_is_suspended_leaves_its_challenge(
    client: BelvoClient, inbox: TokenInbox, web: TokenInbox
) -> None:
    """
    To suspend the session stops waiting here; the challenge stays open for all.
    """
    session = registration(client, inbox.at(FLOW))
    flow = asyncio.create_task(driven(session))
    await opened(web)
    ticket = session.suspend()

    with pytest.raises(MfaRequiredError):
        await flow
    assert [ticket] == [record.ticket for record in await web.open()]


async def test_what_a_worker_has_taken_is_not_answered_here(
    client: BelvoClient,
    inbox: TokenInbox,
    web: TokenInbox,
    process: Callable[[], MemoryStore],
    sandbox: Sandbox,
    clock: ManualClock,
) -> None:
    """
    If a worker was quicker, who waited is told, and one answer was sent.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    store = process()
    await store.deliver(FLOW, 1, RIGHT)  # nobody runs between these two
    claim = await store.claim(FLOW, owner="worker", lease=30.0)

    with pytest.raises(PromptFailedError) as raised:
        await flow
    assert "another process" in str(raised.value.__cause__)
    assert claim is not None
    assert 0 == sandbox.counts[PATCH]


async def test_one_key_is_waited_for_once(client: BelvoClient, inbox: TokenInbox, web: TokenInbox) -> None:
    """
    A key that is waited for already is refused, and the first one goes on.
    """
    flow = asyncio.create_task(driven(registration(client, inbox.at(FLOW))))
    await opened(web)
    with pytest.raises(PromptFailedError) as raised:
        await registration(client, inbox.at(FLOW))
    await web.deliver(FLOW, 1, RIGHT)

    assert isinstance(raised.value.__cause__, StoreError)
    assert "valid" == (await flow).status


async def test_a_store_that_is_closed_ends_the_wait(
    client: BelvoClient, process: Callable[[], MemoryStore], web: TokenInbox
) -> None:
    """
    Nobody waits for a store that is gone.
    """
    store = process()
    flow = asyncio.create_task(driven(registration(client, TokenInbox(store).at(FLOW))))
    await opened(web)
    await store.aclose()

    with pytest.raises(PromptFailedError) as raised:
        await asyncio.wait_for(flow, 10)
    assert "closed" in str(raised.value.__cause__)


async def test_a_challenge_made_by_hand_has_no_ticket(inbox: TokenInbox, clock: ManualClock) -> None:
    """
    Only a challenge that came from a call can be parked.
    """
    challenge = MfaChallenge(kind=ChallengeKind.TEXT, session="s", link="l", issued_at=clock.now())

    with pytest.raises(TicketError, match="by hand"):
        await inbox(challenge)


async def test_a_challenge_keeps_its_call_through_a_pickle(client: BelvoClient) -> None:
    """
    It can be parked by another process, too.
    """
    seen: list[MfaTicket] = []

    async def look(challenge: MfaChallenge) -> str | None:
        seen.append(MfaTicket.of(pickle.loads(pickle.dumps(challenge))))  # noqa: S301 - our own
        seen.append(MfaTicket.of(challenge))
        return await careful(challenge)

    session = registration(client, look)
    await session

    assert seen[0] == seen[1]
    assert ("links.register", "/api/links/", 5) == (seen[0].operation, seen[0].path, seen[0].max_rounds)


# --- many, on real servers -------------------------------------------------


async def parked(inbox: TokenInbox, flow: str) -> str | None:
    """
    Wait for a token as a session would.
    """
    ticket = MfaTicket(
        operation="links.register",
        path="/api/links/",
        session=f"session-{flow}",
        link=f"link-{flow}",
        round=1,
        max_rounds=5,
        issued_at=ManualClock().now(),
        kind=ChallengeKind.TEXT,
    )
    return await inbox.at(flow)(ticket.to_challenge())


async def waiting(store: Store, flows: list[str]) -> None:
    """
    Wait until all of them lie there.
    """
    async with asyncio.timeout(30):
        for flow in flows:
            while await store.look(flow) is None:
                await asyncio.sleep(0)


@pytest.mark.once
@pytest.mark.parametrize("kind", STORES)
async def test_hundreds_share_one_connection(make: Make, kind: str) -> None:
    """
    However many wait, the tasks and connections of the inbox stay as many as for one; each gets its own token.
    """
    count = 100 if kind == "sqlite" else 400
    async with make() as here, make() as there:
        inbox, web = TokenInbox(here), TokenInbox(there)
        flows = [f"{kind}-{number}" for number in range(count)]
        asked = [asyncio.create_task(parked(inbox, flow)) for flow in flows]
        await waiting(there, flows)
        others = len(asyncio.all_tasks()) - count
        for flow in flows:
            await web.deliver(flow, 1, f"{flow[-3:]}00")
        tokens = await asyncio.wait_for(asyncio.gather(*asked), 60)

        assert [f"{flow[-3:]}00" for flow in flows] == tokens
        assert others <= 6  # this test, two of the inbox, and the listener of the store
