"""
Enrichment: what Belvo concludes from transactions, those of a link or those you send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Unpack

from belvo_async.codec import decoder
from belvo_async.messages import Body, Effect, Request
from belvo_async.resources.arguments import Day
from belvo_async.resources.flows import Completable, RetrieveOptions
from belvo_async.resources.members import checked
from belvo_async.resources.verbs import OLD, CallOptions, Resource, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async import models
    from belvo_async.models import IncomeStreamConfidence, IncomeStreamType


class Incomes(Stored["models.Income"], Completable["models.Income"]):
    """
    The incomes that Belvo sees in the transactions of a link.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/incomes

    name = "incomes"
    path = "/api/incomes/"
    model_name = "Income"

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day | None = None,
        date_to: Day | None = None,
        allowed_income_types: Sequence[IncomeStreamType | str] | None = None,
        minimum_confidence_level: IncomeStreamConfidence | str | None = None,
        token: str | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[models.Income]]:
        """
        Find the incomes of a link. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day; the period must be of 90 days at least.

            date_to: The last day.

            allowed_income_types: The kinds to look for, as `["SALARY"]`; all by default.

            minimum_confidence_level: How sure Belvo must be: `HIGH`, `MEDIUM` or `LOW`.
        """
        return self._retrieve(
            link,
            options,
            token,
            date_from=date_from,
            date_to=date_to,
            allowed_income_types=allowed_income_types,
            minimum_confidence_level=minimum_confidence_level,
        )


class RecurringExpenses(Stored["models.RecurringExpense"], Completable["models.RecurringExpense"]):
    """
    What is paid again and again from the accounts of a link.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/recurring-expenses

    name = "recurring_expenses"
    path = "/api/recurring-expenses/"
    model_name = "RecurringExpense"

    def retrieve(
        self,
        link: str,
        /,
        *,
        date_from: Day | None = None,
        date_to: Day | None = None,
        token: str | None = None,
        **options: Unpack[RetrieveOptions],
    ) -> MfaSession[list[models.RecurringExpense]]:
        """
        Find the recurring expenses of a link. See `RetrieveOptions` for the options.

        Args:
            date_from: The first day.

            date_to: The last day.
        """
        return self._retrieve(link, options, token, date_from=date_from, date_to=date_to)


class RiskInsights(Stored["models.RiskInsights"], Completable["models.RiskInsights"]):
    """
    Figures about the creditworthiness of a link's owner.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/risk-insights

    name = "risk_insights"
    path = "/api/risk-insights/"
    model_name = "RiskInsights"

    def retrieve(
        self, link: str, /, *, token: str | None = None, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[models.RiskInsights]]:
        """
        Compute the insights of a link. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options, token)


NEEDED: Final = ("language", "transactions")


class Enriching(Resource[Any]):
    """
    A collection that computes from what it is sent and stores nothing.
    """

    async def _compute(self, type_: Any, body: Body) -> Any:
        # Nothing is stored, so it may be asked for again; and it may take long.
        request = Request("POST", self.path, Effect.READ, body=checked(body, NEEDED), at_institution=True)
        return decoder(type_)(await self._send(request))


class IncomeVerification(Enriching):
    """
    The incomes that Belvo sees in transactions of your own.
    """

    # The pages of today do not show it any more, it is in the specification of 1.35.0.

    name = "income_verification"
    path = "/api/enrich/incomes/"
    model_name = "Income"
    specifications = (OLD,)

    async def verify(
        self,
        transactions: Sequence[models.IncomeVerificationTransactionRequest | Mapping[str, object]],
        *,
        language: str,
        date_from: Day | None = None,
        date_to: Day | None = None,
        allowed_income_types: Sequence[IncomeStreamType | str] | None = None,
        minimum_confidence_level: IncomeStreamConfidence | str | None = None,
        **options: Unpack[CallOptions],
    ) -> list[models.Income]:
        """
        Return the incomes in *transactions*. Belvo stores nothing.

        Args:
            transactions: At most 10,000, as models or as mappings with the same names.

            language: Of their descriptions, in two letters (ISO 639-1): `es`, `pt`.

            date_from: The first day to look at, not longer than a year ago; Belvo wants both days or none.

            date_to: The last day to look at, not in the future.

            allowed_income_types: The kinds to look for, as `["SALARY"]`; all by default.

            minimum_confidence_level: How sure Belvo must be: `HIGH`, `MEDIUM` or `LOW`.

            options: As in `CallOptions`.

        Raises:
            InvalidArgumentError: An argument cannot be right; nothing was sent.

            PermissionDeniedError: The product is not part of your contract.
        """
        body = Body(
            {
                "language": language,
                "transactions": transactions,
                "date_from": date_from,
                "date_to": date_to,
                "allowed_income_types": allowed_income_types,
                "minimum_confidence_level": minimum_confidence_level,
            }
        )
        del transactions  # what raises below must not show them
        told = self._told(options)
        type_ = list[self.model]  # type: ignore[name-defined] # a class at run time
        incomes: list[models.Income] = await told._compute(type_, body)
        return incomes


class Categorization(Enriching):
    """
    The categories of transactions of your own.
    """

    # The pages of today do not show it any more, it is in the specification of 1.35.0.

    name = "categorization"
    path = "/api/categorization/"
    model_name = "Categorization"
    specifications = (OLD,)

    async def categorize(
        self,
        transactions: Sequence[models.CategorizationTransactionRequest | Mapping[str, object]],
        *,
        language: str,
        **options: Unpack[CallOptions],
    ) -> models.Categorization:
        """
        Return *transactions* with their categories. Belvo stores nothing.

        Args:
            transactions: At most 10,000, as models or as mappings with the same names.

            language: Of their descriptions, in two letters (ISO 639-1): `es`, `pt`.

            options: As in `CallOptions`.

        Raises:
            InvalidArgumentError: An argument cannot be right; nothing was sent.

            PermissionDeniedError: The product is not part of your contract.
        """
        body = Body({"language": language, "transactions": transactions})
        del transactions  # what raises below must not show them
        told = self._told(options)
        categorization: models.Categorization = await told._compute(self.model, body)
        return categorization
