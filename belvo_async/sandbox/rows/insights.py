"""
Recurring expenses and risk insights: what the transactions, balances and accounts of a user amount to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import dist, sqrt
from statistics import fmean, median
from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_of, day_text, series_of
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts
from belvo_async.sandbox.rows.entries import FIRST, Entry, day_of_month, entries, latest
from belvo_async.sandbox.rows.spending import CALENDARS, Purpose


RECURRING: Final[tuple[tuple[int, Purpose], ...]] = tuple(
    (day, purpose)
    for day, purpose in CALENDARS["CHECKING_ACCOUNT"].items()
    if purpose.regular and not purpose.inflow
)
"""What is paid from the first account every month, with the day on which it is."""

SUBSCRIPTIONS: Final = frozenset({"Online Platforms & Leisure"})

WINDOWS: Final = {"3d": 3, "1w": 7, "1m": 30, "3m": 90, "6m": 180, "12m": 365}
"""Days that a metric looks back, by what the end of its name says."""

THRESHOLD: Final = 100_000
"""Cents. Belvo counts the days on which less is there."""

DAY_SHIFT: Final = 12


def expense_numbers(first: int, last: int) -> tuple[int, ...]:
    """
    Return the numbers of the recurring expenses between two days, both included.
    """
    days = {day_of_month(day) for day in range(first, last + 1)}
    return tuple(
        data.key(index << DAY_SHIFT | last - first, last)
        for index, (day, _) in enumerate(RECURRING)
        if day in days
    )


def expense_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/recurring-expenses/`.
    """
    last = day_of(number)
    index, days = divmod(series_of(number), 1 << DAY_SHIFT)
    _, purpose = RECURRING[index]
    found = [one for one in entries(access, last - days, last, count) if one.purpose is purpose]
    amounts = [one.cents for one in found]
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "account": accounts.accounts(access, count)[FIRST],
        "name": purpose.merchant,
        "transactions": [
            {
                "amount": one.cents / 100,
                "description": purpose.merchant.upper(),
                "value_date": day_text(one.day),
            }
            for one in found
        ],
        "frequency": "MONTHLY",
        "average_transaction_amount": _money(fmean(amounts)),
        "median_transaction_amount": _money(median(amounts)),
        "days_since_last_transaction": data.ordinal(at) - found[-1].day,
        "category": purpose.category,
        "payment_type": "SUBSCRIPTION" if purpose.category in SUBSCRIPTIONS else "REGULAR",
    }


def risk_row(access: Access, number: int, count: int, at: str) -> Json:  # noqa: ARG001  # all rows look alike
    """
    Return a row of `/api/risk-insights/`: the last year, seen from *at*.
    """
    today = data.ordinal(at)
    year = latest(access, at, WINDOWS["12m"], count)
    balances = [accounts.balance_on(access, FIRST, day) for day in range(today - 364, today + 1)]
    owned = [accounts.account_row(access, index, count, at) for index in range(count)]
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "accounts": [data.row_id(access, accounts.SALT, index) for index in range(count)],
        "assets_metrics": _assets(access, owned),
        "credit_cards_metrics": _cards(_some(owned, "CREDIT_CARD")),
        "loans_metrics": _loans(_some(owned, "LOAN_ACCOUNT"), _some(owned, "CHECKING_ACCOUNT")),
        "balances_metrics": _balances(balances),
        "transactions_metrics": _transactions(year, today),
        "cashflow_metrics": _cashflow(year, today),
        "category_metrics": _categories(_window(year, today, WINDOWS["3m"])),
    }


def _some(owned: Sequence[Json], category: str) -> list[Json]:
    return [account for account in owned if account["category"] == category]


def _sum(rows: Sequence[Json], *path: str) -> float:
    total = 0.0
    for row in rows:
        value = row
        for name in path:
            value = value[name]
        total += float(str(value))
    return round(total, 2)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 2) if whole else None


def _assets(access: Access, owned: Sequence[Json]) -> Json:
    checking, savings = _some(owned, "CHECKING_ACCOUNT"), _some(owned, "SAVINGS_ACCOUNT")
    return {
        "institutions": [access.institution.name],
        "num_assets_accounts": len(checking) + len(savings),
        "num_checking_accounts": len(checking),
        "num_savings_accounts": len(savings),
        "checking_accounts_balance": _sum(checking, "balance", "current"),
        "savings_accounts_balance": _sum(savings, "balance", "current"),
    }


def _cards(cards: Sequence[Json]) -> Json:
    limit = _sum(cards, "credit_data", "credit_limit")
    used = abs(_sum(cards, "balance", "current"))
    return {
        "num_accounts": len(cards),
        "sum_credit_limit": limit,
        "sum_credit_used": used,
        "credit_card_limit_utilization": _ratio(used, limit),
    }


def _loans(loans: Sequence[Json], checking: Sequence[Json]) -> Json:
    principal = _sum(loans, "loan_data", "principal")
    outstanding = _sum(loans, "loan_data", "outstanding_principal")
    overdraft = _sum(checking, "overdraft", "arranged")
    return {
        "num_accounts": len(loans),
        "sum_loans_principal": principal,
        "sum_loans_outstanding_principal": outstanding,
        "sum_loans_monthly_payment": _sum(loans, "loan_data", "monthly_payment"),
        "loan_limit_utilization": _ratio(outstanding, principal),
        "overdraft_limit": overdraft,
        "overdraft_limit_utilization": _ratio(_sum(checking, "overdraft", "used"), overdraft),
    }


def _money(cents: float) -> float:
    return round(cents) / 100


