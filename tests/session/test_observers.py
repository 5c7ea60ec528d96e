"""
What observers hear, and that they disturb nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging

from collections.abc import Callable

import pytest

from people import BANK, RIGHT, careful

from belvo_async import BelvoClient, MfaChallenge, MfaState, RateLimit, RetryPolicy
from belvo_async.errors import ClientStateError, ServerError, TransportError, UncertainOutcomeError
from belvo_async.messages import Answer, Request
from belvo_async.mfa.flow import Step
from belvo_async.observer import LoggingObserver, Observer, Tee, current_session
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


class Notes(Observer):
    """
    Writes everything down, in one line each.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def request_sent(self, request: Request) -> None:
        self.lines.append(f"sent {request}")

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        assert seconds >= 0
        self.lines.append(f"answered {request} {answer.status}")

    def request_failed(self, request: Request, error: TransportError, seconds: float) -> None:
        assert seconds >= 0
        self.lines.append(f"failed {request} {error.sent}")

    def request_broken_off(self, request: Request, error: BaseException, seconds: float) -> None:
        assert seconds >= 0
        self.lines.append(f"broken off {request} {type(error).__name__}")

    def retry_scheduled(self, request: Request, wait: float, why: str) -> None:
        self.lines.append(f"again {request} {wait:g} {why}")

    def throttled(self, request: Request, wait: float) -> None:
        self.lines.append(f"throttled {request} {wait > 0}")

    def waited(self, request: Request, seconds: float, why: str) -> None:
        self.lines.append(f"waited {request} {seconds:g} {why}")

    def challenge_taken_up(self, challenge: MfaChallenge) -> None:
        self.lines.append(f"taken up {challenge.round}")

    def link_busy(self, link: str, operation: str) -> None:
        self.lines.append(f"busy {operation} {bool(link)}")

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        self.lines.append(f"{operation} {step.state.name} {bool(link)}")

    def challenge_parked(self, challenge: MfaChallenge) -> None:
        self.lines.append(f"parked {challenge.round}")


class Whose(Observer):
    """
    Remembers whose doing it hears of.
    """

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []

    def request_sent(self, request: Request) -> None:
        self.heard.append((str(request), current_session()))

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        self.heard.append((step.state.name, current_session()))

    def challenge_parked(self, challenge: MfaChallenge) -> None:
        self.heard.append(("parked", current_session()))

    def challenge_taken_up(self, challenge: MfaChallenge) -> None:
        self.heard.append(("taken up", current_session()))

    def link_busy(self, link: str, operation: str) -> None:
        self.heard.append(("busy", current_session()))


class Broken(Observer):
    """
    Raises whenever it hears anything.
    """

    def request_sent(self, request: Request) -> None:
        raise LookupError

    def state_changed(self, operation: str, link: str | None, step: Step) -> None:
        raise LookupError


async def test_an_observer_hears_the_whole_story(make_client: Callable[..., BelvoClient]) -> None:
    """
    Every request, answer and step is told in its order.
    """
    notes = Notes()
    async with make_client(observers=[notes]) as client:
        await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

    assert [
        "links.register REQUESTING False",
        "sent POST /api/links/",
        "answered POST /api/links/ 428",
        "links.register CHALLENGED True",
        "parked 1",
        "links.register RESUMING True",
        "sent PATCH /api/links/",
        "answered PATCH /api/links/ 200",
        "links.register COMPLETED True",
    ] == notes.lines


async def test_waits_are_told(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A retry, the rate limit and a busy link explain why something takes long.
    """
    notes = Notes()
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="GET /api/", times=1))
    options = {"retry": RetryPolicy(jitter=0), "rate_limit": RateLimit(requests=2, seconds=30)}
    async with make_client(observers=[notes], **options) as client:
        task = asyncio.gather(client.check(), client.check())
        for _ in range(40):
            await asyncio.sleep(0.005)
            await clock.advance(1)
        await task
    assert "again GET /api/ 3 failed" in notes.lines
    assert "waited GET /api/ 3 failed" in notes.lines
    assert "throttled GET /api/ True" in notes.lines
    assert [True] == [line.endswith(" rate_limit") for line in notes.lines if line.startswith("waited")][1:]


async def test_a_busy_link_is_told(make_client: Callable[..., BelvoClient]) -> None:
    """
    A call that has to wait for its link says so.
    """
    notes = Notes()
    async with make_client(observers=[notes]) as client:
        link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        first = client.accounts.retrieve(link.id)
        await anext(first)
        second = asyncio.ensure_future(client.accounts.retrieve(link.id, prompt=careful))
        while not any(line.startswith("busy") for line in notes.lines):
            await asyncio.sleep(0)
        await first.submit(RIGHT)
        await second

    assert "busy accounts.retrieve True" in notes.lines


async def test_a_lost_request_is_told(make_client: Callable[..., BelvoClient], sandbox: Sandbox) -> None:
    """
    A request without answer is told with whether it may have left.
    """
    notes = Notes()
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="POST /api/links/"))
    async with make_client(observers=[notes]) as client:
        with pytest.raises(UncertainOutcomeError):
            await client.links.register(BANK, "mfa_default", "pass_valid", external_id=None)

    assert "failed POST /api/links/ True" in notes.lines
    assert "links.register FAILED False" in notes.lines


async def test_a_request_that_nobody_waits_for_is_told(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    A request whose task is cancelled, and one of a client that is closed, are told as broken off.
    """
    notes = Notes()
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation="GET /api/", seconds=900))
    async with make_client(observers=[notes]) as client:
        task = asyncio.ensure_future(client.check())
        await sandbox.wait_for("GET /api/")
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    with pytest.raises(ClientStateError):
        await client.check()

    assert ["sent GET /api/", "broken off GET /api/ CancelledError"] == notes.lines[:2]
    assert ["sent GET /api/", "broken off GET /api/ ClientStateError"] == notes.lines[2:]


