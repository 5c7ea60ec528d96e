"""
The main job, done by this library and by others: POST, 428, token, PATCH, result.

Registers links, and retrieves balances of 50 rows. Prints the CPU time that each client spends on a flow, and its ratio
to others. `--quick` takes a minute and leaves much out; one comparison of your own needs `--work`, `--concurrency`,
`--loop` or `--clients`; `--costs` compares the library with itself, by what is switched on.
"""

from __future__ import annotations

import argparse
import json

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from clients import BELVO_PYTHON, BY_HAND, CLIENTS, COSTS, FLOOR, HTTPX, NIQUESTS, OURS, is_here
from figures import Figure, said, table
from rounds import FILES, Spread, allow_files, interleaved, ratio
from server import Server, served


OTHERS: Final = {
    BY_HAND: "by_hand",
    FLOOR: "floor",
    HTTPX: "httpx",
    NIQUESTS: "niquests",
    BELVO_PYTHON: "belvo_python",
}
"""Whom we are compared with, and the names of these figures."""

FAST: Final = (OURS, BY_HAND, FLOOR)

SLOW: Final = (HTTPX, NIQUESTS, BELVO_PYTHON)
"""They run an eighth of the flows."""


@attrs.frozen(kw_only=True)
class Comparison:
    """
    Clients that do the same work.
    """

    work: str
    concurrency: int = 100
    loop: str = "asyncio"
    clients: Sequence[str] = FAST
    flows: int = 2_000
    rounds: int = 5

    def __str__(self) -> str:
        return f"{self.work}, {self.concurrency:,} in flight" + (
            "" if self.loop == "asyncio" else f", {self.loop}"
        )

    @property
    def key(self) -> str:
        """
        What the keys of its figures begin with.
        """
        return f"flows.{self.work}.{self.concurrency}" + ("" if self.loop == "asyncio" else f".{self.loop}")

    def run(self) -> dict[str, list[float]]:
        """
        Return the CPU seconds of a flow for each client that is here, round by round.
        """
        said(f"flows: {self}, {len(self.clients)} clients")
        with served() as server:
            able = [
                name
                for name in self.clients
                if is_here(name) and not (name == "with TLS" and server.tls_url is None)
            ]
            return interleaved({name: self.command(name, server) for name in able}, self.rounds)

    def command(self, client: str, server: Server) -> list[str]:
        """
        Return the arguments for Python with which a client does its work, and prints what it spent.
        """
        job: dict[str, Any] = {
            "url": server.url,
            "links": server.links,
            "tls_url": server.tls_url,
            "certificate": server.certificate,
            "work": self.work,
            "concurrency": self.concurrency,
            "flows": max(self.concurrency, self.flows // (8 if client in SLOW else 1)),
        }
        return [str(Path(__file__).with_name("clients.py")), client, self.loop, json.dumps(job)]


def compared(comparison: Comparison, spent: dict[str, list[float]]) -> Iterator[Figure]:
    """
    Yield what a comparison shows: of each client the CPU time of a flow, and how we stand to it.
    """
    for name in comparison.clients:
        short = OTHERS.get(name, "ours")
        if name in spent:
            yield Figure.spread(
                f"{comparison.key}.us.{short}",
                f"{comparison}: {name}",
                Spread.of(spent[name]),
                "µs CPU a flow",
                1e6,
            )
        if name != OURS:
            key, what = f"{comparison.key}.{short}", f"{comparison}: {OURS} / {name}"
            if name in spent:
                yield Figure.spread(key, what, ratio(spent[OURS], spent[name]), "x")
            else:
                yield Figure(key, what, None, "x", note="not installed")


def grown(
    few: Comparison, many: Comparison, at_few: dict[str, list[float]], at_many: dict[str, list[float]]
) -> Figure:
    """
    Return how our ratio to hand-written aiohttp grows with the number of flows in flight.
    """
    here, there = (ratio(spent[OURS], spent[BY_HAND]) for spent in (at_few, at_many))
    return Figure.spread(
        f"{many.key}.growth",
        f"{many}: its ratio to {BY_HAND} / that of {few.concurrency} in flight",
        Spread(there.median / here.median, there.low / here.median, there.high / here.median),
        "x",
    )


def costs(rounds: int, flows: int) -> Iterator[Figure]:
    """
    Yield what each thing that can be switched on or off costs, against the library as it is.
    """
    comparison = Comparison(work="links", clients=(OURS, *COSTS), rounds=rounds, flows=flows)
    spent = comparison.run()
    for name in COSTS:
        key = f"flows.costs.{name.replace(' ', '_').replace(',', '')}"
        if name in spent:
            yield Figure.spread(key, f"{OURS} {name} / {OURS}", ratio(spent[name], spent[OURS]), "x")
        else:
            yield Figure(key, f"{OURS} {name} / {OURS}", None, "x", note="not installed, or no openssl")


def measure(quick: bool) -> list[Figure]:
    """
    Run all comparisons.
    """
    flows, rounds = (300, 3) if quick else (2_000, 5)
    usual = [
        Comparison(work="links", clients=FAST + SLOW, flows=flows, rounds=rounds),
        Comparison(work="balances", clients=FAST + (() if quick else SLOW), flows=flows, rounds=rounds),
    ]
    spent = {comparison: comparison.run() for comparison in usual}
    found = [figure for comparison in usual for figure in compared(comparison, spent[comparison])]
    if quick:
        return found
    for comparison in (
        Comparison(work="links", concurrency=10),
        Comparison(work="links", concurrency=1_000, flows=4_000, rounds=3),
        Comparison(work="links", loop="uvloop"),
        Comparison(work="balances", loop="uvloop"),
    ):
        if is_here(comparison.loop):
            found += compared(comparison, comparison.run())
        else:
            found.append(Figure(comparison.key, str(comparison), None, "", note="uvloop is not installed"))
    many = Comparison(work="links", concurrency=4_000, flows=6_000, rounds=3)
    if allow_files() < 2 * many.concurrency:
        note = f"only {allow_files():,} files may be open here; {FILES:,} are wanted"
        found.append(Figure(f"{many.key}.growth", str(many), None, "x", note=note))
    else:
        at_many = many.run()
        found += [*compared(many, at_many), grown(usual[0], many, spent[usual[0]], at_many)]
    return [*found, *costs(rounds, 1_000)]


def main() -> None:
    """
    Compare all, or what was asked for.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer flows, rounds and comparisons")
    parser.add_argument(
        "--costs", action="store_true", help="what can be switched on or off, and what it costs"
    )
    parser.add_argument("--work", choices=("links", "balances"))
    parser.add_argument("--concurrency", type=int)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"))
    parser.add_argument("--clients", help=f"some of: {', '.join(CLIENTS)}; ours comes first")
    parser.add_argument("--flows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if given.costs:
        figures = list(costs(given.rounds, given.flows))
    elif given.work or given.concurrency or given.loop or given.clients:
        others = given.clients.split(",") if given.clients else FAST
        comparison = Comparison(
            work=given.work or "links",
            concurrency=given.concurrency or 100,
            loop=given.loop or "asyncio",
            clients=(OURS, *(name for name in others if name != OURS)),
            flows=given.flows,
            rounds=given.rounds,
        )
        figures = list(compared(comparison, comparison.run()))
    else:
        figures = measure(given.quick)
    print(table(figures))


if __name__ == "__main__":
    main()
