"""
Many sessions that wait for their users, in one process.

1,000, 10,000 and 100,000 registrations are brought to their challenge and left there: the memory of each is measured,
against a bare task that waits as its user does. Then the users of all but the last of them answer; the
challenges of those expire. Every session comes from a real request. `--sessions 100000` alone takes some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import time

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from clients import KEYS, PERIOD, REGISTRATION, RIGHT
from figures import Figure, rounded, said, table
from rounds import resident, run
from server import Server, served

from belvo_async import BelvoClient, MfaChallenge, MfaSession
from belvo_async.deadlines import Deadlines
from belvo_async.errors import BelvoError, MfaExpiredError, MfaRequiredError


AT_ONCE: Final = 200
"""Requests that are begun and not yet challenged or answered."""

LAPSING: Final = 500
"""Sessions nobody answers, at most; and half of all."""

EXPIRY: Final = 5.0
"""Seconds until theirs is too late. The others have a day."""


@attrs.define
class Parked:
    """
    What became of the sessions.

    Attributes:
        waiting: Those whose user is being asked.

        late: Seconds after its deadline that each of the expired ended.
    """

    waiting: int = 0
    completed: int = 0
    late: list[float] = attrs.field(factory=list)
    failed: list[str] = attrs.field(factory=list)


class House:
    """
    Sessions in tasks, and their users, who wait until they are let.
    """

    def __init__(self, client: BelvoClient) -> None:
        self._client = client
        self._begun = asyncio.Semaphore(AT_ONCE)
        self._tasks: list[asyncio.Task[None]] = []
        self._users: list[asyncio.Future[None]] = []
        self.seen = Parked()

    async def park(self, count: int) -> None:
        """
        Begin so many sessions, and return when all of them wait for their user.
        """
        wanted = self.seen.waiting + count
        for _ in range(count):
            await self._begun.acquire()
            session = self._client.links.register(**REGISTRATION, prompt=self._ask)
            self._tasks.append(asyncio.create_task(self._run(session)))
        while self.seen.waiting + len(self.seen.failed) < wanted:  # noqa: ASYNC110 - changed by every task
            await asyncio.sleep(0.01)

    async def _ask(self, _: MfaChallenge) -> str:
        self.seen.waiting += 1
        self._begun.release()
        # Not an asyncio.Event: leaving it looks through all who wait, which takes longer than what is measured.
        user = asyncio.get_running_loop().create_future()
        self._users.append(user)
        await user
        await self._begun.acquire()
        return RIGHT

    async def _run(self, session: MfaSession[Any]) -> None:
        try:
            await session
        except MfaExpiredError as error:
            now, challenge = datetime.now(UTC), error.challenge
            assert challenge is not None
            assert challenge.expires_at is not None
            self.seen.late.append((now - challenge.expires_at).total_seconds())
        except BelvoError as error:
            self.seen.failed.append(type(error).__name__)
            self._begun.release()
        else:
            self.seen.completed += 1
            self._begun.release()

    async def expire(self) -> None:
        """
        Wait until those that nobody answers have ended.
        """
        while len(self.seen.late) + len(self.seen.failed) < lapsing(len(self._tasks)):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """
        Let the users answer, and wait for all sessions.
        """
        for user in self._users:
            if not user.done():
                user.set_result(None)
        await asyncio.gather(*self._tasks)


def lapsing(sessions: int) -> int:
    """
    Return how many of the *sessions* nobody answers.
    """
    return min(LAPSING, sessions // 2)


def timers() -> int:
    """
    Return how many timers of the event loop ring for deadlines.
    """
    loop: Any = asyncio.get_running_loop()
    handles = [handle for handle in loop._scheduled if not handle.cancelled()]  # noqa: SLF001 - no public way
    return sum(isinstance(getattr(handle._callback, "__self__", None), Deadlines) for handle in handles)  # noqa: SLF001 - as above


def settled() -> int:
    """
    Return the memory without what only waits for the collector.
    """
    gc.collect()
    return resident()


async def sessions(count: int, url: str) -> dict[str, Any]:
    """
    Park *count* sessions; reads a line from standard input before the last of them, so that theirs can be shorter.
    """
    async with BelvoClient(*KEYS, base_url=url) as client:
        first = House(client)
        await first.park(AT_ONCE)
        await asyncio.wait_for(first.finish(), 60)  # connections and caches are warm
        house, before = House(client), settled()
        await house.park(count - lapsing(count))
        # Before the last: with so many objects a collection takes seconds, and would be taken for late deadlines.
        memory = (settled() - before) / house.seen.waiting
        print(flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await house.park(lapsing(count))
        rings = timers()
        await house.expire()
        began = time.monotonic()
        await house.finish()
        seen = house.seen
        return {
            "memory": memory,
            "timers": rings,
            "late": max(seen.late),
            "expired": len(seen.late),
            "completed": seen.completed,
            "failed": seen.failed[:10],
            "seconds": time.monotonic() - began,
        }


async def tasks(count: int) -> float:
    """
    Return the memory of a bare task that waits.
    """
    before = settled()
    users: list[asyncio.Future[None]] = []

    async def wait() -> None:
        user = asyncio.get_running_loop().create_future()
        users.append(user)
        await user

    waiting = [asyncio.create_task(wait()) for _ in range(count)]
    await asyncio.sleep(0)
    memory = settled() - before
    for user in users:
        user.set_result(None)
    await asyncio.gather(*waiting)
    return memory / count


async def ticket(url: str) -> int:
    """
    Return the bytes of the largest ticket as JSON.
    """
    async with BelvoClient(*KEYS, base_url=url) as client:
        links = [link.id async for link in client.links.list()]
        sizes = []
        for session in (
            client.links.register(**REGISTRATION, external_id="user-of-ours-12345678"),
            client.balances.retrieve(links[0], **PERIOD, save_data=False),
        ):
            try:
                await session
            except MfaRequiredError as error:
                sizes.append(len(str(error.ticket and error.ticket.to_json()).encode()))
        return max(sizes)


def parked(count: int, server: Server) -> Iterator[Figure]:
    """
    Yield what *count* sessions cost, in a process of their own.
    """
    said(f"parked: {count:,}")
    server.change(expiry=86_400)
    task = json.loads(run([__file__, "--tasks", str(count)]))
    with subprocess.Popen(
        [sys.executable, __file__, "--child", str(count), "--url", server.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        server.change(expiry=EXPIRY)
        out, _ = child.communicate("\n")
    found = json.loads(out)
    key, what = f"parked.{count}", f"{count:,} waiting"
    answered = count - lapsing(count)
    yield Figure(f"{key}.memory", f"{what}: memory of a session", rounded(found["memory"] / 1024), "KiB")
    yield Figure(f"{key}.task", f"{what}: memory of a bare task", rounded(task / 1024), "KiB")
    yield Figure(f"{key}.timers", f"{what}: timers for deadlines", found["timers"], "")
    yield Figure(
        f"{key}.completed",
        f"{what}: completed of {answered:,} whose token came",
        rounded(100 * found["completed"] / answered),
        "%",
        note=", ".join(found["failed"]),
    )
    yield Figure(
        f"{key}.late",
        f"{what}: the latest of {found['expired']} deadlines",
        rounded(1e3 * found["late"]),
        "ms late",
    )


def measure(quick: bool, counts: tuple[int, ...] = ()) -> list[Figure]:
    """
    Park few and many.
    """
    counts = counts or ((1_000,) if quick else (1_000, 10_000, 100_000))
    with served(1, expiry=86_400) as server:
        found = [figure for count in counts for figure in parked(count, server)]
        size = json.loads(run([__file__, "--ticket", "--url", server.url]))
    return [*found, Figure("parked.ticket", "a ticket as JSON", size, "bytes")]


def main() -> None:
    """
    Be the benchmark, or one of its processes.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only 1,000")
    parser.add_argument("--sessions", type=int, help="only so many")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--tasks", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ticket", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(asyncio.run(sessions(given.child, given.url))))
    elif given.tasks:
        print(json.dumps(asyncio.run(tasks(given.tasks))))
    elif given.ticket:
        print(json.dumps(asyncio.run(ticket(given.url))))
    else:
        print(table(measure(given.quick, (given.sessions,) if given.sessions else ())))


if __name__ == "__main__":
    main()
