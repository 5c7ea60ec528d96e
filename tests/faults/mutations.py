"""
Real answers, broken in every way a seed can think of, fed to sessions, pages and single reads.

Everything is drawn from a seed. Run by `test_mutations.py` with a part of the answers, and as a program with as many
as wanted: `python tests/faults/mutations.py --answers 100000`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import pickle
import random
import resource
import time

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, get_args

import attrs

from belvo_async import BelvoClient, MfaChallenge, MfaSession, MfaTicket, RetryPolicy
from belvo_async.clock import SYSTEM_CLOCK, Timer
from belvo_async.deadlines import Deadlines
from belvo_async.errors import BelvoError, RateLimitedError
from belvo_async.guards import Answered
from belvo_async.guards import Links as BusyLinks
from belvo_async.messages import Answer, Request, Secret
from belvo_async.mfa.machine import MfaState
from belvo_async.observer import Observer
from belvo_async.resources.banking import Accounts, Balances
from belvo_async.resources.institutions import Institutions
from belvo_async.resources.links import Links
from belvo_async.resources.verbs import Context
from belvo_async.sandbox import ChallengeShape, Fault, FaultKind, Sandbox
from belvo_async.sandbox.challenges import Container, Data, Expiry, Flag, SessionForm
from belvo_async.session import Engine
from belvo_async.transport import Transport
from belvo_async.transport.retry import Budget, RetryingTransport


BANK: Final = "heimdall_mx_retail"

LINK: Final = "b91835f5-6f83-4d9b-a0ad-a5a249f18b7c"

PERIOD: Final = {"date_from": "2025-12-01", "date_to": "2025-12-03"}


# --- real answers ------------------------------------------------------------


class Ear(Observer):
    """
    Keeps every answer, by what was asked.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        Keep *answer*.
        """
        self.answers.setdefault(_kind_of(request), []).append(attrs.evolve(answer, retry_after=None))


def _kind_of(request: Request) -> str:
    on_item = "" if request.path.count("/") == 3 else "{id}/"
    return f"{request.method} /{'/'.join(request.path.split('/')[1:3])}/{on_item}"


async def real_answers() -> dict[str, list[Answer]]:
    """
    Return what the sandbox answers: challenges in every shape, data of every kind, pages, errors, pages for people.
    """
    ear = Ear()

    async def ask(challenge: MfaChallenge) -> str | None:
        return "111111" if challenge.expects_user_input else None

    async with (
        Sandbox() as sandbox,
        BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            prompt=ask,
            retry=None,
            observers=[ear],
        ) as client,
    ):

        async def heard(call: Awaitable[object]) -> None:
            with contextlib.suppress(BelvoError):  # its answer was heard all the same
                await call

        forms = (Container, Expiry, SessionForm, Flag, Data)
        for form in itertools.product(*map(get_args, forms)):
            sandbox.shape = ChallengeShape(*form)
            await heard(client.links.register(BANK, "mfa_qr", "qr_code"))
        sandbox.shape = ChallengeShape()
        for user in (
            "mfa_numeric",
            "mfa_inputless",
            "mfa_unknown",
            "mfa_activation",
            "user_invalid",
            "1234567890abcdefg",
        ):
            await heard(client.links.register(BANK, user, "pass_valid"))
        link = str(sandbox.add_link()["id"])
        for _ in range(3):
            await heard(client.accounts.retrieve(link))
            await heard(client.balances.retrieve(link, **PERIOD))
        await heard(client.links.list(page_size=3, limit=9).to_list())
        await heard(client.accounts.list(page_size=2, limit=6).to_list())
        await heard(client.balances.list(page_size=2, limit=6).to_list())
        await heard(client.institutions.list(page_size=2, limit=4).to_list())
        await heard(client.links.get(link))
        await heard(client.links.get("nobody"))
        await heard(client.links.update(link, password="x"))
        for code in ("too_many_sessions", "session_expired", "unexpected_error", "too_many_requests"):
            sandbox.faults.add(Fault(kind=FaultKind.ANSWER, code=code, times=1))
            await heard(client.links.get(link))
        for kind in (FaultKind.HTML_403, FaultKind.HTML_502):
            sandbox.faults.add(Fault(kind=kind, times=1))
            await heard(client.links.get(link))
    return ear.answers


# --- broken ones -------------------------------------------------------------


STATUSES: Final = (
    *(200, 201, 202, 204, 206, 301, 304, 400, 401, 403, 404, 405, 408, 409, 410, 418, 422, 428, 429, 451),
    *(500, 501, 502, 503, 504, 521, 599, 600, 999, 100),
)

TYPES: Final = ("application/json", "text/html", "text/html; charset=x", "", "TEXT/HTML", "image/png\u00ff")

NASTY: Final[tuple[Callable[[random.Random], object], ...]] = (
    lambda _: None,
    lambda _: True,
    lambda _: "",
    lambda _: {},
    lambda _: [],
    lambda rng: rng.choice((0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400)),
    lambda rng: rng.choice((0.1, -0.0, 1e-320, 1.7e308)),
    lambda rng: rng.choice(("NaN", "Infinity", "-1", "1e999999999", "0x10", "١٢", "true", "null", "9" * 500)),
    lambda rng: rng.choice(
        ("2026-13-45", "0000-00-00", "9999-12-31T23:59:59.999999999-23:59", "24:00", "31-02-2026")
    ),
    lambda rng: rng.choice(
        ("\u0000", "\r\nX-A: b", "\u202e", "\U0010ffff", "a" * 70_000, "..", "?", "#", "http://[")
    ),
    lambda rng: rng.choice(
        ("token_required", "too_many_sessions", "login_error", "session_expired", "qr", "inputless")
    ),
    lambda rng: _nested(rng.choice((2, 60, 500))),
    lambda rng: [0] * rng.choice((2, 1_000)),
    lambda rng: {str(number): None for number in range(rng.choice((2, 1_000)))},
)
"""What is put where something else was."""

RAW: Final = (
    *(
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x00",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
    ),
    *(
        b"1e999999999999999999999",
        b"-",
        b"1E+400",
        b"0.1e-99999999",
        b"NaN",
        b"Infinity",
        b"00",
        b'"\\ud800"',
    ),
    *(
        b'"\\udc00\\ud800"',
        b'"\\u0000"',
        b"[" * 100_000,
        b'{"a":' * 3_000,
        b"9" * 5_000,
        b" " * 10_000,
        b"null",
    ),
)
"""What is put between two bytes."""


def _nested(depth: int) -> object:
    inner: object = 1
    for level in range(depth):
        inner = [inner] if level % 2 else {"a": inner}
    return inner


def mutated(body: bytes, bodies: list[bytes], rng: random.Random) -> bytes:
    """
    Return *body*, broken once or a few times.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        body = rng.choice(MUTATIONS)(body, bodies, rng)
    return body


