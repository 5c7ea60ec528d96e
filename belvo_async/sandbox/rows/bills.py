"""
The bills of credit cards. A bill is for what was spent in a month, and is paid on the tenth of the next.
"""

from __future__ import annotations

from typing import Final

from belvo_async.sandbox import data
from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import day_of, day_text, key, series_of
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows import accounts, entries


PATH: Final = "/api/bills/"
SALT: Final = data.salt(PATH)

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def number_of(index: int, day: int) -> int:
    """
    Return the number of the bill for what happens in account *index* on *day*.
    """
    return key(index, data.end_of_month(day))


def name_of(number: int) -> str:
    """
    Return what the bank calls bill *number*: `apr-2026`.
    """
    year, month, _ = day_text(number).split("-")
    return f"{MONTHS[int(month) - 1]}-{year}"


def due_day(number: int) -> int:
    """
    Return the day (an ordinal) on which bill *number* has to be paid.
    """
    return day_of(number) + accounts.DAYS_TO_PAY


def internal_id(access: Access, number: int) -> str:
    """
    Return what the bank knows bill *number* by.
    """
    return f"{data.noise(access, number, 1 << 40):010x}"


def total(access: Access, number: int, count: int) -> int:
    """
    Return what bill *number* is for, in cents.
    """
    return entries.spent(access, series_of(number), day_of(number), count)


def bill_row(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return a row of `/api/bills/`.
    """
    currency = access.institution.currency
    amount = total(access, number, count)
    due = due_day(number)
    payment = {
        "type": "FULL",
        "payment_date": day_text(due),
        "payment_mode": "PIX",
        "currency": currency,
        "amount": amount / 100,
    }
    return {
        "created_at": at,
        "collected_at": at,
        "account": accounts.account_of(access, number, count),
        "internal_identification": internal_id(access, number),
        "bill_name": name_of(number),
        "due_date": day_text(due),
        "currency": currency,
        "total_amount": amount / 100,
        "minimum_amount": amount // 10 / 100,
        "is_installment": False,
        "finance_charges": [
            {"type": "NO_CHARGE", "additional_info": None, "currency": currency, "amount": 0.0}
        ],
        "payments": [payment] if due <= data.ordinal(at) else [],
    }


def about(access: Access, number: int, count: int, at: str) -> Json:
    """
    Return what a transaction with a card says of the bill that it is on.
    """
    last = day_of(number)
    before = number_of(series_of(number), last - entries.day_of_month(last))
    own_id = internal_id(access, number)
    return {
        "collected_at": at,
        "bill_name": name_of(number),
        "bill_due_date": day_text(due_day(number)),
        "bill_internal_identification": own_id,
        "bill_status": _status(number, data.ordinal(at)),
        "bill_amount": total(access, number, count) / 100,
        "previous_bill_total": f"{total(access, before, count) / 100:.2f}",
        "card_number": accounts.card_number(access, series_of(number) % count),
        "fee_type": None,
        "fee_type_additional_info": None,
        "credits_type": None,
        "credits_type_additional_info": None,
        "installment_identifier": "",
        "number_of_installments": None,
        "credit_card_bill": {"id": data.row_id(access, SALT, number), "internal_identification": own_id},
    }


def _status(number: int, today: int) -> str:
    if due_day(number) <= today:
        return "PAID"
    return "CLOSED" if day_of(number) < today else "OPEN"
