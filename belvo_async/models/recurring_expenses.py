"""
Recurring expenses: what is paid again and again, as Belvo reads it from transactions.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import OpenEnum, always
from belvo_async.models.accounts import Account


class RecurringExpenseFrequency(OpenEnum):
    """
    How often an expense comes back.
    """

    MONTHLY = "MONTHLY"


class RecurringExpenseCategory(OpenEnum):
    """
    What an expense is for; some of the values of `TransactionCategory`.
    """

    BILLS_AND_UTILITIES = "Bills & Utilities"
    CREDITS_AND_LOANS = "Credits & Loans"
    INSURANCE = "Insurance"
    ONLINE_PLATFORMS_AND_LEISURE = "Online Platforms & Leisure"
    TRANSPORT_AND_TRAVEL = "Transport & Travel"
    TAXES = "Taxes"


class RecurringExpensePaymentType(OpenEnum):
    """
    Whether an expense is a subscription.
    """

    SUBSCRIPTION = "SUBSCRIPTION"
    REGULAR = "REGULAR"


@attrs.frozen(kw_only=True)
class RecurringExpenseSourceTransaction:
    """
    A transaction that an expense was recognized by, in short.

    Attributes:
        description: In the institution's words; may be empty.
    """

    amount: Decimal | None = None
    description: str | None = None
    value_date: date | None = None


@attrs.frozen(kw_only=True)
class RecurringExpense:
    """
    One expense that comes back.

    Attributes:
        account: The account that it was found on.

        name: Who is paid, or what for; Belvo's tidy form of what the transactions say.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/recurring-expenses

    id: str = always()
    account: Account | None = None
    name: str | None = None
    transactions: tuple[RecurringExpenseSourceTransaction | None, ...] | None = None
    frequency: RecurringExpenseFrequency | None = None
    average_transaction_amount: Decimal | None = None
    median_transaction_amount: Decimal | None = None
    days_since_last_transaction: int | None = None
    category: RecurringExpenseCategory | None = None
    payment_type: RecurringExpensePaymentType | None = None
