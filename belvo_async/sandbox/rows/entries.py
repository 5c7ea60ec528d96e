"""
What happens in an account on a day: the few facts that transactions, bills and insights all follow from.

So what is summed up elsewhere agrees with what `/api/transactions/` shows. Insights look at the first account alone,
which is the one whose transactions are retrieved unless another is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final
from zlib import crc32

import attrs

from belvo_async.sandbox import data
from belvo_async.sandbox.data import CEILINGS, day_of, key, noise, series_of
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts
from belvo_async.sandbox.rows.spending import (
    CALENDARS,
    EVERYDAY,
    FREELANCE,
    INSTALMENT,
    PAYMENT,
    SHARES,
    Purpose,
)


FIRST: Final = 0
"""The series that insights look at."""


@attrs.frozen
class Entry:
    """
    One movement of money.

    Attributes:
        day: When, as an ordinal.

        cents: How much, never negative.
    """

    purpose: Purpose
    day: int
    cents: int


@lru_cache(maxsize=65_536)
def day_of_month(day: int) -> int:
    """
    Return the day of the month of an ordinal.
    """
    return date.fromordinal(day).day


def entry(access: Access, number: int, count: int) -> Entry:
    """
    Return what transaction *number* is about.
    """
    purpose, day = _purpose(access, number, count), day_of(number)
    if purpose is PAYMENT:
        return Entry(purpose, day, spent(access, series_of(number), day - day_of_month(day), count))
    return Entry(purpose, day, _amount(access, number, purpose))


def entries(access: Access, first: int, last: int, count: int, series: int = FIRST) -> Iterator[Entry]:
    """
    Yield what happens in *series* from day *first* to day *last*, both included.
    """
    if not data.has_nothing(access):
        for day in range(first, last + 1):
            yield entry(access, key(series, day), count)


@lru_cache(maxsize=4096)
def spent(access: Access, series: int, last: int, count: int) -> int:
    """
    Return how many cents went out in the month that ends with day *last*.
    """
    total = 0
    for day in range(last - day_of_month(last) + 1, last + 1):
        number = key(series, day)
        purpose = _purpose(access, number, count)
        if not purpose.inflow:
            total += _amount(access, number, purpose)
    return total


def _purpose(access: Access, number: int, count: int) -> Purpose:
    calendar = CALENDARS[accounts.kind_of(series_of(number) % count, count).category]
    planned = calendar.get(day_of_month(day_of(number)))
    turn = noise(access, number, len(EVERYDAY))
    # Whoever works freelance has months without income.
    if planned is None or (planned is FREELANCE and turn == 0):
        return EVERYDAY[turn]
    return planned


def _amount(access: Access, number: int, purpose: Purpose) -> int:
    if purpose is INSTALMENT:
        return accounts.INSTALMENT
    top = CEILINGS[access.persona.dataset] * SHARES.get(purpose.income or "", 5) // 100
    seed = crc32(purpose.merchant.encode()) if purpose.regular else number ^ 0x5555
    return top // 4 + noise(access, seed, max(top * 3 // 4, 1))


def latest(access: Access, at: str, days: int, count: int) -> list[Entry]:
    """
    Return what happened in the last *days* until *at*, oldest first.
    """
    last = data.ordinal(at)
    return list(entries(access, last - days + 1, last, count))
