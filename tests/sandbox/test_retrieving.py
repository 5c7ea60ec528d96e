"""
Retrieving data, storing it, and finding it again.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import Api, JumpingClock

from belvo_async.sandbox import Fault, Sandbox
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.resources import RESOURCES, Resource


pytestmark = pytest.mark.anyio

BALANCES = "/api/balances/"
PERIOD: dict[str, object] = {"date_from": "2026-01-01", "date_to": "2026-02-19"}

BODY: dict[str, object] = {**PERIOD, "type": "INFLOW", "year_from": "2024", "year_to": 2025}


def link_for(sandbox: Sandbox, resource: Resource) -> Any:
    """
    Return a link at an institution that offers *resource*.
    """
    name = next(name for name, offer in INSTITUTIONS.items() if resource.name in offer.resources)
    return sandbox.add_link(name)


def body_for(resource: Resource) -> dict[str, object]:
    """
    Return what a call for *resource* may say besides the link.
    """
    return {**BODY, "type": "yearly"} if resource.name == "TAX_RETURNS" else BODY


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_every_resource(api: Api, sandbox: Sandbox, resource: Resource) -> None:
    """
    Every resource can be retrieved, listed and read; most can be deleted.
    """
    link = link_for(sandbox, resource)["id"]
    path = resource.path

    reply = await api.post(path, link=link, **body_for(resource))
    rows = [reply.json] if resource.single else reply.json
    listed = await api.get(path, link=link, page_size=1000)

    assert reply.status == 201
    assert rows
    assert listed.json["results"] == rows
    assert (await api.get(f"{path}{rows[0]['id']}/")).json == rows[0]

    deleted = await api.delete(f"{path}{rows[0]['id']}/")

    assert deleted.status == (204 if resource.deletable else 405)
    assert (await api.get(f"{path}{rows[0]['id']}/")).status == (404 if resource.deletable else 200)
    assert (await api.get(path, link=link)).json["count"] == len(rows) - resource.deletable


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
async def test_every_resource_after_a_challenge(api: Api, sandbox: Sandbox, resource: Resource) -> None:
    """
    Every resource may be challenged; whether it can be resumed depends.
    """
    link = link_for(sandbox, resource)
    link["status"] = "token_required"

    challenged = await api.post(resource.path, link=link["id"], **body_for(resource))
    assert challenged.status == 428
    reply = await api.answer(challenged.json[0], path=resource.path)

    if not resource.resumable:
        assert (reply.status, reply.code) == (405, "method_not_allowed")
        return
    rows = [reply.json] if resource.single_on_resume else reply.json
    assert reply.status == 201
    assert (await api.get(resource.path, link=link["id"], page_size=1000)).json["results"] == rows


async def test_ids_are_unique(api: Api, sandbox: Sandbox) -> None:
    """
    No two rows share an id, whatever they are rows of.
    """
    seen: list[str] = []
    for _ in range(3):
        link = sandbox.add_link()["id"]
        for path in ("/api/accounts/", "/api/transactions/", BALANCES, "/api/owners/"):
            rows = (await api.post(path, link=link, **PERIOD)).json
            seen += [row["id"] for row in rows]

    assert len(seen) == 3 * (2 + 50 + 50 + 1)
    assert len(set(seen)) == len(seen)


async def test_balances(api: Api, sandbox: Sandbox) -> None:
    """
    There is a balance for each day of the period, both ends included, with the account it is of.
    """
    link = sandbox.add_link()["id"]
    rows = (await api.post(BALANCES, link=link, **PERIOD)).json
    accounts = (await api.post("/api/accounts/", link=link)).json

    assert len(rows) == 50
    assert (rows[0]["value_date"], rows[-1]["value_date"]) == ("2026-01-01", "2026-02-19")
    assert set(rows[0]) == {
        "id",
        "account",
        "value_date",
        "balance",
        "current_balance",
        "statement",
        "collected_at",
    }
    assert {row["account"]["id"] for row in rows} == {accounts[0]["id"]}
    assert rows[0]["account"]["link"] == link


async def test_several_rows_a_day(api: Api, sandbox: Sandbox) -> None:
    """
    More rows a day come from more accounts; an account can be asked for by its id.
    """
    sandbox.settings.rows_per_day = 3
    sandbox.settings.accounts_per_link = 4
    link = sandbox.add_link()["id"]
    ids = [account["id"] for account in (await api.post("/api/accounts/", link=link)).json]

    every = (await api.post(BALANCES, link=link, **PERIOD)).json
    second = (await api.post(BALANCES, link=link, account=ids[1], **PERIOD)).json
    fourth = (await api.post(BALANCES, link=link, account=ids[3], **PERIOD)).json
    unknown = await api.post(BALANCES, link=link, account=link, **PERIOD)

    assert len(every) == 150
    assert [row["account"]["id"] for row in every[::50]] == ids[:3]
    assert {row["account"]["id"] for row in second} == {ids[1]}
    assert second == every[50:100]
    assert len(fourth) == 50
    assert unknown.codes == [("does_not_exist", "account")]


async def test_kinds_of_accounts(api: Api, sandbox: Sandbox) -> None:
    """
    A user has accounts of each kind, with what only that kind has.
    """
    sandbox.settings.accounts_per_link = 5
    rows = (await api.post("/api/accounts/", link=sandbox.add_link("erebor_br_retail")["id"])).json

    assert [row["category"] for row in rows] == [
        "CHECKING_ACCOUNT",
        "SAVINGS_ACCOUNT",
        "CREDIT_CARD",
        "LOAN_ACCOUNT",
        "CHECKING_ACCOUNT",
    ]
    assert [row["currency"] for row in rows] == ["BRL"] * 5
    assert rows[2]["credit_data"]["credit_limit"]
    assert rows[3]["loan_data"]["fees"]
    assert rows[0]["credit_data"] is rows[0]["loan_data"] is None


@pytest.mark.parametrize(
    ("password", "lowest", "highest"),
    [("full", 0, 100_000), ("low", 0, 100), ("negative", -10_000, 0)],
)
async def test_datasets(api: Api, sandbox: Sandbox, password: str, lowest: int, highest: int) -> None:
    """
    The password of a test user says what is at the bank.
    """
    rows = (await api.post(BALANCES, link=sandbox.add_link(password=password)["id"], **PERIOD)).json

    assert all(lowest <= row["balance"] <= highest for row in rows)
    assert len({row["balance"] for row in rows}) > 40


async def test_no_data(api: Api, sandbox: Sandbox) -> None:
    """
    A user may have nothing.
    """
    reply = await api.post(BALANCES, link=sandbox.add_link(password="nodata")["id"], **PERIOD)

    assert (reply.status, reply.json) == (201, [])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("required", "date_from"), ("required", "date_to")]),
        (
            {"date_from": "2026-02-30", "date_to": "tomorrow"},
            [("invalid", "date_from"), ("invalid", "date_to")],
        ),
        ({"date_from": 20260101, "date_to": "2026-01-02"}, [("invalid", "date_from")]),
        ({"date_from": "2026-01-02", "date_to": "2026-01-01"}, [("invalid", "date_from")]),
        ({"date_from": "2026-01-02", "date_to": "2026-03-16"}, [("invalid", "date_to")]),
        ({**PERIOD, "save_data": "false"}, [("invalid", "save_data")]),
    ],
)
async def test_refused_periods(
    api: Api, sandbox: Sandbox, body: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """
    A period has to be one, and must not reach into the future.
    """
    reply = await api.post(BALANCES, link=sandbox.add_link()["id"], **body)

    assert (reply.status, reply.codes) == (400, expected)


async def test_today_is_no_future(api: Api, sandbox: Sandbox) -> None:
    """
    A period may end today, and begin before the institution has data.
    """
    reply = await api.post(
        BALANCES, link=sandbox.add_link()["id"], date_from="1990-01-01", date_to="2026-03-15", save_data=False
    )

    assert len(reply.json) == 3651


async def test_refused_links(api: Api, sandbox: Sandbox) -> None:
    """
    A link has to be named, exist, and be at an institution that offers the resource.
    """
    fiscal = sandbox.add_link("tatooine_mx_fiscal")["id"]

    assert (await api.post("/api/owners/")).codes == [("required", "link")]
    assert (await api.post("/api/owners/", link=5)).codes == [("invalid", "link")]
    assert (await api.post("/api/owners/", link="5")).codes == [("does_not_exist", "link")]
    assert (await api.post("/api/owners/", link=fiscal)).code == "unsupported_operation"


async def test_not_saved(api: Api, sandbox: Sandbox) -> None:
    """
    Without `save_data` the answer is 200 and nothing can be found later.
    """
    link = sandbox.add_link()["id"]

    reply = await api.post(BALANCES, link=link, save_data=False, **PERIOD)

    assert (reply.status, len(reply.json)) == (200, 50)
    assert (await api.get(BALANCES)).json["count"] == 0
    for id_ in (reply.json[0]["id"], link, "5", "no-id"):
        assert (await api.get(f"{BALANCES}{id_}/")).code == "not_found"


@pytest.mark.parametrize("saved", [None, True, False])
async def test_resume_decides_about_saving(api: Api, sandbox: Sandbox, saved: bool | None) -> None:
    """
    Whether data is stored is decided by the flag of the last `PATCH`, which is true if left out.
    """
    link = await api.link()
    [challenge] = (await api.post(BALANCES, link=link, save_data=saved is not False, **PERIOD)).json
    given = {} if saved is None else {"save_data": saved}

    reply = await api.patch(
        BALANCES, session=challenge["session"], link=challenge["link"], token="111111", **given
    )

    assert reply.status == (200 if saved is False else 201)
    assert len(reply.json) == 50
    assert (await api.get(BALANCES, link=link)).json["count"] == (0 if saved is False else 50)
    assert sandbox.links[link]["last_accessed_at"] is not None


async def test_retrieving_twice(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    The same day retrieved twice is the same row; other days are added.
    """
    link = sandbox.add_link()["id"]
    first = (await api.post(BALANCES, link=link, date_from="2026-01-01", date_to="2026-01-10")).json
    clock.advance(60)
    second = (await api.post(BALANCES, link=link, date_from="2026-01-06", date_to="2026-01-15")).json
    listed = (await api.get(BALANCES, page_size=100)).json["results"]

    assert [row["id"] for row in first[5:]] == [row["id"] for row in second[:5]]
    assert [row["value_date"][-2:] for row in listed] == [f"{day:02d}" for day in range(1, 16)]
    assert {row["collected_at"] for row in listed} == {"2026-03-15T12:01:00.000000Z"}


