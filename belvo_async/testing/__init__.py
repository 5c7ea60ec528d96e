"""
What your own tests can use: a sandbox in a thread, a person who answers, faults by name, and a clock that you set.

With pytest they are fixtures: `belvo_sandbox`, `belvo_client`, `belvo_user`, `belvo_clock`, `belvo_env`.
"""

from belvo_async.testing.background import BackgroundSandbox
from belvo_async.testing.clock import ManualClock
from belvo_async.testing.faults import (
    BANK_DOWN,
    BELVO_DOWN,
    FIREWALL,
    LOST_ANSWER,
    LOST_LOGIN,
    LOST_TOKEN,
    RATE_LIMITED,
)
from belvo_async.testing.seen import HIDDEN
from belvo_async.testing.user import ScriptedUser


__all__ = [  # noqa: RUF022 - in plain order, as everywhere
    "BANK_DOWN",
    "BELVO_DOWN",
    "BackgroundSandbox",
    "FIREWALL",
    "HIDDEN",
    "LOST_ANSWER",
    "LOST_LOGIN",
    "LOST_TOKEN",
    "ManualClock",
    "RATE_LIMITED",
    "ScriptedUser",
]
