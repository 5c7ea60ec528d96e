"""
What a benchmark hands back: figures, with the targets that are set for them.
"""

from __future__ import annotations

import argparse
import platform
import sys

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import attrs

from rounds import Spread


@attrs.frozen
class Target:
    """
    What a figure should be: at most, or at least, *bound*.
    """

    bound: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """
        Whether *value* is good enough.
        """
        return value >= self.bound if self.at_least else value <= self.bound


def at_most(bound: float) -> Target:
    """
    The figure should not be above *bound*.
    """
    return Target(bound)


def at_least(bound: float) -> Target:
    """
    The figure should not be below *bound*.
    """
    return Target(bound, at_least=True)


TARGETS: Final[Mapping[str, Target]] = {
    "flows.links.100.by_hand": at_most(0.90),
    "flows.links.100.floor": at_most(1.10),
    "flows.links.100.httpx": at_most(0.10),
    "flows.links.100.belvo_python": at_most(0.15),
    "flows.balances.100.by_hand": at_most(0.82),
    "flows.balances.100.floor": at_most(1.08),
    "flows.balances.100.httpx": at_most(0.15),
    "flows.balances.100.belvo_python": at_most(0.25),
    "flows.links.4000.growth": at_most(1.0),
    "decode.transactions.1000.native": at_most(1.15),
    "decode.balances.1000.native": at_most(1.15),
    "decode.transactions.1000.cattrs": at_least(5),
    "decode.balances.1000.cattrs": at_least(5),
    "decode.transactions.digits_lost": at_most(0),
    "decode.balances.digits_lost": at_most(0),
    "parked.100000.memory": at_most(4),
    "parked.100000.late": at_most(50),
    "parked.100000.timers": at_most(1),
    "parked.100000.completed": at_least(100),
    "parked.ticket": at_most(600),
    "imports.ratio": at_most(1.25),
    "throttled.used": at_least(97),
    "throttled.blocked": at_most(0),
    "workers.row": at_most(2_048),
    "workers.tasks": at_most(0),
    "workers.sockets": at_most(0),
    "workers.resumed": at_least(300),
}
"""The targets, by the key of the figure."""


@attrs.frozen
class Figure:
    """
    One thing that was measured.

    Attributes:
        key: Its name for programs; what comes before the first dot is the benchmark.

        what: Its name for people.

        value: A median, where there were rounds; `None` if it could not be measured.

        unit: Of the value.

        low: Of the middle half of the rounds, as is `high`.

        note: Why there is no value, or what else is to be known.
    """

    key: str
    what: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    note: str = ""

    @classmethod
    def spread(
        cls, key: str, what: str, spread: Spread, unit: str, scale: float = 1.0, note: str = ""
    ) -> Figure:
        """
        Return the figure for what several rounds brought.
        """
        median, low, high = (rounded(scale * value) for value in attrs.astuple(spread))
        return cls(key, what, median, unit, low, high, note)

    @property
    def target(self) -> Target | None:
        """
        What it should be, if anything.
        """
        return TARGETS.get(self.key)


def rounded(value: float) -> float:
    """
    Return *value* with as many digits as mean something.
    """
    return float(f"{value:.4g}")


def shown(value: float) -> str:
    """
    Return *value* as it is printed.
    """
    return (
        f"{value:,.0f}"
        if abs(value) >= 100 or value == int(value)
        else f"{value:.3g}"
        if abs(value) >= 10
        else f"{value:.2f}"
    )


HEAD: Final = ("", "measured", "middle half", "target", "")


def rows(figures: Iterable[Figure]) -> Iterator[tuple[str, str, str, str, str]]:
    """
    Yield the cells of the table: what, how much, between what, the target, and whether it is met.
    """
    for figure in figures:
        target, value = figure.target, figure.value
        wanted = "" if target is None else f"{'≥' if target.at_least else '≤'} {shown(target.bound)}"
        if value is None:
            yield figure.what, "not measured", "", wanted, figure.note
            continue
        met = "" if target is None else "met" if target.is_met(value) else "missed"
        between = "" if figure.low in {None, figure.high} else f"{shown(figure.low)} to {shown(figure.high)}"
        words = "; ".join(filter(None, (met, figure.note)))
        yield figure.what, f"{shown(value)} {figure.unit}".strip(), between, wanted, words


def table(figures: Iterable[Figure]) -> str:
    """
    Return *figures* as text in columns.
    """
    lines = [HEAD, *rows(figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def surroundings() -> dict[str, str]:
    """
    Return what the figures were measured with.
    """
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for package in ("aiohttp", "msgspec", "uvloop", "httpx", "niquests", "belvo-python", "cattrs", "orjson"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


Measure = Callable[[bool], Sequence[Figure]]


def program(words: str | None, measure: Measure) -> None:
    """
    Be the program of one benchmark: measure, print the table.
    """
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    print(table(measure(parser.parse_args().quick)))


def said(words: Any) -> None:
    """
    Tell whoever waits what is being done.
    """
    print(f"… {words}", file=sys.stderr, flush=True)
