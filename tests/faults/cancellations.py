"""
Calls that are cancelled at random moments, in every way asyncio knows, and what is left behind: nothing.

Everything is drawn from a seed. Run by `test_cancellations.py` with a part of the cancellations, and as a program
with as many as wanted: `python tests/faults/cancellations.py --cancellations 10000`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import random
import sys
import time
import warnings

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Final

import anyio
import attrs

from belvo_async import (
    BelvoClient,
    MfaChallenge,
    MfaSession,
    PoolLimits,
    RateLimit,
    RetryPolicy,
    drive,
)
from belvo_async.errors import BelvoError
from belvo_async.sandbox import Fault, FaultKind, Faults, Sandbox
from belvo_async.transport.throttle import ThrottledTransport


BANK: Final = "heimdall_mx_retail"

USERS: Final = ("mfa_default", "mfa_qr", "mfa_inputless", "mfa_twice")

PERIOD: Final = {"date_from": "2025-12-01", "date_to": "2025-12-05"}

BATCH: Final = 25
"""Calls at once: many more than connections and links."""

LINKS: Final = 6

TIMERS: Final = ("Deadlines._ring", "_set_result_unless_cancelled", "Timeout._on_timeout")
"""What a timer of the event loop calls that is the library's: a deadline, a sleep, a timeout."""

LONGEST: Final = 1_500
"""Turns of the event loop, at most, before a call is cancelled."""

PLACES: Final[tuple[tuple[set[str], str], ...]] = (
    # the first that stands whole in the traceback is where the call was; the frames below a transport are cut off
    ({"Links.acquire"}, "waiting for a link"),
    ({"Slots.wait"}, "waiting for a slot"),
    ({"RetryingTransport._pause"}, "waiting to repeat"),
    ({"ThrottledTransport.send", "Lock.acquire"}, "waiting for the rate limit"),
    ({"ThrottledTransport.send", "SystemClock.sleep"}, "waiting for the rate limit"),
    ({"ThrottledTransport.send"}, "under way"),
    ({"User.__call__"}, "waiting for the user"),
    ({"MfaSession._find"}, "between two looks"),
    ({"drive.__anext__"}, "waiting for an outcome"),
    ({"drive.__aexit__"}, "leaving drive()"),
)


@attrs.define
class Report:
    """
    What a run has shown.
    """

    cancelled: int = 0
    finished: int = 0
    ways: Counter[str] = attrs.field(factory=Counter)
    places: Counter[str] = attrs.field(factory=Counter)
    leaks: list[str] = attrs.field(factory=list)
    complaints: list[str] = attrs.field(factory=list)
    next_calls: int = 0
    answered_twice: int = 0
    requests: int = 0
    seconds: float = 0.0


class User:
    """
    Takes a moment, and sometimes for ever.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Answer *challenge*.
        """
        dice = self._rng.random()
        if dice < 0.2:
            await asyncio.Event().wait()
        for _ in range(int(30 * dice)):
            await asyncio.sleep(0)
        if not challenge.expects_user_input:
            return None
        return "999999" if dice > 0.95 else "111111"


async def right(challenge: MfaChallenge) -> str | None:
    """
    Answer *challenge* at once.
    """
    return "111111" if challenge.expects_user_input else None


@attrs.define
class Calls:
    """
    Every kind of call that can be cancelled.
    """

    client: BelvoClient
    links: list[str]
    rng: random.Random

    async def any(self) -> object:
        """
        Do one of them.
        """
        kinds: tuple[Callable[[], Coroutine[Any, Any, object]], ...] = (
            self._register,
            self._retrieve,
            self._retrieve,
            self._update,
            self._by_hand,
            self._resume,
            self._list,
            self._get,
            self._drive,
        )
        return await self.rng.choice(kinds)()

    def _link(self) -> str:
        return self.rng.choice(self.links)

    def _session(self) -> MfaSession[Any]:
        if self.rng.random() < 0.5:
            return self.client.accounts.retrieve(self._link())
        return self.client.balances.retrieve(self._link(), **PERIOD)

    async def _register(self) -> object:
        return await self.client.links.register(BANK, self.rng.choice(USERS), "pass_valid")

    async def _retrieve(self) -> object:
        return await self._session()

    async def _update(self) -> object:
        return await self.client.links.update(self._link(), password="new")

    async def _by_hand(self) -> object:
        async with self._session() as session:
            async for challenge in session:
                await asyncio.sleep(0)
                await session.submit("111111" if challenge.expects_user_input else None)
        return session.result

    async def _resume(self) -> object:
        async with self._session() as session:
            async for _ in session:
                ticket = session.suspend()
                return await self.client.resume(ticket, "111111" if ticket.expects_user_input else None)
        return session.result

    async def _list(self) -> object:
        return await self.client.accounts.list(link=self._link(), page_size=2, limit=6).to_list()

    async def _get(self) -> object:
        return await self.client.links.get(self._link())

    async def _drive(self) -> object:
        async with drive((self._session() for _ in range(5)), limit=3) as outcomes:
            return [outcome async for outcome in outcomes]


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _idle(sandbox: Sandbox) -> None:
    await _turns(5)
    await sandbox.wait_until_idle()
    await _turns(5)


