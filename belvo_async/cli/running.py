"""
From a coroutine to an exit status.
"""

from __future__ import annotations

import asyncio
import signal

from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

import typer

from belvo_async.cli.exits import Exit
from belvo_async.cli.terminal import complain
from belvo_async.cli.verdicts import status_of, told
from belvo_async.errors import BelvoError


T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """
    Run *main* and return what it returns. SIGTERM ends it as Ctrl-C does: what it opened, it closes.

    Raises:
        Exit: Ctrl-C, or an error of the library. It has been told, without a traceback.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        complain("interrupted")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BelvoError as error:
        raise ended_by(error) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def ended_by(error: BelvoError) -> typer.Exit:
    """
    Tell *error* and return the exit that it leads to.
    """
    complain(told(error))
    return typer.Exit(status_of(error))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # asyncio knows what to do for SIGINT only: it cancels the task and waits for it.
    signal.raise_signal(signal.SIGINT)
