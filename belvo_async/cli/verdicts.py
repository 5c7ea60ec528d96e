"""
What an error means for whoever called the command: the exit status, and the line on standard error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from belvo_async.cli.exits import Exit
from belvo_async.errors import (
    ApiError,
    AuthenticationError,
    BelvoError,
    InstitutionUnavailableError,
    InvalidArgumentError,
    InvalidLinkError,
    LinkRefreshedError,
    LoginError,
    MfaCancelledError,
    MfaDeclinedError,
    MfaExpiredError,
    MfaRequiredError,
    MfaRoundsExceededError,
    MissingExtraError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
    TicketError,
    TooManySessionsError,
    TransportError,
    UncertainOutcomeError,
    UnconfirmedLinkError,
)


STATUSES: Final[Mapping[type[BelvoError], Exit]] = {
    InvalidArgumentError: Exit.USAGE,
    TicketError: Exit.USAGE,
    MissingExtraError: Exit.NO_EXTRA,
    MfaRequiredError: Exit.TOKEN_REQUIRED,
    MfaCancelledError: Exit.INTERRUPTED,
    MfaDeclinedError: Exit.NOT_ANSWERED,
    MfaExpiredError: Exit.NOT_ANSWERED,
    MfaRoundsExceededError: Exit.NOT_ANSWERED,
    UncertainOutcomeError: Exit.UNCERTAIN,
    TransportError: Exit.TRY_LATER,
    RateLimitedError: Exit.TRY_LATER,
    TooManySessionsError: Exit.TRY_LATER,
    InstitutionUnavailableError: Exit.TRY_LATER,
    LinkRefreshedError: Exit.TRY_LATER,
    RequestTimeoutError: Exit.TRY_LATER,
    ServerError: Exit.TRY_LATER,
    ApiError: Exit.REFUSED,
    BelvoError: Exit.FAILED,
}
"""For each class and what is below it; the first that fits counts."""

REMEDIES: Final[Mapping[type[BelvoError], str]] = {
    AuthenticationError: "look at the secret id and password, and whether they belong to this address",
    LoginError: "do not repeat it as it is: six refusals invalidate a link",
    InvalidLinkError: "give it new credentials: belvo-async links update",
    UnconfirmedLinkError: "give it its credentials again: belvo-async links update",
    MfaExpiredError: "begin again, and the bank sends a new token",
    ServerError: "try again later",
    TooManySessionsError: "try again in two minutes",
}
"""What to do next, where the error itself does not say."""


def status_of(error: BelvoError) -> Exit:
    """
    Return the exit status that *error* leads to.
    """
    return next(status for class_, status in STATUSES.items() if isinstance(error, class_))


def told(error: BelvoError) -> str:
    """
    Return *error* as a line, with what to do next.
    """
    if isinstance(error, UncertainOutcomeError):
        return f"{error.request}: {error.reason}; what became of it is unknown"
    remedy = next((told for class_, told in REMEDIES.items() if isinstance(error, class_)), "")
    return f"{error}; {remedy}" if remedy else str(error)
