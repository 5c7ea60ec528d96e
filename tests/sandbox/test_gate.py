"""
Keys, paths, methods, bodies, the firewall, and time that work takes.
"""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from sandbox.api import Api, HeldClock, JumpingClock, Wire, octets

from belvo_async.sandbox import Fault, Firewall, Sandbox


pytestmark = pytest.mark.anyio


async def test_credential_check(api: Api, sandbox: Sandbox) -> None:
    """
    The root answers whoever has the keys.
    """
    reply = await api.get("/api/")

    assert reply.status == 200
    assert reply.json["links"] == f"{sandbox.url}/api/links/"


@pytest.mark.parametrize("keys", [None, "Basic bm86bm8=", "Bearer x"])
@pytest.mark.parametrize("path", ["/api/", "/api/links/", "/api/links/5/"])
async def test_wrong_keys(sandbox: Sandbox, keys: str | None, path: str) -> None:
    """
    Without the right keys there is nothing, and nothing happens.
    """
    headers = {} if keys is None else {"Authorization": keys}
    async with aiohttp.ClientSession(sandbox.url, headers=headers) as session, session.post(path) as response:
        [entry] = await response.json()

    assert (response.status, entry["code"]) == (401, "authentication_failed")


async def test_own_keys() -> None:
    """
    The keys are a setting.
    """
    async with Sandbox(secret_id="ï", secret_password="ü:ö") as sandbox, Api(sandbox).session as session:
        headers = {"Authorization": aiohttp.encode_basic_auth("ï", "ü:ö")}
        async with session.get("/api/", headers=headers) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/links",
        "/api/links/5",
        "/api/links/5/refresh",
        "/api/links/5/6/",
        "/api/nothing/",
        "/api/nothing/5/",
        "//",
    ],
)
async def test_unknown_paths(sandbox: Sandbox, path: str) -> None:
    """
    Every path that is none, also one without its last slash, answers 404.
    """
    wire = await Wire.to(sandbox)
    wire.send(octets(sandbox, "GET", path))
    head, body = await wire.answer()
    await wire.aclose()

    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"not_found" in body
    assert sandbox.counts == {"GET (unknown path)": 1}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/links/"),
        ("PUT", "/api/links/"),
        ("POST", "/api/links/5/"),
        ("GET", "/api/links/5/refresh/"),
        ("PATCH", "/api/balances/5/"),
        ("PATCH", "/api/tax-status/"),
        ("POST", "/api/institutions/"),
        ("OPTIONS", "/api/links/"),
    ],
)
async def test_wrong_methods(api: Api, method: str, path: str) -> None:
    """
    What cannot be done with a method answers 405.
    """
    reply = await api.call(method, path)

    assert (reply.status, reply.code) == (405, "method_not_allowed")


@pytest.mark.parametrize("body", [b"{", b'{"a": NaN}', b"\xff", b"null,", b"[" * 100_000])
async def test_broken_bodies(api: Api, sandbox: Sandbox, body: bytes) -> None:
    """
    What is no JSON is a parse error.
    """
    reply = await api.call("POST", "/api/links/", data=body)

    assert (reply.status, reply.code) == (400, "parse_error")
    assert sandbox.requests[-1].body is None


@pytest.mark.parametrize("body", [b"[]", b"5", b"null"])
async def test_bodies_that_are_no_objects(api: Api, body: bytes) -> None:
    """
    A body has to be an object.
    """
    assert (await api.call("PATCH", "/api/links/", data=body)).codes == [("invalid", "non_field_errors")]


async def test_no_body(api: Api) -> None:
    """
    No body is an empty one.
    """
    assert (await api.call("PATCH", "/api/links/")).codes == [("required", "session"), ("required", "link")]


async def test_client_leaves_in_the_middle(sandbox: Sandbox) -> None:
    """
    A request that never arrives whole is not acted on.
    """
    wire = await Wire.to(sandbox)
    wire.send(octets(sandbox, "POST", "/api/links/", {"institution": "erebor_mx_retail"})[:-5])
    await sandbox.wait_for("POST /api/links/")
    await wire.aclose()
    await sandbox.wait_until_idle()

    assert (sandbox.requests[0].status, sandbox.requests[0].processed) == (None, False)


