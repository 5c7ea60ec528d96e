"""
The person who is asked for tokens, for tests: knows the right one, and does what a test says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from belvo_async.clock import Clock
from belvo_async.errors import MfaDeclinedError
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.sandbox import Sandbox


Reaction = Callable[[MfaChallenge], Awaitable[str | None]]

TOO_LATE: Final = 1.0
"""Seconds after the end of a challenge; also how long a person ignores one that has no end."""


class ScriptedUser:
    """
    A prompt that gives the right token, and nothing where none is expected.

        belvo_user.mistypes()
        link = await belvo_client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")
        assert len(belvo_user.asked) == 2

    What it is told to do it does once, at the next challenge; what it is told twice, at the next two. Then it gives right
    tokens again.

    Args:
        sandbox: Whose tokens it knows.

        clock: By which it takes its time.

    Attributes:
        asked: The challenges it was shown, oldest first.
    """

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self._script: deque[Reaction] = deque()
        self.asked: list[MfaChallenge] = []

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Answer *challenge*.
        """
        self.asked.append(challenge)
        react = self._script.popleft() if self._script else self._right
        return await react(challenge)

    def mistypes(self) -> None:
        """
        Give the wrong token, which brings a fresh challenge.
        """
        self._script.append(self._wrong)

    def types(self, token: str | None) -> None:
        """
        Give this *token*. Any that is neither the right nor the wrong one ends the login.
        """

        async def this(_challenge: MfaChallenge) -> str | None:
            return token

        self._script.append(this)

    def takes(self, seconds: float) -> None:
        """
        Give the right token after so many seconds of the clock.
        """

        async def later(challenge: MfaChallenge) -> str | None:
            await self._clock.sleep(seconds)
            return await self._right(challenge)

        self._script.append(later)

    def ignores(self) -> None:
        """
        Let the challenge expire.
        """

        async def never(challenge: MfaChallenge) -> str | None:
            await self._clock.sleep((challenge.remaining or 0.0) + TOO_LATE)
            return await self._right(challenge)

        self._script.append(never)

    def declines(self) -> None:
        """
        Refuse to give a token.
        """

        async def decline(_challenge: MfaChallenge) -> str | None:
            raise MfaDeclinedError

        self._script.append(decline)

    async def _right(self, challenge: MfaChallenge) -> str | None:
        return self._sandbox.settings.mfa_token if challenge.expects_user_input else None

    async def _wrong(self, challenge: MfaChallenge) -> str | None:
        return self._sandbox.settings.wrong_token if challenge.expects_user_input else None
