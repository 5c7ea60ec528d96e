"""
Everything that can be retrieved, each resource as a declaration.

What is done with them is written in `retrieving`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from belvo_async.sandbox import data, forms, periods
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.forms import DATE_FROM, DATE_TO, LINK, SAVE_DATA, TOKEN, Field, Form, form
from belvo_async.sandbox.listings import NO_ALIASES
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import (
    accounts,
    banking,
    bills,
    chile,
    employment,
    exchanges,
    financial_statements,
    incomes,
    insights,
    investments,
    invoices,
    owners,
    receivables,
    tax_returns,
    taxes,
)
from belvo_async.sandbox.world import World


Row = Callable[[Access, int, int, str], Json]
Keys = Callable[[World, Access, Call], tuple[int, ...]]

HISTORY: Final = 3650
"""Days back that an institution knows about. Belvo returns what there is and does not complain."""


@attrs.frozen(eq=False, kw_only=True)
class Resource:
    """
    Something that can be retrieved.

    Attributes:
        name: As the institutions that offer it call it.

        path: Of the collection.

        form: What the body of a `POST` has to look like.

        keys: Finds the numbers of the rows that a call retrieves.

        row: Makes the row of a number, without its id.

        single: Whether a `POST` answers one object instead of a list.

        single_on_resume: The same for a `PATCH`.

        resumable: Whether there is a `PATCH`.

        deletable: Whether there is a `DELETE`.

        needs_link: Whether a list has to be filtered by link.

        deferrable: Whether it can be asked for asynchronously.

        aliases: Names that filters have for members of the rows.
    """

    name: str
    path: str
    form: Form
    keys: Keys
    row: Row
    single: bool = False
    single_on_resume: bool = False
    resumable: bool = False
    deletable: bool = True
    needs_link: bool = False
    deferrable: bool = False
    aliases: Mapping[str, str] = NO_ALIASES

    @property
    def salt(self) -> int:
        """
        What tells its ids from those of other resources.
        """
        return data.salt(self.path)

    def make(self, access: Access, number: int, count: int, at: str) -> Json:
        """
        Return row *number* of *access*.

        Args:
            count: How many accounts a user has.

            at: When it was retrieved.
        """
        return {"id": data.row_id(access, self.salt, number), **self.row(access, number, count, at)}


def _every_account(world: World, _access: Access, _call: Call) -> tuple[int, ...]:
    return tuple(range(world.settings.accounts_per_link))


def _one(_world: World, _access: Access, _call: Call) -> tuple[int, ...]:
    return (0,)


def _period(world: World, call: Call) -> tuple[int, int]:
    """
    Return the first and the last day of the period of *call*: the last year, if it names none.
    """
    today = world.today
    last = forms.ordinal(call.body, "date_to", today)
    first = forms.ordinal(call.body, "date_from", last - data.YEAR + 1)
    if last > today:
        raise refusal("invalid", "date_to")
    if first > last:
        raise refusal("invalid", "date_from")
    return max(first, today - HISTORY), last


def _daily(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Return the numbers of the rows in the period of *call*, oldest first for each series.
    """
    first, last = _period(world, call)
    series = _series(world, access, call)
    return () if data.has_nothing(access) else data.keys(series, first, last)


def _series(world: World, access: Access, call: Call) -> tuple[int, ...]:
    every = range(world.settings.rows_per_day)
    if call.get("account") is None:
        return tuple(every)
    index = _account(world, access, call, "account")
    count = world.settings.accounts_per_link
    return tuple(number for number in every if number % count == index) or (index,)


def _account(world: World, access: Access, call: Call, name: str) -> int:
    """
    Return which account the member *name* of *call* is the id of.
    """
    ids = [row["id"] for row in accounts.accounts(access, world.settings.accounts_per_link)]
    if call.get(name) not in ids:
        raise refusal("does_not_exist", name)
    return ids.index(call.get(name))


def _last_day(world: World, access: Access, call: Call) -> tuple[int, ...]:
    _, last = _period(world, call)
    return () if data.has_nothing(access) else (data.key(0, last),)


def _deposits(world: World, access: Access, call: Call) -> tuple[int, ...]:
    count = world.settings.accounts_per_link
    found = tuple(index for index in range(count) if accounts.kind_of(index, count).balance_type == "ASSET")
    if call.get("account_id") is None:
        return found
    wanted = _account(world, access, call, "account_id")
    return tuple(index for index in found if index == wanted)


def _bills(world: World, access: Access, _call: Call) -> tuple[int, ...]:
    """
    Return the numbers of the bills of the last year, the open ones included.
    """
    cards = accounts.indices("CREDIT_CARD", world.settings.accounts_per_link)
    if data.has_nothing(access):
        return ()
    return tuple(
        sorted({bills.number_of(index, world.today - days) for index in cards for days in range(data.YEAR)})
    )


