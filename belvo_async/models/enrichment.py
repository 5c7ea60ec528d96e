"""
Enrichment: transactions of your own that Belvo categorizes or reads incomes from.

What is sent is a value of this module as well. What comes back for incomes is an `Income`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import OpenEnum, always
from belvo_async.models.transactions import (
    TransactionCategory,
    TransactionMerchantData,
    TransactionSubcategory,
    TransactionType,
)


class CategorizationAccountHolderType(OpenEnum):
    """
    Whether an account belongs to a person.
    """

    INDIVIDUAL = "INDIVIDUAL"
    BUSINESS = "BUSINESS"


class CategorizationAccountCategory(OpenEnum):
    """
    The kinds of accounts whose transactions can be sent.
    """

    CHECKING_ACCOUNT = "CHECKING_ACCOUNT"
    CREDIT_CARD = "CREDIT_CARD"
    LOAN_ACCOUNT = "LOAN_ACCOUNT"
    SAVINGS_ACCOUNT = "SAVINGS_ACCOUNT"


@attrs.frozen(kw_only=True)
class CategorizationTransaction:
    """
    A transaction of yours that came back with its category.

    Attributes:
        transaction_id: Your own id of it.

        account_holder_id: Your own id of the holder.

        account_id: Your own id of the account.

        currency: Three letters (ISO 4217).

        institution: In your words.

        mcc: The code of the merchant's trade (ISO 18245), without leading zeros; only for credit cards.
    """

    transaction_id: str = always()
    account_holder_type: CategorizationAccountHolderType | None = None
    account_holder_id: str | None = None
    account_id: str | None = None
    account_category: CategorizationAccountCategory | None = None
    value_date: date | None = None
    description: str | None = None
    type: TransactionType | None = None
    amount: Decimal | None = None
    currency: str | None = None
    institution: str | None = None
    mcc: int | None = None
    category: TransactionCategory | None = None
    subcategory: TransactionSubcategory | None = None
    merchant: TransactionMerchantData | None = None


@attrs.frozen(kw_only=True)
class Categorization:
    """
    What came back for the transactions that were sent.
    """

    # The pages of today do not show categorization any more, it is in the specification of 1.35.0.

    transactions: tuple[CategorizationTransaction, ...] | None = None


@attrs.frozen(kw_only=True)
class CategorizationTransactionRequest:
    """
    A transaction of yours, to be categorized. All fields but `mcc` are needed.

    Attributes:
        transaction_id: Your own id of it.

        account_holder_id: Your own id of the holder.

        account_id: Your own id of the account.

        amount: `type` tells the direction.

        currency: Three letters (ISO 4217).

        institution: In your words.

        mcc: The code of the merchant's trade (ISO 18245), needed for credit cards.
    """

    transaction_id: str = always()
    account_holder_type: CategorizationAccountHolderType | None = None
    account_holder_id: str | None = None
    account_id: str | None = None
    account_category: CategorizationAccountCategory | None = None
    value_date: date | None = None
    description: str | None = None
    type: TransactionType | None = None
    amount: Decimal | None = None
    currency: str | None = None
    institution: str | None = None
    mcc: int | None = None


@attrs.frozen(kw_only=True)
class IncomeVerificationTransactionRequest:
    """
    A transaction of yours, to read incomes from. All fields are needed.

    Attributes:
        transaction_id: Your own id of it.

        account_holder_type: Only an `INDIVIDUAL` has incomes.

        account_holder_id: Your own id of the holder, in the form of a UUID.

        account_id: Your own id of the account.

        account_category: A checking or a savings account.

        type: Only an `INFLOW` is an income.

        currency: Three letters (ISO 4217).

        institution: In your words.
    """

    transaction_id: str = always()
    account_holder_type: CategorizationAccountHolderType | None = None
    account_holder_id: str | None = None
    account_id: str | None = None
    account_category: CategorizationAccountCategory | None = None
    value_date: date | None = None
    description: str | None = None
    type: TransactionType | None = None
    amount: Decimal | None = None
    currency: str | None = None
    institution: str | None = None
