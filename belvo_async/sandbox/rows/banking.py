"""
Balances and transactions.
"""

from __future__ import annotations

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_of, day_text, is_brazilian, series_of
from belvo_async.sandbox.ids import shuffled
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts, bills
from belvo_async.sandbox.rows.accounts import account_of
from belvo_async.sandbox.rows.entries import Entry, entry


def balance_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/balances/`.
    """
    return {
        "account": account_of(access, number, count),
        "value_date": day_text(number),
        "balance": data.cents(access, number) / 100,
        "current_balance": None,
        "statement": None,
        "collected_at": at,
    }


def brazilian_balance_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/br/balances/`: what is in an account now.
    """
    current = max(accounts.balance_on(access, number, data.ordinal(at)), 0)
    parts = accounts.balance(accounts.kind_of(number, count), current)
    return {
        "link": access.id,
        "account_id": data.row_id(access, accounts.SALT, number),
        "account_internal_identification": accounts.internal_id(access, number),
        "collected_at": at,
        "created_at": at,
        "last_updated_at": at,
        "currency": access.institution.currency,
        "available": parts["available"],
        "blocked": parts["blocked"],
        "automatically_invested": parts["automatically_invested"],
    }


def transaction_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/transactions/`.
    """
    account = account_of(access, number, count)
    day = day_text(number)
    what = entry(access, number, count)
    purpose = what.purpose
    category = account["category"]
    return {
        "internal_identification": f"{shuffled(number):015x}",
        "account": account,
        "collected_at": at,
        "created_at": at,
        "value_date": day,
        "transacted_at": f"{day}T12:00:00.000Z",
        "accounting_date": f"{day}T12:00:00.000Z",
        "inferred_accounting_date": day,
        "amount": what.cents / 100,
        "local_currency_amount": what.cents / 100,
        "balance": data.cents(access, number) / 100,
        "currency": account["currency"],
        "description": purpose.merchant.upper(),
        "observations": None,
        "merchant": {"logo": None, "website": None, "merchant_name": purpose.merchant},
        "category": purpose.category,
        "subcategory": purpose.subcategory,
        "reference": f"{data.noise(access, number, 10_000):04d}",
        "type": purpose.type,
        "status": "PROCESSED",
        "credit_card_data": _card_data(access, number, count, at) if category == "CREDIT_CARD" else None,
        "counterparty": _counterparty(access, what) if purpose.operation == "PIX" else None,
        "loan_data": _loan_data(number) if category == "LOAN_ACCOUNT" and purpose.inflow else None,
        "payment_type": "FULL" if category == "CREDIT_CARD" else None,
        "operation_type": purpose.operation,
        "operation_type_additional_info": None,
        "mcc": purpose.mcc,
    }


def _card_data(access: Access, number: int, count: int, at: str) -> Json:
    return bills.about(access, bills.number_of(series_of(number), day_of(number)), count, at)


def _counterparty(access: Access, what: Entry) -> Json | None:
    if not is_brazilian(access):
        return None
    text = f"{what.day + 10**10:011d}"
    return {
        "type": "COMPANY",
        "document_number": text,
        "clearing_code": "001",
        "agency": text[-4:],
        "check_digit": text[-1],
        "number": text,
    }


def _loan_data(number: int) -> Json:
    return {"is_detached": False, "installment_id": f"{number:x}", "fees": [], "charges": []}
