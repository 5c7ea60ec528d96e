"""
What the tests talk to the sandbox with: a caller of the API, a caller over a bare socket, and clocks.
"""

from __future__ import annotations

import asyncio
import json

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import attrs

from belvo_async.sandbox import Sandbox


RIGHT = "111111"
PASSWORD = "pass_valid"
FULL = "full"


@attrs.frozen
class Reply:
    """
    What came back.
    """

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """
        The code of the only error.
        """
        [entry] = self.json
        code: str = entry["code"]
        return code

    @property
    def codes(self) -> list[tuple[str, str | None]]:
        """
        Code and field of every error.
        """
        return [(entry["code"], entry.get("field")) for entry in self.json]


class Api:
    """
    Calls the sandbox over HTTP, with its keys.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        keys = aiohttp.encode_basic_auth(sandbox.secret_id, sandbox.secret_password)
        self.session = aiohttp.ClientSession(sandbox.url, headers={"Authorization": keys})

    async def call(self, method: str, path: str, **options: Any) -> Reply:
        async with self.session.request(method, path, **options) as response:
            return Reply(response.status, await response.text(), response.headers)

    async def get(self, path: str, **query: object) -> Reply:
        return await self.call("GET", path, params={name: str(value) for name, value in query.items()})

    async def post(self, path: str, **body: object) -> Reply:
        return await self.call("POST", path, json=body)

    async def put(self, path: str, **body: object) -> Reply:
        return await self.call("PUT", path, json=body)

    async def patch(self, path: str, **body: object) -> Reply:
        return await self.call("PATCH", path, json=body)

    async def delete(self, path: str) -> Reply:
        return await self.call("DELETE", path)

    async def register(
        self,
        username: str = "bnk100",
        password: str = FULL,
        institution: str = "heimdall_mx_retail",
        **body: object,
    ) -> Reply:
        return await self.post(
            "/api/links/", institution=institution, username=username, password=password, **body
        )

    async def challenge(self, username: str = "mfa_default", password: str = PASSWORD) -> Any:
        """
        Start a registration and return its challenge.
        """
        reply = await self.register(username, password)
        assert reply.status == 428
        [entry] = reply.json
        return entry

    async def answer(self, challenge: Any, token: str | None = RIGHT, path: str = "/api/links/") -> Reply:
        """
        Answer *challenge*; with no token if it is `None`.
        """
        given = {} if token is None else {"token": token}
        return await self.patch(path, session=challenge["session"], link=challenge["link"], **given)

    async def link(self, username: str = "mfa_default", password: str = PASSWORD) -> str:
        """
        Register at an institution that asks for a token, and return the id of the link.
        """
        link: str = (await self.answer(await self.challenge(username, password))).json["id"]
        return link


def octets(sandbox: Sandbox, method: str, path: str, body: object = None, keep: bool = True) -> bytes:
    """
    Return a request as it goes over the wire.
    """
    content = b"" if body is None else json.dumps(body).encode()
    keys = aiohttp.encode_basic_auth(sandbox.secret_id, sandbox.secret_password)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: sandbox",
        f"Authorization: {keys}",
        f"Content-Length: {len(content)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@attrs.frozen
class Octets:
    """
    All that came over a connection, and how it ended: `FIN` or `RST`.
    """

    head: bytes
    body: bytes
    end: str


class Wire:
    """
    A bare connection.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, sandbox: Sandbox) -> Wire:
        return cls(*await asyncio.open_connection(sandbox.host, sandbox.port))

    def send(self, request: bytes) -> None:
        self.writer.write(request)

    async def answer(self) -> tuple[bytes, bytes]:
        """
        Read one answer by its `Content-Length`.
        """
        head = await self.reader.readuntil(b"\r\n\r\n")
        [length] = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ]
        return head, await self.reader.readexactly(length)

    async def rest(self) -> Octets:
        """
        Read until the connection ends.
        """
        received = b""
        end = "FIN"
        try:
            while chunk := await self.reader.read(65_536):
                received += chunk
        except ConnectionResetError:
            end = "RST"
        head, gap, body = received.partition(b"\r\n\r\n")
        return Octets(head + gap, body, end)

    async def abort(self) -> None:
        """
        Leave, and let the sandbox notice it.
        """
        self.writer.transport.abort()
        await self.aclose()
        for _ in range(5):
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


async def exchange(
    sandbox: Sandbox, method: str = "GET", path: str = "/api/links/", body: object = None
) -> Octets:
    """
    Send one request over a connection of its own and read until that ends.
    """
    wire = await Wire.to(sandbox)
    wire.send(octets(sandbox, method, path, body))
    try:
        return await wire.rest()
    finally:
        await wire.aclose()


class JumpingClock:
    """
    Stands still until `advance()`. Whoever sleeps finds the time past at once.
    """

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.start = datetime(2026, 3, 15, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds - 1_000.0)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


class HeldClock(JumpingClock):
    """
    Whoever sleeps does so until `release` is set, however long that takes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sleeping = asyncio.Event()
        self.release = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.sleeping.set()
        await self.release.wait()
        self.advance(seconds)
