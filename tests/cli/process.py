"""
The command line as a process of its own, as people and scripts run it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import belvo_async


ROOT = Path(belvo_async.__file__).parent.parent

BELVO_ASYNC = (sys.executable, "-W", "error", "-m", "belvo_async.cli")

SMALL = ("--links", "30")
"""Small enough to be quick, large enough that some users decline and some never answer."""


def environment(**more: str) -> Mapping[str, str]:
    """
    Return an environment in which the package is found, and nothing says how to colour.
    """
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "", "TERM": "xterm-256color", "COLUMNS": "80"}
    stray = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "LINES", "TTY_COMPATIBLE")
    return {**{name: value for name, value in os.environ.items() if name not in stray}, **ours, **more}


def finished(*args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """
    Run `belvo-async` to its end.
    """
    return ran(*BELVO_ASYNC, *args, **variables)


def ran(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """
    Run *command* to its end.
    """
    return subprocess.run(  # noqa: S603 - our own program
        command, env=environment(**variables), capture_output=True, text=True, check=False, timeout=60
    )


@contextmanager
def running(*args: str, **variables: str) -> Generator[subprocess.Popen[str]]:
    """
    Run `belvo-async` meanwhile.
    """
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*BELVO_ASYNC, *args],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


class Terminal:
    """
    Our end of a terminal; `device` is that of the process which runs on it.
    """

    def __init__(self, columns: int) -> None:
        self._ours, self.device = pty.openpty()
        self._octets = b""
        fcntl.ioctl(self.device, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def hand_over(self) -> None:
        """
        Close the end that the process has inherited by now.
        """
        os.close(self.device)

    def read_until(self, text: str | None) -> str:
        """
        Read until *text* was written, or until the process has ended; return all that was read so far.
        """
        while text is None or text.encode() not in self._octets:
            try:
                read = os.read(self._ours, 65536)
            except OSError:  # how Linux tells that nobody has it open any more
                read = b""
            if not read:
                break
            self._octets += read
        return self._octets.decode()

    def close(self) -> None:
        """
        Close our end.
        """
        os.close(self._ours)


def on_terminal(*args: str, columns: int = 80, **variables: str) -> tuple[int, str]:
    """
    Run `belvo-async` to its end on a terminal; return its exit status and all that it wrote.
    """
    with closing(Terminal(columns)) as terminal:
        device = terminal.device
        with subprocess.Popen(  # noqa: S603 - our own program
            [*BELVO_ASYNC, *args],
            env=terminal_environment(**variables),
            stdin=device,
            stdout=device,
            stderr=device,
        ) as process:
            terminal.hand_over()
            written = terminal.read_until(None)
    return process.returncode, written


def terminal_environment(**variables: str) -> Mapping[str, str]:
    """
    Return an environment in which the terminal itself tells its width.
    """
    return {name: value for name, value in environment(**variables).items() if name != "COLUMNS"}
