"""
Bills: what is to be paid for a credit card, in Brazil's Open Finance network.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.accounts import Account


class BillFinanceChargeType(OpenEnum):
    """
    What a charge on a bill is for.
    """

    LATE_PAYMENT_INTEREST = "LATE_PAYMENT_INTEREST"
    LATE_FEE = "LATE_FEE"
    ARREARS_INTEREST = "ARREARS_INTEREST"
    IOF = "IOF"
    NO_CHARGE = "NO_CHARGE"
    OTHER = "OTHER"


class BillPaymentType(OpenEnum):
    """
    How much of a bill a payment is for.
    """

    INSTALLMENT = "INSTALLMENT"
    FULL = "FULL"
    OTHER = "OTHER"


class BillPaymentPaymentMode(OpenEnum):
    """
    The way in which a bill was paid.
    """

    DIRECT_DEBIT = "DIRECT_DEBIT"
    BANK_SLIP = "BANK_SLIP"
    SALARY_DEDUCTION = "SALARY_DEDUCTION"
    PIX = "PIX"


@attrs.frozen(kw_only=True)
class BillFinanceCharge:
    """
    One charge on a bill, for paying late for example.

    Attributes:
        currency: Three letters (ISO 4217).
    """

    type: BillFinanceChargeType | None = None
    additional_info: str | None = None
    currency: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class BillPayment:
    """
    One payment for a bill.

    Attributes:
        currency: Three letters (ISO 4217).
    """

    type: BillPaymentType | None = None
    payment_date: date | None = None
    payment_mode: BillPaymentPaymentMode | None = None
    currency: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class Bill:
    """
    One bill of a credit card.

    Attributes:
        account: That of the credit card.

        internal_identification: The institution's own id of the bill.

        bill_name: The institution's title of the bill, such as `apr-2020`; `None` until it is closed.

        due_date: The day by which it is to be paid.

        currency: Three letters (ISO 4217).

        minimum_amount: What has to be paid at least.

        is_installment: Whether it may be paid in instalments.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/bills

    id: str = always()
    created_at: Instant | None = None
    collected_at: Instant | None = None
    account: Account | None = None
    internal_identification: str | None = None
    bill_name: str | None = None
    due_date: date | None = None
    currency: str | None = None
    total_amount: Decimal | None = None
    minimum_amount: Decimal | None = None
    is_installment: bool | None = None
    finance_charges: tuple[BillFinanceCharge, ...] | None = None
    payments: tuple[BillPayment, ...] | None = None
