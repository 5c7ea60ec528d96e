"""
The spans of a flow: which there are, whose they are, and that those of many flows are never mixed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from people import BANK, RIGHT, Absent, Later, broken, careful, hasty, unwilling
from telemetry.recorded import Recorded, seconds

from belvo_async import BelvoClient, MfaChallenge, RateLimit, RetryPolicy, drive
from belvo_async.errors import (
    BelvoError,
    ConnectError,
    LoginError,
    MfaDeclinedError,
    MfaExpiredError,
    NotFoundError,
    PromptFailedError,
    RateLimitedError,
    TooManySessionsError,
    UncertainOutcomeError,
)
from belvo_async.sandbox import ChallengeShape, Fault, FaultKind, Sandbox
from belvo_async.telemetry import names
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio


def named(spans: list[ReadableSpan]) -> list[str]:
    """
    Return the names of *spans*.
    """
    return [span.name for span in spans]


def attributes_of(span: ReadableSpan) -> dict[str, object]:
    """
    Return the attributes of *span*.
    """
    return dict(span.attributes or {})


async def register(client: BelvoClient, prompt: object = careful) -> None:
    """
    Register a link.
    """
    await client.links.register(BANK, "mfa_default", "pass_valid", prompt=prompt)  # type: ignore[arg-type] # a prompt


async def test_a_flow(client: BelvoClient, clock: ManualClock, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    A flow is a span below its caller's, with its requests and the wait for its user in it.
    """

    asked: list[MfaChallenge] = []

    async def slow(challenge: MfaChallenge) -> str:
        asked.append(challenge)
        await clock.advance(20)
        return RIGHT

    with recorded.tracer.start_as_current_span("caller") as caller:
        await register(client, slow)

    flow = recorded.one("belvo.links.register")
    opening, wait, resume = recorded.below(flow)
    server = urlsplit(sandbox.url)
    assert flow.parent == caller.get_span_context()
    assert ["POST /api/links/", "belvo.wait.user", "PATCH /api/links/"] == named([opening, wait, resume])
    assert {StatusCode.UNSET} == {span.status.status_code for span in recorded.spans}
    assert 20 == seconds(wait) == seconds(flow)
    link = attributes_of(flow)["belvo.link.id"]
    client_saw = asked[0].request_id
    assert client_saw
    assert {
        "belvo.operation": "links.register",
        "belvo.outcome": "completed",
        "belvo.link.id": link,
        "belvo.challenge.count": 1,
        "belvo.request.id": client_saw,
    } == attributes_of(flow)
    assert {
        "belvo.operation": "links.register",
        "belvo.link.id": link,
        "belvo.challenge.kind": "text",
        "belvo.challenge.round": 1,
        "belvo.outcome": "answered",
    } == attributes_of(wait)
    told = attributes_of(opening)
    assert {
        "http.request.method": "POST",
        "http.response.status_code": 428,
        "server.address": server.hostname,
        "server.port": server.port,
        "url.scheme": "http",
        "url.full": f"{sandbox.url}/api/links/",
        "url.template": "/api/links/",
    } == told
    assert SpanKind.CLIENT == opening.kind
    assert SpanKind.INTERNAL == wait.kind == flow.kind


async def test_each_round_is_a_wait(client: BelvoClient, recorded: Recorded) -> None:
    """
    A token that is refused brings another wait in the same flow.
    """
    await register(client, hasty)

    flow = recorded.one("belvo.links.register")
    waits = recorded.named("belvo.wait.user")
    assert [1, 2] == [attributes_of(wait)["belvo.challenge.round"] for wait in waits]
    assert 2 == attributes_of(flow)["belvo.challenge.count"]
    assert named(recorded.below(flow)).count("PATCH /api/links/") == 2


