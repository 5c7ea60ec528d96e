"""
Sealing: texts that only holders of a key can read or make. Needs the extra `crypto`.

Fernet of the library `cryptography` encrypts and authenticates. What a text belongs to stands inside of it, because
Fernet cannot know: a sealed text that is put elsewhere, into another row say, is refused there.
"""

from __future__ import annotations

import json
import zlib

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock, moment
from belvo_async.errors import (
    BelvoError,
    InvalidArgumentError,
    MfaExpiredError,
    MissingExtraError,
    StoreError,
    TicketError,
    type_of,
)
from belvo_async.mfa.ticket import MfaTicket


if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


VERSION: Final = 1
"""Of what is inside. A reader refuses what it does not know."""

LONGEST_SEALED: Final = 1_024
"""Characters of a sealed ticket: it has to go into a form, a cookie or a URL."""

LONGEST_UNPACKED: Final = 65_536
"""Bytes. A small text that unpacks to more is no ticket."""


class Sealer:
    """
    Seals texts of any kind. For tickets there is `TicketSealer`.

    Args:
        keys: As made by `new_key()`. The first one seals, all of them open: to change keys, put the new one in front, and
            drop the old one when nothing sealed by it is needed any more.

    Raises:
        InvalidArgumentError: There is no key, or one is none.

        MissingExtraError: The extra is not installed.
    """

    def __init__(self, *keys: str | bytes) -> None:
        made = _fernet(keys)
        del keys  # what raises below must not show them
        if isinstance(made, InvalidArgumentError):
            raise made
        self._fernet = made

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __reduce__(self) -> NoReturn:
        msg = "keys are never pickled; make a sealer in each process"
        raise TypeError(msg)

    @staticmethod
    def new_key() -> str:
        """
        Return a new key. Keep it as you keep passwords.
        """
        try:
            from cryptography.fernet import Fernet  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise MissingExtraError.for_module(error, "crypto") from None
        return Fernet.generate_key().decode()

    def seal(self, text: str, *, of: str) -> str:
        """
        Return *text* sealed, URL-safe, as something of *of*.
        """
        return self._pack(text.encode(), of)

    def unseal(self, text: str, *, of: str) -> str:
        """
        Return what was sealed.

        Raises:
            StoreError: It was not sealed by one of the keys, was changed, or belongs to something else.
        """
        return self._unpack(text, of, _no_row).decode()

    def _pack(self, content: bytes, of: str) -> str:
        head = json.dumps([VERSION, of], separators=(",", ":")).encode()
        return self._fernet.encrypt(head + b"\n" + content).decode()

    def _unpack(self, text: object, of: str, refuse: Callable[[str], BelvoError]) -> bytes:
        content, problem = self._opened(text, of)
        if problem is not None:
            raise refuse(problem)
        return content

    def _opened(self, text: object, of: str) -> tuple[bytes, str | None]:
        """
        Return what is inside, or what is wrong. This frame holds both and raises nothing.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - loaded with the keys

        try:
            # Fernet reads base64 and a time stamp before it knows whether a text is authentic.
            plain = self._fernet.decrypt(text)  # type: ignore[arg-type] # it says so itself
        except (InvalidToken, TypeError, ValueError, OverflowError):
            return b"", "it was not sealed by one of these keys, or was changed"
        head, _, content = plain.partition(b"\n")
        version, belongs_to = json.loads(head)  # authentic, so it is as it was written
        if version != VERSION:
            return b"", f"it was sealed by a version of the library that is not known here ({version})"
        return (content, None) if belongs_to == of else (b"", "it belongs to something else")


class TicketSealer(Sealer):
    """
    Seals tickets, so that a web service without a store can hand them to a browser, in a hidden field.

        sealer = TicketSealer(os.environ["TICKET_KEY"])  # made once by TicketSealer.new_key()
        field = sealer.seal(session.suspend(), of=user_id)
        ...
        session = client.resume(sealer.unseal(field, of=user_id), token)

    A browser may send a ticket twice, or to two processes: a client answers it once, two clients do not know
    of each other. Where that matters, keep tickets in a store.

    Args:
        keys: As for `Sealer`.
    """

    def seal(self, ticket: MfaTicket, *, of: str = "") -> str:  # type: ignore[override] # of tickets only
        """
        Return *ticket* as at most 1,024 characters of URL-safe text; about 600 are usual.

        Args:
            ticket: From `session.suspend()`, or the `ticket` of an `MfaError`.

            of: Whose it is: the id of a user or of an order. `unseal()` wants the same.

        Raises:
            TicketError: It is too long, because the institution sent a long text or picture. Keep it in a store.
        """
        if not isinstance(ticket, MfaTicket):
            raise InvalidArgumentError(argument="ticket", expected="an MfaTicket", found=type_of(ticket))
        sealed = self._pack(zlib.compress(ticket.to_json().encode(), 9), _purpose(of))
        if len(sealed) > LONGEST_SEALED and ticket.trace is not None:
            return self.seal(attrs.evolve(ticket, trace=None), of=of)  # who watches must not stand in the way
        if len(sealed) > LONGEST_SEALED:
            raise TicketError(
                problem=f"sealed it has {len(sealed)} characters, and {LONGEST_SEALED} fit into a URL; its "
                f"instructions have {len(ticket.instructions)} and its value {len(ticket.value)}: keep it in a store"
            )
        return sealed

    def unseal(self, text: str, *, of: str = "", clock: Clock = SYSTEM_CLOCK) -> MfaTicket:  # type: ignore[override] # of tickets only
        """
        Return the ticket.

        Args:
            text: From `seal()`, in this or another process or version.

            of: Whose it has to be.

            clock: What tells whether the institution still waits.

        Raises:
            TicketError: It was not sealed by one of the keys, was changed or cut, or is somebody else's.

            MfaExpiredError: The institution does not wait any more. A ticket that may have been answered opens all
                the same, since `client.reconcile()` finds out what became of it.
        """
        if isinstance(text, str) and len(text) > LONGEST_SEALED:
            raise _no_ticket(f"expected at most {LONGEST_SEALED} characters, found {len(text)}")
        ticket = MfaTicket.from_json(_unpacked(self._unpack(text, _purpose(of), _no_ticket)))
        left = ticket.deadline(moment(clock))
        if left is not None and left <= clock.monotonic() and not ticket.answered:
            raise MfaExpiredError(challenge=ticket.to_challenge(clock))
        return ticket


def _purpose(of: str) -> str:
    # No row of a store passes for a ticket, whatever its key.
    return f"ticket:{of}"


def _unpacked(content: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(content, LONGEST_UNPACKED)
    except zlib.error:
        raise _no_ticket("expected a ticket inside") from None
    if not unpacking.eof:
        raise _no_ticket(f"expected at most {LONGEST_UNPACKED} bytes inside")
    return unpacked


def _no_ticket(problem: str) -> TicketError:
    return TicketError(problem=problem)


def _no_row(problem: str) -> StoreError:
    return StoreError(problem=f"a row cannot be opened: {problem}")


def _fernet(keys: tuple[Any, ...]) -> MultiFernet | InvalidArgumentError:
    try:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError.for_module(error, "crypto") from None
    fernets = []
    for position, key in enumerate(keys, start=1):
        try:
            fernets.append(Fernet(key))
        except (ValueError, TypeError):
            return _no_key(f"another value in place {position}")
    return MultiFernet(fernets) if fernets else _no_key("none")


def _no_key(found: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        argument="keys", expected="keys as made by TicketSealer.new_key()", found=found
    )
