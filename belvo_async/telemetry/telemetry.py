"""
`Telemetry`: the observer that makes spans and metrics of what it hears.

Spans of requests and waits are made when these are over, from how long they took; so nothing of them is kept, and nothing
is left open by a task that is cancelled.
"""

from __future__ import annotations

import copy
import weakref

from datetime import datetime, timedelta
from typing import Final

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import TransportError
from belvo_async.messages import Answer, Request
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import TOKEN_REQUIRED, Step
from belvo_async.observer import RATE_LIMIT, Observed, Observer, current_session
from belvo_async.telemetry import names
from belvo_async.telemetry.spans import Attributes, FlowSpans, Instruments, Tools, nanoseconds
from belvo_async.telemetry.targets import server_of, template_of, url_of
from belvo_async.version import __version__


SCOPE: Final = "belvo_async"
"""The name under which OpenTelemetry knows who measures."""


class Resends:
    """
    How often each request was sent before, for as long as there is the request.
    """

    def __init__(self) -> None:
        self._counts: dict[int, tuple[weakref.ref[Request], int]] = {}

    def count(self, request: Request) -> int:
        """
        Return how often *request* was sent before.
        """
        # By identity: two requests may be equal, and are not hashable.
        return self._counts[id(request)][1] if id(request) in self._counts else 0

    def add(self, request: Request) -> None:
        """
        *request* will be sent again.
        """
        key, counts = id(request), self._counts
        counts[key] = (weakref.ref(request, lambda _: counts.pop(key, None)), self.count(request) + 1)


