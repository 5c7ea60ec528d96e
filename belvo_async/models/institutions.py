"""
Institutions: the banks, tax offices and employers' registries that Belvo reaches.
"""

from __future__ import annotations

import attrs

from belvo_async.models._fields import OpenEnum, always


class InstitutionType(OpenEnum):
    """
    The trade of an institution.
    """

    BANK = "bank"
    FISCAL = "fiscal"
    EMPLOYMENT = "employment"


class InstitutionIntegrationType(OpenEnum):
    """
    How Belvo gets at the data of an institution.

    `OPENBANKING` is the older word for `OPENFINANCE`; what has been stored for long may still carry it.
    """

    CREDENTIALS = "credentials"
    OPENFINANCE = "openfinance"
    OPENBANKING = "openbanking"


class InstitutionStatus(OpenEnum):
    """
    Whether an institution can be reached at present.
    """

    HEALTHY = "healthy"
    DOWN = "down"


class InstitutionResource(OpenEnum):
    """
    A kind of data that Belvo can fetch, as institutions offer it and links order it.
    """

    ACCOUNTS = "ACCOUNTS"
    BALANCES = "BALANCES"
    BILLS = "BILLS"
    EMPLOYMENTS = "EMPLOYMENTS"
    EMPLOYMENT_RECORDS = "EMPLOYMENT_RECORDS"
    FINANCIAL_STATEMENTS = "FINANCIAL_STATEMENTS"
    INCOMES = "INCOMES"
    INVESTMENTS = "INVESTMENTS"
    INVESTMENT_TRANSACTIONS = "INVESTMENT_TRANSACTIONS"
    INVOICES = "INVOICES"
    OWNERS = "OWNERS"
    RECURRING_EXPENSES = "RECURRING_EXPENSES"
    RISK_INSIGHTS = "RISK_INSIGHTS"
    TRANSACTIONS = "TRANSACTIONS"
    TAX_COMPLIANCE_STATUS = "TAX_COMPLIANCE_STATUS"
    TAX_RETENTIONS = "TAX_RETENTIONS"
    TAX_RETURNS = "TAX_RETURNS"
    TAX_STATUS = "TAX_STATUS"
    # Only links order these; no institution lists them.
    CURRENT_EMPLOYMENTS = "CURRENT_EMPLOYMENTS"
    EMPLOYMENT_METRICS = "EMPLOYMENT_METRICS"
    EXCHANGES = "EXCHANGES"
    # Only 1.35.0 knows these.
    INVESTMENTS_PORTFOLIOS = "INVESTMENTS_PORTFOLIOS"  # deprecated by Belvo
    INVESTMENTS_TRANSACTIONS = "INVESTMENTS_TRANSACTIONS"  # deprecated by Belvo


@attrs.frozen(kw_only=True)
class InstitutionFormFieldValue:
    """
    One choice of a form field that asks for a kind of document.

    Attributes:
        code: What to send when the user takes this choice.

        label: What to show the user.

        validation: A regular expression for the number of the document.

        validation_message: What to show when `validation` does not match.

        placeholder: A sample to show in the empty input.
    """

    code: str | None = None
    label: str | None = None
    validation: str | None = None
    validation_message: str | None = None
    placeholder: str | None = None


@attrs.frozen(kw_only=True)
class InstitutionFormField:
    """
    One input of the form in which an institution's users type their credentials.

    Attributes:
        name: The key of the credential in the call that registers a link, such as `username`.

        type: The kind of input to draw, such as `text`.

        label: What to show the user.

        validation: A regular expression for what is typed.

        placeholder: A sample to show in the empty input.

        validation_message: What to show when `validation` does not match.

        values: The choices, where the input is a choice of documents.
    """

    name: str | None = None
    type: str | None = None
    label: str | None = None
    validation: str | None = None
    placeholder: str | None = None
    validation_message: str | None = None
    values: tuple[InstitutionFormFieldValue, ...] | None = None


@attrs.frozen(kw_only=True)
class InstitutionFeature:
    """
    A peculiarity of an institution.

    Attributes:
        name: `token_required` tells that its links may ask for a one-time token.
    """

    name: str | None = None
    description: str | None = None


@attrs.frozen(kw_only=True)
class InstitutionOpenBankingInformation:
    """
    What the register of Brazil's Open Finance network says about an institution.

    Attributes:
        participants: The brands that share its server.

        authorization_server_id: Id of that server in the register.
    """

    description: str | None = None
    participants: tuple[str, ...] | None = None
    authorization_server_id: str | None = None


@attrs.frozen(kw_only=True)
class Institution:
    """
    A bank, tax office or employers' registry that links can be registered with.

    Attributes:
        name: Belvo's word for it, such as `erebor_mx_retail`; this is what calls take and links carry.

        display_name: The name that its customers know.

        country_codes: Two letters for each country it serves.

        primary_color: The main colour of its website, as `#rrggbb`.

        code: Use `id` in its place.

        form_fields: What to ask the user for, in the order of the form.

        features: Empty if there is nothing peculiar about it.

        resources: What can be fetched from it.

        openbanking_information: Only for members of Brazil's Open Finance network.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/institutions

    id: int = always()
    name: str = always()
    type: InstitutionType | None = None
    website: str | None = None
    display_name: str | None = None
    country_codes: tuple[str, ...] | None = None
    primary_color: str | None = None
    logo: str | None = None
    icon_logo: str | None = None
    text_logo: str | None = None
    code: str | None = None  # deprecated by Belvo
    form_fields: tuple[InstitutionFormField, ...] | None = None
    features: tuple[InstitutionFeature, ...] | None = None
    resources: tuple[InstitutionResource, ...] | None = None
    integration_type: InstitutionIntegrationType | None = None
    status: InstitutionStatus | None = None
    openbanking_information: InstitutionOpenBankingInformation | None = None
