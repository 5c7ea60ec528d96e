"""
Fiscal: what the tax office of Mexico (SAT) knows. For Chile, see `chile`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Completable, Retrievable, RetrieveOptions, deferred
from belvo_async.resources.members import Year
from belvo_async.resources.verbs import NEW, OLD, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import (
        FinancialStatement,
        Invoice,
        InvoiceType,
        TaxComplianceStatus,
        TaxDeclaration,
        TaxRetention,
        TaxReturn,
        TaxStatus,
    )


class Invoices(Stored["Invoice"], Completable["Invoice"]):
    """
    Invoices that were sent and received. For Chile, see `client.chile.invoices`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/invoices

    name = "invoices"
    path = "/api/invoices/"
    model_name = "Invoice"
    found_by = (
        ("invoice_date__range", ("date_from", "date_to")),
        ("type", ("type",)),
    )

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        type: InvoiceType | str,  # noqa: A002 - Belvo's word
        attach_xml: bool | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[Invoice]]:
        """
        Fetch the invoices of a period from the tax office. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day; Belvo takes a year at most.

            type: `INFLOW` (money received) or `OUTFLOW`.

            attach_xml: Whether to bring the documents too, in `xml`. Belvo's default is not to.
        """
        needed = {"date_from": date_from, "date_to": date_to, "type": type}
        return self._retrieve(link, options, needed=needed, attach_xml=attach_xml)

    request = deferred(retrieve)


class TaxComplianceStatuses(Stored["TaxComplianceStatus"], Retrievable["TaxComplianceStatus"]):
    """
    Whether a taxpayer has done what the tax office wants.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-compliance-status

    name = "tax_compliance_status"
    path = "/api/tax-compliance-status/"
    model_name = "TaxComplianceStatus"

    def retrieve(
        self, link: str, /, *, attach_pdf: bool | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[TaxComplianceStatus]]:
        """
        Fetch the status from the tax office. See `RetrieveOptions` for the options.

        Args:
            attach_pdf: Whether to bring the document too, as base64 in `pdf`. Belvo's default is not to.
        """
        return self._retrieve(link, options, attach_pdf=attach_pdf)


class TaxReturns(Stored["TaxReturn"], Retrievable["TaxReturn"]):
    """
    Tax returns, for years and for months.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-returns

    name = "tax_returns"
    path = "/api/tax-returns/"
    model_name = "TaxReturn"

    def retrieve(
        self,
        link: str,
        /,
        *,
        type: str = "yearly",  # noqa: A002 - Belvo's word
        year_from: Year | None = None,
        year_to: Year | None = None,
        date_from: Day | None = None,
        date_to: Day | None = None,
        attach_pdf: bool | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[TaxReturn]]:
        """
        Fetch the tax returns of a period from the tax office. See `RetrieveOptions` for the options.

        Args:
            type: `yearly` or `monthly`.

            year_from: The first year; needed for yearly returns, as is `year_to`, the last one.

            year_to: The last year.

            date_from: The first day; needed for monthly returns, as is `date_to`, the last one.

            date_to: The last day.

            attach_pdf: Whether to bring the documents too, as base64 in `pdf`. Belvo's default is not to.
        """
        years: dict[str, Any] = {"year_from": year_from, "year_to": year_to}
        days: dict[str, Any] = {"date_from": date_from, "date_to": date_to}
        needed, other = (days, years) if type == "monthly" else (years, days)
        return self._retrieve(link, options, needed={"type": type, **needed}, attach_pdf=attach_pdf, **other)


class TaxRetentions(Stored["TaxRetention"], Retrievable["TaxRetention"]):
    """
    Taxes that a payer kept back and passed on.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-retentions

    name = "tax_retentions"
    path = "/api/tax-retentions/"
    model_name = "TaxRetention"

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        type: InvoiceType | str,  # noqa: A002 - Belvo's word
        attach_xml: bool | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[TaxRetention]]:
        """
        Fetch the retentions of a period from the tax office. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day. Belvo brings 500 at most for a period.

            type: `INFLOW` or `OUTFLOW`.

            attach_xml: Whether to bring the documents too, in `xml`. Belvo's two specifications differ in the default.
        """
        needed = {"date_from": date_from, "date_to": date_to, "type": type}
        return self._retrieve(link, options, needed=needed, attach_xml=attach_xml)


class TaxStatuses(Stored["TaxStatus"], Retrievable["TaxStatus"]):
    """
    What the tax office has on file about a taxpayer. For Chile, see `client.chile.tax_status`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/tax-status

    name = "tax_status"
    path = "/api/tax-status/"
    model_name = "TaxStatus"

    def retrieve(
        self, link: str, /, *, attach_pdf: bool | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[TaxStatus]]:
        """
        Fetch the tax status from the tax office. See `RetrieveOptions` for the options.

        Args:
            attach_pdf: Whether to bring the document too, as base64 in `pdf`. Belvo's default is not to.
        """
        return self._retrieve(link, options, attach_pdf=attach_pdf)


class TaxDeclarations(Stored["TaxDeclaration"], Retrievable["TaxDeclaration"]):
    """
    Declarations of income to the tax office of Colombia (DIAN).
    """

    # The pages of today do not show them any more, they are in the specification of 1.35.0.

    name = "tax_declarations"
    path = "/api/tax-declarations/"
    model_name = "TaxDeclaration"
    specifications = (OLD,)

    def retrieve(
        self,
        link: str,
        /,
        *,
        year_from: Year,
        year_to: Year,
        attach_pdf: bool | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[TaxDeclaration]]:
        """
        Fetch the declarations of some years from the tax office. See `RetrieveOptions` for the options.

        Args:
            year_from: The first year.

            year_to: The last year.

            attach_pdf: Whether to bring the documents too, as base64 in `pdf`. Belvo's default is not to.
        """
        years = {"year_from": year_from, "year_to": year_to}
        return self._retrieve(link, options, needed=years, attach_pdf=attach_pdf)


class FinancialStatements(Stored["FinancialStatement"], Retrievable["FinancialStatement"]):
    """
    Balance sheets and income statements of businesses.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/financial-statements

    name = "financial_statements"
    path = "/api/financial-statements/"
    model_name = "FinancialStatement"
    specifications = (NEW,)

    def retrieve(
        self, link: str, /, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[FinancialStatement]]:
        """
        Fetch the statements from the tax office. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options)

    request = deferred(retrieve)
