"""
A Belvo to test against: a real HTTP server that behaves as Belvo's sandbox does, and misbehaves on demand.

It is written from what is known about Belvo and shares no code with the client, so that it catches the client's
mistakes. Any other client of Belvo's works against it as well.
"""

from __future__ import annotations

from belvo_async.sandbox.challenges import ChallengeShape
from belvo_async.sandbox.clock import Clock, SystemClock
from belvo_async.sandbox.fault_plan import Faults
from belvo_async.sandbox.faults import Fault, FaultError, FaultKind
from belvo_async.sandbox.firewall import Firewall
from belvo_async.sandbox.outbox import SentWebhook
from belvo_async.sandbox.records import ChallengeRecord, Seen
from belvo_async.sandbox.server import Sandbox
from belvo_async.sandbox.settings import Settings


__all__ = [
    "ChallengeRecord",
    "ChallengeShape",
    "Clock",
    "Fault",
    "FaultError",
    "FaultKind",
    "Faults",
    "Firewall",
    "Sandbox",
    "Seen",
    "SentWebhook",
    "Settings",
    "SystemClock",
]
