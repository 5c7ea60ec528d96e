"""
The services in `examples/frameworks`, each started as a program and asked over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from docs.pages import ROOT

from belvo_async.sandbox import Fault, FaultKind, Sandbox


pytestmark = [pytest.mark.anyio, pytest.mark.once]

SERVICES = sorted((ROOT / "examples" / "frameworks").glob("*_service.py"))

FORM = {"institution": "heimdall_mx_retail", "username": "mfa_default", "password": "pass_valid"}

each_service = pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)


class Service:
    """
    A service that runs.
    """

    def __init__(self, url: str, process: asyncio.subprocess.Process) -> None:
        self.url = url
        self.process = process

    async def asked(
        self, browser: aiohttp.ClientSession, path: str, form: object
    ) -> tuple[int, dict[str, Any]]:
        """
        Send *form*; return what came.
        """
        async with browser.post(f"{self.url}{path}", json=form) as response:
            return response.status, await response.json()

    async def sent(self, browser: aiohttp.ClientSession, path: str, body: bytes) -> int:
        """
        Send *body*, called JSON; return the status.
        """
        headers = {"Content-Type": "application/json"}
        async with browser.post(f"{self.url}{path}", data=body, headers=headers) as response:
            return response.status

    async def end(self) -> tuple[int | None, str, str]:
        """
        End it as Ctrl-C does; return its exit code and all that it has written.
        """
        self.process.send_signal(signal.SIGINT)
        out, err = await self.process.communicate()
        return self.process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def serving(path: Path, sandbox: Sandbox) -> AsyncIterator[Service]:
    """
    Start the program at *path*, and wait until it listens.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    keys = {"BELVO_SECRET_ID": sandbox.secret_id, "BELVO_SECRET_PASSWORD": sandbox.secret_password}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error::ResourceWarning", str(path), str(port)),
        env={**os.environ, **keys, "BELVO_API_URL": sandbox.url, "BELVO_ENV": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(90):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield Service(f"http://127.0.0.1:{port}", process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@each_service
async def test_a_flow_in_two_requests(path: Path, sandbox: Sandbox) -> None:
    """
    A service carries a flow over several requests, and ends in order: its client is closed, and nothing is left open.
    """
    async with serving(path, sandbox) as service, aiohttp.ClientSession() as browser:
        status, told = await service.asked(browser, "/links", FORM)
        page = f"/links/{told.get('flow')}/token"
        answers = [
            (await service.asked(browser, page, {"token": token}))[0]
            for token in ("", "999999", "111111", "111111")
        ]
        code, out, err = await service.end()

    assert (0, "closed\n", "") == (code, out, err)
    assert [202, 422, 202, 201, 404] == [status, *answers]
    assert 2 == sandbox.counts["PATCH /api/links/"]
    assert 0 == sandbox.duplicates


@each_service
async def test_what_is_no_form(path: Path, sandbox: Sandbox) -> None:
    """
    A body that is no form is refused by a status of the browser's, sends nothing, and leaves the challenge as it is.
    """
    bodies = (b"", b"nothing", b"[]", b"{}", b'{"institution": 5}')
    async with serving(path, sandbox) as service, aiohttp.ClientSession() as browser:
        refused = [await service.sent(browser, "/links", body) for body in bodies]
        _, told = await service.asked(browser, "/links", FORM)
        page = f"/links/{told['flow']}/token"
        asked_again = [await service.sent(browser, page, body) for body in bodies]
        status, _ = await service.asked(browser, page, {"token": "111111"})
        _, _, err = await service.end()

    assert set(refused) <= {400, 422}
    assert set(asked_again) <= {202, 400, 422}  # without a token it is asked for once more
    assert (201, "") == (status, err)
    assert 1 == sandbox.counts["PATCH /api/links/"]
    assert 1 == sandbox.counts["POST /api/links/"]


@each_service
async def test_a_browser_that_leaves(path: Path, sandbox: Sandbox) -> None:
    """
    A token whose browser has left while the bank looks at it gets its answer all the same.
    """
    async with serving(path, sandbox) as service:
        async with aiohttp.ClientSession() as browser:
            _, told = await service.asked(browser, "/links", FORM)
            sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=1, operation="PATCH *"))
            leaving = asyncio.ensure_future(
                service.asked(browser, f"/links/{told['flow']}/token", {"token": "111111"})
            )
            async with asyncio.timeout(60):
                while not sandbox.counts["PATCH /api/links/"]:
                    await asyncio.sleep(0.01)
            leaving.cancel()
            await asyncio.wait([leaving])
        async with asyncio.timeout(60):
            while sandbox.summary()["links_valid"] != 1:
                await asyncio.sleep(0.01)
        code, out, _ = await service.end()

    assert (0, "closed\n") == (code, out)
    assert 1 == sandbox.counts["PATCH /api/links/"]


def test_every_framework_is_told_of() -> None:
    """
    The page about fitting in leads to each service.
    """
    page = (ROOT / "docs" / "fitting_in.md").read_text(encoding="utf-8")

    assert 5 == len(SERVICES)
    assert [] == [path.name for path in SERVICES if f"(../examples/frameworks/{path.name})" not in page]
