"""
Everything that can be retrieved, each resource as a declaration.

What is done with them is written in `retrieving`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from typing import Final

import attrs

from belvo_async.sandbox import data, forms
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.forms import DATE_FROM, DATE_TO, LINK, SAVE_DATA, TOKEN, Field, Form, form
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Dataset
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

        salt: Tells its ids from those of other resources.

        single: Whether a `POST` answers one object instead of a list.

        single_on_resume: The same for a `PATCH`.

        resumable: Whether there is a `PATCH`.

        deletable: Whether there is a `DELETE`.

        needs_link: Whether a list has to be filtered by link.

        deferrable: Whether it can be asked for asynchronously.
    """

    name: str
    path: str
    form: Form
    keys: Keys
    row: Row
    salt: int
    single: bool = False
    single_on_resume: bool = False
    resumable: bool = False
    deletable: bool = True
    needs_link: bool = False
    deferrable: bool = False

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


def _daily(world: World, access: Access, call: Call) -> tuple[int, ...]:
    """
    Return the numbers of the rows in the period of *call*, oldest first for each series.
    """
    today = world.clock.now().astimezone(UTC).date()
    first, last = date.fromisoformat(call.get("date_from")), date.fromisoformat(call.get("date_to"))
    if last > today:
        raise refusal("invalid", "date_to")
    if first > last:
        raise refusal("invalid", "date_from")
    series = _series(world, access, call)
    if access.persona.dataset is Dataset.NONE:
        return ()
    return data.keys(series, max(first.toordinal(), today.toordinal() - HISTORY), last.toordinal())


def _series(world: World, access: Access, call: Call) -> tuple[int, ...]:
    count = world.settings.accounts_per_link
    every = range(world.settings.rows_per_day)
    account = call.get("account")
    if account is None:
        return tuple(every)
    ids = [row["id"] for row in data.accounts(access, count)]
    if account not in ids:
        raise refusal("does_not_exist", "account")
    index = ids.index(account)
    return tuple(number for number in every if number % count == index) or (index,)


PERIOD: Final = (DATE_FROM, DATE_TO)
ACCOUNT: Final = Field("account", forms.text)
TYPE: Final = Field("type", forms.text)
PDF: Final = Field("attach_pdf", forms.flag)
XML: Final = Field("attach_xml", forms.flag)
DIRECTION: Final = Field("type", forms.choice("INFLOW", "OUTFLOW"))
YEARS: Final = (Field("year_from", forms.year), Field("year_to", forms.year))

OPTIONAL: Final = (TOKEN, SAVE_DATA)

JUST_LINK: Final = form(LINK, optional=OPTIONAL)
WITH_PERIOD: Final = form(LINK, *PERIOD, optional=(*OPTIONAL, ACCOUNT))
MAYBE_PERIOD: Final = form(LINK, optional=(*OPTIONAL, *PERIOD))
WITH_PDF: Final = form(LINK, optional=(*OPTIONAL, PDF))
INVOICES: Final = form(LINK, *PERIOD, DIRECTION, optional=(*OPTIONAL, XML))
RETURNS: Final = form(LINK, TYPE, optional=(*OPTIONAL, *PERIOD, *YEARS, PDF))


def _resources() -> tuple[Resource, ...]:
    def plain(name: str, path: str, form: Form = JUST_LINK, **more: bool) -> Resource:
        return declare(name, path, form, _one, data.plain_row, **more)

    def declare(name: str, path: str, form: Form, keys: Keys, row: Row, **more: bool) -> Resource:
        return Resource(name=name, path=path, form=form, keys=keys, row=row, salt=0, **more)

    declared = (
        declare("ACCOUNTS", "/api/accounts/", JUST_LINK, _every_account, data.account_row, resumable=True),
        declare(
            "TRANSACTIONS",
            "/api/transactions/",
            WITH_PERIOD,
            _daily,
            data.transaction_row,
            resumable=True,
            needs_link=True,
            deferrable=True,
        ),
        declare("BALANCES", "/api/balances/", WITH_PERIOD, _daily, data.balance_row, resumable=True),
        declare("OWNERS", "/api/owners/", JUST_LINK, _one, data.owner_row, resumable=True),
        plain("INCOMES", "/api/incomes/", MAYBE_PERIOD, single=True, resumable=True),
        plain("RECURRING_EXPENSES", "/api/recurring-expenses/", MAYBE_PERIOD, resumable=True),
        plain("RISK_INSIGHTS", "/api/risk-insights/", resumable=True),
        plain(
            "INVESTMENTS_PORTFOLIOS",
            "/investments/portfolios/",
            single=True,
            single_on_resume=True,
            resumable=True,
        ),
        plain("RECEIVABLES_TRANSACTIONS", "/receivables/transactions/", WITH_PERIOD, single=True),
        plain("INVOICES", "/api/invoices/", INVOICES, resumable=True),
        plain("TAX_RETURNS", "/api/tax-returns/", RETURNS),
        plain("TAX_STATUS", "/api/tax-status/", WITH_PDF, single=True),
        plain("TAX_COMPLIANCE_STATUS", "/api/tax-compliance-status/", WITH_PDF, single=True),
        plain("TAX_RETENTIONS", "/api/tax-retentions/", form(LINK, *PERIOD, TYPE, optional=(*OPTIONAL, XML))),
        plain("TAX_DECLARATIONS", "/api/tax-declarations/", form(LINK, *YEARS, optional=(*OPTIONAL, PDF))),
        plain("EMPLOYMENT_RECORDS", "/api/employment-records/", WITH_PDF),
        plain("CURRENT_EMPLOYMENTS", "/api/mx/current-employments/"),
        plain("EMPLOYMENTS", "/api/br/employments/", MAYBE_PERIOD),
        plain("EMPLOYMENT_METRICS", "/api/employment-metrics/", single=True),
        plain("BALANCES", "/api/br/balances/", deletable=False),
        plain("BILLS", "/api/bills/", needs_link=True),
        plain("INVESTMENTS", "/api/br/investments/", needs_link=True),
        plain("INVESTMENT_TRANSACTIONS", "/api/br/investment-transactions/", WITH_PERIOD, needs_link=True),
        plain("FINANCIAL_STATEMENTS", "/api/financial-statements/"),
        plain("INVOICES", "/api/cl/invoices/", form(LINK, *PERIOD, optional=(*OPTIONAL, DIRECTION))),
        plain("TAX_STATUS", "/api/cl/tax-status/", WITH_PDF),
        plain("DEBT_REPORTS", "/api/cl/debt-reports/", WITH_PDF),
    )
    return tuple(
        attrs.evolve(resource, salt=number)
        for number, resource in enumerate(declared, start=data.ACCOUNT_SALT)
    )


RESOURCES: Final = _resources()
"""In the order of Belvo's documentation. Accounts come first: other rows hold their ids."""
