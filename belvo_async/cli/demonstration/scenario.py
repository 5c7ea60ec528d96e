"""
Who does what in the demo, and what that has to come to. No I/O; the same seed makes the same scenario.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from random import Random
from typing import Final

import attrs

from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally
from belvo_async.cli.users import INSTITUTIONS, TEST_USERS, SandboxUser


class Behaviour(Enum):
    """
    What a user does when the bank wants a token.
    """

    ANSWERS = "answers"
    """Gives the right token."""

    ERRS = "errs"
    """Gives a wrong token first, then the right one."""

    DECLINES = "declines"
    """Does not want to go on."""

    IGNORES = "ignores"
    """Does nothing at all, until the challenge expires."""

    @property
    def ending(self) -> Ending:
        """
        How a flow ends with such a user.
        """
        return ENDINGS.get(self, Ending.COMPLETED)


ENDINGS: Final[Mapping[Behaviour, Ending]] = {
    Behaviour.DECLINES: Ending.DECLINED,
    Behaviour.IGNORES: Ending.EXPIRED,
}

SHARES: Final[Mapping[Phase, Mapping[Behaviour, int]]] = {
    Phase.REGISTER: {
        Behaviour.ANSWERS: 70,
        Behaviour.ERRS: 12,
        Behaviour.DECLINES: 10,
        Behaviour.IGNORES: 8,
    },
    Phase.RETRIEVE: {Behaviour.ANSWERS: 78, Behaviour.ERRS: 10, Behaviour.DECLINES: 6, Behaviour.IGNORES: 6},
    Phase.UPDATE: {Behaviour.ANSWERS: 70, Behaviour.ERRS: 16, Behaviour.DECLINES: 7, Behaviour.IGNORES: 7},
}
"""How many in a hundred behave in which way."""

UPDATED: Final = 3
"""One confirmed link in so many gets new credentials."""


@attrs.frozen(kw_only=True)
class Story:
    """
    What happens with one link.

    Attributes:
        behaviours: What its user does in each phase it takes part in.

        save_data: Whether its balances are to be stored.
    """

    number: int
    institution: str
    user: SandboxUser
    behaviours: Mapping[Phase, Behaviour]
    save_data: bool

    def expected(self, phase: Phase) -> PhaseTally:
        """
        Return what the flow of *phase* has to come to.
        """
        behaviour, rounds = self.behaviours[phase], self.user.rounds
        if behaviour.ending is not Ending.COMPLETED:
            # It is the last challenge that goes unanswered.
            return PhaseTally(Counter([behaviour.ending]), challenges=rounds, answers=rounds - 1)
        wrong = int(behaviour is Behaviour.ERRS)
        return PhaseTally(
            Counter([Ending.COMPLETED]), challenges=rounds + wrong, answers=rounds + wrong, wrong=wrong
        )


@attrs.frozen
class Scenario:
    """
    The stories of all links.
    """

    stories: Sequence[Story]

    def of(self, phase: Phase) -> Sequence[Story]:
        """
        Return the stories that take part in *phase*.
        """
        return [story for story in self.stories if phase in story.behaviours]

    def expected(self) -> Mapping[Phase, PhaseTally]:
        """
        Return what each phase has to come to.
        """
        tallies = {phase: PhaseTally() for phase in Phase}
        for story in self.stories:
            for phase in story.behaviours:
                tallies[phase].add(story.expected(phase))
        return tallies


def make_scenario(links: int, seed: int) -> Scenario:
    """
    Return stories for so many *links*.
    """
    random = Random(seed)  # noqa: S311 - repeatable on purpose; nothing here is secret
    parts: list[dict[Phase, Behaviour]] = [
        {Phase.REGISTER: behaviour} for behaviour in _dealt(Phase.REGISTER, links, random)
    ]
    confirmed = [part for part in parts if part[Phase.REGISTER].ending is Ending.COMPLETED]
    for phase, takers in ((Phase.RETRIEVE, confirmed), (Phase.UPDATE, confirmed[::UPDATED])):
        for part, behaviour in zip(takers, _dealt(phase, len(takers), random), strict=True):
            part[phase] = behaviour
    return Scenario(tuple(_stories(parts)))


def _stories(parts: Sequence[Mapping[Phase, Behaviour]]) -> Iterator[Story]:
    anybody, typist = deque(TEST_USERS), deque(user for user in TEST_USERS if user.types)
    for number, part in enumerate(parts):
        # Only who types a token can give a wrong one.
        users = typist if Behaviour.ERRS in part.values() else anybody
        users.rotate(-1)
        yield Story(
            number=number,
            institution=INSTITUTIONS[number % len(INSTITUTIONS)],
            user=users[0],
            behaviours=part,
            save_data=number % 2 == 0,
        )


def _dealt(phase: Phase, count: int, random: Random) -> Sequence[Behaviour]:
    """
    Return *count* behaviours in the shares of *phase*, in any order. What rounding leaves over goes to those who answer.
    """
    dealt = [
        behaviour for behaviour, share in SHARES[phase].items() for _ in range(round(count * share / 100))
    ][:count]
    dealt += [Behaviour.ANSWERS] * (count - len(dealt))
    random.shuffle(dealt)
    return dealt
