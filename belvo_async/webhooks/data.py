"""
What webhooks carry in `data`: a class for each documented form.

Only hints: read the data themselves by `list()` or `get()`. Members that a class does not have are in
`WebhookEvent.received`.
"""

from __future__ import annotations

from datetime import date

import attrs

from belvo_async.models._fields import Instant


@attrs.frozen(kw_only=True)
class WebhookData:
    """
    What a webhook carries: one of the classes below, or this one where its form is not documented.
    """


@attrs.frozen(kw_only=True)
class LinkProblem(WebhookData):
    """
    Why Belvo cannot log in any more.

    Attributes:
        error_code: As in an error of the API: `login_error`, `token_required`.

        error_message: Belvo's own words.

        status: The HTTP status that a call would have brought.
    """

    # https://developers.belvo.com/docs/webhook-links

    error_code: str | None = None
    error_message: str | None = None
    status: int | None = None


@attrs.frozen(kw_only=True)
class ConsentNotice(WebhookData):
    """
    A consent whose state has changed, or soon will.

    Attributes:
        consent_id: `Consent.id`.

        consent_due_date: When it ends, where that is still to come.

        action: What Belvo wants you to do, such as `renew`.

        institution: `Institution.name`.

        institution_display_name: `Institution.display_name`.

        institution_icon_logo: Address of an image.
    """

    # https://developers.belvo.com/docs/webhook-consents

    consent_id: str | None = None
    consent_due_date: Instant | None = None
    action: str | None = None
    institution: str | None = None
    institution_display_name: str | None = None
    institution_icon_logo: str | None = None


# --- what was found: totals in an update that was asked for, new ones in a recurrent one ---


@attrs.frozen(kw_only=True)
class AccountsFound(WebhookData):
    """
    How many accounts there are, or are new.
    """

    total_accounts: int | None = None
    new_accounts: int | None = None


@attrs.frozen(kw_only=True)
class OwnersFound(WebhookData):
    """
    How many owners there are, or are new.
    """

    total_owners: int | None = None
    new_owners: int | None = None


@attrs.frozen(kw_only=True)
class TransactionsFound(WebhookData):
    """
    How many transactions there are and of which days, or are new. Also for those of receivables.
    """

    total_transactions: int | None = None
    total_inflow_transactions: int | None = None
    total_outflow_transactions: int | None = None
    first_transaction_date: date | None = None
    last_transaction_date: date | None = None
    new_transactions: int | None = None


@attrs.frozen(kw_only=True)
class BillsFound(WebhookData):
    """
    How many bills there are, or are new.
    """

    total_bills: int | None = None
    new_bills: int | None = None


@attrs.frozen(kw_only=True)
class InvestmentsFound(WebhookData):
    """
    How many investments there are, or are new.
    """

    total_investments: int | None = None
    new_investments: int | None = None


@attrs.frozen(kw_only=True)
class InvestmentTransactionsFound(WebhookData):
    """
    How many transactions of investments there are, or are new.
    """

    total_investment_transactions: int | None = None
    new_investment_transactions: int | None = None


@attrs.frozen(kw_only=True)
class IncomesFound(WebhookData):
    """
    Whether incomes were computed, and from how many streams.
    """

    total_incomes: int | None = None
    number_of_income_streams: int | None = None


@attrs.frozen(kw_only=True)
class InvoicesFound(WebhookData):
    """
    How many invoices there are, and of which days. The code says of which direction.
    """

    total_invoices: int | None = None
    first_invoice_date: date | None = None
    last_invoice_date: date | None = None


@attrs.frozen(kw_only=True)
class TaxReturnsFound(WebhookData):
    """
    How many tax returns there are, and of which years. The yearly and the monthly ones come separately.

    Attributes:
        type: `yearly` or `monthly`.
    """

    type: str | None = None
    total_tax_returns: int | None = None
    first_tax_return_year: int | None = None
    last_tax_return_year: int | None = None
    new_tax_returns: int | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationsFound(WebhookData):
    """
    How many tax declarations there are, and of when.

    Attributes:
        total_tax_returns: So it is called, and counts declarations.

        first_tax_declaration_date: A year or a date; Belvo's documents call it one and show the other.

        last_tax_declaration_date: The same.
    """

    total_tax_returns: int | None = None
    first_tax_declaration_date: str | None = None
    last_tax_declaration_date: str | None = None


@attrs.frozen(kw_only=True)
class TaxRetentionsFound(WebhookData):
    """
    How many tax retentions there are, and of which days.
    """

    total_tax_retentions: int | None = None
    first_tax_retention_date: date | None = None
    last_tax_retention_date: date | None = None


@attrs.frozen(kw_only=True)
class TaxStatusFound(WebhookData):
    """
    Whether a tax status was found, and when it last changed.
    """

    total_tax_status: int | None = None
    last_status_change_date: date | None = None


@attrs.frozen(kw_only=True)
class TaxComplianceStatusFound(WebhookData):
    """
    Whether a tax compliance status was found.
    """

    total_tax_compliance_status: int | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordsFound(WebhookData):
    """
    How many profiles of employment there are.
    """

    total_employment_record_profiles: int | None = None


@attrs.frozen(kw_only=True)
class EmploymentChanges(WebhookData):
    """
    What has changed in the user's employment, in Belvo's words such as `SALARY_INCREASED`.
    """

    employment_changes: tuple[str, ...] | None = None
