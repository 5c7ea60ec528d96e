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

from figures import HEAD, Figure, rows


PAGE = Path(__file__).with_name("performance.md")

REPORT = Path(__file__).with_name("performance.json")

BEGIN = "<!-- figures: made by docs/make_performance.py -->"

END = "<!-- end of figures -->"

TITLES = {
    "flows": "The main job",
    "decode": "Reading pages",
    "parked": "Waiting for users",
    "imports": "Importing",
    "throttled": "At Belvo's limit",
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


def drawn(page: str) -> str:
    """
    Return *page* with the figures of the JSON file between the markers.
    """
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return "\n".join([f"{before}{BEGIN}", "", *lines(), "", f"{END}{after}"])


def main(arguments: list[str]) -> int:
    """
    Write the page, or check it, and return the exit code.
    """
    page = PAGE.read_text(encoding="utf-8")
    current = drawn(page)
    if "--check" in arguments:
        if page != current:
            sys.stderr.write("docs/performance.md is not current: run python docs/make_performance.py\n")
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
