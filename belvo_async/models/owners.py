"""
Owners: the people and companies that accounts belong to.

One class serves the three shapes that Belvo documents: that of links with credentials, and those of
individuals and of businesses in Brazil's Open Finance network. What a shape does not have is `None`.
"""

from __future__ import annotations

import datetime as dt

from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class OwnerMaritalStatus(OpenEnum):
    """
    Whether an individual lives in a marriage or the like.
    """

    SINGLE = "SINGLE"
    MARRIED = "MARRIED"
    WIDOWED = "WIDOWED"
    SEPARATED = "SEPARATED"
    DIVORCED = "DIVORCED"
    CIVIL_UNION = "CIVIL_UNION"
    OTHER = "OTHER"


class OwnerGender(OpenEnum):
    """
    The gender of an individual.
    """

    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"


class OwnerAdditionalDocumentType(OpenEnum):
    """
    The kind of a document that shows who somebody is.
    """

    DRIVERS_LICENSE = "DRIVERS_LICENSE"
    PASSPORT = "PASSPORT"
    ID_CARD = "ID_CARD"
    FISCAL_ID = "FISCAL_ID"
    FOREIGNER_REGISTRATION_CARD = "FOREIGNER_REGISTRATION_CARD"
    OTHER = "OTHER"


class OwnerPhoneNumberType(OpenEnum):
    """
    The kind of a telephone.
    """

    LANDLINE = "LANDLINE"
    MOBILE = "MOBILE"
    OTHER = "OTHER"


class OwnerFiliationType(OpenEnum):
    """
    Which parent somebody is.
    """

    MOTHER = "MOTHER"
    FATHER = "FATHER"


class OwnerFinancialProfileOccupationCode(OpenEnum):
    """
    The list that an individual's occupation is described by.
    """

    BRAZIL_PUBLIC_OFFICE = "BRAZIL_PUBLIC_OFFICE"
    BRAZIL_OCCUPATION_CODE = "BRAZIL_OCCUPATION_CODE"
    OTHER = "OTHER"


class OwnerInformedIncomeFrequency(OpenEnum):
    """
    How often an individual is paid.
    """

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    MONTHLY = "MONTHLY"
    BIMONTHLY = "BIMONTHLY"
    QUARTERLY = "QUARTERLY"
    BIANNUALLY = "BIANNUALLY"
    ANNUALLY = "ANNUALLY"
    OTHERS = "OTHERS"


class OwnerInformedRevenueFrequency(OpenEnum):
    """
    How often a business reports what it earned.
    """

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    FORTNIGHTLY = "FORTNIGHTLY"
    MONTHLY = "MONTHLY"
    BIMONTHLY = "BIMONTHLY"
    QUARTERLY = "QUARTERLY"
    BIANNUALLY = "BIANNUALLY"
    ANNUALLY = "ANNUALLY"
    OTHERS = "OTHERS"


class OwnerProcuratorType(OpenEnum):
    """
    By which right somebody acts for an owner.
    """

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    ATTORNEY = "ATTORNEY"


class OwnerProductType(OpenEnum):
    """
    What else an owner has at the institution.
    """

    SAVINGS_ACCOUNT = "SAVINGS_ACCOUNT"
    CHECKING_ACCOUNT = "CHECKING_ACCOUNT"


class OwnerPartyPersonType(OpenEnum):
    """
    Whether a party to an account is a person.
    """

    INDIVIDUAL = "INDIVIDUAL"
    COMPANY = "COMPANY"


class OwnerPartyType(OpenEnum):
    """
    What a party may do with an account.
    """

    MEMBER = "MEMBER"
    """Look at it."""

    ADMINISTRATOR = "ADMINISTRATOR"
    """Do everything, transfers included."""


class OwnerPartyDocumentType(OpenEnum):
    """
    The kind of the document that a party to an account has shown.
    """

    CPF = "CPF"
    CNPJ = "CNPJ"
    OTHER_TRAVEL_DOCUMENT = "OTHER_TRAVEL_DOCUMENT"
    PASSPORT = "PASSPORT"


@attrs.frozen(kw_only=True)
class OwnerDocumentId:
    """
    The document with which an owner opened an account.

    Attributes:
        document_type: Such as `CPF` or `CNPJ` in Brazil, `CURP` or `RFC` in Mexico.
    """

    document_type: str | None = None
    document_number: str | None = None


@attrs.frozen(kw_only=True)
class OwnerAdditionalDocument:
    """
    A further document that shows who an owner is.

    Attributes:
        check_digit: That of `number`; always `None` for a business, as are `issue_date` and `additional_info`.

        country_of_issuance: Three letters (ISO 3166-1).
    """

    type: OwnerAdditionalDocumentType | None = None
    type_additional_info: str | None = None
    number: str | None = None
    check_digit: str | None = None
    issue_date: dt.date | None = None
    expiration_date: dt.date | None = None
    country_of_issuance: str | None = None
    additional_info: str | None = None


