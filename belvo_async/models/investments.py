"""
Investments: what a user holds in funds, bonds and shares, and the transactions that led to it.

`Investment` and `InvestmentTransaction` are those of Brazil's Open Finance network; `InvestmentPortfolio` is what
links with credentials have in their place.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.accounts import AccountBalanceType


class InvestmentType(OpenEnum):
    """
    The kind of an investment. Which fields it has depends on it.
    """

    FIXED_INCOME_BANKING = "FIXED_INCOME_BANKING"
    """Issued by a bank: *Renda Fixa Bancária*."""

    FIXED_INCOME_CREDIT = "FIXED_INCOME_CREDIT"
    """Issued by a company: *Renda Fixa Crédito*."""

    VARIABLE_INCOME = "VARIABLE_INCOME"
    """Shares and the like: *Renda Variável*."""

    TREASURY_BOND = "TREASURY_BOND"
    """Issued by the state: *Tesouro Direto*."""

    INVESTMENT_FUND = "INVESTMENT_FUND"
    """Units of a fund: *Fundos de Investimento*."""


class RemunerationRateType(OpenEnum):
    """
    Whether interest bears interest.
    """

    LINEAR = "LINEAR"
    EXPONENCIAL = "EXPONENCIAL"


class RemunerationRatePeriodicity(OpenEnum):
    """
    The time that a rate is for: a day, a month, a year or half of one.
    """

    DIARIO = "DIARIO"
    MENSAL = "MENSAL"
    ANUAL = "ANUAL"
    SEMESTRAL = "SEMESTRAL"


class RemunerationCalculationBase(OpenEnum):
    """
    Whether interest is counted by working days or by all days.
    """

    DIAS_UTEIS = "DIAS_UTEIS"
    DIAS_CORRIDOS = "DIAS_CORRIDOS"


class RemunerationIndexer(OpenEnum):
    """
    The index that the yield of an investment follows.
    """

    CDI = "CDI"
    DI = "DI"
    TR = "TR"
    IPCA = "IPCA"
    IGP_M = "IGP_M"
    IGP_DI = "IGP_DI"
    INPC = "INPC"
    BCP = "BCP"
    TLC = "TLC"
    SELIC = "SELIC"
    PRE_FIXADO = "PRE_FIXADO"
    OUTROS = "OUTROS"


class ClassificationDetailsCategory(OpenEnum):
    """
    What a fund mainly invests in: bonds, shares, several things or currencies.
    """

    RENDA_FIXA = "RENDA_FIXA"
    ACOES = "ACOES"
    MULTIMERCADO = "MULTIMERCADO"
    CAMBIAL = "CAMBIAL"


class VoucherPaymentDetailsPeriodicity(OpenEnum):
    """
    How often an investment pays interest: each month, quarter, half year or year, or by another rule.
    """

    MENSAL = "MENSAL"
    TRIMESTRAL = "TRIMESTRAL"
    SEMESTRAL = "SEMESTRAL"
    ANUAL = "ANUAL"
    IRREGULAR = "IRREGULAR"
    OUTROS = "OUTROS"


class InvestmentTransactionType(OpenEnum):
    """
    Which way the money went, seen from the investment.
    """

    INFLOW = "INFLOW"
    OUTFLOW = "OUTFLOW"

    NULL = "null"
    """Not told. The specification lists this word among the values."""


class InvestmentPortfolioType(OpenEnum):
    """
    The kind of a portfolio.
    """

    FIXED_INCOME = "FIXED_INCOME"
    OTHER = "OTHER"
    PENSION = "PENSION"
    VARIABLE_INCOME = "VARIABLE_INCOME"


class InvestmentPortfolioInstrumentType(OpenEnum):
    """
    The kind of an instrument in a portfolio.
    """

    BOND = "BOND"
    DEPOSIT = "DEPOSIT"
    ETF = "ETF"
    FUND = "FUND"
    OTHER = "OTHER"
    PENSION = "PENSION"
    STOCK = "STOCK"


@attrs.frozen(kw_only=True)
class InvestmentBalance:
    """
    What an investment is worth.

    Attributes:
        reference_date: As of when; an instant in spite of its name.

        blocked_amount: What cannot be sold at present.

        quantity: Units held.

        gross_unit_price: The worth of one unit.

        net_value: The worth after taxes and fees.

        withheld_amount: What was taken off before `net_value`.

        transaction_fee: Fees and taxes.

        purchase_unit_price: The price of one unit when it was bought.

        pre_fixed_rate: The part of the yield that is fixed.

        post_fixed_rate: The share of the index that the yield follows.

        penalty_fee: Agreed for a late payment, once.

        late_payment_fee: Agreed for a late payment, as interest.

        unit_price_factor: What the price of one unit is reckoned with.
    """

    reference_date: Instant | None = None
    gross_value: Decimal | None = None
    blocked_amount: Decimal | None = None
    quantity: Decimal | None = None
    gross_unit_price: Decimal | None = None
    net_value: Decimal | None = None
    withheld_amount: Decimal | None = None
    transaction_fee: Decimal | None = None
    purchase_unit_price: Decimal | None = None
    pre_fixed_rate: Decimal | None = None
    post_fixed_rate: Decimal | None = None
    penalty_fee: Decimal | None = None
    late_payment_fee: Decimal | None = None
    closing_price: Decimal | None = None
    unit_price_factor: Decimal | None = None


@attrs.frozen(kw_only=True)
class Remuneration:
    """
    What an investment was promised to yield when it was issued.

    Attributes:
        pre_fixed_rate: A fraction: `0.15` is 15 %.

        post_fixed_rate: A fraction: `0.15` is 15 %.

        rate_periodicity: The time that the rates are for.

        calculation_base: How days are counted.

        indexer: The index that the yield follows.

        indexer_additional_info: Says more where `indexer` is `OUTROS`.
    """

    pre_fixed_rate: Decimal | None = None
    post_fixed_rate: Decimal | None = None
    rate_type: RemunerationRateType | None = None
    rate_periodicity: RemunerationRatePeriodicity | None = None
    calculation_base: RemunerationCalculationBase | None = None
    indexer: RemunerationIndexer | None = None
    indexer_additional_info: str | None = None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ClassificationDetails:
    """
    Where a fund stands in the register of Brazil's funds (ANBIMA).

    Belvo's name for one of the fields is a keyword of Python: write `class_` for it.

    Attributes:
        class_: The class within the category, such as `Ações Livre`.
    """

    category: ClassificationDetailsCategory | None = None
    class_: str | None = None
    subclass: str | None = None

    if not TYPE_CHECKING:
        # A decoder looks for a field by Belvo's very name, which only these detours can give it. attrs would
        # write the name into the methods that it makes, so those are below.
        __annotations__ = {name.removesuffix("_"): type_ for name, type_ in __annotations__.items()}
        vars()["class"] = attrs.field(default=None, alias="class_")

        @property
        def class_(self) -> str | None:
            return getattr(self, "class")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClassificationDetails):
            return NotImplemented
        return attrs.astuple(self) == attrs.astuple(other)

    def __hash__(self) -> int:
        return hash(attrs.astuple(self))

    def __repr__(self) -> str:
        fields = f"category={self.category!r}, class_={self.class_!r}, subclass={self.subclass!r}"
        return f"ClassificationDetails({fields})"


@attrs.frozen(kw_only=True)
class VoucherPaymentDetails:
    """
    When an investment pays interest, if it does so before its end.

    Attributes:
        periodicity_additional_info: Says more where `periodicity` is `OUTROS`.
    """

    is_voucher_payment: bool | None = None
    periodicity: VoucherPaymentDetailsPeriodicity | None = None
    periodicity_additional_info: str | None = None


@attrs.frozen(kw_only=True)
class DebtorDetails:
    """
    Who owes what an investment is worth.

    Attributes:
        id_document_number: A tax number (CNPJ).
    """

    name: str | None = None
    id_document_number: str | None = None


@attrs.frozen(kw_only=True)
class Investment:
    """
    One investment of a user in Brazil's Open Finance network.

    Attributes:
        issuer_id_number: The tax number (CNPJ) of who issued it, or of the fund; not for `TREASURY_BOND`.

        isin_number: The number of the paper (ISO 6166).

        currency: Three letters (ISO 4217).

        product_name: The name of the fund or of the paper, or its short form such as `CDB` or `CRI`.

        is_tax_exempt: Only for `FIXED_INCOME_CREDIT`.

        clearing_code: Only for fixed income, as are `issue_date`, `grace_period_date` and `issue_unit_price`.

        due_date: Not for funds and shares, as `purchase_date`.

        grace_period_date: Before this day it cannot be sold.

        issue_unit_price: The price of one unit when it was issued.

        classification_details: Only for funds.

        voucher_payment_details: Only for `FIXED_INCOME_CREDIT` and `TREASURY_BOND`.

        debtor_details: Only for `FIXED_INCOME_CREDIT`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/investments-brazil

    id: str = always()
    type: InvestmentType | None = None
    issuer_id_number: str | None = None
    isin_number: str | None = None
    currency: str | None = None
    product_name: str | None = None
    is_tax_exempt: bool | None = None
    clearing_code: str | None = None
    due_date: date | None = None
    issue_date: date | None = None
    purchase_date: date | None = None
    grace_period_date: date | None = None
    issue_unit_price: Decimal | None = None
    balance: InvestmentBalance | None = None
    remuneration: Remuneration | None = None
    classification_details: ClassificationDetails | None = None
    voucher_payment_details: VoucherPaymentDetails | None = None
    debtor_details: DebtorDetails | None = None


