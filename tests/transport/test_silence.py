"""
Many requests without an answer, and one timer.
"""

from __future__ import annotations

import asyncio

from typing import Any

import pytest

from belvo_async.transport.silence import KEPT, Silences


pytestmark = pytest.mark.anyio


def timers() -> list[Any]:
    """
    Return the timers of the event loop that are to ring.
    """
    loop: Any = asyncio.get_running_loop()
    return [timer for timer in loop._scheduled if not timer.cancelled()]


async def test_who_is_not_answered_is_given_up_in_order() -> None:
    """
    Each after its own time, and those that were answered never.
    """
    given_up: asyncio.Queue[str] = asyncio.Queue()
    silences: Silences[str] = Silences(given_up.put_nowait)
    silences.begin("last", 0.05)
    for name in ("first", "answered", "second"):
        silences.begin(name, 0.01)
    silences.end("answered", 0.01)

    assert ["first", "second", "last"] == [await given_up.get() for _ in range(3)]
    assert (0, {}) == (len(silences), silences._queues)


async def test_a_thousand_share_one_timer() -> None:
    """
    Those that wait equally long.
    """
    silences: Silences[int] = Silences(lambda _: None)
    before = len(timers())
    for number in range(1_000):
        silences.begin(number, 60.0)

    assert 1 == len(timers()) - before
    silences.clear()
    assert (0, before) == (len(silences), len(timers()))


async def test_a_thousand_lengths_leave_few_timers() -> None:
    """
    Where each call says for how long it waits.
    """
    silences: Silences[int] = Silences(lambda _: None)
    before = len(timers())
    for number in range(1_000):
        silences.begin(number, 60.0 + number)
        silences.end(number, 60.0 + number)

    assert KEPT == len(silences._queues) == len(timers()) - before
    silences.clear()


async def test_who_began_later_waits_longer() -> None:
    """
    The timer of the first rings for the next one as well, and is set anew.
    """
    given_up: asyncio.Queue[str] = asyncio.Queue()
    silences: Silences[str] = Silences(given_up.put_nowait)
    loop = asyncio.get_running_loop()
    silences.begin("answered", 0.02)
    silences.end("answered", 0.02)
    silences.begin("other", 0.02)
    began = loop.time()

    assert "other" == await given_up.get()
    assert 0.02 <= loop.time() - began


async def test_what_was_not_begun_can_end() -> None:
    """
    Nothing happens.
    """
    silences: Silences[str] = Silences(lambda _: None)
    silences.end("nobody", 1.0)

    assert 0 == len(silences)
