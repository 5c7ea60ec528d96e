"""
Links: a user's credentials at an institution, as Belvo keeps them.
"""

from __future__ import annotations

import os

from collections.abc import Sequence
from types import EllipsisType
from typing import TYPE_CHECKING, Final, Unpack

from belvo_async.codec import decoder
from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import Answer, Body, Effect, Request
from belvo_async.resources.accepted import AcceptedRequest, accepted, request_id_of
from belvo_async.resources.arguments import Names, selection
from belvo_async.resources.flows import Resumable, SessionOptions
from belvo_async.resources.members import checked
from belvo_async.resources.verbs import CallOptions, Stored
from belvo_async.session import MfaSession, Sought


if TYPE_CHECKING:
    from belvo_async.models import InstitutionResource, Link, LinkAccessMode


OWN_ID: Final = "belvo-async-"
"""How an `external_id` begins that was made up here."""


VALID: Final = "valid"
"""The status of a link that works."""


class Links(Stored["Link"], Resumable["Link", "Link"]):
    """
    A user's credentials at an institution, as Belvo keeps them.
    """

    # https://developers.belvo.com/developer_resources/resources-links-overview

    name = "links"
    path = "/api/links/"
    model_name = "Link"
    brings_list = False

    def register(
        self,
        institution: str,
        username: str,
        password: str | None = None,
        *,
        username2: str | None = None,
        username3: str | None = None,
        password2: str | None = None,
        token: str | None = None,
        username_type: str | None = None,
        certificate: str | None = None,
        private_key: str | None = None,
        encryption_key: str | None = None,
        external_id: str | EllipsisType | None = ...,
        access_mode: LinkAccessMode | str | None = None,
        fetch_historical: bool | None = None,
        fetch_resources: Sequence[InstitutionResource | str] | None = None,
        credentials_storage: str | None = None,
        stale_in: str | None = None,
        save_data: bool | None = None,
        **options: Unpack[SessionOptions],
    ) -> MfaSession[Link]:
        """
        Connect a user: Belvo logs in at *institution* and keeps the link.

        A login that needs a token leaves the link `unconfirmed` until the challenge is answered.

        Args:
            institution: Its name: `erebor_mx_retail`. See `client.institutions.list()`.

            username: What the user logs in with, as are `username2`, `username3`, `username_type`, `password`,
                `password2`, `certificate` and `private_key` (both base64): which ones, the institution's
                `form_fields` say.

            token: A one-time token the user has already. Belvo advises to wait for the challenge instead.

            encryption_key: Of the certificate's private key.

            external_id: Your own id of the user, 3 to 256 characters, nothing personal. If you give none, one
                is made up, so that a registration whose answer was lost can be found again; `None` sends
                none, and such a registration stays uncertain.

            access_mode: `single` or, Belvo's default, `recurrent` (Belvo fetches new data by itself).

            fetch_historical: Whether Belvo shall fetch everything at once (older accounts).

            fetch_resources: What Belvo shall fetch at once: `["ACCOUNTS", "TRANSACTIONS"]`.

            credentials_storage: How long Belvo keeps the credentials: `store`, `nostore`, or days as `30d`.

            stale_in: How long Belvo keeps the data: days as `90d`.

            save_data: Repeated with the answer to a challenge, where Belvo documents it; not sent before.

            options: `prompt`, `max_rounds`, `fields`, `omit`, `timeout`, `headers`.

        Returns:
            A session: await it for the link.

        Raises:
            LoginError: Driving the session: the institution refused. Six of these invalidate a link.

            MfaError: Driving the session: the challenge was not answered.
        """
        own_id = f"{OWN_ID}{os.urandom(16).hex()}" if external_id is ... else external_id
        body = Body(
            {
                "institution": institution,
                "username": username,
                "password": password,
                "external_id": own_id,
                "username2": username2,
                "username3": username3,
                "password2": password2,
                "token": token,
                "access_mode": access_mode,
                "fetch_historical": fetch_historical,
                "fetch_resources": fetch_resources,
                "credentials_storage": credentials_storage,
                "stale_in": stale_in,
                "username_type": username_type,
                "certificate": certificate,
                "private_key": private_key,
                "encryption_key": encryption_key,
            }
        )
        return self._start(
            "register",
            body,
            options,
            effect=Effect.CREATE,
            external_id=own_id,
            save_data=save_data,
            needed=("institution", "username"),
            within={"institution": institution},
        )

    async def _find(self, sought: Sought) -> Link | None:
        if sought.link is not None:
            link = await self.get(sought.link)
            return link if _is_result(link, sought) else None
        if sought.operation.external_id is None:
            return None
        own = sought.operation.external_id.startswith(OWN_ID)  # then no other registration has it
        made = [
            link
            async for link in self.list(external_id=sought.operation.external_id)
            if own
            or (link.institution == (sought.within or {}).get("institution") and _made_since(link, sought))
        ]
        if len(made) != 1:
            return None
        if made[0].status != VALID:
            sought.error.link = made[0].id
            return None
        return made[0]

    def update(
        self,
        link: str,
        /,
        *,
        password: str | None = None,
        password2: str | None = None,
        token: str | None = None,
        encryption_key: str | None = None,
        username_type: str | None = None,
        certificate: str | None = None,
        private_key: str | None = None,
        **options: Unpack[SessionOptions],
    ) -> MfaSession[Link]:
        """
        Give a link new credentials. This is also how a link with status `token_required` or `invalid` works again.

        The link keeps its id. A challenge is answered on the collection of links, as for a registration.

        Args:
            link: Id of the link.

            password: The new one, as are the others; Belvo documents it as required.

            token: A one-time token the user has already.

            options: `prompt`, `max_rounds`, `fields`, `omit`, `timeout`, `headers`.

        Returns:
            A session: await it for the link.

        Raises:
            InvalidArgumentError: Driving the session: there is no new credential, or one that cannot be right.

            LoginError: Driving the session: the institution refused.

            MfaError: Driving the session: the challenge was not answered.
        """
        body = Body(
            {
                "password": password,
                "password2": password2,
                "token": token,
                "encryption_key": encryption_key,
                "username_type": username_type,
                "certificate": certificate,
                "private_key": private_key,
            }
        )
        return self._start("update", body, options, method="PUT", link=link, on_item=True)

    async def set_access_mode(
        self,
        link: str,
        /,
        access_mode: LinkAccessMode | str,
        *,
        fields: Names = None,
        omit: Names = None,
        **options: Unpack[CallOptions],
    ) -> Link:
        """
        Make a link `single` or `recurrent` and return it. See `CallOptions` for the options.

        Raises:
            ApiError: Belvo refuses; for a link with credentials that it no longer stores, say.
        """
        told = self._told(options)
        return await told.modify(link, access_mode=access_mode, fields=fields, omit=omit)

    async def modify(
        self,
        link: str,
        /,
        *,
        access_mode: LinkAccessMode | str | None = None,
        fetch_resources: Sequence[InstitutionResource | str] | None = None,
        stale_in: str | None = None,
        fields: Names = None,
        omit: Names = None,
        **options: Unpack[CallOptions],
    ) -> Link:
        """
        Change how Belvo retrieves data for a link, and return the link. Nobody has to log in for that.

        Args:
            link: Id of the link.

            access_mode: `single`, or `recurrent`: Belvo fetches new data by itself.

            fetch_resources: What Belvo shall fetch: `["ACCOUNTS", "TRANSACTIONS"]`.

            stale_in: How long Belvo keeps the data: days as `90d`.

            fields: Names of the fields to send back, as is `omit` for those not to send.

            options: As in `CallOptions`.

        Raises:
            InvalidArgumentError: Nothing is to be changed, or a value cannot be right; nothing was sent.

            ApiError: Belvo refuses; for a link with credentials that it no longer stores, say.
        """
        told = self._told(options)
        body = Body({"access_mode": access_mode, "fetch_resources": fetch_resources, "stale_in": stale_in})
        if not list(body):
            raise InvalidArgumentError(
                argument="access_mode", expected="something to change", found="nothing"
            )
        request = Request(
            "PATCH", self._item_path(link), Effect.WRITE, selection(fields, omit), checked(body)
        )
        return decoder(self.model)(await told._send(request))

    async def refresh(
        self,
        link: str,
        /,
        *,
        fetch_resources: Sequence[InstitutionResource | str] | None = None,
        **options: Unpack[CallOptions],
    ) -> AcceptedRequest[None]:
        """
        Let Belvo fetch the data of a recurrent link anew, later. Webhooks tell when it is there.

        Args:
            link: Id of the link.

            fetch_resources: What to fetch: `["ACCOUNTS", "TRANSACTIONS"]`; by default all that the institution has.

            options: As in `CallOptions`.

        Returns:
            The accepted request; its `request_id` comes again in the webhooks.

        Raises:
            ApiError: Belvo refuses: `link_refreshed` (409) if it was refreshed in the last ten minutes.

            NotResumableError: The institution wants a token, and Belvo documents no way to give it here; use
                `update()`.
        """
        told = self._told(options)
        body = None if fetch_resources is None else checked(Body({"fetch_resources": fetch_resources}))
        # Once accepted it would be refused the second time, and the id of the first would be lost.
        request = Request("POST", f"{self._item_path(link)}refresh/", Effect.ONCE, body=body)
        return AcceptedRequest(request_id=request_id_of(await told._send(request)))

    async def request_deletion(self, link: str, /, **options: Unpack[CallOptions]) -> AcceptedRequest[None]:
        """
        Ask Belvo to delete a link and all its data, later. Spares the limit of five deletions a minute. See
        `CallOptions` for the options.

        This cannot be undone. Cancelled on its way, it may have been asked.

        Returns:
            The accepted request; a webhook with its `request_id` (`link_deleted`) tells when it is done. Without
            a `request_id` it was done at once.

        Raises:
            NotFoundError: There is none (any more).

            InvalidArgumentError: *link* cannot be an id; nothing was sent.
        """
        told = self._told(options)
        request = Request("DELETE", self._item_path(link), Effect.ONCE, deferred=True)
        return accepted(_nothing)(await told._send(request))


def _nothing(_answer: Answer) -> None:
    """
    What an answer without a body brings.
    """


def _is_result(link: Link, sought: Sought) -> bool:
    """
    Whether *link* shows that Belvo has logged in since the request was sent.
    """
    if link.status != VALID:
        return False
    if sought.operation.name == "links.register":
        return True  # it was unconfirmed before
    # Of new credentials a login proves nothing, unless it took the user's answer: Belvo logs in by itself, too.
    return sought.resumed and link.last_accessed_at is not None and link.last_accessed_at >= sought.since


def _made_since(link: Link, sought: Sought) -> bool:
    return link.created_at is not None and link.created_at >= sought.since
