"""
Incomes: what comes in regularly, as Belvo reads it from transactions.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class IncomeStreamType(OpenEnum):
    """
    Where an income comes from.
    """

    SALARY = "SALARY"
    GOVERNMENT = "GOVERNMENT"
    INTEREST = "INTEREST"
    RENT = "RENT"
    RETIREMENT = "RETIREMENT"
    FREELANCE = "FREELANCE"
    ALTERNATIVE_INCOME = "ALTERNATIVE_INCOME"
    TRANSFER = "TRANSFER"
    DEPOSIT = "DEPOSIT"
    UNKNOWN = "UNKNOWN"
    PENSION = "PENSION"  # only 1.35.0


class IncomeStreamFrequency(OpenEnum):
    """
    How often an income arrives.

    `BIWEEKLY` is the older word for `FORTNIGHTLY`.
    """

    MONTHLY = "MONTHLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    WEEKLY = "WEEKLY"
    IRREGULAR = "IRREGULAR"
    SINGLE = "SINGLE"
    BIWEEKLY = "BIWEEKLY"  # only 1.35.0


class IncomeStreamConfidence(OpenEnum):
    """
    How sure Belvo is that an income will go on.
    """

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class IncomeSourceType(OpenEnum):
    """
    What incomes are read from.
    """

    BANK = "BANK"


@attrs.frozen(kw_only=True)
class IncomeStream:
    """
    One source of income.

    A period is thirty days, whatever the calendar says.

    Attributes:
        account_id: Id of the account that it arrives on.

        monthly_average: For a period with income.

        monthly_median: For a calendar month.

        average_income_amount: For a payment.

        currency: Three letters (ISO 4217).

        last_income_description: In the institution's words.

        stability: How alike the amounts are, from 0 to 1; `None` for a single payment, as are `regularity` and
            `trend`.

        regularity: How even the intervals are, from 0 to 1.

        trend: Between the first payment and the last; negative where they shrink.

        lookback_periods: Periods that were looked at.

        full_periods: Periods that there are transactions for.

        periods_with_income: Periods with a payment.

        number_of_incomes: Payments in all periods.
    """

    account_id: str = always()
    income_type: IncomeStreamType | None = None
    frequency: IncomeStreamFrequency | None = None
    monthly_average: Decimal | None = None
    monthly_median: Decimal | None = None
    average_income_amount: Decimal | None = None
    last_income_amount: Decimal | None = None
    currency: str | None = None
    last_income_description: str | None = None
    last_income_date: date | None = None
    stability: Decimal | None = None
    regularity: Decimal | None = None
    trend: Decimal | None = None
    lookback_periods: int | None = None
    full_periods: int | None = None
    periods_with_income: int | None = None
    number_of_incomes: int | None = None
    confidence: IncomeStreamConfidence | None = None


@attrs.frozen(kw_only=True)
class Income:
    """
    All that a user earns, source by source and in sum.

    Regular is what arrives at least once a month, irregular all the rest.

    Attributes:
        link: `Link.id`.

        best_working_day_to_charge: Of the month.

        good_working_days_to_charge: Of the month, besides the best.

        monthly_average: For all sources together.

        total_income_amount: For all sources together.

        total_low_confidence: Of the sources with this confidence.

        institution: That of the account, such as `Erebor Brazil`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/incomes

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    income_streams: tuple[IncomeStream, ...] | None = None
    income_source_type: IncomeSourceType | None = None
    first_transaction_date: date | None = None
    last_transaction_date: date | None = None
    best_working_day_to_charge: int | None = None
    good_working_days_to_charge: tuple[int, ...] | None = None
    number_of_income_streams: int | None = None
    monthly_average: Decimal | None = None
    monthly_average_regular: Decimal | None = None
    monthly_average_irregular: Decimal | None = None
    monthly_average_low_confidence: Decimal | None = None
    monthly_average_medium_confidence: Decimal | None = None
    monthly_average_high_confidence: Decimal | None = None
    total_income_amount: Decimal | None = None
    total_regular_income_amount: Decimal | None = None
    total_irregular_income_amount: Decimal | None = None
    total_low_confidence: Decimal | None = None
    total_medium_confidence: Decimal | None = None
    total_high_confidence: Decimal | None = None
    institution: str | None = None
