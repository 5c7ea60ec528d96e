"""
Transactions of somebody's own: what they are about, and which incomes they hold.
"""

from __future__ import annotations

import json

from io import BytesIO
from typing import Any

import pytest

from sandbox.api import Api, Reply


pytestmark = pytest.mark.anyio

CATEGORIZATION = "/api/categorization/"
INCOMES = "/api/enrich/incomes/"


def movement(description: str = "SALARIO", **changes: object) -> dict[str, object]:
    """
    Return a transaction as it is sent.
    """
    return {
        "transaction_id": "1",
        "account_holder_type": "INDIVIDUAL",
        "account_holder_id": "8848bd0c-9c7e-4f53-a732-ec896b11d4c4",
        "account_id": "A-1",
        "account_category": "CHECKING_ACCOUNT",
        "value_date": "2026-01-25",
        "description": description,
        "type": "INFLOW",
        "amount": 1500.5,
        "currency": "BRL",
        "institution": "Erebor",
        **changes,
    }


def salaries(amounts: list[float], **changes: object) -> list[dict[str, object]]:
    """
    Return a salary for each month of 2025.
    """
    return [
        movement("SALÁRIO", value_date=f"2025-{month:02d}-25", amount=amount, **changes)
        for month, amount in enumerate(amounts, start=1)
    ]


@pytest.mark.parametrize(
    ("description", "type_", "expected"),
    [
        ("UBER *TRIP", "OUTFLOW", ("Transport & Travel", "Taxis & Rideshares", "Taxi Ya")),
        ("Pagamento de SALÁRIO", "INFLOW", ("Income & Payments", "Salary", "Nómina")),
        (
            "NETFLIX.COM",
            "OUTFLOW",
            ("Online Platforms & Leisure", "Apps, Software and Cloud Services", "Nube SA"),
        ),
        ("MERCADO CENTRAL", "OUTFLOW", ("Food & Groceries", "Groceries", "Mercado Central")),
        ("xyzzy", "OUTFLOW", ("Unknown", None, None)),
    ],
)
async def test_categories(
    api: Api, description: str, type_: str, expected: tuple[str, str | None, str | None]
) -> None:
    """
    The description decides; everything that was sent comes back with it.
    """
    sent = movement(description, type=type_, mcc=4121)

    reply = await api.post(CATEGORIZATION, language="pt", transactions=[sent])
    [row] = reply.json["transactions"]
    merchant = row.pop("merchant")

    assert reply.status == 200
    found = (row.pop("category"), row.pop("subcategory"), merchant and merchant["merchant_name"])
    assert found == expected
    assert row == sent


async def test_incomes(api: Api) -> None:
    """
    Salaries of a year are one stream; there is an answer for each institution.
    """
    sent = [*salaries([1000.0] * 12), *salaries([500.0, 700.0], institution="Gringotts")]

    reply = await api.post(INCOMES, language="es", transactions=sent)
    big, small = reply.json
    [stream] = big["income_streams"]

    assert reply.status == 200
    assert (big["institution"], small["institution"]) == ("Erebor", "Gringotts")
    assert big["total_income_amount"] == big["total_regular_income_amount"] == 12_000
    assert big["monthly_average"] == stream["monthly_average"]
    assert stream["average_income_amount"] == 1000
    assert (stream["frequency"], stream["confidence"], stream["stability"]) == ("MONTHLY", "HIGH", 1.0)
    assert (stream["account_id"], stream["income_type"]) == ("A-1", "SALARY")
    assert (big["first_transaction_date"], big["last_transaction_date"]) == ("2025-01-25", "2025-12-25")
    assert small["total_income_amount"] == 1200
    assert small["income_streams"][0]["confidence"] == "MEDIUM"
    assert small["income_streams"][0]["trend"] == 0.4


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["2026-01-05"], "SINGLE"),
        (["2026-01-05", "2026-01-12", "2026-01-19"], "WEEKLY"),
        (["2026-01-01", "2026-01-15", "2026-01-29"], "BIWEEKLY"),
        (["2026-01-01", "2026-01-31", "2026-03-01"], "MONTHLY"),
        (["2025-01-01", "2025-06-01"], "IRREGULAR"),
        (["2026-01-01", "2026-01-02"], "IRREGULAR"),
    ],
)
async def test_how_often(api: Api, days: list[str], expected: str) -> None:
    """
    What is between two incomes says how often they come.
    """
    sent = [movement("xyzzy", value_date=day) for day in days]
    [row] = (await api.post(INCOMES, language="en", transactions=sent)).json
    [stream] = row["income_streams"]

    assert (stream["frequency"], stream["income_type"]) == (expected, "UNKNOWN")
    assert (stream["stability"] is None) == (expected == "SINGLE")


