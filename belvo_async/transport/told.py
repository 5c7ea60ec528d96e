"""
Sends the requests of one call as that call was told. There is none of this where a call was told nothing.
"""

from __future__ import annotations

import attrs

from belvo_async.messages import Answer, Headers, Request
from belvo_async.transport import Transport


class ToldTransport:
    """
    Sends through another transport, with a timeout and headers of the call's own.
    """

    def __init__(self, inner: Transport, timeout: float | None, headers: Headers) -> None:
        self._inner = inner
        self._timeout = timeout
        self._headers = headers

    async def send(self, request: Request) -> Answer:
        """
        Send *request*. See `Transport.send()`.
        """
        return await self._inner.send(attrs.evolve(request, timeout=self._timeout, headers=self._headers))
