"""
Employment metrics: figures that Belvo draws from a person's working life.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from belvo_async.models._fields import Instant, always
from belvo_async.models.employment_records import EmploymentRecordStatus


@attrs.frozen(kw_only=True)
class EmploymentMetric:
    """
    Figures about one person's employments and wages.

    `1y`, `3y` and `5y` are the last year, three years and five years. A working life shorter than that has
    `None`.

    Attributes:
        updated_at: When Belvo last reckoned the figures.

        reference_date: As of which day they are; `None` for the day on which they were asked for.

        base_salary_last: In the present job or the last one.

        weeks_employed_last_job: In the present job or the last one.

        weeks_since_last_job: Nothing while the person has work.

        weeks_employed_total: A week in several jobs counts once.

        weeks_with_multiple_employers: In several jobs at once.

        employer_count: Who employed the person twice counts twice.

        unique_employer_count: Who employed the person twice counts once.

        weeks_between_jobs: Without work, all together.

        max_weeks_between_jobs: Without work, the longest time.

        increases_last_job: How often the salary rose, in the present job or the last one.

        decreases_last_job: How often the salary fell, in the present job or the last one.

        increases_after_change: How often the salary rose from the last job but one to the last.

        decreases_after_change: How often the salary fell from the last job but one to the last.

        yearly_change_1y: Of the salary, in per cent.

        yearly_change_3y: Of the salary, in per cent.

        yearly_change_5y: Of the salary, in per cent.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employment-metrics

    id: str = always()
    link: str | None = None
    collected_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    reference_date: date | None = None
    age: int | None = None
    current_status: EmploymentRecordStatus | None = None
    current_employer_count: int | None = None
    base_salary_last: Decimal | None = None
    weeks_employed_last_job: Decimal | None = None
    weeks_since_last_job: Decimal | None = None
    weeks_employed_total: Decimal | None = None
    weeks_with_multiple_employers: Decimal | None = None
    employer_count: int | None = None
    unique_employer_count: int | None = None
    employers_per_year: Decimal | None = None
    weeks_between_jobs: Decimal | None = None
    max_weeks_between_jobs: Decimal | None = None
    increases_last_job: int | None = None
    decreases_last_job: int | None = None
    increases_after_change: int | None = None
    decreases_after_change: int | None = None
    increases_overall: int | None = None
    decreases_overall: int | None = None
    increases_1y: int | None = None
    decreases_1y: int | None = None
    increases_3y: int | None = None
    decreases_3y: int | None = None
    increases_5y: int | None = None
    decreases_5y: int | None = None
    yearly_change_1y: Decimal | None = None
    yearly_change_3y: Decimal | None = None
    yearly_change_5y: Decimal | None = None
    min_monthly_salary_1y: Decimal | None = None
    min_monthly_salary_3y: Decimal | None = None
    min_monthly_salary_5y: Decimal | None = None
    average_monthly_salary_1y: Decimal | None = None
    average_monthly_salary_3y: Decimal | None = None
    average_monthly_salary_5y: Decimal | None = None
    max_monthly_salary_1y: Decimal | None = None
    max_monthly_salary_3y: Decimal | None = None
    max_monthly_salary_5y: Decimal | None = None