async def by_task(call: Awaitable[object], turns: int) -> None:
    """
    Cancel by `task.cancel()`.
    """
    task = asyncio.ensure_future(call)
    await _turns(turns)
    task.cancel()
    await task


async def by_task_twice(call: Awaitable[object], turns: int) -> None:
    """
    Cancel, and cancel again while the first is being dealt with.
    """
    task = asyncio.ensure_future(call)
    await _turns(turns)
    task.cancel()
    await _turns(turns % 3)
    task.cancel()
    await task


async def by_timeout(call: Awaitable[object], turns: int) -> None:
    """
    Cancel by `asyncio.timeout()`.
    """
    async with asyncio.timeout(turns / 20_000):
        await call


async def by_scope(call: Awaitable[object], turns: int) -> None:
    """
    Cancel by a scope of anyio's, from another task.
    """
    scope = anyio.CancelScope()

    async def cancel() -> None:
        await _turns(turns)
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(cancel)
        with scope:
            await call


async def by_deadline(call: Awaitable[object], turns: int) -> None:
    """
    Cancel by `anyio.fail_after()`.
    """
    with anyio.fail_after(turns / 20_000):
        await call


WAYS: Final = (by_task, by_task, by_task_twice, by_timeout, by_scope, by_deadline)


def place_of(traceback: TracebackType | None) -> str:
    """
    Return where a cancelled call was.
    """
    names = set()
    while traceback is not None:
        code = traceback.tb_frame.f_code
        names.add(getattr(code, "co_qualname", code.co_name))
        traceback = traceback.tb_next
    return next((place for where, place in PLACES if where <= names), "between two awaits")


async def _victim(calls: Calls, report: Report, way: str) -> None:
    """
    Make a call, and note where it was if it is cancelled. What it raises of its own is no matter here.
    """
    try:
        await calls.any()
    except BelvoError:
        report.finished += 1
    except asyncio.CancelledError as error:
        report.cancelled += 1
        report.ways[way] += 1
        report.places[place_of(error.__traceback__)] += 1
        raise
    else:
        report.finished += 1


async def _cancelled_somewhere(calls: Calls, report: Report) -> None:
    way = calls.rng.choice(WAYS)
    turns = (
        int(LONGEST ** calls.rng.random()) - 1
    )  # as often within the first ten as within the last hundreds
    with contextlib.suppress(asyncio.CancelledError, TimeoutError):
        await way(_victim(calls, report, way.__name__), turns)


def _throttle(client: BelvoClient) -> ThrottledTransport:
    transport: Any = client._engine.transport
    while not isinstance(transport, ThrottledTransport):
        transport = transport._inner
    return transport


def leaks_of(client: BelvoClient, connections: int) -> list[str]:
    """
    Name what a client without a call under way still holds.
    """
    pool, busy, deadlines = client._pool, client._busy, client._deadlines
    turn = _throttle(client)._turn
    connector: Any = pool._connector
    loop: Any = asyncio.get_running_loop()
    timers = [repr(handle) for handle in loop._scheduled if not handle.cancelled()]
    tasks = [
        task.get_coro().__qualname__  # type: ignore[union-attr] # of a coroutine function, as all are here
        for task in asyncio.all_tasks()
        if task is not asyncio.current_task()
    ]
    found = {
        "slots": connections - pool.slots.free,
        "waiting for slots": pool.slots.waiting,
        "links": len(busy),
        "waiting for links": len(busy._waiting),
        "deadlines": len(deadlines),
        "limiter turns": int(turn.locked()),
        "waiting for the limiter": len(turn._waiters or ()),
        "connections in use": len(connector._acquired) if connector else 0,
        "timers": [timer for timer in timers if any(name in timer for name in TIMERS)],
        "tasks": sum(not name.startswith("RequestHandler") for name in tasks) - len(_OURS & {*tasks}),
    }
    return [f"{what} {name}" for name, what in found.items() if what]


