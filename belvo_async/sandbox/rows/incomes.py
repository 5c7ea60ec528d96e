"""
Incomes: streams of money that comes in, found in transactions, and what they add up to.

The same is done with the transactions of a link and with those that somebody sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby, pairwise
from statistics import fmean, median, pstdev
from typing import Final

import attrs

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_of, day_text, series_of
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts
from belvo_async.sandbox.rows.entries import FIRST, entries


PERIOD: Final = 30
"""Days of a month, as Belvo counts them for incomes."""

TYPES: Final = (
    "SALARY",
    "GOVERNMENT",
    "INTEREST",
    "RENT",
    "RETIREMENT",
    "FREELANCE",
    "ALTERNATIVE_INCOME",
    "TRANSFER",
    "DEPOSIT",
    "UNKNOWN",
)
CONFIDENCES: Final = ("LOW", "MEDIUM", "HIGH")

FREQUENCIES: Final = ((4, "IRREGULAR"), (10, "WEEKLY"), (20, "BIWEEKLY"), (40, "MONTHLY"))
"""How many days are between two incomes at most, and what that is called. More is irregular again."""

REGULAR: Final = frozenset({"WEEKLY", "BIWEEKLY", "MONTHLY"})


@attrs.frozen
class Inflow:
    """
    Money that came in.

    Attributes:
        account: Id of the account.

        kind: One of `TYPES`.

        day: When, as an ordinal.
    """

    account: str
    kind: str
    day: int
    cents: int
    currency: str
    description: str


@attrs.frozen
class Wish:
    """
    Which incomes somebody wants to see.

    Attributes:
        first: The period begins on this day, an ordinal.

        last: It ends on this one.

        types: The kinds that are allowed.

        confidence: The lowest place in `CONFIDENCES` that is.
    """

    first: int
    last: int
    types: frozenset[str] = frozenset(TYPES)
    confidence: int = 0

    @property
    def number(self) -> int:
        """
        The wish as the number of a row, so that the row follows from it.
        """
        days = self.last - self.first
        bits = sum(1 << place for place, kind in enumerate(TYPES) if kind in self.types)
        return data.key(days << TYPE_BITS + 2 | bits << 2 | self.confidence, self.last)


TYPE_BITS: Final = len(TYPES)


def wish(number: int) -> Wish:
    """
    Return the wish that *number* is.
    """
    series, last = series_of(number), day_of(number)
    bits = series >> 2
    types = frozenset(kind for place, kind in enumerate(TYPES) if bits >> place & 1)
    return Wish(last - (bits >> TYPE_BITS), last, types, series & 3)


def income_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/incomes/`.
    """
    wanted = wish(number)
    account = data.row_id(access, accounts.SALT, FIRST)
    inflows = [
        Inflow(
            account,
            one.purpose.income,
            one.day,
            one.cents,
            access.institution.currency,
            one.purpose.merchant.upper(),
        )
        for one in entries(access, wanted.first, wanted.last, count)
        if one.purpose.income is not None
    ]
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        "institution": access.institution.name,
        **summary(inflows, wanted),
    }


