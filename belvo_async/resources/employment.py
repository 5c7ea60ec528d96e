"""
Employment: what the social security knows of a person's work, and what follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Retrievable, RetrieveOptions, deferred
from belvo_async.resources.verbs import NEW, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import EmploymentMetric, EmploymentRecord


class EmploymentRecords(Stored["EmploymentRecord"], Retrievable["EmploymentRecord"]):
    """
    A person's history of work, from the social security of Mexico (IMSS, ISSSTE).
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employment-records-mexico

    name = "employment_records"
    path = "/api/employment-records/"
    model_name = "EmploymentRecord"

    def retrieve(
        self, link: str, /, *, attach_pdf: bool | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[EmploymentRecord]]:
        """
        Fetch the records from the institution. See `RetrieveOptions` for the options.

        Args:
            attach_pdf: Whether to bring the documents too, as base64 in `files`. Belvo's default is not to.
        """
        return self._retrieve(link, options, attach_pdf=attach_pdf)

    request = deferred(retrieve)


class EmploymentMetrics(Stored["EmploymentMetric"], Retrievable["EmploymentMetric"]):
    """
    Figures that Belvo computes from a person's employments.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employment-metrics

    name = "employment_metrics"
    path = "/api/employment-metrics/"
    model_name = "EmploymentMetric"
    specifications = (NEW,)

    def retrieve(
        self, link: str, /, *, reference_date: Day | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[EmploymentMetric]]:
        """
        Compute the metrics. See `RetrieveOptions` for the options.

        Args:
            reference_date: The day to compute them for; Belvo's default is today.
        """
        return self._retrieve(link, options, reference_date=reference_date)
