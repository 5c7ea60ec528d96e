"""
Brazil: what Belvo offers there and nowhere else, below `/api/br/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

from belvo_async.codec import page_decoder
from belvo_async.messages import Answer, Effect, Query, Request
from belvo_async.resources.arguments import Day, Names
from belvo_async.resources.flows import Retrievable, RetrieveOptions, deferred
from belvo_async.resources.mounted import Namespace, mounted
from belvo_async.resources.pages import Pages
from belvo_async.resources.verbs import NEW, Gettable, ListableByLink, StoredByLink, listing
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import (
        BrazilBalance,
        Employment,
        Exchange,
        ExchangeHistory,
        Investment,
        InvestmentTransaction,
    )


class BrazilBalances(
    ListableByLink["BrazilBalance"], Gettable["BrazilBalance"], Retrievable["BrazilBalance"]
):
    """
    What is on the accounts of a link, by Open Finance. Belvo deletes them with their link only.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/balances

    name = "brazil.balances"
    path = "/api/br/balances/"
    model_name = "BrazilBalance"
    specifications = (NEW,)
    found_by = (("account", ("account_id",)),)

    def retrieve(
        self, link: str, /, *, account: str | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[BrazilBalance]]:
        """
        Fetch the balances of this moment from the institution. See `RetrieveOptions` for the options.

        Args:
            account: Id of the one account to look at; all of them by default.
        """
        return self._retrieve(link, options, account_id=account)


class Exchanges(StoredByLink["Exchange"], Retrievable["Exchange"]):
    """
    Foreign currency that was bought or sold.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/exchanges

    name = "brazil.exchanges"
    path = "/api/br/exchanges/"
    model_name = "Exchange"
    specifications = (NEW,)

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day | None = None,
        date_to: Day | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[Exchange]]:
        """
        Fetch the exchanges from the institution. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.
        """
        return self._retrieve(link, options, date_from=date_from, date_to=date_to)

    def history(
        self,
        id: str,  # noqa: A002 - Belvo's word
        /,
        *,
        page: int | None = None,
        page_size: int | None = None,
        limit: int | None = None,
        fields: Names = None,
        omit: Names = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Pages[ExchangeHistory]:
        """
        Return what happened to an exchange. Nothing is sent until you iterate.

        Args:
            id: Id of the exchange.

            page: The page to begin with.

            page_size: Items on a page, at most 1,000.

            limit: Stop after so many items.

            fields: Names of the fields to send; the others are `None`.

            omit: Names of the fields not to send.

            timeout: As in `CallOptions`, as is `headers`.
        """
        from belvo_async.models import ExchangeHistory  # noqa: PLC0415 - loaded when it is needed

        told, problem = self._told_later(timeout, headers)

        async def fetch(query: Query) -> Answer:
            return await told._send(Request("GET", f"{told._item_path(id)}history/", Effect.READ, query))

        asked = problem or listing(page_size, limit, fields, omit, {"page": page})
        return Pages(fetch, page_decoder(ExchangeHistory), asked, limit)


class BrazilInvestments(StoredByLink["Investment"], Retrievable["Investment"]):
    """
    Funds, bonds and shares, by Open Finance.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/investments-brazil

    name = "brazil.investments"
    path = "/api/br/investments/"
    model_name = "Investment"
    specifications = (NEW,)

    def retrieve(self, link: str, /, **options: Unpack[RetrieveOptions]) -> MfaSession[list[Investment]]:
        """
        Fetch the investments from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options)

    request = deferred(retrieve)


class BrazilInvestmentTransactions(
    StoredByLink["InvestmentTransaction"], Retrievable["InvestmentTransaction"]
):
    """
    What was bought, sold and paid out of investments, by Open Finance.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/investment-transactions-brazil

    name = "brazil.investment_transactions"
    path = "/api/br/investment-transactions/"
    model_name = "InvestmentTransaction"
    specifications = (NEW,)

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day | None = None,
        date_to: Day | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[InvestmentTransaction]]:
        """
        Fetch the transactions from the institution. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.
        """
        return self._retrieve(link, options, date_from=date_from, date_to=date_to)

    request = deferred(retrieve)


class BrazilEmployments(StoredByLink["Employment"], Retrievable["Employment"]):
    """
    A person's employments, from the social security (INSS).
    """

    # https://developers.belvo.com/apis/belvoopenapispec/employments-brazil

    name = "brazil.employments"
    path = "/api/br/employments/"
    model_name = "Employment"
    specifications = (NEW,)

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day | None = None,
        date_to: Day | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[Employment]]:
        """
        Fetch the employments from the institution. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.
        """
        return self._retrieve(link, options, date_from=date_from, date_to=date_to)

    request = deferred(retrieve)


class Brazil(Namespace):
    """
    What Belvo offers in Brazil and nowhere else.
    """

    balances = mounted(BrazilBalances)
    exchanges = mounted(Exchanges)
    investments = mounted(BrazilInvestments)
    investment_transactions = mounted(BrazilInvestmentTransactions)
    employments = mounted(BrazilEmployments)
