"""
Write the table of resources into `docs/resources.md`, from their declarations.

    python docs/make_resources.py          # write it
    python docs/make_resources.py --check  # exit code 1 if what is written is not current
"""

# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import sys

from collections.abc import Iterator

from drawing import draw

from belvo_async import BelvoClient


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


if __name__ == "__main__":
    sys.exit(draw(__file__, "resources.md", "table of resources", lines()))