@attrs.frozen(kw_only=True)
class BrokerNote:
    """
    The bill of a broker for one day of trading (*nota de corretagem*): sums of that day, not of one transaction.

    Attributes:
        gross_value: Of all that was bought and sold.

        stock_exchange_asset_trade_notice_fee: What the stock exchange takes for its notice of a trade (ANA).

        stock_exchange_fee: What the stock exchange takes for its register.

        taxes: Without `income_tax`.

        income_tax: What was withheld.

        net_value: `gross_value` less all fees and taxes.
    """

    broker_note_number: str | None = None
    gross_value: Decimal | None = None
    brokerage_fee: Decimal | None = None
    clearing_settlement_fee: Decimal | None = None
    clearing_registration_fee: Decimal | None = None
    stock_exchange_asset_trade_notice_fee: Decimal | None = None
    stock_exchange_fee: Decimal | None = None
    clearing_custody_fee: Decimal | None = None
    taxes: Decimal | None = None
    income_tax: Decimal | None = None
    net_value: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvestmentTransaction:
    """
    One movement of money into an investment or out of it, in Brazil's Open Finance network.

    Attributes:
        link: `Link.id`.

        internal_identification: The institution's own id of the transaction.

        value_date: The day on which it was settled.

        gross_value: Not for shares, as `net_value` and the two taxes.

        value: For shares what the trade was worth, for funds what the user asked for; not for the rest.

        unit_price: The price of one unit.

        price_factor: How many shares the price is for.

        transaction_tax: What was withheld (IOF).

        income_tax: What was withheld (IR).

        quantity: Units moved.

        subtype: In the words of the network, such as `RESGATE`; which there are depends on the investment.

        subtype_additional_info: Says more where `subtype` is `OUTROS`.

        indexer_percentage: The share of the index that was agreed, only for fixed income.

        rate: The yield that was agreed.

        exit_fee: Only for funds.

        broker_note_details: Only for shares.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/investment-transactions-brazil

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    investment: Investment | None = None
    internal_identification: str | None = None
    value_date: date | None = None
    gross_value: Decimal | None = None
    net_value: Decimal | None = None
    value: Decimal | None = None
    unit_price: Decimal | None = None
    price_factor: Decimal | None = None
    transaction_tax: Decimal | None = None
    income_tax: Decimal | None = None
    quantity: Decimal | None = None
    type: InvestmentTransactionType | None = None
    subtype: str | None = None
    subtype_additional_info: str | None = None
    indexer_percentage: Decimal | None = None
    rate: Decimal | None = None
    exit_fee: Decimal | None = None
    broker_note_details: BrokerNote | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolioInstrumentPublicId:
    """
    A number under which an instrument is registered.

    Attributes:
        type: The register, such as `isin`.
    """

    type: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolioInstrumentRedemptionCondition:
    """
    What has to be met before an instrument can be sold.

    Attributes:
        type: Such as `due_date`.

        value: As the institution writes it, days included.
    """

    type: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolioInstrumentFee:
    """
    One fee for an instrument.

    Attributes:
        type: Such as `OPERATION_FEE`.

        value: In the currency of the instrument.
    """

    type: str | None = None
    value: Decimal | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolioInstrumentInterestRate:
    """
    One interest rate of an instrument.

    Attributes:
        type: The time that it is for, such as `yearly`.

        value: In per cent; of the index, if there is one.

        index: Such as `CDI`.
    """

    type: str | None = None
    value: Decimal | None = None
    index: str | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolioInstrument:
    """
    One thing that a portfolio is made of.

    Attributes:
        subtype: In the institution's words.

        currency: Three letters (ISO 4217).

        price: Of one share now.

        quantity: Shares held.

        balance_gross: With taxes.

        balance_net: Without taxes.

        average_acquisition_price: Of one share when it was bought.

        open_date: Only for bonds and savings.
    """

    id: str = always()
    public_id: tuple[InvestmentPortfolioInstrumentPublicId, ...] | None = None
    type: InvestmentPortfolioInstrumentType | None = None
    subtype: str | None = None
    name: str | None = None
    currency: str | None = None
    price: Decimal | None = None
    quantity: Decimal | None = None
    balance_gross: Decimal | None = None
    balance_net: Decimal | None = None
    average_acquisition_price: Decimal | None = None
    profit: Decimal | None = None
    open_date: date | None = None
    redemption_conditions: tuple[InvestmentPortfolioInstrumentRedemptionCondition | None, ...] | None = None
    fees: tuple[InvestmentPortfolioInstrumentFee | None, ...] | None = None
    interest_rates: tuple[InvestmentPortfolioInstrumentInterestRate | None, ...] | None = None


@attrs.frozen(kw_only=True)
class InvestmentPortfolio:
    """
    What a user has invested at an institution, in one of its accounts.

    Attributes:
        name: In the institution's words.

        balance_gross: Of all instruments, with taxes.

        balance_net: Of all instruments, in Brazil without taxes.

        currency: Three letters (ISO 4217).
    """

    # The pages of today show `Investment` only, this shape is in the specification of 1.35.0.

    id: str = always()
    name: str | None = None
    type: InvestmentPortfolioType | None = None
    balance_type: AccountBalanceType | None = None
    balance_gross: Decimal | None = None
    balance_net: Decimal | None = None
    currency: str | None = None
    instruments: tuple[InvestmentPortfolioInstrument | None, ...] | None = None
