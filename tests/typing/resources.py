"""
The type of each verb of each resource. Checked by mypy and pyright, never run.

A verb that a resource has not is an error of types: the ignores below are needed, or the checkers complain.
Written by `tests/resources/expectations.py`; a test compares.
"""

from __future__ import annotations

from typing import assert_type

from belvo_async import AcceptedRequest, BelvoClient
from belvo_async.models import (
    Account,
    Balance,
    Bill,
    BrazilBalance,
    Categorization,
    ChileInvoice,
    ChileTaxStatus,
    Consent,
    CurrentEmployment,
    DebtReport,
    Employment,
    EmploymentMetric,
    EmploymentRecord,
    Exchange,
    ExchangeHistory,
    FinancialStatement,
    Income,
    Institution,
    Investment,
    InvestmentPortfolio,
    InvestmentTransaction,
    Invoice,
    Link,
    Owner,
    ReceivablesTransaction,
    RecurringExpense,
    RiskInsights,
    TaxComplianceStatus,
    TaxDeclaration,
    TaxRetention,
    TaxReturn,
    TaxStatus,
    Transaction,
    WidgetToken,
)
from belvo_async.resources.pages import Pages


async def institutions(client: BelvoClient) -> None:
    """
    /api/institutions/
    """
    resource = client.institutions
    assert_type(resource.list(), Pages[Institution])
    assert_type(await resource.get("a"), Institution)
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def links(client: BelvoClient) -> None:
    """
    /api/links/
    """
    resource = client.links
    assert_type(await resource.modify("a"), Link)
    assert_type(await resource.refresh("a"), AcceptedRequest[None])
    assert_type(await resource.register("a", "a"), Link)
    assert_type(await resource.request_deletion("a"), AcceptedRequest[None])
    assert_type(await resource.set_access_mode("a", "a"), Link)
    assert_type(await resource.update("a"), Link)
    assert_type(resource.list(), Pages[Link])
    assert_type(await resource.get("a"), Link)
    await resource.delete("a")
    assert_type(await resource.resume("a", "a"), Link)
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def widget_access_token(client: BelvoClient) -> None:
    """
    /api/token/
    """
    resource = client.widget_access_token
    assert_type(await resource.generate(), WidgetToken)
    resource.list  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.get  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def consents(client: BelvoClient) -> None:
    """
    /api/consents/
    """
    resource = client.consents
    assert_type(resource.list(user_document="a"), Pages[Consent])
    assert_type(await resource.get("a"), Consent)
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def owners(client: BelvoClient) -> None:
    """
    /api/owners/
    """
    resource = client.owners
    assert_type(resource.list(), Pages[Owner])
    assert_type(await resource.get("a"), Owner)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Owner])
    assert_type(await resource.resume("a", "a"), list[Owner])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def accounts(client: BelvoClient) -> None:
    """
    /api/accounts/
    """
    resource = client.accounts
    assert_type(resource.list(), Pages[Account])
    assert_type(await resource.get("a"), Account)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Account])
    assert_type(await resource.resume("a", "a"), list[Account])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def balances(client: BelvoClient) -> None:
    """
    /api/balances/
    """
    resource = client.balances
    assert_type(resource.list(), Pages[Balance])
    assert_type(await resource.get("a"), Balance)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a"), list[Balance])
    assert_type(await resource.resume("a", "a"), list[Balance])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def transactions(client: BelvoClient) -> None:
    """
    /api/transactions/
    """
    resource = client.transactions
    assert_type(resource.list(link="a"), Pages[Transaction])
    assert_type(await resource.get("a"), Transaction)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a"), list[Transaction])
    assert_type(await resource.resume("a", "a"), list[Transaction])
    assert_type(await resource.request("a", date_from="a", date_to="a"), AcceptedRequest[list[Transaction]])


