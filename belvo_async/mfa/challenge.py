"""
Every shape of a 428 body, read into one `MfaChallenge`.

Belvo's documents disagree about these bodies, and servers answer in each of the ways they name. All are
accepted here, so that no other file has to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, Final

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock, Moment
from belvo_async.mfa.operation import Operation


class ChallengeKind(StrEnum):
    """
    How the institution wants the user to prove who they are.
    """

    NUMERIC = "numeric"
    """Show `value`: the user types it into their device and reads a token from it."""

    QR = "qr"
    """Show `value` as a QR code; the user scans it with the institution's app."""

    TEXT = "text"
    """Ask for what the user received or reads from an app, as `instructions` tell."""

    INPUTLESS = "inputless"
    """The user confirms on another device; nothing is typed here."""

    UNKNOWN = "unknown"
    """Belvo named a kind this library does not know. Show `instructions` and `value`."""


KINDS: Final[Mapping[str, ChallengeKind]] = {
    "numeric": ChallengeKind.NUMERIC,
    "numericchallenge": ChallengeKind.NUMERIC,
    "qr": ChallengeKind.QR,
    "qrcode": ChallengeKind.QR,
    "text": ChallengeKind.TEXT,
    "inputless": ChallengeKind.INPUTLESS,
}
"""Belvo's words for the kinds, in lower case and without what is no letter: they are free text."""

UNKNOWN_ROUND: Final = 0
"""Of a challenge that was met elsewhere, and of which only the ids are known."""

LONGEST_SHARED: Final = 500
"""Characters; keeps a broken answer from being remembered."""

LONGEST_EXPIRY: Final = timedelta(days=366)
"""A deadline beyond this is read as this; keeps a broken answer from overflowing the calendar."""


@attrs.frozen(kw_only=True)
class MfaChallenge:
    """
    What the institution wants from the user, now.

    Show `instructions` and, by `kind`, `value`; then give the token to `session.submit()` or
    return it from the prompt. Where `expects_user_input` is false there is nothing to type: wait
    until the user says that they are done and submit `None`.

    Attributes:
        kind: How to show it.

        type: Belvo's own word for the kind; empty if it named none.

        instructions: For the user, in the institution's language; may be empty.

        value: The challenge number, or the content of the QR code; may be empty.

        expects_user_input: Whether a token has to be given.

        session: Belvo's id of the MFA session. Not for logs.

        link: Id of the link.

        issued_at: When it arrived (aware, UTC).

        expires_at: When the institution stops waiting (aware, UTC); `None` if it did not say.

        round: 1 for the first challenge of a call, 2 for the next; 0 where only its ids are known.

        operation: The call that brought it: `links.register`, `balances.retrieve`.

        request_id: What Belvo's support asks for.

        call: What it interrupted, for `MfaTicket.of()`; `None` if it was made by hand.

        max_rounds: How many challenges that may have, for the same.
    """

    # https://developers.belvo.com/docs/handling-2-factor-authentication

    kind: ChallengeKind
    type: str = ""
    instructions: str = ""
    value: str = attrs.field(default="", repr=False)
    expects_user_input: bool = True
    session: str = attrs.field(repr=False)
    link: str
    issued_at: datetime
    expires_at: datetime | None = None
    round: int = 1
    operation: str = ""
    request_id: str | None = None
    call: Operation | None = attrs.field(default=None, repr=False, eq=False)
    max_rounds: int = attrs.field(default=0, repr=False, eq=False)
    _clock: Clock = attrs.field(default=SYSTEM_CLOCK, repr=False, eq=False, alias="clock")

    @property
    def remaining(self) -> float | None:
        """
        Seconds until the institution stops waiting, never below 0; `None` if it did not say.
        """
        if self.expires_at is None:
            return None
        return max(0.0, (self.expires_at - self._clock.now()).total_seconds())

    def __reduce__(self) -> Any:
        # The clock belongs to a process and stays behind.
        fields = (field for field in attrs.fields(type(self)) if field.name != "_clock")
        return partial(type(self), **{field.alias: getattr(self, field.name) for field in fields}), ()


