"""
What is sent again, when, and what never is.
"""

from __future__ import annotations

import asyncio
import json

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import attrs
import pytest

from hypothesis import given
from hypothesis import strategies as st

from belvo_async.errors import (
    CertificateError,
    ClientStateError,
    ConnectError,
    PoolTimeoutError,
    ReadTimeoutError,
    TooLateError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.messages import Answer, Body, Effect, Query, Request
from belvo_async.observer import Observer
from belvo_async.settings import RetryPolicy
from belvo_async.testing import ManualClock
from belvo_async.transport.retry import (
    SCHEDULES,
    Budget,
    Fate,
    RetryingTransport,
    fate_of_answer,
    fate_of_error,
)


pytestmark = pytest.mark.anyio

Outcome = Answer | Exception

EXACT = RetryPolicy(jitter=0)

WAITS, RECONNECTS, THROTTLED = (3.0, 6.0, 12.0, 24.0, 48.0), (0.1, 0.5, 2.0), (30.0,) * 5

READ = Request("GET", "/api/links/", Effect.READ)
WRITE = Request("POST", "/api/balances/", Effect.WRITE)
ONCE = Request("PATCH", "/api/links/", Effect.ONCE, body=Body({"token": "111111"}))
LOOKUP = Request("GET", "/api/links/", Effect.READ, Query((("external_id", "mine"),)))
CREATE = Request("POST", "/api/links/", Effect.CREATE, body=Body({"external_id": "mine"}))
REQUESTS = {Effect.READ: READ, Effect.WRITE: WRITE, Effect.ONCE: ONCE, Effect.CREATE: CREATE}

OK = Answer(200, b"{}")
NOTHING_THERE = Answer(200, b'{"count": 0, "next": null, "previous": null, "results": []}')


def refusal(status: int, code: str, retry_after: float | None = None) -> Answer:
    """
    Return an error answer of Belvo's.
    """
    return Answer(status, json.dumps([{"code": code, "message": "Words"}]).encode(), retry_after=retry_after)


FIREWALL = Answer(403, b"<html>403 Forbidden</html>", "text/html")
BUSY = refusal(400, "too_many_sessions")
FAILED = refusal(500, "unexpected_error")
UNSENT = ConnectError(request="…", reason="it was refused")
UNANSWERED = ReadTimeoutError(request="…", reason="it took too long", sent=True)

OUTCOMES: dict[Fate, Outcome] = {
    Fate.UNSENT: UNSENT,
    Fate.BARRED: CertificateError(request="…", reason="the certificate is not trusted"),
    Fate.UNANSWERED: UNANSWERED,
    Fate.UNPROCESSED: FIREWALL,
    Fate.BUSY: BUSY,
    Fate.FAILED: FAILED,
    Fate.ANSWERED: OK,
}

TABLE: dict[tuple[Fate, Effect], tuple[float, ...]] = {
    (Fate.UNSENT, Effect.READ): RECONNECTS,
    (Fate.UNSENT, Effect.CREATE): RECONNECTS,
    (Fate.UNSENT, Effect.WRITE): RECONNECTS,
    (Fate.UNSENT, Effect.ONCE): RECONNECTS,
    (Fate.BARRED, Effect.READ): (),
    (Fate.BARRED, Effect.CREATE): (),
    (Fate.BARRED, Effect.WRITE): (),
    (Fate.BARRED, Effect.ONCE): (),
    (Fate.UNANSWERED, Effect.READ): WAITS,
    (Fate.UNANSWERED, Effect.CREATE): (),
    (Fate.UNANSWERED, Effect.WRITE): (),
    (Fate.UNANSWERED, Effect.ONCE): (),
    (Fate.UNPROCESSED, Effect.READ): THROTTLED,
    (Fate.UNPROCESSED, Effect.CREATE): THROTTLED,
    (Fate.UNPROCESSED, Effect.WRITE): THROTTLED,
    (Fate.UNPROCESSED, Effect.ONCE): THROTTLED,
    (Fate.BUSY, Effect.READ): WAITS,
    (Fate.BUSY, Effect.CREATE): WAITS,
    (Fate.BUSY, Effect.WRITE): WAITS,
    (Fate.BUSY, Effect.ONCE): (),
    (Fate.FAILED, Effect.READ): WAITS,
    (Fate.FAILED, Effect.CREATE): WAITS,
    (Fate.FAILED, Effect.WRITE): WAITS,
    (Fate.FAILED, Effect.ONCE): (),
    (Fate.ANSWERED, Effect.READ): (),
    (Fate.ANSWERED, Effect.CREATE): (),
    (Fate.ANSWERED, Effect.WRITE): (),
    (Fate.ANSWERED, Effect.ONCE): (),
}


@attrs.define
class RecitingTransport:
    """
    Answers with what it was told, one after the other, the last for ever; notes what it was asked, and when.

    A request for `LOOKUP` is answered by *lookups*.
    """

    clock: ManualClock
    outcomes: list[Outcome]
    lookups: list[Outcome] = attrs.Factory(lambda: [NOTHING_THERE])
    sent: list[tuple[Request, float]] = attrs.Factory(list)

    async def send(self, request: Request) -> Answer:
        """
        Recite the next outcome.
        """
        self.sent.append((request, self.clock.monotonic()))
        script = self.lookups if request == LOOKUP else self.outcomes
        outcome = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def times(self, request: Request) -> list[float]:
        """
        Return when *request* was sent.
        """
        return [seconds for asked, seconds in self.sent if asked == request]


@attrs.define
class Listener(Observer):
    """
    Notes which repetitions are announced.
    """

    heard: list[tuple[Request, float, str]] = attrs.Factory(list)

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        """
        Note it.
        """
        self.heard.append((request, wait, why))


@attrs.define
class Bench:
    """
    A retrying transport on a clock of its own, over one that recites.
    """

    inner: RecitingTransport
    retrying: RetryingTransport
    clock: ManualClock

    async def send(self, request: Request) -> Outcome:
        """
        Send *request*, let as much time pass as it takes, and return what became of it.
        """
        task = asyncio.create_task(self.retrying.send(request))
        while not task.done():
            await self.clock.advance(1_000)
        error = task.exception()
        return task.result() if error is None else error  # type: ignore[return-value] # no BaseException

    def waits(self, request: Request) -> list[float]:
        """
        Return the seconds between the times at which *request* was sent.
        """
        times = self.inner.times(request)
        return [round(after - before, 6) for before, after in pairwise(times)]


def bench(
    *outcomes: Outcome,
    policy: RetryPolicy = EXACT,
    budget: Budget | None = None,
    rng: Random | None = None,
    lookups: Sequence[Outcome] = (NOTHING_THERE,),
    observer: Observer | None = None,
) -> Bench:
    """
    Return a bench on which the inner transport recites *outcomes*.
    """
    clock = ManualClock()
    inner = RecitingTransport(clock, list(outcomes), list(lookups))
    retrying = RetryingTransport(inner, policy, clock, budget or Budget(1_000), rng, observer)
    return Bench(inner, retrying, clock)


def names(pair: Any) -> str:
    """
    Return the id of a parameter.
    """
    return str(pair.name)


# --- how far it came ---


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(Answer(200, b""), Fate.ANSWERED, id="200"),
        pytest.param(Answer(201, b"[]"), Fate.ANSWERED, id="201"),
        pytest.param(Answer(202, b""), Fate.ANSWERED, id="202"),
        pytest.param(Answer(204, b""), Fate.ANSWERED, id="204"),
        pytest.param(Answer(302, b""), Fate.ANSWERED, id="302"),
        pytest.param(refusal(400, "invalid"), Fate.ANSWERED, id="400"),
        pytest.param(refusal(400, "login_error"), Fate.ANSWERED, id="400-login-error"),
        pytest.param(refusal(400, "session_expired"), Fate.ANSWERED, id="400-session-expired"),
        pytest.param(refusal(400, "institution_down"), Fate.ANSWERED, id="400-institution-down"),
        pytest.param(BUSY, Fate.BUSY, id="400-too-many-sessions"),
        pytest.param(refusal(401, "authentication_failed"), Fate.ANSWERED, id="401"),
        pytest.param(refusal(403, "permission_denied"), Fate.ANSWERED, id="403-json"),
        pytest.param(Answer(403, b"", ""), Fate.ANSWERED, id="403-empty"),
        pytest.param(FIREWALL, Fate.UNPROCESSED, id="403-html"),
        pytest.param(Answer(403, b"", "TEXT/HTML; charset=utf-8"), Fate.UNPROCESSED, id="403-empty-html"),
        pytest.param(refusal(404, "not_found"), Fate.ANSWERED, id="404"),
        pytest.param(Answer(404, b"<html>", "text/html"), Fate.ANSWERED, id="404-html"),
        pytest.param(refusal(408, "request_timeout"), Fate.ANSWERED, id="408"),
        pytest.param(refusal(409, "link_refreshed"), Fate.ANSWERED, id="409"),
        pytest.param(refusal(428, "token_required"), Fate.ANSWERED, id="428"),
        pytest.param(refusal(428, "too_many_sessions"), Fate.ANSWERED, id="428-of-all-codes"),
        pytest.param(Answer(429, b""), Fate.UNPROCESSED, id="429"),
        pytest.param(refusal(429, "permission_denied"), Fate.UNPROCESSED, id="429-with-a-code"),
        pytest.param(FAILED, Fate.FAILED, id="500"),
        pytest.param(Answer(502, b"<html>", "text/html"), Fate.FAILED, id="502-html"),
        pytest.param(Answer(503, b""), Fate.FAILED, id="503-empty"),
        pytest.param(Answer(599, b"\xff"), Fate.FAILED, id="599-garbage"),
        pytest.param(refusal(500, "login_error"), Fate.ANSWERED, id="500-login-error"),
        pytest.param(refusal(500, "too_many_sessions"), Fate.BUSY, id="500-too-many-sessions"),
    ],
)
async def test_fates_of_answers(answer: Answer, expected: Fate) -> None:
    """
    Only three kinds of answers are no answers: turned away, busy, and failed. A refused login always is one.
    """
    assert expected is fate_of_answer(answer)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UNSENT, Fate.UNSENT),
        (PoolTimeoutError(request="", reason=""), Fate.UNSENT),
        (UNANSWERED, Fate.UNANSWERED),
        (UncertainOutcomeError(request="", reason="", sent=True), Fate.UNANSWERED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
async def test_fates_of_errors(error: TransportError, expected: Fate) -> None:
    """
    Without an answer all that counts is whether a byte may have left.
    """
    assert expected is fate_of_error(error)


# --- the table ---


async def test_the_table_is_complete() -> None:
    """
    These tests know what becomes of each pair; the library repeats those with a schedule and no others.
    """
    assert {(fate, effect) for fate in Fate for effect in Effect} == set(TABLE)
    assert {pair for pair, waits in TABLE.items() if waits} == set(SCHEDULES)


@pytest.mark.parametrize(("fate", "effect"), TABLE, ids=names)
async def test_pairs(fate: Fate, effect: Effect) -> None:
    """
    Each pair is repeated after its waits, and in the end brings what it brought first.
    """
    request, outcome = REQUESTS[effect], OUTCOMES[fate]
    desk = bench(outcome)

    assert outcome is await desk.send(request)
    assert list(TABLE[fate, effect]) == desk.waits(request)


@pytest.mark.parametrize(("fate", "effect"), [pair for pair, waits in TABLE.items() if waits], ids=names)
async def test_a_repetition_may_succeed(fate: Fate, effect: Effect) -> None:
    """
    A repetition that is answered is the answer, and nothing is sent after it.
    """
    desk = bench(OUTCOMES[fate], OK)

    assert OK is await desk.send(REQUESTS[effect])
    assert 2 == len(desk.inner.times(REQUESTS[effect]))


@pytest.mark.parametrize("fate", [Fate.UNANSWERED, Fate.BUSY, Fate.FAILED], ids=names)
@pytest.mark.parametrize(
    "policy", [RetryPolicy(), RetryPolicy(waits=(1,) * 100, budget=10_000)], ids=["usual", "eager"]
)
async def test_a_token_that_may_have_arrived_is_never_repeated(fate: Fate, policy: RetryPolicy) -> None:
    """
    No setting makes a request with a token be sent again once it may have been processed.
    """
    desk = bench(OUTCOMES[fate], OK, policy=policy)

    assert OUTCOMES[fate] is await desk.send(ONCE)
    assert [0.0] == desk.inner.times(ONCE)


@given(st.lists(st.sampled_from(sorted(OUTCOMES, key=lambda fate: fate.value)), max_size=12))
async def test_a_token_is_processed_once_at_most(fates: list[Fate]) -> None:
    """
    Whatever happens in whatever order: after the first time that Belvo may have read a token, it is not sent.
    """
    desk = bench(*(OUTCOMES[fate] for fate in fates), OK)
    await desk.send(ONCE)

    turned_back = {Fate.UNSENT, Fate.UNPROCESSED}
    seen = [*fates, Fate.ANSWERED][: len(desk.inner.sent)]
    assert all(fate in turned_back for fate in seen[:-1])


async def test_a_refused_login_is_never_repeated() -> None:
    """
    Each refusal is a strike against the link.
    """
    for answer in (refusal(400, "login_error"), refusal(500, "login_error")):
        desk = bench(answer, OK)

        assert answer is await desk.send(WRITE)
        assert 1 == len(desk.inner.sent)


async def test_each_fate_counts_for_itself() -> None:
    """
    What happened in other ways before does not use up the repetitions of this one.
    """
    desk = bench(FAILED, UNSENT, FAILED, FIREWALL, BUSY, UNSENT, OK)

    assert OK is await desk.send(WRITE)
    assert [3.0, 0.1, 6.0, 30.0, 3.0, 0.5] == desk.waits(WRITE)


async def test_other_errors_pass_through() -> None:
    """
    A closed client is no failure of the network.
    """
    error = ClientStateError(problem="the client is closed", remedy="make a new one")
    desk = bench(error, OK)

    assert error is await desk.send(READ)
    assert 1 == len(desk.inner.sent)


# --- links are looked for before they are made again ---


async def test_a_link_that_is_missing_is_made_again() -> None:
    """
    After a failure a link is looked for, and only made again where Belvo has none.
    """
    desk = bench(FAILED, OK)

    assert OK is await desk.send(CREATE)
    assert [(CREATE, 0.0), (LOOKUP, 3.0), (CREATE, 3.0)] == desk.inner.sent


@pytest.mark.parametrize(
    "lookup",
    [
        pytest.param(Answer(200, b'{"count": 1, "results": [{"id": "x"}]}'), id="there"),
        pytest.param(Answer(200, b"[]"), id="no-page"),
        pytest.param(Answer(200, b"{}"), id="no-results"),
        pytest.param(Answer(200, b'{"results": null}'), id="null-results"),
        pytest.param(Answer(200, b"<html>"), id="no-json"),
        pytest.param(Answer(204, b""), id="nothing"),
        pytest.param(refusal(404, "not_found"), id="not-found"),
        pytest.param(UNANSWERED, id="unanswered"),
        pytest.param(UNSENT, id="unsent"),
        pytest.param(FAILED, id="failed"),
        pytest.param(ClientStateError(problem="the client is closed", remedy="make a new one"), id="closed"),
    ],
)
async def test_a_link_that_may_be_there_is_not_made_again(lookup: Outcome) -> None:
    """
    Where the look finds a link, or cannot tell, the failure is the answer.
    """
    desk = bench(FAILED, OK, lookups=[lookup])

    assert FAILED is await desk.send(CREATE)
    assert 1 == len(desk.inner.times(CREATE))


async def test_a_look_may_be_repeated() -> None:
    """
    To look is a read, and is repeated as every read.
    """
    desk = bench(FAILED, OK, lookups=[UNSENT, FAILED, NOTHING_THERE])

    assert OK is await desk.send(CREATE)
    assert [3.0, 3.1, 6.1] == desk.inner.times(LOOKUP)


async def test_a_link_that_cannot_be_looked_for_is_not_made_again() -> None:
    """
    Without a way to look nobody knows whether the link is there.
    """
    blind = attrs.evolve(CREATE, body=None)
    desk = bench(FAILED, OK)

    assert FAILED is await desk.send(blind)
    assert 1 == len(desk.inner.sent)


@pytest.mark.parametrize("outcome", [BUSY, FIREWALL, UNSENT], ids=["busy", "turned-away", "unsent"])
async def test_what_did_nothing_needs_no_look(outcome: Outcome) -> None:
    """
    Where Belvo certainly made nothing, nothing is looked for.
    """
    desk = bench(outcome, OK)

    assert OK is await desk.send(CREATE)
    assert [] == desk.inner.times(LOOKUP)


# --- how long it waits ---


async def test_waits_vary() -> None:
    """
    A share of each wait is left to chance, so that many clients do not come back at once.
    """
    desk = bench(FAILED, policy=RetryPolicy(), rng=Random(7))

    await desk.send(READ)

    rng = Random(7)
    assert [round(wait * (1 + 0.25 * rng.random()), 6) for wait in WAITS] == desk.waits(READ)


@pytest.mark.parametrize("jitter", [0, 0.25, 1])
async def test_no_wait_is_shorter_than_said(jitter: float) -> None:
    """
    Chance adds to a wait and never takes from it.
    """
    desk = bench(FAILED, policy=RetryPolicy(jitter=jitter))

    await desk.send(READ)

    for least, wait in zip(WAITS, desk.waits(READ), strict=True):
        assert least <= wait <= least * (1 + jitter)


async def test_chance_is_not_the_same_for_everybody() -> None:
    """
    Two clients wait differently.
    """
    waits = []
    for _ in range(2):
        desk = bench(FAILED, policy=RetryPolicy(jitter=1))
        await desk.send(READ)
        waits.append(desk.waits(READ))

    assert waits[0] != waits[1]


@pytest.mark.parametrize(
    "answer", [refusal(429, "x", 7.0), attrs.evolve(FIREWALL, retry_after=7.0)], ids=["429", "403"]
)
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=lambda request: request.effect.name)
async def test_belvo_says_how_long(answer: Answer, request_: Request) -> None:
    """
    Where the answer says how long to wait, that is how long.
    """
    desk = bench(answer, OK)

    assert OK is await desk.send(request_)
    assert [7.0] == desk.waits(request_)