async def test_same_seed_same_data() -> None:
    """
    A sandbox with the same seed draws the same ids and rows.
    """

    async def run(seed: int) -> Any:
        async with Sandbox(seed=seed, clock=JumpingClock()) as sandbox:
            api = Api(sandbox)
            async with api.session:
                link = await api.link()
                return (await api.post("/api/accounts/", link=link, token="111111")).json

    assert await run(1) == await run(1)
    assert await run(1) != await run(2)


async def test_deferred(api: Api, sandbox: Sandbox) -> None:
    """
    Transactions can be asked for asynchronously: a request id now, the data later.
    """
    link = sandbox.add_link()["id"]

    async def ask(path: str, mode: str) -> int:
        reply = await api.call(
            "POST", path, json={"link": link, **PERIOD}, headers={"X-Belvo-Request-Mode": mode}
        )
        if reply.status == 202:
            assert list(reply.json) == ["request_id"]
        return reply.status

    assert await ask("/api/transactions/", "async") == 202
    assert await ask("/api/transactions/", "ASYNC") == 201
    assert await ask(BALANCES, "async") == 201
    assert (await api.get("/api/transactions/", link=link)).json["count"] == 50


async def test_transactions(api: Api, sandbox: Sandbox) -> None:
    """
    Amounts are positive; whether money came in or went out stands elsewhere.
    """
    link = sandbox.add_link(password="negative")["id"]
    rows = (await api.post("/api/transactions/", link=link, **PERIOD)).json

    assert all(row["amount"] >= 0 for row in rows)
    assert {row["type"] for row in rows} == {"INFLOW", "OUTFLOW"}


