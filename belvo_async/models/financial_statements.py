"""
Financial statements: the balance sheet and the income statement of a business in Mexico, for a year.
"""

from __future__ import annotations

from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheetCurrentAssets:
    """
    What a business owns and will turn into money, or use up, within a year.

    Attributes:
        cash_and_equivalents: Cash, and what can be turned into cash at once.

        accounts_receivable: What customers owe.

        notes_receivable: What others promised to pay in writing.

        other_debtors: What anybody else owes.

        bad_debt_provision: What of these is not expected to be paid.

        tax_recoverable: What the tax office owes.

        assets_available_for_sale: What is to be sold and is no merchandise, such as a building.
    """

    cash_and_equivalents: Decimal | None = None
    short_term_investments: Decimal | None = None
    accounts_receivable: Decimal | None = None
    notes_receivable: Decimal | None = None
    other_debtors: Decimal | None = None
    bad_debt_provision: Decimal | None = None
    tax_recoverable: Decimal | None = None
    inventory: Decimal | None = None
    prepaid_expenses: Decimal | None = None
    assets_available_for_sale: Decimal | None = None
    total: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheetNonCurrentAssets:
    """
    What a business owns and will keep for more than a year.

    Attributes:
        property_plant_and_equipment: Land, buildings, machines and vehicles.

        long_term_accounts_receivable: What customers owe and need not pay within a year.

        goodwill: What was paid for other businesses beyond the worth of what they own.

        intangible_assets: Such as patents and brands.

        investments_in_associates: Shares in businesses that it has a say in and does not command.

        long_term_financial_instruments: Such as bonds.
    """

    property_plant_and_equipment: Decimal | None = None
    accumulated_depreciation_and_amortization: Decimal | None = None
    long_term_accounts_receivable: Decimal | None = None
    prepayment_to_suppliers: Decimal | None = None
    goodwill: Decimal | None = None
    intangible_assets: Decimal | None = None
    investments_in_associates: Decimal | None = None
    long_term_financial_instruments: Decimal | None = None
    total: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheetCurrentLiabilities:
    """
    What a business owes and has to pay within a year.

    Attributes:
        accounts_payable: What suppliers are owed.

        notes_payable: What it promised to pay in writing.

        other_creditors: What anybody else is owed.

        customer_advances: What customers paid and have nothing for yet.

        provisions: What is set aside for what may come, such as claims.
    """

    bank_loans: Decimal | None = None
    accounts_payable: Decimal | None = None
    notes_payable: Decimal | None = None
    financial_instruments: Decimal | None = None
    other_creditors: Decimal | None = None
    income_tax_payable: Decimal | None = None
    customer_advances: Decimal | None = None
    provisions: Decimal | None = None
    taxes_payable: Decimal | None = None
    total: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheetNonCurrentLiabilities:
    """
    What a business owes and need not pay within a year.

    Attributes:
        long_term_accounts_payable: What suppliers are owed.

        deferred_revenue: What customers paid for what they will get in later years.

        contributions_for_future_capital_increases: What owners paid in for shares that are still to come.

        deferred_income_tax: Income tax that is put off.

        employee_benefits: What employees are owed, such as pensions.

        long_term_provisions: What is set aside for what may come, such as claims.
    """

    long_term_accounts_payable: Decimal | None = None
    long_term_financial_instruments: Decimal | None = None
    deferred_revenue: Decimal | None = None
    contributions_for_future_capital_increases: Decimal | None = None
    deferred_income_tax: Decimal | None = None
    employee_benefits: Decimal | None = None
    long_term_provisions: Decimal | None = None
    total: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheetEquity:
    """
    What of a business belongs to its owners.

    Attributes:
        stockholders_equity: The shares, at their nominal value.

        future_capital_contributions: What owners paid in for shares that are still to come.

        legal_reserve: What the law wants to be kept of the profits.

        capital_update_excess: What the capital gained when it was valued anew.

        capital_update_insufficiency: What it lost then.

        capital_reserve: What is kept of gains outside of the business.

        share_premium_on_stock_sales: What was paid for shares beyond their nominal value.

        retained_earnings: Profits, or losses, of all years that were not paid out.

        other_comprehensive_income: Gains and losses that are in no income statement.

        controlling_interest: What belongs to the owner who commands.

        non_controlling_interest: What belongs to the others.
    """

    stockholders_equity: Decimal | None = None
    future_capital_contributions: Decimal | None = None
    legal_reserve: Decimal | None = None
    capital_update_excess: Decimal | None = None
    capital_update_insufficiency: Decimal | None = None
    capital_reserve: Decimal | None = None
    share_premium_on_stock_sales: Decimal | None = None
    retained_earnings: Decimal | None = None
    other_comprehensive_income: Decimal | None = None
    controlling_interest: Decimal | None = None
    non_controlling_interest: Decimal | None = None
    total: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementBalanceSheet:
    """
    What a business owns, and to whom that is owed, at the end of the year.
    """

    current_assets: FinancialStatementBalanceSheetCurrentAssets | None = None
    non_current_assets: FinancialStatementBalanceSheetNonCurrentAssets | None = None
    current_liabilities: FinancialStatementBalanceSheetCurrentLiabilities | None = None
    non_current_liabilities: FinancialStatementBalanceSheetNonCurrentLiabilities | None = None
    equity: FinancialStatementBalanceSheetEquity | None = None


