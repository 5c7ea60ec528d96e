"""
Who wants to know what a client does: logging, a progress display, tracing.

One class with a method for everything that happens. It costs nothing where nobody listens, and an observer that
raises disturbs nobody: what it raises is logged, and the work goes on.
"""

from __future__ import annotations

import logging

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Final, ParamSpec

import attrs

from belvo_async.errors import TransportError
from belvo_async.messages import Answer, Request
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import Step


P = ParamSpec("P")

logger: Final = logging.getLogger("belvo_async")


class Observer:
    """
    Hears what a client does. Override what you want to hear; give it to `BelvoClient(observers=[…])`.

    The methods are called in the event loop, between two awaits: be quick, and hand over what takes time. None of
    the arguments shows a secret in its `repr`; bodies of requests do not show values at all.
    """

    def request_sent(self, request: Request) -> None:
        """
        *request* is handed to the network, for the first time or again.
        """

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        *answer* came, whatever its status, after *seconds*.
        """

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:
        """
        No answer came; `error.sent` tells whether *request* may have left.
        """

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        """
        *request* will be sent again in *wait* seconds, *why*: `unsent`, `unanswered`, `unprocessed`, `busy`, `failed`.
        """

    def throttled(self, request: Request, wait: float) -> None:
        """
        *request* waits at least *wait* seconds, to keep below the rate limit.
        """

    def link_busy(self, link: str, operation: str) -> None:
        """
        *operation* waits until another call for *link* is over.
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

    def link_busy(self, link: str, operation: str) -> None:
        """
        Log the wait.
        """
        self._logger.info("%s waits for another call for link %s", operation, link)

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


@attrs.frozen
class Tee(Observer):
    """
    Passes everything on to several observers, and keeps what they raise to itself.
    """

    observers: Sequence[Observer]

    request_sent = _guarded(Observer.request_sent)
    request_answered = _guarded(Observer.request_answered)
    request_failed = _guarded(Observer.request_failed)
    retry_scheduled = _guarded(Observer.retry_scheduled)
    throttled = _guarded(Observer.throttled)
    link_busy = _guarded(Observer.link_busy)
    state_changed = _guarded(Observer.state_changed)
    challenge_parked = _guarded(Observer.challenge_parked)
