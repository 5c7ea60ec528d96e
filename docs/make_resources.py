"""
Write the table of resources into `docs/resources.md`, from their declarations.

    python docs/make_resources.py          # write it
    python docs/make_resources.py --check  # exit code 1 if what is written is not current
"""

# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import sys

from collections.abc import Iterator
from pathlib import Path

from belvo_async import BelvoClient


PAGE = Path(__file__).with_name("resources.md")

BEGIN = "<!-- table of resources: made by docs/make_resources.py -->"

END = "<!-- end of table of resources -->"

ORDER = ("register", "retrieve", "request", "resume", "list", "get", "update", "delete")
"""The verbs in the order of a table; what is special comes last."""


def lines() -> Iterator[str]:
    """
    Return the table, line by line.
    """
    yield "| Resource | Path | Verbs | Model | Specifications |"
    yield "|---|---|---|---|---|"
    for resource in BelvoClient("id", "password", environment="sandbox").resources.values():
        verbs = " ".join(f"`{verb}`" for verb in sorted(resource.verbs(), key=place))
        versions = ", ".join(resource.specifications)
        name, path, model = resource.name, resource.path, resource.model_name
        yield f"| `client.{name}` | `{path}` | {verbs} | `{model}` | {versions} |"


def place(verb: str) -> tuple[int, str]:
    """
    Return where *verb* stands in a row.
    """
    return (ORDER.index(verb) if verb in ORDER else len(ORDER), verb)


def drawn(page: str) -> str:
    """
    Return *page* with the table of today between the markers.
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
            sys.stderr.write("docs/resources.md is not current: run python docs/make_resources.py\n")
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
