"""
From the sandbox, over real sockets and through each helper, to what the client does about it.
"""

from __future__ import annotations

import asyncio
import logging

from collections.abc import AsyncIterator

import aiohttp
import pytest

from webhooks.servers import Inbox, Serve, in_aiohttp, in_starlette

from belvo_async import BelvoClient, MfaTicket
from belvo_async.errors import InvalidLinkError, MfaRequiredError
from belvo_async.models import InstitutionResource, LinkStatus
from belvo_async.sandbox import Sandbox
from belvo_async.testing import ManualClock
from belvo_async.webhooks import (
    AccountsFound,
    LinkProblem,
    TransactionsFound,
    WebhookCode,
    WebhookData,
    WebhookEvent,
    WebhookReceiver,
    WebhookType,
)
from belvo_async.webhooks.event import KINDS


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("serve", [in_aiohttp, in_starlette], ids=["aiohttp", "starlette"]),
]

HEADER = "Bearer canary-webhook-7d1f"

OPEN, WITH_TOKEN = "erebor_mx_retail", "heimdall_mx_retail"


@pytest.fixture(name="inbox")
def _inbox() -> Inbox:
    return Inbox()


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="url")
async def _url(serve: Serve, inbox: Inbox) -> AsyncIterator[str]:
    async with serve(WebhookReceiver(HEADER), inbox.handle) as url:
        yield url


@pytest.fixture(name="sandbox")
async def _sandbox(url: str, clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, webhook_url=url, webhook_authorization=HEADER) as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[BelvoClient]:
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, clock=clock
    ) as client:
        yield client


async def told(sandbox: Sandbox, clock: ManualClock) -> None:
    """
    Let all webhooks come to their end, with as many repetitions as that takes.
    """
    done = asyncio.ensure_future(sandbox.wait_until_told())
    while not done.done():
        await clock.advance(60 if clock.sleeping else 0)
        await asyncio.sleep(0)


async def test_what_was_ordered(
    client: BelvoClient, sandbox: Sandbox, inbox: Inbox, clock: ManualClock
) -> None:
    """
    When a webhook says that data are there, a list has as many as it says.
    """
    link = await client.links.register(
        OPEN, "bnk100", "full", external_id="mine", fetch_resources=["ACCOUNTS"]
    )
    await told(sandbox, clock)

    [event] = inbox.events
    assert (WebhookType.ACCOUNTS, WebhookCode.HISTORICAL_UPDATE) == event.kind
    assert (link.id, "mine") == (event.link_id, event.external_id)
    assert AccountsFound(total_accounts=2) == event.data
    assert 2 == len(await client.accounts.list(link=link.id).to_list())


async def test_an_asynchronous_request(sandbox: Sandbox, inbox: Inbox, clock: ManualClock) -> None:
    """
    A webhook answers the request whose bare id the 202 has told, and no other.
    """
    keys = aiohttp.encode_basic_auth(sandbox.secret_id, sandbox.secret_password)
    headers = {"Authorization": keys, "X-Belvo-Request-Mode": "async"}
    body = {"link": sandbox.add_link(OPEN)["id"], "date_from": "2025-12-01", "date_to": "2025-12-10"}
    ids = []
    async with aiohttp.ClientSession(sandbox.url, headers=headers) as session:
        for _ in range(2):
            async with session.post("/api/transactions/", json=body) as response:
                assert 202 == response.status
                ids.append((await response.json())["request_id"])
    await told(sandbox, clock)

    answered = {id_: [event for event in inbox.events if event.answers(id_)] for id_ in ids}
    assert [1, 1] == [len(events) for events in answered.values()]
    assert 2 == len({event.dedupe_key for event in inbox.events})
    for event in inbox.events:
        assert isinstance(event.data, TransactionsFound)
        assert 10 == event.data.total_transactions


OFFERING_ALL = (
    OPEN,
    "tatooine_mx_fiscal",
    "tatooine_cl_fiscal",
    "planet_mx_employment",
    "planet_br_employment",
)
"""Institutions that offer, together, every resource that webhooks tell of."""


async def test_every_resource(
    sandbox: Sandbox, client: BelvoClient, inbox: Inbox, clock: ManualClock
) -> None:
    """
    What the sandbox tells of each resource is what the library knows.
    """
    for institution in OFFERING_ALL:
        offered = sandbox.institution(institution)["resources"]
        await client.links.register(institution, "bnk100", "full", fetch_resources=offered)
        await told(sandbox, clock)

    assert set(KINDS) >= {event.kind for event in inbox.events}
    assert set() == {event.problems for event in inbox.events} - {()}
    assert set(InstitutionResource) - TOLD_BY_NOBODY <= {event.webhook_type for event in inbox.events}
    silent = [
        event
        for event in inbox.events
        if type(event.data) is not WebhookData and event.data == type(event.data)()
    ]
    assert [] == silent


