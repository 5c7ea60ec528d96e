"""
Tax declarations: what a taxpayer in Colombia declared for a year.

One class serves both shapes that Belvo documents, that of persons and that of businesses. What a shape does
not have is `None`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always


@attrs.frozen(kw_only=True)
class TaxDeclarationDocumentInformation:
    """
    The form that a tax declaration was made on.

    Attributes:
        type: The tax office's number of the form: `110` or `210`.

        form_number: The tax office's number of this declaration.
    """

    name: str | None = None
    type: str | None = None
    form_number: str | None = None
    year: int | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationDocumentId:
    """
    A document of identity of the taxpayer.

    Attributes:
        document_type: Such as `NIT`.
    """

    document_type: str | None = None
    document_number: str | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationReportingId:
    """
    The branch of the tax office that the taxpayer declares to.

    Attributes:
        reporting_type: What `reporting_value` is, such as `sectional_address_code`.
    """

    reporting_type: str | None = None
    reporting_value: str | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationTaxPayerInformation:
    """
    Who declares.

    Attributes:
        main_economic_activity: The tax office's code for what the taxpayer does for a living.

        company_name: Only for businesses.
    """

    first_last_name: str | None = None
    second_last_name: str | None = None
    first_name: str | None = None
    other_names: str | None = None
    main_economic_activity: str | None = None
    document_id: TaxDeclarationDocumentId | None = None
    reporting_id: TaxDeclarationReportingId | None = None
    company_name: str | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationEquityStatement:
    """
    What the taxpayer owns and owes.

    Attributes:
        total_debts: Only for persons; businesses have `debts`.

        cash_and_cash_equivalents: From here on only for businesses.

        investments_and_derivative_financial_instruments: Shares, bonds and the like.

        accounts_documents_and_finance_leases_receivable: What others owe the business.

        inventory: What the business has in stock.

        property_plant_and_equipment_investment_properties: Land, buildings and machines.
    """

    total_gross_equity: Decimal | None = None
    total_debts: Decimal | None = None
    total_net_equity: Decimal | None = None
    cash_and_cash_equivalents: Decimal | None = None
    investments_and_derivative_financial_instruments: Decimal | None = None
    accounts_documents_and_finance_leases_receivable: Decimal | None = None
    inventory: Decimal | None = None
    property_plant_and_equipment_investment_properties: Decimal | None = None
    debts: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationIncome:
    """
    What a person earned, by where it came from.

    Attributes:
        earned_income: From employment.

        fee_based_income: From what was billed to customers.

        capital_income: From what the person owns, such as shares or a flat to let.

        non_labor_income: From anything else.
    """

    earned_income: Decimal | None = None
    fee_based_income: Decimal | None = None
    capital_income: Decimal | None = None
    non_labor_income: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationAnnualTotals:
    """
    What of a person's income is left to be taxed.

    Attributes:
        total_exempt_income: What is not taxed.

        total_ordinary_net_income: What is left without exemptions and deductions.
    """

    total_exempt_income: Decimal | None = None
    total_applicable_deductions: Decimal | None = None
    total_exemptions_and_deductions: Decimal | None = None
    total_ordinary_net_income: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationAnnualIncomeStatement:
    """
    What the taxpayer earned in the year.

    Attributes:
        gross_income: This and the next three only for persons.

        non_taxable_income: What of `gross_income` is not taxed.

        net_income: What is left of it.

        gross_income_from_ordinary_activities: From the main business. From here on only for businesses.

        returns_rebates_and_discounts_on_sales: What customers were given back.

        total_net_income: What is left without that.
    """

    gross_income: TaxDeclarationIncome | None = None
    non_taxable_income: TaxDeclarationIncome | None = None
    net_income: TaxDeclarationIncome | None = None
    annual_totals: TaxDeclarationAnnualTotals | None = None
    gross_income_from_ordinary_activities: Decimal | None = None
    dividends: Decimal | None = None
    other_income: Decimal | None = None
    total_gross_income: Decimal | None = None
    returns_rebates_and_discounts_on_sales: Decimal | None = None
    total_net_income: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationPensionIncomeStatement:
    """
    What a person had from pensions in the year.
    """

    net_pension_income: Decimal | None = None
    net_taxable_pension_income: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationAnnualCostsAndDeductionsStatement:
    """
    What a business spent in the year.

    Attributes:
        costs: Of what it makes or does.

        financial_expenses: Such as the fees of banks.
    """

    costs: Decimal | None = None
    administration_expenses: Decimal | None = None
    distribution_and_sales_expenses: Decimal | None = None
    financial_expenses: Decimal | None = None
    total_costs_and_deductible_expenses: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclarationTaxAssessment:
    """
    How the tax comes about.

    Attributes:
        fortuitous_profit_tax: On gains such as those of a lottery.

        total_tax_on_taxable_net_income: Before the last deductions.

        net_income_tax: After them.

        total_tax_due: What is owed for the year.

        previous_year_balance: `balance_refundable` of the year before. This and the next three only for
            persons.

        total_withheld_tax: What has been held back already.

        balance_payable: What is still to be paid.

        balance_refundable: What was paid too much, and counts for the next year.

        total_payment: What is to be paid, all things considered.

        net_income_taxable: From here on only for businesses.

        total_withholdings_for_the_taxable_year_to_be_declared: What has been held back already.

        total_balance_payable: What is still to be paid.

        total_balance_in_favor: What was paid too much.
    """

    fortuitous_profit_tax: Decimal | None = None
    total_tax_on_taxable_net_income: Decimal | None = None
    net_income_tax: Decimal | None = None
    total_tax_due: Decimal | None = None
    previous_year_balance: Decimal | None = None
    total_withheld_tax: Decimal | None = None
    balance_payable: Decimal | None = None
    balance_refundable: Decimal | None = None
    total_payment: Decimal | None = None
    net_income_taxable: Decimal | None = None
    total_withholdings_for_the_taxable_year_to_be_declared: Decimal | None = None
    total_balance_payable: Decimal | None = None
    total_balance_in_favor: Decimal | None = None


@attrs.frozen(kw_only=True)
class TaxDeclaration:
    """
    One tax declaration.

    Attributes:
        pension_income_statement: Only for persons.

        pdf: The document itself, where it was asked for.

        annual_costs_and_deductions_statement: Only for businesses.
    """

    # The documentation of today has no tax declarations any more, they are in the specification of 1.35.0.

    id: str = always()
    link: str = always()
    collected_at: Instant | None = None
    created_at: Instant | None = None
    document_information: TaxDeclarationDocumentInformation | None = None
    tax_payer_information: TaxDeclarationTaxPayerInformation | None = None
    equity_statement: TaxDeclarationEquityStatement | None = None
    annual_income_statement: TaxDeclarationAnnualIncomeStatement | None = None
    pension_income_statement: TaxDeclarationPensionIncomeStatement | None = None
    tax_assessment: TaxDeclarationTaxAssessment | None = None
    date_issued: date | None = None
    pdf: str | None = None
    annual_costs_and_deductions_statement: TaxDeclarationAnnualCostsAndDeductionsStatement | None = None
