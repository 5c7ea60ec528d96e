"""
Draw the state machine of a session into `docs/flow.md`, from `TRANSITIONS` itself.

    python docs/make_diagram.py          # write it
    python docs/make_diagram.py --check  # exit code 1 if what is written is not current
"""

# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import sys

from collections.abc import Iterator

from drawing import draw

from belvo_async.mfa.machine import TRANSITIONS, MfaState


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


if __name__ == "__main__":
    sys.exit(draw(__file__, "flow.md", "state diagram", lines()))
