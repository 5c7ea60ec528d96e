"""
Every resource, from the call to the typed rows, against the sandbox.
"""

from __future__ import annotations

import inspect

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest

from people import careful

from belvo_async import BelvoClient
from belvo_async.errors import InvalidArgumentError, NotFoundError, NotResumableError
from belvo_async.models import (
    CategorizationAccountCategory,
    CategorizationAccountHolderType,
    ExchangeHistory,
    Income,
    IncomeVerificationTransactionRequest,
    TransactionType,
)
from belvo_async.resources.flows import Resumable, Retrievable
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.resources import RESOURCES


pytestmark = pytest.mark.anyio

ARGUMENTS: dict[str, Any] = {
    "date_from": "2026-03-01",
    "date_to": "2026-03-31",
    "type": "INFLOW",
    "year_from": 2024,
    "year_to": 2025,
}
"""What a retrieval may need besides its link."""

OFFERED = {resource.path: resource.name for resource in RESOURCES}


def retrievable() -> Iterator[str]:
    """
    Yield the name of every resource that can be retrieved.
    """
    for name, resource in BelvoClient("a", "b", environment="sandbox").resources.items():
        if isinstance(resource, Retrievable):
            yield name


def arguments(resource: Any) -> dict[str, Any]:
    """
    Return what `retrieve()` of *resource* needs besides a link.
    """
    parameters = inspect.signature(resource.retrieve).parameters
    if resource.name == "tax_returns":
        return {name: ARGUMENTS[name] for name in ("year_from", "year_to")}
    return {
        name: ARGUMENTS[name]
        for name, one in parameters.items()
        if one.default is one.empty and name in ARGUMENTS
    }


def institution(path: str) -> str:
    """
    Return an institution that offers what is at *path*, and asks for no token by itself.
    """
    country = {"/api/br/": "br", "/api/mx/": "mx", "/api/cl/": "cl"}.get(path[:8])
    return next(
        one.name
        for one in INSTITUTIONS.values()
        if OFFERED[path] in one.resources and not one.mfa and (country is None or f"_{country}_" in one.name)
    )


@pytest.mark.parametrize("name", list(retrievable()))
async def test_data_is_retrieved_listed_read_and_deleted(
    name: str, client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Rows come typed, with nothing that the model does not know, and are the same however they are read.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    rows = await resource.retrieve(link, **arguments(resource))
    listed = await resource.list(link=link).to_list()

    assert rows
    assert all(isinstance(row, resource.model) for row in rows)
    assert sorted(rows, key=lambda row: row.id) == sorted(listed, key=lambda row: row.id)
    assert listed[0] == await resource.get(listed[0].id)
    if hasattr(resource, "delete"):
        await resource.delete(listed[0].id)
        with pytest.raises(NotFoundError):
            await resource.get(listed[0].id)


@pytest.mark.parametrize("name", list(retrievable()))
async def test_what_is_asked_for_less(name: str, client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Models live without what `fields` and `omit` leave out, their ids included.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    rows = await resource.retrieve(link, **arguments(resource), omit=["id"])

    assert {None} == {row.id for row in rows}
    [only] = await resource.list(link=link, fields=["id"], limit=1).to_list()
    assert {"id"} == {name for name, value in attrs.asdict(only).items() if value is not None}


@pytest.mark.parametrize("name", list(retrievable()))
async def test_a_challenge_on_every_resource(name: str, client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A challenge can come anywhere. Where Belvo has a way to answer it, it is answered; elsewhere the error carries it.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    sandbox.faults.add(
        Fault(kind=FaultKind.CHALLENGE, operation=f"POST {resource.path}", times=1, ask="text")
    )
    session = resource.retrieve(link, **arguments(resource), prompt=careful)
    if isinstance(resource, Resumable):
        assert await session
        assert ["answered"] == [record.outcome for record in sandbox.challenges.values()]
        return
    with pytest.raises(NotResumableError) as caught:
        await session
    assert caught.value.challenge is not None
    assert caught.value.challenge.link == link


async def test_periods_are_days(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Days are given as dates or as text, and come back as dates.
    """
    link = sandbox.add_link()["id"]
    rows = await client.transactions.retrieve(link, date_from=date(2026, 3, 1), date_to="2026-03-02")

    assert {date(2026, 3, 1), date(2026, 3, 2)} == {row.value_date for row in rows}


async def test_the_history_of_an_exchange(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    What happened to an exchange is listed below it.
    """
    link = sandbox.add_link(institution("/api/br/exchanges/"))["id"]
    exchanges = await client.brazil.exchanges.retrieve(link, date_from="2025-01-01", date_to="2026-03-31")
    history = await client.brazil.exchanges.history(exchanges[0].id, page_size=5).to_list()

    assert history
    assert {ExchangeHistory} == {type(row) for row in history}
    with pytest.raises(InvalidArgumentError, match="id: expected"):
        await client.brazil.exchanges.history("a/b").to_list()


async def test_consents_of_a_user(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Consents are listed for one user at a time, and nobody's for nobody.
    """
    link = sandbox.add_link(institution("/api/br/investments/"))["id"]
    [owner] = await client.owners.retrieve(link)
    assert owner.document_id is not None
    consents = await client.consents.list(user_document=owner.document_id.document_number or "").to_list()

    assert [link] == [consent.link_id for consent in consents]
    assert consents[0] == await client.consents.get(consents[0].id)
    with pytest.raises(InvalidArgumentError, match="user_document"):
        await client.consents.list(user_document=None).to_list()  # type: ignore[arg-type]


async def test_a_widget_token(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    The client adds its keys to the body; the token shows itself nowhere.
    """
    token = await client.widget_access_token.generate(
        scopes=["read_institutions", "write_links", "read_consents"],
        widget={"branding": {"company_name": "Fintech"}},
        fetch_resources=["ACCOUNTS"],
        stale_in="90d",
    )

    assert token.access
    assert token.refresh
    assert token.access not in repr(token)
    body = sandbox.requests[-1].body
    assert body is not None
    assert ("sandbox-id", "sandbox-password") == (body["id"], body["password"])


OWN = IncomeVerificationTransactionRequest(
    transaction_id="t-1",
    account_holder_type=CategorizationAccountHolderType.INDIVIDUAL,
    account_holder_id="0d3ffb69-f83b-456e-ad8e-208d0998d71d",
    account_id="a-1",
    account_category=CategorizationAccountCategory.CHECKING_ACCOUNT,
    value_date=date(2026, 2, 27),
    description="NÓMINA FEBRERO",
    type=TransactionType.INFLOW,
    amount=Decimal("12345.67"),
    currency="MXN",
    institution="erebor",
)
"""A transaction of the caller's own."""


async def test_transactions_of_ones_own(client: BelvoClient) -> None:
    """
    Transactions of the caller's own are categorized, and read for incomes; models and mappings are taken alike.
    """
    incomes = await client.income_verification.verify([OWN], language="es")
    categorized = await client.categorization.categorize(
        [attrs.asdict(OWN, filter=lambda _, value: value is not None)], language="es"
    )

    assert {Income} == {type(income) for income in incomes}
    assert categorized.transactions is not None
    assert ["t-1"] == [one.transaction_id for one in categorized.transactions]
    assert Decimal("12345.67") == categorized.transactions[0].amount