async def test_timeout_keeps_half(api: Api, sandbox: Sandbox) -> None:
    """
    After five minutes Belvo answers 408, and keeps what it had collected until then.
    """
    link = sandbox.add_link()["id"]
    sandbox.settings.latency = 301

    reply = await api.post(BALANCES, link=link, **PERIOD)
    sandbox.settings.latency = 0

    assert (reply.status, reply.code) == (408, "request_timeout")
    assert (await api.get(BALANCES, link=link)).json["count"] == 25
    assert len((await api.post(BALANCES, link=link, **PERIOD)).json) == 50
    assert (await api.get(BALANCES, link=link)).json["count"] == 50


async def test_timeout_before_the_challenge(api: Api, sandbox: Sandbox, clock: JumpingClock) -> None:
    """
    A login that takes too long gets nowhere: no challenge, no link.
    """
    link = await api.link()
    sandbox.settings.latency = 301

    assert (await api.post("/api/owners/", link=link)).code == "request_timeout"
    assert (await api.register("mfa_default")).code == "request_timeout"
    assert (await api.register(institution="erebor_mx_retail")).code == "request_timeout"
    assert list(sandbox.links) == [link]
    assert clock.slept == [300] * 3


async def test_asked_by_a_fault(api: Api, sandbox: Sandbox) -> None:
    """
    A fault can have any institution ask for any kind of token.
    """
    link = sandbox.add_link()["id"]
    sandbox.faults.add(Fault(kind="challenge", ask="numeric", operation="POST /api/owners/", times=1))

    reply = await api.post("/api/owners/", link=link)

    assert reply.json[0]["token_generation_data"]["type"] == "numeric"
    assert (await api.answer(reply.json[0], path="/api/owners/")).status == 201
