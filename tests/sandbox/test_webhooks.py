"""
What the sandbox tells by webhook, to whom, and how often it tries.
"""

from __future__ import annotations

import logging

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from aiohttp import web
from sandbox.api import Api, HeldClock, JumpingClock

from belvo_async.sandbox import Sandbox
from belvo_async.sandbox.outbox import BACKOFF, REPETITIONS, SentWebhook


pytestmark = pytest.mark.anyio

HEADER = "Bearer canary-webhook-7d1f"

MFA_FREE = "erebor_mx_retail"


class Ear:
    """
    A server that takes webhooks, and answers as told.

    Attributes:
        answers: Statuses of the next answers; 200 after them.
    """

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.headers: list[str | None] = []
        self.answers: list[int] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        """
        Take one.
        """
        self.heard.append(await request.json())
        self.headers.append(request.headers.get("Authorization"))
        status = self.answers.pop(0) if self.answers else 200
        return web.Response(status=status, headers={"Location": "http://example.com/"})

    def told(self) -> list[tuple[str, str]]:
        """
        Return type and code of what was heard, sorted.
        """
        return sorted((one["webhook_type"], one["webhook_code"]) for one in self.heard)


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """
    Serve an ear on the loopback.
    """
    ear = Ear()
    app = web.Application()
    app.router.add_post("/belvo", ear.hear)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}/belvo"
        yield ear
    finally:
        await runner.cleanup()


@pytest.fixture(name="ear")
async def _ear() -> AsyncIterator[Ear]:
    async with listening() as ear:
        yield ear


@pytest.fixture(name="sandbox")
async def _sandbox(clock: JumpingClock, ear: Ear) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, webhook_url=ear.url, webhook_authorization=HEADER) as sandbox:
        yield sandbox


def only(sandbox: Sandbox) -> SentWebhook:
    """
    Return the one webhook there was.
    """
    [sent] = sandbox.webhooks
    return sent


async def deferred(api: Api, method: str, path: str, **body: object) -> str:
    """
    Ask asynchronously; return the id of the request.
    """
    reply = await api.call(method, path, json=body or None, headers={"X-Belvo-Request-Mode": "async"})
    assert reply.status == 202
    id_: str = reply.json["request_id"]
    return id_


# --- what is told ---


async def test_an_asynchronous_retrieval(api: Api, sandbox: Sandbox, ear: Ear, clock: JumpingClock) -> None:
    """
    Where 202 was answered, a webhook says what is stored by now, with the id of the request in dashes.
    """
    link = sandbox.add_link(MFA_FREE, external_id="mine")
    today = clock.now().date()
    period = {"date_from": str(today - timedelta(days=6)), "date_to": str(today)}
    request_id = await deferred(api, "POST", "/api/transactions/", link=link["id"], **period)
    await sandbox.wait_until_told()

    [heard] = ear.heard
    stored = (await api.get("/api/transactions/", link=link["id"])).json
    inflows = sum(row["type"] == "INFLOW" for row in stored["results"])
    assert heard == {
        "webhook_id": heard["webhook_id"],
        "webhook_type": "TRANSACTIONS",
        "process_type": "historical_update",
        "webhook_code": "historical_update",
        "link_id": link["id"],
        "request_id": heard["request_id"],
        "external_id": "mine",
        "data": {
            "total_transactions": stored["count"],
            "total_inflow_transactions": inflows,
            "total_outflow_transactions": stored["count"] - inflows,
            "first_transaction_date": period["date_from"],
            "last_transaction_date": period["date_to"],
        },
    }
    assert stored["count"] == 7
    assert request_id == heard["request_id"].replace("-", "")


