"""
What a flow must know of the call that began it, to complete it: all that is not secret.
"""

from __future__ import annotations

import attrs

from belvo_async.messages import NO_QUERY, Body, Effect, Query, Request, Secret


@attrs.frozen(kw_only=True)
class Operation:
    """
    The call that a flow belongs to.

    Attributes:
        name: Resource and verb: `balances.retrieve`.

        path: The collection whose `PATCH` completes the call.

        link: The link it is about; `None` while a registration has none.

        save_data: As the call had it; `None` if it did not say.

        query: `fields` and `omit`, repeated with every resume.

        resumable: Whether Belvo documents a `PATCH` on *path*.

        external_id: The caller's own id of a link that is being registered.

        trace: Where its trace goes on, for who resumes it; see `MfaTicket`.
    """

    name: str
    path: str
    link: str | None = None
    save_data: bool | None = None
    query: Query = NO_QUERY
    resumable: bool = True
    external_id: str | None = None
    trace: str | None = None

    def resume_request(self, session: str, link: str, token: Secret, deadline: float | None) -> Request:
        """
        Return the `PATCH` that answers a challenge.

        Args:
            session: Belvo's id of the MFA session.

            link: The link of the challenge.

            token: What the user gave; if it holds nothing, the key is left out.

            deadline: When the institution stops waiting, in monotonic seconds.
        """
        return Request(
            "PATCH",
            self.path,
            Effect.ONCE,
            self.query,
            Body(
                {
                    "session": session,
                    "token": token.reveal() or None,
                    "link": link,
                    "save_data": self.save_data,
                }
            ),
            at_institution=True,
            deadline=deadline,
        )
