"""
What every store has to do, as checks for one of your own.

    from belvo_async.testing.stores import CHECKS

    @pytest.mark.parametrize("check", CHECKS)
    async def test_my_store(check):
        await check(lambda: Store(MyRows("server:1234")))

A check is a coroutine function. It is given a function that returns a new `Store` on one and the same server, as each process
would have its own, and raises `AssertionError` if it finds something wrong. Flows get keys that are drawn by lot,
so the server may hold others. Nothing has to be waited for but the server.
"""

from __future__ import annotations

import asyncio
import gc
import secrets

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from belvo_async.errors import LostClaimError, StoreError
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.stores import Claim, Delivery, FlowStatus, Row, Store


Make = Callable[[], Store]

Check = Callable[[Make], Awaitable[None]]

LEASE: Final = 60.0

SOON: Final = 30.0
"""Seconds for which a check waits for what has to come by itself."""

HOUR: Final = 3_600.0

ODD: Final = "q\"uo'te\\ \u00fc \u4e16 \U0001f512 \u0000 \n {}[]() $1 %s :key"
"""What goes wrong in stores that paste texts together."""


def new_flow() -> str:
    """
    Return a key that no flow has.
    """
    return f"check-{secrets.token_hex(12)}"


def new_ticket(round_: int = 1, *, seconds: float | None = 600.0) -> MfaTicket:
    """
    Return a challenge that the institution waits for so many seconds.
    """
    now = datetime.now(UTC)
    return MfaTicket(
        operation="links.register",
        path="/api/links/",
        session=secrets.token_hex(16),
        link=secrets.token_hex(16),
        round=round_,
        issued_at=now,
        expires_at=None if seconds is None else now + timedelta(seconds=seconds),
        instructions=ODD,
        external_id="order-17",
    )


async def parked(store: Store, *, answered: bool = False) -> str:
    """
    Park a new flow, and deliver its token, if wanted.
    """
    flow = new_flow()
    await store.park(flow, new_ticket())
    if answered:
        assert Delivery.FIRST == await store.deliver(flow, 1, "123456")
    return flow


async def claimed(store: Store, flow: str, lease: float = LEASE) -> Claim:
    """
    Claim a flow that can be claimed.
    """
    claim = await store.claim(flow, owner=secrets.token_hex(4), lease=lease)
    assert isinstance(claim, Claim), claim
    return claim


# --- rows ------------------------------------------------------------------


async def a_row_is_replaced_by_who_knows_its_version(make: Make) -> None:
    """
    A row takes the place of the one that was read, and of no other; what is read is what was put.
    """
    async with make() as one, make() as two:
        key, now = new_flow(), (await one.rows.read("")).now
        first = Row(1, ODD.replace("\u0000", "") * 200, None, now + HOUR)
        second = Row(2**48 + 2, "", now + HOUR + 0.123456, now + HOUR)

        assert not await one.rows.swap(key, second, version=1)
        assert await one.rows.swap(key, first, version=0)
        assert not await two.rows.swap(key, second, version=0)
        assert first == (await two.rows.read(key)).row
        assert await two.rows.swap(key, second, version=1)
        assert not await one.rows.swap(key, first, version=1)
        found = (await one.rows.read(key)).row
        assert found is not None
        assert (2**48 + 2, "") == (found.version, found.body)
        assert abs((found.due_at or 0.0) - (second.due_at or 0.0)) < 0.001  # noqa: PLR2004 - a millisecond
        assert not await one.rows.swap(key, None, version=1)
        assert await one.rows.swap(key, None, version=second.version)
        assert (await two.rows.read(key)).row is None
        assert await two.rows.swap(key, None, version=0)


