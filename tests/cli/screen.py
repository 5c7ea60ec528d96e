"""
A terminal with the program on it, as a person sees it and types on it.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Self

import pexpect
import pyte

from cli.process import BELVO_ASYNC, terminal_environment
from pexpect import fdpexpect


PATIENCE = 90
"""Seconds; a busy machine takes its time."""

CTRL_C, ESCAPE, BACKSPACE, CTRL_U, DOWN, ENTER = "\x03", "\x1b", "\x7f", "\x15", "\x1b[B", "\r"


class Person:
    """
    Who sits at the terminal.

    Attributes:
        written: All that the program wrote, with its control characters.
    """

    def __init__(self, *command: str, columns: int, lines: int, **variables: str) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self._terminal, device = pty.openpty()
        termios.tcsetwinsize(self._terminal, (lines, columns))
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            ["setsid", "--ctty", *command],  # noqa: S607 - the terminal is its own, as if it had logged in there
            env=terminal_environment(**variables),
            stdin=device,
            stdout=device,
            stderr=device,
        )
        os.close(device)
        self._reader = fdpexpect.fdspawn(self._terminal, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    @property
    def shown(self) -> str:
        """
        What is on the screen.
        """
        return "\n".join(line.rstrip() for line in self._screen.display)

    def cells(self, line: int) -> list[tuple[str, str, str]]:
        """
        Return the characters of a line with their colours: of the letter, of the ground.
        """
        row = self._screen.buffer[line]
        return [(row[column].data, row[column].fg, row[column].bg) for column in range(self._screen.columns)]

    def sees(self, text: str) -> None:
        """
        Wait until *text* is on the screen, however its lines are broken.
        """
        self.waits_until(lambda shown: text in " ".join(shown.split()), text)

    def waits_until(self, is_so: Callable[[str], bool], what: str = "it") -> None:
        """
        Wait until the screen is as it should be.
        """
        while not is_so(self.shown):
            assert self._reads(), f"{what} was not shown, but:\n{self.shown}"

    def types(self, text: str) -> None:
        """
        Press the keys.
        """
        os.write(self._terminal, text.encode())

    def ends(self) -> int:
        """
        Read until the program has ended, and return its exit status.
        """
        while self._reads():
            pass
        return self._process.wait(PATIENCE)

    def comes_back(self) -> None:
        """
        Do what a shell does when it takes the program to the foreground again, and wait until that has heard of it.
        """
        mode = termios.tcgetattr(self._terminal)
        mode[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(self._terminal, termios.TCSANOW, mode)
        self._process.send_signal(signal.SIGCONT)
        while termios.tcgetattr(self._terminal)[3] & termios.ICANON:
            self._reads()  # the line with the time is drawn each second

    def kills(self, number: int) -> None:
        """
        Send a signal to the program.
        """
        self._process.send_signal(number)

    def _reads(self) -> bool:
        try:
            octets = self._reader.read_nonblocking(65536, timeout=PATIENCE)
        except pexpect.EOF:
            return False
        self.written += octets
        self._stream.feed(octets)
        return True


@contextmanager
def at_a_terminal(*args: str, columns: int = 100, lines: int = 40, **variables: str) -> Generator[Person]:
    """
    Run `belvo-async` on a terminal.
    """
    with Person(*BELVO_ASYNC, *args, columns=columns, lines=lines, **variables) as person:
        yield person


@contextmanager
def in_a_shell(script: str, **variables: str) -> Generator[Person]:
    """
    Run a script in which `$BELVO` is the command.
    """
    command = " ".join([sys.executable, *BELVO_ASYNC[1:]])
    with Person("sh", "-c", script.replace("$BELVO", command), columns=100, lines=40, **variables) as person:
        yield person