@attrs.frozen(kw_only=True)
class TokenRequired:
    """
    A 428 body as Belvo meant it, before it belongs to a flow.

    Attributes:
        expiry: Seconds from its arrival; `None` if it is missing or makes no sense.
    """

    session: str = attrs.field(repr=False)
    link: str
    kind: ChallengeKind
    type: str
    instructions: str
    value: str = attrs.field(repr=False)
    expects_user_input: bool
    expiry: float | None
    request_id: str | None

    def challenge(
        self,
        operation: str,
        moment: Moment,
        clock: Clock,
        *,
        round_: int = 1,
        call: Operation | None = None,
        max_rounds: int = 0,
        request_id: str | None = None,
    ) -> MfaChallenge:
        """
        Return it as the challenge of *operation* that arrived at *moment*.
        """
        return MfaChallenge(
            kind=self.kind,
            type=self.type,
            instructions=self.instructions,
            value=self.value,
            expects_user_input=self.expects_user_input,
            session=self.session,
            link=self.link,
            expires_at=expires_at(moment.instant, self.expiry),
            round=round_,
            operation=operation,
            request_id=self.request_id or request_id,
            issued_at=moment.instant,
            call=call,
            max_rounds=max_rounds,
            clock=clock,
        )


def read_token_required(payload: object, *, link: str | None = None) -> TokenRequired | None:
    """
    Read a parsed 428 body; `None` if it names no session and so cannot be resumed.

    Args:
        payload: The parsed JSON: an object, or a list that holds one.

        link: The link of the request, in case the body does not repeat it.
    """
    entry = _entry(payload)
    session, link = _text(entry, "session"), _text(entry, "link") or link or ""
    if not session or not link:
        return None
    data = entry.get("token_generation_data")
    if not isinstance(data, dict):
        data = {}
    flag = _flag(data)
    type_ = _shared(_text(data, "type"))
    kind = _kind(type_, flag)
    return TokenRequired(
        session=session,
        link=link,
        kind=kind,
        type=type_,
        instructions=_shared(_text(data, "instructions")),
        value=_text(data, "value"),
        # Belvo's default is true. Only its own word for "nothing to type" says otherwise.
        expects_user_input=kind is not ChallengeKind.INPUTLESS if flag is None else flag,
        expiry=_seconds(entry.get("expiry")),
        request_id=_text(entry, "request_id") or None,
    )


def expires_at(received: datetime, expiry: float | None) -> datetime | None:
    """
    Return the instant at which a challenge received at *received* ends.
    """
    if expiry is None:
        return None
    return (received + timedelta(seconds=expiry)).astimezone(UTC)


def _entry(payload: object) -> Mapping[str, Any]:
    # A list holds one entry in every document; should it hold more, the one with a session counts.
    entries = [e for e in (payload if isinstance(payload, list) else [payload]) if isinstance(e, dict)]
    return next((e for e in entries if _text(e, "session")), entries[0] if entries else {})


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a numeric challenge may come as a number
    return value if isinstance(value, str) else ""


def _shared(text: str) -> str:
    """
    Return one and the same object for equal texts: institutions say the same to all of their users.
    """
    return _one(text) if len(text) <= LONGEST_SHARED else text


@lru_cache(maxsize=256)
def _one(text: str) -> str:
    return text


def _flag(data: Mapping[str, Any]) -> bool | None:
    for spelling in ("expects_user_input", "expect_user_input"):
        value = data.get(spelling)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
    return None


@lru_cache(maxsize=64)
def _kind(type_: str, flag: bool | None) -> ChallengeKind:
    word = "".join(letter for letter in type_.lower() if letter.isalpha())
    if not word and flag is False:
        return ChallengeKind.INPUTLESS
    return KINDS.get(word, ChallengeKind.UNKNOWN)


def _seconds(expiry: object) -> float | None:
    if isinstance(expiry, bool) or not isinstance(expiry, int | float | Decimal | str):
        return None  # a number with a point is a Decimal when the codec has parsed it
    try:
        seconds = float(expiry)
    except (ValueError, OverflowError):
        return None
    if seconds != seconds:  # noqa: PLR0124 - NaN is the one number that differs from itself
        return None
    return min(max(0.0, seconds), LONGEST_EXPIRY.total_seconds())
