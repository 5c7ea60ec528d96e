"""
The books of a company: a balance sheet whose sides are equal, and how a year's profit or loss came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import DAY_MASK
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws, money, share
from belvo_async.sandbox.users import Dataset


FIRST_YEAR: Final = 2015
"""Profits are kept since then."""

INCOME_TAX: Final = 300
"""Thousandths of a profit."""


@attrs.frozen
class Year:
    """
    How a year went; amounts in cents.

    Attributes:
        goods: What the goods that were sold cost, `materials` included.

        services: The same of services.

        operating: What running the company cost.

        gains: What money earned.

        charges: What money cost.
    """

    domestic: int
    foreign: int
    materials: int
    goods: int
    services: int
    operating: int
    gains: int
    charges: int

    @property
    def net_revenue(self) -> int:
        """
        Sales without what was taken back or let off.
        """
        return share(self.domestic + self.foreign, 980)

    @property
    def gross(self) -> int:
        """
        Revenue less what was sold cost.
        """
        return self.net_revenue - self.goods - self.services

    @property
    def operations(self) -> int:
        """
        Gross profit less what running the company cost.
        """
        return self.gross - self.operating

    @property
    def financial(self) -> int:
        """
        What money earned less what it cost.
        """
        return self.gains - self.charges

    @property
    def before_taxes(self) -> int:
        """
        The profit or loss that is taxed.
        """
        return self.operations + self.financial

    @property
    def taxes(self) -> int:
        """
        On a profit.
        """
        return share(max(self.before_taxes, 0), INCOME_TAX)

    @property
    def net(self) -> int:
        """
        What is left.
        """
        return self.before_taxes - self.taxes


CURRENT_ASSETS: Final = {
    "short_term_investments": 40,
    "accounts_receivable": 150,
    "notes_receivable": 20,
    "other_debtors": 10,
    "tax_recoverable": 10,
    "inventory": 120,
    "prepaid_expenses": 10,
    "assets_available_for_sale": 20,
}
NON_CURRENT_ASSETS: Final = {
    "property_plant_and_equipment": 380,
    "long_term_accounts_receivable": 20,
    "prepayment_to_suppliers": 10,
    "goodwill": 30,
    "intangible_assets": 40,
    "investments_in_associates": 30,
    "long_term_financial_instruments": 20,
}
"""Thousandths of all assets. What is missing from a thousand is cash, more or less."""

BAD_DEBTS: Final = 5
DEPRECIATION: Final = 90
"""Thousandths of all assets that are taken off again."""

CURRENT_LIABILITIES: Final = (
    "bank_loans",
    "accounts_payable",
    "notes_payable",
    "financial_instruments",
    "other_creditors",
    "income_tax_payable",
    "customer_advances",
    "provisions",
    "taxes_payable",
)
NON_CURRENT_LIABILITIES: Final = (
    "long_term_accounts_payable",
    "long_term_financial_instruments",
    "deferred_revenue",
    "contributions_for_future_capital_increases",
    "deferred_income_tax",
    "employee_benefits",
    "long_term_provisions",
)


def year_of(access: Access, year: int) -> Year:
    """
    Return how a *year* went. Users whose figures are negative lose money.
    """
    draws = Draws(access, "business year", year)
    domestic, foreign = draws.amount(90_000_000, 200_000_000), draws.amount(0, 20_000_000)
    sales = domestic + foreign
    is_losing = access.persona.dataset is Dataset.NEGATIVE
    return Year(
        domestic,
        foreign,
        materials=share(sales, 250),
        goods=share(sales, draws.between(300, 360)),
        services=share(sales, draws.between(150, 200)),
        operating=share(sales, draws.between(550, 590) if is_losing else draws.between(200, 280)),
        gains=share(sales, draws.between(0, 20)),
        charges=share(sales, draws.between(5, 30)),
    )


def statement_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/financial-statements/`.
    """
    year = date.fromordinal(number & DAY_MASK).year
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "error": None,
        "year": str(year),
        "currency": access.institution.currency,
        "balance_sheet": balance_sheet(access, year),
        "income_statement": income_statement(year_of(access, year)),
    }


