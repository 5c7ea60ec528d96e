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
    """The command line makes no sense, or something that it needs is missing; nothing was tried."""

    NO_EXTRA = 3
    """The packages of an extra, of `cli` or of what a store needs, are not installed."""

    TOKEN_REQUIRED = 4
    """The bank wants a token, and nobody was there to ask. The ticket was written: `belvo-async resume` goes on."""

    NOT_ANSWERED = 5
    """The user declined, the challenge expired, or the bank kept asking."""

    REFUSED = 6
    """Belvo or the bank refused. The same command will be refused again."""

    TRY_LATER = 7
    """Belvo or the bank could not be reached, is busy, or failed; nothing was done. The same command may work later."""

    UNCERTAIN = 8
    """A request was sent, and what became of it is unknown. Standard error says where to look; do not repeat it blindly."""

    INTERRUPTED = 130
    """Ctrl-C or SIGTERM; what shells expect of it. An open challenge has left its ticket."""
