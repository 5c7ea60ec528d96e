"""
Links: a user's credentials at an institution, as Belvo keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import Final
from uuid import uuid4

from belvo_async.codec import decoder
from belvo_async.errors import InvalidArgumentError
from belvo_async.messages import Body, Effect, Request
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS
from belvo_async.models.links import Link, LinkAccessMode, LinkStatus
from belvo_async.resources.arguments import Names, selection
from belvo_async.resources.verbs import Deletable, Gettable, Listable, Options, Resumable
from belvo_async.session import MfaSession, Sought, TokenPrompt


OWN_ID: Final = "belvo-async-"
"""How an `external_id` begins that was made up here."""


class Links(Listable[Link], Gettable[Link], Deletable[Link], Resumable[Link, Link]):
    """
    A user's credentials at an institution, as Belvo keeps them.
    """

    # https://developers.belvo.com/developer_resources/resources-links-overview

    name = "links"
    path = "/api/links/"
    model = Link
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
        fetch_resources: Sequence[str] | None = None,
        credentials_storage: str | None = None,
        stale_in: str | None = None,
        save_data: bool | None = None,
        fields: Names = None,
        omit: Names = None,
        prompt: TokenPrompt | None = None,
        max_rounds: int = DEFAULT_MAX_ROUNDS,
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

            fields: Names of the fields to send back, as is `omit` for those not to send.

            prompt: Whom to ask for tokens; the client's prompt by default.

            max_rounds: How many challenges may be answered.

        Returns:
            A session: await it for the link.

        Raises:
            LoginError: Driving the session: the institution refused. Six of these invalidate a link.

            MfaError: Driving the session: the challenge was not answered.
        """
        own_id = f"{OWN_ID}{uuid4().hex}" if external_id is ... else external_id
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
        options = Options(save_data=save_data, fields=fields, omit=omit, prompt=prompt, max_rounds=max_rounds)
        return self._start(
            "register",
            body,
            options,
            effect=Effect.CREATE,
            lookup=None if own_id is None else self._lookup(own_id),
            external_id=own_id,
            checked=lambda: _text_only(body),
        )

    def _lookup(self, external_id: str) -> Request:
        return Request("GET", self.path, Effect.READ, (("external_id", external_id),))

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
            if own or (link.created_at is not None and link.created_at >= sought.since)
        ]
        if len(made) != 1:
            return None
        if made[0].status != LinkStatus.VALID:
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
        fields: Names = None,
        omit: Names = None,
        prompt: TokenPrompt | None = None,
        max_rounds: int = DEFAULT_MAX_ROUNDS,
    ) -> MfaSession[Link]:
        """
        Give a link new credentials. This is also how a link with status `token_required` or `invalid` works again.

        The link keeps its id. A challenge is answered on the collection of links, as for a registration.

        Args:
            link: Id of the link.

            password: The new one, as are the others; Belvo documents it as required.

            token: A one-time token the user has already.

        Returns:
            A session: await it for the link.

        Raises:
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
        options = Options(fields=fields, omit=omit, prompt=prompt, max_rounds=max_rounds)
        return self._start(
            "update",
            body,
            options,
            method="PUT",
            link=link,
            on_item=True,
            checked=lambda: _something(body),
        )

    async def set_access_mode(
        self, link: str, /, access_mode: LinkAccessMode | str, *, fields: Names = None, omit: Names = None
    ) -> Link:
        """
        Make a link `single` or `recurrent` and return it.

        Raises:
            ApiError: Belvo refuses; for a link with credentials that it no longer stores, say.
        """
        request = Request(
            "PATCH",
            self._item_path(link),
            Effect.WRITE,
            selection(fields, omit),
            Body({"access_mode": access_mode}),
        )
        return decoder(Link)(await self._send(request))


def _is_result(link: Link, sought: Sought) -> bool:
    """
    Whether *link* shows that Belvo has logged in since the request was sent.
    """
    if link.status != LinkStatus.VALID:
        return False
    if sought.operation.name == "links.register":
        return True  # it was unconfirmed before
    return link.last_accessed_at is not None and link.last_accessed_at >= sought.since


def _text_only(body: Body) -> Mapping[str, object]:
    """
    Refuse a credential that is no text, without showing it: JSON would carry `0123` as 123.
    """
    resources = body["fetch_resources"] if "fetch_resources" in body else ()  # noqa: SIM401 - a body is no mapping
    if not isinstance(resources, list | tuple) or not all(isinstance(name, str) for name in resources):
        raise InvalidArgumentError(
            argument="fetch_resources", expected="a list of names", found="another value"
        )
    for name in CREDENTIALS:
        if name in body and not isinstance(body[name], str):
            raise InvalidArgumentError(argument=name, expected="text", found=type(body[name]).__name__)
    return {}


def _something(body: Body) -> Mapping[str, object]:
    if not list(body):
        raise InvalidArgumentError(argument="password", expected="a new credential", found="none")
    return _text_only(body)


CREDENTIALS = (
    "institution",
    "username",
    "username2",
    "username3",
    "username_type",
    "password",
    "password2",
    "token",
    "certificate",
    "private_key",
    "encryption_key",
    "external_id",
)
"""The members of a request that must be text."""
