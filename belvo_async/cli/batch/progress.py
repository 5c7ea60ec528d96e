"""
The bar of a run: how far it is, how fast, and what it waits for.

On a terminal it is drawn over; elsewhere there is a line now and then, without a control character.
"""

from __future__ import annotations

import asyncio
import time

from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from belvo_async.cli.batch.work import Progress as State
from belvo_async.cli.terminal import can_redraw
from belvo_async.messages import Request
from belvo_async.observer import Observer


REDRAW: Final = 0.2
"""Seconds between two drawings."""

LINE: Final = 10.0
"""Seconds between two lines, where nothing can be drawn over."""

RECENT: Final = 30.0
"""Seconds over which the rate is taken."""


class Shown(Observer):
    """
    Shows a run, and hears from its client when that waits for the rate limit.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._redraws = can_redraw(console) and not quiet
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[told]}", justify="right"),
            console=console,
            expand=True,
            auto_refresh=False,  # whoever draws is a task of ours
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, told="")
        self._marks: list[tuple[float, int]] = []
        self._line_at = time.monotonic()
        self._limited_until = 0.0

    def throttled(self, request: Request, wait: float) -> None:  # noqa: ARG002 - of the observer
        """
        Remember until when.
        """
        self._limited_until = max(self._limited_until, time.monotonic() + wait)

    @asynccontextmanager
    async def showing(self, name: str, state: State) -> AsyncGenerator[None]:
        """
        Show *state* as it changes, while the block runs.
        """
        self._bar.update(self._task, description=name)
        if self._redraws:
            self._bar.start()
        drawing = asyncio.create_task(self._draw(name, state))
        try:
            yield
        finally:
            drawing.cancel()
            await asyncio.wait({drawing})
            self._bar.stop()

    @contextmanager
    def silenced(self) -> Generator[None]:
        """
        Show nothing meanwhile.
        """
        before, self._redraws = self._redraws, False
        self._bar.stop()
        try:
            yield
        finally:
            self._redraws = before
            if before:
                self._bar.start()

    async def _draw(self, name: str, state: State) -> None:
        while True:
            told = ", ".join(self._told(state))
            if self._redraws:
                self._bar.update(
                    self._task, completed=state.ended, total=state.total, told=told, refresh=True
                )
            elif (
                not self._quiet and time.monotonic() - self._line_at >= LINE and not can_redraw(self._console)
            ):
                self._line_at = time.monotonic()
                self._console.print(f"{name}: {told}", soft_wrap=True, markup=False)
            await asyncio.sleep(REDRAW)

    def _told(self, state: State) -> Iterator[str]:
        now = time.monotonic()
        yield f"{state.ended:,}/{state.total:,}"
        if state.parked:
            yield f"{state.parked:,} wait for their user"
        if state.aside:
            yield f"{state.aside:,} put aside"
        if state.blocked:
            yield f"{state.blocked:,} wait for their link"
        if self._limited_until > now:
            yield f"rate limit, {self._limited_until - now:.0f} s"
        yield f"{self._rate(now, state.worked):,.1f}/s"

    def _rate(self, now: float, worked: int) -> float:
        self._marks.append((now, worked))
        while len(self._marks) > 1 and self._marks[0][0] < now - RECENT:
            self._marks.pop(0)
        begun, before = self._marks[0]
        return (worked - before) / max(now - begun, 1.0)
