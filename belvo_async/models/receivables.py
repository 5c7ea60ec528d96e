"""
Receivables: what a merchant's customers paid by card and the acquirer has yet to pay out.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.accounts import AccountInstitution


class ReceivablesTransactionType(OpenEnum):
    """
    The brand of a card, and whether it is a credit card.
    """

    VISA_CREDIT = "VISA_CREDIT"
    VISA_DEBIT = "VISA_DEBIT"
    MASTERCARD_CREDIT = "MASTERCARD_CREDIT"
    MASTERCARD_DEBIT = "MASTERCARD_DEBIT"
    ELO_CREDIT = "ELO_CREDIT"
    ELO_DEBIT = "ELO_DEBIT"


class ReceivablesTransactionFeeType(OpenEnum):
    """
    What a fee of an acquirer is for.
    """

    TRANSACTION_FEE = "TRANSACTION_FEE"


class ReceivablesTransactionStatus(OpenEnum):
    """
    What became of a customer's payment.
    """

    APPROVED = "APPROVED"
    CANCELLED = "CANCELLED"
    REVERTED = "REVERTED"
    UNCATEGORIZED = "UNCATEGORIZED"


@attrs.frozen(kw_only=True)
class ReceivablesTransactionAccount:
    """
    The account of a merchant, in short.

    Attributes:
        id: `Account.id`.
    """

    id: str = always()
    institution: AccountInstitution | None = None


@attrs.frozen(kw_only=True)
class ReceivablesTransactionFee:
    """
    One fee that the acquirer keeps.

    Attributes:
        value: In the currency of the transaction.
    """

    type: ReceivablesTransactionFeeType | None = None
    value: Decimal | None = None


@attrs.frozen(kw_only=True)
class ReceivablesTransactionNumberOfInstallments:
    """
    How far a payment in instalments is.
    """

    paid: int | None = None
    total: int | None = None


@attrs.frozen(kw_only=True)
class ReceivablesTransaction:
    """
    One payment of a customer by card.

    Attributes:
        value_hour: When it happened, as `HH:MM` in the time of the institution.

        value_date: The day on which it happened.

        institution_transaction_id: The acquirer's own id of it; in Brazil the NSU.

        currency: Three letters (ISO 4217).

        gross_amount: What the customer paid.

        net_amount: What the merchant gets.
    """

    # The pages of today do not show receivables any more, they are in the specification of 1.35.0.

    id: str = always()
    account: ReceivablesTransactionAccount | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    value_hour: str | None = None
    value_date: date | None = None
    institution_transaction_id: str | None = None
    currency: str | None = None
    type: ReceivablesTransactionType | None = None
    gross_amount: Decimal | None = None
    net_amount: Decimal | None = None
    fees: tuple[ReceivablesTransactionFee, ...] | None = None
    status: ReceivablesTransactionStatus | None = None
    number_of_installments: ReceivablesTransactionNumberOfInstallments | None = None
