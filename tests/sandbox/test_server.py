"""
Starting, stopping and looking into a sandbox.
"""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from sandbox.api import Api, JumpingClock, Wire, octets

from belvo_async.sandbox import Fault, Faults, Firewall, Sandbox, Settings, SystemClock
from belvo_async.sandbox.clock import stamp, wait


pytestmark = pytest.mark.anyio


async def test_lifecycle() -> None:
    """
    A sandbox listens from start to close, and twice is as good as once.
    """
    sandbox = Sandbox()
    assert repr(sandbox) == "<Sandbox not running>"
    await sandbox.aclose()
    await sandbox.start()
    await sandbox.start()

    assert repr(sandbox) == f"<Sandbox http://127.0.0.1:{sandbox.port}>"
    api = Api(sandbox)
    async with api.session:
        assert (await api.get("/api/")).status == 200
        await sandbox.aclose()
        await sandbox.aclose()
        with pytest.raises(aiohttp.ClientConnectorError):
            await api.get("/api/")


async def test_restart() -> None:
    """
    A sandbox that was closed comes back on its port, and forgets nothing.
    """
    sandbox = Sandbox()
    async with sandbox:
        url = sandbox.url
        api = Api(sandbox)
        async with api.session:
            challenge = await api.challenge()
    async with sandbox:
        api = Api(sandbox)
        async with api.session:
            reply = await api.answer(challenge)

    assert sandbox.url == url
    assert reply.status == 200


async def test_port_taken(sandbox: Sandbox) -> None:
    """
    A port that is taken is an error.
    """
    with pytest.raises(OSError, match=str(sandbox.port)):
        await Sandbox(sandbox.port).start()


async def test_close_with_requests_under_way() -> None:
    """
    Closing waits neither for slow requests nor for clients that do not read.
    """
    async with asyncio.timeout(5):
        async with Sandbox() as sandbox:
            sandbox.faults.add(Fault(kind="delay", seconds=3600, times=1))
            sandbox.faults.add(Fault(kind="huge_body"))
            slow, huge, idle = [await Wire.to(sandbox) for _ in range(3)]
            slow.send(octets(sandbox, "GET", "/api/"))
            await sandbox.wait_for("GET /api/")
            huge.send(octets(sandbox, "GET", "/api/links/"))
            await sandbox.wait_for("GET /api/links/")
            assert sandbox.in_flight == 2
        assert sandbox.in_flight == 0
        for wire in (slow, huge, idle):
            await wire.rest()
            await wire.aclose()


async def test_serve_forever() -> None:
    """
    It serves until it is closed or cancelled.
    """
    sandbox = Sandbox()
    await sandbox.start()
    first = asyncio.create_task(sandbox.serve_forever())
    await asyncio.sleep(0)
    await sandbox.aclose()
    await first

    await sandbox.start()
    second = asyncio.create_task(sandbox.serve_forever())
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second

    assert repr(sandbox) == "<Sandbox not running>"


async def test_requests_are_remembered(api: Api, sandbox: Sandbox) -> None:
    """
    Requests are remembered with all that a test may ask for.
    """
    link = sandbox.add_link()["id"]
    await api.call("PUT", f"/api/links/{link}/", params={"fields": "id"}, json={"password": "new"})
    await api.get("/api/links/", page="1")

    put, get = sandbox.requests
    assert (put.method, put.path, put.operation) == ("PUT", f"/api/links/{link}/", "PUT /api/links/{id}/")
    assert (put.query, put.body, put.status) == ({"fields": "id"}, {"password": "new"}, 200)
    assert put.at.isoformat() == "2026-03-15T12:00:00+00:00"
    assert (put.fault, put.processed) == (None, True)
    assert (get.query, get.body) == ({"page": "1"}, None)
    assert sandbox.counts == {"PUT /api/links/{id}/": 1, "GET /api/links/": 1}


