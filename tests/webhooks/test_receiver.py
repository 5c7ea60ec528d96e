"""
Who may send webhooks.
"""

from __future__ import annotations

import pickle
import traceback

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest

from webhooks.samples import body

from belvo_async.errors import (
    BelvoError,
    InvalidArgumentError,
    WebhookUnauthorizedError,
    WebhookUnreadableError,
)
from belvo_async.webhooks import WebhookReceiver


pytestmark = pytest.mark.anyio

OLD, NEW = "Bearer canary-old-7d1f", "Basic Y2FuYXJ5LW5ldy03ZDFm"

EVENT = body("ACCOUNTS", "historical_update", {"total_accounts": 2})


def test_the_right_authorization() -> None:
    """
    A webhook with the header that was chosen is read.
    """
    event = WebhookReceiver(OLD).receive(EVENT, OLD)

    assert ("ACCOUNTS", "historical_update") == event.kind


def test_several_while_they_change() -> None:
    """
    Each of several headers is accepted, so that there is no gap while the value changes.
    """
    receiver = WebhookReceiver([OLD, NEW])

    assert receiver.receive(EVENT, OLD) == receiver.receive(EVENT, NEW)


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", OLD[:-1], f"{OLD} ", OLD.lower(), OLD.removeprefix("Bearer "), "Bearer ñ", "\udcff"],
)
def test_any_other_is_refused(given: str | None) -> None:
    """
    Nothing but the whole header is accepted, and what cannot be text of a header fails nothing.
    """
    with pytest.raises(WebhookUnauthorizedError) as raised:
        WebhookReceiver([OLD, NEW]).receive(EVENT, given)

    assert 401 == raised.value.status


def test_everybody_by_wish() -> None:
    """
    `None` lets everybody in, with a header and without.
    """
    receiver = WebhookReceiver(None)

    assert receiver.receive(EVENT, None) == receiver.receive(EVENT, "Bearer anything")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        " ",
        f"{OLD}\n",
        f" {OLD}",
        "Bearer ñ",
        [],
        [OLD, ""],
        [b"Bearer x"],
        iter(()),
        b"Bearer x",
        5,
        True,
    ],
)
def test_no_receiver_without_authorization(authorization: Any) -> None:
    """
    An empty or impossible header, as a missing variable of the environment makes it, is no way to let everybody in.
    """
    with pytest.raises(InvalidArgumentError, match=r"^WebhookReceiver.authorization: expected the header"):
        WebhookReceiver(authorization)


@pytest.mark.parametrize("limit", [None, 0, -1, "5", True, 1.5])
def test_no_receiver_with_another_limit(limit: Any) -> None:
    """
    A limit is a whole number of bytes, and one that lets nothing in is none.
    """
    with pytest.raises(
        InvalidArgumentError, match=r"^WebhookReceiver.limit: expected a whole number above 0, found "
    ):
        WebhookReceiver(OLD, limit=limit)


@pytest.mark.parametrize("receiver", [WebhookReceiver(OLD), WebhookReceiver(None)], ids=repr)
@pytest.mark.parametrize(("given", "found"), [(OLD.encode(), "bytes"), ([OLD], "list"), (5, "int")])
async def test_an_authorization_that_is_no_text(receiver: WebhookReceiver, given: Any, found: str) -> None:
    """
    A header of another type, such as raw ASGI's bytes, is a mistake of the program; the error shows the type alone.
    """
    errors = []
    for act in (receiver.check, partial(receiver.receive, EVENT)):
        with pytest.raises(InvalidArgumentError) as raised:
            act(given)
        errors.append(raised.value)
    with pytest.raises(InvalidArgumentError) as raised:
        await receiver.receive_stream(parts(EVENT), given)
    errors.append(raised.value)

    assert {f"authorization: expected the header as text, or None, found {found}"} == set(map(str, errors))
    assert [] == [text for error in errors for text in shown(error) if OLD in text]


