"""
Webhooks as Belvo sends them, with values that are made up.
"""

from __future__ import annotations

import json

from datetime import UTC, date, datetime
from typing import Any

import attrs

from belvo_async.webhooks import (
    AccountsFound,
    BillsFound,
    ConsentNotice,
    EmploymentChanges,
    EmploymentRecordsFound,
    IncomesFound,
    InvestmentsFound,
    InvestmentTransactionsFound,
    InvoicesFound,
    LinkProblem,
    OwnersFound,
    TaxComplianceStatusFound,
    TaxDeclarationsFound,
    TaxRetentionsFound,
    TaxReturnsFound,
    TaxStatusFound,
    TransactionsFound,
    WebhookData,
)


LINK = "7c9ffb0e-1f2b-4a4c-9d5e-6a0b8c7d1e2f"
REQUEST = "3b1f0c9a-8d7e-4f60-9a2b-1c3d5e7f9081"
WEBHOOK = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def body(type_: str, code: str, data: Any = None, **members: Any) -> bytes:
    """
    Return a webhook of the newer generation as it goes over the wire.
    """
    written = {
        "webhook_id": WEBHOOK,
        "webhook_type": type_,
        "process_type": "historical_update",
        "webhook_code": code,
        "link_id": LINK,
        "request_id": REQUEST,
        "external_id": None,
        "data": {} if data is None else data,
        **members,
    }
    return json.dumps(written).encode()


def old_body(type_: str, code: str, data: Any = None) -> bytes:
    """
    Return the same as an older Belvo sent it.
    """
    written = {
        "webhook_id": WEBHOOK,
        "webhook_type": type_,
        "webhook_code": code,
        "link_id": LINK,
        "data": {} if data is None else data,
    }
    return json.dumps(written).encode()


@attrs.frozen
class Sample:
    """
    What a webhook carries, as it is sent and as it is read.
    """

    type: str
    code: str
    sent: dict[str, Any]
    read: WebhookData

    def __str__(self) -> str:
        return f"{self.type}-{self.code}"


CONSENT = {
    "consent_id": "2d4c6b8a-0000-4000-8000-1a2b3c4d5e6f",
    "action": "renew",
    "institution": "ofmockbank_br_retail",
    "institution_display_name": "OF Mockbank",
    "institution_icon_logo": "https://ofmockbank.example/icon.svg",
}

