"""
Who does what in the demo.
"""

from __future__ import annotations

from collections import Counter

import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.cli.demonstration.scenario import Behaviour, Scenario, Story, make_scenario
from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally
from belvo_async.cli.users import INSTITUTIONS, TEST_USERS, SandboxUser


@pytest.fixture(name="scenario")
def _scenario() -> Scenario:
    return make_scenario(300, seed=0)


sizes = st.integers(1, 200)
seeds = st.integers(-5, 5)


@given(sizes, seeds)
def test_it_follows_from_the_seed(links: int, seed: int) -> None:
    """
    The same seed makes the same scenario, with as many stories as there are links.
    """
    scenario = make_scenario(links, seed)

    assert make_scenario(links, seed) == scenario
    assert list(range(links)) == [story.number for story in scenario.stories]


def test_other_seeds_make_other_scenarios(scenario: Scenario) -> None:
    """
    Another seed deals the parts in another way.
    """
    assert make_scenario(300, seed=1) != scenario


@given(sizes, seeds)
def test_only_confirmed_links_are_used(links: int, seed: int) -> None:
    """
    Balances are retrieved of every link whose registration completes, and of no other.
    """
    for story in make_scenario(links, seed).stories:
        confirmed = story.behaviours[Phase.REGISTER].ending is Ending.COMPLETED

        assert confirmed == (Phase.RETRIEVE in story.behaviours)
        assert confirmed or Phase.UPDATE not in story.behaviours


@given(sizes, seeds)
def test_only_who_types_can_mistype(links: int, seed: int) -> None:
    """
    No user who just taps a button gives a wrong token.
    """
    for story in make_scenario(links, seed).stories:
        assert story.user.types or Behaviour.ERRS not in story.behaviours.values()


@pytest.mark.parametrize("phase", Phase)
def test_everything_happens_in_every_phase(scenario: Scenario, phase: Phase) -> None:
    """
    In a scenario of the default size each phase has users of each behaviour.
    """
    assert set(Behaviour) == {story.behaviours[phase] for story in scenario.of(phase)}


def test_every_user_and_every_institution_takes_part(scenario: Scenario) -> None:
    """
    All kinds of challenges come about equally often, at all banks, stored and not.
    """
    users = Counter(story.user for story in scenario.stories)

    assert set(TEST_USERS) == set(users)
    assert min(users.values()) > 300 / len(TEST_USERS) / 2
    assert set(INSTITUTIONS) == {story.institution for story in scenario.stories}
    assert {True, False} == {story.save_data for story in scenario.stories}


ONCE, TWICE = SandboxUser("once", "", ""), SandboxUser("twice", "", "", rounds=2)


@pytest.mark.parametrize(
    ("user", "behaviour", "expected"),
    [
        (ONCE, Behaviour.ANSWERS, PhaseTally(Counter([Ending.COMPLETED]), 1, 1, 0)),
        (ONCE, Behaviour.ERRS, PhaseTally(Counter([Ending.COMPLETED]), 2, 2, 1)),
        (ONCE, Behaviour.DECLINES, PhaseTally(Counter([Ending.DECLINED]), 1, 0, 0)),
        (ONCE, Behaviour.IGNORES, PhaseTally(Counter([Ending.EXPIRED]), 1, 0, 0)),
        (TWICE, Behaviour.ANSWERS, PhaseTally(Counter([Ending.COMPLETED]), 2, 2, 0)),
        (TWICE, Behaviour.ERRS, PhaseTally(Counter([Ending.COMPLETED]), 3, 3, 1)),
        (TWICE, Behaviour.DECLINES, PhaseTally(Counter([Ending.DECLINED]), 2, 1, 0)),
        (TWICE, Behaviour.IGNORES, PhaseTally(Counter([Ending.EXPIRED]), 2, 1, 0)),
    ],
    ids=lambda value: getattr(value, "username", getattr(value, "value", "")),
)
def test_what_a_flow_has_to_come_to(user: SandboxUser, behaviour: Behaviour, expected: PhaseTally) -> None:
    """
    Who errs is asked once more; who declines or ignores does so at the last challenge.
    """
    story = Story(
        number=0,
        institution="heimdall_mx_retail",
        user=user,
        behaviours={Phase.REGISTER: behaviour},
        save_data=True,
    )

    assert expected == story.expected(Phase.REGISTER)


def test_a_scenario_adds_up_its_stories(scenario: Scenario) -> None:
    """
    What is expected of a phase is the sum of what is expected of its flows.
    """
    expected = scenario.expected()

    assert expected[Phase.REGISTER].flows == 300
    for phase in Phase:
        assert expected[phase].flows == len(scenario.of(phase))
        assert expected[phase].endings[Ending.FAILED] == 0
        assert expected[phase].unanswered == (
            expected[phase].endings[Ending.DECLINED] + expected[phase].endings[Ending.EXPIRED]
        )
