"""
Exchanges of currencies in Brazil, and the events that each has gone through.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_of, day_text, digits, noise
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts


PATH: Final = "/api/br/exchanges/"
SALT: Final = data.salt(PATH)
EVENT_SALT: Final = data.salt("/api/br/exchanges/{id}/history/")

DAY_OF_MONTH: Final = 7
"""When somebody exchanges money."""

CONTRACTED, SETTLED = 1, 4
"""What kinds of events are called."""

DAYS_TO_SETTLE: Final = 2


def _dealt(access: Access, number: int) -> Json:
    """
    Return what an exchange and its events have in common.
    """
    foreign = 10_000 + noise(access, number, 500_000)
    rate = 480 + noise(access, number + 1, 100)
    local = foreign * rate // 100
    currency = access.institution.currency
    return {
        "operation_identifier": digits(access, number, 17),
        "operation_due_date": day_text(day_of(number) + DAYS_TO_SETTLE),
        "local_operation_tax_amount": local * 11 // 1000 / 100,
        "local_operation_tax_currency": currency,
        "local_operation_value_amount": local / 100,
        "local_operation_value_currency": currency,
        "foreign_operation_value_amount": foreign / 100,
        "foreign_operation_value_currency": "USD",
        "tev_amount_amount": local * 1011 // 1000 / 100,
        "tev_amount_currency": currency,
        "local_currency_advance_percentage": None,
        "settlement_method": "TELETRANSMISSAO",
        "operation_category_code": "90302",
    }


def _outstanding(dealt: Json, *, settled: bool) -> Json:
    return {
        "operation_outstanding_balance_amount": 0.0 if settled else dealt["foreign_operation_value_amount"],
        "operation_outstanding_balance_currency": dealt["foreign_operation_value_currency"],
    }


def events(number: int, at: str) -> tuple[int, ...]:
    """
    Return the kinds of the events that exchange *number* has gone through until *at*.
    """
    return (CONTRACTED, SETTLED) if day_of(number) + DAYS_TO_SETTLE <= data.ordinal(at) else (CONTRACTED,)


def exchange_row(access: Access, number: int, count: int, at: str) -> Json:  # noqa: ARG001  # all rows look alike
    """
    Return a row of `/api/br/exchanges/`.
    """
    dealt = _dealt(access, number)
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        **dealt,
        **_outstanding(dealt, settled=SETTLED in events(number, at)),
        "operation_number": digits(access, number + 2, 12),
        "operation_type": ("COMPRA", "VENDA")[noise(access, number + 3, 2)],
        "operation_requested_at": f"{day_text(number)}T08:30:00Z",
        "authorized_institution_identifier": int(accounts.bank_id(access)),
        "authorized_institution_name": access.institution.public["display_name"],
        "intermediary_institution_identifier": None,
        "intermediary_institution_name": None,
    }


def event_row(access: Access, number: int, kind: int, at: str) -> Json:
    """
    Return a row of `/api/br/exchanges/{id}/history/`, with its id.
    """
    dealt = _dealt(access, number)
    day = day_of(number) + (DAYS_TO_SETTLE if kind == SETTLED else 0)
    return {
        "id": data.row_id(access, EVENT_SALT, data.key(kind, day_of(number))),
        "link": access.id,
        "exchange_id": data.row_id(access, SALT, number),
        "created_at": at,
        "collected_at": at,
        **dealt,
        **_outstanding(dealt, settled=kind == SETTLED),
        "event_sequence_number": digits(access, number + kind, 12),
        "event_type": kind,
        "event_created_at": f"{day_text(day)}T14:00:00Z",
        "foreign_partie_relationship_code": "50",
        "foreign_partie_name": "Northern Imports LLC",
        "foreign_partie_country_code": "US",
    }
