"""
The rows at work: so many at a time, each as far as it gets without its user.

What a row needs lies on the disk before it is needed: in the file, in the journal, in the store. In memory are numbers of rows, and
the few that are under way. So this may be killed at any moment, and whoever comes next goes on.

The story of a row. It is begun, which makes a flow in the store (`workers.start_flow`); on a challenge that flow is parked there, and the
user is asked now, or later. The answer goes to the store and from there to Belvo (`workers.resume_flow`). What nobody can
tell about a request that was cut off is looked for, and if it cannot be found the row is begun again: a registration by giving the
link that it has made its credentials anew, so that there is never a second link.
"""

from __future__ import annotations

import asyncio
import heapq

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import attrs

from belvo_async.cli.batch.jobs import REGISTER, Jobs
from belvo_async.cli.batch.journal import COMPLETED, Entry, Journal
from belvo_async.cli.batch.results import Results
from belvo_async.cli.batch.rows import Problem, RowError, Source
from belvo_async.client import BelvoClient
from belvo_async.clock import SYSTEM_CLOCK
from belvo_async.errors import (
    AuthenticationError,
    BelvoError,
    DecodeError,
    InstitutionUnavailableError,
    InvalidArgumentError,
    MfaDeclinedError,
    NotFoundError,
    RequestTimeoutError,
    ServerError,
    StoreError,
    TooManySessionsError,
    TransportError,
)
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.session import MfaSession
from belvo_async.stores import FlowStatus, Store
from belvo_async.stores.record import KICKED_AFTER, OPENING, FlowRecord, error_class, instant
from belvo_async.stores.store import FLOW, Claim
from belvo_async.workers import FlowOutcome, Leases, advance_flow, start_flow


T = TypeVar("T")

BATCH: Final = 256
"""Rows whose numbers are read at once."""

LOOKED: Final = 1.0
"""Seconds between two looks for answers that came from another process, and for deadlines that have passed."""

PUT_ASIDE: Final = 1_000
"""Rows that may wait for a time of their own; with so many of them no new ones are begun."""

NOT_YET: Final = 1.0
"""Seconds until a row is looked at again that another process is at."""

BUSY: Final = "TooManySessionsError"
"""The problem of a link that waits for the answer to a challenge that got lost, until that expires."""

GONE: Final = "NotFoundError"

BUSY_AGAIN: Final = 30.0
"""Seconds until that is tried again."""

BUSY_TRIES: Final = 12
"""How often; with what the client itself waits that is more than a quarter of an hour."""

UNREACHED: Final = "unreached"

UNREACHED_AGAIN: Final = 5.0

UNREACHED_TRIES: Final = 3
"""How often a row is tried whose request did not get to Belvo. The client itself has tried for long by then."""

KEPT: Final = "its link is kept"

KEPT_TRIES: Final = 2
"""How often a row is tried whose link another one keeps, before it waits for that one's end."""

AGAIN: Final = "begun again"

BEGUN_AGAIN: Final = 2
"""How often a row is begun again in one run, where nobody can tell what became of its request."""


FAILED, REFUSED = "failed", "refused"

PASSING: Final = (
    DecodeError,
    InstitutionUnavailableError,
    RequestTimeoutError,
    ServerError,
    TooManySessionsError,
    TransportError,
)
"""The errors after which the same may work later."""


Ask = Callable[[Entry, MfaChallenge], Awaitable[str | None]]
"""
Asks the person at the terminal, as a `TokenPrompt` does. Whoever raises `MfaDeclinedError` leaves the challenge for later.
"""


@attrs.define
class Progress:
    """
    How far the rows are.

    Attributes:
        total: Rows of the file.

        done: Those that have ended, by how.

        parked: Those whose user has to answer.

        under_way: Those that somebody is at.

        aside: Those that wait for a time of their own: what became of a request has to be looked for, or Belvo is busy.

        blocked: Those whose link another row uses, or keeps for its user.

        worked: Rows that have ended in this run.
    """

    total: int = 0
    done: dict[str, int] = attrs.field(factory=dict)
    parked: int = 0
    under_way: int = 0
    aside: int = 0
    blocked: int = 0
    worked: int = 0

    @property
    def ended(self) -> int:
        """
        How many have ended.
        """
        return sum(self.done.values())


