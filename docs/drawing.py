"""
What the scripts that write a part of a page share: the markers around that part, writing it, checking it.
"""

# ruff: noqa: INP001 - scripts, in no package

from __future__ import annotations

import sys

from collections.abc import Iterable
from pathlib import Path


def draw(script: str, page: str, subject: str, lines: Iterable[str]) -> int:
    """
    Write *lines* into *page* between its markers, or with `--check` only compare; return the exit code.

    Args:
        script: The file that calls, for the marker.

        subject: What the lines are, in the words of the markers.
    """
    path, name = Path(__file__).with_name(page), Path(script).name
    begin, end = f"<!-- {subject}: made by docs/{name} -->", f"<!-- end of {subject} -->"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    current = "\n".join([f"{before}{begin}", "", *lines, "", f"{end}{after}"])
    if "--check" in sys.argv[1:]:
        if text != current:
            sys.stderr.write(f"docs/{page} is not current: run python docs/{name}\n")
        return int(text != current)
    path.write_text(current, encoding="utf-8")
    return 0