async def test_other_requests_are_the_callers(
    client: BelvoClient, sandbox: Sandbox, recorded: Recorded
) -> None:
    """
    A request that belongs to no flow is below the current span. Its address shows no value of its query.
    """
    with recorded.tracer.start_as_current_span("caller") as caller:
        await client.links.list(institution=BANK, external_id="mine").to_list()
        with pytest.raises(NotFoundError):
            await client.accounts.get("0" * 32)

    listed, got = recorded.named("GET /api/links/") + recorded.named("GET /api/accounts/{id}/")
    assert caller.get_span_context() == listed.parent == got.parent
    full = attributes_of(listed)["url.full"]
    assert isinstance(full, str)
    assert full.startswith(f"{sandbox.url}/api/links/?")
    assert {"institution=REDACTED", "external_id=REDACTED"} <= set(urlsplit(full).query.split("&"))
    assert f"{sandbox.url}/api/accounts/{'0' * 32}/" == attributes_of(got)["url.full"]
    assert ("404", 404) == tuple(
        attributes_of(got)[name] for name in ("error.type", "http.response.status_code")
    )
    assert StatusCode.ERROR == got.status.status_code


async def test_without_ids(
    make_client: Callable[..., BelvoClient], clock: ManualClock, recorded: Recorded
) -> None:
    """
    Whoever wants no ids gets none, also not in addresses.
    """
    async with make_client(observers=[recorded.telemetry(clock, ids=False)]) as client:
        link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
        await client.accounts.retrieve(link.id, prompt=careful)
        await client.links.get(link.id)

    assert [] == [text for text in recorded.everything() if link.id in text]
    assert not {"belvo.link.id", "belvo.request.id"} & {
        name for span in recorded.spans for name in attributes_of(span)
    }
    assert str(attributes_of(recorded.one("GET /api/links/{id}/"))["url.full"]).endswith("/api/links/{id}/")


# --- many at once ---

MANY = 50


async def test_many_flows_are_not_mixed(client: BelvoClient, recorded: Recorded) -> None:
    """
    Each of many flows at once has its own requests and waits, below its own caller; so has every other request.
    """
    turn = asyncio.Barrier(MANY)

    async def together(challenge: MfaChallenge) -> str:
        await turn.wait()
        with recorded.tracer.start_as_current_span(f"prompt {challenge.link}"):
            await client.links.get(challenge.link)
        return RIGHT

    async def one(number: int) -> str:
        with recorded.tracer.start_as_current_span(f"caller {number}"):
            link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=together)
            await client.links.get(link.id)
        return link.id

    links = await asyncio.gather(*map(one, range(MANY)))

    flows = {attributes_of(flow)["belvo.link.id"]: flow for flow in recorded.named("belvo.links.register")}
    assert set(links) == set(flows)
    for number, link in enumerate(links):
        caller, flow = recorded.one(f"caller {number}"), flows[link]
        assert ["POST /api/links/", "belvo.wait.user", "PATCH /api/links/"] == named(recorded.below(flow))
        assert link == attributes_of(recorded.below(flow)[1])["belvo.link.id"]
        prompt = recorded.one(f"prompt {link}")
        assert {flow.context.span_id, prompt.context.span_id} < {
            span.context.span_id for span in recorded.below(caller) if span.context is not None
        }
        for parent in (caller, prompt):
            gets = [span for span in recorded.below(parent) if span.name == "GET /api/links/{id}/"]
            assert [True] == [str(attributes_of(get)["url.full"]).endswith(f"/{link}/") for get in gets]
    assert 1 == len({flow.context.trace_id for flow in [flows[links[0]], recorded.one("caller 0")]})
    assert MANY == len({flow.context.trace_id for flow in flows.values() if flow.context is not None})


async def test_flows_in_one_task_are_not_mixed(client: BelvoClient, recorded: Recorded) -> None:
    """
    Two flows that one task drives by turns keep their own requests, and one begun by another task too.
    """
    first = client.links.register(BANK, "mfa_default", "pass_valid")
    second = client.links.register(BANK, "mfa_twice", "pass_valid")
    async with first, second:
        one, two = await anext(first), await anext(second)
        await first.submit(RIGHT)
        await asyncio.create_task(second.submit(RIGHT))
        await anext(second)
        await second.submit(RIGHT)

    flows = {attributes_of(flow)["belvo.link.id"]: flow for flow in recorded.named("belvo.links.register")}
    assert 2 == len(named(recorded.below(flows[one.link]))) - 1
    assert ["PATCH /api/links/"] * 2 == [
        span.name for span in recorded.below(flows[two.link]) if span.name.startswith("PATCH")
    ]
    assert 2 == attributes_of(flows[two.link])["belvo.challenge.count"]


