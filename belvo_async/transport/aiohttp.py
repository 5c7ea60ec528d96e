"""
The transport over aiohttp: besides the sandbox the only file that imports it.

An `AiohttpPool` owns the connections and belongs to one event loop of one process. An `AiohttpTransport` sends
through a pool with timeouts of its own. Every foreign error is translated in one place, `_translated()`.

Of aiohttp it uses what makes connections and what reads answers, and not what lies between, its client session.
That would repeat requests by itself, follow redirects, keep cookies and merge headers, none of which is wanted
here, and take half of the time of a request for it. Without it there is one line that writes, so that nobody has
to guess whether anything has left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
import ssl
import sys
import warnings

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit
from weakref import WeakSet

import aiohttp
import anyio
import attrs

from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.helpers import BasicAuth, get_env_proxy_for_url
from aiohttp.http import HttpProcessingError
from aiohttp.streams import StreamReader
from yarl import URL

from belvo_async.clock import Clock
from belvo_async.codec import encode
from belvo_async.errors import (
    CertificateError,
    ClientStateError,
    ConnectError,
    ConnectionLostError,
    InvalidArgumentError,
    PoolTimeoutError,
    ReadTimeoutError,
    TooLateError,
    TransportError,
    UncertainOutcomeError,
)
from belvo_async.messages import NO_HEADERS, Answer, Effect, Headers, Request, Secret
from belvo_async.settings import PoolLimits, Timeouts, check_type
from belvo_async.transport.address import target
from belvo_async.transport.silence import Silences
from belvo_async.transport.slots import Slots


JSON_BODY: Final = "Content-Type: application/json\r\n"

NO_BODY: Final = "Content-Length: 0\r\n"

LATER: Final = "X-Belvo-Request-Mode: async\r\n"
"""Belvo reads the value by its letters: `ASYNC` would not be understood, and not refused either."""

KEEPALIVE: Final[Mapping[str, int]] = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 60, "TCP_KEEPCNT": 5}
"""Seconds, seconds, times. Belvo may work for minutes, and routers forget connections that are silent so long."""

POLL: Final = getattr(select, "poll", None)
"""Asks the system about one connection. Windows has none."""

TURNS: Final = 4
"""Of the event loop, until news has come through: it asks the system in the first, and tells in the second. Each layer
of TLS, of which a proxy may add one, passes the end of a connection on a turn later."""

TOO_LARGE: Final = "the answer is larger than PoolLimits allows"


@attrs.frozen(kw_only=True)
class Network:
    """
    How to reach Belvo from here.

    Attributes:
        tls: A context of your own: another certificate authority, a client certificate.

        proxy: Address of an HTTP proxy.

        trust_env: Whether to take proxies and `.netrc` from the environment, as it is at the first request.

        connections: Connections of your own: a connector of aiohttp's, or a `ClientSession`, of which nothing but its
            connector is used. They belong to you: close them after the client, which does not. How many there are
            at most, how long they are kept, what they trust and how names are looked up is then theirs to say.
    """

    tls: ssl.SSLContext | None = None
    proxy: str | None = attrs.field(default=None, repr=False)  # may hold credentials
    trust_env: bool = False
    connections: aiohttp.ClientSession | aiohttp.BaseConnector | None = attrs.field(default=None, repr=False)

    @property
    def connector(self) -> aiohttp.BaseConnector | None:
        """
        The connector of `connections`, if there is one (any more).
        """
        given = self.connections
        return given.connector if isinstance(given, aiohttp.ClientSession) else given


def check_network(network: Network) -> None:
    """
    Refuse a *network* that cannot be used. Not when it is made: there its proxy, which may hold a password, is a
    variable on the way.

    Raises:
        InvalidArgumentError: Something of it cannot be right.
    """
    check_type("network", network, Network)
    check_type("Network.tls", network.tls, ssl.SSLContext, None)
    if network.proxy is not None and not _is_proxy(network):
        raise InvalidArgumentError(
            argument="Network.proxy", expected="http://host:port (or https://)", found="something else"
        )
    connections = network.connections
    if connections is None:
        return
    check_type("Network.connections", connections, aiohttp.ClientSession, aiohttp.BaseConnector)
    if network.tls is not None:
        raise InvalidArgumentError(
            argument="Network.tls", expected="none where connections are given: they have theirs", found="one"
        )
    if getattr(network.connector, "_ssl", None) is False:  # no public way to it
        raise InvalidArgumentError(
            argument="Network.connections",
            expected="some that check certificates",
            found="ssl=False, with which anybody could read the keys",
        )


def _is_proxy(network: Network) -> bool:
    try:
        parts = urlsplit(cast(str, network.proxy))
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (ValueError, TypeError, AttributeError):
        return False


class BadAddressError(OSError):
    """
    A host or a proxy with an address that cannot be: a name that is too long, a password in no known letters.
    """


class AiohttpPool:
    """
    The connections of a client.

    It is opened by the first request, in the event loop that runs then.
    """

    def __init__(
        self, base_url: str, authorization: Secret, *, user_agent: str, limits: PoolLimits, network: Network
    ) -> None:
        self.base_url = base_url
        self.limits = limits
        self.network = network
        self._authorization = authorization
        self._user_agent = user_agent
        self._connector: aiohttp.BaseConnector | None = None
        self._borrowed: WeakSet[Connection] = WeakSet()  # from a connector that is not ours to close
        self._origin: aiohttp.ClientRequest | None = None
        self.unread: set[StreamReader] = set()  # bodies of which a part is still to come
        self.slots = Slots(limits.connections)
        self.silences: Silences[ResponseHandler] = Silences(_give_up)
        self._address = ""  # what stands before the path of a request
        self._headers = Secret(None)  # of every request, as they go over the wire
        self._opening = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0
        self._closed = False

    def __repr__(self) -> str:
        state = "closed" if self._closed else "new" if self._connector is None else "open"
        return f"<AiohttpPool {self.base_url} {state}>"

    async def connector(self) -> aiohttp.BaseConnector:
        """
        Return what makes and keeps the connections.

        Raises:
            ClientStateError: The pool is closed, or belongs to another event loop or process.
        """
        self.check_usable()
        if self._connector is None:
            async with self._opening:
                await self._open()
        return cast(aiohttp.BaseConnector, self._connector)

    async def connect(self, timeout: aiohttp.ClientTimeout) -> Connection:  # noqa: ASYNC109 - aiohttp's own
        """
        Return a connection, kept or new, for one request. Give it back by its `release()` or `close()`.

        Raises:
            ClientStateError: As for `connector()`.

            BadAddressError: Where it leads to cannot be, which is seen only when it is used.
        """
        connection = await self._connected(timeout)
        if connection is None:
            self.check_usable()
            if self.network.connections is not None:
                self._check_lent(self._connector)
            raise BadAddressError
        origin = cast(aiohttp.ClientRequest, self._origin)
        if origin.proxy is not None:
            self._headers = _lines(origin)  # the connector may have added the proxy's password
        if self.network.connections is not None:
            self._borrowed.add(connection)
            if self._closed:  # while it waited; a connector of ours would have told it
                connection.release()
                self.check_usable()
        return connection

    async def _connected(self, timeout: aiohttp.ClientTimeout) -> Connection | None:  # noqa: ASYNC109 - as above
        """
        Return a connection; `None` where there is none because of an address, or because the connector was closed.
        """
        # Who has made sure of it before finds the connector open, or none.
        connector = self._connector
        try:
            if connector is None:
                connector = await self.connector()
            if self.network.connections is not None:
                self._check_lent(connector)
            return await connector.connect(cast(aiohttp.ClientRequest, self._origin), [], timeout)
        except FOREIGN:  # some are a ValueError as well
            raise
        except ValueError:
            return None  # it may hold the proxy's password
        except asyncio.CancelledError:
            if connector is None or not connector.closed or _is_cancelled():
                raise
            return None  # aiohttp cancels what waits when it is closed, and nobody has cancelled this task

    def _check_lent(self, connector: aiohttp.BaseConnector | None) -> None:
        """
        Raise `ClientStateError` if connections of the caller's are closed, or belong to another event loop.
        """
        if connector is None or connector.closed:
            raise ClientStateError(
                problem="the connections that the client was given are closed",
                remedy="close the client before them, and make a new one with new ones",
            )
        if getattr(connector, "_loop", self._loop) is not self._loop:  # no public way to it
            raise ClientStateError(
                problem="the connections that the client was given belong to another event loop",
                remedy="make them in the event loop that uses the client",
            )

    def message(self, request: Request, more: Headers = NO_HEADERS) -> bytes:
        """
        Return *request* as it goes over the wire. It holds secrets: do not keep it in a variable.

        Args:
            more: Headers for requests that have none of the same name.
        """
        # First, since it may raise: what it raises must not show the headers, which are variables below.
        content = None if request.body is None else encode(request.body)
        line = f"{request.method} {self._address}{target(request.path, request.query)} HTTP/1.1\r\n"
        later = LATER if request.deferred else ""
        if request.headers is not None:
            more = more.extended(request.headers)
        if more is not NO_HEADERS:
            later += more.reveal()
        if content is None:
            length = NO_BODY if request.method != "GET" else ""
            return f"{line}{self._headers.reveal()}{later}{length}\r\n".encode()
        length = f"{JSON_BODY}Content-Length: {len(content)}\r\n\r\n"
        return f"{line}{self._headers.reveal()}{later}{length}".encode() + content

    def check_usable(self) -> None:
        """
        Raise `ClientStateError` if it is closed, or belongs to another event loop or process.
        """
        if self._closed:
            raise ClientStateError(problem="the client is closed", remedy="make a new one")
        self._check_place()

    def _check_place(self) -> None:
        if self._loop is None:
            return
        if self._pid != os.getpid():
            raise ClientStateError(
                problem="the client was used before this process was forked",
                remedy="make one in each process, after the fork",
            )
        if self._loop is not asyncio.get_running_loop():
            raise ClientStateError(
                problem="the client belongs to another event loop",
                remedy="make one in each event loop: open it inside the coroutine given to asyncio.run()",
            )

    async def _open(self) -> None:
        if self._connector is not None:
            return
        self._loop, self._pid = asyncio.get_running_loop(), os.getpid()
        tls = self.network.tls
        if tls is None and self.network.connections is None and self.base_url.startswith("https:"):
            # Loading the authorities takes 50 ms and more, in which the loop would stand still.
            tls = await asyncio.to_thread(_default_tls)
        proxy, proxy_auth = await self._proxy()
        self.check_usable()  # it may have been closed meanwhile
        if self.network.connections is not None:
            self._check_lent(self.network.connector)
        self._origin = origin = _Origin(
            "GET",
            URL(f"{self.base_url}/", encoded=True),
            headers={
                "Authorization": self._authorization.reveal() or "",
                "Accept": "application/json",
                "User-Agent": self._user_agent,
            },
            proxy=proxy,
            proxy_auth=proxy_auth,
            loop=self._loop,
        )
        proxied = origin.proxy is not None and not origin.is_ssl()
        self._address = self.base_url if proxied else urlsplit(self.base_url).path
        self._headers = _lines(origin)
        self._connector = self.network.connector or aiohttp.TCPConnector(
            limit=0,  # our own limiter stands before it
            ssl=True if tls is None else tls,
            ttl_dns_cache=int(self.limits.dns_ttl),
            keepalive_timeout=self.limits.keepalive,
            socket_factory=_keepalive_socket,
        )

    async def _proxy(self) -> tuple[URL | None, BasicAuth | None]:
        """
        Return the proxy to use, if there is one, and its password where that is not part of its address.
        """
        if self.network.proxy is not None:
            return URL(self.network.proxy), None
        if self.network.trust_env:
            with contextlib.suppress(LookupError):  # there is none
                return await asyncio.to_thread(get_env_proxy_for_url, URL(self.base_url))
        return None, None

    async def rest(self, content: StreamReader) -> bytes:
        """
        Return a body of which a part is still to come.
        """
        self.unread.add(content)
        try:
            # It may be packed or of unknown length: what matters is how large it is when unpacked.
            chunks, size = [], 0
            while chunk := await content.readany():
                size += len(chunk)
                if size > self.limits.body:
                    raise aiohttp.ClientPayloadError(TOO_LARGE)
                chunks.append(chunk)
        finally:
            self.unread.discard(content)
        return _checked(b"".join(chunks), self.limits)

    async def aclose(self) -> None:
        """
        Close all connections, also inside a cancelled scope. Harmless when done before, or when there are none.

        Raises:
            ClientStateError: The connections belong to another event loop or process, and stay as they are.
        """
        if self._connector is not None:
            self._check_place()
        self._closed = True
        connector, self._connector = self._connector, None
        if connector is None:
            return
        self.silences.clear()
        for content in self.unread:  # aiohttp tells only who waits for a head
            content.set_exception(aiohttp.ClientPayloadError())
        if self.network.connections is not None:
            for connection in self._borrowed:
                connection.close()  # unless it was given back
            return
        with anyio.CancelScope(shield=True):
            await connector.close()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        left_open = getattr(self, "_connector", None) is not None and self.network.connections is None
        if left_open and self._pid == os.getpid():
            _warn(
                "a BelvoClient was not closed; use `async with BelvoClient(…)` or `await client.aclose()`",
                ResourceWarning,
                source=self,
            )


def _is_cancelled() -> bool:
    """
    Whether somebody has cancelled the task that runs.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _lines(origin: aiohttp.ClientRequest) -> Secret:
    """
    Return the headers of all our requests as they go over the wire.
    """
    return Secret("".join([f"{name}: {value}\r\n" for name, value in origin.headers.items()]))


