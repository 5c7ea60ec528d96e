"""
What users have at their institutions: rows that follow from the link, a number and nothing else.

The number of a row holds, from the left, which series it belongs to and which day. Two retrievals of one day give
the same row, with the same id.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.ids import lower_half, shuffled, upper_half
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.users import Dataset


DAY_BITS: Final = 22
DAY_MASK: Final = (1 << DAY_BITS) - 1
SERIES_BITS: Final = 12
KEY_BITS: Final = DAY_BITS + SERIES_BITS

CATEGORIES: Final = (
    ("CHECKING_ACCOUNT", "ASSET", "Cuenta corriente"),
    ("SAVINGS_ACCOUNT", "ASSET", "Cuenta de ahorro"),
    ("CREDIT_CARD", "LIABILITY", "Tarjeta de crédito"),
    ("LOAN_ACCOUNT", "LIABILITY", "Préstamo"),
)
"""Category, kind of balance, and the bank's word for each account of a user; a fifth begins again."""

SPENDING: Final = (
    ("Food & Groceries", "Groceries", "Mercado Central"),
    ("Transport & Travel", "Taxis & Ride-hailing", "Taxi Ya"),
    ("Bills & Utilities", "Telecommunications", "Telefónica del Sur"),
    ("Online Platforms & Leisure", "Apps, Software and Cloud Services", "Nube SA"),
    ("Income & Payments", "Salary", "Nómina"),
)
"""Category, subcategory and merchant of transactions, by turns; the last is money that comes in."""

CEILINGS: Final = {
    Dataset.FULL: 10_000_000,
    Dataset.LOW: 10_000,
    Dataset.NEGATIVE: 1_000_000,
    Dataset.NONE: 1,
}
"""Balances stay below this many cents."""


def key(series: int, day: int) -> int:
    """
    Return the number of the row of *series* on *day* (an ordinal).
    """
    return series << DAY_BITS | day


@lru_cache(maxsize=256)
def keys(series: tuple[int, ...], first: int, last: int) -> tuple[int, ...]:
    """
    Return the numbers of the rows of *series* from day *first* to day *last*, both included.
    """
    return tuple(key(one, day) for one in series for day in range(first, last + 1))


def row_id(access: Access, salt: int, number: int) -> str:
    """
    Return the id of row *number* of the resource that *salt* stands for.
    """
    return f"{_upper(access.bits, salt)}-{_lower(salt, number)}"


def link_bits(bits: int, salt: int) -> int:
    """
    Return the number of the link whose row of the resource *salt* has *bits* in the upper half of its id.
    """
    return bits ^ shuffled(salt + 1)


# The next three are asked for again and again: the rows of one link share an upper half, and the same days of
# different links a lower half and a date.


@lru_cache(maxsize=4096)
def _upper(bits: int, salt: int) -> str:
    return upper_half(link_bits(bits, salt))


@lru_cache(maxsize=65_536)
def _lower(salt: int, number: int) -> str:
    return lower_half(shuffled(salt << KEY_BITS | number))


@lru_cache(maxsize=65_536)
def _day(number: int) -> str:
    return date.fromordinal(number & DAY_MASK).isoformat()


def _noise(access: Access, number: int, below: int) -> int:
    # Not random: a row has to look the same whenever it is asked for.
    mixed = shuffled(access.bits ^ (number * 0x2545F491)) >> 16
    return mixed % below


ACCOUNT_SALT: Final = 1


@lru_cache(maxsize=4096)
def accounts(access: Access, count: int) -> tuple[Json, ...]:
    """
    Return the accounts of a user.
    """
    return tuple(_account(access, index) for index in range(count))


def _cents(access: Access, number: int) -> float:
    dataset = access.persona.dataset
    cents = _noise(access, number, CEILINGS[dataset])
    return (-cents if dataset is Dataset.NEGATIVE else cents) / 100