async def a_row_is_forgotten(make: Make) -> None:
    """
    A row whose time has passed is not there: it is not read, not due, not replaced, and makes room for a new one.
    """
    async with make() as store:
        key, now = new_flow(), (await store.rows.read("")).now
        past, future = Row(7, "old", now - 10, now - 1), Row(1, "new", now - 10, now + HOUR)

        assert await store.rows.swap(key, past, version=0)
        assert (await store.rows.read(key)).row is None
        assert key not in await store.rows.due(within=0, limit=10**6)
        assert not await store.rows.swap(key, future, version=7)
        assert await store.rows.swap(key, future, version=0)
        assert key in await store.rows.due(within=0, limit=10**6)
        assert await store.rows.swap(key, None, version=1)


async def what_is_due_comes_in_order(make: Make) -> None:
    """
    Rows are due at their time, the earliest first, and as many as were asked for.
    """
    async with make() as store:
        now = (await store.rows.read("")).now
        keys = [new_flow() for _ in range(4)]
        for key, due_at in zip(keys, (now - 10**8 + 2, now - 10**8 + 1, now + HOUR, None), strict=True):
            assert await store.rows.swap(key, Row(1, "", due_at, now + 2 * HOUR), version=0)

        due = [key for key in await store.rows.due(within=0, limit=10**6) if key in keys]
        later = [key for key in await store.rows.due(within=2 * HOUR, limit=10**6) if key in keys]
        ever = [key for key in await store.rows.due(within=float("inf"), limit=10**6) if key in keys]
        open_ = [
            key for key in await store.rows.due(within=float("inf"), limit=10**6, after=0) if key in keys
        ]
        first = await store.rows.due(within=0, limit=1)
        for key in keys:
            assert await store.rows.swap(key, None, version=1)
        gone = [key for key in await store.rows.due(within=float("inf"), limit=10**6) if key in keys]

        assert [keys[1], keys[0]] == due
        assert [keys[1], keys[0], keys[2]] == later == ever
        assert [keys[2]] == open_
        assert 1 == len(first)
        assert [] == gone


async def the_clock_is_the_servers(make: Make) -> None:
    """
    Time goes on, and is the same for all.
    """
    async with make() as one, make() as two:
        times = [(await store.rows.read("")).now for store in (one, two, one, two)]

        assert times == sorted(times)
        assert abs(times[0] - datetime.now(UTC).timestamp()) < HOUR


async def others_are_woken(make: Make) -> None:
    """
    Whoever listens hears of what was put with a wake, and of nothing else; and again after it has stopped listening.
    """
    async with make() as one, make() as two:
        for _ in range(2):
            async with aclosing(two.rows.wakes()) as keys:
                told = asyncio.ensure_future(anext(keys))
                row = Row(1, "", None, (await one.rows.read("")).now + HOUR)
                wanted: set[str] = set()
                await one.rows.swap(new_flow(), row, version=0)
                async with asyncio.timeout(SOON):
                    while not told.done():  # who begins to listen may miss some
                        key = new_flow()
                        wanted.add(key)
                        assert await one.rows.swap(key, row, version=0, wake=True)
                        await asyncio.wait({told}, timeout=0.2)

                assert await told in wanted


async def a_closed_store_says_so(make: Make) -> None:
    """
    After it was closed a store refuses everything with a StoreError, also to those who listen.
    """
    store = make()
    await store.rows.read("")
    keys = store.rows.wakes()
    told = asyncio.ensure_future(anext(keys))
    await asyncio.sleep(0)
    await store.aclose()

    for act in (lambda: store.rows.read(""), lambda: store.rows.due(within=0, limit=1)):
        try:
            await act()
        except StoreError:
            continue
        raise AssertionError(act)
    async with asyncio.timeout(SOON):
        await asyncio.wait({told})
    assert isinstance(told.exception(), StoreError), told
    await keys.aclose()
    await store.aclose()


