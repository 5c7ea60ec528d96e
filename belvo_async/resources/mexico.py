"""
Mexico: what Belvo offers there and nowhere else, below `/api/mx/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from belvo_async.resources.flows import Retrievable, RetrieveOptions
from belvo_async.resources.mounted import Namespace, mounted
from belvo_async.resources.verbs import NEW, Stored
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from belvo_async.models import CurrentEmployment


class CurrentEmployments(Stored["CurrentEmployment"], Retrievable["CurrentEmployment"]):
    """
    Where a person works now, from the social security (IMSS, ISSSTE). `client.employment_records` has the past.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/current-employments-mexico

    name = "mexico.current_employments"
    path = "/api/mx/current-employments/"
    model_name = "CurrentEmployment"
    specifications = (NEW,)

    def retrieve(
        self, link: str, /, **options: Unpack[RetrieveOptions]
    ) -> MfaSession[list[CurrentEmployment]]:
        """
        Fetch the current employments from the institution. See `RetrieveOptions` for the options.
        """
        return self._retrieve(link, options)


class Mexico(Namespace):
    """
    What Belvo offers in Mexico and nowhere else.
    """

    current_employments = mounted(CurrentEmployments)
