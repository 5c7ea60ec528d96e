"""
Many flows through a sandbox that misbehaves, and whether what each says of itself is what the sandbox did.

Everything is seeded. Run by `test_fleet.py` with a part of the flows, and as a program with as many as wanted:
`python tests/faults/fleet.py --flows 100000`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import attrs

from belvo_async import (
    BelvoClient,
    MfaChallenge,
    MfaSession,
    MfaState,
    PoolLimits,
    RetryPolicy,
    Timeouts,
    drive,
)
from belvo_async.errors import (
    BelvoError,
    MfaDeclinedError,
    RateLimitedError,
    ServerError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.messages import Request
from belvo_async.observer import Observer
from belvo_async.sandbox import ChallengeShape, Fault, FaultKind, Faults, Sandbox


USERS: Final = (
    ("mfa_default", "pass_valid"),
    ("mfa_qr", "qr_code"),
    ("mfa_numeric", "numeric_code"),
    ("mfa_inputless", "pass_valid"),
    ("mfa_twice", "pass_valid"),
    ("mfa_unknown", "pass_valid"),
)

PATIENCE: Final = 0.25
"""Seconds without a byte after which the client gives a request up, and half of what slow faults take."""

KINDS: Final[dict[FaultKind, dict[str, Any]]] = {
    FaultKind.LATE_ANSWER: {"seconds": 2 * PATIENCE},
    FaultKind.CLOSE_UNREAD: {},
    FaultKind.CLOSE_READ: {},
    FaultKind.CLOSE_PROCESSED: {},
    FaultKind.CLOSE_IN_HEADERS: {"at_byte": 20},
    FaultKind.CLOSE_IN_BODY: {"at_byte": 5},
    FaultKind.RESET_UNPROCESSED: {},
    FaultKind.RESET_PROCESSED: {},
    FaultKind.RESET_IN_BODY: {"at_byte": 5},
    FaultKind.STALL_IN_BODY: {"at_byte": 5, "seconds": 2 * PATIENCE},
    FaultKind.TRUNCATED_JSON: {"at_byte": 9},
    FaultKind.WRONG_JSON: {},
    FaultKind.EMPTY_BODY: {},
    FaultKind.WRONG_CONTENT_TYPE: {},
    FaultKind.STALE_KEEP_ALIVE: {"seconds": 0},
    FaultKind.HTML_502: {},
    FaultKind.HTML_403: {},
}
"""The faults of the mix, each at `SHARE` of the requests."""

ANSWERS: Final = (
    {"status": 429},
    {"status": 429, "retry_after": 0},
    {"status": 500, "code": "unexpected_error"},
    {"status": 500, "code": "unexpected_error", "process": True},
    {"status": 400, "code": "too_many_sessions"},
    {"status": 400, "code": "institution_down"},
    {"status": 408, "code": "request_timeout"},
    {"status": 409, "code": "link_refreshed"},
)

SHARE: Final = 0.004


def mix() -> list[Fault]:
    """
    Return all faults of the mix, together at about a tenth of the requests.
    """
    faults = [Fault(kind=kind, probability=SHARE, **options) for kind, options in KINDS.items()]
    faults += [Fault(kind=FaultKind.ANSWER, probability=SHARE, **answer) for answer in ANSWERS]
    shapes = [
        ChallengeShape(container="object", expiry="str", session="dashed"),
        ChallengeShape(expiry="missing", flag="expect_user_input"),
        ChallengeShape(data="partial"),
    ]
    faults += [Fault(kind=FaultKind.CHALLENGE, probability=SHARE, shape=shape) for shape in shapes]
    return faults


@attrs.define
class Report:
    """
    What a run has shown.
    """

    flows: int = 0
    outcomes: Counter[str] = attrs.field(factory=Counter)
    unsent: int = 0
    unsent_given_up: int = 0
    answered_twice: int = 0
    registered_twice: int = 0
    disagreements: list[str] = attrs.field(factory=list)
    faults_hit: int = 0
    seconds: float = 0.0


class Watch(Observer):
    """
    Counts the requests that provably never left.
    """

    def __init__(self) -> None:
        self.unsent = 0

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:
        """
        Count it.
        """
        self.unsent += not error.sent


class User:
    """
    Answers, mistypes or declines, as the dice fall.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    async def __call__(self, challenge: MfaChallenge) -> str | None:
        """
        Answer *challenge*.
        """
        if self._rng.random() < 0.03:
            raise MfaDeclinedError
        if not challenge.expects_user_input:
            return None
        return "999999" if self._rng.random() < 0.05 else "111111"