@pytest.mark.parametrize(("sent", "found"), [(None, "None"), ("{}", "str"), (5, "int")])
async def test_what_is_no_body(sent: Any, found: str) -> None:
    """
    A body, or a part of one, that is not bytes is a mistake of the program.
    """
    receiver = WebhookReceiver(OLD)

    with pytest.raises(InvalidArgumentError, match=f"^body: expected bytes, as they came, found {found}$"):
        receiver.receive(sent, OLD)
    with pytest.raises(InvalidArgumentError, match=f"^body: expected bytes, as they came, found {found}$"):
        await receiver.receive_stream(parts(sent), OLD)
    with pytest.raises(
        InvalidArgumentError, match=f"^body: expected an asynchronous iterable of bytes, found {found}$"
    ):
        await receiver.receive_stream(sent, OLD)


async def parts(*sent: bytes) -> AsyncIterator[bytes]:
    """
    Yield a body as it arrives.
    """
    for part in sent:
        yield part


async def test_a_body_in_parts() -> None:
    """
    A body that arrives bit by bit is the same event.
    """
    receiver = WebhookReceiver(OLD)
    event = await receiver.receive_stream(parts(EVENT[:7], EVENT[7:]), OLD)

    assert receiver.receive(EVENT, OLD) == event


async def test_a_large_body() -> None:
    """
    A body beyond the limit is refused, and of one that is arriving no more is read.
    """
    receiver = WebhookReceiver(OLD, limit=10)
    arriving = parts(b"x" * 8, b"x" * 8, b"the rest")

    with pytest.raises(WebhookUnreadableError, match="at most 10 bytes"):
        receiver.receive(b"x" * 11, OLD)
    with pytest.raises(WebhookUnreadableError, match="at most 10 bytes"):
        await receiver.receive_stream(arriving, OLD)

    assert b"the rest" == await anext(arriving)


async def test_nothing_is_read_without_authorization() -> None:
    """
    The body of who may not send is not looked at.
    """
    arriving = parts(b"first")

    with pytest.raises(WebhookUnauthorizedError):
        WebhookReceiver(OLD).receive(b"no event", None)
    with pytest.raises(WebhookUnauthorizedError):
        await WebhookReceiver(OLD).receive_stream(arriving, "Bearer x")

    assert b"first" == await anext(arriving)


def test_it_is_not_pickled() -> None:
    """
    A receiver does not travel: it holds what only your server should know.
    """
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(WebhookReceiver(OLD))


@pytest.mark.parametrize(
    ("authorization", "shown"), [(OLD, "1 accepted"), ([OLD, NEW], "2 accepted"), (None, "everybody")]
)
def test_it_shows_how_many(authorization: Any, shown: str) -> None:
    """
    A receiver shows whom it lets in, in numbers.
    """
    assert f"WebhookReceiver({shown})" == repr(WebhookReceiver(authorization))


def shown(error: BaseException) -> Iterator[str]:
    """
    Everything an error shows of itself, and of the variables of the frames it passed, but for those of this file.
    """
    yield from (str(error), repr(error), repr(error.args), repr(vars(error)), repr(pickle.dumps(error)))
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename != __file__:
            yield repr(frame.f_locals)


def impossible_header() -> None:
    """
    A value cannot be a header.
    """
    WebhookReceiver([OLD, f"{NEW}\n"])


def nearly_right() -> None:
    """
    Somebody sends what is nearly right, and may be right elsewhere.
    """
    WebhookReceiver([OLD, NEW]).receive(EVENT, f"{OLD}x")


def no_event() -> None:
    """
    The body is no event.
    """
    WebhookReceiver(OLD).receive(b"[]", OLD)


@pytest.mark.parametrize("scene", [impossible_header, nearly_right, no_event])
def test_no_error_shows_an_authorization(scene: Callable[[], None]) -> None:
    """
    No error, traceback or pickle shows what is accepted, nor what was given.
    """
    with pytest.raises(BelvoError) as raised:
        scene()

    assert [] == [text for text in shown(raised.value) if OLD in text or NEW in text]
