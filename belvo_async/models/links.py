"""
Links: a user's access to one institution.
"""

from __future__ import annotations

import attrs

from belvo_async.models._fields import Instant, OpenEnum, always
from belvo_async.models.institutions import InstitutionResource


class LinkAccessMode(OpenEnum):
    """
    Whether Belvo fetches once or keeps fetching.
    """

    SINGLE = "single"
    RECURRENT = "recurrent"


class LinkStatus(OpenEnum):
    """
    Whether a link can be used.
    """

    VALID = "valid"

    INVALID = "invalid"
    """The credentials do not work any more: update them."""

    UNCONFIRMED = "unconfirmed"
    """Its registration waits for a one-time token that never came."""

    TOKEN_REQUIRED = "token_required"  # noqa: S105 - a state of the link, no password
    """The institution wants a one-time token before it shows more: update the link."""


class LinkRefreshRate(OpenEnum):
    """
    How often Belvo fetches for a recurrent link.
    """

    SIX_HOURS = "6h"
    TWELVE_HOURS = "12h"
    TWENTY_FOUR_HOURS = "24h"
    SEVEN_DAYS = "7d"
    THIRTY_DAYS = "30d"


@attrs.frozen(kw_only=True)
class Link:
    """
    The access that a user gave to their data at one institution.

    Attributes:
        institution: `Institution.name`, such as `erebor_mx_retail`.

        last_accessed_at: When Belvo last got in.

        external_id: Your own name for the link. Belvo discards it where it looks like personal data.

        institution_user_id: The same for all links of one user at one institution, so it shows duplicates;
            missing on links made before 8 February 2022.

        created_by: Id of your Belvo user that registered the link.

        refresh_rate: Only for recurrent links.

        credentials_storage: `store`, `nostore`, or how many days the credentials are kept, such as `27d`.

        fetch_resources: What Belvo fetches unasked.

        stale_in: After how many days without an update Belvo erases the data, such as `42d`.
    """

    # https://developers.belvo.com/apis/belvoopenapispec/links

    id: str = always()
    institution: str = always()
    access_mode: LinkAccessMode | None = None
    last_accessed_at: Instant | None = None
    created_at: Instant | None = None
    external_id: str | None = None
    institution_user_id: str | None = None
    status: LinkStatus | None = None
    created_by: str | None = None
    refresh_rate: LinkRefreshRate | None = None
    credentials_storage: str | None = None
    fetch_resources: tuple[InstitutionResource, ...] | None = None
    stale_in: str | None = None
