"""
Tax compliance status: whether the tax office thinks that a taxpayer has done their duties.
"""

from __future__ import annotations

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class TaxComplianceStatusOutcome(OpenEnum):
    """
    The opinion of the tax office.
    """

    POSITIVE = "POSITIVE"
    """All duties are done."""

    NEGATIVE = "NEGATIVE"
    """Some are not."""

    NO_OBLIGATIONS = "NO_OBLIGATIONS"
    """There are none."""


@attrs.frozen(kw_only=True)
class TaxComplianceStatus:
    """
    The tax office's opinion of a taxpayer in Mexico.

    Attributes:
        internal_identification: The tax office's number of the document.

        pdf: The document itself, where it was asked for.

        rfc: The taxpayer's number.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-compliance-status

    id: str = always()
    collected_at: Instant | None = None
    created_at: Instant | None = None
    internal_identification: str | None = None
    pdf: str | None = None
    rfc: str | None = None
    outcome: TaxComplianceStatusOutcome | None = None
