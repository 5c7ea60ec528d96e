"""
What social security says about the users of a link: their employments, and figures that follow from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import attrs

from belvo_async.sandbox.answers import Json
from belvo_async.sandbox.data import ATTACHED
from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.careers import Job, Salary, career
from belvo_async.sandbox.rows.draws import Draws, money, share
from belvo_async.sandbox.rows.papers import pdf
from belvo_async.sandbox.rows.people import Company, Person, cnpj, curp, nss, person, rfc


OUTLOOKS: Final = (3, 6, 12)
"""For so many months ahead there is a score."""

SPANS: Final = (1, 3, 5)
"""Over so many of the last years figures are told."""

OCCUPATIONS: Final = (
    ("ANALISTA DE PRODUTOS BANCARIOS", "2525-40"),
    ("ASSISTENTE ADMINISTRATIVO", "4110-10"),
    ("VENDEDOR DE COMERCIO VAREJISTA", "5211-10"),
    ("COZINHEIRO GERAL", "5132-05"),
)
"""Occupations in Brazil, with their codes."""

ACTIVITIES: Final = ("6421-2 - BANCOS COMERCIAIS", "4711-3 - COMERCIO VAREJISTA", "5611-2 - RESTAURANTES")

RETAINED: Final = 90
"""Thousandths of a salary that Brazil's social security takes."""

DECEMBER: Final = 12


def record_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/employment-records/`.
    """
    today = _day(at)
    human, jobs = person(access), career(access, today)
    draws = Draws(access, "employment record")
    weeks = Cover.of(jobs, today).worked // 7
    current = [job for job in jobs if job.end is None]
    worked = [job.end for job in jobs if job.end is not None]
    status = "EMPLOYED" if current else "UNEMPLOYED"
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        "report_date": at[:10],
        "days_since_extraction": 0,
        "internal_identification": _curp(access, human),
        "personal_data": {
            **_personal(access, human),
            "entitlements": {
                "entitled_to_health_insurance": bool(current),
                "entitled_to_company_benefits": bool(current),
                # Who loses a job is covered for some weeks more.
                "valid_until": None if current or not worked else str(max(worked) + timedelta(56)),
                "status": status,
            },
            "email": human.email,
        },
        "social_security_summary": {"weeks_redeemed": 0, "weeks_reinstated": 0, "weeks_contributed": weeks},
        "employment_records": [_record(access, job, today, at) for job in reversed(jobs)],
        "employment_scores": [
            {"score": score, "period": months, "version": "1.0.0"}
            for months, score in zip(OUTLOOKS, _scores(draws), strict=True)
        ],
        "salary_estimation": {
            "employment_status_estimate": status,
            "base_salary_estimate": money(current[-1].salaries[-1].daily) if current else None,
            "currency": "MXN",
        },
        "files": [
            {"type": f"ReporteSemanasCotizadas_{today:%d%m%y}", "value": pdf(number, "Semanas cotizadas")}
        ]
        if number & ATTACHED
        else [],
    }


def current_row(access: Access, _number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/mx/current-employments/`.
    """
    today = _day(at)
    human = person(access)
    current = [job for job in career(access, today) if job.end is None]
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        "month": at[:7] if current else None,
        "internal_identification": _curp(access, human),
        "personal_data": _personal(access, human),
        "status": "EMPLOYED" if current else "UNEMPLOYED",
        "current_employment_records": [
            {
                "employer": job.company.name,
                "employer_id": _employer_id(access, job),
                "employer_rfc": _employer_rfc(access, job),
                "state": job.state,
                "days_employed": job.days(today),
                "base_salary": money(job.salaries[-1].daily),
                "monthly_salary": money(job.salaries[-1].monthly),
            }
            for job in current
        ]
        or None,
    }


def employment_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/br/employments/`.
    """
    today = _day(at)
    job = career(access, today)[number]
    draws = Draws(access, "occupation", number)
    description, code = draws.pick(OCCUPATIONS)
    span = {"start_date": str(job.start), "end_date": _text(job.end)}
    return {
        "link": access.id,
        "created_at": at,
        "collected_at": at,
        **span,
        "employer_data": {
            "name": job.company.name.replace("SA DE CV", "LTDA"),
            "code": cnpj(Draws(access, "cnpj", job.employer)),
            "economic_activity": Draws(access, "activity", job.employer).pick(ACTIVITIES),
        },
        "occupations": [
            {**span, "description": description, "name": f"{description} - {code}", "locale": "Urbana"}
        ],
        "salaries": [
            {
                "base_amount": money(amount),
                "retained_amount": money(share(amount, RETAINED)),
                "type": kind,
                "month": f"{month:%Y-%m}",
                "currency": "BRL",
            }
            for month, kind, amount in _payments(job, today)
        ],
    }