async def test_memory_is_bounded() -> None:
    """
    Only the last requests and challenges are remembered; what is counted stays exact.
    """
    clock = JumpingClock()
    async with Sandbox(remember=3, clock=clock) as sandbox:
        api = Api(sandbox)
        async with api.session:
            waiting = await api.challenge()
            done = [await api.challenge() for _ in range(10)]
            for challenge in done:
                await api.answer(challenge)
            assert (len(sandbox.requests), len(sandbox.challenges)) == (3, 4)
            assert sandbox.challenges[1].outcome == "open"

            for challenge in (done[0], done[0], done[1], done[9]):
                assert (await api.answer(challenge)).code == "session_expired"
            assert sandbox.duplicates == 3

            clock.advance(600)
            for challenge in [await api.challenge() for _ in range(3)]:
                await api.answer(challenge)
            assert sandbox.summary()["challenges_expired"] == 1
            for challenge in [await api.challenge() for _ in range(3)]:
                await api.answer(challenge)
            await api.answer(waiting)
            assert sandbox.duplicates == 3
            await api.answer(waiting)
            assert sandbox.duplicates == 4

        summary = sandbox.summary()
        assert summary["requests"] == sum(sandbox.counts.values())
        assert summary["challenges_issued"] == 17
        assert summary["challenges_answered"] == 16


async def test_summary(api: Api, sandbox: Sandbox) -> None:
    """
    The summary counts what came and what became of it.
    """
    await api.link()
    await api.challenge()
    await api.answer(await api.challenge(), "0")
    await api.answer(await api.challenge(), "999999")
    sandbox.add_link()["status"] = "token_required"
    sandbox.add_link()["status"] = "invalid"

    assert sandbox.summary() == {
        "requests": 7,
        "peak": 1,
        "blocked": 0,
        "challenges_issued": 5,
        "challenges_answered": 1,
        "challenges_rejected": 1,
        "challenges_refused": 1,
        "challenges_expired": 0,
        "challenges_dropped": 0,
        "challenges_open": 2,
        "duplicates": 0,
        "webhooks": 0,
        "links": 6,
        "links_valid": 1,
        "links_invalid": 1,
        "links_unconfirmed": 3,
        "links_token_required": 1,
    }


async def test_wait_for(api: Api, sandbox: Sandbox) -> None:
    """
    A test can wait until a request has arrived.
    """
    async with asyncio.TaskGroup() as group, asyncio.timeout(5):
        waiting = group.create_task(sandbox.wait_for("GET /api/", 2))
        await api.get("/api/")
        await api.get("/api/links/")
        assert not waiting.done()
        await api.get("/api/")
        await waiting


async def test_settings_while_it_runs(api: Api, sandbox: Sandbox) -> None:
    """
    Settings, faults and firewall can be changed at any time.
    """
    assert sandbox.settings == Settings()
    sandbox.settings.page_size = 1
    sandbox.add_link()
    sandbox.add_link()
    assert len((await api.get("/api/links/")).json["results"]) == 1

    sandbox.faults = Faults([Fault(kind="html_502")])
    assert (await api.get("/api/links/")).status == 502
    sandbox.firewall = Firewall(limit=1)
    assert [(await api.get("/api/links/")).status for _ in range(2)] == [502, 403]


async def test_unknown_names(sandbox: Sandbox) -> None:
    """
    Whoever names what does not exist is told so.
    """
    with pytest.raises(KeyError, match="mordor"):
        sandbox.add_link("mordor_mx_retail")
    with pytest.raises(KeyError, match="mordor"):
        sandbox.institution("mordor_mx_retail")
    with pytest.raises(KeyError, match="link"):
        sandbox.change_password("no link")


async def test_system_clock() -> None:
    """
    Without a clock of its own a sandbox reads that of the machine, and waits real time.
    """
    clock = SystemClock()
    before = clock.monotonic()
    await wait(clock, 0.001)

    assert clock.monotonic() > before
    assert stamp(clock).endswith("Z")
    assert clock.now().utcoffset() is not None
