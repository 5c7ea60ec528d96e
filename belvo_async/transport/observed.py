"""
Lets an observer hear of requests and answers. There is none of this where nobody listens.
"""

from __future__ import annotations

from belvo_async.clock import Clock
from belvo_async.errors import TransportError
from belvo_async.messages import Answer, Request
from belvo_async.observer import Observer
from belvo_async.transport import Transport


class ObservedTransport:
    """
    Sends through another transport and tells *observer*.
    """

    def __init__(self, inner: Transport, observer: Observer, clock: Clock) -> None:
        self._inner = inner
        self._observer = observer
        self._clock = clock

    async def send(self, request: Request) -> Answer:
        """
        Send *request*. See `Transport.send()`.
        """
        began = self._clock.monotonic()
        self._observer.request_sent(request)
        try:
            answer = await self._inner.send(request)
        except TransportError as error:
            self._observer.request_failed(request, error, self._clock.monotonic() - began)
            raise
        except BaseException as error:
            self._observer.request_broken_off(request, error, self._clock.monotonic() - began)
            raise
        self._observer.request_answered(request, answer, self._clock.monotonic() - began)
        return answer