async def test_driven_flows_have_their_callers_trace(client: BelvoClient, recorded: Recorded) -> None:
    """
    What `drive()` drives is below the span in which that was called.
    """
    sessions = [client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful) for _ in range(5)]
    with recorded.tracer.start_as_current_span("caller"):
        async with drive(sessions, limit=3) as outcomes:
            async for outcome in outcomes:
                assert outcome.ok

    assert 5 == named(recorded.below(recorded.one("caller"))).count("belvo.links.register")


async def test_a_busy_link(client: BelvoClient, recorded: Recorded, clock: ManualClock) -> None:
    """
    A flow that waits for its link has begun, and its wait is a span.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    user = Later()
    first = asyncio.ensure_future(client.accounts.retrieve(link.id, prompt=user))
    await user.asked.wait()
    second = asyncio.ensure_future(client.owners.retrieve(link.id, prompt=careful))
    await asyncio.sleep(0)  # it waits for its link
    await clock.advance(7)
    user.answer(RIGHT)
    await asyncio.gather(first, second)

    wait = recorded.one("belvo.wait.link")
    assert 7 == seconds(wait)
    assert "belvo.wait.link" == recorded.below(recorded.one("belvo.owners.retrieve"))[0].name
    assert {"belvo.operation": "owners.retrieve", "belvo.link.id": link.id} == attributes_of(wait)


async def test_a_link_that_is_busy_again(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    A challenge that was left alone is waited for all the time, also while another call has its link.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    sandbox.faults.add(Fault(kind=FaultKind.HTML_403, operation="PATCH /api/accounts/", times=1))
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation="POST /api/owners/", seconds=900))
    session = client.accounts.retrieve(link.id, prompt=careful)
    with pytest.raises(RateLimitedError):
        await session
    other = asyncio.ensure_future(client.owners.retrieve(link.id))
    await sandbox.wait_for("POST /api/owners/")
    again = asyncio.ensure_future(session)
    await asyncio.sleep(0)
    other.cancel()
    with pytest.raises(TooManySessionsError):  # Belvo is still at the other's
        await again

    flow = recorded.one("belvo.accounts.retrieve")
    assert [
        "POST /api/accounts/",
        "belvo.wait.user",
        "PATCH /api/accounts/",
        "belvo.wait.link",
        "belvo.wait.user",
        "PATCH /api/accounts/",
    ] == [span.name for span in recorded.spans if span in recorded.below(flow)]
    assert 0 == recorded.total("belvo.challenge.parked")


# --- how it ends ---


@pytest.mark.parametrize(
    ("username", "prompt", "raises", "outcome", "wait", "status"),
    [
        ("user_invalid", careful, LoginError, "failed", None, StatusCode.ERROR),
        ("mfa_default", unwilling, MfaDeclinedError, "cancelled", "cancelled", StatusCode.UNSET),
        ("mfa_default", broken, PromptFailedError, "failed", "failed", StatusCode.ERROR),
    ],
)
async def test_how_a_flow_ends(
    client: BelvoClient,
    recorded: Recorded,
    username: str,
    prompt: object,
    raises: type[BelvoError],
    outcome: str,
    wait: str | None,
    status: StatusCode,
) -> None:
    """
    The outcome is on the flow and on its wait. What somebody wanted so is no error.
    """
    with pytest.raises(raises) as raised:
        await client.links.register(BANK, username, "pass_valid", prompt=prompt)  # type: ignore[arg-type] # a prompt

    flow = recorded.one("belvo.links.register")
    told = attributes_of(flow)
    assert (outcome, status) == (told["belvo.outcome"], flow.status.status_code)
    assert (type(raised.value).__name__ if status is StatusCode.ERROR else None) == told.get("error.type")
    assert [wait] * (wait is not None) == [
        attributes_of(span)["belvo.outcome"] for span in recorded.named("belvo.wait.user")
    ]
    assert 0 == recorded.total("belvo.challenge.parked") == recorded.total("http.client.active_requests")


async def test_a_late_user(client: BelvoClient, recorded: Recorded, clock: ManualClock) -> None:
    """
    A challenge that expires ends its flow, and its wait took as long as the institution had.
    """
    user = Absent()
    task = asyncio.ensure_future(register(client, user))
    await user.asked.wait()
    await clock.advance(600)
    with pytest.raises(MfaExpiredError):
        await task

    assert 600 == seconds(recorded.one("belvo.wait.user"))
    assert "expired" == attributes_of(recorded.one("belvo.wait.user"))["belvo.outcome"]
    assert "MfaExpiredError" == attributes_of(recorded.one("belvo.links.register"))["error.type"]


async def test_a_task_that_is_cancelled_at_its_prompt(client: BelvoClient, recorded: Recorded) -> None:
    """
    Cancelling ends the flow and its wait, and is no error.
    """
    user = Absent()
    task = asyncio.ensure_future(register(client, user))
    await user.asked.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert StatusCode.UNSET == recorded.one("belvo.links.register").status.status_code
    assert {"cancelled"} == {
        attributes_of(span)["belvo.outcome"]
        for span in recorded.spans
        if span.name in {"belvo.links.register", "belvo.wait.user"}
    }
    assert 0 == recorded.total("belvo.challenge.parked")


async def test_a_task_that_is_cancelled_at_its_request(
    client: BelvoClient, recorded: Recorded, sandbox: Sandbox
) -> None:
    """
    The request that was under way is a span that says why it ended, within its flow.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation="PATCH /api/links/", seconds=900))
    task = asyncio.ensure_future(register(client))
    await sandbox.wait_for("PATCH /api/links/")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    flow, patch = recorded.one("belvo.links.register"), recorded.one("PATCH /api/links/")
    assert patch in recorded.below(flow)
    assert "CancelledError" == attributes_of(patch)["error.type"]
    assert "cancelled" == attributes_of(flow)["belvo.outcome"]
    assert 0 == recorded.total("http.client.active_requests")


