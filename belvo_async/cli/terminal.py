"""
Where commands write: to people with colours, to pipes without a control character, to programs as JSON.
"""

from __future__ import annotations

import json
import sys

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text


def console(*, errors: bool = False) -> Console:
    """
    Return a console for standard output, or standard error.

    Unless that is a terminal, it writes no control character, whatever the environment says.
    """
    stream = sys.stderr if errors else sys.stdout
    terminal = stream.isatty()
    return Console(
        file=stream, force_terminal=terminal, force_interactive=terminal, highlight=False, emoji=False
    )


def can_redraw(target: Console) -> bool:
    """
    Whether *target* is a terminal that can be drawn over.
    """
    return target.is_terminal and not target.is_dumb_terminal


def write_json(value: Mapping[str, Any]) -> None:
    """
    Write *value* to standard output as one line of JSON, at once.
    """
    print(json.dumps(value, ensure_ascii=False), flush=True)


def complain(problem: str) -> None:
    """
    Write *problem* to standard error, as one line.
    """
    print(f"belvo-async: {harmless(problem).plain}", file=sys.stderr)


def harmless(text: str) -> Text:
    """
    Return *text* of somebody else's, which must not move the cursor, colour anything or begin a line.
    """
    return Text("".join(letter if letter.isprintable() else " " for letter in text))
