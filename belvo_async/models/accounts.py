"""
Accounts: what a user holds at a bank, be it a checking account, a credit card, a loan or a pension fund.

One class serves both shapes that Belvo documents, that of links with credentials and that of Brazil's
Open Finance network. What a shape does not have is `None`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.institutions import InstitutionType


class AccountCategory(OpenEnum):
    """
    Belvo's own word for the kind of an account, the same for all institutions.
    """

    ADVANCE_DEPOSIT_ACCOUNT = "ADVANCE_DEPOSIT_ACCOUNT"
    CHECKING_ACCOUNT = "CHECKING_ACCOUNT"
    CREDIT_CARD = "CREDIT_CARD"
    FINANCING_ACCOUNT = "FINANCING_ACCOUNT"
    INVESTMENT_ACCOUNT = "INVESTMENT_ACCOUNT"
    INVOICE_FINANCING_ACCOUNT = "INVOICE_FINANCING_ACCOUNT"
    LOAN_ACCOUNT = "LOAN_ACCOUNT"
    PENSION_FUND_ACCOUNT = "PENSION_FUND_ACCOUNT"
    SAVINGS_ACCOUNT = "SAVINGS_ACCOUNT"
    UNCATEGORIZED = "UNCATEGORIZED"
    RECEIVABLES_ACCOUNT = "RECEIVABLES_ACCOUNT"  # only 1.35.0


class AccountBalanceType(OpenEnum):
    """
    Whether the owner of an account has its balance or owes it.
    """

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"


class CreditCardLimitType(OpenEnum):
    """
    What a limit of a credit card bounds: all of the card, or one way to use it.
    """

    TOTAL_LIMIT = "TOTAL_LIMIT"
    MODAL_LIMIT = "MODAL_LIMIT"


class AccountCreditCardNetwork(OpenEnum):
    """
    The brand of a credit card.
    """

    VISA = "VISA"
    MASTERCARD = "MASTERCARD"
    AMERICAN_EXPRESS = "AMERICAN_EXPRESS"
    DINERS_CLUB = "DINERS_CLUB"
    HIPERCARD = "HIPERCARD"
    BANDEIRA_PROPRIA = "BANDEIRA_PROPRIA"
    CHEQUE_ELETRONICO = "CHEQUE_ELETRONICO"
    ELO = "ELO"
    OTHER = "OTHER"


class AccountLoanDataInterestRateType(OpenEnum):
    """
    The time that an interest rate is for.
    """

    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class AccountLoanDataInterestRateDataTaxType(OpenEnum):
    """
    Whether an interest rate is before or after compounding.
    """

    NOMINAL = "NOMINAL"
    EFFECTIVE = "EFFECTIVE"


class AccountLoanDataInterestRateDataRateType(OpenEnum):
    """
    Whether interest bears interest.
    """

    SIMPLE = "SIMPLE"
    COMPOUND = "COMPOUND"


class AccountLoanDataInterestRateDataReferenceIndexType(OpenEnum):
    """
    What an interest rate follows.
    """

    WITHOUT_INDEX_TYPE = "WITHOUT_INDEX_TYPE"
    PRE_FIXED = "PRE_FIXED"
    POST_FIXED = "POST_FIXED"
    FLOATING = "FLOATING"
    INDEXED_PRICE = "INDEXED_PRICE"
    RURAL_CREDIT = "RURAL_CREDIT"
    OTHER_INDEX = "OTHER_INDEX"


class AccountLoanDataFeeType(OpenEnum):
    """
    What a fee of a loan is for.
    """

    OPERATION_FEE = "OPERATION_FEE"
    INSURANCE_FEE = "INSURANCE_FEE"
    OTHERS = "OTHERS"


class AccountLoanDataFeeChargeType(OpenEnum):
    """
    How often a fee of a loan is due.
    """

    SINGLE = "SINGLE"
    PER_INSTALLMENT = "PER_INSTALLMENT"


class AccountLoanDataFeeCharge(OpenEnum):
    """
    How the amount of a loan's fee comes about.
    """

    MINIMUM = "MINIMUM"
    MAXIMUM = "MAXIMUM"
    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"


class AccountLoanDataContractedChargeType(OpenEnum):
    """
    What a charge of a loan contract is for.
    """

    LATE_PAYMENT_INTEREST_FEE = "LATE_PAYMENT_INTEREST_FEE"
    LATE_PAYMENT_PENALTY_FEE = "LATE_PAYMENT_PENALTY_FEE"
    DEFAULT_INTEREST_FEE = "DEFAULT_INTEREST_FEE"
    LOAN_CONTRACT_TAX = "LOAN_CONTRACT_TAX"
    LATE_PAYMENT_TAX = "LATE_PAYMENT_TAX"
    NO_CHARGE = "NO_CHARGE"
    OTHER = "OTHER"


class AccountLoanDataContractInstallmentFrequency(OpenEnum):
    """
    The unit in which the term of a loan was agreed.
    """

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    NO_DEADLINE_REMAINING = "NO_DEADLINE_REMAINING"


class AccountLoanDataInstallmentFrequency(OpenEnum):
    """
    How often an instalment of a loan is due.
    """

    IRREGULAR = "IRREGULAR"
    WEEKLY = "WEEKLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    MONTHLY = "MONTHLY"
    BIMONTHLY = "BIMONTHLY"
    QUARTERLY = "QUARTERLY"
    BIANNUALLY = "BIANNUALLY"
    ANNUALLY = "ANNUALLY"
    OTHER = "OTHER"


class AccountLoanDataContractRemainingFrequency(OpenEnum):
    """
    The unit in which the rest of a loan's term is counted.
    """

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"
    NO_DEADLINE_REMAINING = "NO_DEADLINE_REMAINING"


@attrs.frozen(kw_only=True)
class AccountInstitution:
    """
    The institution of an account, in short.

    Attributes:
        name: `Institution.name`, such as `erebor_mx_retail`.
    """

    name: str = always()
    type: InstitutionType | None = None


@attrs.frozen(kw_only=True)
class AccountOverdraft:
    """
    How far an account may be, and is, overdrawn.

    Attributes:
        arranged: The limit that was agreed.

        used: How much of it is used.

        unarranged: What is overdrawn beyond it.
    """

    arranged: Decimal | None = None
    used: Decimal | None = None
    unarranged: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountBalance:
    """
    What an account holds, or what is owed on it.

    Attributes:
        current: What is in the account; for a card what was spent in the running period, for a loan what is
            still to be paid.

        available: What can be spent; for a card the credit that is left, for a loan the price of paying it
            off today.

        blocked: What pending transactions hold back.

        automatically_invested: What the institution invests by itself, as agreed with the owner.
    """

    current: Decimal | None = None
    available: Decimal | None = None
    blocked: Decimal | None = None
    automatically_invested: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountCreditDataLimit:
    """
    One limit of the cards of an account.

    Attributes:
        identification_number: Of the card, often its last four digits only.

        is_limit_flexible: Whether `credit_limit` can move.

        consolidation_type: Whether the limit is for one card or shared by several, in the institution's
            words.

        line_name: The kind of credit that is limited, in the institution's words.
    """

    identification_number: str | None = None
    credit_limit: Decimal | None = None
    used_amount: Decimal | None = None
    available_amount: Decimal | None = None
    is_limit_flexible: bool | None = None
    type: CreditCardLimitType | None = None
    consolidation_type: str | None = None
    line_name: str | None = None
    line_name_additional_info: str | None = None


@attrs.frozen(kw_only=True)
class AccountCreditDataCard:
    """
    One card of an account.

    Attributes:
        is_multiple: Whether the account has several cards.

        identification_number: Often the last four digits only.
    """

    is_multiple: bool | None = None
    identification_number: str | None = None


@attrs.frozen(kw_only=True)
class AccountCreditData:
    """
    What only accounts of credit cards have.

    The fields from `next_payment_date` on are always `None` in Brazil's Open Finance network.

    Attributes:
        cutting_date: When the running period closes; in Brazil's Open Finance network, when the bill is due.

        minimum_payment: What has to be paid at least.

        network: The brand of the card.

        next_payment_date: When the next payment is due.

        no_interest_payment: What has to be paid for no interest to arise.

        interest_rate: For a year.
    """

    collected_at: Instant | None = None
    credit_limit: Decimal | None = None
    limits: tuple[AccountCreditDataLimit, ...] | None = None
    # 1.35.0 calls the two dates text and shows a day; 1.223.0 calls the first of them a date.
    cutting_date: date | None = None
    minimum_payment: Decimal | None = None
    network: AccountCreditCardNetwork | None = None
    network_additional_info: str | None = None
    cards: tuple[AccountCreditDataCard, ...] | None = None
    next_payment_date: date | None = None
    no_interest_payment: Decimal | None = None
    interest_rate: Decimal | None = None
    monthly_payment: Decimal | None = None  # deprecated by Belvo
    # Neither specification gives these two a form, and nothing is sent any more: text holds whatever comes.
    last_payment_date: str | None = None  # deprecated by Belvo
    end_date: str | None = None  # deprecated by Belvo


@attrs.frozen(kw_only=True)
class AccountLoanDataInterestRateData:
    """
    How an interest rate of a loan in Brazil's Open Finance network is made up.

    Attributes:
        calculation_base: How days are counted, such as `30/360`.

        reference_index_type: What the rate follows.

        reference_index_subtype: The index itself, in the institution's words.

        pre_fixed_rate: A fraction: `0.062` is 6.2 %.

        post_fixed_rate: A fraction: `0.062` is 6.2 %.
    """

    tax_type: AccountLoanDataInterestRateDataTaxType | None = None
    rate_type: AccountLoanDataInterestRateDataRateType | None = None
    type: AccountLoanDataInterestRateType | None = None
    calculation_base: str | None = None
    reference_index_type: AccountLoanDataInterestRateDataReferenceIndexType | None = None
    reference_index_subtype: str | None = None
    reference_index_info: str | None = None
    pre_fixed_rate: Decimal | None = None
    post_fixed_rate: Decimal | None = None
    additional_info: str | None = None


@attrs.frozen(kw_only=True)
class AccountLoanDataInterestRate:
    """
    One interest rate of a loan.

    Attributes:
        name: The institution's word for it.

        value: In per cent, or an amount of money.

        interest_rate_data: Only in Brazil's Open Finance network, and there more precise than `value`.
    """

    name: str | None = None
    type: AccountLoanDataInterestRateType | None = None
    value: Decimal | None = None
    interest_rate_data: AccountLoanDataInterestRateData | None = None


@attrs.frozen(kw_only=True)
class AccountLoanDataFee:
    """
    One fee of a loan.

    Attributes:
        type: Always `None` in Brazil's Open Finance network, which has the fields from `name` on for it.

        value: In the currency of the loan.

        fee_charge_type: How often it is due.

        fee_charge: How its amount comes about.

        rate: A fraction, where `fee_charge` is `PERCENTAGE`.
    """

    type: AccountLoanDataFeeType | None = None
    value: Decimal | None = None
    name: str | None = None
    code: str | None = None
    fee_charge_type: AccountLoanDataFeeChargeType | None = None
    fee_charge: AccountLoanDataFeeCharge | None = None
    rate: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountLoanDataContractedCharge:
    """
    One charge that the contract of a loan provides for.

    Attributes:
        rate: A fraction of the amount of the loan.
    """

    type: AccountLoanDataContractedChargeType | None = None
    info: str | None = None
    rate: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountLoanDataCollateral:
    """
    One security that the borrower gave for a loan.

    Attributes:
        type: In the institution's words.

        subtype: In the institution's words.
    """

    type: str | None = None
    subtype: str | None = None
    currency: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountLoanDataBalloonPayment:
    """
    One payment of a loan that is far larger than its instalments.
    """

    due_date: date | None = None
    currency: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountLoanData:
    """
    What only accounts of loans have.

    The fields from `monthly_payment` on are always `None` in Brazil's Open Finance network.

    Attributes:
        loan_code: The number of the contract in the form that the country prescribes.

        contract_amount: All that was to be paid when the contract was signed: what was lent, interest, taxes
            and fees.

        total_effective_cost: The effective cost of the loan when the contract was signed.

        loan_type: In the institution's words.

        outstanding_balance: What is still to be paid, with interest.

        installments_contract_term_frequency: The unit of the term as it was agreed.

        installment_frequency: How often an instalment is due.

        disbursement_dates: When the money was paid out.

        settlement_date: When the loan was paid off.

        contract_remaining_frequency: The unit in which the rest of the term is counted.

        contract_remaining_total: How many instalments are left.

        amortization_schedule: In the institution's words.

        consignee_id: The tax number of who deducts the instalments from a wage.

        contract_number: The institution's number of the contract.

        principal: What was lent.

        payment_day: When an instalment is due: a day of the month, or a date.

        outstanding_principal: What is still to be paid, without interest.

        credit_limit: Use `principal` in its place.

        last_period_balance: Use `outstanding_balance` in its place.

        interest_rate: Use `interest_rates` in its place.

        limit_day: Use `payment_day` in its place.

        no_interest_payment: What has to be paid for no interest to arise.
    """

    collected_at: Instant | None = None
    loan_code: str | None = None
    contract_amount: Decimal | None = None
    total_effective_cost: Decimal | None = None
    loan_type: str | None = None
    outstanding_balance: Decimal | None = None
    interest_rates: tuple[AccountLoanDataInterestRate, ...] | None = None
    # The specifications let the entries of these lists, and of `disbursement_dates`, be null.
    fees: tuple[AccountLoanDataFee | None, ...] | None = None
    contracted_charges: tuple[AccountLoanDataContractedCharge | None, ...] | None = None
    collaterals: tuple[AccountLoanDataCollateral | None, ...] | None = None
    balloon_payments: tuple[AccountLoanDataBalloonPayment | None, ...] | None = None
    installments_contract_term_frequency: AccountLoanDataContractInstallmentFrequency | None = None
    installment_frequency: AccountLoanDataInstallmentFrequency | None = None
    installment_frequency_info: str | None = None
    first_installment_due_date: date | None = None
    number_of_installments_total: int | None = None
    number_of_installments_outstanding: int | None = None
    number_of_installments_paid: int | None = None
    number_of_installments_past_due: int | None = None
    disbursement_dates: tuple[date | None, ...] | None = None
    settlement_date: date | None = None
    contract_start_date: date | None = None
    contract_end_date: date | None = None
    contract_remaining_frequency: AccountLoanDataContractRemainingFrequency | None = None
    contract_remaining_total: int | None = None
    amortization_schedule: str | None = None
    amortization_schedule_info: str | None = None
    consignee_id: str | None = None
    contract_number: str | None = None
    monthly_payment: Decimal | None = None
    principal: Decimal | None = None
    # 1.35.0 promises a date and shows "27": text holds both.
    payment_day: str | None = None
    outstanding_principal: Decimal | None = None
    credit_limit: Decimal | None = None  # deprecated by Belvo
    last_period_balance: Decimal | None = None  # deprecated by Belvo
    interest_rate: Decimal | None = None  # deprecated by Belvo
    # Neither specification gives these four a form, and nothing is sent any more: text holds whatever comes.
    limit_day: str | None = None  # deprecated by Belvo
    cutting_day: str | None = None  # deprecated by Belvo
    cutting_date: str | None = None  # deprecated by Belvo
    last_payment_date: str | None = None  # deprecated by Belvo
    no_interest_payment: Decimal | None = None  # deprecated by Belvo


@attrs.frozen(kw_only=True)
class AccountFundsDataPublicIdentification:
    """
    A number under which a pension fund is registered.

    Attributes:
        name: The register, such as `CNPJ`.

        value: The number.
    """

    name: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class AccountFundsData:
    """
    One of the funds that a pension account is made of.

    Attributes:
        percentage: Its share of the account, in per cent.
    """

    name: str | None = None
    type: str | None = None
    public_identifications: tuple[AccountFundsDataPublicIdentification, ...] | None = None
    balance: Decimal | None = None
    percentage: Decimal | None = None


@attrs.frozen(kw_only=True)
class AccountReceivablesData:
    """
    What only accounts of receivables have.

    Attributes:
        current: All receivables, `available` and `anticipated`.

        available: What will be paid on the agreed day.

        anticipated: What has been paid before that day.
    """

    current: Decimal | None = None
    available: Decimal | None = None
    anticipated: Decimal | None = None
    collected_at: Instant | None = None


@attrs.frozen(kw_only=True)
class Account:
    """
    A bank account, a card, a loan or a fund that a link gives access to.

    Attributes:
        link: `Link.id`.

        last_accessed_at: When Belvo last got in with the link.

        category: Belvo's word for the kind of the account.

        balance_type: Tells the sign of `balance`: the owner owes what is in a `LIABILITY`.

        overdraft: Only in Brazil's Open Finance network.

        type: The institution's word for the kind of the account.

        subtype: The institution's finer word, only in Brazil's Open Finance network.

        number: The institution's number of the account.

        agency: The branch, only in Brazil's Open Finance network.

        check_digit: That of `number`, only in Brazil's Open Finance network.

        currency: Three letters (ISO 4217).

        public_identification_name: What `public_identification_value` is, such as `CLABE` or
            `AGENCY/ACCOUNT`.

        public_identification_value: What others pay to; for a card in Brazil's Open Finance network the
            numbers of its cards, with commas between them.

        internal_identification: The institution's own id of the account.

        credit_data: Only for credit cards.

        loan_data: Only for loans.

        funds_data: Only for pension funds.

        receivables_data: Only for accounts of receivables.

        bank_product_id: The institution's id of the product.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/accounts

    id: str = always()
    link: str | None = None
    institution: AccountInstitution | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    last_accessed_at: Instant | None = None
    category: AccountCategory | None = None
    balance_type: AccountBalanceType | None = None
    overdraft: AccountOverdraft | None = None
    type: str | None = None
    subtype: str | None = None
    name: str | None = None
    number: str | None = None
    agency: str | None = None
    check_digit: str | None = None
    balance: AccountBalance | None = None
    currency: str | None = None
    public_identification_name: str | None = None
    public_identification_value: str | None = None
    internal_identification: str | None = None
    credit_data: AccountCreditData | None = None
    loan_data: AccountLoanData | None = None
    # 1.223.0 calls this text that is always null; 1.35.0 has the list.
    funds_data: tuple[AccountFundsData, ...] | None = None
    receivables_data: AccountReceivablesData | None = None
    bank_product_id: str | None = None  # deprecated by Belvo
