"""
No more requests than Belvo allows, in any span of time, in the order in which they came.
"""

from __future__ import annotations

import asyncio
import gc

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async import BelvoClient, MfaTicket
from belvo_async.errors import ClientStateError, ConnectError, MfaCancelledError, TransportError
from belvo_async.messages import Answer, Effect, Request
from belvo_async.observer import Observer
from belvo_async.sandbox import Sandbox
from belvo_async.settings import RateLimit
from belvo_async.testing import ManualClock
from belvo_async.transport.throttle import MARGIN, ThrottledTransport, Window, shared_bucket


pytestmark = pytest.mark.anyio

LIMIT = RateLimit(requests=3, seconds=10)

URL, KEY = "https://sandbox.belvo.com", "Basic canary"

PASSED: Any = pytest.approx(10 * MARGIN, abs=0.01)
"""A request that waits for the first of its window is sent so many seconds after it."""


@attrs.define
class CountingTransport:
    """
    Answers everything at once, and notes when what was sent.
    """

    clock: ManualClock
    error: Exception | None = None
    sent: list[tuple[str, float]] = attrs.Factory(list)

    async def send(self, request: Request) -> Answer:
        """
        Note it.
        """
        self.sent.append((request.path, self.clock.monotonic()))
        if self.error is not None:
            raise self.error
        return Answer(200, b"[]")

    @property
    def times(self) -> list[float]:
        """
        When something was sent.
        """
        return [seconds for _, seconds in self.sent]


@attrs.define
class Listener(Observer):
    """
    Notes who has to wait.
    """

    heard: list[tuple[str, float]] = attrs.Factory(list)

    def throttled(self, request: Request, wait: float) -> None:
        """
        Note it.
        """
        self.heard.append((request.path, wait))


keys = iter(range(10**9))


def make(
    clock: ManualClock, limit: RateLimit = LIMIT, key: str | None = None, observer: Observer | None = None
) -> tuple[ThrottledTransport, CountingTransport]:
    """
    Return a throttled transport with a window of its own, or that of *key*, and what is below it.
    """
    inner = CountingTransport(clock)
    bucket = shared_bucket(URL, f"key {next(keys)}" if key is None else key, limit)
    return ThrottledTransport(inner, Window(bucket, clock), clock, observer), inner


def requests(count: int) -> Iterator[Request]:
    """
    Yield requests that can be told apart.
    """
    return (Request("GET", f"/{number}/", Effect.READ) for number in range(count))


def start(transport: ThrottledTransport, count: int) -> list[asyncio.Task[Answer]]:
    """
    Send *count* requests at once.
    """
    return [asyncio.create_task(transport.send(request)) for request in requests(count)]


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


# --- the window ---


async def test_below_the_limit_nothing_waits(clock: ManualClock) -> None:
    """
    As long as there are few requests they are sent at once.
    """
    transport, inner = make(clock)

    for request in requests(3):
        assert 200 == (await transport.send(request)).status

    assert [0.0, 0.0, 0.0] == inner.times
    assert 0 == clock.sleeping


async def test_one_too_many_waits_for_the_window(clock: ManualClock) -> None:
    """
    What is too much waits until the first of the window is old enough, a little longer than Belvo asks.
    """
    transport, inner = make(clock)
    tasks = start(transport, 4)

    await clock.advance(10)
    assert 3 == len(inner.sent)
    await clock.advance(1)

    assert PASSED == inner.times[3]
    await asyncio.gather(*tasks)


async def test_the_window_moves(clock: ManualClock) -> None:
    """
    The span is counted from each request, not from the hour.
    """
    transport, inner = make(clock)

    for request in requests(7):
        task = asyncio.create_task(transport.send(request))
        await clock.advance(4)
        while not task.done():
            await clock.advance(0.01)

    for earlier, later in zip(inner.times, inner.times[3:], strict=False):
        assert later - earlier >= 10


async def test_who_comes_first_is_sent_first(clock: ManualClock) -> None:
    """
    Waiting requests are sent in the order in which they came.
    """
    transport, inner = make(clock)
    tasks = start(transport, 9)

    await clock.advance(100)

    assert [f"/{number}/" for number in range(9)] == [path for path, _ in inner.sent]
    assert all(task.done() for task in tasks)


