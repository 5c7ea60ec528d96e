"""
What may stand between a client and the sandbox: TLS of a private authority, and a proxy.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
import trustme


AUTHORITY: Final = trustme.CA()
"""The private authority: it has signed the certificate of the front, and those of its clients."""


@attrs.define
class Front:
    """
    A TLS server before the sandbox.

    Attributes:
        url: Where it is.

        heads: The first bytes of each connection, which begin with the head of a request.

        clients: The names in the certificates that clients have shown.
    """

    url: str = ""
    heads: list[bytes] = attrs.Factory(list)
    clients: list[str] = attrs.Factory(list)


@asynccontextmanager
async def front(
    inner: str, *, mutual: bool = False, authority: trustme.CA = AUTHORITY
) -> AsyncIterator[Front]:
    """
    Serve *inner* over TLS, as `localhost`.

    Args:
        mutual: Whether clients have to show a certificate of the authority, too.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    made = Front()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert")
        if shown:
            made.clients.append(shown["subjectAltName"][0][1])
        head = await reader.read(65_536)
        if not head:
            return
        made.heads.append(head)
        parts = urlsplit(inner)
        to = await asyncio.open_connection(parts.hostname, parts.port)
        to[1].write(head)
        await _joined((reader, writer), to)

    async with _serving(serve, context) as port:
        made.url = f"https://localhost:{port}"
        yield made


@attrs.define
class Proxy:
    """
    An HTTP proxy that makes tunnels.

    Attributes:
        url: Where it is, with its password if it has one.

        asked: The heads of what it was asked.
    """

    url: str = ""
    asked: list[bytes] = attrs.Factory(list)


@asynccontextmanager
async def proxy(
    user: str | None = None, password: str | None = None, *, secure: bool = False
) -> AsyncIterator[Proxy]:
    """
    Serve tunnels to whoever knows the password, if there is one.

    Args:
        secure: Whether the proxy itself is spoken to over TLS.
    """
    made = Proxy()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if secure else None
    if context is not None:
        AUTHORITY.issue_cert("localhost").configure_cert(context)
    wanted = b"Proxy-Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        made.asked.append(head)
        method, where = head.split(b" ")[:2]
        if user is not None and wanted not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        assert method == b"CONNECT", "only tunnels"
        host, _, port = where.decode().rpartition(":")
        to = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _joined((reader, writer), to)

    async with _serving(serve, context) as port:
        given = "" if user is None else f"{user}:{password}@"
        made.url = f"{'https' if secure else 'http'}://{given}localhost:{port}"
        yield made


def trusting(folder: Path, *, client: str | None = None) -> ssl.SSLContext:
    """
    Return what a client trusts that knows the authority, made of files in *folder* as people have them.

    Args:
        client: The name in a certificate of its own that it shows.
    """
    AUTHORITY.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    if client is not None:
        AUTHORITY.issue_cert(client).private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")
        context.load_cert_chain(folder / "client.pem")
    return context


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _joined(one: Streams, other: Streams) -> None:
    """
    Pass on what comes from either to the other, until one of them ends.
    """

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65_536):
                writer.write(chunk)
                await writer.drain()

    try:
        tasks = {
            asyncio.ensure_future(passed(one[0], other[1])),
            asyncio.ensure_future(passed(other[0], one[1])),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    finally:
        other[1].close()


@asynccontextmanager
async def _serving(serve: object, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[object]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)  # type: ignore[operator] # one of the two above
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(set(tasks))
