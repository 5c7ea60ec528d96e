"""
Write the figures into `docs/performance.md`, from `docs/performance.json`, which the benchmarks write.

    python docs/make_performance.py          # write them
    python docs/make_performance.py --check  # exit code 1 if what is written are not the figures of the JSON file
"""

# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import json
import sys

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from drawing import draw
from figures import HEAD, Figure, rows


REPORT = Path(__file__).with_name("performance.json")

TITLES = {
    "flows": "The main job",
    "decode": "Reading pages",
    "parked": "Waiting for users",
    "imports": "Importing",
    "throttled": "At Belvo's limit",
    "workers": "Flows in a store",
    "micro": "Small pieces",
}
"""Of each benchmark, in the words of the page."""


def lines() -> Iterator[str]:
    """
    Return the tables, line by line.
    """
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    versions = ", ".join(f"{name} {version}" for name, version in report["with"].items())
    yield f"With {versions}."
    figures = [
        Figure(**{"value": None, "unit": "", **{name: one[name] for name in one if name != "target"}})
        for one in report["figures"]
    ]
    for benchmark, found in groupby(figures, key=lambda figure: figure.key.partition(".")[0]):
        yield ""
        yield f"| {' | '.join((TITLES[benchmark], *HEAD[1:]))} |"
        yield "|---" * len(HEAD) + "|"
        for row in rows(found):
            yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    sys.exit(draw(__file__, "performance.md", "figures", lines()))
