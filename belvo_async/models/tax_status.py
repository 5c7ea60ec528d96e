"""
Tax status: who a taxpayer is to the tax office, what they do for a living and how they are taxed.

`TaxStatus` serves Mexico, and Colombia as 1.35.0 documents it: both come from one endpoint. Chile has an
endpoint and a shape of its own.
"""

from __future__ import annotations

# Not `from datetime import date`: an address has a field of that name, which would hide the type.
import datetime as dt

from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class TaxStatusStatusPadron(OpenEnum):
    """
    Whether a taxpayer is active in Mexico's register of taxpayers.
    """

    ACTIVO = "ACTIVO"
    INACTIVO = "INACTIVO"


class ChileDocumentIdType(OpenEnum):
    """
    The kind of a document of identity in Chile.
    """

    RUT = "RUT"


class ChileTaxStatusAddressType(OpenEnum):
    """
    What an address is for.
    """

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"
    MAILING_ADDRESS = "MAILING_ADDRESS"
    NOTIFICATION_ADDRESS = "NOTIFICATION_ADDRESS"


class ChileTaxStatusEmailType(OpenEnum):
    """
    What an e-mail address is for.
    """

    CONTACT = "CONTACT"
    NOTIFICATION = "NOTIFICATION"
    OTHER = "OTHER"


class ChileTaxStatusPhoneType(OpenEnum):
    """
    The kind of a telephone.
    """

    LANDLINE = "LANDLINE"
    MOBILE = "MOBILE"
    OTHER = "OTHER"
    NULL = "null"  # text in the specification; what is not known should come as `None`


@attrs.frozen(kw_only=True)
class TaxStatusTaxPayerInformation:
    """
    A taxpayer in Mexico or Colombia.

    Attributes:
        rfc: The taxpayer's number, in Colombia their NIT.

        curp: The number that Mexico gives each person.

        commercial_name: What customers call the business.

        social_name: What the law calls the business.
    """

    rfc: str | None = None
    curp: str | None = None
    name: str | None = None
    first_last_name: str | None = None
    second_last_name: str | None = None
    start_operations_date: dt.date | None = None
    status_padron: TaxStatusStatusPadron | None = None
    last_status_change_date: dt.date | None = None
    commercial_name: str | None = None
    social_name: str | None = None
    email: str | None = None
    phone: str | None = None


@attrs.frozen(kw_only=True)
class TaxStatusAddressBetweenStreet:
    """
    The streets that cross the street of an address before and after it.
    """

    street_one: str | None = None
    street_two: str | None = None


@attrs.frozen(kw_only=True)
class TaxStatusAddress:
    """
    Where a taxpayer in Mexico or Colombia lives, or where their business is.

    Attributes:
        street_type: Such as `CALLE`.

        between_street: Only in Mexico.
    """

    postal_code: str | None = None
    street_type: str | None = None
    street: str | None = None
    exterior_number: str | None = None
    interior_number: str | None = None
    suburb: str | None = None
    locality: str | None = None
    municipality: str | None = None
    state: str | None = None
    between_street: tuple[TaxStatusAddressBetweenStreet, ...] | None = None


@attrs.frozen(kw_only=True)
class TaxStatusEconomicActivity:
    """
    One thing that a taxpayer does for a living.

    Attributes:
        economic_activity: In the tax office's words; in Colombia its code.

        order: The main one is `1`; Belvo sends text.

        percentage: Its share of all that the taxpayer does; Belvo sends text.
    """

    economic_activity: str | None = None
    initial_date: dt.date | None = None
    end_date: dt.date | None = None
    order: str | None = None
    percentage: str | None = None


@attrs.frozen(kw_only=True)
class TaxStatusRegimen:
    """
    One set of rules that a taxpayer is taxed by.

    Attributes:
        regimen: In the tax office's words.
    """

    end_date: dt.date | None = None
    initial_date: dt.date | None = None
    regimen: str | None = None