def balance_sheet(access: Access, year: int) -> Json:
    """
    Return what a company has at the end of a *year*, and whose it is.
    """
    draws = Draws(access, "balance sheet", year)
    short = {name: draws.amount(500_000, 9_000_000) for name in CURRENT_LIABILITIES}
    long = {name: draws.amount(500_000, 9_000_000) for name in NON_CURRENT_LIABILITIES}
    equity = _equity(access, year)
    whole = sum(short.values()) + sum(long.values()) + sum(equity.values())

    far = {name: share(whole, part) for name, part in NON_CURRENT_ASSETS.items()}
    wear = share(whole, DEPRECIATION)
    near = {name: share(whole, part) for name, part in CURRENT_ASSETS.items()}
    doubtful = share(whole, BAD_DEBTS)
    all_far, all_near = sum(far.values()) - wear, sum(near.values()) - doubtful
    cash = whole - all_far - all_near
    return {
        "current_assets": _group(
            {"cash_and_equivalents": cash, **near, "bad_debt_provision": doubtful}, all_near + cash
        ),
        "non_current_assets": _group({**far, "accumulated_depreciation_and_amortization": wear}, all_far),
        "current_liabilities": _group(short),
        "non_current_liabilities": _group(long),
        "equity": _group(equity),
    }


def _equity(access: Access, year: int) -> Mapping[str, int]:
    draws = Draws(access, "equity")
    kept = sum(year_of(access, one).net for one in range(FIRST_YEAR, year + 1))
    return {
        "stockholders_equity": draws.amount(300_000_000, 600_000_000),
        "future_capital_contributions": draws.amount(0, 9_000_000),
        "legal_reserve": draws.amount(1_000_000, 9_000_000),
        "capital_update_excess": draws.amount(0, 2_000_000),
        "capital_update_insufficiency": -draws.amount(0, 1_000_000),
        "capital_reserve": draws.amount(0, 2_000_000),
        "share_premium_on_stock_sales": draws.amount(0, 9_000_000),
        "retained_earnings": kept,
        "other_comprehensive_income": draws.amount(0, 2_000_000),
        "controlling_interest": 0,
        "non_controlling_interest": 0,
    }


def _group(amounts: Mapping[str, int], total: int | None = None) -> Json:
    shown = {name: money(amount) for name, amount in amounts.items()}
    return {**shown, "total": money(sum(amounts.values()) if total is None else total)}


def income_statement(year: Year) -> Json:
    """
    Return how the profit or loss of a *year* came about.
    """
    return {
        "net_revenue": money(year.net_revenue),
        "domestic_sales": money(year.domestic),
        "foreign_sales": money(year.foreign),
        "materials_used": money(year.materials),
        "cost_of_goods_sold": money(year.goods),
        "cost_of_services_sold": money(year.services),
        **_either("gross_profit", "gross_loss", year.gross),
        "operating_expenses": money(year.operating),
        **_either("operating_income", "operating_loss", year.operations),
        "financial_result": money(year.financial),
        "income_statement_financial_gains": money(year.gains),
        "income_statement_financial_costs": money(-year.charges),
        "equity_in_earnings_of_affiliates": 0.0,
        **_either("income_before_taxes", "loss_before_taxes", year.before_taxes),
        "income_taxes": money(year.taxes),
        **_either("income_from_continuing_operations", "loss_from_continuing_operations", year.net),
        "discontinued_operations": 0.0,
        **_either("net_income", "net_loss", year.net),
    }


def _either(profit: str, loss: str, amount: int) -> Json:
    """
    Return *amount* as a profit or, without its sign, as a loss; the other is null.
    """
    return {
        profit: money(amount) if amount >= 0 else None,
        loss: money(-amount) if amount < 0 else None,
    }
