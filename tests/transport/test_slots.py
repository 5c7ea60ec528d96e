"""
Slots: taken, waited for, given back.
"""

from __future__ import annotations

import asyncio

import pytest

from belvo_async.transport.slots import Slots


pytestmark = pytest.mark.anyio


async def test_slots_are_given_in_the_order_of_arrival() -> None:
    """
    Who comes later does not overtake, also where a slot becomes free meanwhile.
    """
    slots = Slots(1)
    order: list[int] = []

    async def use(number: int) -> None:
        if slots.take() or await slots.wait(10.0):
            order.append(number)
            slots.release()

    assert slots.take()
    waiting = [asyncio.ensure_future(use(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert 3 == slots.waiting
    slots.release()
    assert not slots.take()  # it is promised already
    await asyncio.gather(*waiting)

    assert [0, 1, 2] == order
    assert (1, 0) == (slots.free, slots.waiting)


async def test_nobody_waits_for_ever() -> None:
    """
    After its time the answer is no, and the next slot goes to another.
    """
    slots = Slots(1)
    slots.take()

    assert not await slots.wait(0.0)
    slots.release()
    assert (1, 0) == (slots.free, slots.waiting)


async def test_who_is_cancelled_with_a_slot_in_hand_passes_it_on() -> None:
    """
    It was given the slot in the moment it was cancelled.
    """
    slots = Slots(1)
    slots.take()
    first, second = (asyncio.ensure_future(slots.wait(10.0)) for _ in range(2))
    await asyncio.sleep(0)
    slots.release()
    first.cancel()

    assert await second
    assert first.cancelled()
    slots.release()
    assert 1 == slots.free
