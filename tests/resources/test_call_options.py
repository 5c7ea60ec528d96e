"""
What a call can be told: a timeout and headers of its own, on every verb.
"""

from __future__ import annotations

import inspect

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from people import BANK, careful
from resources.recorder import ID, call_with_everything, recording
from resources.test_mistakes import frames

from belvo_async import BelvoClient, MfaTicket, Observer, Timeouts
from belvo_async.errors import (
    BelvoError,
    DecodeError,
    InvalidArgumentError,
    MfaRequiredError,
    NotFoundError,
    ReadTimeoutError,
    UncertainOutcomeError,
)
from belvo_async.messages import Answer, Headers, Request
from belvo_async.resources.flows import RetrieveOptions
from belvo_async.resources.pages import Pages
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.transport.headers import RESERVED, headers_of


pytestmark = pytest.mark.anyio

KEY = "canary-gateway-5c1a"

TRACE = {"X-Trace-Id": "7f3c"}


def every_verb() -> Iterator[tuple[str, str]]:
    """
    Yield each verb of each resource.
    """
    for name, resource in BelvoClient("a", "b", environment="sandbox").resources.items():
        yield from ((name, verb) for verb in resource.verbs())


class Heard(Observer):
    """
    Remembers requests and answers.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Answer] = []

    def request_answered(self, request: Request, answer: Answer, seconds: float) -> None:
        """
        Remember both.
        """
        self.requests.append(request)
        self.answers.append(answer)


@pytest.fixture(name="heard")
def _heard() -> Heard:
    return Heard()


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, heard: Heard) -> AsyncIterator[BelvoClient]:
    client = BelvoClient(
        "sandbox-id", "sandbox-password", base_url=sandbox.url, retry=None, observers=[heard]
    )
    async with client:
        yield client


# --- on every verb ---


@pytest.mark.parametrize(("name", "verb"), list(every_verb()))
async def test_every_verb_takes_them(name: str, verb: str) -> None:
    """
    Each verb of each resource takes both options, and every request that it sends has the headers.
    """
    async with recording() as (client, recorded):
        await call_with_everything(client.resources[name], verb, {})

    assert recorded
    assert ["7f3c"] * len(recorded) == [one.headers.get("X-Trace-Id") for one in recorded]
    assert not any({"timeout", "headers"} & (one.query.keys() | one.body.keys()) for one in recorded)


@pytest.mark.parametrize(("name", "verb"), list(every_verb()))
def test_every_verb_shows_them(name: str, verb: str) -> None:
    """
    They stand in the signature of each verb: by name, or in the options that it unpacks.
    """
    verb_ = getattr(BelvoClient("a", "b", environment="sandbox").resources[name], verb)
    parameters = inspect.signature(verb_).parameters

    assert {"timeout", "headers"} <= parameters.keys() or "Options]" in str(parameters["options"].annotation)
    assert {"timeout", "headers"} <= RetrieveOptions.__optional_keys__


# --- headers ---


async def test_headers_go_with_every_request_of_a_flow(client: BelvoClient, heard: Heard) -> None:
    """
    The first request, the answer to the challenge and a look have the headers; the next call has none.
    """
    link = await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful, headers=TRACE)
    told = [request.headers for request in heard.requests]
    heard.requests.clear()
    await client.links.get(link.id)

    assert [Headers(TRACE)] * 2 == told
    assert [None] == [request.headers for request in heard.requests]


async def test_a_look_has_the_headers_too(client: BelvoClient, heard: Heard, sandbox: Sandbox) -> None:
    """
    What is looked up for a call without answer is asked for as the call was.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_PROCESSED, operation="PATCH *"))
    await client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful, headers=TRACE, timeout=7)

    assert ["POST", "GET"] == [request.method for request in heard.requests]
    assert [(7, Headers(TRACE))] * 2 == [(request.timeout, request.headers) for request in heard.requests]


async def test_the_look_before_a_repetition(sandbox: Sandbox) -> None:
    """
    A registration that is looked up before it is repeated has its headers in the look and in the repetition.
    """
    heard = Heard()
    sandbox.faults.add(Fault(kind=FaultKind.ANSWER, status=503, operation="POST *", times=1))
    async with BelvoClient(
        "sandbox-id", "sandbox-password", base_url=sandbox.url, observers=[heard]
    ) as client:
        quick = client.with_options(retry=attrs.evolve(client._options.retry, waits=(0.001, 0.001)))
        await quick.links.register("erebor_mx_retail", "bnk100", "full", headers=TRACE)

    assert ["POST", "GET", "POST"] == [request.method for request in heard.requests]
    assert [Headers(TRACE)] * 3 == [request.headers for request in heard.requests]


