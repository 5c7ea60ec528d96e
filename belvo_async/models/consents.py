"""
Consents: what a user allowed in Brazil's Open Finance network, and until when.
"""

from __future__ import annotations

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always


class ConsentStatus(OpenEnum):
    """
    Whether a consent can be used.
    """

    AUTHORISED = "AUTHORISED"

    AWAITING_AUTHORISATION_CONFIRMATION = "AWAITING_AUTHORISATION_CONFIRMATION"
    """The user has still to confirm it at the institution."""

    AWAITING_AUTHORISATION = "AWAITING_AUTHORISATION"
    """The user is on the way to the institution to give it."""

    REJECTED = "REJECTED"
    """The user did not give it."""

    EXPIRED = "EXPIRED"


@attrs.frozen(kw_only=True)
class ConsentPermissions:
    """
    What a consent allows to read, in the network's words such as `ACCOUNTS_READ`.

    Attributes:
        CREDIT_OPERATIONS: On loans and the like.

        REGISTER: On who the user is.

        RESOURCES: What the other permissions need to work.
    """

    ACCOUNTS: tuple[str, ...] | None = None
    CREDIT_CARDS: tuple[str, ...] | None = None
    CREDIT_OPERATIONS: tuple[str, ...] | None = None
    REGISTER: tuple[str, ...] | None = None
    RESOURCES: tuple[str, ...] | None = None
    INVESTMENTS: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class Consent:
    """
    One user's permission to read data at one institution.

    Attributes:
        display_name: The user's full name, as the institution has it.

        document_number: The user's tax number (CPF).

        belvo_institution_name: `Institution.name`.

        institution_display_name: `Institution.display_name`.

        institution_icon_logo: Address of an image.

        belvo_organization_name: Who asked for the consent.

        link_id: `Link.id`.

        user_name: The name that the widget was opened with.

        expired_at: When it ends, or ended; `None` if never.

        undefined_consent_expiration: Whether it never ends.

        consent_duration: In days; `None` if it never ends.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/consents

    id: str = always()
    display_name: str | None = None
    document_number: str | None = None
    belvo_institution_name: str | None = None
    institution_display_name: str | None = None
    institution_icon_logo: str | None = None
    belvo_organization_name: str | None = None
    link_id: str = always()
    user_name: str | None = None
    expired_at: Instant | None = None
    undefined_consent_expiration: bool | None = None
    consent_duration: int | None = None
    created_at: Instant | None = None
    status: ConsentStatus | None = None
    permissions: ConsentPermissions | None = None
