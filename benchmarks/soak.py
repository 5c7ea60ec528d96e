"""
Many flows through one client, and whether it grows.

An hour's work of a busy service in a few minutes: registrations that are deleted again, retrievals, updates, users who
mistype or decline, and whose tickets are answered later. Prints the resident memory of the client in the
second and in the last tenth of the flows, and the most connections and file descriptors it had. The sandbox runs in a
process of its own. `python benchmarks/soak.py` runs 50,000 flows.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import time

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from belvo_async import BelvoClient, MfaChallenge, MfaSession, Outcome, PoolLimits, drive
from belvo_async.errors import MfaDeclinedError
from belvo_async.sandbox import Sandbox


CONNECTIONS: Final = 50

SAMPLES: Final = 500

EXPIRY: Final = 5.0
"""Seconds that a challenge lives. The client remembers so long that it has answered it; here that turns over often."""

PERIOD: Final = {"date_from": "2025-12-01", "date_to": "2025-12-10"}


class User:
    """
    Answers, mistypes, or declines, as the dice fall.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Answer *challenge*.
        """
        dice = self._rng.random()
        if dice < 0.02:
            raise MfaDeclinedError
        if not challenge.expects_user_input:
            return None
        return "999999" if dice < 0.05 else "111111"


class Meter:
    """
    Watches its own process.
    """

    def __init__(self, client: BelvoClient) -> None:
        self._client = client
        self.memory: list[float] = []
        self.files: list[int] = []
        self.connections: list[int] = []

    def read(self) -> None:
        """
        Take a sample, without what only waits for the collector.
        """
        gc.collect()
        self.memory.append(
            int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        )
        self.files.append(len([*Path("/proc/self/fd").iterdir()]))
        connector: Any = self._client._pool._connector  # noqa: SLF001 - no public way to count connections
        idle = sum(map(len, connector._conns.values())) if connector else 0  # noqa: SLF001 - as above
        busy = len(connector._acquired) if connector else 0  # noqa: SLF001 - as above
        self.connections.append(idle + busy)

    def report(self) -> dict[str, Any]:
        """
        Compare the last tenth with the second.
        """
        tenth = len(self.memory) // 10
        second, last = slice(tenth, 2 * tenth), slice(-tenth, None)
        before, after = statistics.mean(self.memory[second]), statistics.mean(self.memory[last])
        return {
            "memory_second_tenth_mib": round(before, 2),
            "memory_last_tenth_mib": round(after, 2),
            "memory_ratio": round(after / before, 4),
            "connections_most": max(self.connections),
            "connections_limit": CONNECTIONS,
            "files_second_tenth": max(self.files[second]),
            "files_last_tenth": max(self.files[last]),
        }


class Work:
    """
    A mix of calls, without end.
    """

    def __init__(self, client: BelvoClient, rng: random.Random) -> None:
        self._client = client
        self._rng = rng
        self._links: list[str] = []
        self.outcomes = Counter[str]()

    async def prepare(self) -> None:
        """
        Register the links that are used again and again.
        """
        for _ in range(4 * CONNECTIONS):
            link = await self._client.links.register(
                "heimdall_mx_retail", "mfa_default", "pass_valid", prompt=right
            )
            self._links.append(link.id)

    def call(self, number: int) -> MfaSession[Any]:
        """
        Return the session of the next call.
        """
        client, link, dice = self._client, self._links[number % len(self._links)], self._rng.random()
        if dice < 0.2:
            return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")
        if dice < 0.3:
            return client.links.register("erebor_mx_retail", "bnk100", "full")
        if dice < 0.5:
            return client.accounts.retrieve(link, save_data=False)
        if dice < 0.7:
            return client.balances.retrieve(link, **PERIOD, save_data=False)
        if dice < 0.9:
            return client.links.update(link, password="new")
        return client.accounts.retrieve(link, save_data=False, prompt=never)

    async def finish(self, outcome: Outcome[Any]) -> None:
        """
        Delete a link that was made, answer a challenge that was declined, by its ticket.
        """
        self.outcomes["completed" if outcome.ok else type(outcome.error).__name__] += 1
        ticket = getattr(outcome.error, "ticket", None)
        if outcome.ok and outcome.session.operation == "links.register":
            await self._client.links.delete(outcome.unwrap().id)
        elif ticket is not None and not ticket.answered:
            await self._client.resume(ticket, "111111", prompt=right)
            self.outcomes["completed by ticket"] += 1


async def run(flows: int, url: str, seed: int) -> dict[str, Any]:
    """
    Run *flows* flows and return what was measured.
    """
    rng, began = random.Random(seed), time.monotonic()
    async with BelvoClient(
        "sandbox-id",
        "sandbox-password",
        base_url=url,
        prompt=User(rng),
        pool=PoolLimits(connections=CONNECTIONS),
        rate_limit=None,
    ) as client:
        work, meter = Work(client, rng), Meter(client)
        await work.prepare()

        def sessions() -> Iterator[MfaSession[Any]]:
            for number in range(flows):
                if number % max(1, flows // SAMPLES) == 0:
                    meter.read()
                yield work.call(number)

        async with drive(sessions(), limit=2 * CONNECTIONS) as outcomes:
            async for outcome in outcomes:
                await work.finish(outcome)
    return {
        "flows": flows,
        "outcomes": dict(work.outcomes.most_common()),
        **meter.report(),
        "seconds": round(time.monotonic() - began, 1),
    }


async def right(challenge: MfaChallenge) -> str | None:
    """
    Answer *challenge* at once.
    """
    return "111111" if challenge.expects_user_input else None


async def never(_: MfaChallenge) -> str | None:
    """
    Decline every challenge; its ticket is answered later.
    """
    raise MfaDeclinedError


async def serve() -> None:
    """
    Be the sandbox, until a line comes; then say what was seen.
    """
    async with Sandbox(remember=100, one_session_per_link=False, expiry=EXPIRY) as sandbox:
        print(sandbox.url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        counted = sandbox.summary()
        print(
            json.dumps({name: counted[name] for name in ("requests", "duplicates", "challenges_issued")}),
            flush=True,
        )


def main() -> None:
    """
    Start the sandbox, run the flows, print what was measured.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    with subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        report = asyncio.run(run(options.flows, server.stdout.readline().strip(), options.seed))
        told, _ = server.communicate("\n")
    print(json.dumps({**report, **json.loads(told)}, indent=2))


if __name__ == "__main__":
    main()
