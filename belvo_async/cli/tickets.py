"""
Tickets in files: for their owner alone, replaced whole, and taken by one process at a time.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile

from pathlib import Path
from typing import Final

import attrs
import typer

from belvo_async.cli.secrets import STDIN, read_file
from belvo_async.cli.terminal import complain
from belvo_async.errors import InvalidArgumentError, StoreError
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.sealing import TicketSealer


KEYS: Final = "BELVO_TICKET_KEYS"
"""The variable with the keys that open sealed tickets, with commas between them."""


def read_ticket(text: str, of: str = "") -> MfaTicket:
    """
    Return the ticket that *text* is, as JSON or sealed.

    Args:
        of: Whose it is, where it is sealed.

    Raises:
        BadParameter: The keys of a sealed one are missing.

        TicketError: It is no ticket, or somebody else's.

        MfaExpiredError: It is sealed, and too old.
    """
    text = text.strip()
    return MfaTicket.from_json(text) if text.startswith("{") else _sealer().unseal(text, of=of)


def _sealer() -> TicketSealer:
    keys = [key.strip() for key in os.environ.get(KEYS, "").split(",") if key.strip()]
    try:
        return TicketSealer(*keys)
    except InvalidArgumentError:
        # Without a cause: its frames hold keys.
        raise typer.BadParameter(
            f"it does not begin as JSON; if it is sealed, {KEYS} must hold the key that sealed it",
            param_hint="TICKET",
        ) from None


def write_ticket(ticket: MfaTicket, path: str | None) -> str:
    """
    Write *ticket* to *path*, or to a new temporary file, for its owner to read, and return where it is.

    Raises:
        OSError: It cannot be written; what was there before is still there.
    """
    folder = None if path is None else Path(path).absolute().parent
    number, name = tempfile.mkstemp(prefix="belvo-ticket-", suffix=".json", dir=folder)  # mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(ticket.to_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
        if path is None:
            return name
        Path(name).replace(path)
        return path
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Kept:
    """
    Where the ticket of a call goes that stops at a challenge: to a file, or to standard output for the program that reads it,
    or else, at a terminal, to a temporary file.

    Args:
        path: The file, if one was named.

        json: Whether standard output is for a program, also if it is a terminal.
    """

    def __init__(self, path: str | None, *, json: bool) -> None:
        self._path = path
        self._prints = path is None and (json or not sys.stdout.isatty())

    def keep(self, ticket: MfaTicket) -> str:
        """
        Write *ticket* and return what to name in the place of a file; `-` if it was printed. Where the file cannot be written
        it is a temporary one.
        """
        if self._prints:
            print(ticket.to_json(), flush=True)
            return STDIN
        try:
            return write_ticket(ticket, self._path)
        except OSError as error:
            if self._path is None:
                raise
            complain(f"{self._path}: {error.strerror or error}")
            return write_ticket(ticket, None)

    def drop(self) -> None:
        """
        The call is over. There is nothing to drop.
        """

    async def mark(self) -> None:
        """
        An answer is about to leave. Nobody else has the ticket.
        """


class Held(Kept):
    """
    The ticket in a file, with which a command goes on. Before an answer leaves, the file says so: whoever is killed after that
    leaves a ticket that nobody answers again, and of two commands for one file one sends.

    Args:
        path: The file. What comes next goes there, too.

        text: What it held.

        ticket: The same, read.
    """

    def __init__(self, path: str, text: str, ticket: MfaTicket) -> None:
        super().__init__(path, json=False)
        self._file = Path(path)
        self._text = text
        self._ticket = ticket
        self._ours = False

    async def mark(self) -> None:
        """
        An answer is about to leave: write that down, once.

        Raises:
            StoreError: Another process was quicker. Nothing may be sent.
        """
        if self._ours:
            return
        taken = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            self._file.rename(taken)  # one step: there is one who gets it
        except FileNotFoundError:
            raise self._lost() from None
        if taken.read_text(encoding="utf-8") != self._text:
            self._give_back(taken)
            raise self._lost()
        try:
            write_ticket(attrs.evolve(self._ticket, answered=True), str(self._file))
        except BaseException:
            self._give_back(taken)
            raise
        taken.unlink()
        self._ours = True

    def keep(self, ticket: MfaTicket) -> str:
        """
        Put *ticket* in the place of what was there; nothing, if it was not marked here: then it is as it was, or another's.
        """
        return super().keep(ticket) if self._ours else str(self._file)

    def drop(self) -> None:
        """
        The call is over, and the ticket good for nothing any more: delete the file, unless another has changed it.
        """
        with contextlib.suppress(FileNotFoundError):
            if self._ours or self._file.read_text(encoding="utf-8") == self._text:
                self._file.unlink()

    def _give_back(self, taken: Path) -> None:
        with contextlib.suppress(FileExistsError):  # whoever it belongs to has written the next one
            os.link(taken, self._file)
        taken.unlink()

    def _lost(self) -> StoreError:
        return StoreError(problem=f"{self._file}: another process answers it; nothing was sent")


def held(path: str, of: str, ticket_file: str | None, *, json: bool) -> tuple[MfaTicket, Kept]:
    """
    Return the ticket at *path* and where the next one goes. See `read_ticket()`.
    """
    text = read_file(path, "TICKET")
    ticket = read_ticket(text, of)
    if path == STDIN:
        return ticket, Kept(ticket_file, json=json)
    if ticket_file is not None:
        raise typer.BadParameter("the next ticket goes where this one came from", param_hint="--ticket-file")
    return ticket, Held(path, text, ticket)