SAMPLES = [
    Sample(
        "LINK",
        "invalid_credentials",
        {"error_code": "login_error", "error_message": "No.", "status": 400},
        LinkProblem(error_code="login_error", error_message="No.", status=400),
    ),
    Sample(
        "LINK",
        "token_required",
        {"error_code": "token_required", "error_message": "More.", "status": "428"},
        LinkProblem(error_code="token_required", error_message="More.", status=428),
    ),
    Sample("LINK", "link_deleted", {}, WebhookData()),
    Sample("CONSENT", "consent_expired", CONSENT, ConsentNotice(**CONSENT)),
    Sample("CONSENT", "openfinance_consent_expired", CONSENT, ConsentNotice(**CONSENT)),
    Sample(
        "CONSENT",
        "openfinance_consent_about_to_expire",
        {**CONSENT, "consent_due_date": "2026-12-26T10:45:58.000Z"},
        ConsentNotice(**CONSENT, consent_due_date=datetime(2026, 12, 26, 10, 45, 58, tzinfo=UTC)),
    ),
    Sample("CONSENT", "openfinance_consent_expiration_changed", CONSENT, ConsentNotice(**CONSENT)),
    Sample(
        "CONSENT",
        "openfinance_consent_with_temporarily_unavailable_resources",
        CONSENT,
        ConsentNotice(**CONSENT),
    ),
    Sample("CONSENT", "openfinance_consent_with_unrecoverable_resources", CONSENT, ConsentNotice(**CONSENT)),
    Sample("ACCOUNTS", "historical_update", {"total_accounts": 5}, AccountsFound(total_accounts=5)),
    Sample("ACCOUNTS", "new_accounts_available", {"new_accounts": 1}, AccountsFound(new_accounts=1)),
    Sample("OWNERS", "historical_update", {"total_owners": 2}, OwnersFound(total_owners=2)),
    Sample("OWNERS", "new_owners_available", {"new_owners": 1}, OwnersFound(new_owners=1)),
    Sample(
        "TRANSACTIONS",
        "historical_update",
        {
            "total_transactions": 7,
            "total_inflow_transactions": 3,
            "total_outflow_transactions": 4,
            "first_transaction_date": "2025-02-03",
            "last_transaction_date": "2026-02-01",
        },
        TransactionsFound(
            total_transactions=7,
            total_inflow_transactions=3,
            total_outflow_transactions=4,
            first_transaction_date=date(2025, 2, 3),
            last_transaction_date=date(2026, 2, 1),
        ),
    ),
    Sample(
        "TRANSACTIONS",
        "new_transactions_available",
        {"new_transactions": 4},
        TransactionsFound(new_transactions=4),
    ),
    Sample("TRANSACTIONS", "transactions_updated", {}, WebhookData()),
    Sample("TRANSACTIONS", "transactions_deleted", {}, WebhookData()),
    Sample(
        "RECEIVABLES_TRANSACTIONS",
        "historical_update",
        {"total_transactions": 9, "first_transaction_date": "2025-02-03"},
        TransactionsFound(total_transactions=9, first_transaction_date=date(2025, 2, 3)),
    ),
    Sample(
        "RECEIVABLES_TRANSACTIONS",
        "new_receivables_transactions_available",
        {"new_transactions": 9},
        TransactionsFound(new_transactions=9),
    ),
    Sample("BILLS", "historical_update", {"total_bills": 2}, BillsFound(total_bills=2)),
    Sample("BILLS", "new_bills_available", {"new_bills": 1}, BillsFound(new_bills=1)),
    Sample(
        "INVESTMENTS", "historical_update", {"total_investments": 2}, InvestmentsFound(total_investments=2)
    ),
    Sample(
        "INVESTMENTS",
        "new_investments_available",
        {"new_investments": 2},
        InvestmentsFound(new_investments=2),
    ),
    Sample(
        "INVESTMENT_TRANSACTIONS",
        "historical_update",
        {"total_investment_transactions": 6},
        InvestmentTransactionsFound(total_investment_transactions=6),
    ),
    Sample(
        "INVESTMENT_TRANSACTIONS",
        "new_investment_transactions_available",
        {"new_investment_transactions": 6},
        InvestmentTransactionsFound(new_investment_transactions=6),
    ),
    Sample(
        "INCOMES",
        "historical_update",
        {"total_incomes": 1, "number_of_income_streams": 5},
        IncomesFound(total_incomes=1, number_of_income_streams=5),
    ),
    *(
        Sample(
            "INVOICES",
            code,
            {
                "total_invoices": 34,
                "first_invoice_date": "2026-01-05",
                "last_invoice_date": "2026-02-05",
            },
            InvoicesFound(
                total_invoices=34,
                first_invoice_date=date(2026, 1, 5),
                last_invoice_date=date(2026, 2, 5),
            ),
        )
        for code in (
            "historical_update",
            "initial_inflow_update",
            "initial_outflow_update",
            "historical_inflow_update",
            "historical_outflow_update",
        )
    ),
    Sample(
        "TAX_RETURNS",
        "historical_update",
        {
            "type": "yearly",
            "total_tax_returns": 2,
            "first_tax_return_year": 2024,
            "last_tax_return_year": 2025,
        },
        TaxReturnsFound(
            type="yearly", total_tax_returns=2, first_tax_return_year=2024, last_tax_return_year=2025
        ),
    ),
    Sample(
        "TAX_RETURNS",
        "new_tax_returns_available",
        {"new_tax_returns": 1},
        TaxReturnsFound(new_tax_returns=1),
    ),
    Sample(
        "TAX_DECLARATIONS",
        "historical_update",
        {
            "total_tax_returns": 2,
            "first_tax_declaration_date": 2024,
            "last_tax_declaration_date": "2025-04-01",
        },
        TaxDeclarationsFound(
            total_tax_returns=2,
            first_tax_declaration_date="2024",
            last_tax_declaration_date="2025-04-01",
        ),
    ),
    Sample(
        "TAX_RETENTIONS",
        "historical_update",
        {
            "total_tax_retentions": 1,
            "first_tax_retention_date": "2025-06-01",
            "last_tax_retention_date": "2025-08-20",
        },
        TaxRetentionsFound(
            total_tax_retentions=1,
            first_tax_retention_date=date(2025, 6, 1),
            last_tax_retention_date=date(2025, 8, 20),
        ),
    ),
    Sample(
        "TAX_STATUS",
        "historical_update",
        {"total_tax_status": 1, "last_status_change_date": "1995-08-01"},
        TaxStatusFound(total_tax_status=1, last_status_change_date=date(1995, 8, 1)),
    ),
    Sample(
        "TAX_COMPLIANCE_STATUS",
        "historical_update",
        {"total_tax_compliance_status": 1},
        TaxComplianceStatusFound(total_tax_compliance_status=1),
    ),
    Sample(
        "EMPLOYMENT_RECORDS",
        "historical_update",
        {"total_employment_record_profiles": 1},
        EmploymentRecordsFound(total_employment_record_profiles=1),
    ),
    Sample(
        "EMPLOYMENT_RECORDS",
        "employment_changes",
        {"employment_changes": ["EMPLOYED", "SALARY_INCREASED"]},
        EmploymentChanges(employment_changes=("EMPLOYED", "SALARY_INCREASED")),
    ),
    *(
        Sample(type_, "historical_update", {}, WebhookData())
        for type_ in (
            "BALANCES",
            "CURRENT_EMPLOYMENTS",
            "DEBT_REPORTS",
            "EMPLOYMENTS",
            "EMPLOYMENT_METRICS",
            "EXCHANGES",
            "FINANCIAL_STATEMENTS",
            "INVESTMENTS_PORTFOLIOS",
            "INVESTMENTS_TRANSACTIONS",
            "RECURRING_EXPENSES",
            "RISK_INSIGHTS",
        )
    ),
]
"""One for each type and code."""
