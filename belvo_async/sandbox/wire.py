"""
Answers on the wire, whole or as a fault leaves them.

The faults that only change the answer are in `MANGLED`; those that break the connection are in `BROKEN`.
"""

from __future__ import annotations

import socket
import struct

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

import attrs

from aiohttp import web

from belvo_async.sandbox.answers import HTML, JSON, Answer
from belvo_async.sandbox.faults import Fault, FaultKind
from belvo_async.sandbox.firewall import FORBIDDEN
from belvo_async.sandbox.refusals import CODES


Waiter: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""

HUGE: Final = 50_000_000
CHUNK: Final = b"x" * 65_536

BAD_GATEWAY: Final = Answer(
    502, b"<html><body><center><h1>502 Bad Gateway</h1></center></body></html>\r\n", HTML
)

# Closing with a linger time of zero throws away what is unsent and answers RST instead of FIN.
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


def reply(answer: Answer) -> web.Response:
    """
    Return *answer* for aiohttp to send.
    """
    body = answer.body
    headers = {**answer.headers, "Content-Type": answer.content_type} if body else answer.headers
    return web.Response(status=answer.status, body=body, headers=headers)


def mangled(answer: Answer, fault: Fault, request_id: str) -> Answer:
    """
    Return what *fault* makes of *answer*.
    """
    change = MANGLED.get(fault.kind)
    return answer if change is None else change(answer, fault, request_id)


def _truncated(answer: Answer, fault: Fault, _request_id: str) -> Answer:
    return attrs.evolve(answer, content=answer.body[: _cut(fault, len(answer.body))])


def _wrong_json(answer: Answer, fault: Fault, _request_id: str) -> Answer:
    return attrs.evolve(answer, content=b'"ok"' if fault.body is None else fault.body.encode())


def _empty(answer: Answer, _fault: Fault, _request_id: str) -> Answer:
    return attrs.evolve(answer, content=None)


def _mistyped(answer: Answer, fault: Fault, _request_id: str) -> Answer:
    return attrs.evolve(answer, content_type=fault.content_type or "text/plain")


def _bad_gateway(_answer: Answer, _fault: Fault, _request_id: str) -> Answer:
    return BAD_GATEWAY


def _forbidden(_answer: Answer, _fault: Fault, _request_id: str) -> Answer:
    return FORBIDDEN


def _stated(_answer: Answer, fault: Fault, request_id: str) -> Answer:
    code = fault.code or "unexpected_error"
    status, words = CODES.get(code, (500, ""))
    message = words if fault.message is None else fault.message
    content: object = [{"code": code, "message": message, "request_id": request_id}]
    if fault.body is not None:
        content = fault.body.encode()
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Answer(fault.status or status, content, fault.content_type or JSON, headers)


MANGLED: Final[Mapping[FaultKind, Callable[[Answer, Fault, str], Answer]]] = {
    FaultKind.TRUNCATED_JSON: _truncated,
    FaultKind.WRONG_JSON: _wrong_json,
    FaultKind.EMPTY_BODY: _empty,
    FaultKind.WRONG_CONTENT_TYPE: _mistyped,
    FaultKind.HTML_502: _bad_gateway,
    FaultKind.HTML_403: _forbidden,
    FaultKind.ANSWER: _stated,
}


@attrs.frozen(eq=False)
class Line:
    """
    The connection that a request came on.
    """

    request: web.BaseRequest
    wait: Waiter

    def write(self, octets: bytes) -> None:
        """
        Send *octets* past aiohttp.
        """
        if self.request.transport is not None:
            self.request.transport.write(octets)

    def close(self) -> None:
        """
        Close it in an orderly way (FIN), after what was written.
        """
        if self.request.transport is not None:
            self.request.transport.close()

    def reset(self) -> None:
        """
        Break it (RST).
        """
        transport = self.request.transport
        if transport is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            transport.abort()


Break: TypeAlias = Callable[[Line, Answer, Fault], Awaitable[web.StreamResponse]]

# aiohttp wants a response from every handler. On a closed connection it is thrown away without a word.
GONE: Final = 500


def _gone() -> web.StreamResponse:
    return web.Response(status=GONE)


async def _close(line: Line, _answer: Answer, _fault: Fault) -> web.StreamResponse:
    line.close()
    return _gone()


async def _reset(line: Line, _answer: Answer, _fault: Fault) -> web.StreamResponse:
    line.reset()
    return _gone()


async def _close_in_headers(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    head = _head(answer)
    line.write(head[: _cut(fault, len(head))])
    line.close()
    return _gone()


async def _close_in_body(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    line.write(_head(answer) + answer.body[: _cut(fault, len(answer.body))])
    line.close()
    return _gone()


async def _reset_in_body(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    line.write(_head(answer) + answer.body[: _cut(fault, len(answer.body))])
    line.reset()
    return _gone()


async def _stall(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    body = answer.body
    cut = _cut(fault, len(body))
    headers = {**answer.headers, "Content-Type": answer.content_type}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(body)
    await response.prepare(line.request)
    await response.write(body[:cut])
    await line.wait(fault.seconds or 0)
    await response.write(body[cut:])
    return response


async def _late(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    response = reply(answer)
    await line.wait(fault.seconds or 0)
    return response


async def _stale(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    line.write(_head(answer) + answer.body)
    # While this waits, aiohttp takes up no further request of the connection.
    await line.wait(fault.seconds or 0)
    line.close()
    return _gone()


async def _huge(line: Line, answer: Answer, fault: Fault) -> web.StreamResponse:
    size = fault.size or HUGE
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": JSON})
    response.content_length = size
    await response.prepare(line.request)
    left = size - 2
    await response.write(b'"')
    while left:
        await response.write(CHUNK[:left])
        left -= min(left, len(CHUNK))
    await response.write(b'"')
    return response


BROKEN: Final[Mapping[FaultKind, Break]] = {
    FaultKind.CLOSE_UNREAD: _close,
    FaultKind.CLOSE_READ: _close,
    FaultKind.CLOSE_PROCESSED: _close,
    FaultKind.CLOSE_IN_HEADERS: _close_in_headers,
    FaultKind.CLOSE_IN_BODY: _close_in_body,
    FaultKind.RESET_UNPROCESSED: _reset,
    FaultKind.RESET_PROCESSED: _reset,
    FaultKind.RESET_IN_BODY: _reset_in_body,
    FaultKind.STALL_IN_BODY: _stall,
    FaultKind.LATE_ANSWER: _late,
    FaultKind.STALE_KEEP_ALIVE: _stale,
    FaultKind.HUGE_BODY: _huge,
}


async def send(line: Line, answer: Answer, fault: Fault | None) -> web.StreamResponse:
    """
    Send *answer* as *fault* wants it, or leave it to aiohttp if nothing is wrong.
    """
    how = None if fault is None else BROKEN.get(fault.kind)
    if fault is None or how is None:
        return reply(answer)
    try:
        return await how(line, answer, fault)
    except ConnectionError:
        # The client has left before the end.
        return _gone()


def _cut(fault: Fault, length: int) -> int:
    return length // 2 if fault.at_byte is None else min(fault.at_byte, length)


def _head(answer: Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Connection: keep-alive",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