def _incomes(world: World, _access: Access, call: Call) -> tuple[int, ...]:
    first, last = _period(world, call)
    types = frozenset(call.get("allowed_income_types") or incomes.TYPES)
    confidence = incomes.CONFIDENCES.index(call.get("minimum_confidence_level", incomes.CONFIDENCES[0]))
    # Before there is any history, nothing came in.
    return (incomes.Wish(min(first, last), last, types, confidence).number,)


def _expenses(world: World, access: Access, call: Call) -> tuple[int, ...]:
    first, last = _period(world, call)
    return () if data.has_nothing(access) else insights.expense_numbers(first, last)


def _investments(_world: World, access: Access, _call: Call) -> tuple[int, ...]:
    return () if data.has_nothing(access) else tuple(range(len(investments.PRODUCTS)))


def _purchases(world: World, access: Access, call: Call) -> tuple[int, ...]:
    first, last = _period(world, call)
    held = _investments(world, access, call)
    return data.monthly(held, investments.DAY_OF_MONTH, first, last)


def _exchanges(world: World, access: Access, call: Call) -> tuple[int, ...]:
    first, last = _period(world, call)
    return () if data.has_nothing(access) else data.monthly((0,), exchanges.DAY_OF_MONTH, first, last)


PERIOD: Final = (DATE_FROM, DATE_TO)
ACCOUNT: Final = Field("account", forms.text)
PDF: Final = Field("attach_pdf", forms.flag)
XML: Final = Field("attach_xml", forms.flag)
DIRECTION: Final = Field("type", forms.choice(*periods.DIRECTIONS), nullable=True)
RETENTION: Final = Field("type", forms.choice(*periods.DIRECTIONS))
INTERVAL: Final = Field("type", forms.choice("monthly", "yearly"))
YEARS: Final = (Field("year_from", forms.year), Field("year_to", forms.year))
INCOME_TYPES: Final = Field("allowed_income_types", forms.choices(*incomes.TYPES))
CONFIDENCE: Final = Field("minimum_confidence_level", forms.choice(*incomes.CONFIDENCES))

OPTIONAL: Final = (TOKEN, SAVE_DATA)

JUST_LINK: Final = form(LINK, optional=OPTIONAL)
WITH_PERIOD: Final = form(LINK, *PERIOD, optional=(*OPTIONAL, ACCOUNT))
PERIOD_ONLY: Final = form(LINK, *PERIOD, optional=OPTIONAL)
MAYBE_PERIOD: Final = form(LINK, optional=(*OPTIONAL, *PERIOD))
MAYBE_ACCOUNT: Final = form(LINK, optional=(*OPTIONAL, Field("account_id", forms.text)))
INCOMES: Final = form(LINK, optional=(*OPTIONAL, *PERIOD, INCOME_TYPES, CONFIDENCE))
WITH_PDF: Final = form(LINK, optional=(*OPTIONAL, PDF))
INVOICES: Final = form(LINK, *PERIOD, DIRECTION, optional=(*OPTIONAL, XML))
CHILEAN_INVOICES: Final = form(LINK, *PERIOD, optional=(*OPTIONAL, DIRECTION))
RETENTIONS: Final = form(LINK, *PERIOD, RETENTION, optional=(*OPTIONAL, XML))
RETURNS: Final = form(LINK, INTERVAL, optional=(*OPTIONAL, *PERIOD, *YEARS, PDF))
DECLARATIONS: Final = form(LINK, *YEARS, optional=(*OPTIONAL, PDF))
METRICS: Final = form(LINK, optional=(*OPTIONAL, Field("reference_date", forms.day)))


