"""
The filters of lists: each that a specification names really filters.
"""

from __future__ import annotations

import re

from collections.abc import Iterator
from typing import Any, Final

import pytest

from documents import FILES, read_document, skip_without_documents
from sandbox.api import Api, JumpingClock
from sandbox.test_rows import BODY as COMPLETE
from sandbox.test_rows import body_for, offering

from belvo_async.sandbox import Sandbox
from belvo_async.sandbox.listings import filtered
from belvo_async.sandbox.resources import RESOURCES, Resource


pytestmark = pytest.mark.anyio

NOT_FILTERS: Final = frozenset({"page", "page_size", "fields", "omit"})

BODY: Final = {**COMPLETE, "date_from": "2026-02-24"}

OTHER: Final = "8848bd0c-9c7e-4f53-a732-ec896b11d4c4"
"""An id of nothing, and a word that is nowhere."""


@pytest.fixture(name="sandbox")
async def _sandbox(clock: JumpingClock) -> Any:
    async with Sandbox(clock=clock, page_size=1000, accounts_per_link=4, rows_per_day=4) as sandbox:
        yield sandbox


def filters(resource: Resource) -> Iterator[tuple[str, str]]:
    """
    Yield each filter that a specification names for *resource*, with a value that fits no row.
    """
    for version in FILES:
        document = read_document(version)
        for given in document["paths"].get(resource.path, {}).get("get", {}).get("parameters", ()):
            parameter = given
            while "$ref" in parameter:
                _, _, *steps = parameter["$ref"].split("/")
                parameter = document
                for step in ("components", *steps) if steps[0] != "components" else steps:
                    parameter = parameter[step]
            name = parameter["name"]
            if parameter["in"] == "query" and name not in NOT_FILTERS:
                yield name, impossible(name)


def impossible(name: str) -> str:
    """
    Return a value for filter *name* that lets nothing through.
    """
    is_day = re.search(r"_(at|date)(__|$)", name) is not None
    is_number = re.search(r"(balance|amount|current|available)(__|$)", name) is not None
    low, high = ("1900-01-01", "2100-01-01") if is_day else ("-1e12", "1e12")
    if name.endswith("__range"):
        return f"{high},{high}"
    if name.endswith(("__lt", "__lte")):
        return low
    return high if is_day or is_number else OTHER


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_documented_filters(api: Api, sandbox: Sandbox, resource: Resource) -> None:
    """
    With a value that no row has, every filter lets no row through; one of the wrong form is refused.
    """
    skip_without_documents()
    link = sandbox.add_link(offering(resource)[0])["id"]
    await api.post(resource.path, link=link, **{**body_for(resource), "date_from": "2026-02-24"})
    every = (await api.get(resource.path, link=link)).json["count"]

    async def left(name: str, value: str) -> int:
        reply = await api.get(resource.path, **{"link": link, name: value})
        if reply.status == 400:
            assert reply.codes == [("invalid", name)]
            return 0
        count: int = reply.json["count"]
        return count

    assert every > 0
    assert [name for name, value in filters(resource) if await left(name, value)] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"account__balance__current__gte": "0"}, 80),
        ({"account__balance__current__lt": "0"}, 0),
        ({"account_type": "Cuenta corriente"}, 20),
        ({"account_type__in": "Cuenta corriente,Préstamo"}, 40),
        ({"accounting_date": "2026-03-01"}, 4),
        ({"accounting_date__range": "2026-03-01,2026-03-02"}, 8),
        ({"value_date__gt": "2026-03-14"}, 4),
        ({"created_at": "2026-03-15"}, 80),
        ({"created_at__lte": "2026-03-15"}, 80),
        ({"created_at__gt": "2026-03-15"}, 0),
        ({"credit_card_data__bill_name__in": "feb-2026,jan-2026"}, 5),
        ({"type__in": "INFLOW,OUTFLOW"}, 80),
        ({"status": "PROCESSED", "value_date": "2026-02-25"}, 4),
    ],
)
async def test_filters_of_transactions(
    api: Api, sandbox: Sandbox, query: dict[str, str], expected: int
) -> None:
    """
    Filters look into accounts and cards, and a date finds the instants of that day.
    """
    link = sandbox.add_link()["id"]
    await api.post("/api/transactions/", link=link, **BODY)

    assert (await api.get("/api/transactions/", link=link, **query)).json["count"] == expected


@pytest.mark.parametrize(
    "path", ["/api/incomes/", "/api/risk-insights/", "/api/br/balances/", "/api/recurring-expenses/"]
)
async def test_filters_by_account(api: Api, sandbox: Sandbox, path: str) -> None:
    """
    What names its account in another way is found by it as well.
    """
    link = sandbox.add_link()["id"]
    [account, *_] = (await api.post("/api/accounts/", link=link)).json
    await api.post(path, link=link)

    found = (await api.get(path, link=link, account=account["id"])).json
    among = (await api.get(path, link=link, account__in=f"{account['id']},{link}")).json

    assert found["count"] == (4 if path == "/api/recurring-expenses/" else 1)
    assert among == {**found, "next": None}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"value_date__gt": "soon"}, "value_date__gt"),
        ({"amount__lt": "little"}, "amount__lt"),
        ({"account__balance__current__range": "1"}, "account__balance__current__range"),
    ],
)
async def test_filters_that_cannot_be_read(
    api: Api, sandbox: Sandbox, query: dict[str, str], field: str
) -> None:
    """
    A value of the wrong form is refused.
    """
    link = sandbox.add_link()["id"]
    await api.post("/api/transactions/", link=link, **BODY)

    assert (await api.get("/api/transactions/", link=link, **query)).codes == [("invalid", field)]


def test_dates_of_another_form() -> None:
    """
    What is called a date and is written in another way is filtered as it is written.
    """
    rows = [{"due_date": "31-01-2026"}, {"due_date": "01-02-2026"}]

    assert filtered(rows, {"due_date": "31-01-2026"}) == rows[:1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/transactions/",
        "/api/bills/",
        "/api/br/balances/",
        "/api/br/exchanges/",
        "/api/br/investments/",
        "/api/br/investment-transactions/",
    ],
)
async def test_lists_that_need_a_link(api: Api, path: str) -> None:
    """
    Some lists are only given for a link.
    """
    assert (await api.get(path)).codes == [("required", "link")]
