"""
What one client keeps apart: answers to one challenge, and calls for one link.
"""

from __future__ import annotations

import asyncio

from collections.abc import Awaitable, Callable

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.errors import SessionStateError
from belvo_async.guards import (
    REMEMBERED_SECONDS,
    Answered,
    Links,
    is_answered,
    mark_answered,
    reopen,
    unmark_answered,
)
from belvo_async.mfa.challenge import UNKNOWN_ROUND
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

LINK, OTHER = "30cb4806", "5f0c1d7b"


@attrs.define(eq=False)
class Caller:
    """
    Holds links; if it waits for *task*, it holds that one up for ever.
    """

    name: str = ""
    task: asyncio.Task[object] | None = None

    def holds_up(self, task: asyncio.Task[object] | None) -> bool:
        """
        Whether *task* is the one that has to go on first.
        """
        return task is not None and task is self.task


@pytest.fixture(name="links")
def _links() -> Links:
    return Links()


async def settle() -> None:
    """
    Let every task run until it waits.
    """
    for _ in range(5):
        await asyncio.sleep(0)


# --- answered challenges ---


async def test_an_answered_challenge_is_remembered() -> None:
    """
    What was answered is known, until it is proven that the answer never left.
    """
    answered = Answered(ManualClock())

    answered.add(("session", 1))

    assert ("session", 1) in answered
    assert ("session", 2) not in answered
    answered.discard(("session", 1))
    answered.discard(("session", 1))
    assert ("session", 1) not in answered
    assert 0 == len(answered)


async def test_answered_challenges_are_forgotten() -> None:
    """
    After a day a challenge is forgotten, so that memory does not grow.
    """
    clock = ManualClock()
    answered = Answered(clock)
    answered.add("first")
    await clock.advance(REMEMBERED_SECONDS)
    answered.add("second")
    assert 2 == len(answered)

    await clock.advance(1)
    answered.add("third")

    assert [False, True, True] == [name in answered for name in ("first", "second", "third")]


async def test_what_was_answered_again_is_remembered_from_then() -> None:
    """
    An answer taken back and given again counts from the second time.
    """
    clock = ManualClock()
    answered = Answered(clock)
    answered.add("first")
    answered.discard("first")
    await clock.advance(REMEMBERED_SECONDS - 1)
    answered.add("first")

    await clock.advance(2)
    answered.add("second")

    assert "first" in answered


async def test_a_challenge_is_remembered_until_its_deadline() -> None:
    """
    Past its deadline nobody answers a challenge, so that it is forgotten, also behind one that is kept for long.
    """
    clock = ManualClock()
    answered = Answered(clock)
    answered.add("for long")
    for number in range(5_000):
        answered.add(number, clock.monotonic() + 10)
    assert 4_999 in answered
    await clock.advance(11)
    assert 4_999 not in answered
    for number in range(5_000):
        answered.add(-number, clock.monotonic() + 10)

    assert "for long" in answered
    assert len(answered) < 10_100
    await clock.advance(REMEMBERED_SECONDS)
    answered.add("last")
    assert 1 == len(answered)


# --- busy links ---


async def test_a_free_link_is_taken_at_once(links: Links) -> None:
    """
    Links are independent, and a free one is taken without waiting.
    """
    one, other = Caller(), Caller()

    await links.acquire(LINK, one)
    await links.acquire(OTHER, other)

    assert (True, True, False) == tuple(links.is_busy(link) for link in (LINK, OTHER, "third"))
    assert 2 == len(links)


async def test_claiming(links: Links) -> None:
    """
    A link is claimed by one at a time, and by the same one as often as it likes.
    """
    one, other = Caller(), Caller()

    assert [True, True, False] == [links.claim(LINK, caller) for caller in (one, one, other)]
    links.release(LINK, other)
    assert not links.claim(LINK, other)
    links.release(LINK, one)
    assert links.claim(LINK, other)


async def test_who_has_it_does_not_wait_for_itself(links: Links) -> None:
    """
    A link that one has already is taken again at once, whoever waits for it.
    """
    caller = Caller()
    await links.acquire(LINK, caller)
    waiting = asyncio.create_task(links.acquire(LINK, Caller()))
    await settle()

    await asyncio.wait_for(links.acquire(LINK, caller), 1)

    assert not waiting.done()
    links.release(LINK, caller)
    await waiting