async def test_a_ticket_is_resumed_with_headers_of_its_own(client: BelvoClient, heard: Heard) -> None:
    """
    A ticket knows no headers; who resumes it gives them.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, "mfa_default", "pass_valid", headers={"X-Gateway": KEY})
    ticket = raised.value.ticket
    assert KEY not in ticket.to_json()
    await client.resume(ticket, "111111", headers=TRACE, timeout=9)
    await client.reconcile(ticket, headers=TRACE)
    await client.check(headers=TRACE)

    assert [Headers(TRACE)] * 3 == [request.headers for request in heard.requests[1:]]
    assert 9 == heard.requests[1].timeout


async def test_the_client_has_headers_for_all_calls() -> None:
    """
    Headers of the client go with every request; a call replaces one by its name, whatever its case.
    """
    async with recording() as (client, recorded):
        told = client.with_options(headers={"X-Gateway": "ours", "X-App": "1"})
        for one in (told, told.with_options(timeouts=Timeouts(read=5)), told.with_options(headers=None)):
            with pytest.raises(BelvoError):
                await one.links.get(ID, headers={"x-gateway": "mine"})
            with pytest.raises(BelvoError):
                await one.links.get(ID)
    lowered = [{name.lower(): value for name, value in one.headers.items()} for one in recorded]
    seen = [(headers.get("x-gateway"), headers.get("x-app")) for headers in lowered]

    assert [("mine", "1"), ("ours", "1")] * 2 + [("mine", None), (None, None)] == seen


async def test_a_header_comes_once() -> None:
    """
    A header that a call replaces is sent once.
    """
    async with recording() as (client, recorded):
        told = client.with_options(headers={"X-Gateway": "ours"})
        with pytest.raises(BelvoError):
            await told.links.get(ID, headers={"X-GATEWAY": "mine"})

    assert ["X-GATEWAY"] == [name for name in recorded[0].headers if name.lower() == "x-gateway"]


WRONG_HEADERS: dict[str, Any] = {
    "no mapping": [("X-A", KEY)],
    "text": f"X-A: {KEY}",
    "a number": {"X-A": 5},
    "another line": {"X-A": f"{KEY}\r\nAuthorization: x"},
    "half a line": {"X-A": f"{KEY}\n"},
    "a zero": {"X-A": f"{KEY}\0"},
    "a tab": {"X-A": f"{KEY}\tx"},
    "spaces around": {"X-A": f" {KEY}"},
    "an accent": {"X-A": f"{KEY}é"},
    "a name of two lines": {f"X-A\r\nHost: {KEY}": "x"},
    "a name with a colon": {f"X-A:{KEY}": "x"},
    "no name": {"": KEY},
    "a name that is none": {5: KEY},
    "one name twice": {"X-A": KEY, "x-a": "b"},
    **{name: {name.title(): KEY} for name in sorted(RESERVED)},
}


@pytest.mark.parametrize("headers", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
async def test_headers_that_cannot_be_sent(client: BelvoClient, heard: Heard, headers: Any) -> None:
    """
    What is no header, would begin another one or is the library's own is refused by every kind of call, before
    anything is sent; neither the error nor the variables of our frames show a value.
    """
    ticket = MfaTicket(
        operation="links.resume", path="/api/links/", session="a" * 32, link=ID, issued_at=datetime.now(UTC)
    )
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: client.links.get(ID, headers=headers),
        lambda: client.links.list(headers=headers).to_list(),
        lambda: _awaited(client.links.register(BANK, "mfa_default", "pass_valid", headers=headers)),
        lambda: _awaited(client.links.resume("a" * 32, ID, "111111", headers=headers)),
        lambda: _resumed(client, ticket, headers),
        lambda: client.check(headers=headers),
        lambda: _made(headers),
        lambda: _told(client, headers),
    ]
    for call in calls:
        with pytest.raises(InvalidArgumentError) as raised:
            await call()
        assert "headers" in str(raised.value)
        assert KEY not in f"{raised.value}{raised.value!r}{list(frames(raised.value))}"
    assert [] == heard.requests


async def _awaited(session: Any) -> Any:
    return await session


async def _resumed(client: BelvoClient, ticket: MfaTicket, headers: Any) -> Any:
    return await client.resume(ticket, "111111", headers=headers)


async def _made(headers: Any) -> BelvoClient:
    return BelvoClient("a", "b", environment="sandbox", headers=headers)


async def _told(client: BelvoClient, headers: Any) -> BelvoClient:
    return client.with_options(headers=headers)


@pytest.mark.parametrize("value", ["a", "a b", 'a, b;c="d"', "00-4bf92f-01", ""])
def test_headers_that_can_be_sent(value: str) -> None:
    """
    Text that can be seen goes over the wire as it is.
    """
    headers = headers_of({"X-Some.Thing_1": value})

    assert isinstance(headers, Headers)
    assert f"X-Some.Thing_1: {value}\r\n" == headers.reveal()
    assert "Headers(x-some.thing_1)" == repr(headers)


async def test_values_of_headers_show_nowhere(client: BelvoClient, heard: Heard) -> None:
    """
    An error on the way, its frames, requests as observers see them and the client itself show no value of a header.
    """
    told = client.with_options(headers={"X-Gateway": KEY})
    with pytest.raises(NotFoundError) as raised:
        await told.links.get(ID, headers={"X-Other": KEY})
    with pytest.raises(InvalidArgumentError) as wrong:
        await told.links.get("../x", headers={"X-Other": KEY})

    shown = [raised.value, wrong.value, *heard.requests, told, vars(told), told.links]
    assert KEY not in f"{shown}{list(frames(raised.value))}"
    assert "Headers(x-other)" in repr(heard.requests[0])


async def test_a_body_that_cannot_be_written_shows_no_header(client: BelvoClient) -> None:
    """
    What is found out only when the request is written shows no header in its frames, the keys included.
    """
    told = client.with_options(headers={"X-Gateway": KEY})
    with pytest.raises(InvalidArgumentError) as raised:
        await told.links.register(BANK, "\ud800", "pass_valid", headers={"X-Other": KEY})

    shown = "".join(frames(raised.value))
    assert KEY not in shown
    assert "Basic " not in shown


async def test_frames_of_a_wrong_id_show_no_header(client: BelvoClient) -> None:
    """
    A call that is refused for another argument does not show the headers in its frames either.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        await client.links.get("../x", headers={"X-Gateway": KEY})

    assert KEY not in "".join(frames(raised.value))


