"""
Many deadlines share one timer: each is called once, in order, unless it is called off.
"""

from __future__ import annotations

import asyncio

from collections.abc import Callable
from typing import Any

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.deadlines import FEWEST_TO_SWEEP, Deadline, Deadlines
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


class CountingClock(ManualClock):
    """
    Counts the timers that were set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.set = 0

    def call_at(self, when: float, callback: Callable[[], object]) -> Any:
        """
        Call *callback* when `advance()` gets to *when*.
        """
        self.set += 1
        return super().call_at(when, callback)


@pytest.fixture(name="clock")
def _clock() -> CountingClock:
    return CountingClock()


@pytest.fixture(name="deadlines")
def _deadlines(clock: CountingClock) -> Deadlines:
    return Deadlines(clock)


async def test_deadlines_come_in_their_order(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    What is due first is called first, at its time; what is due at once, in the order it was set.
    """
    seen: list[tuple[str, float]] = []

    for name, when in (("c", 30), ("a", 10), ("b", 20), ("a2", 10)):
        deadlines.at(when, lambda name=name: seen.append((name, clock.monotonic())))  # type: ignore[misc] # bound here
    await clock.advance(25)

    assert [("a", 10.0), ("a2", 10.0), ("b", 20.0)] == seen
    assert 1 == len(deadlines)


