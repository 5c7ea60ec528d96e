"""
All benchmarks: one table with the targets beside the figures, a JSON file and a picture.

`python benchmarks/run.py` takes about a quarter of an hour and writes into `docs/`; `--quick` takes less than two minutes
and writes into `build/`. What is not installed is said in the table.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs
import decode
import flows
import imports
import parked
import plot
import throttled
import workers

from figures import TARGETS, Figure, Measure, Target, rounded, said, surroundings, table
from rounds import run


ROOT: Final = Path(__file__).parents[1]


def micro(quick: bool) -> list[Figure]:
    """
    Run the small pieces under pytest-benchmark.
    """
    said("micro")
    if find_spec("pytest_benchmark") is None:
        return [Figure("micro", "the small pieces", None, "", note="pytest-benchmark is not installed")]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "micro.json")
        most = f"--benchmark-max-time={0.1 if quick else 1}"
        run(
            [
                "-m",
                "pytest",
                "-q",
                most,
                f"--benchmark-json={file}",
                str(Path(__file__).with_name("micro.py")),
            ]
        )
        measured = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    found = []
    for one in measured:
        name = one["name"].removeprefix("test_")
        median, low, high = (rounded(1e6 * one["stats"][which]) for which in ("median", "q1", "q3"))
        found.append(Figure(f"micro.{name}", name.replace("_", " "), median, "µs", low, high))
    return found


BENCHMARKS: Final[Mapping[str, Measure]] = {
    "flows": flows.measure,
    "decode": decode.measure,
    "parked": parked.measure,
    "imports": imports.measure,
    "throttled": throttled.measure,
    "workers": workers.measure,
    "micro": micro,
}


def measured(name: str, quick: bool) -> list[Figure]:
    """
    Run one benchmark. That it failed is told like a figure, so that those of the others are not lost.
    """
    try:
        return [*BENCHMARKS[name](quick)]
    except RuntimeError as error:
        said(error)
        return [Figure(name, name, None, "", note="failed")]


def as_json(figures: list[Figure], quick: bool) -> str:
    """
    Return *figures* with their targets, and what they were measured with.
    """
    told = [
        {
            **{name: value for name, value in attrs.asdict(figure).items() if value not in {None, ""}},
            **({} if figure.target is None else {"target": _told(figure.target)}),
        }
        for figure in figures
    ]
    report = {"quick": quick, "with": surroundings(), "figures": told}
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def _told(target: Target) -> dict[str, float]:
    return {"at_least" if target.at_least else "at_most": target.bound}


def missing(figures: list[Figure], ran: Mapping[str, Measure]) -> list[Figure]:
    """
    Return the targets that nothing was measured for, of the benchmarks that *ran*.
    """
    left = TARGETS.keys() - {figure.key for figure in figures}
    return [
        Figure(key, key, None, "", note="only without --quick")
        for key in sorted(left)
        if key.split(".")[0] in ran
    ]


def main() -> None:
    """
    Run all benchmarks, or those that were asked for.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--only", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--into", type=Path, help="the folder for performance.json and performance.svg")
    given = parser.parse_args()
    began = time.monotonic()
    names = given.only.split(",") if given.only else list(BENCHMARKS)
    ran = {name: BENCHMARKS[name] for name in names}
    figures = [figure for name in ran for figure in measured(name, given.quick)]
    figures += missing(figures, ran)
    print(table(figures))
    whole = not (given.quick or given.only)
    folder: Path = given.into or ROOT / ("docs" if whole else "build")
    folder.mkdir(exist_ok=True)
    (folder / "performance.json").write_text(as_json(figures, given.quick), encoding="utf-8")
    (folder / "performance.svg").write_text(plot.drawn(figures), encoding="utf-8")
    print(f"\n{time.monotonic() - began:.0f} s; performance.json and performance.svg are in {folder}")


if __name__ == "__main__":
    main()
