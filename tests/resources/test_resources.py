"""
Each verb of each resource: what it sends, and what it brings.
"""

from __future__ import annotations

import contextlib
import inspect

from collections.abc import Awaitable, Callable
from datetime import date
from operator import attrgetter
from typing import Any

import pytest

from belvo_async import BelvoClient, Environment, RetryPolicy, Timeouts
from belvo_async.client import BELVO_RATE_LIMIT
from belvo_async.errors import ApiError, AuthenticationError, InvalidArgumentError, MfaError, NotFoundError
from belvo_async.resources.verbs import OLD
from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio

ID = "0d3ffb69-f83b-456e-ad8e-208d0998d71d"

Act = Callable[[BelvoClient], Awaitable[Any]]


def full_registration(client: BelvoClient) -> Awaitable[Any]:
    """
    Register with every field.
    """
    return client.links.register(
        "erebor_mx_retail",
        "user",
        "pass",
        username2="u2",
        username3="u3",
        password2="p2",
        token="t",
        username_type="001",
        certificate="c",
        private_key="k",
        encryption_key="e",
        external_id="mine",
        access_mode="single",
        fetch_historical=False,
        fetch_resources=["ACCOUNTS"],
        credentials_storage="30d",
        stale_in="90d",
        fields=["id", "status"],
        omit="created_at",
    )


FULL_REGISTRATION = {
    "institution": "erebor_mx_retail",
    "username": "user",
    "password": "pass",
    "external_id": "mine",
    "username2": "u2",
    "username3": "u3",
    "password2": "p2",
    "token": "t",
    "access_mode": "single",
    "fetch_historical": False,
    "fetch_resources": ["ACCOUNTS"],
    "credentials_storage": "30d",
    "stale_in": "90d",
    "username_type": "001",
    "certificate": "c",
    "private_key": "k",
    "encryption_key": "e",
}

REQUESTS: list[tuple[str, Act, str, str, dict[str, str], dict[str, Any] | None]] = [
    (
        "register",
        full_registration,
        "POST",
        "/api/links/",
        {"fields": "id,status", "omit": "created_at"},
        FULL_REGISTRATION,
    ),
    (
        "register, nothing but what is needed",
        lambda c: c.links.register("erebor_mx_retail", "u", "p", external_id=None),
        "POST",
        "/api/links/",
        {},
        {"institution": "erebor_mx_retail", "username": "u", "password": "p"},
    ),
    (
        "set_access_mode",
        lambda c: c.links.set_access_mode(ID, "single", omit=["id"]),
        "PATCH",
        f"/api/links/{ID}/",
        {"omit": "id"},
        {"access_mode": "single"},
    ),
    (
        "links.update",
        lambda c: c.links.update(ID, password="p"),
        "PUT",
        f"/api/links/{ID}/",
        {},
        {"password": "p"},
    ),
    ("links.get", lambda c: c.links.get(ID, fields="id"), "GET", f"/api/links/{ID}/", {"fields": "id"}, None),
    ("links.delete", lambda c: c.links.delete(ID), "DELETE", f"/api/links/{ID}/", {}, None),
    (
        "links.list",
        lambda c: c.links.list(
            status__in=["valid", "invalid"], created_at__gte=date(2026, 1, 2), page_size=5
        ).to_list(),
        "GET",
        "/api/links/",
        {"page_size": "5", "status__in": "valid,invalid", "created_at__gte": "2026-01-02"},
        None,
    ),
    (
        "accounts.retrieve",
        lambda c: c.accounts.retrieve(ID),
        "POST",
        "/api/accounts/",
        {},
        {"link": ID, "save_data": True},
    ),
    (
        "accounts.retrieve, all of it",
        lambda c: c.accounts.retrieve(ID, token="t", save_data=False, omit=("a", "b")),
        "POST",
        "/api/accounts/",
        {"omit": "a,b"},
        {"link": ID, "token": "t", "save_data": False},
    ),
    ("accounts.get", lambda c: c.accounts.get(ID), "GET", f"/api/accounts/{ID}/", {}, None),
    ("accounts.delete", lambda c: c.accounts.delete(ID), "DELETE", f"/api/accounts/{ID}/", {}, None),
    (
        "accounts.list",
        lambda c: c.accounts.list(link=ID).to_list(),
        "GET",
        "/api/accounts/",
        {"link": ID},
        None,
    ),
    (
        "balances.retrieve",
        lambda c: c.balances.retrieve(
            ID, date_from=date(2026, 1, 1), date_to="2026-01-31", account=ID, save_data=False
        ),
        "POST",
        "/api/balances/",
        {},
        {"link": ID, "account": ID, "save_data": False, "date_from": "2026-01-01", "date_to": "2026-01-31"},
    ),
    (
        "balances.resume",
        lambda c: c.balances.resume("s", ID, "t", save_data=False, fields="id"),
        "PATCH",
        "/api/balances/",
        {"fields": "id"},
        {"session": "s", "token": "t", "link": ID, "save_data": False},
    ),
    (
        "links.resume without token",
        lambda c: c.links.resume("s", ID),
        "PATCH",
        "/api/links/",
        {},
        {"session": "s", "link": ID},
    ),
    ("balances.get", lambda c: c.balances.get(ID), "GET", f"/api/balances/{ID}/", {}, None),
    ("balances.delete", lambda c: c.balances.delete(ID), "DELETE", f"/api/balances/{ID}/", {}, None),
    ("balances.list", lambda c: c.balances.list().to_list(), "GET", "/api/balances/", {}, None),
    ("institutions.get", lambda c: c.institutions.get(5), "GET", "/api/institutions/5/", {}, None),
    (
        "institutions.list",
        lambda c: c.institutions.list(country_code="MX", limit=1).to_list(),
        "GET",
        "/api/institutions/",
        {"country_code": "MX"},
        None,
    ),
]


