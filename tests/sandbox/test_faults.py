"""
Faults on the wire: what a client gets, and whether Belvo acted.
"""

from __future__ import annotations

import asyncio
import json

from typing import Any

import pytest

from sandbox.api import Api, HeldClock, JumpingClock, Wire, exchange, octets

from belvo_async.sandbox import ChallengeShape, Fault, FaultKind, Sandbox
from belvo_async.sandbox.wire import BROKEN


pytestmark = pytest.mark.anyio

BODY = {"institution": "erebor_mx_retail", "username": "bnk100", "password": "full"}


async def register(sandbox: Sandbox, **fault: Any) -> Any:
    """
    Register a link over a bare socket while a fault is on; return what came.
    """
    sandbox.faults.add(Fault(**fault))
    octets_ = await exchange(sandbox, "POST", "/api/links/", BODY)
    [seen] = sandbox.requests
    assert seen.fault is not None
    assert seen.fault.processed == seen.processed == bool(sandbox.links)
    return octets_


@pytest.mark.parametrize(
    ("kind", "end", "acted"),
    [
        ("close_unread", "FIN", False),
        ("close_read", "FIN", False),
        ("close_processed", "FIN", True),
        ("reset_unprocessed", "RST", False),
        ("reset_processed", "RST", True),
    ],
)
async def test_no_answer(sandbox: Sandbox, kind: str, end: str, acted: bool) -> None:
    """
    The connection ends without a byte, with FIN or RST, before or after Belvo acted.
    """
    got = await register(sandbox, kind=kind)

    assert (got.head, got.body, got.end) == (b"", b"", end)
    assert len(sandbox.links) == acted
    assert sandbox.requests[0].status == (201 if acted else None)
    assert sandbox.requests[0].body == (None if kind == "close_unread" else BODY)


@pytest.mark.parametrize("at_byte", [None, 0, 1, 17, 60])
async def test_close_in_headers(sandbox: Sandbox, at_byte: int | None) -> None:
    """
    The answer breaks off in its head.
    """
    got = await register(sandbox, kind="close_in_headers", at_byte=at_byte)

    assert got.end == "FIN"
    assert b"\r\n\r\n" not in got.head
    assert b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n".startswith(got.head[:51])
    if at_byte is not None:
        assert len(got.head) == at_byte


