"""
Everything that can be retrieved, each resource as a declaration, and the verbs that all of them share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date
from functools import partial
from itertools import chain, islice
from typing import Final

import attrs

from belvo_async.sandbox import data, forms, listings
from belvo_async.sandbox.answers import Answer, Json
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.desk import Errand
from belvo_async.sandbox.forms import DATE_FROM, DATE_TO, LINK, SAVE_DATA, TOKEN, Field, Form, form
from belvo_async.sandbox.ids import halves, unshuffled
from belvo_async.sandbox.links import judge, refuse_second_session, script_for
from belvo_async.sandbox.refusals import refusal
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Dataset
from belvo_async.sandbox.world import World


Row = Callable[[Access, int, int, str], Json]
Keys = Callable[[World, Access, Call], tuple[int, ...]]

HISTORY: Final = 3650
"""Days back that an institution knows about. Belvo returns what there is and does not complain."""

STATUS_CODES: Final[Mapping[str, str]] = {"invalid": "invalid_link", "unconfirmed": "unconfirmed_link"}


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


def retrieve(resource: Resource, world: World, call: Call) -> Answer:
    """
    `POST` on a collection.
    """
    resource.form.check(call.body)
    access = world.registry.named(call.get("link"))
    _refuse_unusable(resource, world, access)
    keys = resource.keys(world, access, call)
    errand = Errand(
        call.operation,
        resource.path,
        access.id,
        partial(_finish, resource, world, access, keys),
        partial(access.strike, world.settings.strikes),
    )
    status: str = access.public["status"]
    return world.desk.begin(errand, script_for(access.institution, access.persona, status), call)


def _refuse_unusable(resource: Resource, world: World, access: Access) -> None:
    if resource.name not in access.institution.resources:
        raise refusal("unsupported_operation")
    code = STATUS_CODES.get(access.public["status"])
    if code is not None:
        raise refusal(code)
    refuse_second_session(world, access)
    if access.outdated:
        access.strike(world.settings.strikes)
        raise refusal("login_error")
    judge(access.institution, access.persona)


def _finish(resource: Resource, world: World, access: Access, keys: tuple[int, ...], call: Call) -> Answer:
    at = world.now
    if call.timed_out:
        # What was collected before Belvo gave up is kept.
        _keep(resource, world, access, keys[: len(keys) // 2], call, at)
        raise refusal("request_timeout")

    access.confirm(at)
    saved = _keep(resource, world, access, keys, call, at)
    if resource.deferrable and call.deferred:
        return Answer(202, {"request_id": world.ids.hex()})
    resumed = call.operation.startswith("PATCH")
    count = world.settings.accounts_per_link
    rows = [call.trimmed(resource.make(access, number, count, at)) for number in keys]
    single = resource.single_on_resume if resumed else resource.single
    return Answer(201 if saved else 200, rows[0] if single and rows else rows)


def _keep(
    resource: Resource, world: World, access: Access, keys: tuple[int, ...], call: Call, at: str
) -> bool:
    save: bool = call.get("save_data", True)
    if save:
        world.saved.keep(access.id, resource.path, keys, at)
    return save


def resume(resource: Resource, world: World, call: Call) -> Answer:
    """
    `PATCH` on a collection.
    """
    return world.desk.resume(call, resource.path)


def listed(resource: Resource, world: World, call: Call) -> Answer:
    """
    `GET` on a collection.
    """
    wanted = listings.filters(call.query)
    links = _links(wanted)
    if resource.needs_link and links is None:
        raise refusal("required", "link")

    count = world.settings.accounts_per_link
    kept = [
        (access, keep)
        for access in world.registry.some(links)
        if (keep := world.saved.of(access.id, resource.path)) is not None
    ]
    rows = (resource.make(access, number, count, keep.at) for access, keep in kept for number in keep.keys)
    if wanted:
        found = listings.filtered(rows, wanted)
        return listings.page(
            call, len(found), lambda start, stop: found[start:stop], world.settings.page_size
        )

    def some(start: int, stop: int) -> Sequence[Json]:
        numbers = chain.from_iterable(
            ((access, keep, number) for number in keep.keys) for access, keep in kept
        )
        return [
            resource.make(access, number, count, keep.at)
            for access, keep, number in islice(numbers, start, stop)
        ]

    return listings.page(call, sum(len(keep.keys) for _, keep in kept), some, world.settings.page_size)


def _links(wanted: dict[str, str]) -> list[str] | None:
    """
    Take the links out of the filters *wanted*: they select before any row is made.
    """
    one, several = wanted.pop("link", None), wanted.pop("link__in", None)
    if one is not None:
        return [one]
    return None if several is None else several.split(",")


def _found(resource: Resource, world: World, call: Call) -> tuple[Access, int, str]:
    numbers = halves(call.id)
    if numbers is not None:
        access = world.registry.by_bits(data.link_bits(numbers[0], resource.salt))
        number = unshuffled(numbers[1]) ^ resource.salt << data.KEY_BITS
        keep = world.saved.of(access.id, resource.path) if access is not None else None
        if access is not None and keep is not None and number in keep.keys:
            return access, number, keep.at
    raise refusal("not_found")


def get(resource: Resource, world: World, call: Call) -> Answer:
    """
    `GET` on the id of a row.
    """
    access, number, at = _found(resource, world, call)
    count = world.settings.accounts_per_link
    return Answer(200, call.trimmed(resource.make(access, number, count, at)))


def delete(resource: Resource, world: World, call: Call) -> Answer:
    """
    `DELETE` on the id of a row.
    """
    access, number, _ = _found(resource, world, call)
    world.saved.discard(access.id, resource.path, number)
    return Answer(204)


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
