"""
Transactions of the older specification, which calls an instant what the newer one calls a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from models.rows import APART
from models.specification import MISSING, OLD, Kind, Specification, fits, kind_of

from belvo_async.codec import decoder
from belvo_async.messages import Answer
from belvo_async.models import (
    Transaction,
    TransactionBillStatus,
    TransactionCreditCardData,
    TransactionType,
)


(OLDER,) = (row.pointer for row in APART if row.model is Transaction)


def decoded(answer: object) -> Transaction:
    body = msgspec.json.encode([answer])
    (transaction,) = decoder(list[Transaction])(Answer(status=200, body=body))
    return transaction


def test_the_versions_contradict_each_other_once(specifications: Mapping[str, Specification]) -> None:
    """
    All of the older specification fits, but for the day on which the institution booked a transaction.
    """
    documented = list(specifications[OLD].documented(Transaction, OLDER))

    assert documented
    assert [p.path for p in documented if p.annotation is MISSING] == []
    assert [(p.path, kind_of(p.schema)) for p in documented if not fits(p.schema, p.annotation)] == [
        ("Transaction.accounting_date", Kind.INSTANT)
    ]


@pytest.mark.parametrize(
    "booked", ["2019-10-23", "2019-10-23T13:01:41.941Z", "2019-10-23T23:30:00-03:00", "2019-10-23T00:00:00"]
)
def test_a_transaction_is_booked_on_a_day(booked: str) -> None:
    """
    An instant of booking is read as the day that it names, in its own zone.
    """
    assert date(2019, 10, 23) == decoded({"accounting_date": booked}).accounting_date


def test_the_instant_costs_nothing_else() -> None:
    """
    The rest of a transaction of the older specification arrives as it would without the instant.
    """
    transaction = decoded(
        {
            "id": "1",
            "collected_at": "2019-11-28T10:27:44.813Z",
            "accounting_date": "2019-10-23T13:01:41.941Z",
            "amount": 2145.45,
            "type": "INFLOW",
            "status": None,
            "credit_card_data": {"bill_status": "OPEN", "previous_bill_total": "9614.30"},
        }
    )

    assert transaction == Transaction(
        id="1",
        collected_at=datetime(2019, 11, 28, 10, 27, 44, 813000, tzinfo=UTC),
        accounting_date=date(2019, 10, 23),
        amount=Decimal("2145.45"),
        type=TransactionType.INFLOW,
        credit_card_data=TransactionCreditCardData(
            bill_status=TransactionBillStatus.OPEN, previous_bill_total="9614.30"
        ),
    )