async def test_belvo_says_how_long_when_busy() -> None:
    """
    A busy or failing Belvo may say it, too; 0 is at once.
    """
    desk = bench(attrs.evolve(BUSY, retry_after=7.0), attrs.evolve(FAILED, retry_after=0.0), OK)

    assert OK is await desk.send(READ)
    assert [7.0, 0.0] == desk.waits(READ)


@pytest.mark.parametrize("asked", [119.0, 120.0])
async def test_a_long_wait_is_kept(asked: float) -> None:
    """
    A wait of up to `max_wait` is waited, whatever chance adds: Belvo itself speaks of 120 seconds.
    """
    for seed in range(5):
        desk = bench(attrs.evolve(BUSY, retry_after=asked), OK, policy=RetryPolicy(), rng=Random(seed))

        assert OK is await desk.send(WRITE)


@pytest.mark.parametrize("asked", [120.001, 3600.0])
async def test_a_longer_wait_is_the_caller_s(asked: float) -> None:
    """
    Where Belvo asks for more, the answer comes at once and says for how long.
    """
    answer = refusal(429, "x", asked)
    budget = Budget(1)
    desk = bench(answer, OK, budget=budget)

    assert answer is await desk.send(READ)
    assert [0.0] == desk.inner.times(READ)
    assert budget.take()