async def test_a_registration_that_orders_data(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    What a new link orders is stored without a further call, and told of resource by resource.
    """
    names = ["ACCOUNTS", "OWNERS", "TRANSACTIONS"]
    reply = await api.register(institution=MFA_FREE, fetch_resources=names)
    await sandbox.wait_until_told()

    assert ear.told() == [(name, "historical_update") for name in names]
    assert {one["link_id"] for one in ear.heard} == {reply.json["id"]}
    counts = {one["webhook_type"]: one["data"] for one in ear.heard}
    assert counts["ACCOUNTS"] == {"total_accounts": 2}
    assert counts["OWNERS"] == {"total_owners": 1}
    accounts = await api.get("/api/accounts/", link=reply.json["id"])
    assert accounts.json["count"] == 2


async def test_a_registration_with_a_token(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    Where a token is needed nothing is told before it was right.
    """
    reply = await api.register("mfa_default", "pass_valid", fetch_resources=["ACCOUNTS"])
    assert not sandbox.webhooks

    [challenge] = reply.json
    await api.answer(challenge)
    await sandbox.wait_until_told()

    assert ear.told() == [("ACCOUNTS", "historical_update")]


@pytest.mark.parametrize(
    ("mode", "told"), [("recurrent", [("ACCOUNTS", "historical_update")]), ("single", [])]
)
async def test_an_update(
    api: Api, sandbox: Sandbox, ear: Ear, mode: str, told: list[tuple[str, str]]
) -> None:
    """
    With new credentials Belvo fetches again what a recurrent link has ordered.
    """
    link = sandbox.add_link(MFA_FREE, access_mode=mode, fetch_resources=["ACCOUNTS"])
    await api.put(f"/api/links/{link['id']}/", password="new")
    await sandbox.wait_until_told()

    assert ear.told() == told


async def test_a_refresh(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    A refresh tells of what it was asked for, in answer to the request.
    """
    link = sandbox.add_link(MFA_FREE)
    reply = await api.post(f"/api/links/{link['id']}/refresh/", fetch_resources=["BILLS", "BALANCES"])
    await sandbox.wait_until_told()

    assert ear.told() == [("BALANCES", "historical_update"), ("BILLS", "historical_update")]
    assert {one["request_id"].replace("-", "") for one in ear.heard} == {reply.json["request_id"]}


async def test_invoices(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    Invoices that came and those that went are told of separately.
    """
    link = sandbox.add_link("tatooine_mx_fiscal")
    await api.post(f"/api/links/{link['id']}/refresh/", fetch_resources=["INVOICES"])
    await sandbox.wait_until_told()

    assert ear.told() == [
        ("INVOICES", "historical_inflow_update"),
        ("INVOICES", "historical_outflow_update"),
    ]


async def test_every_resource_can_be_fetched(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    Whatever an institution offers can be ordered.
    """
    for name in (MFA_FREE, "tatooine_mx_fiscal", "planet_mx_employment"):
        link, offered = sandbox.add_link(name), sandbox.institution(name)["resources"]
        await api.post(f"/api/links/{link['id']}/refresh/", fetch_resources=offered)
        await sandbox.wait_until_told()

        assert {one["webhook_type"] for one in ear.heard if one["link_id"] == link["id"]} == set(offered)


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [("password", "invalid_credentials", "invalid"), ("status", "token_required", "token_required")],
)
async def test_a_refresh_that_cannot_log_in(
    api: Api, sandbox: Sandbox, ear: Ear, change: str, code: str, status: str
) -> None:
    """
    Where Belvo does not get in it tells why, stores nothing, and the link shows it.
    """
    link = sandbox.add_link(MFA_FREE)
    if change == "password":
        sandbox.change_password(link["id"])
    else:
        link["status"] = "token_required"
    await api.post(f"/api/links/{link['id']}/refresh/", fetch_resources=["ACCOUNTS"])
    await sandbox.wait_until_told()

    assert ear.told() == [("LINK", code)]
    assert sandbox.links[link["id"]]["status"] == status
    assert (await api.get("/api/accounts/", link=link["id"])).json["count"] == 0


async def test_an_asynchronous_deletion(api: Api, sandbox: Sandbox, ear: Ear) -> None:
    """
    A deletion that was answered 202 is told of when the link is gone.
    """
    link = sandbox.add_link(MFA_FREE)
    request_id = await deferred(api, "DELETE", f"/api/links/{link['id']}/")
    await sandbox.wait_until_told()

    [heard] = ear.heard
    assert ear.told() == [("LINK", "link_deleted")]
    assert heard["request_id"].replace("-", "") == request_id
    assert heard["link_id"] == link["id"]


async def test_nothing_else_is_told(api: Api, sandbox: Sandbox) -> None:
    """
    What was answered at once needs no webhook.
    """
    link = (await api.register(institution=MFA_FREE)).json["id"]
    await api.post("/api/accounts/", link=link)
    await api.delete(f"/api/links/{link}/")

    assert not sandbox.webhooks


@pytest.mark.parametrize(
    ("code", "status"), [("token_required", "token_required"), ("invalid_credentials", "invalid")]
)
async def test_by_command(api: Api, sandbox: Sandbox, ear: Ear, code: str, status: str) -> None:
    """
    A test can let a link need its user: it is told, and the link behaves so.
    """
    link = sandbox.add_link(MFA_FREE)
    sandbox.notify(link["id"], code)
    await sandbox.wait_until_told()

    [heard] = ear.heard
    assert (heard["webhook_type"], heard["webhook_code"]) == ("LINK", code)
    assert heard["process_type"] == "recurrent_update"
    assert (await api.get(f"/api/links/{link['id']}/")).json["status"] == status
    assert (await api.post("/api/accounts/", link=link["id"])).status in {400, 428}


async def test_any_command(sandbox: Sandbox, ear: Ear) -> None:
    """
    A test can have anything told.
    """
    link = sandbox.add_link(MFA_FREE)
    sandbox.notify(
        link["id"], "new_transactions_available", type="TRANSACTIONS", data={"new_transactions": 3}
    )
    await sandbox.wait_until_told()

    [heard] = ear.heard
    assert ear.told() == [("TRANSACTIONS", "new_transactions_available")]
    assert heard["data"] == {"new_transactions": 3}
    assert link["status"] == "valid"


# --- how it is told ---


async def test_it_is_signed(sandbox: Sandbox, ear: Ear) -> None:
    """
    The header goes along, and is shown nowhere.
    """
    sandbox.notify(sandbox.add_link()["id"], "token_required")
    await sandbox.wait_until_told()

    assert ear.headers == [HEADER]
    assert (only(sandbox).outcome, only(sandbox).statuses) == ("delivered", [200])
    shown = [repr(sandbox), repr(sandbox.webhooks), repr(sandbox.settings), repr(sandbox._world)]
    assert [text for text in shown if "canary" in text] == []


async def test_without_a_header(ear: Ear) -> None:
    """
    Nothing goes along where nothing was given.
    """
    async with Sandbox(webhook_url=ear.url) as sandbox:
        sandbox.notify(sandbox.add_link()["id"], "token_required")
        await sandbox.wait_until_told()

    assert ear.headers == [None]


async def test_it_is_repeated(sandbox: Sandbox, ear: Ear, clock: JumpingClock) -> None:
    """
    What is not answered 2xx is sent again, the same to the letter, after waits that grow evenly.
    """
    ear.answers = [500, 302, 401]
    sandbox.notify(sandbox.add_link()["id"], "token_required")
    await sandbox.wait_until_told()

    assert (only(sandbox).outcome, only(sandbox).statuses) == ("delivered", [500, 302, 401, 200])
    assert [one == ear.heard[0] for one in ear.heard] == [True] * 4
    assert clock.slept == [BACKOFF, 2 * BACKOFF, 3 * BACKOFF]


async def test_it_is_given_up(sandbox: Sandbox, ear: Ear, clock: JumpingClock) -> None:
    """
    After five repetitions nobody tries again.
    """
    ear.answers = [500] * 10
    sandbox.notify(sandbox.add_link()["id"], "token_required")
    await sandbox.wait_until_told()

    assert only(sandbox).outcome == "given_up"
    assert len(ear.heard) == 1 + REPETITIONS == 6
    assert clock.slept == [number * BACKOFF for number in (1, 2, 3, 4, 5)]


async def test_nobody_listens(clock: JumpingClock) -> None:
    """
    Where nobody listens it is tried as often.
    """
    async with listening() as ear:
        url = ear.url
    async with Sandbox(clock=clock, webhook_url=url) as sandbox:
        sandbox.notify(sandbox.add_link()["id"], "token_required")
        await sandbox.wait_until_told()

    assert (only(sandbox).outcome, only(sandbox).statuses) == ("given_up", [None] * 6)


async def test_closing_drops_what_is_under_way(held: HeldClock, ear: Ear) -> None:
    """
    A sandbox that is closed leaves no task behind, and says what was not delivered.
    """
    ear.answers = [500]
    async with Sandbox(clock=held, webhook_url=ear.url) as sandbox:
        link = sandbox.add_link()["id"]
        sandbox.notify(link, "token_required")
        await held.sleeping.wait()
        sandbox.notify(link, "token_required")  # which has had no turn yet
    await sandbox.wait_until_told()

    assert [sent.outcome for sent in sandbox.webhooks] == ["dropped", "dropped"]
    assert sandbox._world.outbox._tasks == set()


async def test_it_can_be_started_again(clock: JumpingClock, ear: Ear) -> None:
    """
    A sandbox that was closed and started again tells as before.
    """
    sandbox = Sandbox(clock=clock, webhook_url=ear.url)
    for _ in range(2):
        async with sandbox:
            sandbox.notify(sandbox.add_link()["id"], "token_required")
            await sandbox.wait_until_told()

    assert [sent.outcome for sent in sandbox.webhooks] == ["delivered"] * 2
    assert sandbox.summary()["webhooks"] == 2


async def test_without_an_address(clock: JumpingClock) -> None:
    """
    Without an address the data are stored all the same, nothing is sent, and a command says why.
    """
    async with Sandbox(clock=clock) as sandbox:
        api = Api(sandbox)
        async with api.session:
            link = (await api.register(institution=MFA_FREE, fetch_resources=["ACCOUNTS"])).json["id"]
            assert (await api.get("/api/accounts/", link=link)).json["count"] == 2
        with pytest.raises(RuntimeError, match="webhook_url"):
            sandbox.notify(link, "token_required")

        assert sandbox.links[link]["status"] == "valid"
        assert not sandbox.webhooks


async def test_an_unknown_link(sandbox: Sandbox) -> None:
    """
    Nothing can be told of a link that is not there.
    """
    with pytest.raises(KeyError):
        sandbox.notify("0" * 32, "token_required")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/belvo",
        "https://127.0.0.1/belvo",
        "http://10.0.0.1/belvo",
        "http://user:password@127.0.0.1/belvo",
        "http://127.0.0.1.example.com/",
        "http://[::1/",
        "127.0.0.1:80",
        "",
    ],
)
def test_only_the_loopback(url: str) -> None:
    """
    Webhooks with made-up data leave the machine in no case.
    """
    with pytest.raises(ValueError, match="expected http on the loopback") as raised:
        Sandbox(webhook_url=url)

    assert "password" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://localhost:1/", "http://127.0.0.2:1/x", "http://[::1]:1/"])
def test_the_loopback(url: str) -> None:
    """
    All names of the loopback will do.
    """
    assert not Sandbox(webhook_url=url).webhooks


def test_a_header_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """
    What no header can carry is refused, without showing it.
    """
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ValueError, match="expected a text that a header can carry") as raised:
        Sandbox(webhook_url="http://localhost:1/", webhook_authorization=f"{HEADER}\n")

    assert "canary" not in f"{raised.value!r}{caplog.text}"
