"""
Institutions: the banks and offices Belvo can log in at.
"""

from __future__ import annotations

from belvo_async.models.institutions import Institution
from belvo_async.resources.verbs import Gettable, Listable


class Institutions(Listable[Institution], Gettable[Institution]):
    """
    The banks and offices Belvo can log in at, and what each wants from the user.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/institutions

    name = "institutions"
    path = "/api/institutions/"
    model = Institution
