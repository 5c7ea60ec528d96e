"""
Which rows of fiscal and employment resources a call asks for: the numbers in the period that its body names.

The series of a number tells apart what falls on one day: sent and received, of a year and of a month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date
from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.careers import career
from belvo_async.sandbox.users import Dataset
from belvo_async.sandbox.world import World


Keys = Callable[[World, Access, Call], tuple[int, ...]]

DIRECTIONS: Final = ("INFLOW", "OUTFLOW")
"""By series: invoices and retentions that the taxpayer received, and sent."""

YEARLY: Final = 0
MONTHLY: Final = 1
"""The series of tax returns. The day is the first of the year or month."""

INVOICE_INTERVAL: Final = 3
RETENTION_INTERVAL: Final = 7
"""Days from one to the next, in each direction."""

LONGEST: Final = 365
"""Days between the ends of a period of invoices, at most."""

MOST_RETENTIONS: Final = 500

YEARS_KEPT: Final = 10
"""Tax offices know this year and so many before it."""

STATEMENTS: Final = 5
"""Financial statements of so many years can be had."""

MONTH_DUE: Final = 17
"""Day of the next month on which a monthly tax return has been sent."""

YEAR_DUE: Final = (4, 30)
"""Month and day of the next year on which a yearly one has been."""


def with_papers(keys: Keys, flag: str = "attach_pdf") -> Keys:
    """
    Return *keys* with the mark of rows that carry their documents, where *flag* of the body asks for them.
    """

    def marked(world: World, access: Access, call: Call) -> tuple[int, ...]:
        mark = data.ATTACHED if call.get(flag) else 0
        return tuple(number | mark for number in keys(world, access, call))

    return marked


def invoices(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Invoices of a period of a year at most, of one direction or both, in order of their days.
    """
    first, last = _period(world, call)
    if (last - first).days > LONGEST:
        raise refusal("validation_error", "date_to", message="the period is longer than 365 days")
    return _every(INVOICE_INTERVAL, access, _directions(call), _kept(world, first), last)


def retentions(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Tax retentions of a period.
    """
    first, last = _period(world, call)
    keys = _every(RETENTION_INTERVAL, access, _directions(call), _kept(world, first), last)
    return keys[:MOST_RETENTIONS]


def returns(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Tax returns of the years, or of the months, that are named and that have been sent by now.
    """
    if call.get("type") == "yearly":
        return _years(world, access, call)
    first, last = _period(world, call)
    today = _today(world)
    months = [
        date(year, month, 1)
        for year in range(max(first.year, today.year - YEARS_KEPT), last.year + 1)
        for month in range(1, 13)
    ]
    return _unless_none(
        access,
        [
            data.key(MONTHLY, month.toordinal())
            for month in months
            if first.replace(day=1) <= month <= last and month_due(month) <= today
        ],
    )


def declarations(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Tax declarations of the years that are named and that have been sent by now.
    """
    return _years(world, access, call)


def statements(world: World, access: Access, _call: Call) -> tuple[int, ...]:
    """
    The last financial statements.
    """
    today = _today(world)
    years = [year for year in range(today.year - STATEMENTS - 1, today.year) if year_due(year) <= today]
    return _unless_none(access, [_year_key(year) for year in years[-STATEMENTS:]])


def employments(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Employments of which at least a day is in the period; without one, all.
    """
    today = _today(world)
    first, last = call.get("date_from"), call.get("date_to")
    _refuse_disorder(first, last, today)
    since = date.min if first is None else date.fromisoformat(first)
    until = today if last is None else date.fromisoformat(last)
    return tuple(
        number
        for number, job in enumerate(career(access, today))
        if job.start <= until and (job.end is None or job.end >= since)
    )


def metrics(_world: World, _access: Access, call: Call) -> tuple[int, ...]:
    """
    The metrics up to the day that is named; without one, up to now.
    """
    reference = call.get("reference_date")
    return (0 if reference is None else date.fromisoformat(reference).toordinal(),)


def month_due(month: date) -> date:
    """
    Return the day on which the tax return of a *month* is sent.
    """
    return date(month.year + month.month // 12, month.month % 12 + 1, MONTH_DUE)


def year_due(year: int) -> date:
    """
    Return the day on which the tax return of a *year* is sent.
    """
    return date(year + 1, *YEAR_DUE)


def _today(world: World) -> date:
    return world.clock.now().astimezone(UTC).date()


def _period(world: World, call: Call) -> tuple[date, date]:
    first, last = call.get("date_from"), call.get("date_to")
    for name, day in (("date_from", first), ("date_to", last)):
        if day is None:
            raise refusal("required", name)
    _refuse_disorder(first, last, _today(world))
    return date.fromisoformat(first), date.fromisoformat(last)


def _refuse_disorder(first: str | None, last: str | None, today: date) -> None:
    # Days as text are in the order of the calendar.
    if last is not None and last > today.isoformat():
        raise refusal("invalid", "date_to")
    if first is not None and first > (last or today.isoformat()):
        raise refusal("invalid", "date_from")


def _kept(world: World, first: date) -> date:
    return max(first, date(_today(world).year - YEARS_KEPT, 1, 1))


def _directions(call: Call) -> tuple[int, ...]:
    direction = call.get("type")
    return (0, 1) if direction is None else (DIRECTIONS.index(direction),)


def _every(interval: int, access: Access, series: Sequence[int], first: date, last: date) -> tuple[int, ...]:
    days = range(
        first.toordinal() + (access.bits - first.toordinal()) % interval, last.toordinal() + 1, interval
    )
    return _unless_none(access, [data.key(one, day) for day in days for one in series])


def _years(world: World, access: Access, call: Call) -> tuple[int, ...]:
    today = _today(world)
    for name in ("year_from", "year_to"):
        if name not in call.body:
            raise refusal("required", name)
    first, last = int(call.get("year_from")), int(call.get("year_to"))
    if last > today.year:
        raise refusal("invalid", "year_to")
    if first > last:
        raise refusal("invalid", "year_from")
    years = range(max(first, today.year - YEARS_KEPT), last + 1)
    return _unless_none(access, [_year_key(year) for year in years if year_due(year) <= today])


def _year_key(year: int) -> int:
    return data.key(YEARLY, date(year, 1, 1).toordinal())


def _unless_none(access: Access, keys: Sequence[int]) -> tuple[int, ...]:
    return () if access.persona.dataset is Dataset.NONE else tuple(keys)