@pytest.mark.parametrize("kind", ["close_in_body", "reset_in_body"])
@pytest.mark.parametrize("at_byte", [None, 0, 10])
async def test_cut_in_body(sandbox: Sandbox, kind: str, at_byte: int | None) -> None:
    """
    The answer breaks off in its body, which is shorter than the head says.
    """
    got = await register(sandbox, kind=kind, at_byte=at_byte)
    [length] = [int(line[16:]) for line in got.head.split(b"\r\n") if line.startswith(b"Content-Length: ")]

    assert got.head.startswith(b"HTTP/1.1 201 Created\r\n")
    assert len(got.body) == (length // 2 if at_byte is None else at_byte)
    assert got.end == ("FIN" if kind == "close_in_body" else "RST")


async def test_cut_behind_the_end(sandbox: Sandbox) -> None:
    """
    A cut behind the end cuts nothing off.
    """
    got = await register(sandbox, kind="close_in_body", at_byte=10**6)

    assert json.loads(got.body)["status"] == "valid"


async def test_truncated_json(api: Api, sandbox: Sandbox) -> None:
    """
    The text ends too early, and the length in the head agrees with it.
    """
    sandbox.faults.add(Fault(kind="truncated_json", at_byte=20))

    reply = await api.post("/api/links/", **BODY)

    assert (reply.status, len(reply.text)) == (201, 20)
    assert reply.headers["Content-Length"] == "20"
    assert len(sandbox.links) == 1


@pytest.mark.parametrize(("body", "expected"), [(None, '"ok"'), ("[[[1]]]", "[[[1]]]"), ("", "")])
async def test_wrong_json(api: Api, sandbox: Sandbox, body: str | None, expected: str) -> None:
    """
    The answer is something else, with the status of the real one.
    """
    sandbox.faults.add(Fault(kind="wrong_json", body=body))

    reply = await api.post("/api/links/", **BODY)

    assert (reply.status, reply.text) == (201, expected)
    assert len(sandbox.links) == 1


async def test_empty_body(api: Api, sandbox: Sandbox) -> None:
    """
    The answer has a status and nothing else.
    """
    sandbox.faults.add(Fault(kind="empty_body"))

    reply = await api.post("/api/links/", **BODY)

    assert (reply.status, reply.text) == (201, "")
    assert reply.headers["Content-Length"] == "0"


@pytest.mark.parametrize(("given", "expected"), [(None, "text/plain"), ("text/csv", "text/csv")])
async def test_wrong_content_type(api: Api, sandbox: Sandbox, given: str | None, expected: str) -> None:
    """
    The answer says it is something else than it is.
    """
    sandbox.faults.add(Fault(kind="wrong_content_type", content_type=given))

    reply = await api.post("/api/links/", **BODY)

    assert reply.json["status"] == "valid"
    assert reply.headers["Content-Type"] == expected


@pytest.mark.parametrize(
    ("kind", "status", "word"), [("html_502", 502, "502 Bad Gateway"), ("html_403", 403, "openresty")]
)
async def test_pages_of_others(api: Api, sandbox: Sandbox, kind: str, status: int, word: str) -> None:
    """
    Somebody in between answers with a page.
    """
    sandbox.faults.add(Fault(kind=FaultKind(kind)))

    reply = await api.post("/api/links/", **BODY)

    assert reply.status == status
    assert word in reply.text
    assert reply.headers["Content-Type"] == "text/html"
    assert not sandbox.links


async def test_bad_gateway_after_the_fact(api: Api, sandbox: Sandbox) -> None:
    """
    A proxy may lose the answer to a request that Belvo acted on.
    """
    sandbox.faults.add(Fault(kind="html_502", process=True))

    assert (await api.post("/api/links/", **BODY)).status == 502
    assert len(sandbox.links) == 1


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({}, 500, "unexpected_error"),
        ({"code": "too_many_sessions"}, 400, "too_many_sessions"),
        ({"code": "request_timeout"}, 408, "request_timeout"),
        ({"code": "too_many_requests"}, 429, "too_many_requests"),
        ({"status": 409, "code": "link_refreshed"}, 409, "link_refreshed"),
        ({"status": 503, "code": "brand_new"}, 503, "brand_new"),
    ],
)
@pytest.mark.parametrize("process", [None, False, True])
async def test_stated_answers(
    api: Api, sandbox: Sandbox, fault: dict[str, Any], status: int, code: str, process: bool | None
) -> None:
    """
    Any error can be answered, in the place of acting or after it.
    """
    sandbox.faults.add(Fault(kind="answer", process=process, **fault))

    reply = await api.post("/api/links/", **BODY)

    assert (reply.status, reply.code) == (status, code)
    assert len(reply.json[0]["request_id"]) == 32
    assert len(sandbox.links) == bool(process)
    assert "Retry-After" not in reply.headers


async def test_stated_answer_in_detail(api: Api, sandbox: Sandbox) -> None:
    """
    Message, header, body and type of an answer can be chosen.
    """
    sandbox.faults.add(Fault(kind="answer", status=429, message="Slow down", retry_after=7, times=1))
    first = await api.get("/api/")
    sandbox.faults.add(
        Fault(
            kind="answer",
            status=428,
            body="{}",
            content_type="application/problem+json",
            retry_after="Wed, 21 Oct 2026 07:28:00 GMT",
        )
    )
    second = await api.get("/api/")

    assert (first.status, first.json[0]["message"], first.headers["Retry-After"]) == (429, "Slow down", "7")
    assert (second.status, second.json) == (428, {})
    assert second.headers["Content-Type"] == "application/problem+json"
    assert second.headers["Retry-After"].startswith("Wed, 21 Oct")