async def test_a_slow_answer_holds_nobody_up(clock: ManualClock) -> None:
    """
    Requests wait for their turn to be sent, not for the answers of others.
    """
    inner = CountingTransport(clock)
    answered = asyncio.Event()

    class Slow:
        """
        Answers when it is told to.
        """

        async def send(self, request: Request) -> Answer:
            """
            Wait.
            """
            answer = await inner.send(request)
            await answered.wait()
            return answer

    transport = ThrottledTransport(
        Slow(), Window(shared_bucket(URL, f"key {next(keys)}", LIMIT), clock), clock
    )
    tasks = start(transport, 3)
    await clock.advance(0)

    assert 3 == len(inner.sent)
    answered.set()
    await asyncio.gather(*tasks)


async def test_a_failed_request_counts(clock: ManualClock) -> None:
    """
    What was sent has its place in the window, whatever became of it.
    """
    transport, inner = make(clock)
    inner.error = ConnectError(request="", reason="")
    tasks = start(transport, 4)

    await clock.advance(1)

    assert 3 == len(inner.sent)
    await clock.advance(10)
    assert [inner.error] * 4 == [task.exception() for task in tasks]


async def test_what_cannot_be_used_waits_for_nothing(clock: ManualClock) -> None:
    """
    A closed client says so before anything waits.
    """
    error = ClientStateError(problem="the client is closed", remedy="make a new one")

    def refuse() -> None:
        raise error

    inner = CountingTransport(clock)
    bucket = shared_bucket(URL, f"key {next(keys)}", LIMIT)
    transport = ThrottledTransport(inner, Window(bucket, clock), clock, check_usable=refuse)

    with pytest.raises(ClientStateError, match="the client is closed"):
        await transport.send(next(requests(1)))
    assert ([], 0) == (inner.sent, bucket.count())


# --- cancelling ---


async def test_cancelled_while_waiting_for_the_window(clock: ManualClock) -> None:
    """
    Who is cancelled while it waits takes no place, and those behind it are sent.
    """
    transport, inner = make(clock)
    tasks = start(transport, 5)
    await clock.advance(1)

    tasks[3].cancel()
    await clock.advance(20)

    assert tasks[3].cancelled()
    assert ["/0/", "/1/", "/2/", "/4/"] == [path for path, _ in inner.sent]
    assert PASSED == inner.times[3]


async def test_cancelled_while_waiting_for_its_turn(clock: ManualClock) -> None:
    """
    Who is cancelled further back in the queue is left out.
    """
    transport, inner = make(clock)
    tasks = start(transport, 6)
    await clock.advance(1)

    tasks[4].cancel()
    await clock.advance(20)

    assert ["/0/", "/1/", "/2/", "/3/", "/5/"] == [path for path, _ in inner.sent]


async def test_all_cancelled(clock: ManualClock) -> None:
    """
    When nobody waits any more, the next one waits for nobody.
    """
    transport, inner = make(clock)
    tasks = start(transport, 6)
    await clock.advance(1)

    for task in tasks:
        task.cancel()
    await clock.advance(20)
    assert 0 == clock.sleeping
    await transport.send(next(requests(1)))

    assert 4 == len(inner.sent)


# --- sharing ---


async def test_two_clients_share_a_window(clock: ManualClock) -> None:
    """
    Clients with the same host, keys and limit count together.
    """
    (one, first), (other, second) = make(clock, key=KEY), make(clock, key=KEY)
    tasks = [*start(one, 2), *start(other, 2)]

    await clock.advance(1)
    assert 3 == len(first.sent) + len(second.sent)
    await clock.advance(10)

    assert 4 == len(first.sent) + len(second.sent)
    await asyncio.gather(*tasks)


async def test_who_shares_a_window() -> None:
    """
    Another host, other keys or another limit make another window.
    """
    bucket = shared_bucket(URL, KEY, LIMIT)

    assert bucket is shared_bucket(URL, KEY, RateLimit(requests=3, seconds=10))
    assert bucket is not shared_bucket("https://api.belvo.com", KEY, LIMIT)
    assert bucket is not shared_bucket(URL, "Basic other", LIMIT)
    assert bucket is not shared_bucket(URL, KEY, RateLimit(requests=4, seconds=10))


async def test_a_window_does_not_outlive_its_clients() -> None:
    """
    When the last client is gone, its window is forgotten.
    """
    bucket = shared_bucket(URL, KEY, LIMIT)
    bucket.marked = True  # type: ignore[attr-defined] # so that it is known again

    del bucket
    gc.collect()

    assert not hasattr(shared_bucket(URL, KEY, LIMIT), "marked")


# --- who listens ---


