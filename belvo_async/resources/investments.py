"""
Investments and receivables, as Belvo had them before Open Finance; below `/investments/` and `/receivables/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Completable, Retrievable, RetrieveOptions
from belvo_async.resources.verbs import OLD, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import InvestmentPortfolio, ReceivablesTransaction


class InvestmentPortfolios(Stored["InvestmentPortfolio"], Completable["InvestmentPortfolio"]):
    """
    Portfolios with their instruments. For Open Finance, see `client.brazil.investments`.
    """

    # The pages of today do not show portfolios any more, they are in the specification of 1.35.0.

    name = "investment_portfolios"
    path = "/investments/portfolios/"
    model_name = "InvestmentPortfolio"
    specifications = (OLD,)

    def retrieve(
        self, link: str, /, *, token: str | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[InvestmentPortfolio]]:
        """
        Fetch the portfolios from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options, token)


class ReceivablesTransactions(Stored["ReceivablesTransaction"], Retrievable["ReceivablesTransaction"]):
    """
    Money that a business is to receive, from card payments say.
    """

    # The pages of today do not show receivables any more, they are in the specification of 1.35.0.

    name = "receivables_transactions"
    path = "/receivables/transactions/"
    model_name = "ReceivablesTransaction"
    specifications = (OLD,)
    found_by = (("value_date__range", ("date_from", "date_to")),)

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        token: str | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[ReceivablesTransaction]]:
        """
        Fetch the transactions of a period from the institution. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.
        """
        return self._retrieve(link, options, token, {"date_from": date_from, "date_to": date_to})
