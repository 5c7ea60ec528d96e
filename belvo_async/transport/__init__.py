"""
How a request reaches Belvo: the protocol a transport keeps, and what all of them share.
"""

from __future__ import annotations

from typing import Protocol

from belvo_async.messages import Answer, Request


class Transport(Protocol):
    """
    Sends a request and brings the answer. Decides nothing: repeating and waiting is done above it.
    """

    async def send(self, request: Request) -> Answer:
        """
        Send *request* once.

        Returns:
            The answer, whatever its status.

        Raises:
            TransportError: No answer that can be read whole; its `sent` tells whether a byte may have left.

            ClientStateError: It is closed, or belongs to another event loop or process.
        """
        ...
