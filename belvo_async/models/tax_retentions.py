"""
Tax retentions: taxes that a payer held back and paid to the tax office in the receiver's place.
"""

from __future__ import annotations

from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class TaxRetentionReceiverNationality(OpenEnum):
    """
    Whether the receiver of an invoice is Mexican; others are taxed by other rules.
    """

    NATIONAL = "NATIONAL"
    FOREIGN = "FOREIGN"


class TaxRetentionPaymentStatus(OpenEnum):
    """
    Whether what was held back has been paid to the tax office.
    """

    PAID = "PAID"
    PROVISIONED = "PROVISIONED"


@attrs.frozen(kw_only=True)
class TaxRetentionBreakdown:
    """
    One of the taxes that were held back.

    Attributes:
        base_amount: What the tax was reckoned from.

        tax_type: The tax office's code of the tax.
    """

    base_amount: Decimal | None = None
    tax_type: str | None = None
    retained_amount: Decimal | None = None
    payment_status: TaxRetentionPaymentStatus | None = None


@attrs.frozen(kw_only=True)
class TaxRetention:
    """
    The taxes that were held back from one invoice.

    Attributes:
        invoice_identification: `Invoice.invoice_identification`.

        version: Of the form that the tax office prescribes.

        code: The tax office's code for why taxes were held back.

        sender_id: The sender's tax number.

        receiver_id: The receiver's tax number.

        total_exempt_amount: What of the invoice is not taxed.

        total_taxable_amount: What of it is.

        xml: The document itself, where it was asked for.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-retentions

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    invoice_identification: str | None = None
    version: str | None = None
    code: int | None = None
    issued_at: Instant | None = None
    certified_at: Instant | None = None
    cancelled_at: Instant | None = None
    sender_id: str | None = None
    sender_name: str | None = None
    receiver_nationality: TaxRetentionReceiverNationality | None = None
    receiver_id: str | None = None
    receiver_name: str | None = None
    total_invoice_amount: Decimal | None = None
    total_exempt_amount: Decimal | None = None
    total_retained_amount: Decimal | None = None
    total_taxable_amount: Decimal | None = None
    retention_breakdown: tuple[TaxRetentionBreakdown, ...] | None = None
    xml: str | None = None
