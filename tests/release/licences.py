"""
Prints under which licence everything is that comes with the library and its extras.

    python tests/release/licences.py

The exit code is 1 if one of them is not among those that ask for no more than to be named.
"""

from __future__ import annotations

import re
import sys

from collections.abc import Mapping
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from release.dependencies import brought


ALLOWED: Final = frozenset(
    {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"}
)

OTHER_WORDS: Final[Mapping[str, str]] = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
"""What is written in the place of the identifiers of SPDX."""

LOOKED_UP: Final[Mapping[str, str]] = {"taskiq-dependencies": "MIT", "taskiq-redis": "MIT"}
"""Those that name none in the metadata of some version, but have the text of one beside their code."""


def licence(name: str, one: Distribution) -> str:
    """
    Return the licence of a distribution as an expression of SPDX, or in its own words if they are not known.
    """
    told = one.metadata
    classifiers = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if "License ::" in line
    ]
    written = [told.get("License-Expression"), *classifiers, told.get("License"), LOOKED_UP.get(name)]
    short = next((words.strip().partition("\n")[0] for words in written if words), "")
    return OTHER_WORDS.get(short, short)


def is_allowed(expression: str) -> bool:
    """
    Whether an expression of SPDX asks for no more than the allowed ones do.
    """
    nested = "(" in expression  # nobody has written one yet, so it is read strictly
    choices = [expression] if nested else re.split(r"\s+OR\s+", expression)
    return any(set(re.split(r"\s+(?:AND|OR)\s+|[()]+", choice)) <= ALLOWED for choice in choices)


def main() -> int:
    """
    Print the list; return the exit code.
    """
    bad = 0
    for name, one in brought().items():
        expression = licence(name, one)
        allowed = is_allowed(expression)
        bad += not allowed
        print(f"{name:24} {one.version:20} {expression}{'' if allowed else '   <- not allowed'}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
