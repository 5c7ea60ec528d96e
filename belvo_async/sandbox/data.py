"""
What is common to all rows: their numbers, their ids, and the noise that their contents follow from.

The number of a row holds, from the left, which series it belongs to and which day. Two retrievals of one day give
the same row, with the same id. The rows themselves are made in `rows`.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from zlib import crc32

from belvo_async.sandbox.ids import lower_half, shuffled, upper_half
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Dataset


DAY_BITS: Final = 22
DAY_MASK: Final = (1 << DAY_BITS) - 1
SERIES_BITS: Final = 24
KEY_BITS: Final = DAY_BITS + SERIES_BITS

SALTS: Final = 1 << 14
"""There are fewer salts than this: with one, a number still fits into the half of an id."""

YEAR: Final = 365

CEILINGS: Final = {
    Dataset.FULL: 10_000_000,
    Dataset.LOW: 10_000,
    Dataset.NEGATIVE: 1_000_000,
    Dataset.NONE: 1,
}
"""Balances stay below this many cents."""


def key(series: int, day: int) -> int:
    """
    Return the number of the row of *series* on *day* (an ordinal).
    """
    return series << DAY_BITS | day


@lru_cache(maxsize=256)
def keys(series: tuple[int, ...], first: int, last: int) -> tuple[int, ...]:
    """
    Return the numbers of the rows of *series* from day *first* to day *last*, both included.
    """
    return tuple(key(one, day) for one in series for day in range(first, last + 1))


@lru_cache(maxsize=256)
def monthly(series: tuple[int, ...], day_of_month: int, first: int, last: int) -> tuple[int, ...]:
    """
    Return the numbers of the rows of *series* that fall on *day_of_month* between two days, both included.
    """
    days = tuple(day for day in range(first, last + 1) if date.fromordinal(day).day == day_of_month)
    return tuple(key(one, day) for one in series for day in days)


def series_of(number: int) -> int:
    """
    Return the series of row *number*.
    """
    return number >> DAY_BITS


def day_of(number: int) -> int:
    """
    Return the day (an ordinal) of row *number*.
    """
    return number & DAY_MASK


@lru_cache(maxsize=65_536)
def day_text(number: int) -> str:
    """
    Return the day of row *number* as Belvo writes it.
    """
    return date.fromordinal(number & DAY_MASK).isoformat()


def ordinal(at: str) -> int:
    """
    Return the day of an instant as Belvo writes it.
    """
    return date.fromisoformat(at[:10]).toordinal()


def shifted(day: str, days: int) -> str:
    """
    Return the date *days* after *day*.
    """
    return (date.fromisoformat(day[:10]) + timedelta(days=days)).isoformat()


def end_of_month(day: int) -> int:
    """
    Return the last day of the month that *day* is in, both as ordinals.
    """
    then = date.fromordinal(day)
    return day - then.day + monthrange(then.year, then.month)[1]


@lru_cache(maxsize=256)
def salt(path: str) -> int:
    """
    Return what tells the ids of the resource at *path* from those of others.
    """
    # Follows from the path and not from an order, so that ids stay the same when resources are added.
    return crc32(path.encode()) % (SALTS - 1) + 1


def row_id(access: Access, salt: int, number: int) -> str:
    """
    Return the id of row *number* of the resource that *salt* stands for.
    """
    return f"{_upper(access.bits, salt)}-{_lower(salt, identity(number))}"


ATTACHED: Final = 1 << KEY_BITS
"""Set in the number of a row that was asked for with its documents. It is the same row without them."""


def identity(number: int) -> int:
    """
    Return the part of *number* that says which row it is, without how it was asked for.
    """
    return number & ~ATTACHED


def link_bits(bits: int, salt: int) -> int:
    """
    Return the number of the link whose row of the resource *salt* has *bits* in the upper half of its id.
    """
    return bits ^ shuffled(salt + 1)


# These are asked for again and again: the rows of one link share an upper half, and the same days of
# different links a lower half and a date.


@lru_cache(maxsize=4096)
def _upper(bits: int, salt: int) -> str:
    return upper_half(link_bits(bits, salt))


@lru_cache(maxsize=65_536)
def _lower(salt: int, number: int) -> str:
    return lower_half(shuffled(salt << KEY_BITS | number))


def noise(access: Access, number: int, below: int) -> int:
    """
    Return a number from 0 up to, not including, *below*: the same one whenever it is asked for.
    """
    mixed = shuffled(access.bits ^ (number * 0x2545F491)) >> 16
    return mixed % below


def digits(access: Access, number: int, length: int) -> str:
    """
    Return *length* decimal digits that do not begin with a zero.
    """
    text = ""
    while len(text) < length:
        text += str(10**8 + noise(access, number + 7919 * len(text), 9 * 10**8))
    return text[:length]


def cents(access: Access, number: int) -> int:
    """
    Return an amount in cents as the user of *access* has it: little, much, or owed.
    """
    dataset = access.persona.dataset
    amount = noise(access, number, CEILINGS[dataset])
    return -amount if dataset is Dataset.NEGATIVE else amount


def has_nothing(access: Access) -> bool:
    """
    Whether the user has no data at all.
    """
    return access.persona.dataset is Dataset.NONE


def is_brazilian(access: Access) -> bool:
    """
    Whether the institution is in Brazil, whose network of banks says more about everything.
    """
    countries: list[str] = access.institution.public["country_codes"]
    return countries[0] == "BR"