# --- timeouts ---


WRONG_TIMEOUTS = [0, -1, float("inf"), float("nan"), 10**400, True, "5", [5]]


@pytest.mark.parametrize("seconds", WRONG_TIMEOUTS, ids=str)
async def test_a_timeout_that_is_none(client: BelvoClient, heard: Heard, seconds: Any) -> None:
    """
    A timeout has to be seconds above 0; else nothing is sent.
    """
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: client.links.get(ID, timeout=seconds),
        lambda: client.links.list(timeout=seconds).to_list(),
        lambda: _awaited(client.links.register(BANK, "mfa_default", "pass_valid", timeout=seconds)),
    ]
    for call in calls:
        with pytest.raises(InvalidArgumentError, match="timeout"):
            await call()
    assert [] == heard.requests


async def test_a_timeout_ends_a_silent_read(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A read that is silent longer than its timeout is a read timeout, whatever the client's timeouts are.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=30, operation="GET *"))

    with pytest.raises(ReadTimeoutError):
        await client.links.list(timeout=0.05).to_list()


async def test_a_timeout_ends_a_silent_write(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    So is a call at an institution, though the client would wait for minutes; it has been sent, and is uncertain.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=30, operation="POST *"))

    with pytest.raises(UncertainOutcomeError):
        await client.accounts.retrieve(ID, timeout=0.05, save_data=False)


async def test_no_timeout_means_the_client_s(client: BelvoClient, heard: Heard) -> None:
    """
    `None` is as good as nothing, so that it can be passed on.
    """
    await client.links.list(timeout=None, headers=None).to_list()
    with pytest.raises(NotFoundError):
        await client.links.get(ID, timeout=None, headers=None)

    assert [None, None] == [request.timeout for request in heard.requests]


async def test_an_option_that_is_none(client: BelvoClient) -> None:
    """
    What no call takes is refused by its name.
    """
    with pytest.raises(InvalidArgumentError, match="timeuot"):
        await client.links.get(ID, timeuot=5)  # type: ignore[call-arg]


# --- observers of one client among several ---


async def test_who_listens_to_one_call(client: BelvoClient, heard: Heard) -> None:
    """
    Observers given to `with_options()` hear of what that client does, besides those that listened before.
    """
    own = Heard()
    await client.with_options(observers=[own]).links.list().to_list()
    await client.links.list().to_list()

    assert 1 == len(own.answers)
    assert 2 == len(heard.answers)
    assert own.answers[0] is heard.answers[0]


# --- answers as they came ---


async def test_pages_show_their_answers(client: BelvoClient) -> None:
    """
    A list has the answer that its newest page was read from, and none before the first.
    """
    for number in range(3):
        await client.links.register("erebor_mx_retail", "bnk100", "full", external_id=f"user-{number}")
    links = client.links.list(page_size=2)
    assert isinstance(links, Pages)
    seen = [links.response]
    async for page in links.pages():
        assert links.response is not None
        seen.append(links.response)
        assert len(page.results) == links.response.body.count(b'"external_id"')

    assert None is seen[0]
    assert [200, 200] == [answer.status for answer in seen[1:] if answer is not None]
    assert links.response is seen[-1] is not None
    assert "application/json" in links.response.headers["content-type"]


async def test_a_page_that_cannot_be_read_shows_its_answer(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    What could not be read is there as it came, for whoever has to find out why.
    """
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, status=200, body='[{"nothing": "known"}]', operation="GET *")
    )
    links = client.links.list()
    with pytest.raises(DecodeError):
        await links.to_list()

    assert links.response is not None
    assert b'[{"nothing": "known"}]' == links.response.body