async def bills(client: BelvoClient) -> None:
    """
    /api/bills/
    """
    resource = client.bills
    assert_type(resource.list(link="a"), Pages[Bill])
    assert_type(await resource.get("a"), Bill)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Bill])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def brazil_balances(client: BelvoClient) -> None:
    """
    /api/br/balances/
    """
    resource = client.brazil.balances
    assert_type(resource.list(link="a"), Pages[BrazilBalance])
    assert_type(await resource.get("a"), BrazilBalance)
    assert_type(await resource.retrieve("a"), list[BrazilBalance])
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def brazil_exchanges(client: BelvoClient) -> None:
    """
    /api/br/exchanges/
    """
    resource = client.brazil.exchanges
    assert_type(resource.history("a"), Pages[ExchangeHistory])
    assert_type(resource.list(link="a"), Pages[Exchange])
    assert_type(await resource.get("a"), Exchange)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Exchange])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def brazil_investments(client: BelvoClient) -> None:
    """
    /api/br/investments/
    """
    resource = client.brazil.investments
    assert_type(resource.list(link="a"), Pages[Investment])
    assert_type(await resource.get("a"), Investment)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Investment])
    assert_type(await resource.request("a"), AcceptedRequest[list[Investment]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def brazil_investment_transactions(client: BelvoClient) -> None:
    """
    /api/br/investment-transactions/
    """
    resource = client.brazil.investment_transactions
    assert_type(resource.list(link="a"), Pages[InvestmentTransaction])
    assert_type(await resource.get("a"), InvestmentTransaction)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[InvestmentTransaction])
    assert_type(await resource.request("a"), AcceptedRequest[list[InvestmentTransaction]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def brazil_employments(client: BelvoClient) -> None:
    """
    /api/br/employments/
    """
    resource = client.brazil.employments
    assert_type(resource.list(link="a"), Pages[Employment])
    assert_type(await resource.get("a"), Employment)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Employment])
    assert_type(await resource.request("a"), AcceptedRequest[list[Employment]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def investment_portfolios(client: BelvoClient) -> None:
    """
    /investments/portfolios/
    """
    resource = client.investment_portfolios
    assert_type(resource.list(), Pages[InvestmentPortfolio])
    assert_type(await resource.get("a"), InvestmentPortfolio)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[InvestmentPortfolio])
    assert_type(await resource.resume("a", "a"), list[InvestmentPortfolio])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def receivables_transactions(client: BelvoClient) -> None:
    """
    /receivables/transactions/
    """
    resource = client.receivables_transactions
    assert_type(resource.list(), Pages[ReceivablesTransaction])
    assert_type(await resource.get("a"), ReceivablesTransaction)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a"), list[ReceivablesTransaction])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def employment_records(client: BelvoClient) -> None:
    """
    /api/employment-records/
    """
    resource = client.employment_records
    assert_type(resource.list(), Pages[EmploymentRecord])
    assert_type(await resource.get("a"), EmploymentRecord)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[EmploymentRecord])
    assert_type(await resource.request("a"), AcceptedRequest[list[EmploymentRecord]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def mexico_current_employments(client: BelvoClient) -> None:
    """
    /api/mx/current-employments/
    """
    resource = client.mexico.current_employments
    assert_type(resource.list(), Pages[CurrentEmployment])
    assert_type(await resource.get("a"), CurrentEmployment)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[CurrentEmployment])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def invoices(client: BelvoClient) -> None:
    """
    /api/invoices/
    """
    resource = client.invoices
    assert_type(resource.list(), Pages[Invoice])
    assert_type(await resource.get("a"), Invoice)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a", type="a"), list[Invoice])
    assert_type(await resource.resume("a", "a"), list[Invoice])
    assert_type(
        await resource.request("a", date_from="a", date_to="a", type="a"), AcceptedRequest[list[Invoice]]
    )


async def tax_compliance_status(client: BelvoClient) -> None:
    """
    /api/tax-compliance-status/
    """
    resource = client.tax_compliance_status
    assert_type(resource.list(), Pages[TaxComplianceStatus])
    assert_type(await resource.get("a"), TaxComplianceStatus)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[TaxComplianceStatus])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def tax_returns(client: BelvoClient) -> None:
    """
    /api/tax-returns/
    """
    resource = client.tax_returns
    assert_type(resource.list(), Pages[TaxReturn])
    assert_type(await resource.get("a"), TaxReturn)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[TaxReturn])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def tax_retentions(client: BelvoClient) -> None:
    """
    /api/tax-retentions/
    """
    resource = client.tax_retentions
    assert_type(resource.list(), Pages[TaxRetention])
    assert_type(await resource.get("a"), TaxRetention)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a", type="a"), list[TaxRetention])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def tax_status(client: BelvoClient) -> None:
    """
    /api/tax-status/
    """
    resource = client.tax_status
    assert_type(resource.list(), Pages[TaxStatus])
    assert_type(await resource.get("a"), TaxStatus)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[TaxStatus])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def tax_declarations(client: BelvoClient) -> None:
    """
    /api/tax-declarations/
    """
    resource = client.tax_declarations
    assert_type(resource.list(), Pages[TaxDeclaration])
    assert_type(await resource.get("a"), TaxDeclaration)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", year_from=2025, year_to="a"), list[TaxDeclaration])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def financial_statements(client: BelvoClient) -> None:
    """
    /api/financial-statements/
    """
    resource = client.financial_statements
    assert_type(resource.list(), Pages[FinancialStatement])
    assert_type(await resource.get("a"), FinancialStatement)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[FinancialStatement])
    assert_type(await resource.request("a"), AcceptedRequest[list[FinancialStatement]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def chile_invoices(client: BelvoClient) -> None:
    """
    /api/cl/invoices/
    """
    resource = client.chile.invoices
    assert_type(resource.list(), Pages[ChileInvoice])
    assert_type(await resource.get("a"), ChileInvoice)
    await resource.delete("a")
    assert_type(await resource.retrieve("a", date_from="a", date_to="a"), list[ChileInvoice])
    assert_type(await resource.request("a", date_from="a", date_to="a"), AcceptedRequest[list[ChileInvoice]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def chile_tax_status(client: BelvoClient) -> None:
    """
    /api/cl/tax-status/
    """
    resource = client.chile.tax_status
    assert_type(resource.list(), Pages[ChileTaxStatus])
    assert_type(await resource.get("a"), ChileTaxStatus)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[ChileTaxStatus])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def chile_debt_reports(client: BelvoClient) -> None:
    """
    /api/cl/debt-reports/
    """
    resource = client.chile.debt_reports
    assert_type(resource.list(), Pages[DebtReport])
    assert_type(await resource.get("a"), DebtReport)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[DebtReport])
    assert_type(await resource.request("a"), AcceptedRequest[list[DebtReport]])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def incomes(client: BelvoClient) -> None:
    """
    /api/incomes/
    """
    resource = client.incomes
    assert_type(resource.list(), Pages[Income])
    assert_type(await resource.get("a"), Income)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[Income])
    assert_type(await resource.resume("a", "a"), list[Income])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def recurring_expenses(client: BelvoClient) -> None:
    """
    /api/recurring-expenses/
    """
    resource = client.recurring_expenses
    assert_type(resource.list(), Pages[RecurringExpense])
    assert_type(await resource.get("a"), RecurringExpense)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[RecurringExpense])
    assert_type(await resource.resume("a", "a"), list[RecurringExpense])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def risk_insights(client: BelvoClient) -> None:
    """
    /api/risk-insights/
    """
    resource = client.risk_insights
    assert_type(resource.list(), Pages[RiskInsights])
    assert_type(await resource.get("a"), RiskInsights)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[RiskInsights])
    assert_type(await resource.resume("a", "a"), list[RiskInsights])
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def employment_metrics(client: BelvoClient) -> None:
    """
    /api/employment-metrics/
    """
    resource = client.employment_metrics
    assert_type(resource.list(), Pages[EmploymentMetric])
    assert_type(await resource.get("a"), EmploymentMetric)
    await resource.delete("a")
    assert_type(await resource.retrieve("a"), list[EmploymentMetric])
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def income_verification(client: BelvoClient) -> None:
    """
    /api/enrich/incomes/
    """
    resource = client.income_verification
    assert_type(await resource.verify([{"transaction_id": "t-1", "amount": 5}], language="a"), list[Income])
    resource.list  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.get  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


async def categorization(client: BelvoClient) -> None:
    """
    /api/categorization/
    """
    resource = client.categorization
    assert_type(
        await resource.categorize([{"transaction_id": "t-1", "amount": 5}], language="a"), Categorization
    )
    resource.list  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.get  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.delete  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.retrieve  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.resume  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    resource.request  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
