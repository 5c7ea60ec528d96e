"""
The words of webhooks: what they are about, what happened, and why it was told.
"""

from __future__ import annotations

from belvo_async.models._fields import OpenEnum


class WebhookType(OpenEnum):
    """
    What a webhook is about: a resource, a link or a consent.
    """

    ACCOUNTS = "ACCOUNTS"
    BALANCES = "BALANCES"
    BILLS = "BILLS"
    CONSENT = "CONSENT"
    CURRENT_EMPLOYMENTS = "CURRENT_EMPLOYMENTS"
    DEBT_REPORTS = "DEBT_REPORTS"
    EMPLOYMENTS = "EMPLOYMENTS"
    EMPLOYMENT_METRICS = "EMPLOYMENT_METRICS"
    EMPLOYMENT_RECORDS = "EMPLOYMENT_RECORDS"
    EXCHANGES = "EXCHANGES"
    FINANCIAL_STATEMENTS = "FINANCIAL_STATEMENTS"
    INCOMES = "INCOMES"
    INVESTMENTS = "INVESTMENTS"
    INVESTMENTS_PORTFOLIOS = "INVESTMENTS_PORTFOLIOS"
    INVESTMENTS_TRANSACTIONS = "INVESTMENTS_TRANSACTIONS"
    INVESTMENT_TRANSACTIONS = "INVESTMENT_TRANSACTIONS"
    INVOICES = "INVOICES"
    LINK = "LINK"
    OWNERS = "OWNERS"
    RECEIVABLES_TRANSACTIONS = "RECEIVABLES_TRANSACTIONS"
    RECURRING_EXPENSES = "RECURRING_EXPENSES"
    RISK_INSIGHTS = "RISK_INSIGHTS"
    TAX_COMPLIANCE_STATUS = "TAX_COMPLIANCE_STATUS"
    TAX_DECLARATIONS = "TAX_DECLARATIONS"
    TAX_RETENTIONS = "TAX_RETENTIONS"
    TAX_RETURNS = "TAX_RETURNS"
    TAX_STATUS = "TAX_STATUS"
    TRANSACTIONS = "TRANSACTIONS"


class WebhookCode(OpenEnum):
    """
    What happened.
    """

    # of links

    INVALID_CREDENTIALS = "invalid_credentials"
    """The institution refuses the stored login: ask the user for a new password, then `client.links.update()`."""

    TOKEN_REQUIRED = "token_required"  # noqa: S105 - a word of Belvo's, no password
    """The institution wants a one-time token: `client.links.update()` brings a challenge. The webhook has none."""

    LINK_DELETED = "link_deleted"
    """An asynchronous deletion is done."""

    # of data

    HISTORICAL_UPDATE = "historical_update"
    """What was asked for is stored: read it by `list()` or `get()`."""

    INITIAL_INFLOW_UPDATE = "initial_inflow_update"
    INITIAL_OUTFLOW_UPDATE = "initial_outflow_update"
    HISTORICAL_INFLOW_UPDATE = "historical_inflow_update"
    HISTORICAL_OUTFLOW_UPDATE = "historical_outflow_update"
    NEW_ACCOUNTS_AVAILABLE = "new_accounts_available"
    NEW_BILLS_AVAILABLE = "new_bills_available"
    NEW_INVESTMENTS_AVAILABLE = "new_investments_available"
    NEW_INVESTMENT_TRANSACTIONS_AVAILABLE = "new_investment_transactions_available"
    NEW_OWNERS_AVAILABLE = "new_owners_available"
    NEW_RECEIVABLES_TRANSACTIONS_AVAILABLE = "new_receivables_transactions_available"
    NEW_TAX_RETURNS_AVAILABLE = "new_tax_returns_available"
    NEW_TRANSACTIONS_AVAILABLE = "new_transactions_available"
    TRANSACTIONS_UPDATED = "transactions_updated"
    TRANSACTIONS_DELETED = "transactions_deleted"
    EMPLOYMENT_CHANGES = "employment_changes"

    # of consents

    CONSENT_EXPIRED = "consent_expired"
    """An older spelling of `OPENFINANCE_CONSENT_EXPIRED`. Belvo's documents have both: look for both."""

    OPENFINANCE_CONSENT_EXPIRED = "openfinance_consent_expired"
    OPENFINANCE_CONSENT_ABOUT_TO_EXPIRE = "openfinance_consent_about_to_expire"
    """Only for those who have asked Belvo for it."""

    OPENFINANCE_CONSENT_EXPIRATION_CHANGED = "openfinance_consent_expiration_changed"
    OPENFINANCE_CONSENT_WITH_TEMPORARILY_UNAVAILABLE_RESOURCES = (
        "openfinance_consent_with_temporarily_unavailable_resources"
    )
    OPENFINANCE_CONSENT_WITH_UNRECOVERABLE_RESOURCES = "openfinance_consent_with_unrecoverable_resources"


class ProcessType(OpenEnum):
    """
    Why Belvo told it. Older webhooks do not say.
    """

    HISTORICAL_UPDATE = "historical_update"
    """Something was asked for: a new link, a refresh, an asynchronous request."""

    RECURRENT_UPDATE = "recurrent_update"
    """Belvo has looked on its own, as it does for recurrent links."""
