"""
Every span, attribute and metric, by its name: what is measured, in which unit, with which attributes.

Names are OpenTelemetry's where it has one, and begin with `belvo.` where it has none. None of the attributes holds a
password, a token, a user's name or document, an id of an MFA session, an id of the caller's own, or the value of a query.
"""

from __future__ import annotations

from typing import Final

import attrs


# --- attributes ---

# https://opentelemetry.io/docs/specs/semconv/http/http-spans/
METHOD: Final = "http.request.method"
STATUS: Final = "http.response.status_code"
RESEND_COUNT: Final = "http.request.resend_count"
ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
URL_SCHEME: Final = "url.scheme"
URL_FULL: Final = "url.full"
URL_TEMPLATE: Final = "url.template"

OPERATION: Final = "belvo.operation"
OUTCOME: Final = "belvo.outcome"
LINK: Final = "belvo.link.id"
REQUEST_ID: Final = "belvo.request.id"
SENT: Final = "belvo.request.sent"
CHALLENGES: Final = "belvo.challenge.count"
ROUND: Final = "belvo.challenge.round"
KIND: Final = "belvo.challenge.kind"
RESUMED: Final = "belvo.resumed"
WAITED_FOR: Final = "belvo.wait.for"
REASON: Final = "belvo.retry.reason"

SERVER: Final = (SERVER_ADDRESS, SERVER_PORT, URL_SCHEME)
"""The attributes that say where requests go."""

IDS: Final = frozenset({LINK, REQUEST_ID})
"""Attributes that `Telemetry(ids=False)` leaves out; `url.full` then has `{id}` in the place of an id."""

UNSENT: Final = "unsent"
"""The outcome of a flow that could not be begun: nothing was sent, and it may be driven again."""

FORGOTTEN: Final = "forgotten"
"""The outcome of a session that nobody ended."""

ANSWERED: Final = "answered"
"""The outcome of a wait for the user that brought an answer."""


# --- spans ---


@attrs.frozen(kw_only=True)
class SpanName:
    """
    One kind of span.

    Attributes:
        name: As it is shown; what stands in braces differs.

        client: Whether it is a call of another service; else it is internal.

        about: What it covers.

        attributes: All that it can have.
    """

    name: str
    client: bool = False
    about: str
    attributes: tuple[str, ...]


FLOW: Final = SpanName(
    name="belvo.{operation}",
    about="a session, from its first request to its end here",
    attributes=(OPERATION, OUTCOME, LINK, CHALLENGES, RESUMED, REQUEST_ID, ERROR_TYPE),
)

REQUEST: Final = SpanName(
    name="{method} {template}",
    client=True,
    about="one HTTP exchange, the wait for a free connection included",
    attributes=(
        METHOD, *SERVER, URL_FULL, URL_TEMPLATE, STATUS, ERROR_TYPE, RESEND_COUNT, REQUEST_ID, SENT,
    ),
)  # fmt: skip

USER_WAIT: Final = SpanName(
    name="belvo.wait.user",
    about="an open challenge, until it is answered or over",
    attributes=(OPERATION, LINK, KIND, ROUND, OUTCOME),
)

LINK_WAIT: Final = SpanName(
    name="belvo.wait.link",
    about="another call for the link is not over yet",
    attributes=(OPERATION, LINK),
)

RETRY_WAIT: Final = SpanName(
    name="belvo.wait.retry",
    about="before a request is sent again",
    attributes=(METHOD, URL_TEMPLATE, REASON),
)

RATE_LIMIT_WAIT: Final = SpanName(
    name="belvo.wait.rate_limit",
    about="a request waits, to keep below the rate limit",
    attributes=(METHOD, URL_TEMPLATE),
)

SPANS: Final = (FLOW, REQUEST, USER_WAIT, LINK_WAIT, RETRY_WAIT, RATE_LIMIT_WAIT)


# --- metrics ---


@attrs.frozen(kw_only=True)
class Metric:
    """
    One metric.

    Attributes:
        name: As OpenTelemetry knows it.

        instrument: `histogram`, `counter` or `up-down counter`.

        unit: In the words of UCUM: `s`, or what is counted, in braces.

        about: What it measures.

        attributes: All that it can have.

        buckets: The upper bounds of a histogram, in *unit*.
    """

    name: str
    instrument: str
    unit: str
    about: str
    attributes: tuple[str, ...]
    buckets: tuple[float, ...] = ()


HTTP_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""As OpenTelemetry wants them for HTTP."""

USER_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
"""From a callback that knows the token to a user who looks for a phone."""

WAIT_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)

REQUEST_DURATION: Final = Metric(
    name="http.client.request.duration",
    instrument="histogram",
    unit="s",
    about="Duration of HTTP requests to Belvo.",
    attributes=(METHOD, *SERVER, URL_TEMPLATE, STATUS, ERROR_TYPE),
    buckets=HTTP_SECONDS,
)

ACTIVE_REQUESTS: Final = Metric(
    name="http.client.active_requests",
    instrument="up-down counter",
    unit="{request}",
    about="Requests that have, or wait for, one of the client's connections.",
    attributes=(METHOD, *SERVER),
)

FLOW_DURATION: Final = Metric(
    name="belvo.flow.duration",
    instrument="histogram",
    unit="s",
    about="Duration of flows that ended, here or as a ticket.",
    attributes=(OPERATION, OUTCOME, ERROR_TYPE),
    buckets=USER_SECONDS,
)

CHALLENGE_DURATION: Final = Metric(
    name="belvo.challenge.duration",
    instrument="histogram",
    unit="s",
    about="Time from the arrival of a challenge to its answer or end, whichever process it came to.",
    attributes=(OPERATION, KIND, OUTCOME),
    buckets=USER_SECONDS,
)

PARKED: Final = Metric(
    name="belvo.challenge.parked",
    instrument="up-down counter",
    unit="{challenge}",
    about="Challenges that wait for their users in this process.",
    attributes=(OPERATION,),
)

RETRIES: Final = Metric(
    name="belvo.retries",
    instrument="counter",
    unit="{retry}",
    about="Requests that were scheduled to be sent again.",
    attributes=(METHOD, REASON),
)

WAIT_DURATION: Final = Metric(
    name="belvo.wait.duration",
    instrument="histogram",
    unit="s",
    about="Time spent waiting for the rate limit, for a retry, or for another call for the link.",
    attributes=(WAITED_FOR,),
    buckets=WAIT_SECONDS,
)

METRICS: Final = (
    REQUEST_DURATION,
    ACTIVE_REQUESTS,
    FLOW_DURATION,
    CHALLENGE_DURATION,
    PARKED,
    RETRIES,
    WAIT_DURATION,
)