async def cancelling_leaves_nothing_open(make: Make) -> None:
    """
    Calls that are cancelled leave a store that works, and no error that nobody handles; while it opens, too.
    """
    loop, told = asyncio.get_running_loop(), list[str]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: told.append(str(context)))
    try:
        async with make() as store:
            flow = await parked(store)
            for turns in range(40):
                async with make() as fresh:
                    for one in (store, fresh):
                        call = asyncio.ensure_future(one.look(flow))
                        for _ in range(turns):
                            await asyncio.sleep(0)
                        call.cancel()
                        await asyncio.wait({call})
                    assert await fresh.look(flow) is not None
            assert await store.look(flow) is not None
        gc.collect()  # by which futures tell of errors that nobody has asked for
    finally:
        loop.set_exception_handler(before)
    assert not told, told


# --- flows -----------------------------------------------------------------


async def a_flow_comes_back_whole(make: Make) -> None:
    """
    What one store has parked another reads, every field of its ticket intact.
    """
    async with make() as one, make() as two:
        for ticket in (
            new_ticket(),
            attrs.evolve(new_ticket(seconds=None), save_data=False, value="7" * 4_000),
        ):
            flow = new_flow()
            await one.park(flow, ticket)
            record = await two.look(flow)

            assert record is not None
            assert (ticket, FlowStatus.WAITING) == (record.ticket, record.status)
            assert flow in [waiting.flow for waiting in await two.waiting(10**6)]
            await two.forget(flow)
            assert await one.look(flow) is None


async def the_first_token_wins(make: Make) -> None:
    """
    Of many processes that deliver a token for one challenge, one is first; one flow takes it.
    """
    async with make() as one, make() as two:
        flow = await parked(one)
        said = await asyncio.gather(
            *(store.deliver(flow, 1, token) for store in (one, two) for token in "12345678")
        )
        claim = await claimed(one, flow)

        assert 1 == said.count(Delivery.FIRST)
        assert 15 == said.count(Delivery.DUPLICATE)  # noqa: PLR2004 - the others
        assert claim.token.reveal() == "12345678"[said.index(Delivery.FIRST) % 8]


async def a_flow_is_claimed_once(make: Make) -> None:
    """
    Of many that claim a flow at once, one gets it.
    """
    async with make() as one, make() as two:
        for _ in range(5):
            flow = await parked(one, answered=True)
            got = await asyncio.gather(
                *(store.claim(flow, owner=str(n), lease=LEASE) for n in range(5) for store in (one, two))
            )
            begun = new_flow()
            opened = await asyncio.gather(
                *(store.begin(begun, owner=str(n), lease=LEASE) for n in range(5) for store in (one, two))
            )

            assert 1 == sum(isinstance(one, Claim) for one in got)
            assert 1 == sum(isinstance(one, Claim) for one in opened)


async def a_claim_that_ended_is_handed_on(make: Make) -> None:
    """
    After its lease another may claim a flow; who lost it may do nothing any more.
    """
    async with make() as one, make() as two:
        flow = await parked(one, answered=True)
        dead = await claimed(one, flow, lease=0.0)
        due = await two.due(10**6)
        heir = await claimed(two, flow)
        for act in (dead.mark_sent, dead.renew, dead.give_back):
            try:
                await act()
            except LostClaimError:
                continue
            raise AssertionError(act)

        assert flow in due
        assert flow not in await one.due(10**6)
        assert heir.record.fence > dead.record.fence
        assert heir.token.reveal() == dead.token.reveal()


async def what_was_sent_is_never_claimed_again(make: Make) -> None:
    """
    A flow that was marked as sent is only looked for; its token is not there any more.
    """
    async with make() as one, make() as two:
        flow = await parked(one, answered=True)
        claim = await claimed(one, flow, lease=0.0)
        await claim.mark_sent()
        again = await two.claim(flow, owner="other", lease=LEASE)
        found = await two.claim_sent(flow, owner="other", lease=LEASE)

        assert not isinstance(again, Claim)
        assert isinstance(found, Claim)
        assert found.token.reveal() is None
        assert FlowStatus.SENT == found.record.status


