"""
How work in progress is shown.
"""

from __future__ import annotations

import asyncio
import io
import re

import pytest
import typer

from rich.console import Console

from belvo_async.cli.display import Bars, Display, Lines, Quiet, make_display
from belvo_async.cli.exits import Exit
from belvo_async.cli.running import run
from belvo_async.errors import StoreError


STAGES = {"sow": 10, "reap": 2000}


def console(*, terminal: bool, term: str = "xterm") -> Console:
    """
    Return a console that writes into memory.
    """
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=80, _environ={"TERM": term}, legacy_windows=False
    )


def written(target: Console) -> str:
    """
    Return what was written to *target*.
    """
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def work(display: Display) -> None:
    """
    Do some work that is shown.
    """
    with display:
        display.begin("sow", 10)
        display.update(5, 3)
        display.update(10, 0)
        display.end("10 sown")
        display.begin("reap", 1500)
        display.update(1500, 0)
        display.end("1,500 reaped")


@pytest.mark.parametrize(
    ("terminal", "term", "kind"),
    [(True, "xterm", Bars), (True, "dumb", Lines), (False, "xterm", Lines)],
    ids=["terminal", "dumb terminal", "pipe"],
)
def test_the_display_suits_the_console(terminal: bool, term: str, kind: type[Display]) -> None:
    """
    Bars are for terminals that can be drawn over.
    """
    assert type(make_display(console(terminal=terminal, term=term), STAGES)) is kind


def test_a_line_for_each_stage() -> None:
    """
    What goes quickly is one line.
    """
    target = console(terminal=False)
    work(Lines(target))

    assert re.fullmatch(
        r"sow: 10 of 10 in 0\.\d s: 10 sown\nreap: 1,500 of 1,500 in 0\.\d s: 1,500 reaped\n", written(target)
    )


def test_a_line_now_and_then() -> None:
    """
    What takes longer than the interval is told meanwhile.
    """
    target = console(terminal=False)
    work(Lines(target, interval=0))

    assert re.match(r"sow: 5 of 10, 3 challenges open, [\d,]+/s\n", written(target))


def test_a_bar_for_each_stage() -> None:
    """
    All stages are shown from the beginning, and what was learnt about their size corrects them.
    """
    target = console(terminal=True)
    work(Bars(target, STAGES))
    first = written(target).split("\x1b[2K")[0]

    assert "sow" in first
    assert "0/2,000" in first
    assert "10/10" in written(target)
    assert "1,500/1,500" in written(target)


def test_a_stage_that_was_not_announced_gets_a_bar() -> None:
    """
    Stages may turn up later.
    """
    target = console(terminal=True)
    work(Bars(target, {"sow": 10}))

    assert "1,500/1,500" in written(target)


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """
    Nothing is shown.
    """
    work(Quiet())

    assert capsys.readouterr() == ("", "")


def test_errors_of_the_library_are_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """
    An error that ends a command is one line, and the exit status is 1.
    """

    async def fail() -> None:
        await asyncio.sleep(0)
        raise StoreError(problem="the store is closed")

    with pytest.raises(typer.Exit) as caught:
        run(fail())

    assert caught.value.exit_code == Exit.FAILED
    assert capsys.readouterr() == ("", "belvo-async: the store is closed\n")
