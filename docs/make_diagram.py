"""
Draw the state machine of a session into `docs/flow.md`, from `TRANSITIONS` itself.

    python docs/make_diagram.py          # write it
    python docs/make_diagram.py --check  # exit code 1 if what is written is not current
"""

# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import sys

from collections.abc import Iterator
from pathlib import Path

from belvo_async.mfa.machine import TRANSITIONS, MfaState


PAGE = Path(__file__).with_name("flow.md")

BEGIN = "<!-- state diagram: made by docs/make_diagram.py -->"

END = "<!-- end of state diagram -->"

ENTRANCES = {MfaState.READY: "a call", MfaState.CHALLENGED: "a ticket"}
"""Where a session begins, and what from."""


def lines() -> Iterator[str]:
    """
    Return the diagram, line by line.
    """
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state, origin in ENTRANCES.items():
        yield f"    [*] --> {state.name} : {origin}"
    for state, ways in TRANSITIONS.items():
        for event, target in ways.items():
            yield f"    {state.name} --> {target.name} : {event.value}"
    for state in MfaState:
        if state.is_final:
            yield f"    {state.name} --> [*]"
    yield "```"


def drawn(page: str) -> str:
    """
    Return *page* with the diagram of today between the markers.
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
            sys.stderr.write("docs/flow.md is not current: run python docs/make_diagram.py\n")
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
