"""
The play: all stories of a scenario, driven by a client against a sandbox.
"""

from __future__ import annotations

import time

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Final, TypeVar

import attrs

from belvo_async.cli.demonstration.agreement import Disagreement, ServerCounts, disagreements
from belvo_async.cli.demonstration.clock import SkippingClock
from belvo_async.cli.demonstration.crowd import Crowd, Person
from belvo_async.cli.demonstration.scenario import Scenario, Story
from belvo_async.cli.demonstration.tally import Ending, Phase, PhaseTally, Tally
from belvo_async.cli.display import Display
from belvo_async.client import BelvoClient
from belvo_async.drive import drive
from belvo_async.models.balances import Balance
from belvo_async.models.links import Link
from belvo_async.sandbox import Faults, Sandbox
from belvo_async.session import MfaSession, TokenPrompt


T = TypeVar("T")

PERIOD: Final = timedelta(days=6)
"""Between the first and the last day of the balances."""

PAGE: Final = 1000
"""Rows on a page of the lists that are read at the end; the most that Belvo allows."""

EXPIRY: Final = 600
"""Seconds that a challenge of the demo waits, as Belvo's do."""

LISTING: Final = "read back"
"""What is done when all flows have ended."""


@attrs.frozen(kw_only=True)
class Options:
    """
    How it is played.

    Attributes:
        concurrency: How many flows are driven at once.

        seed: The same seed makes the same users do the same.

        latency: Seconds that the bank takes for each request.

        think: Seconds that a user takes at most.

        faults: What goes wrong on the way.
    """

    concurrency: int
    seed: int
    latency: float
    think: float
    faults: Faults | None = None


@attrs.frozen(kw_only=True)
class Result:
    """
    What the demo came to.

    Attributes:
        seconds: How long the flows took.

        most_under_way: The most flows there were at once.
    """

    seconds: float
    most_under_way: int
    client: Tally
    server: ServerCounts
    disagreements: Sequence[Disagreement]

    @property
    def flows_per_second(self) -> float:
        """
        How fast it went.
        """
        return self.client.total.flows / self.seconds if self.seconds else 0.0


