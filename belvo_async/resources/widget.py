"""
The widget: tokens with which a user's browser opens Belvo's own pages.
"""

from __future__ import annotations

import base64

from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Final, Unpack

from belvo_async.codec import decoder
from belvo_async.messages import Body, Effect, Request
from belvo_async.resources.members import checked
from belvo_async.resources.verbs import NEW, CallOptions, Resource


if TYPE_CHECKING:
    from belvo_async.models import InstitutionResource, WidgetToken


SCOPES: Final = ("read_institutions", "write_links")
"""What the widget must be allowed for employment and fiscal institutions."""


class WidgetAccessToken(Resource["WidgetToken"]):
    """
    Tokens for Belvo's widget, in which users connect their institution themselves.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/widget-access-token

    name = "widget_access_token"
    path = "/api/token/"
    model_name = "WidgetToken"
    specifications = (NEW,)

    async def generate(
        self,
        *,
        scopes: str | Sequence[str] = SCOPES,
        widget: Mapping[str, object] | None = None,
        fetch_resources: Sequence[InstitutionResource | str] | None = None,
        credentials_storage: str | None = None,
        stale_in: str | None = None,
        external_id: str | None = None,
        link: str | EllipsisType = ...,
        **options: Unpack[CallOptions],
    ) -> WidgetToken:
        """
        Return a token for one user's visit to the widget. It is good for minutes; hand over `access` and nothing else.

        Belvo wants your keys in the body of this request; the client adds them.

        Args:
            scopes: What the widget may do. Open Finance in Brazil needs more than the default: `read_consents`,
                `write_consents`, `write_consent_callback`, `delete_consents`.

            widget: How it looks and where it leads: `callback_urls`, `branding`, `theme`, `consent`, as Belvo
                names them. Sent as it is.

            fetch_resources: What Belvo shall fetch at once: `["ACCOUNTS", "TRANSACTIONS"]`.

            credentials_storage: How long Belvo keeps the credentials: `store`, `nostore`, or days as `30d`.

            stale_in: How long Belvo keeps the data: days as `90d`.

            external_id: Your own id of the user, 3 to 256 characters, nothing personal.

            link: Id of a link whose credentials the user shall update in the widget; leave it out for a new one.

            options: As in `CallOptions`.

        Raises:
            AuthenticationError: Belvo does not know the keys.

            InvalidArgumentError: An argument cannot be right; nothing was sent.
        """
        needed = ("scopes",) if link is ... else ("scopes", "link_id")
        body = Body(
            {
                **self._keys(),
                "scopes": scopes,
                "widget": widget,
                "fetch_resources": fetch_resources,
                "credentials_storage": credentials_storage,
                "stale_in": stale_in,
                "external_id": external_id,
                "link_id": None if link is ... else link,
            }
        )
        del widget, external_id  # what raises below must not show whom it is about
        told = self._told(options)
        # A token that nobody uses does no harm: it may be asked for again.
        request = Request("POST", self.path, Effect.READ, body=checked(body, needed))
        return decoder(self.model)(await told._send(request))

    def _keys(self) -> dict[str, str]:
        encoded = (self._context.authorization.reveal() or "").removeprefix("Basic ")
        id_, _, password = base64.b64decode(encoded).decode().partition(":")
        return {"id": id_, "password": password}
