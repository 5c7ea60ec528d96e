"""
Accounts and balances.
"""

from __future__ import annotations

from belvo_async.messages import Body
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS
from belvo_async.models.accounts import Account
from belvo_async.models.balances import Balance
from belvo_async.resources.arguments import Day, Names, period
from belvo_async.resources.verbs import Deletable, Gettable, Listable, Options, Resumable
from belvo_async.session import MfaSession, TokenPrompt


class Accounts(Listable[Account], Gettable[Account], Deletable[Account], Resumable[Account, list[Account]]):
    """
    The accounts, cards and loans behind a link.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/accounts

    name = "accounts"
    path = "/api/accounts/"
    model = Account

    def retrieve(
        self,
        link: str,
        /,
        *,
        token: str | None = None,
        save_data: bool = True,
        fields: Names = None,
        omit: Names = None,
        prompt: TokenPrompt | None = None,
        max_rounds: int = DEFAULT_MAX_ROUNDS,
    ) -> MfaSession[list[Account]]:
        """
        Fetch the accounts from the institution.

        Args:
            link: Id of the link.

            token: A one-time token the user has already.

            save_data: Whether Belvo stores what it finds. If not, it is in the result and nowhere else.

            fields: Names of the fields to send back, as is `omit` for those not to send.

            prompt: Whom to ask for tokens; the client's prompt by default.

            max_rounds: How many challenges may be answered.

        Returns:
            A session: await it for the accounts.

        Raises:
            MfaError: Driving the session: the challenge was not answered.
        """
        body = Body({"link": link, "token": token, "save_data": save_data})
        options = Options(save_data=save_data, fields=fields, omit=omit, prompt=prompt, max_rounds=max_rounds)
        return self._start("retrieve", body, options, link=link)


class Balances(Listable[Balance], Gettable[Balance], Deletable[Balance], Resumable[Balance, list[Balance]]):
    """
    What was on the accounts of a link at the end of each day.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/balances

    name = "balances"
    path = "/api/balances/"
    model = Balance

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day,
        date_to: Day,
        account: str | None = None,
        token: str | None = None,
        save_data: bool = True,
        fields: Names = None,
        omit: Names = None,
        prompt: TokenPrompt | None = None,
        max_rounds: int = DEFAULT_MAX_ROUNDS,
    ) -> MfaSession[list[Balance]]:
        """
        Fetch the balances of a period from the institution.

        Args:
            link: Id of the link.

            date_from: The first day.

            date_to: The last day; not in the future, by the calendar of the institution.

            account: Id of the one account to look at; all of them by default.

            token: A one-time token the user has already.

            save_data: Whether Belvo stores what it finds. If not, it is in the result and nowhere else.

            fields: Names of the fields to send back, as is `omit` for those not to send.

            prompt: Whom to ask for tokens; the client's prompt by default.

            max_rounds: How many challenges may be answered.

        Returns:
            A session: await it for the balances.

        Raises:
            MfaError: Driving the session: the challenge was not answered.
        """
        body = Body({"link": link, "account": account, "token": token, "save_data": save_data})
        options = Options(save_data=save_data, fields=fields, omit=omit, prompt=prompt, max_rounds=max_rounds)
        return self._start(
            "retrieve",
            body,
            options,
            link=link,
            checked=lambda: period(date_from, date_to),
            within={"value_date__range": [str(date_from), str(date_to)], "account": account},
        )