@pytest.mark.parametrize(
    ("act", "method", "path", "query", "body"),
    [row[1:] for row in REQUESTS],
    ids=[row[0] for row in REQUESTS],
)
async def test_a_verb_sends_its_request(
    client: BelvoClient,
    sandbox: Sandbox,
    act: Act,
    method: str,
    path: str,
    query: dict[str, str],
    body: dict[str, Any] | None,
) -> None:
    """
    Method, path, query and body are those that Belvo documents; `None` is left out, `False` is not.
    """
    with contextlib.suppress(ApiError, MfaError):  # the sandbox knows none of these ids
        await act(client)

    seen = sandbox.requests[0]
    assert (method, path) == (seen.method, seen.path)
    assert query == dict(seen.query)
    assert body == seen.body


async def test_a_links_life(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A link is registered, found, changed and deleted, and its data with it.
    """
    link = await client.links.register("erebor_mx_retail", "bnk100", "full", external_id="mine-1")
    accounts = await client.accounts.retrieve(link.id)
    rows = await client.balances.retrieve(link.id, date_from="2026-01-01", date_to="2026-01-31")

    assert [link.id] == [found.id async for found in client.links.list(external_id="mine-1")]
    assert link.id == (await client.links.get(link.id)).id
    assert (await client.links.set_access_mode(link.id, "single")).access_mode == "single"
    assert {account.id for account in accounts} == {a.id async for a in client.accounts.list(link=link.id)}
    assert len(rows) == len(await client.balances.list(link=link.id).to_list())
    assert rows[0].id == (await client.balances.get(rows[0].id)).id
    await client.balances.delete(rows[0].id)
    with pytest.raises(NotFoundError):
        await client.balances.get(rows[0].id)
    await client.links.delete(link.id)
    with pytest.raises(NotFoundError):
        await client.links.get(link.id)


async def test_what_is_not_to_be_stored_is_not(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `save_data=False` brings the data and leaves nothing at Belvo.
    """
    link = sandbox.add_link()
    rows = await client.accounts.retrieve(link["id"], save_data=False)

    assert len(rows) == 2
    assert [] == await client.accounts.list(link=link["id"]).to_list()


async def test_pages_are_invisible(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    All pages are fetched as they are needed, and no more of them.
    """
    for _ in range(25):
        sandbox.add_link()

    assert 25 == len({link.id for link in await client.links.list().to_list()})
    assert sandbox.counts["GET /api/links/"] == 3
    assert 12 == len(await client.links.list(limit=12).to_list())
    assert sandbox.counts["GET /api/links/"] == 5
    counts = [page.count async for page in client.links.list(page_size=20).pages()]
    assert [25, 25] == counts


async def test_every_institution(client: BelvoClient) -> None:
    """
    Institutions are listed with what they want from a user, and found by their number.
    """
    institutions = await client.institutions.list().to_list()
    heimdall = next(one for one in institutions if one.name == "heimdall_mx_retail")

    assert heimdall.form_fields
    assert heimdall == await client.institutions.get(heimdall.id or 0)


async def test_checking_the_keys(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `check()` says whether Belvo knows the keys.
    """
    await client.check()
    async with BelvoClient("sandbox-id", "wrong", base_url=sandbox.url, retry=None) as other:
        with pytest.raises(AuthenticationError):
            await other.check()


async def test_a_client_from_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Keys and address come from the environment; arguments win.
    """
    monkeypatch.setenv("BELVO_SECRET_ID", "sandbox-id")
    monkeypatch.setenv("BELVO_SECRET_PASSWORD", "sandbox-password")
    monkeypatch.setenv("BELVO_API_URL", sandbox.url)
    async with BelvoClient.from_env(retry=None) as client:
        await client.check()
    monkeypatch.setenv("BELVO_ENV", "sandbox")
    with pytest.raises(InvalidArgumentError, match="both"):
        BelvoClient.from_env()
    monkeypatch.delenv("BELVO_API_URL")
    assert BelvoClient.from_env().base_url == "https://sandbox.belvo.com"
    assert BelvoClient.from_env(environment="production").base_url == "https://api.belvo.com"
    monkeypatch.delenv("BELVO_SECRET_PASSWORD")
    with pytest.raises(InvalidArgumentError, match=r"^BELVO_SECRET_PASSWORD: "):
        BelvoClient.from_env()
    monkeypatch.setenv("BELVO_SECRET_ID", "")
    with pytest.raises(InvalidArgumentError, match=r"^BELVO_SECRET_ID, BELVO_SECRET_PASSWORD: "):
        BelvoClient.from_env()


@pytest.mark.parametrize("environment", ["sandbox", Environment.SANDBOX])
async def test_the_address_of_an_environment(environment: str | Environment) -> None:
    """
    An environment is named by text or by member.
    """
    assert BelvoClient("a", "b", environment=environment).base_url == "https://sandbox.belvo.com"


async def test_options_share_the_connections(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    `with_options()` changes what is given and shares the rest; closing the other closes nothing.
    """
    other = client.with_options(retry=RetryPolicy(), timeouts=Timeouts(read=5), rate_limit=None)
    await client.check()
    await other.check()
    await other.aclose()
    await client.check()

    assert other._pool is client._pool
    assert other._options.timeouts.read == 5
    assert client._options.retry is None
    assert client._options.rate_limit is BELVO_RATE_LIMIT
    assert sandbox.counts["GET /api/"] == 3


def test_resources_are_named() -> None:
    """
    `client.resources` has every resource by its name, mounted under it.
    """
    client = BelvoClient("a", "b", environment="sandbox")

    assert len(client.resources) == 34
    for name, resource in client.resources.items():
        assert attrgetter(name)(client) is resource
        assert name == resource.name
        assert resource.path in repr(resource)
        assert resource.model.__name__ == resource.model_name


def test_namespaces_show_what_they_have() -> None:
    """
    A namespace tells its resources, also in a client of one's own class.
    """

    class Mine(BelvoClient):
        """
        A client with something of its own.
        """

    client = Mine("a", "b", environment="sandbox")

    assert "<Chile: invoices, tax_status, debt_reports>" == repr(client.chile)
    assert list(BelvoClient("a", "b", environment="sandbox").resources) == list(client.resources)


def test_every_resource_names_its_page_at_belvo() -> None:
    """
    Next to each declaration stands where Belvo documents it, or that it does no longer.
    """
    for resource in BelvoClient("a", "b", environment="sandbox").resources.values():
        source = inspect.getsource(type(resource))
        assert ("    # https://developers.belvo.com/" in source) or ("do not show" in source), resource
        assert ("do not show" not in source) or resource.specifications == (OLD,), resource
