"""
The rows of the banking, enrichment and investment families, and the vocabularies that their requests list.
"""

from __future__ import annotations

from typing import Final

from models.specification import NEW, OLD, answer

from belvo_async import models


BANKING: Final = (
    (models.Transaction, NEW, "#/components/schemas/TransactionOpenFinanceBrazil"),
    (models.TransactionMerchantData, OLD, "#/components/schemas/TransactionMerchantData"),
    (models.TransactionCreditCardData, OLD, "#/components/schemas/TransactionCreditCardData"),
    (models.Owner, NEW, "#/components/schemas/OwnerIndividualOpenFinanceBrazil"),
    (models.Owner, NEW, "#/components/schemas/OwnerBusinessOpenFinanceBrazil"),
    (models.Owner, NEW, "#/components/schemas/Owner"),
    (models.Owner, NEW, answer("/api/owners/")),
    (models.Owner, OLD, "#/components/schemas/Owner"),
    (models.Income, NEW, "#/components/schemas/Income"),
    (models.Income, OLD, "#/components/schemas/Income"),
    (models.Income, OLD, answer("/api/enrich/incomes/", method="post")),
    (models.RecurringExpense, NEW, "#/components/schemas/RecurringExpenses"),
    (models.RecurringExpense, OLD, "#/components/schemas/RecurringExpenses"),
    (models.RiskInsights, NEW, "#/components/schemas/RiskInsights"),
    (models.RiskInsights, OLD, "#/components/schemas/RiskInsights"),
    (models.Investment, NEW, "#/components/schemas/InvestmentBrazil"),
    (models.InvestmentTransaction, NEW, "#/components/schemas/InvestmentTransactionBrazil"),
    (models.InvestmentPortfolio, OLD, "#/components/schemas/InvestmentsPortfolio"),
    (models.ReceivablesTransaction, OLD, "#/components/schemas/ReceivablesTransaction"),
    (models.Bill, NEW, "#/components/schemas/Bill"),
    (models.Exchange, NEW, "#/components/schemas/Exchange"),
    (models.ExchangeHistory, NEW, "#/components/schemas/ExchangeHistory"),
    (models.ExchangeHistory, NEW, answer("/api/br/exchanges/{id}/history/")),
    (models.Consent, NEW, "#/components/schemas/Consents"),
    (models.Consent, NEW, answer("/api/consents/")),
    (models.WidgetToken, NEW, answer("/api/token/", method="post")),
    (models.Categorization, OLD, answer("/api/categorization/", method="post")),
    (models.CategorizationTransactionRequest, OLD, "#/components/schemas/CategorizationBodyRequest"),
    (
        models.IncomeVerificationTransactionRequest,
        OLD,
        "#/components/schemas/EyodIncomeVerificationBodyRequest",
    ),
)

BANKING_APART: Final = (
    # The two versions contradict each other, see `test_transactions`.
    (models.Transaction, OLD, "#/components/schemas/Transaction"),
)

BANKING_VOCABULARIES: Final = (
    (models.TransactionType, OLD, "#/components/schemas/EnumTransactionType"),
    (models.TransactionStatus, OLD, "#/components/schemas/EnumTransactionStatus"),
    (models.TransactionCategory, OLD, "#/components/schemas/EnumTransactionCategory"),
    (models.TransactionSubcategory, OLD, "#/components/schemas/EnumTransactionSubcategory"),
    *(
        (enum, version, f"#/components/schemas/{schema}")
        for version in (NEW, OLD)
        for enum, schema in (
            (models.IncomeStreamType, "EnumInvoiceAllowedIncomeTypesRequest"),
            (models.IncomeStreamConfidence, "EnumIncomeMinimumConfidenceLevelRequest"),
        )
    ),
)
