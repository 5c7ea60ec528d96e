"""
What a challenge looks like on a terminal. Nothing here waits or writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import segno

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from belvo_async.cli.terminal import harmless
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge


QUIET_ZONE: Final = 2
"""Modules around a QR code. Half of what the norm says is enough for telephones, and saves room."""

SOON: Final = 60.0
"""Seconds; with less than that left, the countdown is a warning."""

HEIGHT: Final = 5

DIGITS: Final = {
    "0": "███ █ █ █ █ █ █ ███",
    "1": " █  ██   █   █  ███",
    "2": "███   █ ███ █   ███",
    "3": "███   █ ███   █ ███",
    "4": "█ █ █ █ ███   █   █",
    "5": "███ █   ███   █ ███",
    "6": "███ █   ███ █ █ ███",
    "7": "███   █   █  █   █ ",
    "8": "███ █ █ ███ █ █ ███",
    "9": "███ █ █ ███   █ ███",
    " ": "                   ",
    "-": "        ███        ",
}
"""Five rows of three, with a space between two rows."""


def pictured(challenge: MfaChallenge) -> RenderableType:
    """
    Return what the institution says, and the number or the QR code that belongs to it.
    """
    parts: list[RenderableType] = []
    if challenge.instructions:
        parts.append(Padding(harmless(challenge.instructions), (1, 2, 0, 2)))
    if challenge.value:
        parts.append(Padding(_value(challenge), (1, 2, 0, 2)))
    return Group(*parts, Text())


def _value(challenge: MfaChallenge) -> RenderableType:
    if challenge.kind is ChallengeKind.QR:
        return QrCode(challenge.value)
    if challenge.value and all(letter in DIGITS for letter in challenge.value):
        return Large(challenge.value)
    shown = harmless(challenge.value)
    shown.stylize("bold")
    return shown


class Large:
    """
    A number that is read from afar, and below it the same in letters that can be copied.
    """

    def __init__(self, number: str) -> None:
        self._number = number

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """
        Yield its rows; the number alone where it does not fit.
        """
        rows = [
            "  ".join(
                "".join(dot * 2 for dot in DIGITS[digit][4 * row : 4 * row + 3]) for digit in self._number
            )
            for row in range(HEIGHT)
        ]
        if len(rows[0]) <= options.max_width:
            yield Text("\n".join(rows), style="bold", no_wrap=True)
            yield Text()
        yield Text(self._number, style="bold")


class QrCode:
    """
    A QR code of half blocks, dark on light whatever the colours of the terminal are.
    """

    def __init__(self, content: str) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """
        Yield its rows; where it does not fit, what to do about that.
        """
        try:
            code = segno.make_qr(self._content)
        except segno.DataOverflowError:
            yield Text(
                "The bank sent more than a QR code can hold, a picture perhaps; a terminal cannot show it."
            )
            return
        rows = [bytes(row) for row in code.matrix_iter(border=QUIET_ZONE)]
        if len(rows[0]) > options.max_width:
            yield Text(
                f"The QR code needs {len(rows[0]) + 4} columns: make the terminal wider and begin again. It says:"
            )
            yield harmless(self._content)
            return
        coloured = console.color_system is not None and not console.no_color
        for text in _half_blocks(rows, dark=coloured):
            yield Text(text, style="#000000 on #ffffff" if coloured else "", no_wrap=True, end="\n")


def _half_blocks(rows: list[bytes], *, dark: bool) -> Iterator[str]:
    """
    Yield lines of two rows each.

    Args:
        dark: Whether blocks stand for dark modules. Without colours they stand for the light ones: most terminals are dark.
    """
    if len(rows) % 2:
        rows = [*rows, bytes(len(rows[0]))]
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(
            " ▄▀█"[2 * (bool(above) is dark) + (bool(below) is dark)]
            for above, below in zip(upper, lower, strict=True)
        )


def countdown(challenge: MfaChallenge) -> Text:
    """
    Return how long the institution still waits.
    """
    left = challenge.remaining
    if left is None:
        return Text("no deadline", style="dim")
    return Text(f"{clock_face(left)} left", style="bold red" if left < SOON else "cyan")


def clock_face(seconds: float) -> str:
    """
    Return *seconds* as `9:59`, or `1:00:00`.
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
