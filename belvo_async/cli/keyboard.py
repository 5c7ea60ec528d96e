"""
Keys as they are pressed, while something else on the terminal goes on.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import signal
import sys

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final


ENTER, ESCAPE, BACKSPACE, UP, DOWN, CLEAR, END = "enter", "escape", "backspace", "up", "down", "clear", "end"
"""The keys that are no characters; `END` is Ctrl-D, or that the terminal is gone."""

NAMES: Final = {
    "\r": ENTER,
    "\n": ENTER,
    "\x1b": ESCAPE,
    "\x7f": BACKSPACE,
    "\b": BACKSPACE,
    "\x04": END,
    "\x15": CLEAR,
    "\x1b[A": UP,
    "\x1b[B": DOWN,
    "\x1bOA": UP,
    "\x1bOB": DOWN,
}

STROKE: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z~]|\x1bO.|.", re.DOTALL)
"""One key; some send several characters."""


class Keyboard:
    """
    The keys that were pressed and not yet taken.
    """

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="ignore").decode
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    def feed(self, octets: bytes) -> None:
        """
        Take what the terminal sent; nothing at all means that it is gone.
        """
        if not octets:
            self._keys.put_nowait(END)
        for match in STROKE.finditer(self._decode(octets)):
            stroke = match[0]
            key = NAMES.get(stroke, stroke)
            if key in NAMES.values() or key.isprintable():
                self._keys.put_nowait(key)

    async def key(self, seconds: float) -> str | None:
        """
        Return the next key: a character, or the name of one that is none; `None` if none was pressed for so long.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._keys.get()
        except TimeoutError:
            return None


def can_listen() -> bool:
    """
    Whether there is a terminal whose keys can be heard one by one. On Windows there is not.
    """
    return sys.platform != "win32"


@contextmanager
def keyboard() -> Generator[Keyboard]:
    """
    Hear the keys of the terminal while the block lasts. Nothing that is typed shows; Ctrl-C does what it always does.

    What was typed before is dropped: it was meant for something else.
    """
    import termios  # noqa: PLC0415 - not on Windows
    import tty  # noqa: PLC0415 - same

    ours = not sys.stdin.isatty()
    device = os.open("/dev/tty", os.O_RDWR) if ours else sys.stdin.fileno()
    loop, keys = asyncio.get_running_loop(), Keyboard()
    before = termios.tcgetattr(device)
    try:
        tty.setcbreak(device)
        loop.add_reader(device, lambda: keys.feed(_read(device)))
        # A shell that takes the command to the foreground again has set the terminal for itself.
        loop.add_signal_handler(signal.SIGCONT, tty.setcbreak, device)
        yield keys
    finally:
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_reader(device)
        termios.tcsetattr(device, termios.TCSAFLUSH, before)
        if ours:
            os.close(device)


def _read(device: int) -> bytes:
    try:
        return os.read(device, 4096)
    except OSError:
        return b""