def _flip(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    changed = bytearray(body)
    for _time in range(rng.choice((1, 1, 4, 32))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _drop(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    start = rng.randrange(len(body) + 1)
    return body[:start] + body[start + rng.randrange(1, 30) :]


def _repeat(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    start = rng.randrange(len(body) + 1)
    return body[:start] + body[start : start + rng.randrange(1, 60)] * 2 + body[start:]


def _splice(body: bytes, bodies: list[bytes], rng: random.Random) -> bytes:
    other = rng.choice(bodies)
    return body[: rng.randrange(len(body) + 1)] + other[rng.randrange(len(other) + 1) :]


def _insert(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    at = rng.randrange(len(body) + 1)
    return body[:at] + rng.choice(RAW) + body[at:]


def _recode(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-32", "utf-8-sig", "cp1252")), "replace")


def _of_json(
    change: Callable[[Any, random.Random], Any],
) -> Callable[[bytes, list[bytes], random.Random], bytes]:
    def mutate(body: bytes, bodies: list[bytes], rng: random.Random) -> bytes:
        try:
            value = json.loads(body)
            return json.dumps(change(value, rng), ensure_ascii=rng.random() < 0.5).encode(
                "utf-8", "surrogatepass"
            )
        except (ValueError, RecursionError):
            return _flip(body, bodies, rng)  # it is no JSON any more

    return mutate


def _places(value: Any) -> list[tuple[Any, Any]]:
    found, left = [], [value]
    while left:
        node = left.pop()
        keys = (
            list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
        )
        for key in keys[:200]:
            found.append((node, key))
            left.append(node[key])
    return found


def _swap_type(value: Any, rng: random.Random) -> Any:
    places = _places(value)
    if not places or rng.random() < 0.05:
        return rng.choice(NASTY)(rng)
    for _ in range(rng.choice((1, 1, 3))):
        node, key = rng.choice(places)
        node[key] = rng.choice(NASTY)(rng)
    return value


def _drop_key(value: Any, rng: random.Random) -> Any:
    places = _places(value)
    if places:
        node, key = rng.choice(places)
        del node[key]
    return value


def _rename_key(value: Any, rng: random.Random) -> Any:
    places = [(node, key) for node, key in _places(value) if isinstance(node, dict)]
    if places:
        node, key = rng.choice(places)
        node[rng.choice((key.upper(), f"{key}s", "", "__class__", "results", "next", "session"))] = node.pop(
            key
        )
    return value


def _as_text(value: Any, rng: random.Random) -> Any:
    places = _places(value)
    if places:
        node, key = rng.choice(places)
        node[key] = json.dumps(node[key]) if rng.random() < 0.5 else str(node[key])
    return value


def _wrap(value: Any, rng: random.Random) -> Any:
    return rng.choice(
        ([value], [value, value], {"results": value}, {"results": [value], "next": "?page=2"}, {"a": value})
    )


def _twice(body: bytes, _: list[bytes], rng: random.Random) -> bytes:
    """
    Give a key of an object twice.
    """
    opening = [at for at, byte in enumerate(body) if byte == ord("{")]
    if not opening:
        return body
    at = rng.choice(opening) + 1
    key = rng.choice(
        (b"session", b"link", b"id", b"next", b"results", b"code", b"expiry", b"token_generation_data")
    )
    return (
        body[:at] + b'"' + key + b'":' + rng.choice((b"1", b'"a"', b"null", b"[]", b"{}")) + b"," + body[at:]
    )


MUTATIONS: Final = (
    _flip,
    _cut,
    _drop,
    _repeat,
    _splice,
    _insert,
    _recode,
    _twice,
    _of_json(_swap_type),
    _of_json(_swap_type),
    _of_json(_swap_type),
    _of_json(_drop_key),
    _of_json(_rename_key),
    _of_json(_as_text),
    _of_json(_wrap),
)


# --- a Belvo that answers so -------------------------------------------------


class Nonsense:
    """
    A transport that answers every request with something broken, and watches what is asked.
    """

    def __init__(self, answers: dict[str, list[Answer]], rng: random.Random) -> None:
        self._fitting = answers
        self._all = [answer for fitting in answers.values() for answer in fitting]
        self._bodies = [answer.body for answer in self._all]
        self._rng = rng
        self.sent = 0
        self.served: list[Answer] = []
        self.answered_twice = 0
        self._may_patch = True

    def begin(self) -> None:
        """
        Another call begins.
        """
        self.served.clear()
        self._may_patch = True

    async def send(self, request: Request) -> Answer:
        """
        Answer *request*. See `Transport.send()`.
        """
        self.sent += 1
        if request.method == "PATCH":
            self.answered_twice += not self._may_patch
            self._may_patch = False
        await asyncio.sleep(0)
        answer = self._answer(request)
        self.served.append(answer)
        if answer.status in {428, 429} or (answer.status == 403 and answer.is_html):
            self._may_patch = True  # another challenge, or the same one turned away at the door
        return answer

    def _answer(self, request: Request) -> Answer:
        rng = self._rng
        chosen = rng.choice(
            self._fitting.get(_kind_of(request), self._all) if rng.random() < 0.8 else self._all
        )
        if len(self.served) > 30:
            return Answer(404, b"")  # a call that goes on so long has shown enough
        status = chosen.status if rng.random() < 0.85 else rng.choice((200, 201, 428, *STATUSES))
        body = chosen.body if rng.random() < 0.2 else mutated(chosen.body, self._bodies, rng)
        return Answer(
            status,
            body,
            chosen.content_type if rng.random() < 0.8 else rng.choice(TYPES),
            rng.choice((None, "r1")),
            rng.choice((None, None, 0.0, 5.0, 1e9)),
        )


class Rushing:
    """
    A clock on which every wait is over at once.
    """

    def monotonic(self) -> float:
        """
        Return seconds.
        """
        return SYSTEM_CLOCK.monotonic()

    def now(self) -> datetime:
        """
        Return the time.
        """
        return SYSTEM_CLOCK.now()

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """
        Call *callback* when it is due.
        """
        return SYSTEM_CLOCK.call_at(when, callback)

    async def sleep(self, seconds: float) -> None:
        """
        Let others go on.
        """
        await asyncio.sleep(0)


@attrs.define
class Report:
    """
    What a run has shown.
    """

    answers: int = 0
    calls: int = 0
    outcomes: Counter[str] = attrs.field(factory=Counter)
    statuses: Counter[int] = attrs.field(factory=Counter)
    findings: list[str] = attrs.field(factory=list)
    answered_twice: int = 0
    slowest: float = 0.0
    grown_mib: float = 0.0
    seconds: float = 0.0


async def run(answers: int, *, seed: int) -> Report:
    """
    Make calls until *answers* broken answers have been served.
    """
    rng, report = random.Random(seed), Report()
    nonsense = Nonsense(await real_answers(), rng)
    calls = _Calls(nonsense, rng)
    began, before = time.monotonic(), 0.0
    while nonsense.sent < answers:
        nonsense.begin()
        started = time.monotonic()
        outcome, session = await calls.any()
        report.calls += 1
        report.outcomes[outcome if isinstance(outcome, str) else type(outcome).__name__] += 1
        report.statuses.update(answer.status for answer in nonsense.served)
        wrong = _wrong(outcome, session, calls)
        if wrong is not None:
            served = [(answer.status, answer.content_type, answer.body[:300]) for answer in nonsense.served]
            report.findings.append(f"{wrong}: {outcome!r} {session!r} after {served}")
        report.slowest = max(report.slowest, time.monotonic() - started)
        if not before and nonsense.sent > answers / 10:
            before = _resident_mib()
    report.answers, report.answered_twice = nonsense.sent, nonsense.answered_twice
    report.grown_mib = _resident_mib() - before
    report.seconds = time.monotonic() - began
    return report


def _resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _Calls:
    """
    Every kind of call that reads an answer.
    """

    def __init__(self, nonsense: Nonsense, rng: random.Random) -> None:
        self._rng = rng
        self.deadlines = Deadlines(SYSTEM_CLOCK)
        self.busy = BusyLinks()
        policy = RetryPolicy(waits=(1, 1), reconnects=(1,), throttled=1, budget=10**9)
        retrying = RetryingTransport(nonsense, policy, Rushing(), Budget(policy.budget))
        self._transports: tuple[Transport, ...] = (nonsense, retrying)

    def _context(self) -> Context:
        engine = Engine(
            self._rng.choice(self._transports),
            Rushing(),
            self.deadlines,
            Answered(Rushing()),  # of its own for each call: many are answered with the same challenge
            self.busy,
            lookups=(0.0, 1.0),
            observer=None,
        )
        return Context(engine, self._ask, Secret(None))

    async def _ask(self, challenge: MfaChallenge) -> str | None:
        return "111111" if challenge.expects_user_input else None

    async def any(self) -> tuple[str | BaseException, MfaSession[Any] | None]:
        """
        Make one; return how it ended, and its session if it had one.
        """
        context = self._context()
        session = self._session(context) if self._rng.random() < 0.7 else None
        try:
            if session is None:
                await self._read(context)
            elif self._rng.random() < 0.8:
                await session
            else:
                async with session:
                    async for challenge in session:
                        await session.submit(await self._ask(challenge))
        except BaseException as error:  # noqa: BLE001 - that it is one of ours is what is tested
            return error, session
        return "completed", session

    def _session(self, context: Context) -> MfaSession[Any]:
        links, accounts, balances = Links(context), Accounts(context), Balances(context)
        return self._rng.choice(
            (
                lambda: links.register(BANK, "user", "password"),
                lambda: links.register(BANK, "user", "password", external_id=None),
                lambda: links.update(LINK, password="new"),
                lambda: links.resume("abc", LINK, "1"),
                lambda: accounts.retrieve(LINK),
                lambda: balances.retrieve(LINK, **PERIOD),
                lambda: balances.retrieve(LINK, **PERIOD, save_data=False),
            )
        )()

    async def _read(self, context: Context) -> None:
        collection: Any = self._rng.choice((Links, Accounts, Balances, Institutions))(context)
        if self._rng.random() < 0.5:
            await collection.get(LINK)
        else:
            await collection.list(limit=self._rng.choice((None, 1, 100))).to_list()


def _wrong(outcome: str | BaseException, session: MfaSession[Any] | None, calls: _Calls) -> str | None:
    """
    Say what is wrong with how a call ended; `None` if all is well.
    """
    if not isinstance(outcome, str | BelvoError):
        return "not our error"
    if isinstance(outcome, RateLimitedError) and session is not None and not session.state.is_final:
        session.cancel()  # turned away at the door: it could be driven again
    if session is not None and not session.state.is_final:
        return "not final"
    if session is not None and (outcome == "completed") is not (session.state is MfaState.COMPLETED):
        return "the state says something else"
    if len(calls.busy) or len(calls.deadlines):
        return "something is left"
    if isinstance(outcome, BelvoError) and str(pickle.loads(pickle.dumps(outcome))) != str(outcome):  # noqa: S301 - our own
        return "does not pickle"
    ticket = None if session is None else session.ticket
    if ticket is not None and MfaTicket.from_json(ticket.to_json()) != ticket:
        return "the ticket does not come back"
    return None


async def main() -> None:
    """
    Break as many answers as wanted, in parts.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--part", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = Report()
    for part in range(options.answers // options.part):
        report = await run(options.part, seed=options.seed + part)
        slowest = max(total.slowest, report.slowest)
        for field in attrs.fields(Report):
            setattr(total, field.name, getattr(total, field.name) + getattr(report, field.name))
        total.slowest = slowest
    print(json.dumps(attrs.asdict(total), indent=2))  # noqa: T201 - also a program


if __name__ == "__main__":
    asyncio.run(main())