async def test_own_waits_may_be_long() -> None:
    """
    What the caller's own policy says is waited, whatever it is.
    """
    desk = bench(FAILED, OK, policy=RetryPolicy(waits=(600.0,), jitter=0, max_wait=120.0))

    assert OK is await desk.send(READ)
    assert [600.0] == desk.waits(READ)


async def test_other_policies() -> None:
    """
    Waits, reconnects and the pause after too many requests are settings.
    """
    policy = RetryPolicy(waits=(1, 2), reconnects=(5,), throttled=9, jitter=0)

    for outcome, expected in ((FAILED, [1.0, 2.0]), (UNSENT, [5.0]), (FIREWALL, [9.0, 9.0])):
        desk = bench(outcome, policy=policy)
        await desk.send(READ)
        assert expected == desk.waits(READ)


async def test_no_repetitions_at_all() -> None:
    """
    A policy without waits repeats nothing.
    """
    for outcome in (FAILED, UNSENT, FIREWALL, BUSY):
        desk = bench(outcome, policy=RetryPolicy(waits=(), reconnects=()))

        assert outcome is await desk.send(READ)
        assert 1 == len(desk.inner.sent)


# --- deadlines ---


@pytest.mark.parametrize(
    ("deadline", "times"),
    [(30.0, [0.0]), (30.1, [0.0, 30.0]), (60.0, [0.0, 30.0]), (None, [0.0, 30.0, 60.0, 90.0, 120.0, 150.0])],
)
async def test_nothing_is_repeated_past_its_deadline(deadline: float | None, times: list[float]) -> None:
    """
    A request is not sent again in, or after, the moment of its deadline; what came is the answer.
    """
    late = attrs.evolve(ONCE, deadline=deadline)
    desk = bench(FIREWALL)

    assert FIREWALL is await desk.send(late)
    assert times == desk.inner.times(late)


