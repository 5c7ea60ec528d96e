"""
Where users have worked and for how much, as the institutions of social security know it.

A career follows from the link alone. It is seen up to a day: what came later is cut off.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import attrs

from belvo_async.sandbox.registry import Access
from belvo_async.sandbox.rows.draws import Draws
from belvo_async.sandbox.rows.people import STATES, Company, some_company
from belvo_async.sandbox.users import Dataset


EMPLOYERS: Final = 4
"""So many companies employ a user by turns; who leaves may come back."""

OUT_OF_WORK: Final = 120
"""Days since users whose figures are negative have had work, when their link is made."""

OVERLAP: Final = 45
"""Days for which one may have two jobs when changing, at most."""

DAYS_A_MONTH: Final = 365 / 12

CHANGES: Final = (97, 103, 104, 106, 108)
"""What a wage may become, in hundredths of what it was."""

LOWEST_WAGE: Final = 30_000
HIGHEST_WAGE: Final = 250_000
"""In cents a day, at the beginning of a career."""


@attrs.frozen
class Salary:
    """
    What is paid from a day on.

    Attributes:
        daily: In cents.
    """

    since: date
    daily: int

    @property
    def monthly(self) -> int:
        """
        In cents a month.
        """
        return round(self.daily * DAYS_A_MONTH)


@attrs.frozen
class Job:
    """
    An employment.

    Attributes:
        employer: Which of the employers of this career.

        end: `None` if it goes on.

        salaries: From the first to the latest.
    """

    employer: int
    company: Company
    state: str
    start: date
    end: date | None
    salaries: tuple[Salary, ...]

    def days(self, until: date) -> int:
        """
        Return how many days it lasted up to *until*.
        """
        return ((self.end or until) - self.start).days

    def salary(self, day: date) -> Salary | None:
        """
        Return what was paid on *day*; `None` if it was not held then.
        """
        if day < self.start or (self.end is not None and day > self.end):
            return None
        return next(salary for salary in reversed(self.salaries) if salary.since <= day)

    def seen(self, until: date) -> Job:
        """
        Return what was known of it on the day *until*.
        """
        salaries = tuple(salary for salary in self.salaries if salary.since <= until)
        end = None if self.end is None or self.end > until else self.end
        return attrs.evolve(self, salaries=salaries, end=end)


def career(access: Access, until: date) -> tuple[Job, ...]:
    """
    Return the employments of a user up to *until*, oldest first.
    """
    dataset = access.persona.dataset
    if dataset is Dataset.NONE:
        return ()
    made = date.fromisoformat(access.public["created_at"][:10])
    stop = made - timedelta(OUT_OF_WORK) if dataset is Dataset.NEGATIVE else None

    draws = Draws(access, "career")
    start = made - timedelta(draws.between(400, 12 * 365))
    wage = draws.amount(LOWEST_WAGE, HIGHEST_WAGE)
    jobs: list[Job] = []
    while start <= until:
        end = start + timedelta(draws.between(150, 1500))
        following = end + timedelta(draws.between(-OVERLAP, 200))
        is_last = following >= made - timedelta(2 * OUT_OF_WORK)
        job = _job(access, len(jobs), start, wage, stop if is_last else end, until)
        jobs.append(job.seen(until))
        if is_last:
            break
        start, wage = following, job.salaries[-1].daily * draws.between(90, 125) // 100
    return tuple(jobs)


def _job(access: Access, number: int, start: date, wage: int, end: date | None, until: date) -> Job:
    draws = Draws(access, "job", number)
    employer, state = draws.below(EMPLOYERS), draws.pick(STATES)[1]
    salaries = [Salary(start, wage)]
    while (day := salaries[-1].since + timedelta(draws.between(200, 400))) <= (end or until):
        salaries.append(Salary(day, salaries[-1].daily * draws.pick(CHANGES) // 100))
    company = some_company(Draws(access, "employer", employer))
    return Job(employer, company, state, start, end, tuple(salaries))
