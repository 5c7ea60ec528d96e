"""
Ask the person at the terminal for the answer to a challenge: drawn once, with a line below it that counts down.
"""

from __future__ import annotations

import math

from contextlib import nullcontext
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from belvo_async.cli.challenges import countdown, pictured
from belvo_async.cli.keyboard import BACKSPACE, CLEAR, END, ENTER, ESCAPE, can_listen, keyboard
from belvo_async.cli.terminal import can_redraw, console
from belvo_async.cli.waiting import Waiting
from belvo_async.errors import MfaDeclinedError
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.prompts import terminal


LONGEST: Final = 60
"""Characters of a token that are shown while it is typed; of a longer one the last."""

GIVE_UP: Final = "gives up"
"""What Esc does, unless there is something to go back to."""


class Asker:
    """
    A `TokenPrompt` for people at a terminal. What they type shows, and is gone once it was sent.

    Args:
        waiting: What is shown meanwhile, which makes room while somebody is asked.

        leave: What Esc does, in words.
    """

    def __init__(self, waiting: Waiting | None = None, leave: str = GIVE_UP) -> None:
        self._console = console(errors=True)
        self._waiting = waiting
        self._leave = leave

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Return the token; `None` where nothing was to be typed and the user is done.

        Raises:
            MfaDeclinedError: They gave up, or the terminal is gone.
        """
        with nullcontext() if self._waiting is None else self._waiting.silenced():
            self._console.print(_heading(challenge))
            if not (can_listen() and can_redraw(self._console)):
                return await terminal(challenge)
            self._console.print(pictured(challenge))
            token = await _typed(challenge, self._console, self._leave)
            self._console.print("Sent." if challenge.expects_user_input else "Done.", style="dim")
            return token


async def _typed(challenge: MfaChallenge, screen: Console, leave: str) -> str | None:
    typed, hint = "", ""
    with keyboard() as keys, Live(console=screen, auto_refresh=False, transient=True) as live:
        while True:
            live.update(_line(challenge, typed, hint or f"Esc {leave}"), refresh=True)
            key = await keys.key(_until_next_second(challenge))
            hint = hint if key is None else ""
            if key in {ESCAPE, END}:
                raise MfaDeclinedError
            if key == ENTER and not challenge.expects_user_input:
                return None
            if key == ENTER and typed.strip():
                return typed.strip()
            if key == ENTER:
                hint = f"Type what the bank gave you, then Enter; Esc {leave}"
            elif key == BACKSPACE:
                typed = typed[:-1]
            elif key == CLEAR:
                typed = ""
            elif key is not None and len(key) == 1 and challenge.expects_user_input:
                typed += key


def _heading(challenge: MfaChallenge) -> Text:
    if challenge.round <= 1:
        return Text(f"\nThe bank asks ({challenge.operation}).", style="bold")
    why = "the last answer was wrong, or it wants one more"
    return Text(
        f"\nThe bank asks again ({challenge.operation}, challenge {challenge.round}): {why}.", style="bold"
    )


def _line(challenge: MfaChallenge, typed: str, hint: str) -> Text:
    left = countdown(challenge)
    if not challenge.expects_user_input:
        line = Text("Press Enter when you are done.", style="bold")
    else:
        line = Text.assemble(("Token: ", "bold"), typed[-LONGEST:], ("▏", "blink"))
    line.append("  ").append_text(left).append(f"  {hint}", style="dim")
    line.no_wrap, line.overflow = True, "crop"
    return line


def _until_next_second(challenge: MfaChallenge) -> float:
    left = challenge.remaining
    return 1.0 if left is None else max(0.05, left - math.floor(left))