async def a_flow_goes_through_its_rounds(make: Make) -> None:
    """
    A second challenge takes the place of the first; its token may have come before it.
    """
    async with make() as one, make() as two:
        flow = await parked(one, answered=True)
        claim = await claimed(one, flow)
        await claim.mark_sent()
        early = await two.deliver(flow, 2, "654321")
        await claim.park(new_ticket(2))
        second = await claimed(two, flow)
        await second.mark_sent()
        await second.finish(FlowStatus.COMPLETED, link="a-link")
        record = await one.look(flow)

        assert (Delivery.FIRST, "654321") == (early, second.token.reveal())
        assert record is not None
        assert (FlowStatus.COMPLETED, "a-link", 2) == (record.status, record.link, record.round)
        assert Delivery.DUPLICATE == await one.deliver(flow, 2, "654321")
        assert Delivery.LATE == await one.deliver(flow, 3, "654321")


async def what_never_left_goes_back(make: Make) -> None:
    """
    A claim that is given back can be claimed again, with its token.
    """
    async with make() as one, make() as two:
        flow = await parked(one, answered=True)
        claim = await claimed(one, flow)
        await claim.mark_sent()
        await claim.give_back()

        assert "123456" == (await claimed(two, flow)).token.reveal()


async def a_challenge_ends_by_itself(make: Make) -> None:
    """
    Past its deadline a flow has expired, without anybody's doing; it stays due until a worker has told of it.
    """
    async with make() as store:
        flow = new_flow()
        await store.park(flow, new_ticket(seconds=-1.0))
        record = await store.look(flow)

        assert record is not None
        assert FlowStatus.EXPIRED == record.status
        assert flow in await store.due(10**6)
        assert Delivery.LATE == await store.deliver(flow, 1, "123456")
        assert flow in await store.due(10**6)
        await (await claimed(store, flow)).finish(FlowStatus.EXPIRED)
        assert flow not in await store.due(10**6)


async def a_token_is_taken_once(make: Make) -> None:
    """
    Of many that wait for a token, one gets it.
    """
    async with make() as one, make() as two:
        flow = await parked(one, answered=True)
        taken = await asyncio.gather(*(store.take(flow) for _ in range(4) for store in (one, two)))

        assert 1 == sum(token is not None for _record, token in taken)


async def a_link_belongs_to_one_flow(make: Make) -> None:
    """
    A link is one flow's until that has ended.
    """
    async with make() as one, make() as two:
        link = new_flow()
        first, second = await parked(one), await parked(two)
        got = [
            await one.take_link(link, first),
            await two.take_link(link, second),
            await two.take_link(link, first),
        ]
        await one.decline(first)

        assert [True, False, True] == got
        assert await two.take_link(link, second)


async def many_at_once_lose_nothing(make: Make) -> None:
    """
    A hundred flows that are parked, answered and claimed at the same time stay a hundred.
    """
    async with make() as one, make() as two:

        async def carry(store: Store, other: Store) -> Any:
            flow = await parked(store)
            await other.deliver(flow, 1, flow)
            claim = await claimed(store, flow)
            await claim.mark_sent()
            await claim.finish(FlowStatus.COMPLETED)
            return claim.token.reveal() == flow

        done = await asyncio.gather(*(carry(*pair) for _ in range(50) for pair in ((one, two), (two, one))))

        assert [True] * 100 == done


CHECKS: Final[tuple[Check, ...]] = (
    a_row_is_replaced_by_who_knows_its_version,
    a_row_is_forgotten,
    what_is_due_comes_in_order,
    the_clock_is_the_servers,
    others_are_woken,
    a_closed_store_says_so,
    cancelling_leaves_nothing_open,
    a_flow_comes_back_whole,
    the_first_token_wins,
    a_flow_is_claimed_once,
    a_claim_that_ended_is_handed_on,
    what_was_sent_is_never_claimed_again,
    a_flow_goes_through_its_rounds,
    what_never_left_goes_back,
    a_challenge_ends_by_itself,
    a_token_is_taken_once,
    a_link_belongs_to_one_flow,
    many_at_once_lose_nothing,
)
"""All of them."""
