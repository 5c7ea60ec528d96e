"""
The live list of open challenges: one is picked, answered or declined, and the list goes on.
"""

from __future__ import annotations

import asyncio
import logging

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

import attrs

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from belvo_async.cli.asking import Asker
from belvo_async.cli.challenges import countdown
from belvo_async.cli.keyboard import DOWN, END, ENTER, ESCAPE, UP, keyboard
from belvo_async.cli.terminal import console, harmless
from belvo_async.errors import MfaDeclinedError, StoreError
from belvo_async.prompts import TokenInbox
from belvo_async.stores import Delivery, FlowRecord


AGAIN: Final = 1.0
"""Seconds between two looks into the store, and two drawings of the countdowns."""

MOST: Final = 1_000

AROUND: Final = 7
"""Lines of the screen that are not challenges."""

KEYS: Final = "↑ ↓ pick   Enter answer   d decline   q quit"

WHAT_CAME: Final = {
    Delivery.FIRST: "was delivered",
    Delivery.DUPLICATE: "had an answer already; this one was dropped",
    Delivery.LATE: "came too late: the bank does not wait for it any more",
}


@attrs.define
class Desk:
    """
    What is on the screen.

    Attributes:
        records: The open challenges, those that end first before the others.

        picked: The key of the flow that is marked.

        said: What happened last.

        sure: The flow that the next `d` declines.
    """

    records: Sequence[FlowRecord] = ()
    picked: str | None = None
    said: str = ""
    sure: str | None = None

    @property
    def position(self) -> int:
        """
        Where the mark is: on the first one, if what it was on has gone.
        """
        return next((n for n, record in enumerate(self.records) if record.flow == self.picked), 0)

    @property
    def current(self) -> FlowRecord | None:
        """
        The challenge that is marked.
        """
        return self.records[self.position] if self.records else None

    def move(self, steps: int) -> None:
        """
        Move the mark.
        """
        if self.records:
            self.picked = self.records[min(max(self.position + steps, 0), len(self.records) - 1)].flow

    def drawn(self, lines: int) -> RenderableType:
        """
        Return it as at most so many lines.
        """
        room = max(lines - AROUND, 1)
        first = max(0, min(self.position - room // 2, len(self.records) - room))
        table = Table(box=box.SIMPLE_HEAD, title="Open challenges", title_justify="left")
        for heading in ("", "flow", "call", "kind", "time"):
            table.add_column(heading, no_wrap=True)
        for number, record in enumerate(self.records[first : first + room], start=first):
            if record.ticket is not None:
                challenge = record.ticket.to_challenge()
                mark = "▶" if number == self.position else ""
                style = "bold" if mark else ""
                flow, call = harmless(record.flow), record.operation
                table.add_row(mark, flow, call, challenge.kind.value, countdown(challenge), style=style)
        nothing = Text("\nNothing is open. New challenges appear by themselves.\n", style="dim")
        foot = Text(KEYS if self.records else "q quit", style="dim")
        return Group(table if self.records else nothing, harmless(self.said), foot)


async def attend(inbox: TokenInbox) -> None:
    """
    Show the open challenges of *inbox* and do what the person says, until they quit.

    Raises:
        StoreError: The store does not answer, at the beginning.
    """
    screen, desk = console(errors=True), Desk(records=await inbox.open(MOST))
    with _warnings(desk):
        while True:
            record = await _picked(inbox, screen, desk)
            if record is None:
                return
            screen.print(Text("\n").append_text(harmless(record.flow)), style="bold", end="")
            desk.said = await _answered(inbox, record)


async def _picked(inbox: TokenInbox, screen: Console, desk: Desk) -> FlowRecord | None:
    """
    Return the challenge that the person wants to answer; `None` if they want to quit.
    """
    with keyboard() as keys, Live(console=screen, auto_refresh=False, transient=True) as live:
        while True:
            try:
                desk.records = await inbox.open(MOST)
            except StoreError as error:
                desk.said = f"The store does not answer: {error}"
            live.update(desk.drawn(screen.height), refresh=True)
            key = await keys.key(AGAIN)
            if key is None:
                continue
            desk.said, sure, desk.sure = "", desk.sure, None
            current = desk.current
            if key in {"q", END, ESCAPE}:
                return None
            if key in {UP, DOWN, "k", "j"}:
                desk.move(-1 if key in {UP, "k"} else 1)
            elif key == ENTER and current is not None:
                desk.picked = current.flow
                return current
            elif key == "d" and current is not None:
                desk.picked = current.flow
                if sure != current.flow:
                    desk.sure, desk.said = current.flow, f"Press d once more to decline {current.flow}."
                elif await inbox.decline(current.flow):
                    desk.said = f"{current.flow} was declined."
                else:
                    desk.said = f"{current.flow} cannot be declined any more."


async def _answered(inbox: TokenInbox, record: FlowRecord) -> str:
    """
    Ask for the answer and return what became of it.
    """
    if record.ticket is None:
        return ""
    challenge = record.ticket.to_challenge()
    try:
        async with asyncio.timeout(challenge.remaining):
            token = await Asker(leave="goes back")(challenge)
        delivery = await inbox.deliver(record.flow, record.round, token)
    except MfaDeclinedError:
        return f"{record.flow} is still open."
    except TimeoutError:
        return f"{record.flow} has expired."
    except StoreError as error:
        return f"{record.flow} was not delivered, the store does not answer: {error}"
    return f"The answer for {record.flow} {WHAT_CAME[delivery]}."


@contextmanager
def _warnings(desk: Desk) -> Generator[None]:
    """
    Show on the screen what the library warns of; elsewhere it would spoil the screen.
    """

    class Overheard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            desk.said = record.getMessage()

    handler, logger = Overheard(logging.WARNING), logging.getLogger("belvo_async")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