async def test_what_never_left(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    A flow that could not be begun ends as unsent; driven again it is another one.
    """
    await sandbox.aclose()
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    for _ in range(2):
        with pytest.raises(ConnectError):
            await session
    session.cancel()

    assert ["unsent", "unsent"] == [
        attributes_of(flow)["belvo.outcome"] for flow in recorded.named("belvo.links.register")
    ]
    assert 2 == len(
        {flow.context.trace_id for flow in recorded.named("belvo.links.register") if flow.context}
    )
    assert [("ConnectError", False)] * 2 == [
        (attributes_of(post)["error.type"], attributes_of(post)["belvo.request.sent"])
        for post in recorded.named("POST /api/links/")
    ]


async def test_an_answer_that_never_left(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    A challenge whose answer could not be sent is waited for again, in the same flow.
    """
    async with client.links.register(BANK, "mfa_default", "pass_valid") as session:
        await anext(session)
        await sandbox.aclose()
        with pytest.raises(ConnectError):
            await session.submit(RIGHT)

    assert ["answered", "cancelled"] == [
        attributes_of(wait)["belvo.outcome"] for wait in recorded.named("belvo.wait.user")
    ]
    assert "cancelled" == attributes_of(recorded.one("belvo.links.register"))["belvo.outcome"]


async def test_what_was_never_driven(client: BelvoClient, recorded: Recorded) -> None:
    """
    A session that is given up before it was driven leaves nothing.
    """
    client.links.register(BANK, "mfa_default", "pass_valid").cancel()

    assert [] == recorded.spans
    assert [] == recorded.points("belvo.flow.duration")


async def test_a_session_that_is_forgotten(
    client: BelvoClient, recorded: Recorded, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A challenge without a deadline that everybody has forgotten does not leave a span open for ever.
    """
    sandbox.shape = ChallengeShape(expiry="missing")
    session = client.links.register(BANK, "mfa_default", "pass_valid")
    await anext(session)
    await clock.advance(3_600)
    assert [] == recorded.named("belvo.links.register")

    del session
    gc.collect()

    assert "forgotten" == attributes_of(recorded.one("belvo.links.register"))["belvo.outcome"]
    assert 0 == recorded.total("belvo.challenge.parked")


async def test_an_answer_that_got_lost(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    Looking for what became of a request belongs to its flow.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_PROCESSED, operation="PATCH /api/links/"))
    await register(client)

    flow = recorded.one("belvo.links.register")
    *_, patch, look = recorded.below(flow)
    assert ["PATCH /api/links/", "GET /api/links/{id}/"] == named([patch, look])
    assert (True, "UncertainOutcomeError") == (
        attributes_of(patch)["belvo.request.sent"],
        attributes_of(patch)["error.type"],
    )
    assert "completed" == attributes_of(flow)["belvo.outcome"]


async def test_an_error_of_the_flow(client: BelvoClient, recorded: Recorded, sandbox: Sandbox) -> None:
    """
    A flow of which nobody knows what became says so.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="POST /api/links/"))
    with pytest.raises(UncertainOutcomeError):
        await register(client)

    assert "UncertainOutcomeError" == attributes_of(recorded.one("belvo.links.register"))["error.type"]


