"""
The prompt that asks the person at the terminal, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys

import pytest


PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime
from belvo_async import ChallengeKind, MfaChallenge
from belvo_async.errors import MfaDeclinedError
from belvo_async.prompts import terminal

challenge = MfaChallenge(
    kind=ChallengeKind.NUMERIC, instructions=sys.argv[1], value="4821", session="s", link="l",
    issued_at=datetime.now(UTC), expects_user_input=sys.argv[2] == "input",
)
try:
    print(repr(asyncio.run(terminal(challenge))))
except MfaDeclinedError as error:
    print(error)
"""


def ask(typed: str, *, expects: str = "input", instructions: str = "Look at your device.") -> tuple[str, str]:
    """
    Return what the prompt returned, and what the person saw.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, instructions, expects],
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip(), done.stderr


@pytest.mark.parametrize(
    ("typed", "expects", "returned"),
    [
        pytest.param("111111\n", "input", "'111111'", id="a token"),
        pytest.param("  0042 \n", "input", "'0042'", id="a token with spaces around it"),
        pytest.param("\n", "input", "the user declined the challenge", id="an empty line"),
        pytest.param("", "input", "the user declined the challenge", id="nobody there"),
        pytest.param("\n", "nothing", "None", id="done"),
        pytest.param("yes\n", "nothing", "None", id="done, in words"),
        pytest.param("", "nothing", "the user declined the challenge", id="nobody there, nothing to type"),
    ],
)
def test_what_is_typed_is_what_is_answered(typed: str, expects: str, returned: str) -> None:
    """
    A line is the token; an empty one declines, or says that the user is done where nothing is to be typed.
    """
    assert returned == ask(typed, expects=expects)[0]


def test_the_person_sees_what_the_institution_says() -> None:
    """
    Instructions and value are shown on standard error, where they are in nobody's way; empty ones are not.
    """
    assert "Look at your device.\n4821\nToken (empty to give up): " == ask("1\n")[1]
    assert "4821\nPress Enter when you are done. " == ask("\n", expects="nothing", instructions="")[1]