async def test_challenge_in_a_shape(api: Api, sandbox: Sandbox) -> None:
    """
    A single challenge can be written in another shape.
    """
    shape = ChallengeShape("object", "str", "dashed")
    sandbox.faults.add(Fault(kind="challenge", shape=shape, times=1))

    odd = (await api.register("mfa_default")).json
    [normal] = (await api.register("mfa_default")).json

    assert (odd["expiry"], normal["expiry"]) == ("600", 600)


async def test_challenges_without_end(api: Api, sandbox: Sandbox) -> None:
    """
    A fault on the `PATCH` has the institution ask on, in a round of its own each time.
    """
    sandbox.faults.add(Fault(kind="challenge", ask="inputless", operation="PATCH *", times=3))
    reply = await api.register("mfa_default")

    for token in ("111111", None, None, None):
        assert reply.status == 428
        reply = await api.answer(reply.json[0], token)

    assert reply.status == 200
    assert [record.round for record in sandbox.challenges.values()] == [1, 2, 3, 4]


async def test_delivered_twice(api: Api, sandbox: Sandbox) -> None:
    """
    Belvo acts twice on one request; the client sees the second answer.
    """
    sandbox.faults.add(Fault(kind="deliver_twice"))

    assert (await api.post("/api/links/", **BODY)).status == 201
    assert len(sandbox.links) == 2
    challenge = await api.challenge()
    assert (await api.answer(challenge)).code == "session_expired"
    assert sandbox.links[challenge["link"]]["status"] == "valid"
    assert sandbox.duplicates == 1


async def test_huge_body(api: Api, sandbox: Sandbox) -> None:
    """
    An answer may be of any size, and is JSON all the same.
    """
    sandbox.faults.add(Fault(kind="huge_body", size=200_001))

    reply = await api.post("/api/links/", **BODY)

    assert reply.headers["Content-Length"] == "200001"
    assert len(reply.json) == 199_999
    assert len(sandbox.links) == 1


async def test_huge_body_that_nobody_wants(sandbox: Sandbox) -> None:
    """
    A client may leave in the middle of it: 50 MB unless told otherwise.
    """
    sandbox.faults.add(Fault(kind="huge_body"))
    wire = await Wire.to(sandbox)
    wire.send(octets(sandbox, "GET", "/api/links/"))
    head = await wire.reader.readuntil(b"\r\n\r\n")
    await wire.abort()
    await sandbox.wait_until_idle()

    assert b"Content-Length: 50000000\r\n" in head


async def test_stale_keep_alive(sandbox: Sandbox) -> None:
    """
    The connection is announced as kept, and closed after the answer.
    """
    sandbox.faults.add(Fault(kind="stale_keep_alive"))

    got = await exchange(sandbox, "POST", "/api/links/", BODY)

    assert b"Connection: keep-alive" in got.head
    assert json.loads(got.body)["status"] == "valid"
    assert got.end == "FIN"


async def test_closed_under_the_next_request(held: HeldClock) -> None:
    """
    With a pause, the next request goes out on a connection that nobody reads anymore.
    """
    async with Sandbox(clock=held) as sandbox:
        sandbox.faults.add(Fault(kind="stale_keep_alive", seconds=5, times=1))
        wire = await Wire.to(sandbox)
        wire.send(octets(sandbox, "GET", "/api/"))
        head, _ = await wire.answer()
        await held.sleeping.wait()
        wire.send(octets(sandbox, "POST", "/api/links/", BODY))
        await asyncio.sleep(0)
        held.release.set()
        got = await wire.rest()
        await wire.aclose()

        assert head.startswith(b"HTTP/1.1 200 OK")
        assert (got.head, got.body) == (b"", b"")
        assert sandbox.counts == {"GET /api/": 1}
        assert not sandbox.links