def summary(inflows: Iterable[Inflow], wanted: Wish) -> Json:
    """
    Return what *inflows* add up to, as far as it is *wanted*.
    """
    allowed = [one for one in inflows if one.kind in wanted.types and wanted.first <= one.day <= wanted.last]
    found = [(_stream(group, wanted), group) for group in _grouped(allowed)]
    enough = CONFIDENCES[wanted.confidence :]
    kept = [(stream, group) for stream, group in found if stream["confidence"] in enough]
    streams = [(stream, sum(one.cents for one in group)) for stream, group in kept]
    days = [one.day for _, group in kept for one in group]
    best = _working_day(max(days)) if days else 1
    regular = [pair for pair in streams if pair[0]["frequency"] in REGULAR]
    irregular = [pair for pair in streams if pair[0]["frequency"] not in REGULAR]
    by_confidence = {
        level.lower(): [pair for pair in streams if pair[0]["confidence"] == level] for level in CONFIDENCES
    }
    return {
        "income_streams": [stream for stream, _ in streams],
        "income_source_type": "BANK",
        "first_transaction_date": day_text(min(days)) if days else None,
        "last_transaction_date": day_text(max(days, default=wanted.last)),
        "best_working_day_to_charge": best,
        "good_working_days_to_charge": [best + 1, best + 2],
        "number_of_income_streams": len(streams),
        "monthly_average": _monthly(streams),
        "monthly_average_regular": _monthly(regular),
        "monthly_average_irregular": _monthly(irregular),
        **{f"monthly_average_{level}_confidence": _monthly(some) for level, some in by_confidence.items()},
        "total_income_amount": _total(streams),
        "total_regular_income_amount": _total(regular),
        "total_irregular_income_amount": _total(irregular),
        **{f"total_{level}_confidence": _total(some) for level, some in by_confidence.items()},
    }


Streams = Sequence[tuple[Json, int]]
"""Each stream with its total in cents."""


def _monthly(streams: Streams) -> float:
    averages: list[float] = [stream["monthly_average"] for stream, _ in streams]
    return round(sum(averages), 2)


def _total(streams: Streams) -> float:
    return sum(cents for _, cents in streams) / 100


def _grouped(inflows: Iterable[Inflow]) -> list[list[Inflow]]:
    def name(one: Inflow) -> tuple[str, str, str]:
        return one.account, one.kind, one.currency

    ordered = sorted(inflows, key=lambda one: (*name(one), one.day))
    return [list(group) for _, group in groupby(ordered, key=name)]


def _stream(found: Sequence[Inflow], wanted: Wish) -> Json:
    amounts = [one.cents for one in found]
    frequency = _frequency([one.day for one in found])
    length = wanted.last - wanted.first + 1
    months: dict[int, int] = {}
    for one in found:
        place = (one.day - wanted.first) // PERIOD
        months[place] = months.get(place, 0) + one.cents
    full = max(length // PERIOD, 1)
    several = len(found) > 1
    spread = pstdev(amounts) / fmean(amounts) if fmean(amounts) else 0.0
    return {
        "account_id": found[0].account,
        "income_type": found[0].kind,
        "frequency": frequency,
        "monthly_average": _money(fmean(months.values())),
        "monthly_median": _money(median(months.values())),
        "average_income_amount": _money(fmean(amounts)),
        "last_income_amount": amounts[-1] / 100,
        "currency": found[0].currency,
        "last_income_description": found[-1].description,
        "last_income_date": day_text(found[-1].day),
        "stability": round(max(1 - spread, 0.0), 2) if several else None,
        "regularity": round(min(len(months) / full, 1.0), 2) if several else None,
        "trend": round(amounts[-1] / amounts[0] - 1, 2) if several and amounts[0] else None,
        "lookback_periods": -(-length // PERIOD),
        "full_periods": full,
        "periods_with_income": len(months),
        "number_of_incomes": len(found),
        "confidence": _confidence(frequency, len(found)),
    }


def _money(cents: float) -> float:
    return round(cents) / 100


def _frequency(days: Sequence[int]) -> str:
    gaps = [later - earlier for earlier, later in pairwise(days)]
    if not gaps:
        return "SINGLE"
    gap = median(gaps)
    return next((name for most, name in FREQUENCIES if gap <= most), "IRREGULAR")


def _confidence(frequency: str, number: int) -> str:
    if frequency in REGULAR and number >= 3:  # noqa: PLR2004  # three make a habit
        return "HIGH"
    return "MEDIUM" if number > 1 else "LOW"


def _working_day(day: int) -> int:
    """
    Return which working day of its month *day* is, or follows.
    """
    then = date.fromordinal(day)
    first = day - then.day + 1
    return max(sum(date.fromordinal(one).weekday() < 5 for one in range(first, day + 1)), 1)  # noqa: PLR2004  # Saturday