def metrics_row(access: Access, number: int, _count: int, at: str) -> Json:
    """
    Return a row of `/api/employment-metrics/`: the number is the day that they are relative to, if one was named.
    """
    now = _day(at)
    day = min(date.fromordinal(number), now) if number else now
    born = person(access).birth_date
    jobs = career(access, day)
    return {
        "link": access.id,
        "collected_at": at,
        "created_at": at,
        "updated_at": at,
        "reference_date": str(date.fromordinal(number)) if number else None,
        "age": day.year - born.year - ((day.month, day.day) < (born.month, born.day)),
        **_employers(jobs, day),
        **_changes(jobs),
        **{
            f"{name}_{years}y": value for years in SPANS for name, value in _of_last(jobs, years, day).items()
        },
    }


def _day(at: str) -> date:
    return date.fromisoformat(at[:10])


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _curp(access: Access, human: Person) -> str:
    return curp(Draws(access, "curp"), human)


def _personal(access: Access, human: Person) -> Json:
    numbers = {
        "NSS": nss(Draws(access, "nss")),
        "CURP": _curp(access, human),
    }
    return {
        "official_name": human.name,
        "first_name": human.first_name,
        "last_name": human.surnames,
        "birth_date": str(human.birth_date),
        "document_ids": [
            {"document_type": kind, "document_number": value} for kind, value in numbers.items()
        ],
    }


def _employer_id(access: Access, job: Job) -> str:
    return Draws(access, "employer id", job.employer).digits(11)


def _employer_rfc(access: Access, job: Job) -> str:
    company: Company = job.company
    return rfc(Draws(access, "employer rfc", job.employer), company)


def _record(access: Access, job: Job, today: date, at: str) -> Json:
    latest = job.salaries[-1]
    return {
        "collected_at": at,
        "employer": job.company.name,
        "employer_id": _employer_id(access, job),
        "start_date": str(job.start),
        "end_date": _text(job.end),
        "weeks_employed": job.days(today) // 7,
        "state": job.state,
        "most_recent_base_salary": money(latest.daily),
        "monthly_salary": money(latest.monthly),
        "currency": "MXN",
        "employment_status_updates": [
            {"event": event, "base_salary": money(salary.daily), "update_date": str(day)}
            for event, salary, day in reversed(list(_events(job)))
        ],
    }


def _events(job: Job) -> Iterator[tuple[str, Salary, date]]:
    for salary in job.salaries:
        yield ("HIRED" if salary.since == job.start else "SALARY_MODIFICATION"), salary, salary.since
    if job.end is not None:
        yield "DISMISSED_RESIGNED", job.salaries[-1], job.end


def _scores(draws: Draws) -> Iterator[int]:
    score = draws.between(500, 900)
    for _ in OUTLOOKS:
        yield score
        score -= draws.between(0, 60)


def _payments(job: Job, today: date) -> Iterator[tuple[date, str, int]]:
    """
    Yield what was paid in each month that is over, and the thirteenth salary in each December.
    """
    final = job.end or today.replace(day=1) - timedelta(1)
    months = 0
    for month in _months(job.start, final):
        amount = next(salary for salary in reversed(job.salaries) if salary.since < _next(month)).monthly
        months = 1 if month.month == 1 else months + 1
        yield month, "REGULAR", amount
        if month.month == DECEMBER:
            yield month, "THIRTEENTH", amount * min(months, 12) // 12


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _next(month)


def _next(month: date) -> date:
    return (month + timedelta(32)).replace(day=1)


