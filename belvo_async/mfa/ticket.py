"""
A suspended flow as a value: all that a resume needs, and no credential.
"""

from __future__ import annotations

import json

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock, Moment
from belvo_async.errors import TicketError, type_of
from belvo_async.messages import Query
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge
from belvo_async.mfa.operation import Operation


VERSION: Final = 1
"""Of the JSON form. A reader refuses what it does not know."""

LONGEST_TEXT: Final = 1_048_576
"""Characters. A ticket has about 500; a QR code's content may be a picture."""


@attrs.frozen(kw_only=True)
class MfaTicket:
    """
    A challenge that can be answered later and elsewhere, by `client.resume(ticket, token)`.

    It holds no password and no token, but whoever has it *and* your keys *and* the token can
    complete the login: treat it like a session cookie.

    Attributes:
        operation: The call it belongs to: `balances.retrieve`.

        path: The collection whose `PATCH` completes the call.

        session: Belvo's id of the MFA session. Not for logs.

        link: Id of the link.

        round: 1 for the first challenge of the call, 2 for the next.

        max_rounds: How many the caller allowed.

        issued_at: When the challenge arrived (aware, UTC).

        expires_at: When the institution stops waiting (aware, UTC); `None` if it did not say.

        answered: Whether an answer may have been sent already. Such a ticket is never
            answered again; it only serves to find out what became of it.

        kind: How to show the challenge; so are `type`, `instructions`, `value` and
            `expects_user_input`.

        save_data: As the call had it.

        fields: As the call had it, as is `omit`.

        external_id: The caller's own id of the link that is being registered.

        request_id: What Belvo's support asks for.

        trace: Where the trace of the call goes on: a W3C `traceparent`, if somebody traces it. Written only then,
            since versions of the library that do not know it refuse a ticket that has it.
    """

    operation: str
    path: str
    session: str = attrs.field(repr=False)
    link: str
    round: int = 1
    max_rounds: int = 5
    issued_at: datetime
    expires_at: datetime | None = None
    answered: bool = False
    kind: ChallengeKind = ChallengeKind.UNKNOWN
    type: str = ""
    instructions: str = ""
    value: str = attrs.field(default="", repr=False)
    expects_user_input: bool = True
    save_data: bool | None = None
    fields: str | None = None
    omit: str | None = None
    external_id: str | None = None
    request_id: str | None = None
    trace: str | None = None

    @classmethod
    def for_challenge(
        cls,
        challenge: MfaChallenge,
        operation: Operation,
        *,
        max_rounds: int,
        answered: bool = False,
    ) -> MfaTicket:
        """
        Return the ticket that carries *challenge* on.
        """
        query = dict(operation.query)
        return cls(
            operation=operation.name,
            path=operation.path,
            session=challenge.session,
            link=challenge.link,
            round=challenge.round,
            max_rounds=max_rounds,
            issued_at=challenge.issued_at,
            expires_at=challenge.expires_at,
            answered=answered,
            kind=challenge.kind,
            type=challenge.type,
            instructions=challenge.instructions,
            value=challenge.value,
            expects_user_input=challenge.expects_user_input,
            save_data=operation.save_data,
            fields=query.get("fields"),
            omit=query.get("omit"),
            external_id=operation.external_id,
            request_id=challenge.request_id,
            trace=operation.trace,
        )

    def to_operation(self) -> Operation:
        """
        Return the call that the ticket belongs to.
        """
        given = (("fields", self.fields), ("omit", self.omit))
        return Operation(
            name=self.operation,
            path=self.path,
            link=self.link,
            save_data=self.save_data,
            query=Query((name, value) for name, value in given if value is not None),
            external_id=self.external_id,
            trace=self.trace,
        )

    @classmethod
    def of(cls, challenge: MfaChallenge) -> MfaTicket:
        """
        Return the ticket of a challenge that a prompt was given, so that another process can go on with it.

        Raises:
            TicketError: The challenge came from no call.
        """
        if challenge.call is None:
            raise TicketError(problem="the challenge was made by hand, and belongs to no call")
        return cls.for_challenge(challenge, challenge.call, max_rounds=challenge.max_rounds)

    def to_challenge(self, clock: Clock = SYSTEM_CLOCK) -> MfaChallenge:
        """
        Return the challenge as the user has to see it.
        """
        return MfaChallenge(
            kind=self.kind,
            type=self.type,
            instructions=self.instructions,
            value=self.value,
            expects_user_input=self.expects_user_input,
            session=self.session,
            link=self.link,
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            round=self.round,
            operation=self.operation,
            request_id=self.request_id,
            call=self.to_operation(),
            max_rounds=self.max_rounds,
            clock=clock,
        )

    def deadline(self, moment: Moment) -> float | None:
        """
        Return the end of the challenge on the monotonic scale of *moment*.
        """
        if self.expires_at is None:
            return None
        return moment.monotonic + (self.expires_at - moment.instant).total_seconds()

    def to_json(self) -> str:
        """
        Return the ticket as compact JSON. Read it with `from_json()`.
        """
        members: dict[str, Any] = {"v": VERSION}
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value != field.default:
                members[field.name] = _plain(value)
        return json.dumps(members, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> MfaTicket:
        """
        Read what `to_json()` wrote, in this or another process or version.

        Raises:
            TicketError: *text* is something else. The message names the member, never a value.
        """
        if not isinstance(text, str | bytes):
            raise TicketError(problem=f"expected its text, found {type_of(text)}")
        if len(text) > LONGEST_TEXT:
            raise TicketError(problem=f"expected at most {LONGEST_TEXT} characters, found {len(text)}")
        try:
            members = json.loads(text)
        except (ValueError, RecursionError):
            # The text itself must not appear in a traceback that is shown.
            raise TicketError(problem="expected JSON") from None
        if not isinstance(members, dict):
            raise TicketError(problem=f"expected an object, found {type(members).__name__}")
        if type(members.get("v")) is not int or members["v"] != VERSION:
            raise TicketError(problem=f"expected version {VERSION} of the format in `v`")
        values: dict[str, Any] = {name: _read(name, members[name]) for name in _names_in(members)}
        return cls(**values)


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _names_in(members: Mapping[str, object]) -> list[str]:
    fields = attrs.fields(MfaTicket)
    unknown = sorted(set(members) - {field.name for field in fields} - {"v"})
    if unknown:
        raise TicketError(problem=f"{len(unknown)} member(s) that no ticket has")
    missing = [field.name for field in fields if field.default is attrs.NOTHING and field.name not in members]
    if missing:
        raise TicketError(problem=f"{', '.join(missing)} missing")
    return [field.name for field in fields if field.name in members]


def _read(name: str, value: object) -> object:
    expected, reader = _READERS_BY_NAME[name]
    try:
        return reader(value)
    except (ValueError, TypeError, OverflowError):
        raise TicketError(problem=f"{name}: expected {expected}, found {type(value).__name__}") from None


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_typed(str)(value))
    if instant.tzinfo is None:
        raise ValueError
    return instant.astimezone(UTC)


def _counter(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _typed(type_: type[str | bool]) -> Any:
    def reader(value: object) -> object:
        if type(value) is not type_:
            raise TypeError
        return value

    return reader


def _optional(reader: Any) -> Any:
    return lambda value: None if value is None else reader(value)


READERS: Final[Mapping[Any, tuple[str, Any]]] = {
    "str": ("text", _typed(str)),
    "str | None": ("text", _optional(_typed(str))),
    "int": ("a whole number, 0 or above", _counter),
    "bool": ("true or false", _typed(bool)),
    "bool | None": ("true or false", _optional(_typed(bool))),
    "datetime": ("an instant with a zone", _instant),
    "datetime | None": ("an instant with a zone", _optional(_instant)),
    "ChallengeKind": ("a kind of challenge", ChallengeKind),
}
"""How each type of a ticket's fields is read: what to call it in an error, and how."""

# Looked up here, once: other libraries (cattrs) replace the names of the types by the types themselves.
_READERS_BY_NAME: Final = {field.name: READERS[field.type] for field in attrs.fields(MfaTicket)}
