"""
How work in progress is shown: bars on a terminal, a line now and then elsewhere, or nothing.

Whoever works calls `update()` as often as it likes; a display draws when it is time to.
"""

from __future__ import annotations

import time

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Protocol, Self

import attrs

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from belvo_async.cli.terminal import can_redraw


REDRAW: Final = 0.1
"""Seconds between two drawings of the bars."""

LINE: Final = 2.0
"""Seconds between two lines about the same stage."""


class Display(Protocol):
    """
    Shows how far the stages of some work are. Use it as a context manager.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def begin(self, stage: str, total: int) -> None:
        """
        *stage* begins, with so much to do.
        """

    def update(self, done: int, waiting: int) -> None:
        """
        So much of the stage is done, and so many challenges wait for their user.
        """

    def end(self, told: str) -> None:
        """
        The stage is done, and came to what is *told*.
        """


class Quiet:
    """
    Shows nothing.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def begin(self, stage: str, total: int) -> None:
        """
        Do nothing, as the others.
        """

    def update(self, done: int, waiting: int) -> None:
        """
        Do nothing.
        """

    def end(self, told: str) -> None:
        """
        Do nothing.
        """


class _Pace:
    """
    How fast a stage goes, and whether it is time to show it again.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._start = self._shown = time.perf_counter()

    def is_due(self) -> bool:
        now = time.perf_counter()
        if now - self._shown < self._interval:
            return False
        self._shown = now
        return True

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def rate(self, done: int) -> float:
        return done / max(self.seconds, 0.001)


class Lines(Quiet):
    """
    Writes a line for each stage, and one every few seconds meanwhile.
    """

    def __init__(self, console: Console, interval: float = LINE) -> None:
        self._console = console
        self._interval = interval
        self._pace = _Pace(interval)
        self._stage = ""
        self._total = self._done = 0

    def begin(self, stage: str, total: int) -> None:
        """
        Remember what it is.
        """
        self._stage, self._total, self._done = stage, total, 0
        self._pace = _Pace(self._interval)

    def update(self, done: int, waiting: int) -> None:
        """
        Write a line, if the last one is old.
        """
        self._done = done
        if self._pace.is_due():
            rate = self._pace.rate(done)
            self._write(f"{done:,} of {self._total:,}, {waiting:,} challenges open, {rate:,.0f}/s")

    def end(self, told: str) -> None:
        """
        Write a line.
        """
        self._write(f"{self._done:,} of {self._total:,} in {self._pace.seconds:.1f} s: {told}")

    def _write(self, told: str) -> None:
        self._console.print(f"{self._stage}: {told}", soft_wrap=True, markup=False)


ECHO: Final = 3
"""Columns that stay free: `^C` is echoed there, and a line break would shift the next drawing."""


@attrs.frozen
class _Narrower:
    inner: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return console.render(self.inner, options.update_width(options.max_width - ECHO))


class _Bars(Progress):
    def get_renderables(self) -> Iterable[RenderableType]:
        yield _Narrower(self.make_tasks_table(self.tasks))


class Bars(Quiet):
    """
    Draws a bar for each stage and keeps them up to date.

    Args:
        stages: Those that are known before they begin, with how much there is to do.
    """

    def __init__(self, console: Console, stages: Mapping[str, int]) -> None:
        self._progress = _Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[count]}", justify="right"),
            TextColumn("{task.fields[waiting]}", justify="right", style="yellow"),
            TextColumn("{task.fields[rate]}", justify="right", style="cyan"),
            console=console,
            expand=True,
            # No thread draws; the work calls often enough.
            auto_refresh=False,
        )
        self._tasks = {stage: self._add(stage, total) for stage, total in stages.items()}
        self._current = TaskID(0)
        self._total = self._done = 0
        self._pace = _Pace(REDRAW)

    def __enter__(self) -> Self:
        self._progress.start()
        self._progress.refresh()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def _add(self, stage: str, total: int) -> TaskID:
        return self._progress.add_task(stage, total=total, count=f"0/{total:,}", waiting="", rate="")

    def begin(self, stage: str, total: int) -> None:
        """
        Go on with another bar.
        """
        if stage not in self._tasks:
            self._tasks[stage] = self._add(stage, total)
        self._current, self._total, self._done = self._tasks[stage], total, 0
        self._pace = _Pace(REDRAW)

    def update(self, done: int, waiting: int) -> None:
        """
        Draw, if the last drawing is old.
        """
        self._done = done
        if self._pace.is_due():
            self._draw(f"{waiting:,} open")

    def end(self, told: str) -> None:  # noqa: ARG002 - a bar tells enough
        """
        Draw what it came to.
        """
        self._draw("")

    def _draw(self, waiting: str) -> None:
        self._progress.update(
            self._current,
            completed=self._done,
            total=self._total,
            count=f"{self._done:,}/{self._total:,}",
            waiting=waiting,
            rate=f"{self._pace.rate(self._done):,.0f}/s",
            refresh=True,
        )


def make_display(console: Console, stages: Mapping[str, int]) -> Display:
    """
    Return the display that suits *console*.
    """
    return Bars(console, stages) if can_redraw(console) else Lines(console)