class Work:
    """
    Drives the rows of one file.

    Args:
        concurrency: How many at a time.

        ask: Asks the person at the terminal; without, challenges stay parked.

        leases: How long what a killed process was at is left alone.
    """

    def __init__(
        self,
        *,
        client: BelvoClient,
        source: Source,
        journal: Journal,
        results: Results,
        store: Store,
        concurrency: int,
        ask: Ask | None,
        leases: Leases,
    ) -> None:
        self.progress = Progress()
        self.stopping = asyncio.Event()
        self.problem: str | None = None
        self._client, self._source, self._jobs = client, source, Jobs(client)
        self._journal, self._results, self._store = journal, results, store
        self._concurrency, self._ask, self._leases = concurrency, ask, leases
        self._disk = asyncio.Lock()  # the journal and the file of results are used by one at a time
        self._reading = asyncio.Lock()
        self._person = asyncio.Lock()  # who can be asked one thing at a time
        self._changed = asyncio.Event()
        self._fresh: deque[int] = deque()
        self._after = 0
        self._exhausted = False
        self._aside: list[tuple[float, int]] = []  # a heap: when, which
        self._known: set[int] = set()  # rows that are under way, aside or blocked
        self._parked: set[int] = set()
        self._holders: dict[str, int] = {}  # who uses a link; 0 if that is a row that is not under way
        self._blocked: dict[str, deque[int]] = {}
        self._tries: dict[tuple[int, str], int] = {}
        self._unreached = 0
        self._finished = False

    async def run(self) -> None:
        """
        Drive the rows until nothing can be done without their users, or `stop()` was called and what was under way has ended.
        `problem` says why it gave up, if it did.

        Raises:
            StoreError: The disk fails. What was done is kept.
        """
        counts = await self._on_disk(self._journal.counts)
        self.progress.total = sum(counts.values())
        self.progress.done = {name: count for name, count in counts.items() if name not in {"new", "begun"}}
        await self._take_over()
        try:
            async with asyncio.TaskGroup() as tasks:
                looking = tasks.create_task(self._look())
                workers = [tasks.create_task(self._work()) for _ in range(self._concurrency)]
                await asyncio.wait(workers)
                looking.cancel()
        except* BelvoError as group:
            raise _first(group) from None

    def stop(self) -> None:
        """
        Begin nothing more.
        """
        self.stopping.set()
        self._changed.set()

    # --- which row is next ---

    async def _work(self) -> None:
        while (number := await self._next()) is not None:
            self.progress.under_way += 1
            try:
                await self._advance(number)
            finally:
                self.progress.under_way -= 1
                self._ring()

    async def _next(self) -> int | None:
        """
        Return the number of a row that something can be done for; `None` if there will be none.
        """
        while not (self.stopping.is_set() or self._finished):
            now = SYSTEM_CLOCK.monotonic()
            if self._aside and self._aside[0][0] <= now:
                self.progress.aside -= 1
                return heapq.heappop(self._aside)[1]
            if len(self._aside) < PUT_ASIDE:
                number = await self._new()
                if number is not None:
                    return number
            if self._is_idle() and not await self._answered() and self._is_idle():
                self._finished = True
                self._ring()
                return None
            await self._rung(self._aside[0][0] - now if self._aside else LOOKED)
        return None

    def _is_idle(self) -> bool:
        return self._exhausted and not self._fresh and not self._aside and not self.progress.under_way

    async def _new(self) -> int | None:
        while self._fresh or not self._exhausted:
            if not self._fresh:
                await self._read_more()
                continue
            number = self._fresh.popleft()
            if number not in self._known:
                self._known.add(number)
                return number
        return None

    async def _read_more(self) -> None:
        async with self._reading:
            if self._fresh or self._exhausted:
                return  # another worker was quicker
            found = await self._on_disk(lambda: self._journal.open_after(self._after, BATCH))
            if found:
                self._fresh.extend(found)
                self._after = found[-1]
            else:
                self._exhausted = True

    def _ring(self) -> None:
        self._changed.set()

    async def _rung(self, seconds: float) -> None:
        """
        Wait until something has changed, or for so long.
        """
        self._changed.clear()
        try:
            async with asyncio.timeout(max(seconds, 0.01)):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _put_aside(self, number: int, seconds: float) -> None:
        self._known.add(number)
        heapq.heappush(self._aside, (SYSTEM_CLOCK.monotonic() + seconds, number))
        self.progress.aside += 1
        self._ring()

    # --- what comes from elsewhere ---

    async def _take_over(self) -> None:
        """
        Put the rows aside that a killed process was at, until its claims have ended.
        """
        for key in await self._store.rows.due(within=self._leases.lease, limit=PUT_ASIDE):
            flow = key.removeprefix(FLOW)
            record = await self._store.look(flow) if key.startswith(FLOW) else None
            if record is not None and record.status in {FlowStatus.CLAIMED, FlowStatus.SENT}:
                entry = await self._on_disk(lambda: self._journal.of_flow(flow))  # noqa: B023 - done at once
                if entry is not None:
                    self._put_aside(entry.number, _seconds_until(record.due_at))

    async def _look(self) -> None:
        while True:
            await SYSTEM_CLOCK.sleep(LOOKED)
            await self._answered()

    async def _answered(self) -> bool:
        """
        Go on with the rows whose user has answered elsewhere, or has not in time. Return whether there are any.
        """
        found = False
        for key in await self._store.rows.due(within=KICKED_AFTER, limit=PUT_ASIDE):
            flow = key.removeprefix(FLOW)
            entry = await self._on_disk(lambda: self._journal.of_flow(flow))  # noqa: B023 - done at once
            if entry is None or entry.number in self._known or self.stopping.is_set():
                continue
            record = await self._store.look(flow)
            if record is not None and (record.is_answered or _seconds_until(record.due_at) <= 0):
                self._put_aside(entry.number, 0.0)
                found = True
        return found

    # --- one row ---

    async def _advance(self, number: int) -> None:
        """
        Do with a row whatever can be done now.
        """
        self._unpark(number)
        while True:
            entry = await self._on_disk(lambda: self._journal.entry(number))
            if entry.ended is not None:
                return await self._close(entry)
            record = await self._store.look(entry.flow)
            opening = record is None or (record.round == OPENING and not record.status.is_final)
            if opening and not self._may_use_link(entry):
                return None
            if not entry.begun:
                await self._on_disk(lambda: self._journal.begin(number))
            try:
                outcome = await self._step(entry, record)
                self._unreached = 0
                goes_on = await self._goes_on(entry, outcome)
            except StoreError:
                raise
            except AuthenticationError as error:  # no other row will fare better
                return self._give_up(str(error))
            except RowError as error:
                return self._give_up(f"{self._source.name} was changed meanwhile: {error}")
            except BelvoError as error:  # nothing was sent, or it was a look that says nothing
                return await self._not_reached(entry, error)
            if not goes_on or self.stopping.is_set():
                return None

    async def _step(self, entry: Entry, record: FlowRecord | None) -> FlowOutcome[Any]:
        async def settle(outcome: FlowOutcome[Any]) -> None:
            if outcome.status is FlowStatus.COMPLETED:
                found = record is not None and record.status is FlowStatus.SENT and record.round != OPENING
                result = await self._narrowed(entry, record, outcome.result) if found else outcome.result
                await self._completed(entry, outcome.link, result)

        if record is None:
            session = await self._opened(entry)
            return await start_flow(self._store, entry.flow, session, settle=settle, leases=self._leases)
        return await advance_flow(
            self._store,
            entry.flow,
            self._client,
            lambda _: self._opened(entry),
            settle=settle,
            leases=self._leases,
        )

    async def _narrowed(self, entry: Entry, record: FlowRecord | None, found: Any) -> Any:
        """
        Return of what was *found* for the answer of a killed process what the row has asked for. A ticket knows the link
        and the time, and only the row knows the period.
        """
        since = None if record is None else instant(record.sent_at)
        if since is None or entry.operation == REGISTER:
            return found
        async with await self._opened(entry) as session:
            return session.result if await session.recover(since=since) else found

    async def _opened(self, entry: Entry) -> MfaSession[Any]:
        """
        Read the row in the file again, for what is written down nowhere else.
        """
        row = await self._on_disk(lambda: self._source.at(entry.offset, entry.line))
        job = self._jobs.read(row)
        if self._journal.fingerprint(job.content) != entry.content:
            raise RowError(Problem(entry.line, "", "the row that was here", "another one"))
        return job.session(self._client, entry.link if entry.operation == REGISTER else None)

    async def _goes_on(self, entry: Entry, outcome: FlowOutcome[Any]) -> bool:
        """
        Keep what has come of a row; return whether something can be done for it at once.
        """
        number, link = entry.number, outcome.link or entry.link
        match outcome.status:
            case FlowStatus.COMPLETED:
                if (await self._on_disk(lambda: self._journal.entry(number))).ended is None:
                    await self._completed_elsewhere(entry, link)
                self._count(entry, COMPLETED, link)
            case FlowStatus.WAITING:
                if link is not None and link != entry.link:
                    await self._on_disk(lambda: self._journal.belongs(number, link))
                return await self._asked(entry, outcome)
            case FlowStatus.START_AGAIN:
                await self._on_disk(lambda: self._journal.again(number, link))
                if self._tried(number, AGAIN, BEGUN_AGAIN):
                    return True
                self._leave(entry, link)
            case FlowStatus.FAILED if BUSY in (outcome.problem or "") and self._tried(
                number, BUSY, BUSY_TRIES
            ):
                await self._on_disk(lambda: self._journal.again(number, link))
                self._put_aside(number, BUSY_AGAIN)
            case FlowStatus.FAILED if (
                GONE in (outcome.problem or "") and entry.operation == REGISTER and entry.link
            ):
                return await self._not_found(entry, entry.link)
            case FlowStatus.CLAIMED | FlowStatus.SENT:
                self._later(entry, outcome)
            case _:
                ended = ending(outcome)
                await self._on_disk(
                    lambda: self._journal.end(number, ended, problem=outcome.problem, link=link)
                )
                self._count(entry, ended, link)
        return False

    async def _not_found(self, entry: Entry, link: str) -> bool:
        """
        Begin a registration again: anew if somebody has deleted the link that it had made, and with that if it is there.
        """
        kept: str | None = link
        try:
            await self._client.links.get(link)
        except NotFoundError:
            kept = None
        await self._on_disk(lambda: self._journal.again(entry.number, kept))
        if kept is None or self._tried(entry.number, AGAIN, BEGUN_AGAIN):
            return True
        self._leave(entry, link)
        return False

    def _later(self, entry: Entry, outcome: FlowOutcome[Any]) -> None:
        seconds = 0.0 if outcome.due_at is None else _seconds_until(outcome.due_at.timestamp())
        link = entry.link if outcome.status is FlowStatus.CLAIMED and seconds <= 0 else None
        if link is None or self._tried(entry.number, KEPT, KEPT_TRIES):
            self._put_aside(entry.number, max(seconds, 0.0) or NOT_YET)
        else:
            # Another row keeps the link for its user; when that has ended, it lets this one go on.
            self._holders[link] = 0
            self._block(entry.number, link)

    async def _not_reached(self, entry: Entry, error: BelvoError) -> None:
        await self._on_disk(lambda: self._journal.trouble(entry.number, type(error).__name__))
        self._unreached += 1
        if self._unreached >= max(10, 2 * self._concurrency):
            self._give_up(str(error))
        if self._tried(entry.number, UNREACHED, UNREACHED_TRIES):
            self._put_aside(entry.number, UNREACHED_AGAIN)
        else:
            self._leave(entry, entry.link)

    def _leave(self, entry: Entry, link: str | None) -> None:
        """
        Leave a row to the next run.
        """
        self._forget(entry.number)
        self._release(entry.number, link)

    def _give_up(self, problem: str) -> None:
        """
        End the run, and let what is under way end by itself.
        """
        self.problem = self.problem or problem
        self.stop()

    def _tried(self, number: int, what: str, times: int) -> bool:
        """
        Count a try, and return whether there may be one more.
        """
        tries = self._tries[number, what] = self._tries.get((number, what), 0) + 1
        return tries <= times

    # --- its challenge ---

    async def _asked(self, entry: Entry, outcome: FlowOutcome[Any]) -> bool:
        """
        Ask the person at the terminal, or leave the challenge parked. Return whether there is an answer.
        """
        if self._ask is not None and not self.stopping.is_set() and outcome.ticket is not None:
            try:
                token = await self._until_stopped(self._typed(self._ask, entry, outcome))
                if token is not None:
                    await self._store.deliver(entry.flow, outcome.round, token[0])
                return True  # or its time is over
            except MfaDeclinedError:
                pass
            except InvalidArgumentError:
                return True  # it cannot be a token: ask again
        self._parked.add(entry.number)
        self.progress.parked = len(self._parked)
        self._forget(entry.number)
        return False

    async def _typed(self, ask: Ask, entry: Entry, outcome: FlowOutcome[Any]) -> tuple[str | None] | None:
        """
        Return what the person has typed; `None` if the challenge has ended before, or was answered elsewhere.
        """
        async with self._person:
            record = await self._store.look(entry.flow)
            if record is None or record.status is not FlowStatus.WAITING or record.ticket is None:
                return None
            if record.is_answered or record.round != outcome.round:
                return None
            challenge = record.ticket.to_challenge()
            try:
                async with asyncio.timeout(challenge.remaining):
                    return (await ask(entry, challenge),)
            except TimeoutError:
                return None

    async def _until_stopped(self, asking: Any) -> Any:
        """
        Return what *asking* returns, unless the run is to end before.

        Raises:
            MfaDeclinedError: It is.
        """
        asked = asyncio.ensure_future(asking)
        stopped = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({asked, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise MfaDeclinedError
            return asked.result()
        finally:
            for task in (asked, stopped):
                task.cancel()
            await asyncio.wait({asked, stopped})

    def _unpark(self, number: int) -> None:
        self._parked.discard(number)
        self.progress.parked = len(self._parked)

    # --- its link ---

    def _may_use_link(self, entry: Entry) -> bool:
        """
        Whether no other row of this run is at the link; if one is, this one waits for it.
        """
        if entry.link is None or self._holders.setdefault(entry.link, entry.number) == entry.number:
            return True
        self._block(entry.number, entry.link)
        return False

    def _block(self, number: int, link: str) -> None:
        self._blocked.setdefault(link, deque()).append(number)
        self.progress.blocked += 1

    def _release(self, number: int, link: str | None) -> None:
        if link is None or self._holders.get(link, 0) not in {0, number}:
            return
        waiting = self._blocked.get(link)
        if not waiting:
            self._blocked.pop(link, None)
            self._holders.pop(link, None)
            return
        self._holders[link] = waiting.popleft()
        self.progress.blocked -= 1
        self._put_aside(self._holders[link], 0.0)

    # --- its end ---

    async def _completed(self, entry: Entry, link: str | None, result: Any) -> None:
        if (await self._on_disk(lambda: self._journal.entry(entry.number))).ended is None:
            await self._on_disk(lambda: self._results.write(entry, link or entry.link, result))

    async def _completed_elsewhere(self, entry: Entry, link: str | None) -> None:
        """
        Another process has completed the flow, and kept what it brought to itself.
        """
        result = (
            await self._client.links.get(link) if entry.operation == REGISTER and link is not None else None
        )
        await self._completed(entry, link, result)

    async def _close(self, entry: Entry) -> None:
        """
        Its result was written by a process that could not tell the store any more.
        """
        claim = await self._store.claim_sent(entry.flow, owner="bulk", lease=self._leases.lease)
        if isinstance(claim, Claim):
            await claim.finish(FlowStatus.COMPLETED, link=entry.link)
        elif claim is not None and not claim.status.is_final:
            self._put_aside(entry.number, max(_seconds_until(claim.due_at), NOT_YET))
            return
        self._leave(entry, entry.link)

    def _count(self, entry: Entry, ended: str, link: str | None) -> None:
        self.progress.done[ended] = self.progress.done.get(ended, 0) + 1
        self.progress.worked += 1
        self._leave(entry, link)

    def _forget(self, number: int) -> None:
        self._known.discard(number)
        for what in (AGAIN, BUSY, KEPT, UNREACHED):
            self._tries.pop((number, what), None)

    async def _on_disk(self, call: Callable[[], T]) -> T:
        async with self._disk:
            running = asyncio.ensure_future(asyncio.to_thread(call))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait({running})  # nothing is left half written
                raise


def ending(outcome: FlowOutcome[Any]) -> str:
    """
    Return how a row has ended whose flow did not complete: `expired`, `declined`, `failed` (it may work later) or
    `refused` (it will be refused again, unless something is changed).
    """
    if outcome.status is not FlowStatus.FAILED:
        return str(outcome.status)
    return FAILED if issubclass(error_class(outcome.problem), PASSING) else REFUSED


def _seconds_until(time: float | None) -> float:
    return 0.0 if time is None else time - datetime.now(UTC).timestamp()


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
