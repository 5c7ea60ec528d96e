"""
Who wants to know what a client does: logging, a progress display, tracing.

One class with a method for everything that happens. It costs nothing where nobody listens, and an observer that
raises disturbs nobody: what it raises is logged, and the work goes on.
"""

from __future__ import annotations

import logging

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, ParamSpec, Protocol
from weakref import ref

import attrs

from belvo_async.errors import BelvoError, TransportError
from belvo_async.messages import Answer, Request
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import Step
from belvo_async.mfa.machine import MfaState


P = ParamSpec("P")

logger: Final = logging.getLogger("belvo_async")


RATE_LIMIT: Final = "rate_limit"
"""Why a request has waited, where that was no retry."""


class Observed(Protocol):
    """
    A session, as far as it matters to who listens.
    """

    @property
    def trace(self) -> str | None:
        """
        Goes into its tickets, and so to whoever goes on with it: a W3C `traceparent`. An observer may set it.
        """
        ...

    @trace.setter
    def trace(self, value: str | None, /) -> None:
        """
        Have its tickets carry *value* from now on.
        """

    @property
    def operation(self) -> str:
        """
        The call it carries out.
        """
        ...

    @property
    def link(self) -> str | None:
        """
        Id of the link it is about, if that is known.
        """
        ...

    @property
    def state(self) -> MfaState:
        """
        Where it is.
        """
        ...

    @property
    def error(self) -> BelvoError | None:
        """
        What ended it, if it did not complete.
        """
        ...


# Weakly: connections and timers keep the context in which they were made for as long as they live.
_session: Final[ContextVar[ref[Observed] | None]] = ContextVar("belvo_async.session", default=None)


def current_session() -> Observed | None:
    """
    Return the session that an observer is told of, in a method of it; `None` for a request that belongs to none.

    It may be remembered weakly (`weakref.WeakKeyDictionary`), to tell the many sessions of a client apart.
    """
    session = _session.get()
    return None if session is None else session()


class About:
    """
    A block in which observers are told of *session*.
    """

    __slots__ = ("_before", "_session")

    def __init__(self, session: Observed) -> None:
        self._session = ref(session)

    def __enter__(self) -> None:
        self._before = _session.get()
        _session.set(self._session)

    def __exit__(self, *_: object) -> None:
        # A coroutine that was left alone is closed in another context than it ran in, and has no business there.
        if _session.get() is self._session:
            _session.set(self._before)