def _trend(values: Sequence[float]) -> float:
    """
    Return by how much *values* rise a day, seen over all of them.
    """
    return round((values[-1] - values[0]) / max(len(values) - 1, 1) / 100, 4)


def _deviation(values: Sequence[float]) -> float:
    # `statistics.pstdev` is exact, and a hundred times slower.
    return dist(values, [fmean(values)] * len(values)) / sqrt(len(values))


def _days_below(balances: Sequence[int], most: float) -> int:
    return sum(one <= most for one in balances)


Metric = Callable[[list[int]], float | None]

BALANCES: Final[Mapping[str, Metric]] = {
    "min_balance": lambda balances: min(balances) / 100,
    "mean_balance": lambda balances: _money(fmean(balances)),
    "max_balance": lambda balances: max(balances) / 100,
    "std_balance": lambda balances: _money(_deviation(balances)),
    "balance_trend": _trend,
    "days_balance_below_0": lambda balances: _days_below(balances, 0),
    "days_balance_below_mean": lambda balances: _days_below(balances, fmean(balances)),
    "days_balance_below_x": lambda balances: _days_below(balances, THRESHOLD),
}
"""What is said of the balances of some days."""


def _balances(balances: list[int]) -> Json:
    return {
        "closing_balance": balances[-1] / 100,
        **{
            f"{name}_{window}": metric(balances[-days:])
            for window, days in WINDOWS.items()
            for name, metric in BALANCES.items()
        },
        "balance_threshold_x": THRESHOLD / 100,
    }


def _window(year: Sequence[Entry], today: int, days: int) -> list[Entry]:
    return [one for one in year if one.day > today - days]


def _incoming(found: Sequence[Entry]) -> list[Entry]:
    return [one for one in found if one.purpose.inflow]


def _outgoing(found: Sequence[Entry]) -> list[Entry]:
    return [one for one in found if not one.purpose.inflow]


def _busiest(found: Sequence[Entry]) -> int:
    numbers: defaultdict[int, int] = defaultdict(int)
    for one in found:
        numbers[one.day] += 1
    return max(numbers.values(), default=0)


def _counts(name: str, window: str, found: Sequence[Entry]) -> Json:
    return {
        f"num_{name}transactions_{window}": len(found),
        f"max_num_{name}transactions_{window}": _busiest(found),
        f"mean_num_{name}transactions_{window}": round(len(found) / WINDOWS[window], 2),
    }


def _amounts(name: str, window: str, found: Sequence[Entry]) -> Json:
    cents = [one.cents for one in found]
    return {
        f"sum_{name}_amount_{window}": sum(cents) / 100,
        f"max_{name}_amount_{window}": max(cents) / 100 if cents else None,
        f"mean_{name}_amount_{window}": _money(fmean(cents)) if cents else None,
    }


def _transactions(year: Sequence[Entry], today: int) -> Json:
    metrics: Json = {}
    for window, days in WINDOWS.items():
        found = _window(year, today, days)
        metrics |= _counts("", window, found)
        metrics |= _counts("incoming_", window, _incoming(found))
        metrics |= _counts("outgoing_", window, _outgoing(found))
        metrics |= _amounts("incoming", window, _incoming(found))
        metrics |= _amounts("outgoing", window, _outgoing(found))
        metrics[f"days_without_transactions_{window}"] = days - len({one.day for one in found})
    return {
        **metrics,
        "days_since_last_transaction": _since(year, today),
        "days_since_last_incoming_transaction": _since(_incoming(year), today),
        "days_since_last_outgoing_transaction": _since(_outgoing(year), today),
        "days_history": today - year[0].day + 1 if year else 0,
    }


def _since(found: Sequence[Entry], today: int) -> int:
    return today - found[-1].day if found else 0


def _daily(found: Sequence[Entry], today: int, days: int) -> list[int]:
    sums = dict.fromkeys(range(today - days + 1, today + 1), 0)
    for one in found:
        sums[one.day] += one.cents if one.purpose.inflow else -one.cents
    return list(sums.values())


def _cashflow(year: Sequence[Entry], today: int) -> Json:
    metrics: Json = {}
    for window, days in WINDOWS.items():
        found = _window(year, today, days)
        sums: dict[str, int] = {}
        for name, some in (("positive", _incoming(found)), ("negative", _outgoing(found))):
            cents = [one.cents for one in some]
            sums[name] = sum(cents)
            metrics |= {
                f"max_{name}_{window}": max(cents) / 100 if cents else None,
                f"mean_{name}_{window}": _money(fmean(cents)) if cents else None,
                f"sum_{name}_{window}": sums[name] / 100,
                f"sum_{name}_trend_{window}": _trend([abs(one) for one in _daily(some, today, days)]),
            }
        metrics |= {
            f"positive_to_negative_ratio_{window}": _ratio(sums["positive"], sums["negative"]),
            f"net_cashflow_{window}": (sums["positive"] - sums["negative"]) / 100,
            f"net_cashflow_trend_{window}": _trend(_daily(found, today, days)),
        }
    return metrics


def _categories(found: Sequence[Entry]) -> list[Json]:
    nets: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    for one in found:
        cents = one.cents if one.purpose.inflow else -one.cents
        nets[one.purpose.category, one.purpose.subcategory].append(cents)
    inflow = sum(one.cents for one in _incoming(found))
    return [
        {
            "category": category,
            "subcategory": subcategory,
            "net_amount_3m": sum(cents) / 100,
            "category_inflow_ratio_3m": _ratio(sum(cents), inflow),
            "trend_3m": _trend(cents),
        }
        for (category, subcategory), cents in nets.items()
    ]
