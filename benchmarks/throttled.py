"""
As fast as Belvo's firewall lets through, and not one request faster.

Many flows at once against a sandbox with the firewall of Belvo's: 80 requests in 30 seconds. Prints how many requests
it blocked, and which share of what it allows was used. The sandbox runs in a process of its own.
`python benchmarks/throttled.py` takes two minutes; `--flows 100 --seconds 3` is ten times as quick and takes 9 seconds. Then a
machine that stops for a tenth of a second gets requests blocked: the window is 2 % longer than Belvo's, which is 60 ms there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time

from typing import Any, Final

from figures import Figure, rounded, said
from rounds import run

from belvo_async import BelvoClient, MfaChallenge, PoolLimits, RateLimit, drive
from belvo_async.sandbox import Firewall, Sandbox


REQUESTS: Final = 80

SECONDS: Final = 30.0


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Answer at once.
    """
    return "111111" if challenge.expects_user_input else None


async def work(flows: int, seconds: float, sandbox: Sandbox) -> int:
    """
    Run *flows* registrations with a challenge each, all at once; return how many failed.
    """
    failed = 0
    async with BelvoClient(
        sandbox.secret_id,
        sandbox.secret_password,
        base_url=sandbox.url,
        prompt=ask,
        retry=None,
        rate_limit=RateLimit(requests=REQUESTS, seconds=seconds),
        pool=PoolLimits(connections=200),
    ) as client:
        sessions = (
            client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid") for _ in range(flows)
        )
        async with drive(sessions, limit=200) as outcomes:
            async for outcome in outcomes:
                failed += not outcome.ok
    return failed


def used(first: float, last: float, requests: int, seconds: float) -> float:
    """
    Return the share of what the firewall allows that *requests* have used, between the *first* and the *last*.

    At best, the first of every 80 comes just when the window of the 80 before it has passed.
    """
    at_best = (requests - 1) // REQUESTS * seconds
    return at_best / (last - first)


async def serve(flows: int, seconds: float) -> None:
    """
    Be the sandbox: say where, wait for a line, say what was seen.
    """
    async with Sandbox(
        firewall=Firewall(limit=REQUESTS, window=seconds), expiry=86_400, remember=10 * flows + 10
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
                    "used": round(used(stamps[0], stamps[-1], len(stamps), seconds), 4),
                    "duplicates": sandbox.duplicates,
                }
            ),
            flush=True,
        )


def seen(flows: int, seconds: float) -> dict[str, Any]:
    """
    Start the sandbox, run the flows, return what it saw.
    """
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", "--flows", str(flows), "--seconds", str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        began, address = time.monotonic(), Sandbox(int(server.stdout.readline()))
        failed = asyncio.run(work(flows, seconds, address))
        told, _ = server.communicate("\n")
    return {"flows": flows, "failed": failed, **json.loads(told), "wall": round(time.monotonic() - began, 1)}


def measure(quick: bool) -> list[Figure]:
    """
    Run a hundred flows ten times as quick as Belvo, or two hundred at its pace.
    """
    said("throttled")
    flows, seconds = (100, SECONDS / 10) if quick else (200, SECONDS)
    found = json.loads(run([__file__, "--flows", str(flows), "--seconds", str(seconds)]))
    of = f"{found['requests']:,} requests"
    return [
        Figure(
            "throttled.used", f"{of}: used of {REQUESTS} in {seconds:g} s", rounded(100 * found["used"]), "%"
        ),
        Figure("throttled.blocked", f"{of}: blocked", found["blocked"], ""),
    ]


def main() -> None:
    """
    Print what the sandbox saw.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.flows, options.seconds))
    else:
        print(json.dumps(seen(options.flows, options.seconds), indent=2))


if __name__ == "__main__":
    main()
