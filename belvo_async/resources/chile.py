"""
Chile: what Belvo offers there and nowhere else, below `/api/cl/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Retrievable, RetrieveOptions, deferred
from belvo_async.resources.mounted import Namespace, mounted
from belvo_async.resources.verbs import NEW, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import ChileInvoice, ChileTaxStatus, DebtReport, InvoiceType


class ChileInvoices(Stored["ChileInvoice"], Retrievable["ChileInvoice"]):
    """
    Invoices that were sent and received, from the tax office (SII).
    """

    # https://developers.belvo.com/apis/belvoopenapispec/invoices-chile

    name = "chile.invoices"
    path = "/api/cl/invoices/"
    model_name = "ChileInvoice"
    specifications = (NEW,)

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        type: InvoiceType | str | None = None,  # noqa: A002 - Belvo's word
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[ChileInvoice]]:
        """
        Fetch the invoices of a period from the tax office. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.

            type: `INFLOW` (received money) or `OUTFLOW`; both by default.
        """
        period = {"date_from": date_from, "date_to": date_to}
        return self._retrieve(link, options, needed=period, type=type)

    request = deferred(retrieve)


class ChileTaxStatuses(Stored["ChileTaxStatus"], Retrievable["ChileTaxStatus"]):
    """
    What the tax office (SII) has on file about a taxpayer.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-status-chile

    name = "chile.tax_status"
    path = "/api/cl/tax-status/"
    model_name = "ChileTaxStatus"
    specifications = (NEW,)

    def retrieve(
        self, link: str, /, *, attach_pdf: bool | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[ChileTaxStatus]]:
        """
        Fetch the tax status from the tax office. See `RetrieveOptions` for the options.

        Args:
            attach_pdf: Whether to bring the document too, as base64 in `pdf`. Belvo's default is not to.
        """
        return self._retrieve(link, options, attach_pdf=attach_pdf)


class DebtReports(Stored["DebtReport"], Retrievable["DebtReport"]):
    """
    What a taxpayer owes, from the commission for the financial market (CMF).
    """

    # https://developers.belvo.com/apis/belvoopenapispec/debt-reports-chile

    name = "chile.debt_reports"
    path = "/api/cl/debt-reports/"
    model_name = "DebtReport"
    specifications = (NEW,)

    def retrieve(
        self, link: str, /, *, attach_pdf: bool | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[DebtReport]]:
        """
        Fetch the report. See `RetrieveOptions` for the options.

        Args:
            attach_pdf: Whether to bring the document too, as base64 in `pdf`. Belvo's default is not to.
        """
        return self._retrieve(link, options, attach_pdf=attach_pdf)

    request = deferred(retrieve)


class Chile(Namespace):
    """
    What Belvo offers in Chile and nowhere else.
    """

    invoices = mounted(ChileInvoices)
    tax_status = mounted(ChileTaxStatuses)
    debt_reports = mounted(DebtReports)
