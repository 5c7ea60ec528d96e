"""
What the exit status of `belvo-async` says.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """
    The exit statuses, the same for all commands.
    """

    DONE = 0
    """Everything went as it should."""

    FAILED = 1
    """It was tried and did not go as it should; standard error says why."""

    USAGE = 2
    """The command line makes no sense; nothing was tried."""

    NO_EXTRA = 3
    """The packages of the extra `cli` are not installed."""

    INTERRUPTED = 130
    """Ctrl-C; what shells expect of it."""
