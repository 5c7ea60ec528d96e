"""
What Belvo is asked to do later.
"""

from __future__ import annotations

import inspect
import pickle

import pytest

from people import careful

from belvo_async import AcceptedRequest, BelvoClient
from belvo_async.errors import (
    DecodeError,
    InvalidArgumentError,
    MfaRequiredError,
    NotFoundError,
    UncertainOutcomeError,
)
from belvo_async.messages import Answer
from belvo_async.models import Transaction
from belvo_async.resources.accepted import accepted, request_id_of
from belvo_async.sandbox import Fault, FaultKind, Sandbox


pytestmark = pytest.mark.anyio

PERIOD = {"date_from": "2026-01-01", "date_to": "2026-01-31"}


async def test_a_retrieval_for_later(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Belvo accepts the request, and what it brings is listed when it is there.
    """
    link = sandbox.add_link()["id"]
    request = await client.transactions.request(link, **PERIOD)

    assert (request.is_done, request.result) == (False, None)
    assert len(request.request_id or "") == 32
    assert 31 == len(await client.transactions.list(link=link).to_list())


async def test_a_challenge_without_a_prompt(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A token that is wanted at once is asked for; the ticket resumes the retrieval, which brings the data.
    """
    link = sandbox.add_link("heimdall_mx_retail", "mfa_default", "pass_valid")["id"]
    with pytest.raises(MfaRequiredError) as caught:
        await client.transactions.request(link, **PERIOD)
    ticket = caught.value.ticket
    assert ticket is not None
    rows = await client.resume(ticket, "111111")

    assert 31 == len(rows)
    assert all(isinstance(row, Transaction) for row in rows)


async def test_a_challenge_with_a_prompt(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    After a challenge there is nothing to wait for, and the result says so.
    """
    link = sandbox.add_link("heimdall_mx_retail", "mfa_default", "pass_valid")["id"]
    request = await client.transactions.request(link, **PERIOD, prompt=careful)

    assert (request.is_done, request.request_id, len(request.result or [])) == (True, None, 31)


async def test_a_request_without_an_answer(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A request that may have been accepted is not sent again, and no data is taken for its answer.
    """
    link = sandbox.add_link()["id"]
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_PROCESSED, operation="POST /api/transactions/", times=1))
    with pytest.raises(UncertainOutcomeError):
        await client.transactions.request(link, **PERIOD)

    assert 1 == sandbox.counts["POST /api/transactions/"]


async def test_wrong_arguments(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    The arguments are those of `retrieve()`, and so are the errors about them.
    """
    with pytest.raises(InvalidArgumentError, match="date_from"):
        await client.transactions.request("a", date_from="soon", date_to="2026-01-31")

    assert [] == list(sandbox.requests)


async def test_the_other_verbs_are_not_changed(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A retrieval after a request for later is done at once.
    """
    link = sandbox.add_link()["id"]
    await client.transactions.request(link, **PERIOD)

    assert 31 == len(await client.transactions.retrieve(link, **PERIOD))


def test_help_shows_the_arguments() -> None:
    """
    `help()` shows what the verb takes.
    """
    client = BelvoClient("a", "b", environment="sandbox")
    names = list(inspect.signature(client.transactions.request).parameters)

    assert list(inspect.signature(client.transactions.retrieve).parameters) == names
    assert "webhook" in (client.transactions.request.__doc__ or "")


async def test_refreshing(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A refresh is accepted, and what to fetch is sent if it is said.
    """
    link, other = sandbox.add_link()["id"], sandbox.add_link()["id"]
    request = await client.links.refresh(link, fetch_resources=["ACCOUNTS"])
    await client.links.refresh(other)

    assert len(request.request_id or "") == 32
    assert [{"fetch_resources": ["ACCOUNTS"]}, {}] == [seen.body for seen in sandbox.requests]


async def test_deleting_later(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A deletion for later is accepted; of a link that is not there it is refused.
    """
    link = sandbox.add_link()["id"]
    request = await client.links.request_deletion(link)

    assert len((request.request_id or "").replace("-", "")) == 32
    with pytest.raises(NotFoundError):
        await client.links.request_deletion("0d3ffb69-f83b-456e-ad8e-208d0998d71d")


@pytest.mark.parametrize("body", [b'{"request_id": "abc"}', b'[{"request_id": "abc"}]'])
def test_receipts(body: bytes) -> None:
    """
    A receipt comes as an object, or as a list of one.
    """
    assert "abc" == request_id_of(Answer(202, body))
    assert AcceptedRequest(request_id="abc") == accepted(lambda answer: 5)(Answer(202, body))


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"request_id": 5}', b'{"request_id": ""}', b"<html>", b"null"]
)
def test_what_is_no_receipt(body: bytes) -> None:
    """
    Without an id no webhook can be told to belong to the request.
    """
    with pytest.raises(DecodeError, match="request_id"):
        request_id_of(Answer(202, body))


def test_belvo_may_not_wait() -> None:
    """
    An answer other than 202 is the data itself.
    """
    assert AcceptedRequest(result=5) == accepted(lambda answer: 5)(Answer(201, b"5"))


@pytest.mark.parametrize(
    ("request_id", "is_it"),
    [
        ("0d3ffb69f83b456ead8e208d0998d71d", True),
        ("0D3FFB69-F83B-456E-AD8E-208D0998D71D", True),
        ("0d3ffb69f83b456ead8e208d0998d71e", False),
        ("", False),
        (None, False),
    ],
)
def test_webhooks_belong_to_it(request_id: str | None, is_it: bool) -> None:
    """
    The id of the request comes again in the webhook, there with dashes.
    """
    request: AcceptedRequest[None] = AcceptedRequest(request_id="0d3ffb69f83b456ead8e208d0998d71d")

    assert is_it is request.is_answered_by(request_id)
    assert not AcceptedRequest(result=5).is_answered_by(request_id)


def test_it_pickles() -> None:
    """
    An accepted request is a value.
    """
    request: AcceptedRequest[None] = AcceptedRequest(request_id="abc")

    assert request == pickle.loads(pickle.dumps(request))  # noqa: S301 - of our own
