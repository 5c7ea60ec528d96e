"""
What one session leaves behind: the span of its flow, and within it those of what it waits for.

Parents are given by name. Many flows share an event loop, and the span that is current there belongs to whoever runs at
the moment; it is asked for once, when a flow begins, since then it is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from opentelemetry.context import Context, get_current
from opentelemetry.metrics import Counter, Histogram, Meter, UpDownCounter
from opentelemetry.trace import Link, Span, Status, StatusCode, Tracer
from opentelemetry.trace import get_current_span as span_of
from opentelemetry.trace import set_span_in_context as with_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from belvo_async.clock import Clock
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import Step
from belvo_async.mfa.machine import MfaEvent, MfaState
from belvo_async.observer import Observed
from belvo_async.telemetry import names


Attributes = dict[str, str | int | bool]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FAILURES: Final = frozenset({MfaState.FAILED, MfaState.EXPIRED})
"""The ends that are errors. Who cancels or suspends a flow wanted just that."""

W3C: Final = TraceContextTextMapPropagator()

TRACEPARENT: Final = "traceparent"


def nanoseconds(instant: datetime) -> int:
    """
    Return *instant* as OpenTelemetry wants it.
    """
    since = instant - EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


class Instruments:
    """
    One instrument for each metric.
    """

    def __init__(self, meter: Meter) -> None:
        self.request_duration = _histogram(meter, names.REQUEST_DURATION)
        self.active_requests = _up_down_counter(meter, names.ACTIVE_REQUESTS)
        self.flow_duration = _histogram(meter, names.FLOW_DURATION)
        self.challenge_duration = _histogram(meter, names.CHALLENGE_DURATION)
        self.parked = _up_down_counter(meter, names.PARKED)
        self.retries = _counter(meter, names.RETRIES)
        self.wait_duration = _histogram(meter, names.WAIT_DURATION)


def _histogram(meter: Meter, metric: names.Metric) -> Histogram:
    return meter.create_histogram(
        metric.name, metric.unit, metric.about, explicit_bucket_boundaries_advisory=metric.buckets
    )


def _counter(meter: Meter, metric: names.Metric) -> Counter:
    return meter.create_counter(metric.name, metric.unit, metric.about)


def _up_down_counter(meter: Meter, metric: names.Metric) -> UpDownCounter:
    return meter.create_up_down_counter(metric.name, metric.unit, metric.about)


@attrs.frozen
class Tools:
    """
    What all spans and metrics of one `Telemetry` are made with.

    Attributes:
        ids: Whether spans have the ids of `names.IDS`.
    """

    tracer: Tracer
    instruments: Instruments
    clock: Clock
    ids: bool

    def start(
        self, name: str, attributes: Mapping[str, str | int | bool], parent: Context | None, began: datetime
    ) -> Span:
        """
        Return an internal span that began then.
        """
        return self.tracer.start_span(name, parent, attributes=attributes, start_time=nanoseconds(began))


@attrs.frozen
class LinkWait:
    """
    A session waits for its link now, since then.
    """

    span: Span
    since: datetime


@attrs.frozen
class UserWait:
    """
    A session waits for its user now.

    Attributes:
        since: When that began, in whichever process.
    """

    span: Span
    since: datetime
    challenge: MfaChallenge


class FlowSpans:
    """
    The spans of one session. Holds nothing of the session itself.
    """

    def __init__(self, tools: Tools, session: Observed, began: datetime) -> None:
        self._tools = tools
        self._operation = session.operation
        self._began = began
        self._link_wait: LinkWait | None = None
        self._user_wait: UserWait | None = None
        self._challenge: MfaChallenge | None = None
        self._rounds = 0
        self._request_id: str | None = None
        self._ended = False
        self._span = self._started(session)
        self.context = with_span(self._span, get_current())

    def _started(self, session: Observed) -> Span:
        """
        Return the span of the flow: below the one that went before where the session goes on with a ticket, else below
        the caller's. The caller's is linked where it is not the parent.
        """
        attributes: Attributes = {names.OPERATION: self._operation}
        parent = get_current()
        links: list[Link] = []
        if session.state is MfaState.CHALLENGED and session.trace is not None:
            attributes[names.RESUMED] = True
            caller = span_of().get_span_context()
            before = W3C.extract({TRACEPARENT: session.trace}, parent)
            if span_of(before).get_span_context() != caller:
                parent, links = before, [Link(caller)] if caller.is_valid else []
        span = self._tools.tracer.start_span(
            names.FLOW.name.format(operation=self._operation),
            parent,
            attributes=attributes,
            links=links,
            start_time=nanoseconds(self._began),
        )
        carrier: dict[str, str] = {}
        W3C.inject(carrier, with_span(span, parent))
        session.trace = carrier.get(TRACEPARENT, session.trace)
        return span

    # --- what it waits for ---

    def wait_for_link(self, link: str, now: datetime) -> None:
        """
        Another call for *link* is not over.
        """
        attributes = {names.OPERATION: self._operation, **self._id(link)}
        span = self._tools.start(names.LINK_WAIT.name, attributes, self.context, now)
        self._link_wait = LinkWait(span, now)

    def _have_link(self, now: datetime) -> None:
        wait, self._link_wait = self._link_wait, None
        if wait is not None:
            seconds = max(0.0, (now - wait.since).total_seconds())
            self._tools.instruments.wait_duration.record(seconds, {names.WAITED_FOR: "link"}, self.context)
            wait.span.end(nanoseconds(now))

    def wait_for_user(self, challenge: MfaChallenge, began: datetime, since: datetime) -> None:
        """
        The user is asked.

        Args:
            began: When that began here.

            since: When it began, in whichever process.
        """
        self._have_link(began)
        if self._user_wait is not None:
            return  # it was left alone, and is awaited again
        attributes: Attributes = {
            names.OPERATION: self._operation,
            names.KIND: challenge.kind.value,
            names.ROUND: challenge.round,
            **self._id(challenge.link),
        }
        span = self._tools.start(names.USER_WAIT.name, attributes, self.context, began)
        self._user_wait, self._challenge = UserWait(span, since, challenge), challenge
        self._tools.instruments.parked.add(1, {names.OPERATION: self._operation})

    def _have_answer(self, now: datetime, outcome: str = names.ANSWERED) -> None:
        wait, self._user_wait = self._user_wait, None
        if wait is None:
            return
        instruments = self._tools.instruments
        instruments.parked.add(-1, {names.OPERATION: self._operation})
        if outcome != MfaState.SUSPENDED:  # whoever goes on with it will know
            seconds, kind = max(0.0, (now - wait.since).total_seconds()), wait.challenge.kind.value
            attributes = {names.OPERATION: self._operation, names.KIND: kind, names.OUTCOME: outcome}
            instruments.challenge_duration.record(seconds, attributes, self.context)
        wait.span.set_attribute(names.OUTCOME, outcome)
        wait.span.end(nanoseconds(now))

    # --- how it goes on ---

    def step(self, step: Step, session: Observed) -> bool:
        """
        The session went on by *step*; return whether its flow has ended.
        """
        self._request_id = step.request_id or self._request_id
        if step.state.is_final:
            error = None if session.error is None else type(session.error).__name__
            self._end(step.at, step.state.value, error, session.link, failed=step.state in FAILURES)
        elif step.event is MfaEvent.UNSENT and step.state is MfaState.READY:
            self._end(step.at, names.UNSENT, None, session.link, failed=True)
        elif step.event is MfaEvent.UNSENT and self._challenge is not None:
            self.wait_for_user(self._challenge, step.at, step.at)
        elif step.event is MfaEvent.CHALLENGE_ISSUED:
            self._rounds += 1
        else:
            self._have_link(step.at)
            self._have_answer(step.at)
        return self._ended

    def forget(self) -> None:
        """
        The session is gone, and nobody has ended it.
        """
        if not self._ended:
            self._end(self._tools.clock.now(), names.FORGOTTEN, None, None, failed=True)

    def _end(self, now: datetime, outcome: str, error: str | None, link: str | None, *, failed: bool) -> None:
        self._ended = True
        self._have_link(now)
        self._have_answer(now, outcome)
        attributes: Attributes = {names.OPERATION: self._operation, names.OUTCOME: outcome}
        if failed and error is not None:
            attributes[names.ERROR_TYPE] = error
        seconds = max(0.0, (now - self._began).total_seconds())
        self._tools.instruments.flow_duration.record(seconds, attributes, self.context)
        more: Attributes = {names.CHALLENGES: self._rounds, **self._id(link)}
        if self._tools.ids and self._request_id is not None:
            more[names.REQUEST_ID] = self._request_id
        self._span.set_attributes(attributes | more)  # another one: the SDK may keep the first
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(nanoseconds(now))

    def _id(self, link: str | None) -> Attributes:
        return {names.LINK: link} if self._tools.ids and link is not None else {}