async def run(flows: int, *, seed: int, concurrency: int = 50, faults: list[Fault] | None = None) -> Report:
    """
    Run *flows* flows: registrations, and retrievals of accounts with the links that were confirmed before.
    """
    rng, report, watch = random.Random(seed), Report(flows=flows), Watch()
    began = time.monotonic()
    rules = mix() if faults is None else faults
    sandbox = Sandbox(seed=seed, faults=Faults(rules, seed=seed), remember=1_000, one_session_per_link=False)
    retry = RetryPolicy(
        waits=(0.001, 0.002), reconnects=(0.001, 0.002, 0.004, 0.008), throttled=0.001, budget=10**6
    )
    timeouts = Timeouts(read=PATIENCE, institution=PATIENCE)
    async with (
        sandbox,
        BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            prompt=User(rng),
            retry=retry,
            timeouts=timeouts,
            pool=PoolLimits(connections=concurrency),
            observers=[watch],
        ) as client,
    ):
        confirmed: list[str] = []

        def sessions() -> Iterator[MfaSession[Any]]:
            for number in range(flows):
                if confirmed and rng.random() < 0.3:
                    yield client.accounts.retrieve(rng.choice(confirmed), save_data=rng.random() < 0.5)
                else:
                    user, password = rng.choice(USERS)
                    yield client.links.register(
                        "heimdall_mx_retail", user, password, external_id=f"fleet-{seed}-{number}"
                    )

        async with drive(sessions(), limit=concurrency) as outcomes:
            async for outcome in outcomes:
                name = "completed" if outcome.ok else type(outcome.error).__name__
                report.outcomes[name] += 1
                _judge(report, sandbox, outcome.session, outcome.error)
                if outcome.ok and outcome.session.operation == "links.register" and len(confirmed) < 500:
                    confirmed.append(outcome.result.id)
        report.unsent = watch.unsent
        report.unsent_given_up = sum(report.outcomes[name] for name in ("ConnectError", "PoolTimeoutError"))
        report.answered_twice = sandbox.duplicates
        ids = Counter(link["external_id"] for link in sandbox.links.values())
        report.registered_twice = sum(count - 1 for count in ids.values())
        report.faults_hit = sum(sandbox.faults.hits(fault) for fault in rules)
    report.seconds = time.monotonic() - began
    return report


def _judge(report: Report, sandbox: Sandbox, session: MfaSession[Any], error: Exception | None) -> None:
    """
    Compare what *session* says of itself with what the sandbox did.
    """
    told = f"{session!r}: {error!r}"
    if error is not None and not isinstance(error, BelvoError):
        report.disagreements.append(f"not our error: {told}")
    unsent = isinstance(error, TransportError) and not error.sent
    if not session.state.is_final and not unsent and not isinstance(error, RateLimitedError):
        report.disagreements.append(f"not final: {told}")
    if session.operation != "links.register":
        return
    id_ = session._flow.operation.external_id
    link = next((one for one in reversed(sandbox.links.values()) if one["external_id"] == id_), None)
    status = None if link is None else link["status"]
    if session.state is MfaState.COMPLETED and status != "valid":
        report.disagreements.append(f"completed, but the link is {status}: {told}")
    # A 5xx says nothing about what was done before it; the session has looked, but the look may fail as well.
    unknown = isinstance(error, UncertainOutcomeError | ServerError)
    known = session.state is not MfaState.COMPLETED and not unknown
    if known and status == "valid" and not _was_answered_with_nonsense(error):
        report.disagreements.append(f"not completed, but the link is valid: {told}")
    if isinstance(error, UncertainOutcomeError) and session.ticket and not session.ticket.answered:
        report.disagreements.append(f"uncertain, but to be answered again: {told}")


def _was_answered_with_nonsense(error: Exception | None) -> bool:
    # Belvo did its part and said so in a way that nobody can read: `DecodeError` tells just that.
    return type(error).__name__ == "DecodeError"


async def main() -> None:
    """
    Run as many flows as wanted, in parts.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=100_000)
    parser.add_argument("--part", type=int, default=10_000, help="flows for each sandbox")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = Report()
    for part in range(options.flows // options.part):
        report = await run(options.part, seed=options.seed + part)
        print(json.dumps(attrs.asdict(report)), flush=True)
        for name in (
            "flows",
            "unsent",
            "unsent_given_up",
            "answered_twice",
            "registered_twice",
            "faults_hit",
            "seconds",
        ):
            setattr(total, name, getattr(total, name) + getattr(report, name))
        total.outcomes += report.outcomes
        total.disagreements += report.disagreements
    print(json.dumps(attrs.asdict(total), indent=2))


if __name__ == "__main__":
    asyncio.run(main())
