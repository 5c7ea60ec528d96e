"""
What a hostile look has found in the resources: each once, so that it stays mended.
"""

from __future__ import annotations

import asyncio
import json
import traceback

from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any

import pytest

from belvo_async import BelvoClient, RetryPolicy
from belvo_async.errors import (
    BelvoError,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    NotResumableError,
    ServerError,
)
from belvo_async.messages import Answer
from belvo_async.resources.accepted import AcceptedRequest, accepted
from belvo_async.sandbox import Fault, FaultKind, Sandbox


pytestmark = pytest.mark.anyio

CANARY = "76109277673"

PERIOD = {"date_from": "2026-01-01", "date_to": "2026-01-31"}

TOKEN_REQUIRED = {
    "code": "token_required",
    "session": "b" * 32,
    "link": "0d3ffb69-f83b-456e-ad8e-208d0998d71d",
    "expiry": 600,
}


def frames(error: BaseException) -> Iterator[str]:
    """
    Yield what a tool that shows tracebacks with variables would show of the library's own frames.
    """
    link: BaseException | None = error
    while link is not None:
        tb: TracebackType | None = link.__traceback__
        for frame, _ in traceback.walk_tb(tb):
            if "belvo_async" in frame.f_code.co_filename and "/tests/" not in frame.f_code.co_filename:
                yield from (
                    f"{frame.f_code.co_name}: {name}={value!r}" for name, value in frame.f_locals.items()
                )
        link = link.__cause__ or link.__context__


LEAKS: dict[str, Callable[[BelvoClient], Awaitable[Any]]] = {
    "a consent": lambda client: client.consents.list(user_document=f"{CANARY}x").to_list(),
    "a wrong filter": lambda client: client.links.list(external_id=CANARY, status="").to_list(),
    "a request for later": lambda client: client.transactions.request("gone", token=CANARY, **PERIOD),
    "a widget": lambda client: client.widget_access_token.generate(
        scopes="wrong", widget={"consent": {"identification_info": [{"number": CANARY}]}}, stale_in="0d"
    ),
    "a wrong widget": lambda client: client.widget_access_token.generate(external_id=CANARY, stale_in="x"),
    "own transactions": lambda client: client.categorization.categorize(
        [{"description": CANARY}], language="es"
    ),
    "own wrong transactions": lambda client: client.income_verification.verify(
        [{"description": CANARY}], language="es", date_from="soon"
    ),
}


@pytest.mark.parametrize("call", LEAKS.values(), ids=LEAKS)
async def test_no_frame_shows_whom_it_is_about(
    client: BelvoClient, call: Callable[[BelvoClient], Awaitable[Any]]
) -> None:
    """
    Neither the text of an error nor a variable of the library on its way shows a tax number or a token.
    """
    with pytest.raises(BelvoError) as caught:
        await call(client)

    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.args}"
    assert [] == [shown for shown in frames(caught.value) if CANARY in shown]


async def test_no_number_of_rounds(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `max_rounds=None` is refused before anything is sent, and the link stays free.
    """
    link = sandbox.add_link("heimdall_mx_retail", "mfa_default", "pass_valid")["id"]
    with pytest.raises(InvalidArgumentError, match="max_rounds"):
        await client.accounts.retrieve(link, max_rounds=None)  # type: ignore[arg-type]

    assert [] == list(sandbox.requests)


@pytest.mark.parametrize("save_data", ["false", 0, []])
async def test_a_wrong_flag_costs_no_token(client: BelvoClient, sandbox: Sandbox, save_data: Any) -> None:
    """
    `save_data` goes along with the user's token, so it is checked first.
    """
    with pytest.raises(InvalidArgumentError, match="save_data: expected True or False"):
        await client.accounts.resume("s", "0d3ffb69-f83b-456e-ad8e-208d0998d71d", "1", save_data=save_data)
    with pytest.raises(InvalidArgumentError, match="save_data: expected True or False"):
        await client.links.register("erebor_mx_retail", "user", "pass", save_data=save_data)

    assert [] == list(sandbox.requests)


async def test_a_challenge_where_no_flow_is(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A 428 to a call that is no flow carries its challenge, which may be all there is to go on with.
    """
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, status=428, body=json.dumps([TOKEN_REQUIRED]), operation="*")
    )
    for call in (client.links.refresh("a"), client.accounts.get("a"), client.accounts.list().to_list()):
        with pytest.raises(NotResumableError) as caught:
            await call
        assert caught.value.challenge is not None
        assert ("b" * 32, TOKEN_REQUIRED["link"]) == (
            caught.value.challenge.session,
            caught.value.challenge.link,
        )


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("body", [b'{"request_id": "abc"}', b'[{"request_id": "abc"}]'])
def test_a_receipt_is_known_by_its_body(status: int, body: bytes) -> None:
    """
    What brings nothing but the id of a request is a receipt, whatever its status: nothing is done yet.
    """
    assert AcceptedRequest(request_id="abc") == accepted(lambda answer: 5)(Answer(status, body))