async def test_firewall(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    Above the limit of a window the firewall answers its page, and whoever goes on asking stays out.
    """
    sandbox.firewall = Firewall(limit=3, window=30)

    async def statuses(count: int) -> list[int]:
        return [(await api.get("/api/")).status for _ in range(count)]

    assert await statuses(5) == [200, 200, 200, 403, 403]
    blocked = await api.get("/api/")
    clock.advance(29)
    assert await statuses(1) == [403]
    clock.advance(30)
    assert await statuses(1) == [200]

    assert blocked.headers["Content-Type"] == "text/html"
    assert "openresty" in blocked.text
    assert sandbox.blocked == sandbox.summary()["blocked"] == 4
    assert [seen.processed for seen in sandbox.requests] == [True] * 3 + [False] * 4 + [True]


async def test_default_firewall() -> None:
    """
    Belvo blocks the 81st request in 30 seconds.
    """
    async with Sandbox(firewall=Firewall(), clock=JumpingClock()) as sandbox:
        api = Api(sandbox)
        async with api.session:
            statuses = [(await api.get("/api/")).status for _ in range(82)]

    assert statuses == [200] * 80 + [403] * 2


async def test_no_firewall(sandbox: Sandbox) -> None:
    """
    Without a firewall nothing is blocked.
    """
    assert sandbox.firewall is None
    assert sandbox.blocked == 0


async def test_latency(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    Work at an institution takes time; reading does not.
    """
    sandbox.settings.latency = 2.5
    link = await api.link()
    await api.get(f"/api/links/{link}/")

    assert clock.slept == [2.5, 2.5]


async def test_busy_link(held: HeldClock) -> None:
    """
    While Belvo works on a link, all other work on it is refused.
    """
    async with Sandbox(clock=held) as sandbox:
        api = Api(sandbox)
        async with api.session, asyncio.TaskGroup() as group:
            link = sandbox.add_link()["id"]
            other = sandbox.add_link()["id"]
            sandbox.faults.add(Fault(kind="delay", seconds=20, times=1))
            first = group.create_task(api.post("/api/owners/", link=link))
            await held.sleeping.wait()

            assert (await api.post("/api/accounts/", link=link)).code == "too_many_sessions"
            assert (await api.put(f"/api/links/{link}/", password="new")).code == "too_many_sessions"
            assert (await api.post("/api/accounts/", link=other)).status == 201
            assert (sandbox.in_flight, sandbox.peak) == (1, 2)

            held.release.set()
            assert (await first).status == 201
            assert (await api.post("/api/accounts/", link=link)).status == 201


async def test_answer_while_busy(held: HeldClock) -> None:
    """
    A second `PATCH` while the first is being worked on is refused, and is a duplicate.
    """
    async with Sandbox(clock=held) as sandbox:
        api = Api(sandbox)
        async with api.session, asyncio.TaskGroup() as group:
            challenge = await api.challenge()
            sandbox.faults.add(Fault(kind="delay", seconds=20, times=1))
            first = group.create_task(api.answer(challenge))
            await held.sleeping.wait()

            assert (await api.answer(challenge)).code == "too_many_sessions"
            assert sandbox.duplicates == 1

            held.release.set()
            assert (await first).status == 200


async def test_in_time_is_in_time(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A token that arrives in time is good, however long the work takes that it sets off.
    """
    challenge = await api.challenge()
    clock.advance(599)
    sandbox.settings.latency = 20

    assert (await api.answer(challenge)).status == 200


async def test_clock_that_runs_on(held: HeldClock) -> None:
    """
    What counts for the cap of five minutes is the clock of the sandbox.
    """
    async with Sandbox(clock=held, latency=10) as sandbox:
        api = Api(sandbox)
        async with api.session, asyncio.TaskGroup() as group:
            task = group.create_task(api.post("/api/owners/", link=sandbox.add_link()["id"]))
            await held.sleeping.wait()
            held.advance(295)
            held.release.set()

            assert (await task).status == 408