@attrs.frozen(kw_only=True)
class TaxStatusObligation:
    """
    One duty that a business has towards the tax office.

    Attributes:
        expiration: When it is to be done, in the tax office's words.
    """

    obligation: str | None = None
    expiration: str | None = None
    initial_date: dt.date | None = None
    end_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class TaxStatus:
    """
    The tax status of a taxpayer in Mexico or Colombia.

    Attributes:
        official_name: The name of the taxpayer; in Colombia of businesses only.

        id_cif: The number of the taxpayer's fiscal identity card, in Colombia of their identity card.

        obligations: Only for businesses.

        digital_stamp: What the tax office certifies, in its own notation.

        digital_stamp_chain: The signature of that.

        pdf: The document itself, where it was asked for.

        regimens: The older name of `regimes`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-status

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    place_and_date_of_issuance: str | None = None
    official_name: str | None = None
    id_cif: str | None = None
    tax_payer_information: TaxStatusTaxPayerInformation | None = None
    address: TaxStatusAddress | None = None
    economic_activity: tuple[TaxStatusEconomicActivity, ...] | None = None
    regimes: tuple[TaxStatusRegimen, ...] | None = None
    obligations: tuple[TaxStatusObligation, ...] | None = None
    digital_stamp: str | None = None
    digital_stamp_chain: str | None = None
    pdf: str | None = None
    regimens: tuple[TaxStatusRegimen, ...] | None = None  # only 1.35.0


# Belvo calls the days of Chile dates and shows some as `24-09-2010`; the lenient tier of the codec reads both.


@attrs.frozen(kw_only=True)
class ChileTaxStatusEntityDetails:
    """
    A taxpayer in Chile.

    Attributes:
        incorporation_date: When the business was founded.

        start_date: When it began to work.

        end_date: When it ceased to.
    """

    incorporation_date: dt.date | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    document_id_type: ChileDocumentIdType | None = None
    document_id_number: str | None = None
    name: str | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusAddress:
    """
    One address of a taxpayer in Chile.

    Attributes:
        date: Since when the tax office has it.
    """

    type: ChileTaxStatusAddressType | None = None
    date: dt.date | None = None
    address: str | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusEmail:
    """
    One e-mail address of a taxpayer in Chile.
    """

    type: ChileTaxStatusEmailType | None = None
    email: str | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusPhone:
    """
    One telephone number of a taxpayer in Chile.
    """

    type: ChileTaxStatusPhoneType | None = None
    number: str | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusEconomicActivity:
    """
    One thing that a taxpayer in Chile does for a living.

    Attributes:
        type: The trade, in the tax office's words.

        activity: What is done in that trade, in the tax office's words.

        code: The tax office's code of it.

        tax_category: The tax office's number of the rules that it is taxed by.

        vat_affected: Whether VAT is due on it.
    """

    type: str | None = None
    activity: str | None = None
    code: str | None = None
    tax_category: int | None = None
    vat_affected: bool | None = None
    start_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusLegalRepresentative:
    """
    Who may, or once might, act for a taxpayer in Chile.
    """

    is_current: bool | None = None
    name: str | None = None
    document_id_type: ChileDocumentIdType | None = None
    document_id_number: str | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusEquityHolder:
    """
    Who owns, or once owned, a share of a taxpayer in Chile.

    Attributes:
        capital_contributed: What has been paid in.

        capital_contribution_outstanding: What is still to be paid in.

        ownership_share: In per cent.

        profit_share: In per cent.
    """

    is_current: bool | None = None
    name: str | None = None
    document_id_type: ChileDocumentIdType | None = None
    document_id_number: str | None = None
    inactive: bool | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    capital_contributed: Decimal | None = None
    capital_contribution_outstanding: Decimal | None = None
    ownership_share: Decimal | None = None
    profit_share: Decimal | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusCompanyStake:
    """
    One business that a taxpayer in Chile owns, or once owned, a share of.

    Attributes:
        name: Of that business.

        capital_contributed: What has been paid in.

        capital_contribution_outstanding: What is still to be paid in.

        ownership_share: In per cent.

        profit_share: In per cent.
    """

    name: str | None = None
    document_id_type: ChileDocumentIdType | None = None
    document_id_number: str | None = None
    inactive: bool | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    capital_contributed: Decimal | None = None
    capital_contribution_outstanding: Decimal | None = None
    ownership_share: Decimal | None = None
    profit_share: Decimal | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusRegime:
    """
    One set of rules that a taxpayer in Chile is taxed by.

    Attributes:
        type: In the tax office's words.
    """

    type: str | None = None
    start_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusAuthorizedTaxDocument:
    """
    One kind of document that a taxpayer in Chile may issue.

    Attributes:
        type: In the tax office's words.

        document_limit: How many of them may be issued.
    """

    type: str | None = None
    document_limit: int | None = None
    authorization_date: dt.date | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusPropertyTaxPayment:
    """
    One instalment of the tax on a property in Chile, late or to come.

    Attributes:
        year: That the tax is for.

        installment: Counts the instalments of that year, from 1.
    """

    year: int | None = None
    installment: int | None = None
    due_date: dt.date | None = None
    amount_due: Decimal | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusPropertyTaxLiability:
    """
    The tax that a taxpayer in Chile owes for one property.

    Attributes:
        property_id: The tax office's number of the property.

        type: The kind of property, in the tax office's words.

        overdue_tax_payments: The instalments that are late.

        scheduled_tax_payments: The instalments that are to come.
    """

    property_id: str | None = None
    district: str | None = None
    address: str | None = None
    type: str | None = None
    overdue_tax_payments: tuple[ChileTaxStatusPropertyTaxPayment, ...] | None = None
    scheduled_tax_payments: tuple[ChileTaxStatusPropertyTaxPayment, ...] | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatusFiscalOffice:
    """
    The office that is in charge of a taxpayer in Chile.
    """

    name: str | None = None
    address: str | None = None


@attrs.frozen(kw_only=True)
class ChileTaxStatus:
    """
    The tax status of a taxpayer in Chile.

    Attributes:
        legal_representative: All of them, those of the past too.

        equity_holders: Who owns the taxpayer.

        company_partnership_stakes: What the taxpayer owns.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-status-chile

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    entity_details: ChileTaxStatusEntityDetails | None = None
    addresses: tuple[ChileTaxStatusAddress, ...] | None = None
    emails: tuple[ChileTaxStatusEmail, ...] | None = None
    phone_numbers: tuple[ChileTaxStatusPhone, ...] | None = None
    economic_activities: tuple[ChileTaxStatusEconomicActivity, ...] | None = None
    legal_representative: tuple[ChileTaxStatusLegalRepresentative, ...] | None = None
    equity_holders: tuple[ChileTaxStatusEquityHolder, ...] | None = None
    company_partnership_stakes: tuple[ChileTaxStatusCompanyStake, ...] | None = None
    regimes: tuple[ChileTaxStatusRegime, ...] | None = None
    authorized_tax_documents: tuple[ChileTaxStatusAuthorizedTaxDocument, ...] | None = None
    property_tax_liabilities: tuple[ChileTaxStatusPropertyTaxLiability, ...] | None = None
    fiscal_office: ChileTaxStatusFiscalOffice | None = None