class _Origin(aiohttp.ClientRequest):
    """
    What the connector has to know of all our requests: where they go.
    """

    _kept_key: ConnectionKey | None = None

    @property
    def connection_key(self) -> ConnectionKey:
        """
        Under which it keeps their connections. aiohttp would make it anew for each.
        """
        if self._kept_key is None:
            self._kept_key = super().connection_key
        return self._kept_key


@cache
def _default_tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _keepalive_socket(address: Any) -> socket.socket:
    family, type_, proto, _, _ = address
    sock = socket.socket(family, type_, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # not every system has them
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sock


class AiohttpTransport:
    """
    Sends requests through a pool.
    """

    def __init__(
        self, pool: AiohttpPool, timeouts: Timeouts, clock: Clock, headers: Headers = NO_HEADERS
    ) -> None:
        self._pool = pool
        self._timeouts = timeouts
        self._clock = clock
        self._headers = headers
        # Looking up a name and asking a proxy count, too. Connections of the caller's may have a limit of their own, at
        # which we wait.
        longest = timeouts.connect + (0.0 if pool.network.connections is None else timeouts.pool)
        self._connecting = aiohttp.ClientTimeout(total=None, connect=longest, sock_connect=timeouts.connect)

    async def send(self, request: Request) -> Answer:
        """
        Send *request* once. See `Transport.send()`.
        """
        pool, outer = self._pool, sys.exception()
        pool.check_usable()
        if not (pool.slots.take() or await pool.slots.wait(self._patience(request))):
            self._check_in_time(request)
            reason = f"no connection became free within {self._timeouts.pool:g} s"
            raise PoolTimeoutError(request=str(request), reason=reason)
        sent = False
        try:
            self._check_in_time(request)
            if request.gate is not None:
                await request.gate()
                self._check_in_time(request)
            connection = await pool.connect(self._connecting)
            try:
                protocol, transport = await _listening(connection)
                if request.deadline is not None:
                    self._check_in_time(request)
                sent = True
                transport.write(pool.message(request, self._headers))
                answer = await self._answer(protocol, self._silence(request))
                if transport.get_write_buffer_size() == 0 and (answer.succeeded or not _is_stuck(transport)):
                    connection.release()  # else what is left of this request would go before the next
                return answer
            finally:
                connection.close()  # unless it was released
        except FOREIGN as error:
            raise _translated(error, request, sent) from _without_frames(error, outer)
        except asyncio.CancelledError as cancelled:
            _without_frames(cancelled, outer)
            raise
        finally:
            pool.slots.release()

    def _silence(self, request: Request) -> float:
        """
        Return the seconds that may pass without a byte of the answer to *request*.
        """
        if request.timeout is not None:
            return request.timeout
        return self._timeouts.institution if request.at_institution else self._timeouts.read

    def _patience(self, request: Request) -> float:
        """
        Return the seconds that *request* may wait for a slot.
        """
        if request.deadline is None:
            return self._timeouts.pool
        return min(self._timeouts.pool, request.deadline - self._clock.monotonic())

    def _check_in_time(self, request: Request) -> None:
        if request.deadline is not None and self._clock.monotonic() >= request.deadline:
            raise TooLateError(request=str(request), reason="its deadline passed before it could be sent")

    async def _answer(self, protocol: ResponseHandler, silence: float) -> Answer:
        pool = self._pool
        pool.silences.begin(protocol, silence)
        try:
            head, content = await protocol.read()
            while head.code < 200:  # noqa: PLR2004 - it only says that an answer will come
                pool.silences.end(protocol, silence)
                pool.silences.begin(protocol, silence)
                head, content = await protocol.read()
        finally:
            pool.silences.end(protocol, silence)
        try:
            if content.is_eof():  # as most answers do, it came whole with its head
                body = _checked(content.read_nowait(), pool.limits)
            else:
                protocol.read_timeout = silence
                protocol.start_timeout()
                body = await pool.rest(content)
        except aiohttp.ClientPayloadError:
            # The status alone says all that matters of an error; of a result or a challenge it does not.
            if head.code < 400 or head.code == 428:  # noqa: PLR2004 - HTTP's own
                raise
            body = b""
        headers = head.headers
        retry_after = headers.get("Retry-After")
        return Answer(
            head.code,
            body,
            headers.get("Content-Type", ""),
            _printable(headers.get("X-Request-Id")),
            None if retry_after is None else _seconds(retry_after, self._clock.now()),
            head.raw_headers,
        )


async def _listening(connection: Connection) -> tuple[ResponseHandler, asyncio.Transport]:
    """
    Return what reads the answer from *connection*, and what takes the request.

    Raises:
        ConnectionResetError: The server has hung up, or said something before it was asked.
    """
    if _may_have_news(connection.transport):
        for _ in range(TURNS):
            await asyncio.sleep(0)
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing() or protocol.should_close:
        raise ConnectionResetError
    protocol.set_response_params(read_until_eof=True)
    return protocol, transport


def _may_have_news(transport: asyncio.Transport | None) -> bool:
    """
    Whether something may have come on a connection that the event loop has not seen yet: the system is asked.
    """
    return POLL is None or transport is None or _polled(transport, select.POLLIN)


def _is_stuck(transport: asyncio.Transport) -> bool:
    """
    Whether the system takes nothing more to send: TLS keeps to itself what waits below it.
    """
    return POLL is not None and not _polled(transport, select.POLLOUT)


def _polled(transport: asyncio.Transport, event: int) -> bool:
    """
    Whether *event*, or an end, has come for *transport*, or there is nothing to ask the system about.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return True
    poll = cast(Any, POLL)()
    poll.register(sock.fileno(), event)
    return bool(poll.poll(0))


def _give_up(protocol: ResponseHandler) -> None:
    protocol.set_exception(aiohttp.SocketTimeoutError())


def _checked(body: bytes, limits: PoolLimits) -> bytes:
    """
    Return *body* if it is not too large to be read.
    """
    size = len(body)
    if size > limits.body or (  # no value is shorter than a byte
        size > limits.values and _most_values(body) > limits.values
    ):
        raise aiohttp.ClientPayloadError(TOO_LARGE)
    return body


def _most_values(body: bytes) -> int:
    """
    Return a number of JSON values that *body* does not exceed, without reading it: one for each comma and bracket.
    """
    return body.count(b",") + body.count(b"[") + body.count(b"{") + 1


def _printable(text: str | None) -> str | None:
    """
    Return the value of a header without what cannot be shown or stored; bytes that are no UTF-8 come as such.
    """
    if text is None or text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _seconds(retry_after: str, now: datetime) -> float | None:
    """
    Return the seconds that a `Retry-After` header asks for: a number, or a date.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one with a number that no calendar holds
        return None
    return max(0.0, (instant.replace(tzinfo=instant.tzinfo or UTC) - now).total_seconds())


FOREIGN: Final = (aiohttp.ClientError, HttpProcessingError, OSError)
"""All that goes wrong on a wire. A `TimeoutError` is an `OSError`."""


def _translated(error: Exception, request: Request, sent: bool) -> TransportError:
    """
    Return our error for aiohttp's, the system's or a timeout.
    """
    told = str(request)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateError(request=told, reason=_reason(error))
    if not sent:
        return ConnectError(request=told, reason=f"no connection ({_reason(error)})")
    if request.effect is not Effect.READ:
        return UncertainOutcomeError(request=told, reason=_reason(error), sent=True)
    if isinstance(error, TimeoutError):
        return ReadTimeoutError(request=told, reason=_reason(error), sent=True)
    return ConnectionLostError(request=told, reason=_reason(error), sent=True)


E = TypeVar("E", bound=BaseException)


def _without_frames(error: E, outer: BaseException | None) -> E:
    """
    Return *error*, and what led to it, without the frames it came through: their variables hold what was sent.

    Args:
        outer: What the caller was handling already. That is the caller's own and stays as it is.
    """
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and link is not outer and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error


REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (BadAddressError, "the address of the host or of the proxy cannot be"),
    (aiohttp.ConnectionTimeoutError, "it took too long"),
    (aiohttp.SocketTimeoutError, "no byte of the answer came in time"),
    (aiohttp.ServerDisconnectedError, "the connection was closed before an answer came"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
    (aiohttp.ClientConnectorDNSError, "the host name is not known"),
    (aiohttp.ClientConnectorCertificateError, "the certificate is not trusted"),
    (aiohttp.ClientSSLError, "TLS failed"),
    (aiohttp.ClientProxyConnectionError, "the proxy cannot be reached"),
    (aiohttp.ClientHttpProxyError, "the proxy refused"),
    (aiohttp.ClientResponseError, "the answer is no HTTP"),
    (HttpProcessingError, "the answer is no HTTP"),
    (ConnectionRefusedError, "it was refused"),
    (ConnectionResetError, "the connection was reset"),
    (TimeoutError, "it took too long"),
    (OSError, "the connection broke"),
)
"""Our words for foreign errors. Theirs may quote what an answer held."""


def _reason(error: Exception) -> str:
    if error.args == (TOO_LARGE,):
        return TOO_LARGE
    os_error = getattr(error, "os_error", None)
    causes = [error] if os_error is None else [error, os_error]
    return next(
        (words for type_, words in REASONS for cause in causes if isinstance(cause, type_)),
        type(error).__name__,
    )