@attrs.define(eq=False)
class Play:
    """
    One performance.

    Attributes:
        tally: What was counted so far.
    """

    scenario: Scenario
    client: BelvoClient
    sandbox: Sandbox
    crowd: Crowd
    display: Display
    tally: Tally = attrs.field(factory=Tally)
    _links: dict[int, str] = attrs.field(factory=dict)  # ids, by the number of the story
    _done: int = 0  # in this phase
    _yesterday: date = attrs.field(init=False)  # not in the future anywhere

    def __attrs_post_init__(self) -> None:
        self._yesterday = self.crowd.clock.now().date() - timedelta(days=1)

    async def perform(self) -> Result:
        """
        Go through all phases, read back what is stored, and compare.
        """
        self.crowd.watch = self._show
        await self.client.check()
        self.tally.requests["GET /api/"] += 1
        start = time.perf_counter()
        await self._act(Phase.REGISTER, self._register, self._keep_link)
        await self._act(Phase.RETRIEVE, self._retrieve, self._keep_rows)
        await self._act(Phase.UPDATE, self._update, _keep_nothing)
        seconds = time.perf_counter() - start
        server = await self._read_back()
        return Result(
            seconds=seconds,
            most_under_way=self.crowd.most_under_way,
            client=self.tally,
            server=server,
            disagreements=disagreements(self.scenario.expected(), self.tally, server),
        )

    # --- the phases ---

    def _register(self, story: Story, prompt: TokenPrompt) -> MfaSession[Link]:
        user = story.user
        return self.client.links.register(
            story.institution,
            user.username,
            user.password,
            access_mode="single",
            external_id=f"demo-{story.number}",
            prompt=prompt,
        )

    def _keep_link(self, story: Story, link: Link) -> None:
        self._links[story.number] = link.id

    def _retrieve(self, story: Story, prompt: TokenPrompt) -> MfaSession[list[Balance]]:
        return self.client.balances.retrieve(
            self._links[story.number],
            date_from=self._yesterday - PERIOD,
            date_to=self._yesterday,
            save_data=story.save_data,
            prompt=prompt,
        )

    def _keep_rows(self, story: Story, rows: list[Balance]) -> None:
        if story.save_data:
            self.tally.stored += len(rows)

    def _update(self, story: Story, prompt: TokenPrompt) -> MfaSession[Link]:
        return self.client.links.update(
            self._links[story.number], password=story.user.password, prompt=prompt
        )

    async def _act(
        self,
        phase: Phase,
        open_: Callable[[Story, TokenPrompt], MfaSession[T]],
        keep: Callable[[Story, T], None],
    ) -> None:
        """
        Drive the flows of *phase*, each made by *open_*; *keep* gets what each one brings.
        """
        roles: dict[MfaSession[T], tuple[Story, Person]] = {}
        stories = self._ready_for(phase)
        self._begin(phase.value, len(stories))
        async with drive(self._sessions(phase, stories, open_, roles), limit=self.crowd.limit) as outcomes:
            async for outcome in outcomes:
                story, person = roles.pop(outcome.session)
                self.tally.note(phase, outcome, person.wrong)
                if outcome.ok:
                    keep(story, outcome.unwrap())
                self.crowd.end(person)
                self._step()
        # Until the last challenge that was declined has expired, its link is busy at the institution.
        self.crowd.skip_all()
        self.display.end(_told(self.tally.phases[phase]))

    def _ready_for(self, phase: Phase) -> Sequence[Story]:
        stories = self.scenario.of(phase)
        if phase is Phase.REGISTER:
            return stories
        return [story for story in stories if story.number in self._links]

    def _sessions(
        self,
        phase: Phase,
        stories: Sequence[Story],
        open_: Callable[[Story, TokenPrompt], MfaSession[T]],
        roles: dict[MfaSession[T], tuple[Story, Person]],
    ) -> Iterator[MfaSession[T]]:
        for story in stories:
            person = Person(self.crowd, story.behaviours[phase], story.user.rounds)
            session = open_(story, person)
            roles[session] = story, person
            self.crowd.begin(person)
            yield session

    # --- the end ---

    async def _read_back(self) -> ServerCounts:
        """
        List what there is now, and return all that the sandbox has counted.
        """
        statuses: Counter[str] = Counter()
        rows = 0
        self._begin(LISTING, self.tally.phases[Phase.REGISTER].flows + self.tally.stored)
        async for links in self.client.links.list(page_size=PAGE).pages():
            statuses.update(link.status.value for link in links.results if link.status is not None)
            self.tally.requests["GET /api/links/"] += 1
            self._step(len(links.results))
        async for balances in self.client.balances.list(page_size=PAGE).pages():
            rows += len(balances.results)
            self.tally.requests["GET /api/balances/"] += 1
            self._step(len(balances.results))
        self.display.end(f"{statuses.total():,} links, {rows:,} balances")
        return ServerCounts.from_sandbox(self.sandbox, statuses, rows)

    # --- what is shown ---

    def _begin(self, stage: str, total: int) -> None:
        self._done = 0
        self.display.begin(stage, total)

    def _step(self, done: int = 1) -> None:
        self._done += done
        self._show()

    def _show(self) -> None:
        self.display.update(self._done, self.crowd.asked)


def _told(tally: PhaseTally) -> str:
    return ", ".join(f"{tally.endings[ending]:,} {ending.value}" for ending in Ending)


def _keep_nothing(story: Story, result: object) -> None:
    """
    What an update brings is a link that is known.
    """


def workload(scenario: Scenario) -> Mapping[str, int]:
    """
    Return what there is to do, by the name it is shown with.
    """
    flows = {phase.value: len(scenario.of(phase)) for phase in Phase}
    return {**flows, LISTING: len(scenario.stories)}


async def perform(scenario: Scenario, options: Options, display: Display) -> Result:
    """
    Play *scenario*: with a sandbox on the loopback, a client of it, and one clock for both.
    """
    clock = SkippingClock()
    random = Random(options.seed)  # noqa: S311 - how long people take is no secret
    crowd = Crowd(clock, EXPIRY, options.think, options.concurrency, random)
    async with (
        Sandbox(
            clock=clock, seed=options.seed, expiry=EXPIRY, latency=options.latency, faults=options.faults
        ) as sandbox,
        BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            retry=None,  # what is sent twice would be counted once
            clock=clock,
        ) as client,
    ):
        with display:
            return await Play(scenario, client, sandbox, crowd, display).perform()