async def test_waiting_is_announced(clock: ManualClock) -> None:
    """
    An observer hears who waits and for how long at least, and nothing of those who need not.
    """
    listener = Listener()
    transport, _ = make(clock, observer=listener)
    tasks = start(transport, 4)

    await clock.advance(20)

    assert [("/3/", PASSED)] == listener.heard
    await asyncio.gather(*tasks)


# --- whatever comes ---

gaps = st.lists(st.floats(0, 15) | st.sampled_from([0.0, 0.001, 9.999, 10.0, 10.15]), min_size=1, max_size=25)


@given(gaps, st.integers(1, 5), st.sampled_from([0.0004, 0.05, 1.0, 10.0]))
async def test_never_too_many(gaps: list[float], allowed: int, seconds: float) -> None:
    """
    However requests arrive, no span of time holds more than allowed, all are sent, and in order.
    """
    clock = ManualClock()
    transport, inner = make(clock, RateLimit(requests=allowed, seconds=seconds))
    tasks = []
    for gap, request in zip(gaps, requests(len(gaps)), strict=True):
        await clock.advance(gap)
        tasks.append(asyncio.create_task(transport.send(request)))
    while not all(task.done() for task in tasks):
        await clock.advance(seconds)

    assert [f"/{number}/" for number in range(len(gaps))] == [path for path, _ in inner.sent]
    for earlier, later in zip(inner.times, inner.times[allowed:], strict=False):
        assert later - earlier >= seconds


class TurnByTurn:
    """
    A limit that somebody else keeps: nobody, twice, then everybody.
    """

    def __init__(self) -> None:
        self.asked = 0

    async def take(self) -> float:
        """
        Refuse the first two times.
        """
        self.asked += 1
        await asyncio.sleep(0)  # as if a server were asked
        return 5.0 if self.asked <= 2 else 0.0


async def test_a_limit_of_ones_own(clock: ManualClock) -> None:
    """
    A limiter that is given is asked again after the time it names, and nothing is sent before it agrees.
    """
    limiter = TurnByTurn()
    async with Sandbox(clock=clock) as sandbox:
        async with BelvoClient(
            sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, rate_limit=limiter, clock=clock
        ) as client:
            task = asyncio.ensure_future(client.check())
            await clock.advance(5)
            assert (2, 0) == (limiter.asked, sandbox.counts.total())
            await clock.advance(5)
            await task
        assert (3, 1) == (limiter.asked, sandbox.counts.total())


@asynccontextmanager
async def challenged() -> AsyncIterator[tuple[Sandbox, BelvoClient, MfaTicket]]:
    """
    Give a sandbox, a client of its, and the ticket of a registration that waits for its user.
    """
    async with (
        Sandbox() as sandbox,
        BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, retry=None) as client,
    ):
        async with client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid") as session:
            async for _ in session:
                session.suspend()
        assert session.ticket is not None
        yield sandbox, client, session.ticket


class Broken:
    """
    A limiter whose server is gone.
    """

    async def take(self) -> float:
        """
        Fail.
        """
        raise EOFError


async def test_a_limit_of_ones_own_that_fails() -> None:
    """
    Where a limiter raises nothing is sent, and a challenge can still be answered.
    """
    async with challenged() as (sandbox, client, ticket):
        resumed = client.with_options(rate_limit=Broken()).resume(ticket, "111111")
        with pytest.raises(TransportError, match="the limiter failed") as raised:
            await resumed

        assert (False, EOFError) == (raised.value.sent, type(raised.value.__cause__))
        assert not resumed.suspend().answered
        assert "valid" == (await client.resume(ticket, "111111")).status
        assert 1 == sandbox.counts["PATCH /api/links/"]


class Endless:
    """
    A limiter that lets nothing pass.
    """

    async def take(self) -> float:
        """
        Put it off.
        """
        return 100.0


async def test_an_answer_that_is_cancelled_in_the_queue_was_not_sent() -> None:
    """
    Whoever gives up while an answer waits for the limit can answer the challenge again.
    """
    async with challenged() as (sandbox, client, ticket):
        resumed = client.with_options(rate_limit=Endless()).resume(ticket, "111111")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await resumed

        assert isinstance(resumed.error, MfaCancelledError)
        assert resumed.ticket is not None
        assert not resumed.ticket.answered
        assert "valid" == (await client.resume(resumed.ticket, "111111")).status
        assert 1 == sandbox.counts["PATCH /api/links/"]
