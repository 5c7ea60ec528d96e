"""
Where the time of a flow goes: the CPU of this library's client, by layer.

A timer of the process's CPU time interrupts the client, and what runs at that moment is counted: the innermost frame
that belongs to a layer. What C does for a frame counts for it, so decoding belongs to the codec. `python benchmarks/layers.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys

from collections import Counter
from types import FrameType
from typing import Any, Final

from clients import CLIENTS, OURS, Job
from figures import said
from rounds import allow_files
from server import served


LAYERS: Final = (
    ("belvo_async/resources/", "resources: arguments and calls"),
    ("belvo_async/codec/", "codec: msgspec's decoder and encoder"),
    ("belvo_async/transport/aiohttp", "transport: request, connection, answer"),
    ("belvo_async/transport/", "transport: retry, throttle, slots"),
    ("belvo_async/", "session, flow and guards"),
    ("aiohttp/connector", "aiohttp: connector"),
    ("aiohttp/", "aiohttp: parser and protocol"),
    ("asyncio/", "event loop and socket"),
    ("", "the benchmark itself"),
)
"""Parts of a path, the first that fits, and the layer they belong to."""

EVERY: Final = 0.001
"""CPU seconds between two looks."""

FLOWS: Final = 6_000


def layer_of(frame: FrameType | None) -> str:
    """
    Return the layer that *frame* works for: its own, or of the first that called it and has one.
    """
    while frame is not None:
        path = frame.f_code.co_filename
        for part, layer in LAYERS[:-1]:
            if part in path and "/benchmarks/" not in path:
                return layer
        frame = frame.f_back
    return LAYERS[-1][1]


def child(job: Job) -> None:
    """
    Run the client and print how often each layer was met, and the CPU seconds of a flow.
    """
    met: Counter[str] = Counter()
    allow_files()
    signal.signal(signal.SIGPROF, lambda _, frame: met.update([layer_of(frame)]))
    with asyncio.Runner() as runner:
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
        seconds = runner.run(CLIENTS[OURS](job))
        signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps({"seconds": seconds, "met": met}))


def main() -> None:
    """
    Print the table.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(Job(**arguments.child))
        return
    seen: dict[str, dict[str, Any]] = {}
    for work in ("links", "balances"):
        said(f"layers: {work}")
        with served() as server:
            job = {
                "url": server.url,
                "links": server.links,
                "tls_url": server.tls_url,
                "certificate": server.certificate,
                "work": work,
                "concurrency": 100,
                "flows": FLOWS,
            }
            command = [sys.executable, __file__, "--child", json.dumps(job)]
            seen[work] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print("| Layer | links | balances |\n|---|---|---|")
    for _, layer in LAYERS:
        cells = [
            f"{one['seconds'] * 1e6 * one['met'].get(layer, 0) / sum(one['met'].values()):.0f} µs"
            for one in seen.values()
        ]
        print(f"| {layer} | {' | '.join(cells)} |")
    totals = [f"{one['seconds'] * 1e6:.0f} µs" for one in seen.values()]
    print(f"| together | {' | '.join(totals)} |")


if __name__ == "__main__":
    main()