def _account(access: Access, index: int) -> Json:
    category, balance_type, word = CATEGORIES[index % len(CATEGORIES)]
    number = f"{4_000_000_000_000 + _noise(access, index, 999_999_999_999)}"
    current = _cents(access, index)
    created = access.public["created_at"]
    return {
        "id": row_id(access, ACCOUNT_SALT, index),
        "link": access.id,
        "institution": access.institution.brief,
        "collected_at": created,
        "created_at": created,
        "category": category,
        "balance_type": balance_type,
        "type": word,
        "name": f"{word} {number[-4:]}",
        "number": number,
        "balance": {"current": current, "available": current},
        "currency": access.institution.currency,
        "public_identification_name": "CLABE",
        "public_identification_value": f"15{number}018",
        "last_accessed_at": created,
        "credit_data": _credit(access, index, created) if category == "CREDIT_CARD" else None,
        "loan_data": _loan(access, index, created) if category == "LOAN_ACCOUNT" else None,
        "funds_data": None,
        "receivables_data": None,
        "bank_product_id": None,
        "internal_identification": None,
    }


def _credit(access: Access, index: int, at: str) -> Json:
    return {
        "credit_limit": 192_000.0,
        "collected_at": at,
        "cutting_date": at[:10],
        "next_payment_date": at[:10],
        "minimum_payment": _noise(access, index + 100, 500_000) / 100,
        "no_interest_payment": _noise(access, index + 200, 500_000) / 100,
        "interest_rate": 4.0,
        "end_date": None,
        "monthly_payment": None,
        "last_payment_date": None,
    }


def _loan(access: Access, index: int, at: str) -> Json:
    principal = 100_000.0 + _noise(access, index + 300, 1_000_000) / 100
    return {
        "collected_at": at,
        "contract_amount": 202_000.0,
        "principal": principal,
        "loan_type": "Consignado",
        "payment_day": "27",
        "outstanding_principal": principal,
        "outstanding_balance": principal,
        "monthly_payment": 1_000.0,
        "interest_rates": [{"name": "jurosEfetivo", "type": "MONTHLY", "value": 7.85}],
        "fees": [{"type": "OPERATION_FEE", "value": 5.6}],
        "number_of_installments_total": 60,
        "number_of_installments_outstanding": 48,
        "contract_start_date": "2020-03-01",
        "contract_end_date": "2027-10-01",
        "contract_number": "890ASLDJF87SD00",
    }


def account_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/accounts/`.
    """
    return {**accounts(access, count)[number], "collected_at": at, "last_accessed_at": at}


def _owner_of(access: Access, number: int, count: int) -> Json:
    return accounts(access, count)[(number >> DAY_BITS) % count]


def balance_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/balances/`.
    """
    return {
        "account": _owner_of(access, number, count),
        "value_date": _day(number),
        "balance": _cents(access, number),
        "current_balance": None,
        "statement": None,
        "collected_at": at,
    }


def transaction_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/transactions/`.
    """
    account = _owner_of(access, number, count)
    day = _day(number)
    turn = _noise(access, number, len(SPENDING))
    category, subcategory, merchant = SPENDING[turn]
    return {
        "internal_identification": f"{shuffled(number):015x}",
        "account": account,
        "collected_at": at,
        "created_at": at,
        "value_date": day,
        "accounting_date": f"{day}T12:00:00.000Z",
        "amount": abs(_cents(access, number ^ 0x5555)),
        "balance": _cents(access, number),
        "currency": account["currency"],
        "description": merchant.upper(),
        "observations": None,
        "merchant": {"logo": None, "website": None, "merchant_name": merchant},
        "category": category,
        "subcategory": subcategory,
        "reference": f"{_noise(access, number, 10_000):04d}",
        "type": "INFLOW" if turn == len(SPENDING) - 1 else "OUTFLOW",
        "status": "PROCESSED",
        "credit_card_data": None,
    }


NAMES: Final = ("Ana Lucía Paredes", "Bruno Carvalho", "Carmen Ortega", "Diego Restrepo")


def owner_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/owners/`.
    """
    name = NAMES[_noise(access, number + count, len(NAMES))]
    return {
        "link": access.id,
        "internal_identification": f"{_noise(access, number, 1 << 32):08x}",
        "collected_at": at,
        "created_at": at,
        "display_name": name,
        "email": f"{name.split()[0].lower()}@example.com",
        "phone_number": "+52-XXX-XXX-XXXX",
        "address": "Carrera 7 n. 12, Bogotá",
        "document_id": {"document_type": "CPF", "document_number": "235578435-S"},
        "last_name": None,
        "second_last_name": None,
    }


def plain_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row with what the rows of all resources have.
    """
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "internal_identification": f"{_noise(access, number, 1 << 32):08x}",
    }
