"""
Every way in which the sandbox says no, as Belvo's lists of coded errors.

A rule that is broken raises a `Refusal`; one place turns it into an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from belvo_async.sandbox.answers import Answer, Json


CODES: Final[Mapping[str, tuple[int, str]]] = {
    "required": (400, "this field has to be given"),
    "null": (400, "this field cannot be null"),
    "blank": (400, "this field cannot be empty"),
    "invalid": (400, "this value is not of the right form"),
    "invalid_choice": (400, "this value is not one of the choices"),
    "does_not_exist": (400, "there is no such object"),
    "not_a_list": (400, "this field takes a list"),
    "parse_error": (400, "the body is not valid JSON"),
    "validation_error": (400, "the credentials do not match the form of the institution"),
    "invalid_credentials_storage": (400, "not a way to store credentials"),
    "duplicated": (400, "a link with these credentials exists"),
    "login_error": (400, "the institution refused the login"),
    "invalid_link": (400, "the credentials of this link no longer work; update them"),
    "unconfirmed_link": (400, "the registration of this link was never finished"),
    "session_expired": (400, "this session is over; start again"),
    "too_many_sessions": (400, "somebody is logged in with these credentials already"),
    "unsupported_operation": (400, "the institution does not offer this resource"),
    "institution_down": (400, "the site of the institution is down"),
    "institution_unavailable": (400, "the institution cannot be reached"),
    "institution_inactive": (400, "the institution is switched off"),
    "unavailable_data": (400, "the institution returned nothing"),
    "invalid_period": (400, "the period is too short"),
    "invalid_fetch_resources": (400, "these resources cannot be fetched"),
    "invalid_access_mode_switch": (400, "the access mode of this link cannot be changed"),
    "activation_failed": (400, "the access by web could not be activated"),
    "authentication_failed": (401, "unknown secret id or wrong secret password"),
    "consent_without_accounts": (401, "the consent covers no account"),
    "permission_denied": (403, "these keys do not allow it"),
    "access_to_resource_denied": (403, "these keys do not allow this resource"),
    "access_to_production_denied": (403, "these keys are not for production"),
    "quota_limit_reached": (403, "there are too many links"),
    "not_found": (404, "nothing here"),
    "expired_credentials": (404, "the credentials of this link are no longer stored"),
    "method_not_allowed": (405, "not with this method"),
    "request_timeout": (408, "the institution took longer than Belvo waits"),
    "link_refreshed": (409, "this link was refreshed minutes ago; wait"),
    "token_required": (428, "the institution asks for a one-time token"),
    "activation_required": (428, "the user has no access by web yet"),
    "too_many_requests": (429, "slow down"),
    "unexpected_error": (500, "something broke"),
    "service_unavailable": (500, "come back later"),
}
"""Each code with its status and our own words for it."""


@attrs.frozen
class Problem:
    """
    One entry of the list that Belvo answers.

    Attributes:
        code: One of `CODES`.

        field: The name in the body that is wrong, if one is.

        extra: Members that only this code has.
    """

    code: str
    field: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict)

    def entry(self, request_id: str) -> Json:
        """
        Return the entry as JSON.
        """
        entry: Json = {"code": self.code, "message": CODES[self.code][1], "request_id": request_id}
        if self.field is not None:
            entry["field"] = self.field
        return entry | dict(self.extra)


class Refusal(Exception):  # noqa: N818  # it is what Belvo says, no error of the sandbox
    """
    A call breaks a rule of Belvo's.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def answer(self, request_id: str) -> Answer:
        """
        Return what Belvo answers. The first problem decides the status.
        """
        status = CODES[self.problems[0].code][0]
        return Answer(status, [problem.entry(request_id) for problem in self.problems])


def refusal(code: str, field: str | None = None, **extra: object) -> Refusal:
    """
    Return the refusal of one *code*.
    """
    return Refusal(Problem(code, field, extra))