async def test_whose_doing_it_is_can_be_told(make_client: Callable[..., BelvoClient]) -> None:
    """
    Of many sessions at once, and of requests of none, an observer knows which it hears of; the prompt does not run as theirs.
    """
    whose = Whose()
    async with make_client(observers=[whose]) as client:

        async def ask(challenge: MfaChallenge) -> str:
            await client.links.get(challenge.link)
            return RIGHT

        sessions = [client.links.register(BANK, "mfa_default", "pass_valid", prompt=ask) for _ in range(5)]
        await asyncio.gather(*sessions)
        first = client.accounts.retrieve(sessions[0].result.id)
        await anext(first)
        second = client.owners.retrieve(sessions[0].result.id)
        waiting = asyncio.ensure_future(anext(second))
        await asyncio.sleep(0)
        await first.submit(RIGHT)
        await waiting
        resumed = client.resume(second.suspend(), RIGHT)
        await resumed

    story = [
        "REQUESTING",
        "POST /api/links/",
        "CHALLENGED",
        "parked",
        "RESUMING",
        "PATCH /api/links/",
        "COMPLETED",
    ]
    for session in sessions:
        assert story == [what for what, by in whose.heard if by is session]
    assert {"GET /api/links/{id}/"} == {
        f"{what.rpartition('/links/')[0]}/links/{{id}}/" for what, by in whose.heard if by is None
    }
    assert "busy" == next(what for what, by in whose.heard if by is second)
    assert "taken up" == next(what for what, by in whose.heard if by is resumed)
    assert current_session() is None


async def test_an_observer_may_want_to_know_its_client(
    make_client: Callable[..., BelvoClient], sandbox: Sandbox
) -> None:
    """
    Who listens may be another for each client, which then hears all; also of one that shares its connections.
    """
    made: list[tuple[str, Notes]] = []

    class Origin(Observer):
        def for_client(self, base_url: str) -> Observer:
            made.append((base_url, Notes()))
            return made[-1][1]

    async with make_client(observers=[Origin()]) as client:
        await client.with_options(observers=[Origin()]).check()

    assert [sandbox.url, sandbox.url] == [base_url for base_url, _ in made]
    assert ["sent GET /api/", "answered GET /api/ 200"] == made[0][1].lines == made[1][1].lines


async def test_an_observer_that_raises_disturbs_nobody(
    make_client: Callable[..., BelvoClient], caplog: pytest.LogCaptureFixture
) -> None:
    """
    The work goes on, the other observers hear it, and the error is logged.
    """
    notes = Notes()
    async with make_client(observers=[Broken(), notes]) as client:
        session = client.links.register("erebor_mx_retail", "bnk100", "full")
        await session

    assert session.state is MfaState.COMPLETED
    assert "sent POST /api/links/" in notes.lines
    assert "LookupError" in caplog.text


async def test_logging_tells_without_secrets(
    make_client: Callable[..., BelvoClient],
    sandbox: Sandbox,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    The log has method, path, names of members, status and waits, and never a value.
    """
    caplog.set_level(logging.DEBUG, logger="belvo_async")
    observer = LoggingObserver()
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="PATCH /api/accounts/"))
    async with make_client(observers=[observer]) as client:
        link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        with pytest.raises(UncertainOutcomeError):
            await client.accounts.retrieve(link.id, prompt=careful)
    observer.retry_scheduled(Request("GET", "/x/", None), 3.0, "busy")  # type: ignore[arg-type] # not looked at
    observer.throttled(Request("GET", "/x/", None), 3.0)  # type: ignore[arg-type] # not looked at
    observer.link_busy("a", "accounts.retrieve")
    observer.waited(Request("GET", "/x/", None), 3.0, "busy")  # type: ignore[arg-type] # not looked at
    observer.request_broken_off(Request("GET", "/x/", None), ValueError("no"), 3.0)  # type: ignore[arg-type] # not looked at

    assert "Body(institution, username, password, external_id)" in caplog.text
    assert "POST /api/links/ answered 428" in caplog.text
    assert "links.register" in caplog.text
    assert "it may have been sent" in caplog.text
    assert "GET /x/ again in 3.0 s (busy)" in caplog.text
    assert "GET /x/ has waited 3.0 s (busy)" in caplog.text
    assert "GET /x/ broken off after 3.000 s: ValueError" in caplog.text
    for secret in ("pass_valid", RIGHT, "mfa_default"):
        assert secret not in caplog.text


def test_every_event_is_passed_on() -> None:
    """
    The tee has every method of an observer.
    """
    methods = [name for name in vars(Observer) if not name.startswith("_") and name != "for_client"]

    assert methods == [name for name in vars(Tee) if name in methods]
    assert methods == [name for name in vars(LoggingObserver) if name in methods]
    for name in methods:
        arguments = getattr(Observer, name).__code__.co_argcount - 1
        assert getattr(Observer(), name)(*[None] * arguments) is None


async def test_a_secret_that_an_error_repeats_is_taken_out(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Belvo's own words may quote what it was sent; the error does not.
    """
    body = [
        {"code": "unexpected_error", "message": "no login with hunter2-secret", "field": "hunter2-secret"}
    ]
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, operation="POST /api/links/", status=500, body=json.dumps(body))
    )

    with pytest.raises(ServerError) as raised:
        await client.links.register(BANK, "mfa_default", "hunter2-secret", external_id=None)

    assert "hunter2" not in f"{raised.value} {raised.value.errors} {vars(raised.value)}"
    assert "no login with …" in str(raised.value)