async def test_giving_back_what_one_does_not_have(links: Links) -> None:
    """
    A link is given back by who has it, and by nobody else.
    """
    one, other = Caller(), Caller()
    links.release(LINK, one)
    await links.acquire(LINK, one)

    links.release(LINK, other)

    assert links.is_busy(LINK)
    links.release(LINK, one)
    links.release(LINK, one)
    assert (False, 0) == (links.is_busy(LINK), len(links))


async def test_links_are_handed_over_in_the_order_of_arrival(links: Links) -> None:
    """
    Who waits longest is next; at no time two have the link.
    """
    seen: list[str] = []

    async def work(name: str) -> None:
        caller = Caller(name)
        await links.acquire(LINK, caller)
        seen.append(f"{name} begins")
        await asyncio.sleep(0)
        seen.append(f"{name} ends")
        links.release(LINK, caller)

    await asyncio.gather(*(work(name) for name in "abcd"))

    assert [f"{name} {what}" for name in "abcd" for what in ("begins", "ends")] == seen
    assert (0, {}) == (len(links), links._waiting)


async def test_nobody_overtakes(links: Links) -> None:
    """
    Who comes in the moment of a hand-over waits behind those who waited before.
    """
    first, second, third = Caller("first"), Caller("second"), Caller("third")
    await links.acquire(LINK, first)
    waiting = asyncio.create_task(links.acquire(LINK, second))
    await settle()

    links.release(LINK, first)
    late = asyncio.create_task(links.acquire(LINK, third))
    assert not links.claim(LINK, third)
    await settle()

    assert (True, False) == (waiting.done(), late.done())
    links.release(LINK, second)
    await settle()
    assert late.done()
    links.release(LINK, third)
    assert (0, {}) == (len(links), links._waiting)


async def test_who_is_cancelled_leaves_the_queue(links: Links) -> None:
    """
    A cancelled call gives up its place; those behind it move up.
    """
    first, second, third = Caller(), Caller(), Caller()
    await links.acquire(LINK, first)
    doomed = asyncio.create_task(links.acquire(LINK, second))
    patient = asyncio.create_task(links.acquire(LINK, third))
    await settle()

    doomed.cancel()
    await settle()
    assert doomed.cancelled()
    assert links.is_busy(LINK)
    links.release(LINK, first)
    await settle()

    assert patient.done()
    assert links.claim(LINK, third)
    links.release(LINK, third)
    assert (0, {}) == (len(links), links._waiting)


async def test_the_last_one_who_is_cancelled_leaves_no_queue(links: Links) -> None:
    """
    When nobody waits any more, nothing is kept for waiting.
    """
    first = Caller()
    await links.acquire(LINK, first)
    doomed = asyncio.create_task(links.acquire(LINK, Caller()))
    await settle()

    doomed.cancel()
    await settle()

    assert {} == links._waiting
    assert links.is_busy(LINK)
    links.release(LINK, first)
    assert 0 == len(links)


async def test_cancelled_just_before_the_hand_over(links: Links) -> None:
    """
    A link is not handed to a call that has been cancelled and does not know yet.
    """
    first, third = Caller(), Caller()
    await links.acquire(LINK, first)
    doomed = asyncio.create_task(links.acquire(LINK, Caller()))
    patient = asyncio.create_task(links.acquire(LINK, third))
    await settle()

    doomed.cancel()
    links.release(LINK, first)
    await settle()

    assert doomed.cancelled()
    assert patient.done()
    assert links.claim(LINK, third)


async def test_cancelled_just_before_the_hand_over_with_nobody_behind(links: Links) -> None:
    """
    A link that only a cancelled call waited for becomes free.
    """
    first = Caller()
    await links.acquire(LINK, first)
    doomed = asyncio.create_task(links.acquire(LINK, Caller()))
    await settle()

    doomed.cancel()
    links.release(LINK, first)
    await settle()

    assert doomed.cancelled()
    assert (0, {}) == (len(links), links._waiting)