TOLD_BY_NOBODY = {"EXCHANGES", "INVESTMENTS_TRANSACTIONS"}
"""What no institution of the sandbox offers."""


async def test_a_token_is_required(
    client: BelvoClient, sandbox: Sandbox, inbox: Inbox, clock: ManualClock
) -> None:
    """
    A link that needs a token is told of; an update and a ticket make it work again.
    """
    link = sandbox.add_link(WITH_TOKEN, "mfa_default", "pass_valid")["id"]
    sandbox.notify(link, "token_required")
    await told(sandbox, clock)

    [event] = inbox.events
    assert (WebhookType.LINK, WebhookCode.TOKEN_REQUIRED) == event.kind
    assert event.link_id is not None
    assert LinkStatus.TOKEN_REQUIRED == (await client.links.get(event.link_id)).status
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.update(event.link_id, password="pass_valid")
    assert raised.value.ticket is not None
    stored = raised.value.ticket.to_json()
    assert LinkStatus.VALID == (await client.resume(MfaTicket.from_json(stored), "111111")).status


async def test_invalid_credentials(
    client: BelvoClient, sandbox: Sandbox, inbox: Inbox, clock: ManualClock
) -> None:
    """
    A link whose login is refused is told of with the reason, cannot be used, and works after an update.
    """
    link = sandbox.add_link(OPEN)["id"]
    sandbox.notify(link, "invalid_credentials")
    await told(sandbox, clock)

    [event] = inbox.events
    assert isinstance(event.data, LinkProblem)
    assert ("login_error", 400) == (event.data.error_code, event.data.status)
    with pytest.raises(InvalidLinkError):
        await client.accounts.retrieve(link)
    assert LinkStatus.VALID == (await client.links.update(link, password="new")).status


async def test_a_failure_brings_it_again(sandbox: Sandbox, inbox: Inbox, clock: ManualClock) -> None:
    """
    An event that could not be dealt with comes again until it can.
    """
    inbox.failures = 2
    sandbox.notify(sandbox.add_link(OPEN)["id"], "token_required")
    await told(sandbox, clock)

    assert 1 == len(inbox.events)
    assert [500, 500, 200] == sandbox.webhooks[0].statuses


async def test_a_repetition_is_known(serve: Serve, clock: ManualClock) -> None:
    """
    Where the work was done and the answer was not 2xx, the key says that the event is an old one.
    """
    deliveries: list[str] = []
    done: dict[str, WebhookEvent] = {}

    async def handle(event: WebhookEvent) -> None:
        deliveries.append(event.dedupe_key)
        if event.dedupe_key not in done:
            done[event.dedupe_key] = event
            raise ConnectionError("after the work was done")

    async with (
        serve(WebhookReceiver(HEADER), handle) as url,
        Sandbox(clock=clock, webhook_url=url, webhook_authorization=HEADER) as sandbox,
    ):
        for _ in range(2):
            sandbox.notify(sandbox.add_link(OPEN)["id"], "token_required")
        await told(sandbox, clock)

    assert 4 == len(deliveries)
    assert set(deliveries) == set(done)
    assert 2 == len(done)


@pytest.mark.parametrize("header", [None, "Bearer another"])
async def test_a_wrong_header(
    url: str, inbox: Inbox, clock: ManualClock, header: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Without the right header nothing gets through, however often it is tried, and no log shows what was accepted.
    """
    caplog.set_level(logging.DEBUG)
    async with Sandbox(clock=clock, webhook_url=url, webhook_authorization=header) as sandbox:
        sandbox.notify(sandbox.add_link(OPEN)["id"], "token_required")
        await told(sandbox, clock)

        assert [401] * 6 == sandbox.webhooks[0].statuses
        assert "given_up" == sandbox.webhooks[0].outcome
    assert [] == inbox.events
    assert [] == [record for record in caplog.records if "canary" in f"{record.getMessage()}{vars(record)!r}"]


async def test_while_the_header_changes(serve: Serve, inbox: Inbox, clock: ManualClock) -> None:
    """
    With both values accepted no event is lost while Belvo goes from one to the other.
    """
    async with serve(WebhookReceiver([HEADER, "Basic bmV3Om9uZQ=="]), inbox.handle) as url:
        for header in (HEADER, "Basic bmV3Om9uZQ=="):
            async with Sandbox(clock=clock, webhook_url=url, webhook_authorization=header) as sandbox:
                sandbox.notify(sandbox.add_link(OPEN)["id"], "token_required")
                await told(sandbox, clock)

    assert 2 == len(inbox.events)
