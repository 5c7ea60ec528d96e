"""
Asyncio client for the Belvo open-finance API that carries the multi-factor flow to its end.

    async with BelvoClient("secret-id", "secret-password", environment="sandbox", prompt=ask) as client:
        link = await client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")

`errors`, `models`, `settings`, `sandbox` and `testing` hold the rest.
"""

from belvo_async.client import BelvoClient
from belvo_async.drive import Outcome, drive
from belvo_async.errors import BelvoError
from belvo_async.mfa.challenge import ChallengeKind, MfaChallenge
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.observer import LoggingObserver, Observer
from belvo_async.resources.accepted import AcceptedRequest
from belvo_async.sealing import TicketSealer
from belvo_async.session import MfaSession, TokenPrompt
from belvo_async.settings import Environment, PoolLimits, RateLimit, RetryPolicy, Timeouts
from belvo_async.transport.aiohttp import Network
from belvo_async.version import __version__


__all__ = [
    "AcceptedRequest",
    "BelvoClient",
    "BelvoError",
    "ChallengeKind",
    "Environment",
    "LoggingObserver",
    "MfaChallenge",
    "MfaSession",
    "MfaState",
    "MfaTicket",
    "Network",
    "Observer",
    "Outcome",
    "PoolLimits",
    "RateLimit",
    "RetryPolicy",
    "TicketSealer",
    "Timeouts",
    "TokenPrompt",
    "__version__",
    "drive",
]
