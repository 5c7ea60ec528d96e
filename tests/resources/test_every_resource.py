"""
Every resource, from the call to the typed rows, against the sandbox.
"""

from __future__ import annotations

import inspect

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import attrs
import pytest

from belvo_async import BelvoClient, MfaChallenge
from belvo_async.errors import NotFoundError, NotResumableError
from belvo_async.resources.flows import Resumable, Retrievable
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.resources import RESOURCES


pytestmark = pytest.mark.anyio

ARGUMENTS: dict[str, Any] = {
    "date_from": "2026-03-01",
    "date_to": "2026-03-31",
    "type": "INFLOW",
    "year_from": 2024,
    "year_to": 2025,
}
"""What a retrieval may need besides its link."""

OFFERED = {resource.path: resource.name for resource in RESOURCES}


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox) -> AsyncIterator[BelvoClient]:
    async with BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url, retry=None) as client:
        yield client


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Give the right token.
    """
    return "111111"


def retrievable() -> Iterator[str]:
    """
    Yield the name of every resource that can be retrieved.
    """
    for name, resource in BelvoClient("a", "b", environment="sandbox").resources.items():
        if isinstance(resource, Retrievable):
            yield name


def arguments(resource: Any) -> dict[str, Any]:
    """
    Return what `retrieve()` of *resource* needs besides a link.
    """
    parameters = inspect.signature(resource.retrieve).parameters
    if resource.name == "tax_returns":
        return {name: ARGUMENTS[name] for name in ("year_from", "year_to")}
    return {
        name: ARGUMENTS[name]
        for name, one in parameters.items()
        if one.default is one.empty and name in ARGUMENTS
    }


def institution(path: str) -> str:
    """
    Return an institution that offers what is at *path*, and asks for no token by itself.
    """
    country = {"/api/br/": "br", "/api/mx/": "mx", "/api/cl/": "cl"}.get(path[:8])
    return next(
        one.name
        for one in INSTITUTIONS.values()
        if OFFERED[path] in one.resources and not one.mfa and (country is None or f"_{country}_" in one.name)
    )


@pytest.mark.parametrize("name", list(retrievable()))
async def test_data_is_retrieved_listed_read_and_deleted(
    name: str, client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    Rows come typed, with nothing that the model does not know, and are the same however they are read.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    rows = await resource.retrieve(link, **arguments(resource))
    listed = await resource.list(link=link).to_list()

    assert rows
    assert all(isinstance(row, resource.model) for row in rows)
    assert sorted(rows, key=lambda row: row.id) == sorted(listed, key=lambda row: row.id)
    assert listed[0] == await resource.get(listed[0].id)
    if hasattr(resource, "delete"):
        await resource.delete(listed[0].id)
        with pytest.raises(NotFoundError):
            await resource.get(listed[0].id)


@pytest.mark.parametrize("name", list(retrievable()))
async def test_what_is_asked_for_less(name: str, client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Models live without what `fields` and `omit` leave out, their ids included.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    rows = await resource.retrieve(link, **arguments(resource), omit=["id"])

    assert {None} == {row.id for row in rows}
    [only] = await resource.list(link=link, fields=["id"], limit=1).to_list()
    assert {"id"} == {name for name, value in attrs.asdict(only).items() if value is not None}


@pytest.mark.parametrize("name", list(retrievable()))
async def test_a_challenge_on_every_resource(name: str, client: BelvoClient, sandbox: Sandbox) -> None:
    """
    A challenge can come anywhere. Where Belvo has a way to answer it, it is answered; elsewhere the error carries it.
    """
    resource: Any = client.resources[name]
    link = sandbox.add_link(institution(resource.path))["id"]
    sandbox.faults.add(
        Fault(kind=FaultKind.CHALLENGE, operation=f"POST {resource.path}", times=1, ask="text")
    )
    session = resource.retrieve(link, **arguments(resource), prompt=ask)
    if isinstance(resource, Resumable):
        assert await session
        assert ["answered"] == [record.outcome for record in sandbox.challenges.values()]
        return
    with pytest.raises(NotResumableError) as caught:
        await session
    assert caught.value.challenge is not None
    assert caught.value.challenge.link == link


async def test_periods_are_days(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    Days are given as dates or as text, and come back as dates.
    """
    link = sandbox.add_link()["id"]
    rows = await client.transactions.retrieve(link, date_from=date(2026, 3, 1), date_to="2026-03-02")

    assert {date(2026, 3, 1), date(2026, 3, 2)} == {row.value_date for row in rows}
