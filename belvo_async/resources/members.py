"""
The members that the body of a request may have, each with its check: one table for all resources.

A value that cannot be right is refused before anything is sent, and it is never shown: it may be a password.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any, Final, TypeAlias

import attrs

from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import Body
from belvo_async.resources.arguments import TEXTS, day
from belvo_async.transport.address import check_id


Check: TypeAlias = Callable[[str, Any], object]
"""Takes the name of a member and what was given for it; returns what is sent, or raises `InvalidArgumentError`."""

Year: TypeAlias = int | str
"""A year: a number, or text as `2026`."""

YEAR: Final = re.compile(r"(19|20)\d\d", re.ASCII)


def checked(body: Body, needed: Iterable[str] = ()) -> Body:
    """
    Return *body* as it is sent.

    Args:
        needed: The members that must be there.

    Raises:
        InvalidArgumentError: There is no member, a needed one is missing, one cannot be right, or a period ends
            before it begins.
    """
    if not list(body):
        raise InvalidArgumentError(argument="arguments", expected="one at least", found="none")
    for name in needed:
        if name not in body:
            CHECKS[name](name, None)
    sent = {name: CHECKS[name](name, body[name]) for name in body}
    for first, last in PERIODS:
        if first in sent and last in sent and str(sent[first]) > str(sent[last]):
            raise InvalidArgumentError(
                argument=first, expected=f"nothing after {last} ({sent[last]})", found=str(sent[first])
            )
    return Body(sent)


def text(argument: str, value: object) -> str:
    """
    Text, and no number that looks like it: JSON would carry `0123` as 123.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str) and value:
        return value
    raise InvalidArgumentError(argument=argument, expected="text", found=_kind(value))


def identifier(argument: str, value: object) -> str:
    """
    An id of Belvo's, which is text; only institutions have numbers.
    """
    return check_id(text(argument, value), argument)


def flag(argument: str, value: object) -> bool:
    """
    True or false.
    """
    if isinstance(value, bool):
        return value
    raise InvalidArgumentError(argument=argument, expected="True or False", found=_kind(value))


def year(argument: str, value: object) -> str:
    """
    A year, as a number or as text.
    """
    digits = "" if isinstance(value, bool) or not isinstance(value, int | str) else str(value)
    if YEAR.fullmatch(digits):
        return digits
    raise InvalidArgumentError(
        argument=argument, expected="a year, as 2026", found=digits[:10] or _kind(value)
    )


def texts(argument: str, value: object) -> list[str]:
    """
    A sequence of texts; one text is none.
    """
    if not isinstance(value, Sequence | AbstractSet) or isinstance(value, TEXTS):
        raise InvalidArgumentError(argument=argument, expected="a list of texts", found=_kind(value))
    return [text(argument, item) for item in value]


def like(pattern: str, example: str) -> Check:
    """
    Return the check for a text that matches *pattern* as a whole, as *example* does.
    """
    form = re.compile(pattern, re.ASCII)

    def check(argument: str, value: object) -> str:
        given = text(argument, value)
        if form.fullmatch(given):
            return given
        found = f"another text of {len(given):,} characters"
        raise InvalidArgumentError(argument=argument, expected=example, found=found)

    return check


def comma_separated(argument: str, value: object) -> str:
    """
    Words with commas between them, or a sequence of words.
    """
    words = value.split(",") if isinstance(value, str) else texts(argument, value)
    if words and all(word.strip() for word in words):
        return ",".join(words)
    raise InvalidArgumentError(argument=argument, expected="words, one at least", found="nothing")


def mapping(argument: str, value: object) -> Mapping[str, object]:
    """
    A mapping, sent as a JSON object.
    """
    if isinstance(value, Mapping):
        return value
    raise InvalidArgumentError(argument=argument, expected="a mapping", found=_kind(value))


def transactions(argument: str, value: object) -> list[Mapping[str, object]]:
    """
    Transactions of the caller's: values of the models, or mappings. What is `None` in a model is not sent.
    """
    if not isinstance(value, Sequence) or isinstance(value, TEXTS):
        raise InvalidArgumentError(argument=argument, expected="a list of transactions", found=_kind(value))
    if not value:
        raise InvalidArgumentError(argument=argument, expected="one transaction at least", found="none")
    if len(value) > MOST_TRANSACTIONS:
        raise InvalidArgumentError(
            argument=argument, expected=f"at most {MOST_TRANSACTIONS:,} of them", found=f"{len(value):,}"
        )
    return [_transaction(argument, item) for item in value]


def _transaction(argument: str, item: object) -> Mapping[str, object]:
    if attrs.has(type(item)):
        given = attrs.asdict(item, recurse=False)  # type: ignore[arg-type] # attrs.has() has made sure
        return {name: member for name, member in given.items() if member is not None}
    return mapping(argument, item)


def _kind(value: object) -> str:
    return "nothing" if value == "" else type(value).__name__


MOST_TRANSACTIONS: Final = 10_000
"""That Belvo takes at once."""

DAYS: Final = r"[1-9]\d{0,2}d"

CHECKS: Final[Mapping[str, Check]] = {
    # a login
    "institution": text,
    "username": text,
    "username2": text,
    "username3": text,
    "username_type": text,
    "password": text,
    "password2": text,
    "certificate": text,
    "private_key": text,
    "encryption_key": text,
    "token": text,
    # a link
    "external_id": like(r".{3,256}", "text of 3 to 256 characters, on one line"),
    "access_mode": text,
    "fetch_historical": flag,
    "fetch_resources": texts,
    "credentials_storage": like(f"store|nostore|{DAYS}", "store, nostore, or days as 30d"),
    "stale_in": like(DAYS, "days as 90d"),
    # data to retrieve
    "link": identifier,
    "save_data": flag,
    "account": identifier,
    "account_id": identifier,
    "date_from": day,
    "date_to": day,
    "reference_date": day,
    "year_from": year,
    "year_to": year,
    "type": text,
    "attach_pdf": flag,
    "attach_xml": flag,
    "allowed_income_types": texts,
    "minimum_confidence_level": text,
    # data of the caller's own
    "language": text,
    "transactions": transactions,
    # the widget
    "id": text,
    "scopes": comma_separated,
    "link_id": identifier,
    "widget": mapping,
}
"""Every member that a request of this library can have."""

PERIODS: Final = (("date_from", "date_to"), ("year_from", "year_to"))
"""The members that begin and end a period."""