class Observer:
    """
    Hears what a client does. Override what you want to hear; give it to `BelvoClient(observers=[…])`.

    The methods are called in the event loop, between two awaits: be quick, and hand over what takes time. None of
    the arguments shows a secret in its `repr`; bodies of requests do not show values at all.
    """

    def for_client(self, base_url: str) -> Observer:  # noqa: ARG002 - for those who override it
        """
        A client at *base_url* is made; return who listens to it. That is this one, unless it wants to know to whom it
        listens.
        """
        return self

    def request_sent(self, request: Request) -> None:
        """
        *request* is handed to the network, for the first time or again. One of the next three follows.
        """

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        *answer* came, whatever its status, after *seconds*.
        """

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:
        """
        No answer came; `error.sent` tells whether *request* may have left.
        """

    def request_broken_off(self, request: Request, error: BaseException, seconds: float) -> None:
        """
        Nobody waits for an answer any more, after *seconds*: the task was cancelled, or the client was closed.
        """

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        """
        *request* will be sent again in *wait* seconds, *why*: `unsent`, `unanswered`, `unprocessed`, `busy`, `failed`.
        """

    def throttled(self, request: Request, wait: float) -> None:
        """
        *request* waits at least *wait* seconds, to keep below the rate limit.
        """

    def waited(self, request: Request, seconds: float, why: str) -> None:
        """
        *request* has waited *seconds*, or was to wait longer and its task was cancelled. *why* is as in
        `retry_scheduled()`, or `RATE_LIMIT`: then all the time in the queue counts.
        """

    def link_busy(self, link: str, operation: str) -> None:
        """
        *operation* waits until another call for *link* is over.
        """

    def challenge_taken_up(self, challenge: MfaChallenge) -> None:
        """
        A session goes on with *challenge*: from a ticket, or where it was left alone.
        """

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        """
        A session of *operation* went on by *step*.
        """

    def challenge_parked(self, challenge: MfaChallenge) -> None:
        """
        The institution waits for the user from now on.
        """


class LoggingObserver(Observer):
    """
    Writes what happens to standard logging, under the name `belvo_async`.

    Requests and states are DEBUG; waits and challenges, which explain why something takes long, are INFO; what was
    not answered is WARNING.
    """

    def __init__(self, logger: logging.Logger = logger) -> None:
        self._logger = logger

    def request_sent(self, request: Request) -> None:
        """
        Log method, path and the names of the members.
        """
        self._logger.debug("%s sent with %r", request, request.body)

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        Log the status.
        """
        size, id_ = len(answer.body), answer.request_id
        self._logger.debug(
            "%s answered %d, %d bytes, %.3f s, id %s", request, answer.status, size, seconds, id_
        )

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:  # noqa: ARG002 - named in the error
        """
        Log the error.
        """
        self._logger.warning("%s after %.3f s", error, seconds)

    def request_broken_off(self, request: Request, error: BaseException, seconds: float) -> None:
        """
        Log why.
        """
        self._logger.debug("%s broken off after %.3f s: %s", request, seconds, type(error).__name__)

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        """
        Log the wait.
        """
        self._logger.info("%s again in %.1f s (%s)", request, wait, why)

    def throttled(self, request: Request, wait: float) -> None:
        """
        Log the wait.
        """
        self._logger.info("%s waits %.1f s for the rate limit", request, wait)

    def waited(self, request: Request, seconds: float, why: str) -> None:
        """
        Log the time.
        """
        self._logger.debug("%s has waited %.1f s (%s)", request, seconds, why)

    def link_busy(self, link: str, operation: str) -> None:
        """
        Log the wait.
        """
        self._logger.info("%s waits for another call for link %s", operation, link)

    def challenge_taken_up(self, challenge: MfaChallenge) -> None:
        """
        Log the round and the time that is left.
        """
        round_, left = challenge.round, challenge.remaining
        self._logger.debug(
            "%s of link %s goes on with challenge %d, %s s left",
            challenge.operation, challenge.link, round_, left,
        )  # fmt: skip

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        """
        Log the step.
        """
        self._logger.debug("%s of link %s: %s, now %s", operation, link, step.event.value, step.state.value)

    def challenge_parked(self, challenge: MfaChallenge) -> None:
        """
        Log the kind and the time that is left.
        """
        kind, left = challenge.kind.value, challenge.remaining
        self._logger.info("%s of link %s: %s, %s s left", challenge.operation, challenge.link, kind, left)


def _guarded(method: Callable[P, None]) -> Callable[P, None]:
    name = method.__name__

    @wraps(method)
    def tell(*args: P.args, **_: P.kwargs) -> None:
        tee: Any = args[0]
        for observer in tee.observers:
            try:
                getattr(observer, name)(*args[1:])
            except Exception:
                logger.exception("observer %r failed in %s", observer, name)

    return tell


@attrs.frozen(eq=False, repr=False)
class Tee(Observer):
    """
    Passes everything on to several observers, and keeps what they raise to itself.
    """

    observers: Sequence[Observer]

    request_sent = _guarded(Observer.request_sent)
    request_answered = _guarded(Observer.request_answered)
    request_failed = _guarded(Observer.request_failed)
    request_broken_off = _guarded(Observer.request_broken_off)
    retry_scheduled = _guarded(Observer.retry_scheduled)
    throttled = _guarded(Observer.throttled)
    waited = _guarded(Observer.waited)
    link_busy = _guarded(Observer.link_busy)
    challenge_taken_up = _guarded(Observer.challenge_taken_up)
    state_changed = _guarded(Observer.state_changed)
    challenge_parked = _guarded(Observer.challenge_parked)