async def test_what_is_too_late_costs_nothing() -> None:
    """
    A repetition that a deadline forbids is not paid for.
    """
    budget = Budget(1)
    desk = bench(FIREWALL, budget=budget)

    await desk.send(attrs.evolve(ONCE, deadline=1.0))

    assert budget.take()


async def test_too_late_is_too_late() -> None:
    """
    A request that waited past its deadline is not sent again, though nothing of it left.
    """
    error = TooLateError(request="…", reason="its deadline passed")
    desk = bench(error, OK)

    assert error is await desk.send(ONCE)
    assert 1 == len(desk.inner.sent)


# --- the budget ---


async def test_a_budget_is_spent_and_earned() -> None:
    """
    A repetition costs one; ten answers bring one back, and never more than there were.
    """
    budget = Budget(2)
    assert [True, True, False] == [budget.take() for _ in range(3)]

    for _ in range(9):
        budget.earn()
    assert not budget.take()
    budget.earn()
    assert [True, False] == [budget.take() for _ in range(2)]

    for _ in range(1_000):
        budget.earn()
    assert [True, True, False] == [budget.take() for _ in range(3)]


async def test_an_outage_does_not_multiply_the_load() -> None:
    """
    When the budget of a client is spent, everything is sent once.
    """
    budget = Budget(3)
    desk = bench(FAILED, budget=budget)

    for _ in range(4):
        assert FAILED is await desk.send(READ)

    assert 4 + 3 == len(desk.inner.sent)


