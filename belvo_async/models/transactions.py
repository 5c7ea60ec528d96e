"""
Transactions: what came into an account and what went out of it.

One class serves both shapes that Belvo documents, that of links with credentials and that of Brazil's
Open Finance network. What a shape does not have is `None`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.accounts import Account


class TransactionCategory(OpenEnum):
    """
    What a transaction is about, as Belvo's categorization sees it.
    """

    BILLS_AND_UTILITIES = "Bills & Utilities"
    CREDITS_AND_LOANS = "Credits & Loans"
    DEPOSITS = "Deposits"
    FEES_AND_CHARGES = "Fees & Charges"
    FOOD_AND_GROCERIES = "Food & Groceries"
    HOME_AND_LIFE = "Home & Life"
    INCOME_AND_PAYMENTS = "Income & Payments"
    INSURANCE = "Insurance"
    INVESTMENTS_AND_SAVINGS = "Investments & Savings"
    ONLINE_PLATFORMS_AND_LEISURE = "Online Platforms & Leisure"
    PERSONAL_SHOPPING = "Personal Shopping"
    TAXES = "Taxes"
    TRANSFERS = "Transfers"
    TRANSPORT_AND_TRAVEL = "Transport & Travel"
    UNKNOWN = "Unknown"
    WITHDRAWAL_AND_ATM = "Withdrawal & ATM"


class TransactionSubcategory(OpenEnum):
    """
    What a transaction is about, more finely than its category.
    """

    ELECTRICITY_AND_ENERGY = "Electricity & Energy"
    RENT = "Rent"
    TELECOMMUNICATIONS = "Telecommunications"
    WATER = "Water"
    AUTO = "Auto"
    CREDIT_CARD = "Credit Card"
    INSTALMENT = "Instalment"
    INTEREST_AND_CHARGES = "Interest & Charges"
    MORTGAGE = "Mortgage"
    PAY_ADVANCE = "Pay Advance"
    PERSONAL = "Personal"
    ADJUSTMENTS = "Adjustments"
    BANK_FEES = "Bank Fees"
    CHARGEBACK = "Chargeback"
    REFUND = "Refund"
    BLOCKED_BALANCES = "Blocked Balances"
    ALIMONY = "Alimony"
    ALCOHOL_AND_TOBACCO = "Alcohol & Tobacco"
    BAKERY_AND_COFFEE = "Bakery & Coffee"
    BARS_AND_NIGHTCLUBS = "Bars & Nightclubs"
    CONVENIENCE_STORE = "Convenience Store"
    DELIVERY = "Delivery"
    GROCERIES = "Groceries"
    RESTAURANTS = "Restaurants"
    EDUCATION = "Education"
    GYMS_AND_FITNESS = "Gyms & Fitness"
    HAIR_AND_BEAUTY = "Hair & Beauty"
    HEALTH = "Health"
    HOME_DECOR_AND_APPLIANCES = "Home Decor & Appliances"
    LAUNDRY_AND_DRY_CLEANING = "Laundry & Dry Cleaning"
    PHARMACIES = "Pharmacies"
    PROFESSIONAL_SERVICES = "Professional Services"
    VETERINARY_SERVICES = "Veterinary Services"
    FREELANCE = "Freelance"
    INTEREST = "Interest"
    RETIREMENT = "Retirement"
    SALARY = "Salary"
    GOVERNMENT = "Government"
    HOME_INSURANCE = "Home Insurance"
    AUTO_INSURANCE = "Auto Insurance"
    HEALTH_AND_LIFE_INSURANCE = "Health & Life Insurance"
    SAVINGS = "Savings"
    FIXED_INCOME = "Fixed income"
    EQUITY = "Equity"
    INVESTMENT_FUNDS = "Investment Funds"
    DERIVATIVES = "Derivatives"
    CRYPTOCURRENCIES = "Cryptocurrencies"
    APPS_SOFTWARE_AND_CLOUD_SERVICES = "Apps, Software and Cloud Services"
    EVENTS_PARKS_AND_MUSEUMS = "Events, Parks and Museums"
    GAMBLING = "Gambling"
    GAMING = "Gaming"
    LOTTERY = "Lottery"
    MOVIE_AND_AUDIO = "Movie & Audio"
    BOOKS_AND_NEWS = "Books & News"
    CLOTHING_AND_ACCESSORIES = "Clothing & Accessories"
    DEPARTMENT_STORE = "Department Store"
    ELECTRONICS = "Electronics"
    E_COMMERCE = "E-commerce"
    GIFTS = "Gifts"
    OFFICE_SUPPLIES = "Office Supplies"
    PET_SUPPLIES = "Pet Supplies"
    AUTO_TAX_AND_FEES = "Auto Tax & Fees"
    DONATION = "Donation"
    GOVERNMENT_FEES = "Government Fees"
    INCOME_TAX = "Income Tax"
    REAL_ESTATE_TAX_AND_FEES = "Real Estate Tax & Fees"
    TAX_RETURN = "Tax Return"
    ACCOMMODATION = "Accommodation"
    AUTO_EXPENSES = "Auto Expenses"
    AUTO_RENTAL = "Auto Rental"
    FLIGHTS = "Flights"
    GAS = "Gas"
    MILEAGE_PROGRAMS = "Mileage Programs"
    PARKING_AND_TOLLS = "Parking & Tolls"
    PUBLIC_TRANSIT = "Public Transit"
    TAXIS_AND_RIDESHARES = "Taxis & Rideshares"
    OTHER = "Other"


class TransactionType(OpenEnum):
    """
    Which way the money went, seen from the account.
    """

    OUTFLOW = "OUTFLOW"
    INFLOW = "INFLOW"


class TransactionStatus(OpenEnum):
    """
    Whether the institution is done with a transaction.
    """

    PENDING = "PENDING"
    PROCESSED = "PROCESSED"
    UNCATEGORIZED = "UNCATEGORIZED"  # deprecated by Belvo


class TransactionBillStatus(OpenEnum):
    """
    How far the bill of a credit card is. Some banks make no difference between closed and paid.
    """

    PAID = "PAID"
    CLOSED = "CLOSED"
    OPEN = "OPEN"
    FUTURE = "FUTURE"


class TransactionCreditCardDataFeeType(OpenEnum):
    """
    What a fee of a credit card is for.
    """

    ANNUAL_FEE = "ANNUAL_FEE"
    NATIONAL_WITHDRAWAL = "NATIONAL_WITHDRAWAL"
    INTERNATIONAL_WITHDRAWAL = "INTERNATIONAL_WITHDRAWAL"
    EMERGENCY_CREDIT_EVALUATION_FEE = "EMERGENCY_CREDIT_EVALUATION_FEE"
    DUPLICATE_ISSUANCE_FEE = "DUPLICATE_ISSUANCE_FEE"
    PAYMENT_FEE = "PAYMENT_FEE"
    SMS_FEE = "SMS_FEE"
    OTHERS = "OTHERS"


class TransactionCreditCardDataCreditType(OpenEnum):
    """
    A credit that was taken with a credit card, besides the card's own.
    """

    REVOLVING_CREDIT = "REVOLVING_CREDIT"
    BILL_INSTALLMENT_PAYMENT = "BILL_INSTALLMENT_PAYMENT"
    LOAN = "LOAN"
    OTHERS = "OTHERS"


class TransactionCounterpartyType(OpenEnum):
    """
    Whether the other side of a transaction is a person.
    """

    INDIVIDUAL = "INDIVIDUAL"
    COMPANY = "COMPANY"


class TransactionPaymentType(OpenEnum):
    """
    Whether something was paid at once.
    """

    FULL = "FULL"
    INSTALLMENT = "INSTALLMENT"


@attrs.frozen(kw_only=True)
class TransactionMerchantData:
    """
    The shop on the other side of a transaction, as Belvo's categorization found it.

    Attributes:
        logo: Address of an image.

        website: Address of the shop's pages.
    """

    logo: str | None = None
    website: str | None = None
    merchant_name: str | None = None


@attrs.frozen(kw_only=True)
class TransactionCreditCardBill:
    """
    The bill that a transaction of a credit card is on, once that bill is closed.

    Attributes:
        id: `Bill.id`.

        internal_identification: `Bill.internal_identification`.
    """

    id: str | None = None
    internal_identification: str | None = None


@attrs.frozen(kw_only=True)
class TransactionCreditCardData:
    """
    What only transactions of credit cards have.

    Attributes:
        bill_name: The institution's title of the bill, such as `apr-2020`. In Brazil's Open Finance network,
            `None` until the bill is closed, as are the two fields that follow.

        bill_internal_identification: `Bill.internal_identification`.

        bill_status: Always `None` in Brazil's Open Finance network.

        previous_bill_total: The bill of the month before, as text such as `9614.30`; always `None` in Brazil's
            Open Finance network.

        bill_amount: The sum of the bill at `collected_at`.

        card_number: Often the last four digits only.

        installment_identifier: The institution's id of the instalment.

        number_of_installments: How many there are in all.

        credit_card_bill: Where to find the bill.
    """

    collected_at: Instant | None = None
    bill_name: str | None = None
    bill_due_date: date | None = None
    bill_internal_identification: str | None = None
    bill_status: TransactionBillStatus | None = None
    previous_bill_total: str | None = None
    bill_amount: Decimal | None = None
    card_number: str | None = None
    fee_type: TransactionCreditCardDataFeeType | None = None
    fee_type_additional_info: str | None = None
    credits_type: TransactionCreditCardDataCreditType | None = None
    credits_type_additional_info: str | None = None
    installment_identifier: str | None = None
    number_of_installments: int | None = None
    credit_card_bill: TransactionCreditCardBill | None = None


@attrs.frozen(kw_only=True)
class TransactionCounterparty:
    """
    The other side of a transaction in Brazil's Open Finance network.

    Attributes:
        document_number: A tax number: the CPF of an individual, the CNPJ of a company.

        clearing_code: Of the bank.

        agency: The branch.

        check_digit: That of `number`.

        number: Of the account.
    """

    type: TransactionCounterpartyType | None = None
    document_number: str | None = None
    clearing_code: str | None = None
    agency: str | None = None
    check_digit: str | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class TransactionLoanDataFee:
    """
    One fee that was paid together with a loan.

    Attributes:
        code: The institution's own.
    """

    name: str | None = None
    code: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class TransactionLoanDataCharge:
    """
    One charge that was paid together with a loan.

    Attributes:
        type: In the institution's words, such as `MULTA_ATRASO_PAGAMENTO`.
    """

    type: str | None = None
    info: str | None = None
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class TransactionLoanData:
    """
    What only payments of loans have.

    Attributes:
        is_detached: Tells payments beside the agreed plan from those of it; `fees` and `charges` are there
            only where it is true.

        installment_id: The institution's id of the instalment.
    """

    is_detached: bool | None = None
    installment_id: str | None = None
    fees: tuple[TransactionLoanDataFee | None, ...] | None = None
    charges: tuple[TransactionLoanDataCharge | None, ...] | None = None


@attrs.frozen(kw_only=True)
class Transaction:
    """
    One movement of money on an account.

    Attributes:
        internal_identification: The institution's own id of the transaction.

        value_date: The day on which it happened.

        transacted_at: When it happened, only in Brazil's Open Finance network. Of what is older than February
            2024 it may be midnight, which tells the day only.

        accounting_date: The day on which the institution booked it.

        inferred_accounting_date: Belvo's guess at that day, where it happened on a weekend or a holiday.

        amount: Never negative: `type` tells the direction.

        local_currency_amount: `amount` in the currency of the country.

        balance: What the account held afterwards; always `None` in Brazil's Open Finance network, as are
            `observations` and `reference`.

        currency: Three letters (ISO 4217).

        description: In the institution's words.

        merchant: Needs Belvo's categorization, as do `category` and `subcategory`.

        reference: The institution's number of the transaction.

        credit_card_data: Only for credit cards.

        counterparty: Only in Brazil's Open Finance network, as are the fields that follow.

        loan_data: Only for loans.

        operation_type: The kind of transaction in the institution's words, such as
            `TRANSFERENCIA_MESMA_INSTITUICAO`.

        mcc: The code of the merchant's trade (ISO 18245), without leading zeros; only for credit cards.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/transactions

    id: str = always()
    internal_identification: str | None = None
    account: Account | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    value_date: date | None = None
    transacted_at: Instant | None = None
    # 1.35.0 promises an instant; its day is kept.
    accounting_date: date | None = None
    inferred_accounting_date: date | None = None
    amount: Decimal | None = None
    local_currency_amount: Decimal | None = None
    balance: Decimal | None = None
    currency: str | None = None
    description: str | None = None
    observations: str | None = None
    merchant: TransactionMerchantData | None = None
    category: TransactionCategory | None = None
    subcategory: TransactionSubcategory | None = None
    reference: str | None = None
    type: TransactionType | None = None
    status: TransactionStatus | None = None
    credit_card_data: TransactionCreditCardData | None = None
    counterparty: TransactionCounterparty | None = None
    loan_data: TransactionLoanData | None = None
    payment_type: TransactionPaymentType | None = None
    operation_type: str | None = None
    operation_type_additional_info: str | None = None
    mcc: int | None = None