async def test_delay(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    Belvo takes its time, at most five minutes for work at an institution.
    """
    sandbox.faults.add(Fault(kind="delay", seconds=299, times=2))
    assert (await api.post("/api/links/", **BODY)).status == 201
    assert (await api.get("/api/")).status == 200

    sandbox.faults.add(Fault(kind="delay", seconds=301))
    assert (await api.post("/api/links/", **BODY)).code == "request_timeout"
    assert (await api.get("/api/")).status == 200
    assert clock.slept == [299, 299, 300, 300]


async def test_delay_of_nothing(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    Without seconds there is nothing to wait for.
    """
    sandbox.faults.add(Fault(kind="delay"))

    assert (await api.get("/api/")).status == 200
    assert clock.slept == []


async def test_late_answer(held: HeldClock) -> None:
    """
    Belvo acts at once and answers later, with what it knew when it acted.
    """
    async with Sandbox(clock=held) as sandbox:
        api = Api(sandbox)
        sandbox.faults.add(Fault(kind="late_answer", seconds=20))
        async with api.session, asyncio.TaskGroup() as group:
            task = group.create_task(api.post("/api/links/", **BODY))
            await held.sleeping.wait()
            [link] = sandbox.links.values()
            link["status"] = "invalid"
            assert sandbox.requests[0].status == 201
            held.release.set()

            assert (await task).json["status"] == "valid"


async def test_stall_in_body(held: HeldClock) -> None:
    """
    The answer pauses in its body, and is whole in the end; the connection lives on.
    """
    async with Sandbox(clock=held) as sandbox:
        sandbox.faults.add(Fault(kind="stall_in_body", at_byte=3, seconds=20))
        wire = await Wire.to(sandbox)
        wire.send(octets(sandbox, "POST", "/api/links/", BODY))
        await held.sleeping.wait()
        await wire.reader.readuntil(b"\r\n\r\n")
        assert await wire.reader.readexactly(3) == b'{"i'
        held.release.set()
        rest = await wire.reader.readuntil(b"}")
        sandbox.faults.clear()
        wire.send(octets(sandbox, "GET", "/api/links/"))
        assert b" 200 " in await wire.reader.readline()
        await wire.aclose()

        assert json.loads(b'{"i' + rest)["status"] == "valid"


@pytest.mark.parametrize("kind", ["delay", "stall_in_body", "late_answer", "stale_keep_alive"])
async def test_client_that_left(held: HeldClock, kind: str) -> None:
    """
    Belvo acts, whether or not the client waits for the answer.
    """
    async with Sandbox(clock=held) as sandbox:
        sandbox.faults.add(Fault(kind=FaultKind(kind), seconds=20))
        wire = await Wire.to(sandbox)
        wire.send(octets(sandbox, "POST", "/api/links/", BODY))
        await held.sleeping.wait()
        await wire.abort()
        held.release.set()
        await sandbox.wait_until_idle()

        assert len(sandbox.links) == 1


@pytest.mark.parametrize("kind", list(BROKEN), ids=[kind.value for kind in BROKEN])
async def test_breaking_what_is_gone(held: HeldClock, kind: FaultKind) -> None:
    """
    Every way to break a connection gets along with one that is broken already.
    """
    async with Sandbox(clock=held, latency=20) as sandbox:
        sandbox.faults.add(Fault(kind=kind))
        wire = await Wire.to(sandbox)
        wire.send(octets(sandbox, "POST", "/api/links/", BODY))
        await sandbox.wait_for("POST /api/links/")
        await wire.abort()
        held.release.set()
        await sandbox.wait_until_idle()

        assert len(sandbox.requests) == 1


async def test_patches_count_when_read(api: Api, sandbox: Sandbox) -> None:
    """
    A `PATCH` that got lost on its way to Belvo was sent nevertheless: sending it again makes a duplicate.
    """
    challenge = await api.challenge()
    sandbox.faults.add(Fault(kind="answer", code="unexpected_error", times=1))

    assert (await api.answer(challenge)).status == 500
    assert sandbox.challenges[1].patches == 1
    assert (await api.answer(challenge)).status == 200
    assert sandbox.duplicates == 1
