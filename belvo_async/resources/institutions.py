"""
Institutions: the banks and offices Belvo can log in at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from belvo_async.resources.verbs import Gettable, Listable


if TYPE_CHECKING:
    from belvo_async.models import Institution  # noqa: F401 - the parameter of its bases


class Institutions(Listable["Institution"], Gettable["Institution"]):
    """
    The banks and offices Belvo can log in at, and what each wants from the user.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/institutions

    name = "institutions"
    path = "/api/institutions/"
    model_name = "Institution"
