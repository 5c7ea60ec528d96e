"""
Ask the person at the terminal.
"""

from __future__ import annotations

import asyncio
import sys

from belvo_async.errors import MfaDeclinedError
from belvo_async.mfa.challenge import MfaChallenge


async def terminal(challenge: MfaChallenge) -> str | None:
    """
    A `TokenPrompt` that shows the challenge on standard error and reads the token from standard input.

    An empty line declines where a token is expected, and means "done" where none is. The thread that waits for
    the line cannot be stopped: when the challenge expires, the next line that is typed is lost.

    Raises:
        MfaDeclinedError: The user gave an empty line, or there is nobody (end of file).
    """
    for line in (challenge.instructions, challenge.value):
        if line:
            print(line, file=sys.stderr)  # noqa: T201 - this is what it is for
    ask = "Token (empty to give up): " if challenge.expects_user_input else "Press Enter when you are done. "
    print(ask, end="", file=sys.stderr, flush=True)  # noqa: T201 - as above
    line = await asyncio.to_thread(sys.stdin.readline)
    if line == "" or (challenge.expects_user_input and not line.strip()):
        raise MfaDeclinedError
    return line.strip() if challenge.expects_user_input else None
