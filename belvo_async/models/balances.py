"""
Balances: what an account held on a day, and what it holds in Brazil's Open Finance network now.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always
from belvo_async.models.accounts import Account


@attrs.frozen(kw_only=True)
class BrazilBalance:
    """
    What an account in Brazil's Open Finance network holds now.

    Attributes:
        account_id: `Account.id`.

        account_internal_identification: `Account.internal_identification`.

        last_updated_at: As of when the institution vouches for the figures; may lie hours or days before
            `collected_at`.

        currency: Three letters (ISO 4217).

        available: What can be spent.

        blocked: What is held back, for pending transactions for example.

        automatically_invested: What the institution invests by itself, as agreed with the owner.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/balances

    id: str = always()
    link: str = always()
    account_id: str = always()
    account_internal_identification: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    last_updated_at: Instant | None = None
    currency: str | None = None
    available: Decimal | None = None
    blocked: Decimal | None = None
    automatically_invested: Decimal | None = None


@attrs.frozen(kw_only=True)
class Balance:
    """
    What a checking or savings account held at the end of one day.

    Attributes:
        value_date: The day.

        balance: `None` also where Belvo cannot tell the figure of that day.

        current_balance: Use `balance` in its place.

        statement: Id of the bank statement that the figure was taken from.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/balances: the page of today shows `BrazilBalance`
    # only, this shape is in the specification of 1.35.0.

    id: str = always()
    account: Account | None = None
    value_date: date | None = None
    balance: Decimal | None = None
    current_balance: Decimal | None = None  # deprecated by Belvo
    statement: str | None = None  # deprecated by Belvo
    collected_at: Instant | None = None  # deprecated by Belvo
