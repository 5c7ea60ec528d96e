"""
Employment records: a person's working life as Mexico's social security has it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class EmploymentRecordStatus(OpenEnum):
    """
    Whether a person has work.
    """

    EMPLOYED = "EMPLOYED"
    RETIRED = "RETIRED"
    UNEMPLOYED = "UNEMPLOYED"
    NULL = "null"  # text in the specification; what is not known should come as `None`


class EmploymentRecordDocumentType(OpenEnum):
    """
    The kind of a document of identity.
    """

    NSS = "NSS"
    """The number of the social security."""

    CURP = "CURP"
    """The number that Mexico gives each person."""

    RFC = "RFC"
    """The number of the tax office."""


class EmploymentRecordStatusUpdateEvent(OpenEnum):
    """
    What changed in an employment.
    """

    DISMISSED_RESIGNED = "DISMISSED_RESIGNED"
    SALARY_MODIFICATION = "SALARY_MODIFICATION"
    HIRED = "HIRED"
    VOLUNTARY_CONTRIBUTION = "VOLUNTARY_CONTRIBUTION"
    ABSENCE = "ABSENCE"
    SICK_LEAVE = "SICK_LEAVE"
    NORMAL = "NORMAL"
    BDUTA_CERTIFICATE = "BDUTA_CERTIFICATE"
    DYE_CERTIFICATE = "DYE_CERTIFICATE"


@attrs.frozen(kw_only=True)
class EmploymentRecordEntitlement:
    """
    What a person may claim for being, or having been, employed.

    Attributes:
        valid_until: `None` as long as they are employed.
    """

    entitled_to_health_insurance: bool | None = None
    entitled_to_company_benefits: bool | None = None
    valid_until: date | None = None
    status: EmploymentRecordStatus | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordDocumentId:
    """
    One document of identity of a person.
    """

    document_type: EmploymentRecordDocumentType | None = None
    document_number: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordPersonalData:
    """
    Whom an employment record is about.

    Attributes:
        official_name: The whole name.
    """

    official_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    entitlements: EmploymentRecordEntitlement | None = None
    document_ids: tuple[EmploymentRecordDocumentId, ...] | None = None
    email: str | None = None  # deprecated by Belvo


@attrs.frozen(kw_only=True)
class EmploymentRecordSocialSecuritySummary:
    """
    What a person paid into their pension, counted in weeks of work.

    Attributes:
        weeks_redeemed: Taken out before the pension began.

        weeks_reinstated: Taken out and paid back.

        weeks_contributed: Paid in.
    """

    weeks_redeemed: int | None = None
    weeks_reinstated: int | None = None
    weeks_contributed: int | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordEmploymentStatusUpdate:
    """
    One change of an employment.

    Attributes:
        base_salary: As of `update_date`, with all extras, except for public servants.
    """

    event: EmploymentRecordStatusUpdateEvent | None = None
    base_salary: Decimal | None = None
    update_date: date | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordDetail:
    """
    One employment.

    Attributes:
        employer: For public servants also who manages their data, after a semicolon.

        employer_id: The social security's number of the employer.

        end_date: `None` as long as it lasts.

        state: Of Mexico, where the work was.

        most_recent_base_salary: For a day.

        monthly_salary: With all extras, except for public servants.

        currency: Three letters (ISO 4217).
    """

    collected_at: Instant | None = None
    employer: str | None = None
    employer_id: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    weeks_employed: int | None = None
    state: str | None = None
    most_recent_base_salary: Decimal | None = None
    monthly_salary: Decimal | None = None
    currency: str | None = None
    # The specification lets the entries of this list be null.
    employment_status_updates: tuple[EmploymentRecordEmploymentStatusUpdate | None, ...] | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordScore:
    """
    Belvo's guess at how likely a person is to have work and income.

    Attributes:
        score: From 300, unlikely, to 900, likely.

        period: For how many months from now.

        version: Of Belvo's model.
    """

    score: int | None = None
    period: int | None = None
    version: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordSalaryEstimation:
    """
    Belvo's guess at what a person earns now, made from an older record.

    Attributes:
        employment_status_estimate: Whether the person has work.

        base_salary_estimate: For a day.

        currency: Three letters (ISO 4217).
    """

    employment_status_estimate: EmploymentRecordStatus | None = None
    base_salary_estimate: Decimal | None = None
    currency: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecordFile:
    """
    One document of the social security about a person.

    Attributes:
        type: The title of the document.

        value: The document itself, where it was asked for; never in the sandbox.
    """

    type: str | None = None
    value: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentRecord:
    """
    The working life of one person.

    Attributes:
        report_date: When the social security wrote it down.

        days_since_extraction: How long ago Belvo fetched it.

        internal_identification: The person's CURP.

        social_security_summary: Only for those insured with the IMSS, not for public servants.

        employment_scores: Only for those insured with the IMSS.

        salary_estimation: Only for those insured with the IMSS.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employment-records-mexico

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    report_date: date | None = None
    days_since_extraction: int | None = None
    internal_identification: str | None = None
    personal_data: EmploymentRecordPersonalData | None = None
    social_security_summary: EmploymentRecordSocialSecuritySummary | None = None
    employment_records: tuple[EmploymentRecordDetail, ...] | None = None
    employment_scores: tuple[EmploymentRecordScore, ...] | None = None
    salary_estimation: EmploymentRecordSalaryEstimation | None = None
    files: tuple[EmploymentRecordFile, ...] | None = None
