"""
As fast as Belvo's firewall lets through, and not one request faster.

Many flows at once against a sandbox with the firewall of Belvo's, ten times as quick (80 requests in 3 seconds). Prints
how many requests it blocked, and which share of what it allows was used. The sandbox runs in a process of its own.
`python benchmarks/throttled.py` takes 80 seconds, `--flows 100` takes 9.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time

from typing import Any, Final

from belvo_async import BelvoClient, MfaChallenge, PoolLimits, RateLimit, drive
from belvo_async.sandbox import Firewall, Sandbox


REQUESTS: Final = 80

SECONDS: Final = 3.0


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Answer at once.
    """
    return "111111" if challenge.expects_user_input else None


async def run(flows: int, sandbox: Sandbox) -> None:
    """
    Run *flows* registrations with a challenge each, all at once.
    """
    async with BelvoClient(
        sandbox.secret_id,
        sandbox.secret_password,
        base_url=sandbox.url,
        prompt=ask,
        retry=None,
        rate_limit=RateLimit(requests=REQUESTS, seconds=SECONDS),
        pool=PoolLimits(connections=200),
    ) as client:
        sessions = (
            client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid") for _ in range(flows)
        )
        async with drive(sessions, limit=200) as outcomes:
            async for outcome in outcomes:
                outcome.unwrap()


def used(first: float, last: float, requests: int) -> float:
    """
    Return the share of what the firewall allows that *requests* have used, between the *first* and the *last*.

    At best, the first of every 80 comes just when the window of the 80 before it has passed.
    """
    at_best = (requests - 1) // REQUESTS * SECONDS
    return at_best / (last - first)


async def serve(flows: int) -> None:
    """
    Be the sandbox: say where, wait for a line, say what was seen.
    """
    async with Sandbox(
        firewall=Firewall(limit=REQUESTS, window=SECONDS), expiry=86_400, remember=10 * flows + 10
    ) as sandbox:
        print(sandbox.port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        stamps = [seen.at.timestamp() for seen in sandbox.requests]
        print(
            json.dumps(
                {
                    "requests": len(stamps),
                    "blocked": sandbox.blocked,
                    "seconds": round(stamps[-1] - stamps[0], 2),
                    "used": round(used(stamps[0], stamps[-1], len(stamps)), 4),
                    "duplicates": sandbox.duplicates,
                }
            ),
            flush=True,
        )


def main() -> None:
    """
    Start the sandbox, run the flows, print what it saw.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=1_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.flows))
        return
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", "--flows", str(options.flows)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        began, address = time.monotonic(), Sandbox(int(server.stdout.readline()))
        asyncio.run(run(options.flows, address))
        told, _ = server.communicate("\n")
    report: dict[str, Any] = {"flows": options.flows, **json.loads(told)}
    print(json.dumps({**report, "wall": round(time.monotonic() - began, 1)}, indent=2))


if __name__ == "__main__":
    main()
