"""
The clocks: that of the machine, and the one that stands still until it is told to go on.
"""

from __future__ import annotations

import asyncio
import threading

from datetime import UTC, datetime, timedelta

import pytest

from belvo_async.clock import SYSTEM_CLOCK, Moment, SystemClock, moment
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


async def test_the_clock_of_the_machine() -> None:
    """
    The system's clock never runs back, and its calendar is in UTC.
    """
    first, second = moment(SYSTEM_CLOCK), moment(SYSTEM_CLOCK)

    assert first.monotonic <= second.monotonic
    assert timedelta(0) == first.instant.utcoffset()
    assert abs(datetime.now(UTC) - second.instant) < timedelta(minutes=1)
    assert "SystemClock()" == repr(SystemClock())


async def test_the_machine_calls_back() -> None:
    """
    A call that is due comes soon, one that is called off never.
    """
    called = asyncio.Event()
    called_off = asyncio.Event()

    SYSTEM_CLOCK.call_at(SYSTEM_CLOCK.monotonic() - 1, called.set)
    SYSTEM_CLOCK.call_at(SYSTEM_CLOCK.monotonic() - 2, called_off.set).cancel()
    async with asyncio.timeout(5):
        await called.wait()
    await SYSTEM_CLOCK.sleep(0)

    assert not called_off.is_set()


async def test_a_manual_clock_stands_still() -> None:
    """
    Time passes when it is told to, on both scales.
    """
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    seen = [moment(clock)]

    await clock.advance(1.5)
    seen.append(moment(clock))

    assert [
        Moment(0.0, datetime(2026, 5, 1, tzinfo=UTC)),
        Moment(1.5, datetime(2026, 5, 1, 0, 0, 1, 500000, tzinfo=UTC)),
    ] == seen
    assert "<ManualClock 2026-05-01T00:00:01Z>" == repr(clock)


async def test_what_is_due_on_the_way_is_called_in_order() -> None:
    """
    Each call sees the time at which it was due, also what a call makes due on the same way.
    """
    clock = ManualClock()
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, clock.monotonic()))

    def again() -> None:
        note("first")
        clock.call_at(5, lambda: note("made on the way"))

    clock.call_at(7, lambda: note("last"))
    clock.call_at(3, again)
    clock.call_at(3, lambda: note("second"))
    clock.call_at(4, lambda: note("called off")).cancel()
    clock.call_at(20, lambda: note("later"))
    await clock.advance(10)

    assert [("first", 3.0), ("second", 3.0), ("made on the way", 5.0), ("last", 7.0)] == seen
    assert (10.0, 1) == (clock.monotonic(), clock.sleeping)


async def test_a_call_that_was_due_before_does_not_turn_time_back() -> None:
    """
    What is due in the past is called with the next step, at the time that it is.
    """
    clock = ManualClock()
    await clock.advance(10)
    seen: list[float] = []

    clock.call_at(5, lambda: seen.append(clock.monotonic()))
    await clock.advance(0)

    assert [10.0] == seen


async def test_sleepers_wake_and_go_on() -> None:
    """
    A task that sleeps again and again is woken each time on the way.
    """
    clock = ManualClock()
    seen: list[float] = []

    async def nap() -> None:
        for _ in range(3):
            await clock.sleep(2)
            seen.append(clock.monotonic())

    task = asyncio.create_task(nap())
    await clock.advance(5)

    assert [2.0, 4.0] == seen
    assert 1 == clock.sleeping
    await clock.advance(1)
    assert task.done()
    assert 0 == clock.sleeping


async def test_a_cancelled_sleeper_leaves_nothing_behind() -> None:
    """
    Who is cancelled while sleeping does not wait any more.
    """
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.advance(0)
    assert 1 == clock.sleeping

    task.cancel()
    await clock.advance(0)

    assert task.cancelled()
    assert 0 == clock.sleeping


async def test_a_sleeper_cancelled_in_the_moment_it_is_due() -> None:
    """
    A timer that rings for a task already cancelled disturbs nobody.
    """
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await clock.advance(0)

    clock.call_at(4, task.cancel)
    clock.call_at(5, lambda: None)
    await clock.advance(5)

    assert task.cancelled()


async def test_a_clock_that_jumps() -> None:
    """
    Who sleeps goes on at once and moves the time on; deadlines on the way are met, others are not.
    """
    clock = ManualClock(jumps=True)
    met: list[float] = []
    for when in (2, 4, 6):
        clock.call_at(when, lambda: met.append(clock.monotonic()))

    await clock.sleep(5)
    await clock.sleep(-1)

    assert (5, [2, 4], 1) == (clock.monotonic(), met, clock.sleeping)


async def test_a_clock_for_two_threads() -> None:
    """
    What is due is called in the thread that asked for it, also while its loop waits for nothing else.
    """
    clock = ManualClock()
    where: list[int] = []

    async def sleep() -> None:
        clock.call_at(2, lambda: where.append(threading.get_ident()))
        await clock.sleep(3)
        where.append(threading.get_ident())

    other = threading.Thread(target=lambda: asyncio.run(sleep()))
    other.start()
    while 2 != clock.sleeping:
        await asyncio.sleep(0)
    await clock.advance(3)
    other.join(30)

    assert [other.ident, other.ident] == where


async def test_a_loop_that_has_ended_is_not_called() -> None:
    """
    What a loop asked for that is closed by now is left out.
    """
    clock = ManualClock()

    async def ask() -> None:
        clock.call_at(1, lambda: pytest.fail("called"))

    other = threading.Thread(target=lambda: asyncio.run(ask()))
    other.start()
    other.join(30)
    await clock.advance(1)

    assert (0, 1) == (clock.sleeping, clock.monotonic())


async def test_a_clock_that_follows() -> None:
    """
    A clock that follows has the time of the machine, goes on with it, and can be moved ahead of it.
    """
    clock = ManualClock()
    clock.follow()
    told = [clock.now() - datetime.now(UTC)]
    before = clock.monotonic()
    while clock.monotonic() == before:
        await asyncio.sleep(0)

    await clock.advance(3600)
    told.append(clock.now() - datetime.now(UTC))
    clock.follow()
    told.append(clock.now() - datetime.now(UTC))

    minute = timedelta(minutes=1)
    assert abs(told[0]) < minute
    assert all(abs(ahead - timedelta(hours=1)) < minute for ahead in told[1:])