@attrs.frozen(kw_only=True)
class OwnerNationalityDocument:
    """
    A document that shows an individual's nationality.

    Attributes:
        country_of_issuance: Three letters (ISO 3166-1).
    """

    type: OwnerAdditionalDocumentType | None = None
    number: str | None = None
    issue_date: dt.date | None = None
    expiration_date: dt.date | None = None
    country_of_issuance: str | None = None
    additional_info: str | None = None


@attrs.frozen(kw_only=True)
class OwnerNationality:
    """
    One nationality of an individual.

    Attributes:
        info: The country, such as `CAN`.
    """

    info: str | None = None
    documents: tuple[OwnerNationalityDocument | None, ...] | None = None


@attrs.frozen(kw_only=True)
class OwnerEmail:
    """
    One email address of an owner.

    Attributes:
        is_main: Whether it is the one to use.
    """

    is_main: bool | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class OwnerAddress:
    """
    One postal address of an owner.

    Attributes:
        is_main: Whether it is the one to use.

        address: Street and number.

        town_code: In Brazil, the seven digits that the statistics office (IBGE) gives the town.

        country_code: Three letters (ISO 3166-1).

        latitude: In degrees, as text such as `-23.5475000`.

        longitude: In degrees, as text such as `-46.6361100`.
    """

    is_main: bool | None = None
    address: str | None = None
    additional_info: str | None = None
    district_name: str | None = None
    town: str | None = None
    town_code: str | None = None
    state: str | None = None
    postcode: str | None = None
    country_name: str | None = None
    country_code: str | None = None
    latitude: str | None = None
    longitude: str | None = None


@attrs.frozen(kw_only=True)
class OwnerPhoneNumber:
    """
    One telephone number of an owner.

    Attributes:
        is_main: Whether it is the one to use.

        number: Without the codes that follow.

        country_code: Without a plus sign, such as `351`.
    """

    is_main: bool | None = None
    type: OwnerPhoneNumberType | None = None
    additional_info: str | None = None
    number: str | None = None
    country_code: str | None = None
    area_code: str | None = None
    extension: str | None = None


@attrs.frozen(kw_only=True)
class OwnerFiliation:
    """
    One parent of an individual.

    Attributes:
        civil_name: The name in the register.

        social_name: The name in use.
    """

    type: OwnerFiliationType | None = None
    civil_name: str | None = None
    social_name: str | None = None


@attrs.frozen(kw_only=True)
class OwnerInformedIncome:
    """
    What an individual told the institution to earn.

    Attributes:
        currency: Three letters (ISO 4217).

        date: When it was last paid.
    """

    frequency: OwnerInformedIncomeFrequency | None = None
    amount: Decimal | None = None
    currency: str | None = None
    date: dt.date | None = None


@attrs.frozen(kw_only=True)
class OwnerPatrimony:
    """
    What an owner told the institution to possess.

    Attributes:
        currency: Three letters (ISO 4217).

        year: As of when, for an individual.

        date: As of when, for a business.
    """

    amount: Decimal | None = None
    currency: str | None = None
    year: int | None = None
    date: dt.date | None = None


@attrs.frozen(kw_only=True)
class OwnerEconomicActivity:
    """
    One trade of a business.

    Attributes:
        is_main: Whether the business mainly does this.

        code: In the country's register of trades.
    """

    is_main: bool | None = None
    code: str | None = None


@attrs.frozen(kw_only=True)
class OwnerInformedRevenue:
    """
    What a business told the institution to earn.

    Attributes:
        currency: Three letters (ISO 4217).

        year: When it last told.
    """

    frequency: OwnerInformedRevenueFrequency | None = None
    frequency_additional_info: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    year: int | None = None


@attrs.frozen(kw_only=True)
class OwnerFinancialProfile:
    """
    What an owner lives on and possesses.

    `patrimony` is there for all owners, what comes before it for individuals, what follows for businesses.

    Attributes:
        company_id: The tax number of the employer.

        occupation_code: What `occupation_description` is an entry of.
    """

    company_id: str | None = None
    occupation_code: OwnerFinancialProfileOccupationCode | None = None
    occupation_description: str | None = None
    informed_income: OwnerInformedIncome | None = None
    patrimony: OwnerPatrimony | None = None
    economic_activities: tuple[OwnerEconomicActivity | None, ...] | None = None
    informed_revenue: OwnerInformedRevenue | None = None


@attrs.frozen(kw_only=True)
class OwnerProcurator:
    """
    Somebody who may act for an owner.

    Attributes:
        civil_name: The name in the register.

        social_name: The name in use.

        document_number: A tax number: the CPF of an individual, the CNPJ of a business.
    """

    type: OwnerProcuratorType | None = None
    civil_name: str | None = None
    social_name: str | None = None
    document_number: str | None = None


@attrs.frozen(kw_only=True)
class OwnerProduct:
    """
    A further account that an owner has at the institution.

    Attributes:
        subtype: In the institution's words.

        agency: The branch.

        clearing_code: Of the bank.

        number: Of the account.

        check_digit: That of `number`.
    """

    type: OwnerProductType | None = None
    subtype: str | None = None
    agency: str | None = None
    clearing_code: str | None = None
    number: str | None = None
    check_digit: str | None = None


