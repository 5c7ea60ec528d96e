"""
A worker: takes jobs from a queue and drives many flows at once.

    python examples/many.py                            # 200 jobs, at most 50 flows at a time
    python examples/many.py --jobs 2000 --limit 200
    python examples/many.py --rate 100                 # the client keeps to 100 requests a second

While it works it shows how far it is, and why it takes long. It runs against a sandbox of its own, and at the end compares what it counted with what the sandbox counted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from collections import Counter
from collections.abc import AsyncIterator

from belvo_async import BelvoClient, MfaChallenge, MfaSession, Observer, RateLimit, drive
from belvo_async.messages import Request
from belvo_async.mfa.flow import Step
from belvo_async.mfa.machine import MfaEvent
from belvo_async.models import Link
from belvo_async.sandbox import Sandbox


USERS = ("mfa_default", "mfa_numeric", "mfa_qr", "mfa_inputless", "mfa_twice", "user_invalid")
"""Test users of the sandbox, by turns: one of six cannot log in, one is asked twice."""


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Play all the users. One of three mistypes at first, and the bank asks again.
    """
    if not challenge.expects_user_input:
        return None
    mistyped = challenge.round == 1 and challenge.link.endswith(tuple("01234"))
    return "999999" if mistyped else "111111"


async def sessions(client: BelvoClient, jobs: asyncio.Queue[str]) -> AsyncIterator[MfaSession[Link]]:
    """
    Turn jobs into sessions. `drive()` asks for the next one when it has room, so the queue may be endless.
    """
    while not jobs.empty():
        username = await jobs.get()
        yield client.links.register("heimdall_mx_retail", username, "pass_valid", prompt=ask)


class Progress(Observer):
    """
    One line that is written over again: what is done, how many users think, how often the client has waited.
    """

    def __init__(self) -> None:
        self.done = self.open = self.waits = 0

    def show(self, end: str = "") -> None:
        """
        Write the line, if somebody is there to see it.
        """
        if not sys.stderr.isatty():
            return
        told = f"{self.done} done, {self.open} challenges open, {self.waits} waits"
        print(f"\r{told:<60}", end=end, file=sys.stderr, flush=True)

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        """
        Count the challenges.
        """
        if step.event is MfaEvent.CHALLENGE_ISSUED:
            self.open += 1
        elif step.event is MfaEvent.SUBMITTED:
            self.open -= 1

    def throttled(self, request: Request, wait: float) -> None:
        """
        A request waits for the rate limit.
        """
        self.waits += 1
        self.show()

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        """
        A request waits to be sent again.
        """
        self.waits += 1
        self.show()


async def main(number: int, limit: int, rate: int) -> int:
    """
    Do *number* jobs and return the exit code.
    """
    jobs: asyncio.Queue[str] = asyncio.Queue()
    for job in range(number):
        jobs.put_nowait(USERS[job % len(USERS)])

    counted: Counter[str] = Counter()
    progress = Progress()
    allowed = RateLimit(requests=rate, seconds=1.0)
    async with (
        Sandbox(latency=0.05) as sandbox,  # seconds that each login takes
        BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            rate_limit=allowed,
            observers=[progress],
        ) as client,
    ):
        async with drive(sessions(client, jobs), limit=limit) as outcomes:
            async for outcome in outcomes:
                counted["registered" if outcome.ok else type(outcome.error).__name__] += 1
                progress.done += 1
                progress.show()
        progress.show(end="\n")
        seen, twice = sandbox.summary(), sandbox.duplicates

    for what, count in counted.most_common():
        print(f"{what:<16}{count:>6}")
    print(f"requests        {seen['requests']:>6}   at most {seen['peak']} at once")
    print(f"challenges      {seen['challenges_issued']:>6}   {twice} answered twice")
    agreed = counted["registered"] == seen["links_valid"] and counted.total() == number
    return 0 if agreed and not twice else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Drive many flows at once, against a sandbox.")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--rate", type=int, default=1_000)
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.jobs, options.limit, options.rate)))