async def test_one_timer_for_many(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    A thousand deadlines arm one timer, and each moment one more.
    """
    for number in range(1000):
        deadlines.at(600 + number % 2, lambda: None)

    assert 1 == clock.sleeping == clock.set
    assert 1000 == len(deadlines)
    await clock.advance(600)
    assert 1 == clock.sleeping
    assert 500 == len(deadlines)
    await clock.advance(1)
    assert (0, 0, 2) == (clock.sleeping, len(deadlines), clock.set)


async def test_an_earlier_deadline_moves_the_timer(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    Whatever is set last: the timer waits for the earliest.
    """
    seen: list[str] = []
    deadlines.at(100, lambda: seen.append("late"))

    deadlines.at(10, lambda: seen.append("early"))

    assert 1 == clock.sleeping
    await clock.advance(10)
    assert ["early"] == seen


async def test_what_is_called_off_is_not_called(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    A deadline that was called off never comes; calling off twice, or too late, is harmless.
    """
    seen: list[str] = []
    first = deadlines.at(10, lambda: seen.append("first"))
    second = deadlines.at(20, lambda: seen.append("second"))

    first.cancel()
    first.cancel()
    assert 1 == len(deadlines)
    await clock.advance(30)
    second.cancel()

    assert ["second"] == seen
    assert (0, 0) == (len(deadlines), clock.sleeping)


async def test_nothing_is_armed_when_nothing_waits(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    When the last one is called off, no timer is left in the event loop.
    """
    waiting = [deadlines.at(when, lambda: None) for when in (10, 20, 30, 40)]

    for deadline in waiting:
        deadline.cancel()

    assert (0, 0, 0) == (len(deadlines), clock.sleeping, len(deadlines._heap))


async def test_dead_wood_is_cleared(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    What was called off takes no more room than what waits, and the rest still comes.
    """
    seen: list[int] = []
    waiting = [
        deadlines.at(10 + number, lambda number=number: seen.append(number))  # type: ignore[misc] # bound here
        for number in range(100)
    ]

    for deadline in waiting[:90]:
        deadline.cancel()
        assert len(deadlines._heap) <= max(2 * len(deadlines), FEWEST_TO_SWEEP)

    assert 10 == len(deadlines)
    await clock.advance(200)
    assert list(range(90, 100)) == seen
    assert 0 == clock.sleeping


async def test_a_timer_that_rings_for_dead_wood(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    A timer whose deadline was called off rings for nobody, and is set for the next.
    """
    seen: list[str] = []
    deadlines.at(10, lambda: seen.append("off")).cancel()
    early = deadlines.at(10, lambda: seen.append("early"))
    deadlines.at(20, lambda: seen.append("middle"))
    deadlines.at(30, lambda: seen.append("late"))
    early.cancel()

    await clock.advance(15)
    assert [] == seen
    assert (2, 1) == (len(deadlines), clock.sleeping)

    await clock.advance(15)
    assert ["middle", "late"] == seen


async def test_a_late_bell_calls_all_that_is_due(deadlines: Deadlines, clock: CountingClock) -> None:
    """
    After a standstill everything that has become due is called, once.
    """
    seen: list[str] = []
    await clock.advance(100)
    for name, when in (("b", 60), ("a", 50), ("c", 1000)):
        deadlines.at(when, lambda name=name: seen.append(name))  # type: ignore[misc] # bound here

    await clock.advance(0)

    assert ["a", "b"] == seen
    assert (1, 1) == (len(deadlines), clock.sleeping)


async def test_deadlines_may_set_deadlines(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    What a call sets is waited for as well, also if it is due at once.
    """
    seen: list[str] = []

    def again() -> None:
        seen.append("first")
        deadlines.at(clock.monotonic(), lambda: seen.append("at once"))
        deadlines.at(clock.monotonic() + 5, lambda: seen.append("later"))

    deadlines.at(10, again)
    await clock.advance(14)

    assert ["first", "at once"] == seen
    await clock.advance(1)
    assert ["first", "at once", "later"] == seen
    assert 0 == clock.sleeping


async def test_what_a_call_calls_off_is_not_called(clock: CountingClock, deadlines: Deadlines) -> None:
    """
    A deadline that another one calls off in the same moment does not come any more.
    """
    seen: list[str] = []
    doomed: list[Deadline] = []

    def call_off() -> None:
        for deadline in doomed:
            deadline.cancel()

    deadlines.at(10, call_off)
    doomed += [deadlines.at(10, lambda: seen.append("called off")) for _ in range(3)]
    deadlines.at(10, lambda: seen.append("kept"))

    await clock.advance(10)

    assert ["kept"] == seen
    assert (0, 0) == (len(deadlines), clock.sleeping)


async def test_a_call_that_raises_does_not_stop_the_others(
    clock: CountingClock, deadlines: Deadlines
) -> None:
    """
    What one call raises reaches the event loop; the others still come.
    """
    seen: list[str] = []

    def fail() -> None:
        msg = "as planned"
        raise ZeroDivisionError(msg)

    deadlines.at(10, fail)
    deadlines.at(10, lambda: seen.append("same moment"))
    deadlines.at(20, lambda: seen.append("later"))

    with pytest.raises(ZeroDivisionError, match="as planned"):
        await clock.advance(10)
    await clock.advance(10)

    assert ["same moment", "later"] == seen
    assert 0 == clock.sleeping


actions = st.lists(
    st.tuples(st.just("set"), st.integers(0, 30))
    | st.tuples(st.just("cancel"), st.integers(0, 20))
    | st.tuples(st.just("advance"), st.integers(0, 10)),
    max_size=40,
)


@given(actions)
def test_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """
    Through any setting, calling off and passing of time each deadline is called once, at its time, or never.
    """
    clock = CountingClock()
    deadlines = Deadlines(clock)
    waiting: list[tuple[float, Deadline, list[float]]] = []
    off: set[int] = set()

    async def run() -> None:
        for action, number in steps:
            if action == "set":
                called: list[float] = []
                when = clock.monotonic() + number
                note = lambda called=called: called.append(clock.monotonic())  # noqa: E731 - bound to its list
                waiting.append((when, deadlines.at(when, note), called))
            elif action == "cancel" and number < len(waiting):
                waiting[number][1].cancel()
                if not waiting[number][2]:
                    off.add(number)
            elif action == "advance":
                await clock.advance(number)
            open_ones = [n for n, (_, _, called) in enumerate(waiting) if not called and n not in off]
            assert len(open_ones) == len(deadlines)
            assert clock.sleeping <= 1
            assert clock.sleeping == 1 or not open_ones
        await clock.advance(100)

    asyncio.run(run())

    for number, (when, _, called) in enumerate(waiting):
        assert ([] if number in off else [when]) == called
    assert (0, 0) == (len(deadlines), clock.sleeping)