@attrs.frozen(kw_only=True)
class OwnerSalaryPortabilityRequest:
    """
    An individual's order to have a salary sent on from the employer's bank to another one.

    Attributes:
        employer_id_number: A tax number, CPF or CNPJ.

        employer_bank_id_number: A tax number (CNPJ).

        employer_bank_code: In Brazil's payment system (ISPB).
    """

    employer_name: str | None = None
    employer_id_number: str | None = None
    employer_bank_id_number: str | None = None
    employer_bank_code: str | None = None
    portability_approval_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class OwnerPayrollAccount:
    """
    An account that an employer opened to pay an individual. It may outlive the employment.

    Attributes:
        employer_id_number: A tax number, CPF or CNPJ.

        employer_bank_id_number: A tax number (CNPJ).

        employer_bank_code: In Brazil's payment system (ISPB).
    """

    employer_name: str | None = None
    employer_id_number: str | None = None
    employer_bank_id_number: str | None = None
    employer_bank_code: str | None = None
    account_opening_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class OwnerFinancialRelation:
    """
    What else connects an owner with the institution.

    Attributes:
        start_date: Since when; an instant in spite of its name.

        product_services: In the institution's words.

        procurators: Who may act for the owner.

        salary_portability_requests: Only for individuals.

        payroll_accounts: Only for individuals.
    """

    start_date: Instant | None = None
    product_services: tuple[str, ...] | None = None
    product_services_additional_info: str | None = None
    procurators: tuple[OwnerProcurator | None, ...] | None = None
    products: tuple[OwnerProduct | None, ...] | None = None
    salary_portability_requests: tuple[OwnerSalaryPortabilityRequest, ...] | None = None
    payroll_accounts: tuple[OwnerPayrollAccount, ...] | None = None


@attrs.frozen(kw_only=True)
class OwnerParty:
    """
    Somebody who may use the account of a business.

    Attributes:
        display_name: Only for an individual, as is `social_name`.

        company_name: Only for a company, as is `trade_name`.

        start_date: Since when.

        percentage_type: The party's share of the business; the example in the documentation is a fraction,
            `0.51`.

        document_country: Three letters (ISO 3166-1).
    """

    person_type: OwnerPartyPersonType | None = None
    type: OwnerPartyType | None = None
    display_name: str | None = None
    social_name: str | None = None
    company_name: str | None = None
    trade_name: str | None = None
    start_date: dt.date | None = None
    percentage_type: Decimal | None = None
    document_type: OwnerPartyDocumentType | None = None
    document_number: str | None = None
    document_issue_date: dt.date | None = None
    document_expiration_date: dt.date | None = None
    document_country: str | None = None
    document_additional_info: str | None = None


@attrs.frozen(kw_only=True)
class Owner:
    """
    A person or a company that the accounts of a link belong to.

    Outside of Brazil's Open Finance network there are one name, one document, one email address, one postal
    address and one telephone number, and no more than that.

    Attributes:
        link: `Link.id`.

        internal_identification: The institution's own id of the owner.

        display_name: The full name; a business in Brazil's Open Finance network has `company_name`.

        social_name: The name in use, where it is not the one in the register.

        companies_id: The institutions that vouch for who the owner is.

        is_local_resident: Where it is false, there are `nationalities`.

        filiations: The parents of an individual.

        company_name: The name of a business in the register.

        trade_name: The name of a business in use.

        incorporation_date: Only for a business.

        parties: Who may use the account of a business.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/owners

    id: str = always()
    link: str | None = None
    internal_identification: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    display_name: str | None = None
    social_name: str | None = None
    birth_date: dt.date | None = None
    marital_status: OwnerMaritalStatus | None = None
    marital_status_additional_info: str | None = None
    gender: OwnerGender | None = None
    companies_id: tuple[str, ...] | None = None
    is_local_resident: bool | None = None
    document_id: OwnerDocumentId | None = None
    additional_documents: tuple[OwnerAdditionalDocument | None, ...] | None = None
    nationalities: tuple[OwnerNationality, ...] | None = None
    email: str | None = None
    emails: tuple[OwnerEmail | None, ...] | None = None
    address: str | None = None
    addresses: tuple[OwnerAddress | None, ...] | None = None
    phone_number: str | None = None
    phone_numbers: tuple[OwnerPhoneNumber | None, ...] | None = None
    filiations: tuple[OwnerFiliation, ...] | None = None
    financial_profile: OwnerFinancialProfile | None = None
    financial_relation: OwnerFinancialRelation | None = None
    company_name: str | None = None
    trade_name: str | None = None
    incorporation_date: dt.date | None = None
    parties: tuple[OwnerParty | None, ...] | None = None
    business_name: str | None = None  # deprecated by Belvo
    first_name: str | None = None  # deprecated by Belvo
    last_name: str | None = None  # deprecated by Belvo
    second_last_name: str | None = None  # deprecated by Belvo
