"""
How time goes by in the demo.
"""

from __future__ import annotations

import asyncio

from datetime import timedelta
from random import Random

import pytest

from belvo_async.cli.demonstration.clock import SkippingClock
from belvo_async.cli.demonstration.crowd import MARGIN, Crowd, Person
from belvo_async.cli.demonstration.scenario import Behaviour
from belvo_async.errors import MfaDeclinedError
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge


EXPIRY = 600.0


@pytest.fixture(name="clock")
def _clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture(name="crowd")
def _crowd(clock: SkippingClock) -> Crowd:
    return Crowd(clock, EXPIRY, think=0, limit=2, random=Random(0))


def challenge(clock: SkippingClock, *, types: bool = True) -> MfaChallenge:
    """
    Return a challenge that was issued now.
    """
    return MfaChallenge(
        kind=ChallengeKind.TEXT, session="s", link="l", issued_at=clock.now(), expects_user_input=types
    )


def begun(crowd: Crowd, behaviour: Behaviour, rounds: int = 1) -> Person:
    """
    Return a user whose flow has begun.
    """
    person = Person(crowd, behaviour, rounds)
    crowd.begin(person)
    return person


def skipped(clock: SkippingClock, before: float) -> float:
    """
    Return the seconds since *before*, without those that the test itself took.
    """
    return round(clock.monotonic() - before, -1)


def test_skipping_brings_both_scales_forward(clock: SkippingClock) -> None:
    """
    After a skip both clocks have gone on by it.
    """
    monotonic, now = clock.monotonic(), clock.now()
    clock.skip(600)

    assert 600 <= clock.monotonic() - monotonic < 601
    assert timedelta(seconds=600) <= clock.now() - now < timedelta(seconds=601)


def test_what_has_become_due_is_called_soon(clock: SkippingClock) -> None:
    """
    A call that was due later comes after the skip, not inside of it, and only once.
    """
    calls: list[str] = []

    async def main() -> None:
        clock.call_at(clock.monotonic() + 100, lambda: calls.append("due"))
        clock.call_at(clock.monotonic() + 1000, lambda: calls.append("later"))
        off = clock.call_at(clock.monotonic() + 100, lambda: calls.append("off"))
        off.cancel()
        off.cancel()
        clock.skip(200)
        assert calls == []
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.skip(200)
        await asyncio.sleep(0)

    asyncio.run(main())

    assert calls == ["due"]
    assert len(clock.timers) == 1


def test_right_wrong_and_no_token(clock: SkippingClock, crowd: Crowd) -> None:
    """
    Users give the right token, or a wrong one first, or none where there is nothing to type.
    """

    async def main() -> list[str | None]:
        answers, errs = begun(crowd, Behaviour.ANSWERS), begun(crowd, Behaviour.ERRS)
        return [
            await answers(challenge(clock)),
            await errs(challenge(clock)),
            await errs(challenge(clock)),
            await begun(crowd, Behaviour.ANSWERS)(challenge(clock, types=False)),
        ]

    assert asyncio.run(main()) == ["111111", "999999", "111111", None]


def test_declining_happens_at_the_last_challenge(clock: SkippingClock, crowd: Crowd) -> None:
    """
    A user who is to be asked twice answers once before declining.
    """

    async def main() -> None:
        person = begun(crowd, Behaviour.DECLINES, rounds=2)
        assert await person(challenge(clock)) == "111111"
        with pytest.raises(MfaDeclinedError):
            await person(challenge(clock))

    asyncio.run(main())

    assert crowd.asked == 0


def test_time_is_skipped_at_once_when_nobody_is_left_to_answer(clock: SkippingClock, crowd: Crowd) -> None:
    """
    When all that is under way waits for somebody who ignores it, the challenge expires.
    """

    async def main() -> float:
        before = clock.monotonic()
        waiting = asyncio.create_task(begun(crowd, Behaviour.IGNORES)(challenge(clock)))
        await asyncio.sleep(0)
        passed = clock.monotonic() - before
        waiting.cancel()
        return passed

    assert asyncio.run(main()) > EXPIRY


def test_it_is_skipped_once_for_all_of_them(clock: SkippingClock, crowd: Crowd) -> None:
    """
    When several ignore their challenges, and their flows end one after the other, time does not run away.
    """

    async def main() -> float:
        before = clock.monotonic()
        people = [begun(crowd, Behaviour.IGNORES) for _ in range(5)]
        waiting = [asyncio.create_task(person(challenge(clock))) for person in people]
        await asyncio.sleep(0)
        for person, task in zip(people, waiting, strict=True):
            task.cancel()
            crowd.end(person)
        return skipped(clock, before)

    assert asyncio.run(main()) == EXPIRY


def test_a_little_is_skipped_whenever_a_flow_ends(clock: SkippingClock, crowd: Crowd) -> None:
    """
    While others are under way, the end of a flow takes the clock on by a small part of a challenge's life.
    """
    before = clock.monotonic()
    begun(crowd, Behaviour.ANSWERS)
    crowd.end(begun(crowd, Behaviour.ANSWERS))

    assert 0 < clock.monotonic() - before < EXPIRY / 4


def test_nobody_who_answers_comes_too_late(clock: SkippingClock, crowd: Crowd) -> None:
    """
    However many flows end meanwhile, a challenge that will be answered keeps its margin.
    """
    slow = begun(crowd, Behaviour.ANSWERS)
    before = clock.monotonic()
    for _ in range(100):
        crowd.end(begun(crowd, Behaviour.ANSWERS))

    assert skipped(clock, before) == EXPIRY - MARGIN

    crowd.end(slow)

    assert crowd.under_way == 0


def test_it_counts_what_is_under_way(crowd: Crowd) -> None:
    """
    The crowd knows how many flows there are, and how many there were at most.
    """
    people = [begun(crowd, Behaviour.ANSWERS) for _ in range(3)]
    for person in people:
        crowd.end(person)
    begun(crowd, Behaviour.ANSWERS)

    assert (crowd.under_way, crowd.most_under_way) == (1, 3)
