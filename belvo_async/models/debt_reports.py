"""
Debt reports: what a person in Chile owes to banks, and which credit they have left.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always
from belvo_async.models.tax_status import ChileDocumentIdType


@attrs.frozen(kw_only=True)
class DebtReportPersonalData:
    """
    Whom a debt report is about.
    """

    full_name: str | None = None
    document_id_type: ChileDocumentIdType | None = None
    document_id_number: str | None = None


@attrs.frozen(kw_only=True)
class DebtReportDebt:
    """
    What a person owes, or vouches for, at one financial institution.

    Attributes:
        credit_type: In the institution's words, such as `Vivienda`, `Comercial`, `Consumo` or `Otro`.

        current: What of it is not due yet.

        delinquent: What is late by 30 to 59 days.

        severely_delinquent: What is late by 60 to 89 days.

        defaulted: What is late by 90 days or more.
    """

    financial_institution: str | None = None
    credit_type: str | None = None
    amount: Decimal | None = None
    current: Decimal | None = None
    delinquent: Decimal | None = None
    severely_delinquent: Decimal | None = None
    defaulted: Decimal | None = None


@attrs.frozen(kw_only=True)
class DebtReportCredit:
    """
    The credit that a person has left at one financial institution.
    """

    financial_institution: str | None = None
    direct_amount: Decimal | None = None
    indirect_amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class DebtReport:
    """
    The debts and credits of one person.

    Attributes:
        debt_data_last_update: As of which day the figures are.

        currency: Three letters (ISO 4217).

        total: All debts.

        current: What of them is not due yet.

        delinquent: What is late by 30 to 59 days.

        severely_delinquent: What is late by 60 to 89 days.

        defaulted: What is late by 90 days or more.

        direct_debts: The person's own.

        indirect_debts: Those of others that the person vouches for.

        credit_lines: Such as credit cards.

        other_credits: Such as guarantees and credits abroad.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/debt-reports-chile

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    personal_data: DebtReportPersonalData | None = None
    debt_data_last_update: date | None = None
    currency: str | None = None
    total: Decimal | None = None
    current: Decimal | None = None
    delinquent: Decimal | None = None
    severely_delinquent: Decimal | None = None
    defaulted: Decimal | None = None
    direct_debts: tuple[DebtReportDebt, ...] | None = None
    indirect_debts: tuple[DebtReportDebt, ...] | None = None
    credit_lines: tuple[DebtReportCredit, ...] | None = None
    other_credits: tuple[DebtReportCredit, ...] | None = None