@pytest.mark.parametrize("behind", [0, 1, 2])
async def test_cancelled_in_the_moment_of_the_hand_over(links: Links, behind: int) -> None:
    """
    A call that is given the link and cancelled in one moment passes it on, or frees it.
    """
    first = Caller()
    await links.acquire(LINK, first)
    doomed = asyncio.create_task(links.acquire(LINK, Caller()))
    callers = [Caller() for _ in range(behind)]
    patient = [asyncio.create_task(links.acquire(LINK, caller)) for caller in callers]
    await settle()

    links.release(LINK, first)
    doomed.cancel()
    await settle()

    assert doomed.cancelled()
    assert [True, False][:behind] == [task.done() for task in patient]
    for caller in callers:
        links.release(LINK, caller)
        await settle()
    assert (0, {}) == (len(links), links._waiting)


async def test_waiting_for_oneself_is_told(links: Links) -> None:
    """
    A task that would wait for a challenge only it can answer is told so, and waits for nothing.
    """
    blocker = Caller(task=asyncio.current_task())
    await links.acquire(LINK, blocker)

    with pytest.raises(SessionStateError) as caught:
        await links.acquire(LINK, Caller())

    assert (
        "a call for link 30cb4806 is not possible in state CHALLENGED (another session for this link, in this task);"
        " answer that challenge first, or suspend() or cancel() its session"
    ) == str(caught.value)
    assert {} == links._waiting
    links.release(LINK, blocker)
    await links.acquire(LINK, Caller())


async def test_another_task_may_wait_for_it(links: Links) -> None:
    """
    A challenge that another task answers is worth waiting for.
    """
    blocker = Caller(task=asyncio.current_task())
    await links.acquire(LINK, blocker)

    waiting = asyncio.create_task(links.acquire(LINK, Caller()))
    await settle()

    assert not waiting.done()
    links.release(LINK, blocker)
    await waiting


steps = st.lists(
    st.tuples(st.sampled_from(["come", "cancel", "release", "settle"]), st.integers(0, 5)), max_size=40
)


@given(steps)
def test_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """
    Through any coming, leaving and cancelling, a link has one holder, nobody is forgotten, and nothing leaks.
    """

    async def run() -> None:
        links = Links()
        holding: list[Caller] = []
        tasks: list[asyncio.Task[None]] = []
        callers: list[Caller] = []

        async def hold(caller: Caller) -> None:
            await links.acquire(LINK, caller)
            holding.append(caller)

        def release() -> None:
            if holding:
                links.release(LINK, holding.pop())

        for action, number in steps:
            if action == "come":
                callers.append(Caller(str(len(callers))))
                tasks.append(asyncio.create_task(hold(callers[-1])))
            elif action == "cancel" and number < len(tasks):
                tasks[number].cancel()
            elif action == "release":
                release()
            elif action == "settle":
                await settle()
            assert len(holding) <= 1
        await drain(tasks, settle, release)
        assert all(task.done() for task in tasks)
        assert (0, {}) == (len(links), links._waiting)

    asyncio.run(run())


async def drain(
    tasks: list[asyncio.Task[None]], settle: Callable[[], Awaitable[None]], release: Callable[[], None]
) -> None:
    """
    Let one after the other have the link and give it back.
    """
    for _ in range(len(tasks) + 1):
        await settle()
        release()


def test_a_new_challenge_of_the_same_session_opens_only_itself() -> None:
    """
    Where Belvo keeps the id for the next challenge, that one can be answered, once, and the one before never again.
    """
    answered = Answered(ManualClock())
    mark_answered(answered, "s", 1, None)
    reopen(answered, "s")

    assert [True, False, False] == [is_answered(answered, "s", round_) for round_ in (1, 2, UNKNOWN_ROUND)]
    mark_answered(answered, "s", 2, None)
    assert all(is_answered(answered, "s", round_) for round_ in (1, 2, UNKNOWN_ROUND))
    unmark_answered(answered, "s", 2)
    assert [True, False, False] == [is_answered(answered, "s", round_) for round_ in (1, 2, UNKNOWN_ROUND)]
    reopen(answered, "another")
    assert not is_answered(answered, "another", 1)