def _resources() -> tuple[Resource, ...]:
    return (
        _declare("ACCOUNTS", accounts.PATH, JUST_LINK, _every_account, accounts.account_row, resumable=True),
        _declare(
            "TRANSACTIONS",
            "/api/transactions/",
            WITH_PERIOD,
            _daily,
            banking.transaction_row,
            resumable=True,
            needs_link=True,
            deferrable=True,
            aliases={"account_type": "account__type"},
        ),
        _declare("BALANCES", "/api/balances/", WITH_PERIOD, _daily, banking.balance_row, resumable=True),
        _declare("OWNERS", "/api/owners/", JUST_LINK, _one, owners.owner_row, resumable=True),
        _declare(
            "INCOMES",
            "/api/incomes/",
            INCOMES,
            _incomes,
            incomes.income_row,
            single=True,
            resumable=True,
            aliases={"account": "income_streams__account_id"},
        ),
        _declare(
            "RECURRING_EXPENSES",
            "/api/recurring-expenses/",
            MAYBE_PERIOD,
            _expenses,
            insights.expense_row,
            resumable=True,
            aliases={"account_in": "account__in"},
        ),
        _declare(
            "RISK_INSIGHTS",
            "/api/risk-insights/",
            JUST_LINK,
            _one,
            insights.risk_row,
            single=True,
            resumable=True,
            aliases={"account": "accounts"},
        ),
        _declare(
            "INVESTMENTS_PORTFOLIOS",
            "/investments/portfolios/",
            JUST_LINK,
            _one,
            investments.portfolio_row,
            single=True,
            single_on_resume=True,
            resumable=True,
        ),
        _declare(
            "RECEIVABLES_TRANSACTIONS",
            "/receivables/transactions/",
            PERIOD_ONLY,
            _last_day,
            receivables.receivable_row,
            single=True,
        ),
        _declare(
            "BALANCES",
            "/api/br/balances/",
            MAYBE_ACCOUNT,
            _deposits,
            banking.brazilian_balance_row,
            deletable=False,
            needs_link=True,
            aliases={"account": "account_id"},
        ),
        _declare(
            "EXCHANGES", exchanges.PATH, MAYBE_PERIOD, _exchanges, exchanges.exchange_row, needs_link=True
        ),
        _declare("BILLS", bills.PATH, JUST_LINK, _bills, bills.bill_row, needs_link=True),
        _declare(
            "INVESTMENTS",
            investments.PATH,
            JUST_LINK,
            _investments,
            investments.investment_row,
            needs_link=True,
            deferrable=True,
        ),
        _declare(
            "INVESTMENT_TRANSACTIONS",
            "/api/br/investment-transactions/",
            MAYBE_PERIOD,
            _purchases,
            investments.investment_transaction_row,
            needs_link=True,
            deferrable=True,
        ),
        *_fiscal_and_employment(),
    )


def _declare(name: str, path: str, form: Form, keys: Keys, row: Row, **more: Any) -> Resource:
    return Resource(name=name, path=path, form=form, keys=keys, row=row, **more)


def _fiscal_and_employment() -> tuple[Resource, ...]:
    with_papers = periods.with_papers
    papers = with_papers(_one)

    return (
        _declare(
            "INVOICES",
            "/api/invoices/",
            INVOICES,
            with_papers(periods.invoices, "attach_xml"),
            invoices.invoice_row,
            resumable=True,
            deferrable=True,
        ),
        _declare(
            "TAX_RETURNS",
            "/api/tax-returns/",
            RETURNS,
            with_papers(periods.returns),
            tax_returns.return_row,
            aliases={
                "ejercicio": "informacion_general__ejercicio",
                "tipo_declaracion": "informacion_general__tipo_declaracion",
            },
        ),
        _declare("TAX_STATUS", "/api/tax-status/", WITH_PDF, papers, taxes.status_row, single=True),
        _declare(
            "TAX_COMPLIANCE_STATUS",
            "/api/tax-compliance-status/",
            WITH_PDF,
            papers,
            taxes.compliance_row,
            single=True,
        ),
        _declare(
            "TAX_RETENTIONS",
            "/api/tax-retentions/",
            RETENTIONS,
            with_papers(periods.retentions, "attach_xml"),
            taxes.retention_row,
        ),
        _declare(
            "TAX_DECLARATIONS",
            "/api/tax-declarations/",
            DECLARATIONS,
            with_papers(periods.declarations),
            taxes.declaration_row,
            aliases={"year": "document_information__year"},
        ),
        _declare(
            "EMPLOYMENT_RECORDS",
            "/api/employment-records/",
            WITH_PDF,
            papers,
            employment.record_row,
            deferrable=True,
        ),
        _declare(
            "CURRENT_EMPLOYMENTS", "/api/mx/current-employments/", JUST_LINK, _one, employment.current_row
        ),
        _declare(
            "EMPLOYMENTS",
            "/api/br/employments/",
            MAYBE_PERIOD,
            periods.employments,
            employment.employment_row,
            needs_link=True,
            deferrable=True,
        ),
        _declare(
            "EMPLOYMENT_METRICS",
            "/api/employment-metrics/",
            METRICS,
            periods.metrics,
            employment.metrics_row,
            single=True,
        ),
        _declare(
            "FINANCIAL_STATEMENTS",
            "/api/financial-statements/",
            JUST_LINK,
            periods.statements,
            financial_statements.statement_row,
        ),
        _declare(
            "INVOICES",
            "/api/cl/invoices/",
            CHILEAN_INVOICES,
            periods.invoices,
            chile.invoice_row,
            deferrable=True,
        ),
        _declare("TAX_STATUS", "/api/cl/tax-status/", WITH_PDF, _one, chile.status_row),
        _declare("DEBT_REPORTS", "/api/cl/debt-reports/", WITH_PDF, _one, chile.debt_row),
    )


RESOURCES: Final = _resources()
"""Banking first, then what is fiscal or about employments."""