_OURS: Final[set[str]] = set()
"""Names of tasks that were there before."""


@contextlib.asynccontextmanager
async def complaints_into(report: Report) -> AsyncIterator[None]:
    """
    Gather what asyncio and the interpreter complain about: warnings, futures nobody looked at, lost coroutines.
    """
    loop, unraisable = asyncio.get_running_loop(), sys.unraisablehook
    loop.set_exception_handler(lambda _, context: report.complaints.append(repr(context)))
    sys.unraisablehook = lambda raised: report.complaints.append(repr(raised.exc_value))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
            gc.collect()
            await _turns(3)
        report.complaints += [str(warning.message) for warning in caught]
    finally:
        loop.set_exception_handler(None)
        sys.unraisablehook = unraisable


def _client(sandbox: Sandbox, rng: random.Random, connections: int) -> BelvoClient:
    return BelvoClient(
        sandbox.secret_id,
        sandbox.secret_password,
        base_url=sandbox.url,
        prompt=User(rng),
        retry=RetryPolicy(waits=(0.002, 0.004), reconnects=(0.001,), throttled=0.001, budget=10**6),
        rate_limit=RateLimit(requests=40, seconds=0.04),
        pool=PoolLimits(connections=connections),
    )


async def run(cancellations: int, *, seed: int, connections: int = 3) -> Report:
    """
    Cancel *cancellations* calls, in batches, and look after each batch what is left.
    """
    rng, report = random.Random(seed), Report()
    began = time.monotonic()
    faults = [
        Fault(kind=FaultKind.ANSWER, probability=0.2, status=500, code="unexpected_error"),
        Fault(kind=FaultKind.CLOSE_READ, probability=0.02),
        Fault(kind=FaultKind.CLOSE_PROCESSED, probability=0.02),
        Fault(kind=FaultKind.LATE_ANSWER, probability=0.1, seconds=0.004),
    ]
    sandbox = Sandbox(
        seed=seed, faults=Faults(faults, seed=seed), remember=100, one_session_per_link=False, latency=0.0005
    )
    _OURS.clear()
    _OURS.update(task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr] # as above
    async with complaints_into(report), sandbox, _client(sandbox, rng, connections) as client:
        links = [str(sandbox.add_link(BANK, "mfa_default", "pass_valid")["id"]) for _ in range(LINKS)]
        hurried = client.with_options(rate_limit=RateLimit(requests=5, seconds=0.01))
        kinds = (Calls(client, links, rng), Calls(hurried, links, rng))
        while report.cancelled < cancellations:
            calls = rng.choice(kinds)
            await asyncio.gather(*(_cancelled_somewhere(calls, report) for _ in range(BATCH)))
            await _idle(sandbox)
            if leaks_of(calls.client, connections):
                await _idle(
                    sandbox
                )  # a request of a cancelled call may arrive late, and the sandbox has timers, too
            report.leaks += leaks_of(calls.client, connections)
            mishaps, sandbox.faults = sandbox.faults, Faults()
            await calls.client.with_options(prompt=right).accounts.retrieve(rng.choice(links))
            report.next_calls += 1
            sandbox.faults = mishaps
        report.answered_twice = sandbox.duplicates
        report.requests = sandbox.counts.total()
    report.seconds = time.monotonic() - began
    return report


async def main() -> None:
    """
    Cancel as many calls as wanted, in parts with a sandbox and a client each.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cancellations", type=int, default=10_000)
    parser.add_argument("--part", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = Report()
    for part in range(options.cancellations // options.part):
        report = await run(options.part, seed=options.seed + part)
        for field in attrs.fields(Report):
            setattr(total, field.name, getattr(total, field.name) + getattr(report, field.name))
    print(json.dumps(attrs.asdict(total), indent=2))  # noqa: T201 - also a program


if __name__ == "__main__":
    asyncio.run(main())