async def test_a_202_keeps_its_id(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    An answer that promises data is no data; its error has the id that the webhook will have.
    """
    link = sandbox.add_link()["id"]
    accepted_ = Fault(kind=FaultKind.ANSWER, status=202, body='{"request_id": "abc"}', operation="*")
    sandbox.faults.add(accepted_)
    for call in (client.accounts.retrieve(link), client.accounts.delete("a")):
        with pytest.raises(DecodeError, match="202 Accepted") as caught:
            await call
        assert "abc" == caught.value.request_id


@pytest.mark.parametrize("call", ["refresh", "request_deletion"])
async def test_what_was_accepted_is_not_asked_twice(sandbox: Sandbox, call: str) -> None:
    """
    Where Belvo failed after it may have accepted, a second time would be refused and hide the first.
    """
    link = sandbox.add_link()["id"]
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, process=True, operation="*", times=1))
    retry = RetryPolicy(waits=(0.01,), jitter=0)
    async with BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url, retry=retry) as client:
        with pytest.raises(ServerError):
            await getattr(client.links, call)(link)

    assert 1 == len(sandbox.requests)


@pytest.mark.parametrize(
    ("type_", "given", "missing"),
    [
        ("yearly", {}, "year_from"),
        ("yearly", {"date_from": "2025-01-01", "date_to": "2025-12-31"}, "year_from"),
        ("monthly", {"year_from": 2024, "year_to": 2025}, "date_from"),
        ("monthly", {"date_from": "2025-01-01"}, "date_to"),
    ],
)
async def test_tax_returns_need_their_period(
    client: BelvoClient, sandbox: Sandbox, type_: str, given: dict[str, Any], missing: str
) -> None:
    """
    Yearly returns are asked for by years, monthly ones by days.
    """
    with pytest.raises(InvalidArgumentError, match=missing):
        await client.tax_returns.retrieve("a", type=type_, **given)

    assert [] == list(sandbox.requests)


async def test_a_widget_for_no_link(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A link that is `None` by mistake does not become a token for a new one.
    """
    with pytest.raises(InvalidArgumentError, match="link_id"):
        await client.widget_access_token.generate(link=None)  # type: ignore[arg-type]

    assert [] == list(sandbox.requests)


async def test_deleting_what_is_gone(client: BelvoClient) -> None:
    """
    A link that is not there cannot be deleted, now or later.
    """
    for call in (client.links.delete("gone"), client.links.request_deletion("gone")):
        with pytest.raises(NotFoundError):
            await call


async def test_a_fault_of_ours_lets_go_of_the_link(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Whatever goes wrong while an answer is taken in, the session ends and its link is free again.
    """
    link = sandbox.add_link()["id"]
    session = client.accounts.retrieve(link)
    session._decode = lambda answer: 1 / 0  # type: ignore[assignment]
    with pytest.raises(ZeroDivisionError):
        await session

    assert session.state.is_final
    async with asyncio.timeout(5):
        assert await client.accounts.retrieve(link)
