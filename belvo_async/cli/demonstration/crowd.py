"""
The users of the demo, each with a phone in hand.
"""

from __future__ import annotations

import asyncio

from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Final, NoReturn

import attrs

from belvo_async.cli.demonstration.clock import SkippingClock
from belvo_async.cli.demonstration.scenario import Behaviour
from belvo_async.cli.users import RIGHT_TOKEN, WRONG_TOKEN
from belvo_async.errors import MfaDeclinedError
from belvo_async.mfa.challenge import MfaChallenge


STRIDE: Final = 4
"""A challenge that nobody answers expires while so many times as many flows end as there may be at once."""

MARGIN: Final = 60.0
"""Seconds that every challenge has left which is going to be answered."""


@attrs.define(eq=False)
class Crowd:
    """
    All users, how many of them are waited for, and how time goes by for them.

    Whenever a flow ends, the clock skips a little, so that challenges expire that nobody answers. It never skips so
    far that somebody comes too late who does answer, however slow the machine is.

    Attributes:
        expiry: Seconds that a challenge waits.

        think: Seconds that a user takes at most.

        limit: How many flows there may be at once.

        watch: Called when a challenge is put to a user.

        asked: How many challenges wait for a user now.

        most_under_way: The most flows there were at once.
    """

    clock: SkippingClock
    expiry: float
    think: float
    limit: int
    random: Random
    watch: Callable[[], object] = lambda: None
    asked: int = 0
    most_under_way: int = 0
    _since: dict[Person, float] = attrs.field(
        factory=dict
    )  # oldest first: who may have a challenge, since when
    _silent: dict[Person, float] = attrs.field(factory=dict)  # who will never answer, and the end of it

    @property
    def under_way(self) -> int:
        """
        How many flows have begun and not ended.
        """
        return len(self._since) + len(self._silent)

    def begin(self, person: Person) -> None:
        """
        The flow of *person* begins.
        """
        self._since[person] = self.clock.monotonic()
        self.most_under_way = max(self.most_under_way, self.under_way)

    def end(self, person: Person) -> None:
        """
        The flow of *person* has ended.
        """
        self._since.pop(person, None)
        self._silent.pop(person, None)
        self._pass_time()

    @contextmanager
    def asking(self, person: Person) -> Generator[None]:
        """
        Count the challenge of *person* as open meanwhile.
        """
        self._since.pop(person, None)
        self._since[person] = self.clock.monotonic()
        self.asked += 1
        self.watch()
        try:
            yield
        finally:
            self.asked -= 1

    async def consider(self) -> None:
        """
        Look for the phone.
        """
        await self.clock.sleep(self.random.uniform(0, self.think))

    async def ignore(self, person: Person) -> NoReturn:
        """
        Never answer.
        """
        self._silent[person] = self._since.pop(person) + self.expiry + 1
        if not self._since:
            self._pass_time()
        while True:
            await asyncio.get_running_loop().create_future()

    def skip_all(self) -> None:
        """
        Let every challenge expire that there is.
        """
        self.clock.skip(self.expiry + 1)

    def _pass_time(self) -> None:
        now = self.clock.monotonic()
        if self._since:
            oldest = next(iter(self._since.values()))
            room = oldest + self.expiry - MARGIN - now
            self.clock.skip(max(0.0, min(room, self.expiry / (STRIDE * self.limit))))
        elif self._silent:
            self.clock.skip(max(0.0, max(self._silent.values()) - now))


@attrs.define(eq=False)
class Person:
    """
    One user in one flow, as a `TokenPrompt`.

    Attributes:
        rounds: How many challenges are to be answered.

        wrong: How many wrong tokens were given.
    """

    crowd: Crowd
    behaviour: Behaviour
    rounds: int
    wrong: int = 0

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Answer *challenge*, or do not.
        """
        with self.crowd.asking(self):
            if self.behaviour is Behaviour.ERRS and not self.wrong:
                await self.crowd.consider()
                self.wrong += 1
                return WRONG_TOKEN
            self.rounds -= 1
            if self.rounds == 0 and self.behaviour is Behaviour.IGNORES:
                await self.crowd.ignore(self)
            await self.crowd.consider()
            if self.rounds == 0 and self.behaviour is Behaviour.DECLINES:
                raise MfaDeclinedError
            return RIGHT_TOKEN if challenge.expects_user_input else None
