"""
Prompts, named for how the person behind them behaves.
"""

from __future__ import annotations

import asyncio

from typing import NoReturn

from belvo_async import MfaChallenge
from belvo_async.errors import MfaDeclinedError


RIGHT, WRONG = "111111", "999999"

BANK = "heimdall_mx_retail"


async def careful(challenge: MfaChallenge) -> str | None:
    """
    Gives the right token.
    """
    return RIGHT if challenge.expects_user_input else None


async def hasty(challenge: MfaChallenge) -> str | None:
    """
    Mistypes the first token.
    """
    return WRONG if challenge.round == 1 else RIGHT


async def unteachable(_: MfaChallenge) -> str | None:
    """
    Mistypes every token.
    """
    return WRONG


async def unwilling(_: MfaChallenge) -> NoReturn:
    """
    Declines.
    """
    raise MfaDeclinedError


async def broken(_: MfaChallenge) -> NoReturn:
    """
    A prompt with a bug.
    """
    message = "the web socket is gone"
    raise ConnectionError(message)


class Absent:
    """
    Never answers, and remembers what became of it.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.cancelled = False
        self.challenge: MfaChallenge | None = None

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Wait for ever.
        """
        self.challenge = challenge
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return None


class Later:
    """
    Answers when told to.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._token: asyncio.Future[str | None] | None = None

    async def __call__(self, _: MfaChallenge) -> str | None:
        """
        Wait for `answer()`.
        """
        self._token = asyncio.get_running_loop().create_future()
        self.asked.set()
        return await self._token

    def answer(self, token: str | None) -> None:
        """
        Give *token*.
        """
        assert self._token is not None
        self._token.set_result(token)
