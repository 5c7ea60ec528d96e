"""
Bodies of Belvo's as its documents show them, moments at which they arrive, and flows that have got somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from belvo_async.clock import Moment
from belvo_async.errors import BelvoError
from belvo_async.messages import Answer, Secret
from belvo_async.mfa.flow import MfaFlow
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.operation import Operation


SESSION: Final = "5f0c1d7be1a24d0f9b1c2f3a4b5c6d7e"
LINK: Final = "30cb4806-6e00-48a4-91c9-ca55968576c8"
REQUEST_ID: Final = "c7f3a1b2d4e5f60718293a4b5c6d7e8f"
CHALLENGE_NUMBER: Final = "4821-9034"
TOKEN: Final = "canary-token-93c1"

START: Final = datetime(2026, 1, 1, tzinfo=UTC)

ABSENT: Final = object()
"""Stands for a key that is not there."""


def at(seconds: float) -> Moment:
    """
    Return the moment *seconds* after the first one.
    """
    return Moment(1_000.0 + seconds, START + timedelta(seconds=seconds))


def without_absent(members: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return *members* without those that are `ABSENT`.
    """
    return {name: value for name, value in members.items() if value is not ABSENT}


def generation_data(**changes: Any) -> dict[str, Any]:
    """
    Return the data of a numeric challenge with *changes*.
    """
    return without_absent(
        {
            "type": "numeric",
            "value": CHALLENGE_NUMBER,
            "instructions": "Type the number into your device",
            "expects_user_input": True,
            **changes,
        }
    )


def required(**changes: Any) -> dict[str, Any]:
    """
    Return the canonical entry of a 428 body with *changes*.
    """
    return without_absent(
        {
            "code": "token_required",
            "message": "A MFA token is required by the institution to login",
            "request_id": REQUEST_ID,
            "session": SESSION,
            "expiry": 600,
            "link": LINK,
            "token_generation_data": generation_data(),
            **changes,
        }
    )


def refusal(code: str, **changes: Any) -> list[dict[str, Any]]:
    """
    Return an error body.
    """
    return [{"code": code, "message": "Some words", "request_id": REQUEST_ID, **changes}]


RETRIEVE: Final = Operation(
    name="balances.retrieve",
    path="/api/balances/",
    link=LINK,
    save_data=False,
    query=(("fields", "id,balance"), ("omit", "account")),
)


def receive(
    flow: MfaFlow, status: int, payload: object, moment: Moment, *, html: bool = False, **headers: Any
) -> None:
    """
    Let an answer with *headers* arrive at *flow*.
    """
    type_ = "text/html" if html else "application/json"
    flow.receive(Answer(status, b"not looked at", type_, **headers), payload, moment)


def flow_in(state: MfaState, **options: Any) -> MfaFlow:
    """
    Return a flow that has been led to *state*.
    """
    flow = MfaFlow(**{"operation": RETRIEVE, **options})
    if state is MfaState.READY:
        return flow
    flow.start(at(0))
    if state is MfaState.REQUESTING:
        return flow
    receive(flow, 428, [required()], at(1))
    match state:
        case MfaState.RESUMING:
            flow.submit(Secret(TOKEN), at(2))
        case MfaState.COMPLETED:
            flow.submit(Secret(TOKEN), at(2))
            receive(flow, 201, None, at(3))
        case MfaState.FAILED:
            flow.submit(Secret(TOKEN), at(2))
            receive(flow, 400, refusal("login_error"), at(3))
        case MfaState.EXPIRED:
            flow.expire(at(601))
        case MfaState.CANCELLED:
            flow.give_up(at(2))
        case MfaState.SUSPENDED:
            flow.suspend(at(2))
        case _:
            assert MfaState.CHALLENGED is state
    return flow


def whole(flow: MfaFlow) -> dict[str, Any]:
    """
    Return all that *flow* holds, as values that do not change when it does.
    """
    return {**attrs.asdict(flow), "error": _told(flow.error)}


def _told(error: BelvoError | None) -> object:
    return error and (type(error), vars(error))
