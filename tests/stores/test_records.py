"""
What a flow in a store may never do, whatever comes between two steps.
"""

from __future__ import annotations

import asyncio

from datetime import UTC, datetime

import attrs
import pytest

from belvo_async.errors import InvalidArgumentError, LostClaimError, StoreError
from belvo_async.messages import Secret
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.stores import Claim, Delivery, FlowRecord, FlowStatus, MemoryStore, Row, Seen
from belvo_async.stores.memory import Memory, MemoryRows
from belvo_async.stores.record import LONGEST_WAIT
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

TICKET = MfaTicket(
    operation="links.register",
    path="/api/links/",
    session="5a1d9e0c-f9a8-4d1b-9b6e-8d3c1c0f7a52",
    link="30cb4806-6e00-48a4-91c9-ca55968576c8",
    issued_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
)


async def begun(store: MemoryStore, owner: str = "one") -> Claim:
    """
    Return the claim of a new flow.
    """
    claim = await store.begin("order-17", owner=owner, lease=30)
    assert isinstance(claim, Claim)
    return claim


@pytest.mark.parametrize("owner", ["one", "two"])
async def test_a_claim_does_not_outlive_its_flow(owner: str) -> None:
    """
    A flow that was forgotten and begun again belongs to who began it again, though all its counters are the same.
    """
    store = MemoryStore(clock=ManualClock())
    before = await begun(store, "zero")
    await store.forget("order-17")
    after = await begun(store, owner)

    with pytest.raises(LostClaimError):
        await before.mark_sent()
    await after.mark_sent()


async def test_who_renews_does_not_hinder_who_works() -> None:
    """
    A claim can be renewed at any moment of the work, and always knows where its flow is.
    """
    store = MemoryStore(clock=ManualClock())
    claim = await begun(store)

    await asyncio.gather(
        *(claim.renew() for _ in range(5)), claim.mark_sent(), *(claim.renew() for _ in range(5))
    )

    assert claim.record == await store.look("order-17")
    assert FlowStatus.SENT is claim.record.status


async def test_time_goes_on_while_a_row_cannot_be_read() -> None:
    """
    The server's time is not lost when somebody was quicker and the server fails just then.
    """
    clock = ManualClock()
    rows = Failing(Memory(), clock)
    store = MemoryStore(clock=clock)
    store.rows = rows
    claim = await begun(store)
    await store.deliver("order-17", 1, "1234")
    await clock.advance(20)
    rows.fails = True
    with pytest.raises(StoreError):
        await claim.renew()
    rows.fails = False

    assert clock.now().timestamp() == claim.now()


class Failing(MemoryRows):
    """
    Rows that cannot be read for a while.
    """

    fails = False

    async def read(self, key: str) -> Seen:
        """
        Read, or fail.
        """
        if self.fails:
            raise StoreError(problem="no answer")
        return await super().read(key)

    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put, or find another version.
        """
        return not self.fails and await super().swap(key, row, version=version, wake=wake)


@pytest.mark.parametrize("status", [FlowStatus.CLAIMED, FlowStatus.SENT])
async def test_a_flow_that_was_left_alone_can_be_found(status: FlowStatus) -> None:
    """
    However short ended flows are kept, one whose worker has died stays there for who looks for what became of it.
    """
    clock = ManualClock()
    store = MemoryStore(clock=clock, keep=0)
    claim = await begun(store)
    if status is FlowStatus.SENT:
        await claim.mark_sent()
    await clock.advance(LONGEST_WAIT)

    assert ["order-17"] == await store.due()


async def test_nobody_answers_what_nobody_has_seen() -> None:
    """
    A token may be one challenge early, and no more: what people send cannot make a flow grow.
    """
    store = MemoryStore(clock=ManualClock())
    claim = await begun(store)

    assert [Delivery.FIRST, Delivery.LATE, Delivery.LATE] == [
        await store.deliver("order-17", round_, "1234") for round_ in (1, 2, 3)
    ]
    await claim.mark_sent()
    await claim.park(TICKET)
    assert [Delivery.DUPLICATE, Delivery.FIRST, Delivery.LATE] == [
        await store.deliver("order-17", round_, "1234") for round_ in (1, 2, 3)
    ]


@pytest.mark.parametrize("token", [1234, "12\n34", "1" * 100_000, b"1234"])
async def test_what_is_no_token_is_not_kept(token: object) -> None:
    """
    What cannot be the answer to any challenge is refused, also before the challenge comes.
    """
    store = MemoryStore(clock=ManualClock())
    claim = await begun(store)

    with pytest.raises(InvalidArgumentError, match="token"):
        await store.deliver("order-17", 1, token)  # type: ignore[arg-type] # what is wrong here

    assert not (await store.look("order-17") or claim.record).answers


@pytest.mark.parametrize("round_", ["1", 1.0, None, True])
async def test_rounds_are_numbers(round_: object) -> None:
    """
    What is no number of a challenge is refused in plain words.
    """
    with pytest.raises(InvalidArgumentError, match="round_"):
        await MemoryStore().deliver("order-17", round_, "1234")  # type: ignore[arg-type] # what is wrong here


@pytest.mark.parametrize("text", ["\ud800", "contraseña", "\x00", "鍵\U0001f511", '"\\'])
def test_every_text_comes_back(text: str) -> None:
    """
    Whatever an institution writes can be kept by any server, and comes back.
    """
    record = FlowRecord(
        flow="order-17",
        status=FlowStatus.WAITING,
        round=1,
        ticket=attrs.evolve(TICKET, instructions=text, value=text),
        answers={1: Secret(text)},
    )

    found = FlowRecord.from_json(record.to_json())

    assert record.to_json().isascii()
    assert record.ticket == found.ticket
    assert text == found.answers[1].reveal()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"v":2}', '{"v":1,"flow":"a","ticket":"{}"}', "[" * 100_000]
)
def test_what_is_no_flow_says_so(text: str) -> None:
    """
    A row of somebody else is a failure of the store, whatever it holds.
    """
    with pytest.raises(StoreError):
        FlowRecord.from_json(text)