@attrs.frozen(kw_only=True)
class FinancialStatementIncomeStatement:
    """
    What a business earned and spent in the year.

    Where there is a field for the gain and one for the loss, one of the two is `None`.

    Attributes:
        net_revenue: Not the sum of the sales: what customers were given back is taken off.

        domestic_sales: Within the country.

        foreign_sales: To other countries.

        gross_profit: What is left when the costs of what was sold are paid.

        operating_expenses: Of running the business, such as rent and wages.

        operating_income: What is left when these are paid too.

        financial_result: Of the two that follow.

        income_statement_financial_gains: Such as interest and gains from exchange rates; never negative.

        income_statement_financial_costs: Such as interest and losses from exchange rates; never positive.

        equity_in_earnings_of_affiliates: The share of what businesses earned that it has a say in.

        discontinued_operations: What was earned with what was closed or sold in the year.

        net_income: What is left when everything is paid.
    """

    net_revenue: Decimal | None = None
    domestic_sales: Decimal | None = None
    foreign_sales: Decimal | None = None
    materials_used: Decimal | None = None
    cost_of_goods_sold: Decimal | None = None
    cost_of_services_sold: Decimal | None = None
    gross_profit: Decimal | None = None
    gross_loss: Decimal | None = None
    operating_expenses: Decimal | None = None
    operating_income: Decimal | None = None
    operating_loss: Decimal | None = None
    financial_result: Decimal | None = None
    income_statement_financial_gains: Decimal | None = None
    income_statement_financial_costs: Decimal | None = None
    equity_in_earnings_of_affiliates: Decimal | None = None
    income_before_taxes: Decimal | None = None
    loss_before_taxes: Decimal | None = None
    income_taxes: Decimal | None = None
    income_from_continuing_operations: Decimal | None = None
    loss_from_continuing_operations: Decimal | None = None
    discontinued_operations: Decimal | None = None
    net_income: Decimal | None = None
    net_loss: Decimal | None = None


@attrs.frozen(kw_only=True)
class FinancialStatement:
    """
    The financial statement of one year.

    Attributes:
        error: Why there are no figures, in Belvo's words.

        year: Four digits.

        currency: Three letters (ISO 4217).
    """

    # https://developers.belvo.com/apis/belvoopenapispec/financial-statements

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    error: str | None = None
    year: str | None = None
    currency: str | None = None
    balance_sheet: FinancialStatementBalanceSheet | None = None
    income_statement: FinancialStatementIncomeStatement | None = None