async def test_what_is_wanted(api: Api) -> None:
    """
    Period, kinds and confidence choose as they do for a link.
    """
    sent = [*salaries([1000.0] * 12), movement("xyzzy", value_date="2025-03-03")]

    async def found(**wanted: object) -> list[Any]:
        [row] = (await api.post(INCOMES, language="pt", transactions=sent, **wanted)).json
        return [(one["income_type"], one["number_of_incomes"]) for one in row["income_streams"]]

    assert await found() == [("SALARY", 12), ("UNKNOWN", 1)]
    assert await found(allowed_income_types=["UNKNOWN"]) == [("UNKNOWN", 1)]
    assert await found(minimum_confidence_level="HIGH") == [("SALARY", 12)]
    assert await found(date_from="2025-04-01", date_to="2025-06-30") == [("SALARY", 3)]


@pytest.mark.parametrize("path", [CATEGORIZATION, INCOMES])
async def test_refused_bodies(api: Api, path: str) -> None:
    """
    A language and one to ten thousand transactions are needed, each complete.
    """

    async def codes(**body: object) -> list[tuple[str, str | None]]:
        reply = await api.post(path, **{"language": "pt", "transactions": [movement()], **body})
        assert reply.status == 400
        return reply.codes

    assert (await api.post(path)).codes == [("required", "language"), ("required", "transactions")]
    assert await codes(language="xx") == [("invalid_choice", "language")]
    assert await codes(transactions={}) == [("not_a_list", "transactions")]
    assert await codes(transactions=[]) == [("invalid", "transactions")]
    assert await codes(transactions=[5]) == [("invalid", "transactions")]
    assert await codes(transactions=[movement(), movement(amount="1", currency="real", type=None)]) == [
        ("null", "transactions[1].type"),
        ("invalid", "transactions[1].amount"),
        ("invalid", "transactions[1].currency"),
    ]
    assert await codes(transactions=[movement(value_date="25/01/2026", amount=-1)]) == [
        ("invalid", "transactions[0].value_date"),
        ("invalid", "transactions[0].amount"),
    ]


async def test_incomes_come_in(api: Api) -> None:
    """
    Incomes are looked for in what came in, in periods that are over.
    """
    outflow = await api.post(INCOMES, language="pt", transactions=[movement(type="OUTFLOW")])
    future = await api.post(INCOMES, language="pt", transactions=[movement()], date_to="2026-03-16")
    reverse = await api.post(
        INCOMES, language="pt", transactions=[movement()], date_from="2026-02-01", date_to="2026-01-01"
    )

    assert outflow.codes == [("invalid_choice", "transactions[0].type")]
    assert future.codes == [("invalid", "date_to")]
    assert reverse.codes == [("invalid", "date_from")]


async def test_ten_thousand(api: Api) -> None:
    """
    As many as are allowed come back, in order; one more is refused.
    """

    async def send(number: int) -> Reply:
        sent = [movement(transaction_id=str(place)) for place in range(number)]
        body = BytesIO(json.dumps({"language": "pt", "transactions": sent}).encode())
        return await api.call("POST", CATEGORIZATION, data=body, headers={"Content-Type": "application/json"})

    allowed, refused = await send(10_000), await send(10_001)

    rows = allowed.json["transactions"]
    assert [row["transaction_id"] for row in rows] == [str(place) for place in range(10_000)]
    assert (refused.status, refused.codes) == (400, [("invalid", "transactions")])
