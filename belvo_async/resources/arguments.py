"""
How the arguments of a call become what Belvo reads: query parameters, dates, lists of names.

Everything is checked here, before anything is sent.
"""

from __future__ import annotations

import re
import sys

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias

from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import NO_QUERY, Query
from belvo_async.transport.address import check_id


Scalar: TypeAlias = str | int | bool | Decimal | date | datetime | Enum

Filter: TypeAlias = Scalar | Sequence[Scalar] | AbstractSet[Scalar] | None
"""The value of a filter. Sequences are sent with commas; `None` is not sent."""

Names: TypeAlias = str | Sequence[str] | AbstractSet[str] | None
"""Names of fields, as `fields` and `omit` take them."""

Day: TypeAlias = date | str
"""A day: a `date`, or text as `2026-01-31`."""

TEXTS: Final = (str, bytes, bytearray, memoryview)
"""What is a sequence to Python and not to Belvo."""

WHOSE: Final = frozenset(
    f"{name}{lookup}"
    for name in ("link", "account", "id", "external_id", "institution_user_id", "user_document")
    for lookup in ("", "__in")
)
"""The filters that say whose data is wanted."""

IDS: Final = frozenset(f"{name}{lookup}" for name in ("link", "account", "id") for lookup in ("", "__in"))
"""The filters that take ids of Belvo's."""

ENDS_OF_A_RANGE: Final = 2

FILTER_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)

FIELD_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}", re.ASCII)


def query(filters: Mapping[str, Filter]) -> Query:
    """
    Return *filters* as query parameters, without those that are `None`.

    Raises:
        InvalidArgumentError: A name is no filter's, a value cannot be sent, or one that says whose data is
            wanted is `None`: without it, everybody's would be listed.
    """
    for name in WHOSE & filters.keys():
        if filters[name] is None:
            raise InvalidArgumentError(
                argument=name, expected="whose data is wanted, and not everybody's", found="None"
            )
    return Query((_name(name), _text(name, value)) for name, value in filters.items() if value is not None)


def selection(fields: Names, omit: Names) -> Query:
    """
    Return the parameters that say which fields to send back.
    """
    if fields is None and omit is None:
        return NO_QUERY
    given = (("fields", fields), ("omit", omit))
    return Query((name, _field_names(name, value)) for name, value in given if value is not None)


def day(argument: str, value: Day) -> str:
    """
    Return *value* as Belvo reads a day.

    Raises:
        InvalidArgumentError: It is no day; an instant is none, since it needs a time zone to become one.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    found = repr(value) if isinstance(value, str) else type(value).__name__
    raise InvalidArgumentError(argument=argument, expected="a date, or text as 2026-01-31", found=found[:40])


def whole(argument: str, value: object, *, most: int | None = None) -> int | None:
    """
    Return *value* if it is `None`, or a whole number above 0 and not above *most*.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= (most or value):
        return value
    expected = "a whole number above 0" if most is None else f"a whole number from 1 to {most:,}"
    raise InvalidArgumentError(argument=argument, expected=expected, found=repr(value)[:40])


def seconds(argument: str, value: object) -> float | None:
    """
    Return *value* if it is `None`, or a number of seconds above 0 that ends.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= sys.float_info.max:
        return value
    raise InvalidArgumentError(argument=argument, expected="seconds above 0", found=repr(value)[:40])


def _name(name: str) -> str:
    if FILTER_NAME.fullmatch(name):
        return name
    raise InvalidArgumentError(
        argument=name[:40], expected="the name of a filter, as status__in", found="another"
    )


def _text(name: str, value: Filter) -> str:
    if not isinstance(value, Sequence | AbstractSet) or isinstance(value, TEXTS):
        return _scalar(name, value)
    texts = [_item(name, item) for item in value]
    if not texts:
        raise _empty(name)
    if name.endswith("__range") and len(texts) != ENDS_OF_A_RANGE:
        raise InvalidArgumentError(argument=name, expected="two ends", found=str(len(texts)))
    return ",".join(sorted(texts) if isinstance(value, AbstractSet) else texts)


def _empty(name: str) -> InvalidArgumentError:
    # Belvo may read a filter without a value as no filter, and list everything.
    return InvalidArgumentError(argument=name, expected="something, or None for no filter", found="nothing")


def _item(name: str, value: Scalar) -> str:
    text = _scalar(name, value)
    if "," in text:
        # Belvo splits at every comma, whatever was meant.
        raise InvalidArgumentError(argument=name, expected="items without a comma", found="one that has it")
    return text


def _scalar(name: str, value: object) -> str:
    """
    Return *value* as text. Refused is what is empty, and half a character, which no encoding can carry.
    """
    text = _written(name, value)
    if not text.strip():
        raise _empty(name)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidArgumentError(
            argument=name, expected="text of whole characters", found="one with half a character"
        )
    if name in IDS:
        # Belvo takes several of them with commas, also where one text holds them all.
        for id_ in text.split(","):
            check_id(id_, name)
    return text


def _written(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime():
            if value.tzinfo is None:
                raise InvalidArgumentError(argument=name, expected="an aware datetime", found="a naive one")
            return value.isoformat()
        case date():
            return value.isoformat()
        case str() | int() | Decimal():
            return str(value)
        case _:
            raise InvalidArgumentError(
                argument=name,
                expected="text, a whole number or Decimal, a date, or a sequence of them",
                found=type(value).__name__,
            )


def _field_names(argument: str, value: str | Sequence[str] | AbstractSet[str]) -> str:
    names = value.split(",") if isinstance(value, str) else value
    if (
        isinstance(names, Sequence | AbstractSet)
        and names
        and all(isinstance(name, str) and FIELD_NAME.fullmatch(name) for name in names)
    ):
        return ",".join(names)
    raise InvalidArgumentError(
        argument=argument, expected="names of fields, as id,name", found="something else"
    )
