"""
The knobs of a sandbox that may be turned while it runs.
"""

from __future__ import annotations

import attrs

from belvo_async.sandbox.challenges import KINDS, ChallengeShape


def _kinds(_settings: object, _field: object, challenges: tuple[str, ...] | None) -> None:
    for kind in challenges or ():
        if kind not in KINDS:
            msg = f"challenges: {kind!r} is none of {', '.join(KINDS)}"
            raise ValueError(msg)


@attrs.define(kw_only=True)
class Settings:
    """
    How the sandbox behaves. Each may be changed at any time and counts from the next request on.

    Attributes:
        page_size: Rows on a page of a list, unless the query says otherwise.

        expiry: Seconds that a challenge waits for its answer.

        latency: Seconds that work at an institution takes. Above 300 Belvo answers 408.

        shape: How challenges are written.

        challenges: The kinds of the challenges that every login brings, in order (`text`, `numeric`, `qr`, `qr_scan`,
            `inputless`, `unknown`); `()` for none, and `None` leaves it to institutions and users.

        mfa_token: The token that is right.

        wrong_token: The token that brings a fresh challenge. Any other is a login error.

        accounts_per_link: How many accounts a user has.

        rows_per_day: How many balances, and how many transactions, a link has for each day.

        one_session_per_link: Whether a link that waits for a token refuses other work with
            `too_many_sessions`. Work that is under way refuses it in any case.

        refuse_duplicates: Whether a second link for the same user is refused with `duplicated`, as
            Belvo documents. Off, because tests and demos register the same few users many times.

        strikes: Failed logins after which a link is invalid.
    """

    page_size: int = 10
    expiry: float = 600
    latency: float = 0.0
    shape: ChallengeShape = attrs.field(factory=ChallengeShape)
    challenges: tuple[str, ...] | None = attrs.field(default=None, validator=_kinds)
    mfa_token: str = "111111"  # noqa: S105  # the public token of a test user
    wrong_token: str = "999999"  # noqa: S105  # same
    accounts_per_link: int = 2
    rows_per_day: int = 1
    one_session_per_link: bool = True
    refuse_duplicates: bool = False
    strikes: int = 6
