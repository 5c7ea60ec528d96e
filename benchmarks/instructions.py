"""
The main job in instructions instead of time: what valgrind counts is the same on a busy machine.

Each client runs with few flows and with more; the difference is what flows take once everything is warm. Neither the server is
counted, nor what the system does for a client. Needs valgrind, and five minutes: `python benchmarks/instructions.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from clients import BY_HAND, FLOOR, OURS
from figures import said
from flows import Comparison
from server import Server, served


IN_FLIGHT: Final = 20

FEW, MORE = 100, 300

VALGRIND: Final = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")

COUNTED: Final = re.compile(r"Collected : (\d+)")


def counted(comparison: Comparison, client: str, server: Server) -> int:
    """
    Return the instructions of the process in which *client* does its work.
    """
    command = (*VALGRIND, sys.executable, *comparison.command(client, server))
    always_alike = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=always_alike)
    return int(COUNTED.findall(ended.stderr)[0])


def of_a_flow(work: str, client: str) -> float:
    """
    Return the instructions of one flow.
    """
    said(f"instructions: {work}, {client}")
    both = [Comparison(work=work, concurrency=IN_FLIGHT, flows=flows) for flows in (FEW, MORE)]
    with served() as server, ThreadPoolExecutor(len(both)) as threads:
        few, more = threads.map(lambda comparison: counted(comparison, client, server), both)
    return (more - few) / (MORE - FEW)


def main() -> None:
    """
    Count them for both kinds of work, and print how this library stands to the others.
    """
    print("| Instructions of a flow | links | balances |\n|---|---|---|")
    spent = {
        client: [of_a_flow(work, client) for work in ("links", "balances")]
        for client in (OURS, BY_HAND, FLOOR)
    }
    for client, (links, balances) in spent.items():
        print(f"| {client} | {links:,.0f} | {balances:,.0f} |")
    for client in (BY_HAND, FLOOR):
        links, balances = (ours / other for ours, other in zip(spent[OURS], spent[client], strict=True))
        print(f"| {OURS} / {client} | {links:.2f} x | {balances:.2f} x |")


if __name__ == "__main__":
    main()
