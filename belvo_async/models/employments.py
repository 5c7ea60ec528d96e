"""
Employments: the jobs that a person has or had in Brazil, and those that a person has now in Mexico.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.employment_records import EmploymentRecordDocumentType, EmploymentRecordStatus


class EmploymentSalaryType(OpenEnum):
    """
    What a salary in Brazil was paid for.
    """

    REGULAR = "REGULAR"

    THIRTEENTH = "THIRTEENTH"
    """The additional month at the end of the year."""

    VOLUNTARY = "VOLUNTARY"
    RETIREMENT = "RETIREMENT"


@attrs.frozen(kw_only=True)
class EmploymentEmployerData:
    """
    An employer in Brazil.

    Attributes:
        code: The social security's number of the employer.

        economic_activity: What the employer does, as Brazil classifies it (CNAE).
    """

    name: str | None = None
    code: str | None = None
    economic_activity: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentOccupation:
    """
    One position that a person had at an employer in Brazil.

    Attributes:
        end_date: `None` as long as the person has it.

        description: As Brazil classifies it (CBO).

        name: In the employer's words.

        locale: `Urbana`, `Rural` or `Não Identificado`.
    """

    start_date: date | None = None
    end_date: date | None = None
    description: str | None = None
    name: str | None = None
    locale: str | None = None


@attrs.frozen(kw_only=True)
class EmploymentSalary:
    """
    What an employer in Brazil paid for one month.

    Attributes:
        base_amount: Before deductions and without bonuses.

        retained_amount: What went to the social security.

        month: As `YYYY-MM`.

        currency: Three letters (ISO 4217).
    """

    base_amount: Decimal | None = None
    retained_amount: Decimal | None = None
    type: EmploymentSalaryType | None = None
    month: str | None = None
    currency: str | None = None


@attrs.frozen(kw_only=True)
class Employment:
    """
    One employment in Brazil.

    Attributes:
        end_date: `None` as long as it lasts.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employments-brazil

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    start_date: date | None = None
    end_date: date | None = None
    employer_data: EmploymentEmployerData | None = None
    occupations: tuple[EmploymentOccupation, ...] | None = None
    salaries: tuple[EmploymentSalary, ...] | None = None


@attrs.frozen(kw_only=True)
class CurrentEmploymentDocumentId:
    """
    One document of identity of a person in Mexico.
    """

    document_type: EmploymentRecordDocumentType | None = None
    document_number: str | None = None


@attrs.frozen(kw_only=True)
class CurrentEmploymentPersonalData:
    """
    A person in Mexico.

    Attributes:
        official_name: The whole name.
    """

    official_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    document_ids: tuple[CurrentEmploymentDocumentId, ...] | None = None


@attrs.frozen(kw_only=True)
class CurrentEmploymentRecord:
    """
    One job that a person in Mexico has now.

    Attributes:
        employer_id: The social security's number of the employer.

        employer_rfc: The tax number of the employer.

        state: Of Mexico, where the work is.

        monthly_salary: With all extras.
    """

    employer: str | None = None
    employer_id: str | None = None
    employer_rfc: str | None = None
    state: str | None = None
    days_employed: int | None = None
    base_salary: Decimal | None = None
    monthly_salary: Decimal | None = None


@attrs.frozen(kw_only=True)
class CurrentEmployment:
    """
    Whether and where a person in Mexico is employed now.

    Attributes:
        month: That the answer is for, as `YYYY-MM`; `None` without work.

        internal_identification: The person's CURP; `None` without work.

        current_employment_records: `None` without work.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/current-employments-mexico

    id: str = always()
    link: str | None = None
    created_at: Instant | None = None
    collected_at: Instant | None = None
    month: str | None = None
    internal_identification: str | None = None
    personal_data: CurrentEmploymentPersonalData | None = None
    status: EmploymentRecordStatus | None = None
    current_employment_records: tuple[CurrentEmploymentRecord, ...] | None = None
