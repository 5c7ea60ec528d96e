"""
Fair comparisons on a machine that is busy with other things.

Every client runs in a process of its own, new for each round, and their rounds are interleaved, so that noise hits all
of them. What is compared are neighbours: the ratio of two clients is the median of their ratios round by round.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs


FILES: Final = 16_384
"""Descriptors that thousands of connections need, in the client and in the server."""


@attrs.frozen
class Spread:
    """
    What several rounds brought: the median, and between which values the middle half of them lies.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """
        Return the spread of *values*.
        """
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)


def ratio(ones: Sequence[float], others: Sequence[float]) -> Spread:
    """
    Return what *ones* cost in terms of *others*, round by round.
    """
    return Spread.of([one / other for one, other in zip(ones, others, strict=True)])


def interleaved(
    commands: Mapping[str, Sequence[str]], rounds: int, env: Mapping[str, str] | None = None
) -> dict[str, list[Any]]:
    """
    Run each of the *commands*, arguments for Python, once in every round; return what they printed, as JSON.

    Each round begins with another one, so that none is always the first.
    """
    printed: dict[str, list[Any]] = {name: [] for name in commands}
    names = list(commands)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            printed[name].append(json.loads(run(commands[name], env)))
    return printed


def run(arguments: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """
    Run Python with *arguments* and return what it printed.

    Raises:
        RuntimeError: It failed; says what it complained of.
    """
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        msg = f"{' '.join(arguments)[:200]} failed:\n{done.stderr[-2_000:]}"
        raise RuntimeError(msg)
    return done.stdout


def allow_files(wanted: int = FILES) -> int:
    """
    Let this process open as many files as the system allows it, at most *wanted*; return how many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(soft, allowed)


def resident() -> int:
    """
    Return the resident memory of this process in bytes.
    """
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - read a hundred times
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
