"""
Banking: owners, accounts, balances, transactions and bills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Completable, Retrievable, RetrieveOptions, deferred
from belvo_async.resources.verbs import NEW, OLD, Stored, StoredByLink
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import Account, Balance, Bill, Owner, Transaction


class Owners(Stored["Owner"], Completable["Owner"]):
    """
    Who the accounts of a link belong to.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/owners

    name = "owners"
    path = "/api/owners/"
    model_name = "Owner"

    def retrieve(
        self, link: str, /, *, token: str | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[Owner]]:
        """
        Fetch the owners from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options, token)


class Accounts(Stored["Account"], Completable["Account"]):
    """
    The accounts, cards and loans behind a link.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/accounts

    name = "accounts"
    path = "/api/accounts/"
    model_name = "Account"

    def retrieve(
        self, link: str, /, *, token: str | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[Account]]:
        """
        Fetch the accounts from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options, token)


class Balances(Stored["Balance"], Completable["Balance"]):
    """
    What was on the accounts of a link at the end of each day. For Open Finance, see `client.brazil.balances`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/balances

    name = "balances"
    path = "/api/balances/"
    model_name = "Balance"
    specifications = (OLD,)
    found_by = (
        ("value_date__range", ("date_from", "date_to")),
        ("account", ("account",)),
    )

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        account: str | None = None,
        token: str | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[Balance]]:
        """
        Fetch the balances of a period from the institution. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day; not in the future, by the calendar of the institution.

            account: Id of the one account to look at; all of them by default.
        """
        period = {"date_from": date_from, "date_to": date_to}
        return self._retrieve(link, options, token, period, account=account)


class Transactions(StoredByLink["Transaction"], Completable["Transaction"]):
    """
    What moved on the accounts of a link.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/transactions

    name = "transactions"
    path = "/api/transactions/"
    model_name = "Transaction"
    found_by = (
        ("value_date__range", ("date_from", "date_to")),
        ("account", ("account",)),
    )

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        account: str | None = None,
        token: str | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[Transaction]]:
        """
        Fetch the transactions of a period from the institution. See `RetrieveOptions` for the options.

        If the period is longer than what the institution keeps, Belvo brings what there is and does not complain.

        Args:
            date_from: The first day.

            date_to: The last day; not in the future, by the calendar of the institution.

            account: Id of the one account to look at; all of them by default.
        """
        period = {"date_from": date_from, "date_to": date_to}
        return self._retrieve(link, options, token, period, account=account)

    request = deferred(retrieve)


class Bills(StoredByLink["Bill"], Retrievable["Bill"]):
    """
    The bills of a link's credit cards.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/bills

    name = "bills"
    path = "/api/bills/"
    model_name = "Bill"
    specifications = (NEW,)

    def retrieve(self, link: str, /, **options: Unpack[RetrieveOptions]) -> MfaSession[list[Bill]]:
        """
        Fetch the bills from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options)
