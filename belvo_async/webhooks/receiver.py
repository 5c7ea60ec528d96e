"""
Who may send webhooks, and what they said.

Belvo signs nothing. All that tells its webhooks from anybody's is the `Authorization` that you chose in its dashboard.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final, TypeAlias, final

from belvo_async.errors import (
    InvalidArgumentError,
    WebhookUnauthorizedError,
    WebhookUnreadableError,
    type_of,
    wrong_type,
)
from belvo_async.messages import Secret
from belvo_async.webhooks.event import WebhookEvent, octets, read_webhook


LIMIT: Final = 256 * 1024
"""Bytes. A webhook of Belvo's has less than one thousand."""

Handle: TypeAlias = Callable[[WebhookEvent], Awaitable[object]]
"""What you do with an event: a coroutine function. If it raises, Belvo is answered 500 and repeats the webhook."""


@final
class WebhookReceiver:
    """
    Lets the webhooks in that carry your `Authorization`, and reads them.

        receiver = WebhookReceiver(os.environ["BELVO_WEBHOOK_AUTHORIZATION"])
        event = receiver.receive(body, headers.get("Authorization"))

    It keeps no more than fingerprints of what it accepts, shows not even those, and refuses to be pickled.

    Args:
        authorization: What you typed into Belvo's dashboard, whole: `Bearer …` or `Basic …`. Several if the value is
            about to change: give both until the dashboard has the new one. `None` lets everybody in; only for an
            address that nobody else can reach.

        limit: Bytes of a body; a larger one is refused.

    Raises:
        InvalidArgumentError: There is no value, or one is not what a header can carry; or *limit* is no whole number
            above 0.
    """

    __slots__ = ("_accepted", "limit")

    def __init__(self, authorization: str | Iterable[str] | None, *, limit: int = LIMIT) -> None:
        self._accepted, found = _secrets(authorization)
        del authorization
        if found:
            raise InvalidArgumentError(
                argument="WebhookReceiver.authorization",
                expected="the header as in Belvo's dashboard, several of them, or None for everybody",
                found=found,
            )
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidArgumentError(
                argument="WebhookReceiver.limit", expected="a whole number above 0", found=repr(limit)[:40]
            )
        self.limit = limit

    def __repr__(self) -> str:
        told = "everybody" if self._accepted is None else f"{len(self._accepted)} accepted"
        return f"WebhookReceiver({told})"

    def check(self, authorization: str | None) -> None:
        """
        Do nothing if *authorization* is accepted. It takes the same time whatever is wrong with it.

        Raises:
            InvalidArgumentError: It is no text, as a header of raw ASGI is: decode it.

            WebhookUnauthorizedError: It is none of yours. Answer 401.
        """
        given = Secret(authorization)
        del authorization
        if not isinstance(given.reveal(), str | None):
            raise wrong_type("authorization", "the header as text, or None", given.reveal())
        if not self._accepts(given):
            raise WebhookUnauthorizedError

    def receive(self, body: bytes, authorization: str | None) -> WebhookEvent:
        """
        Return the event that *body* holds, if *authorization* is accepted.

        Args:
            body: As it came.

            authorization: The header, if there was one.

        Raises:
            InvalidArgumentError: *authorization* is no text, or *body* is not bytes.

            WebhookUnauthorizedError: It is none of yours. Answer 401.

            WebhookUnreadableError: The body is too large or no event. Answer 400.
        """
        given = Secret(authorization)
        del authorization
        self.check(given.reveal())
        if len(octets(body)) > self.limit:
            raise self._too_large()
        return read_webhook(body)

    async def receive_stream(self, body: AsyncIterable[bytes], authorization: str | None) -> WebhookEvent:
        """
        Do as `receive()` does, with a body that is still arriving: none of it is read without authorization, and not
        more than `limit` of it is kept.

        Raises:
            InvalidArgumentError: *authorization* is no text, or *body* does not bring bytes by `async for`.

            WebhookUnauthorizedError: It is none of yours. Answer 401.

            WebhookUnreadableError: The body is too large or no event. Answer 400.
        """
        given = Secret(authorization)
        del authorization
        self.check(given.reveal())
        if not isinstance(body, AsyncIterable):
            raise wrong_type("body", "an asynchronous iterable of bytes", body)
        whole = bytearray()
        async for part in body:
            whole += octets(part)
            if len(whole) > self.limit:
                raise self._too_large()
        return read_webhook(bytes(whole))

    def _accepts(self, given: Secret) -> bool:
        if self._accepted is None:
            return True
        fingerprint = _fingerprint(given.reveal() or "")
        # All are compared, so that the time does not tell which one it was.
        equal = [hmac.compare_digest(fingerprint, accepted.reveal() or "") for accepted in self._accepted]
        return any(equal)

    def _too_large(self) -> WebhookUnreadableError:
        return WebhookUnreadableError(problems=(f"expected at most {self.limit} bytes",))


def check_handle(handle: object) -> None:
    """
    Do nothing if *handle* can be one. A plain function would do its work and fail when it is awaited, each time that
    Belvo repeats the webhook.

    Raises:
        InvalidArgumentError: It cannot be called, or is no coroutine function.
    """
    if not callable(handle) or _is_plain(handle):
        raise wrong_type("handle", "a coroutine function that takes a WebhookEvent", handle)


def _is_plain(handle: Any) -> bool:
    # Of a callable that is written in C, or a class, this is not known before it is called.
    while isinstance(handle, partial):
        handle = handle.func
    handle = inspect.unwrap(handle)
    of_class = type(handle).__call__
    if inspect.iscoroutinefunction(handle) or inspect.iscoroutinefunction(of_class):
        return False
    return isinstance(handle, FUNCTIONS) or isinstance(of_class, FUNCTIONS)


FUNCTIONS: Final = (FunctionType, MethodType, BuiltinFunctionType)


def _fingerprint(text: str) -> str:
    # All are of one length, so that the time does not tell that of the right one. Octets that are no text reach us as
    # surrogates.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _secrets(authorization: object) -> tuple[tuple[Secret, ...] | None, str]:
    """
    Return what is accepted, and no complaint; or nobody, and what was found in its place.
    """
    if authorization is None:
        return None, ""
    if not isinstance(authorization, Iterable):
        return (), type_of(authorization)
    values = (authorization,) if isinstance(authorization, str) else tuple(authorization)
    if not values:
        return (), "none"
    if not all(isinstance(value, str) for value in values):
        return (), "something else than text"
    if not all(value.isascii() and value.isprintable() and value.strip() == value != "" for value in values):
        return (), "a text that is empty, or has characters that no header carries"
    return tuple(Secret(_fingerprint(value)) for value in values), ""