async def test_an_empty_budget_lets_errors_through() -> None:
    """
    Without budget also what never left is not sent again.
    """
    budget = Budget(1)
    budget.take()
    desk = bench(UNSENT, OK, budget=budget)

    assert UNSENT is await desk.send(READ)


async def test_only_answers_earn() -> None:
    """
    Failures and refusals at the door bring nothing back; a refusal by Belvo does.
    """
    budget = Budget(1)
    budget.take()
    desk = bench(*[refusal(404, "not_found")] * 9, FAILED, UNSENT, FIREWALL, OK, budget=budget)

    for _ in range(12):
        await desk.send(READ)
    assert not budget.take()
    await desk.send(READ)
    assert budget.take()


# --- cancelling ---


async def test_cancelled_while_waiting() -> None:
    """
    Who is cancelled between two attempts sends nothing more.
    """
    desk = bench(FAILED, OK)
    task = asyncio.create_task(desk.retrying.send(READ))
    await desk.clock.advance(1)

    task.cancel()
    await desk.clock.advance(100)

    assert task.cancelled()
    assert (1, 0) == (len(desk.inner.sent), desk.clock.sleeping)


# --- who listens ---


async def test_repetitions_are_announced() -> None:
    """
    An observer hears of each repetition before the wait: which, how long, and why.
    """
    listener = Listener()
    desk = bench(UNSENT, FAILED, FIREWALL, BUSY, UNANSWERED, OK, observer=listener)

    await desk.send(READ)

    assert [
        (READ, 0.1, "unsent"),
        (READ, 3.0, "failed"),
        (READ, 30.0, "unprocessed"),
        (READ, 3.0, "busy"),
        (READ, 3.0, "unanswered"),
    ] == listener.heard