class Telemetry(Observer):
    """
    Makes traces and metrics of what a client does: give it to `BelvoClient(observers=[Telemetry()])`.

    Each session is a span below the one that is current where it is first driven, with spans below it for its requests
    and for what it waits for. A session that goes on from a ticket goes on in the trace of the one that was suspended.
    `docs/observability.md` lists the spans, attributes and metrics. One `Telemetry` may listen to several clients.

    Args:
        tracer_provider: Who takes the spans; the program's own by default, also if that is set later.

        meter_provider: Who takes the metrics, in the same way.

        ids: Whether spans have the ids of links and of Belvo's answers, which its support asks for. Metrics never have.

        clock: That of the client, where it has another than the system's.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        ids: bool = True,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        tracer = get_tracer(SCOPE, __version__, tracer_provider)
        instruments = Instruments(get_meter(SCOPE, __version__, meter_provider))
        self._tools = Tools(tracer, instruments, clock, ids)
        self._flows: weakref.WeakKeyDictionary[Observed, FlowSpans] = weakref.WeakKeyDictionary()
        self._resends = Resends()
        self._base_url = ""
        self._server: Attributes = {}

    def for_client(self, base_url: str) -> Telemetry:
        """
        Return one that knows where the requests go, and shares all else with this one.
        """
        other = copy.copy(self)
        other._base_url, other._server = base_url, dict(server_of(base_url))  # noqa: SLF001 - of its own class
        return other

    # --- requests ---

    def request_sent(self, request: Request) -> None:
        """
        Count it as under way.
        """
        self._count_active(request, 1)

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        Make its span. A challenge is no error.
        """
        told: Attributes = {names.STATUS: answer.status}
        refused = answer.status >= 400 and answer.status != TOKEN_REQUIRED  # noqa: PLR2004 - HTTP's own border
        if refused:
            told[names.ERROR_TYPE] = str(answer.status)
        more: Attributes = {}
        if self._tools.ids and answer.request_id is not None:
            more[names.REQUEST_ID] = answer.request_id
        self._over(request, seconds, told, more)

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:
        """
        Make its span, with whether it may have left.
        """
        self._over(request, seconds, {names.ERROR_TYPE: type(error).__name__}, {names.SENT: error.sent})

    def request_broken_off(self, request: Request, error: BaseException, seconds: float) -> None:
        """
        Make its span.
        """
        self._over(request, seconds, {names.ERROR_TYPE: type(error).__name__}, {})

    def _over(self, request: Request, seconds: float, told: Attributes, more: Attributes) -> None:
        """
        Make the span and the metrics of a request; *told* goes into both, *more* into the span.
        """
        self._count_active(request, -1)
        tools, parent, template = self._tools, self._context(), template_of(request.path)
        told |= {names.METHOD: request.method, names.URL_TEMPLATE: template, **self._server}
        tools.instruments.request_duration.record(seconds, told, parent)
        resends = self._resends.count(request)
        if resends:
            more[names.RESEND_COUNT] = resends
        path = request.path if tools.ids else template
        more[names.URL_FULL] = url_of(self._base_url, path, request.query)
        span = self._made(names.REQUEST.name.format(method=request.method, template=template), told | more,
            parent, seconds, SpanKind.CLIENT)  # fmt: skip
        if names.ERROR_TYPE in told:
            span.set_status(Status(StatusCode.ERROR))
        span.end(nanoseconds(tools.clock.now()))

    def _count_active(self, request: Request, by: int) -> None:
        self._tools.instruments.active_requests.add(by, {names.METHOD: request.method, **self._server})

    # --- what requests wait for ---

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:  # noqa: ARG002 - told when it is over
        """
        Count it.
        """
        self._resends.add(request)
        attributes = {names.METHOD: request.method, names.REASON: why}
        self._tools.instruments.retries.add(1, attributes, self._context())

    def waited(self, request: Request, seconds: float, why: str) -> None:
        """
        Make the span of the wait.
        """
        parent = self._context()
        told: Attributes = {names.METHOD: request.method, names.URL_TEMPLATE: template_of(request.path)}
        kind, waited_for = names.RATE_LIMIT_WAIT, RATE_LIMIT
        if why != RATE_LIMIT:
            kind, waited_for = names.RETRY_WAIT, "retry"
            told[names.REASON] = why
        self._tools.instruments.wait_duration.record(seconds, {names.WAITED_FOR: waited_for}, parent)
        self._made(kind.name, told, parent, seconds).end(nanoseconds(self._tools.clock.now()))

    def _made(
        self,
        name: str,
        attributes: Attributes,
        parent: Context | None,
        seconds: float,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        """
        Return the span of something that ends now and took *seconds*.
        """
        began = nanoseconds(self._tools.clock.now() - timedelta(seconds=seconds))
        return self._tools.tracer.start_span(name, parent, kind, attributes, start_time=began)

    def _context(self) -> Context | None:
        """
        Return the parent of what belongs to the session that is told of; `None`, the caller's, if there is none.
        """
        session = current_session()
        flow = None if session is None else self._flows.get(session)
        return None if flow is None else flow.context

    # --- sessions ---

    def link_busy(self, link: str, operation: str) -> None:  # noqa: ARG002 - the session has it
        """
        Begin the wait for the link.
        """
        session = current_session()
        if session is not None:
            now = self._tools.clock.now()
            self._flow_of(session, now).wait_for_link(link, now)

    def challenge_parked(self, challenge: MfaChallenge) -> None:
        """
        Begin the wait for the user.
        """
        session = current_session()
        if session is not None:
            at = challenge.issued_at
            self._flow_of(session, at).wait_for_user(challenge, at, at)

    def challenge_taken_up(self, challenge: MfaChallenge) -> None:
        """
        Go on waiting for the user, as of now.
        """
        session = current_session()
        if session is not None:
            now = self._tools.clock.now()
            self._flow_of(session, now).wait_for_user(challenge, now, challenge.issued_at)

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:  # noqa: ARG002 - the session has them
        """
        Go on with the span of the flow, or end it.
        """
        session = current_session()
        if session is None or (step.state.is_final and session not in self._flows):
            return  # it was ended before it was driven: there was no flow
        if self._flow_of(session, step.at).step(step, session):
            del self._flows[session]

    def _flow_of(self, session: Observed, began: datetime) -> FlowSpans:
        """
        Return the spans of *session*, which began then if it is not known yet.
        """
        flow = self._flows.get(session)
        if flow is None:
            flow = FlowSpans(self._tools, session, began)
            self._flows[session] = flow
            weakref.finalize(session, flow.forget).atexit = False
        return flow
