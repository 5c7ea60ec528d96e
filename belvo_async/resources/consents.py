"""
Consents: what users allowed in Brazil's Open Finance network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from belvo_async.resources.arguments import Filter, Names
from belvo_async.resources.pages import Pages
from belvo_async.resources.verbs import NEW, Gettable, Listing


if TYPE_CHECKING:
    from belvo_async.models import Consent


class Consents(Listing["Consent"], Gettable["Consent"]):
    """
    What a user allowed in Brazil's Open Finance network, and until when. Users give consents in Belvo's widget.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/consents

    name = "consents"
    path = "/api/consents/"
    model_name = "Consent"
    specifications = (NEW,)

    def list(
        self,
        *,
        user_document: str,
        page_size: int | None = None,
        limit: int | None = None,
        fields: Names = None,
        omit: Names = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        **filters: Filter,
    ) -> Pages[Consent]:
        """
        Return the consents of one user. Nothing is sent until you iterate.

        Args:
            user_document: The user's tax number (CPF or CNPJ). Belvo wants it in the address, where servers and
                proxies on the way may log it; this library logs no address.

            page_size: Items on a page, at most 1,000.

            limit: Stop after so many items.

            fields: Names of the fields to send; the others are `None`.

            omit: Names of the fields not to send.

            timeout: As in `CallOptions`, as is `headers`.

            filters: More of them, as Belvo names them.

        Returns:
            An async iterator; `await ….to_list()` collects it.

        Raises:
            InvalidArgumentError: Iterating: a filter cannot be right; nothing was sent.

            BelvoError: Iterating: as for every request.
        """
        given = {"user_document": user_document, **filters}
        return self._pages(
            given,
            page_size=page_size,
            limit=limit,
            fields=fields,
            omit=omit,
            timeout=timeout,
            headers=headers,
        )
