"""
The answer that ended a session, as it came.
"""

from __future__ import annotations

import json
import pickle

from collections.abc import Callable

import pytest

from people import BANK, careful, unwilling

from belvo_async import BelvoClient, MfaState
from belvo_async.errors import ApiError, BelvoError, DecodeError, MfaDeclinedError
from belvo_async.messages import Answer
from belvo_async.sandbox import Fault, FaultKind, Sandbox


pytestmark = pytest.mark.anyio


async def test_the_answer_of_a_session_that_completed(client: BelvoClient) -> None:
    """
    A session that has completed has the answer that its result was read from, headers and bytes included.
    """
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    assert session.response is None
    link = await session
    answer = session.response

    assert answer is not None
    assert 200 <= answer.status < 300
    assert link.id == json.loads(answer.body)["id"]
    assert "application/json" == answer.headers["content-type"].partition(";")[0]
    assert str(len(answer.body)) == answer.headers["content-length"]
    assert answer.request_id == answer.headers.get("x-request-id")


async def test_a_session_that_waits_keeps_no_answer(client: BelvoClient) -> None:
    """
    While the user is asked nothing of an answer is kept, nor when the session has been suspended then.
    """
    session = client.links.register(BANK, "mfa_twice", "pass_valid")
    async for challenge in session:
        assert session.response is None
        if challenge.round == 2:
            session.suspend()
            break
        await session.submit("111111")

    assert session.response is None


async def test_the_answer_that_a_session_failed_by(client: BelvoClient) -> None:
    """
    A session that Belvo has ended has the answer that says so.
    """
    session = client.links.register(BANK, "user_invalid", "pass_valid")
    with pytest.raises(ApiError) as raised:
        await session
    answer = session.response

    assert answer is not None
    assert raised.value.status == answer.status
    assert raised.value.code.encode() in answer.body  # type: ignore[union-attr] # it has one


async def test_an_answer_that_cannot_be_read(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A session that failed because its result could not be read has the answer as it came.
    """
    sandbox.faults.add(Fault(kind=FaultKind.TRUNCATED_JSON, operation="PATCH *", at_byte=9))
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    with pytest.raises(DecodeError):
        await session

    assert session.response is not None
    assert 9 == len(session.response.body)


@pytest.mark.parametrize("prompt", [unwilling, None], ids=["declined", "not asked"])
async def test_no_answer_ended_it(client: BelvoClient, prompt: Callable[..., object] | None) -> None:
    """
    A session that was not ended by an answer has none.
    """
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=prompt)  # type: ignore[arg-type] # both kinds
    with pytest.raises(BelvoError) as raised:
        await session

    assert isinstance(raised.value, MfaDeclinedError) == (prompt is not None)
    assert session.response is None


async def test_what_was_found_by_looking(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A session whose result was looked up, because no answer came, has none.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_PROCESSED, operation="PATCH *"))
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    await session

    assert MfaState.COMPLETED is session.state
    assert session.response is None


def test_headers_of_an_answer() -> None:
    """
    Headers are found by their names in small letters; one that came twice is one text; bytes that are no text show
    as such. An answer pickles whole.
    """
    answer = Answer(
        200, b"{}", raw_headers=((b"X-Request-Id", b"a"), (b"Set-Cookie", b"b=1"), (b"set-cookie", b"c=\xff"))
    )

    assert {"x-request-id": "a", "set-cookie": "b=1, c=\ufffd"} == answer.headers
    assert "b=1" not in repr(answer)
    assert answer.headers == pickle.loads(pickle.dumps(answer)).headers  # noqa: S301 - our own