@attrs.frozen
class Cover:
    """
    The days between the first job and a later day.

    Attributes:
        worked: How many were worked.

        doubled: How many with more than one employer.

        gaps: Lengths of the times without work.
    """

    worked: int = 0
    doubled: int = 0
    gaps: tuple[int, ...] = ()

    @classmethod
    def of(cls, jobs: Sequence[Job], until: date) -> Cover:
        """
        Count the days of *jobs*, which are sorted by their beginning.
        """
        worked = doubled = 0
        gaps = []
        for day, following in pairwise(
            sorted({until, *(edge for job in jobs for edge in _edges(job, until))})
        ):
            busy = sum(job.start <= day < (job.end or until) for job in jobs)
            length = (following - day).days
            worked += length if busy else 0
            doubled += length if busy > 1 else 0
            if not busy:
                gaps.append(length)
        return cls(worked, doubled, tuple(gaps))


def _edges(job: Job, until: date) -> tuple[date, date]:
    return job.start, job.end or until


def _weeks(days: int) -> float:
    return round(days / 7, 4)


def _employers(jobs: Sequence[Job], day: date) -> Json:
    """
    Return how long and where was worked.
    """
    current = sum(job.end is None for job in jobs)
    cover = Cover.of(jobs, day)
    last = jobs[-1] if jobs else None
    left = max((job.end for job in jobs if job.end is not None), default=day)
    unique = len({job.employer for job in jobs})
    years = (day - jobs[0].start).days / 365 if jobs else 0
    return {
        "current_status": "EMPLOYED" if current else "UNEMPLOYED",
        "current_employer_count": current,
        "base_salary_last": money(last.salaries[-1].daily) if last else None,
        "weeks_employed_last_job": _weeks(last.days(day)) if last else None,
        "weeks_since_last_job": None if last is None else 0 if current else _weeks((day - left).days),
        "weeks_employed_total": _weeks(cover.worked),
        "weeks_with_multiple_employers": _weeks(cover.doubled),
        "employer_count": len(jobs),
        "unique_employer_count": unique,
        "employers_per_year": round(unique / years, 4) if years else None,
        "weeks_between_jobs": _weeks(sum(cover.gaps)),
        "max_weeks_between_jobs": _weeks(max(cover.gaps, default=0)),
    }


def _steps(salaries: Sequence[Salary]) -> tuple[int, int]:
    """
    Return how often a salary rose and how often it fell.
    """
    steps = [later.daily - earlier.daily for earlier, later in pairwise(salaries)]
    return sum(step > 0 for step in steps), sum(step < 0 for step in steps)


def _changes(jobs: Sequence[Job]) -> Json:
    """
    Return how often the salary changed: in the last job, with it, and in all.
    """
    spans: dict[str, list[Salary]] = {
        "last_job": [*jobs[-1].salaries] if jobs else [],
        "after_change": [jobs[-2].salaries[-1], jobs[-1].salaries[0]] if len(jobs) > 1 else [],
        "overall": [salary for job in jobs for salary in job.salaries],
    }
    return {
        f"{direction}_{span}": steps
        for span, salaries in spans.items()
        for direction, steps in zip(("increases", "decreases"), _steps(salaries), strict=True)
    }


FIGURES: Final[dict[str, Callable[[Sequence[int]], float]]] = {
    "min": lambda salaries: money(min(salaries)),
    "average": lambda salaries: money(round(sum(salaries) / len(salaries))),
    "max": lambda salaries: money(max(salaries)),
}


def _of_last(jobs: Sequence[Job], years: int, day: date) -> Json:
    """
    Return the figures of the last *years*; of a shorter career they are null.
    """
    since = day - timedelta(365 * years)
    if not jobs or jobs[0].start > since:
        names = (
            "increases",
            "decreases",
            "yearly_change",
            *(f"{figure}_monthly_salary" for figure in FIGURES),
        )
        return dict.fromkeys(names)

    every = [salary for job in jobs for salary in job.salaries]
    before = [salary for salary in every if salary.since <= since]
    during = [salary for salary in every if salary.since > since]
    rises, falls = _steps([before[-1], *during])
    paid = [
        salary.monthly
        for back in range(12 * years)
        if (salary := _paid(jobs, day - timedelta(back * 365 // 12))) is not None
    ]
    return {
        "increases": rises,
        "decreases": falls,
        "yearly_change": round((every[-1].daily / before[-1].daily - 1) * 100, 4),
        **{f"{name}_monthly_salary": figure(paid) if paid else None for name, figure in FIGURES.items()},
    }


def _paid(jobs: Sequence[Job], day: date) -> Salary | None:
    """
    Return the salary of *day*; with several jobs, of the one that began last.
    """
    return next((salary for job in reversed(jobs) if (salary := job.salary(day)) is not None), None)
