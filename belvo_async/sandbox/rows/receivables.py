"""
Receivables: what a shop is owed for payments with cards.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import CEILINGS, day_text, noise
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.accounts import account_of


TYPES: Final = (
    "VISA_CREDIT",
    "VISA_DEBIT",
    "MASTERCARD_CREDIT",
    "MASTERCARD_DEBIT",
    "ELO_CREDIT",
    "ELO_DEBIT",
)


def receivable_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/receivables/transactions/`: the net amount is what the fee leaves of the gross one.
    """
    account = account_of(access, number, count)
    gross = 1_000 + noise(access, number, CEILINGS[access.persona.dataset] // 20 + 1)
    fee = gross // 50
    total = 1 + noise(access, number + 1, 6)
    return {
        "link": access.id,
        "account": {"id": account["id"], "institution": account["institution"]},
        "created_at": at,
        "collected_at": at,
        "value_hour": f"{8 + noise(access, number + 2, 12):02d}:{noise(access, number + 3, 60):02d}",
        "value_date": day_text(number),
        "institution_transaction_id": data.digits(access, number, 9),
        "currency": access.institution.currency,
        "type": TYPES[noise(access, number + 4, len(TYPES))],
        "gross_amount": gross / 100,
        "net_amount": (gross - fee) / 100,
        "fees": [{"type": "TRANSACTION_FEE", "value": fee / 100}],
        "status": "APPROVED",
        "number_of_installments": {"paid": 1, "total": total},
    }