# --- what requests wait for ---


async def going_on(task: asyncio.Future[object], clock: ManualClock) -> None:
    """
    Let time go on until *task* is done.
    """
    while not task.done():
        await asyncio.sleep(0.005)
        await clock.advance(1)
    await task


async def test_a_retry(
    make_client: Callable[..., BelvoClient], recorded: Recorded, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A wait before a retry is a span with its reason, and what is sent again says for the how-manieth time.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="POST /api/links/", times=2))
    async with make_client(retry=RetryPolicy(jitter=0)) as client:
        await going_on(asyncio.ensure_future(register(client)), clock)

    flow = recorded.one("belvo.links.register")
    waits = recorded.named("belvo.wait.retry")
    posts = recorded.named("POST /api/links/")
    assert [3, 6] == [seconds(wait) for wait in waits]
    assert {"failed"} == {attributes_of(wait)["belvo.retry.reason"] for wait in waits}
    assert [None, 1, 2] == [attributes_of(post).get("http.request.resend_count") for post in posts]
    assert ["502", "502", None] == [attributes_of(post).get("error.type") for post in posts]
    assert {*waits, *posts} <= set(recorded.below(flow))
    assert 2 == recorded.total("belvo.retries")


async def test_a_retry_that_is_cancelled(
    make_client: Callable[..., BelvoClient], recorded: Recorded, sandbox: Sandbox, clock: ManualClock
) -> None:
    """
    A wait that is cut short took as long as it took.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="GET /api/"))
    async with make_client(retry=RetryPolicy(jitter=0)) as client:
        task = asyncio.ensure_future(client.check())
        while not recorded.total("belvo.retries"):
            await asyncio.sleep(0.005)
        await clock.advance(2)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    assert 2 == seconds(recorded.one("belvo.wait.retry"))


async def test_the_rate_limit(
    make_client: Callable[..., BelvoClient], recorded: Recorded, clock: ManualClock
) -> None:
    """
    Whoever waits for the rate limit has a span for all the time in the queue, not only the first one there.
    """
    async with make_client(rate_limit=RateLimit(requests=1, seconds=10)) as client:
        await going_on(asyncio.gather(*(client.check() for _ in range(4))), clock)

    waits = recorded.named("belvo.wait.rate_limit")
    assert 3 == len(waits)
    took = sorted(seconds(wait) for wait in waits)
    assert all(10 * number <= taken <= 12 * number for number, taken in enumerate(took, start=1)), took
    assert sum(took) == pytest.approx(
        sum(point.value for point in recorded.points("belvo.wait.duration")), abs=0.01
    )


# --- all of it ---


def test_names_are_of_two_kinds() -> None:
    """
    What is no name of OpenTelemetry's own is below `belvo.`.
    """
    attributes = {name for kind in (*names.SPANS, *names.METRICS) for name in kind.attributes}
    standard = {"http", "url", "server", "error"}

    assert {"belvo", *standard} == {name.partition(".")[0] for name in attributes}
    assert {"belvo", "http"} == {metric.name.partition(".")[0] for metric in names.METRICS}
