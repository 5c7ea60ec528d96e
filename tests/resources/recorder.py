"""
A server on the loopback that records what it is asked and refuses everything, and the calls that fill it.
"""

from __future__ import annotations

import contextlib
import inspect

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import attrs

from aiohttp import web

from belvo_async import BelvoClient
from belvo_async.errors import ApiError, MfaError
from belvo_async.resources.flows import RetrieveOptions, SessionOptions
from belvo_async.resources.pages import Pages
from belvo_async.resources.verbs import CallOptions, Resource


ID: Final = "0d3ffb69-f83b-456e-ad8e-208d0998d71d"

REFUSAL: Final = [{"code": "invalid", "message": "it only records", "field": "nothing"}]

ARGUMENTS: Final[Mapping[str, Any]] = {
    "access_mode": "single",
    "account": ID,
    "allowed_income_types": ["SALARY", "PENSION"],
    "attach_pdf": True,
    "attach_xml": True,
    "certificate": "certificate",
    "credentials_storage": "30d",
    "date_from": "2026-01-01",
    "date_to": "2026-01-31",
    "encryption_key": "key",
    "external_id": "mine",
    "fetch_historical": True,
    "fetch_resources": ["ACCOUNTS", "OWNERS"],
    "fields": ["id", "status"],
    "headers": {"X-Trace-Id": "7f3c"},
    "id": ID,
    "institution": "erebor_mx_retail",
    "language": "es",
    "limit": 5,
    "link": ID,
    "max_rounds": 3,
    "minimum_confidence_level": "HIGH",
    "omit": ["created_at"],
    "page": 2,
    "page_size": 50,
    "password": "password",
    "password2": "password2",
    "private_key": "private",
    "prompt": None,
    "reference_date": "2026-01-31",
    "save_data": False,
    "scopes": ["read_institutions", "write_links"],
    "stale_in": "90d",
    "timeout": 30,
    "token": "111111",
    "transactions": [{"transaction_id": "t-1", "amount": 5}],
    "type": "INFLOW",
    "user_document": "76109277673",
    "username": "user",
    "username2": "user2",
    "username3": "user3",
    "username_type": "103",
    "widget": {"branding": {"company_name": "Fintech"}},
    "year_from": 2025,
    "year_to": "2026",
}
"""Something for every argument that a verb has."""

TAKEN: Final[Mapping[str, Any]] = {
    type_.__name__: type_ for type_ in (CallOptions, SessionOptions, RetrieveOptions)
}
"""The sets of options that a verb may take."""


@attrs.frozen
class Recorded:
    """
    One request.

    Attributes:
        operation: Method and path, with `{id}` in the place of an id.
    """

    operation: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[BelvoClient, list[Recorded]]]:
    """
    Yield a client and what it sends.
    """
    recorded: list[Recorded] = []

    async def record(request: web.Request) -> web.Response:
        recorded.append(
            Recorded(
                f"{request.method} {request.path.replace(ID, '{id}')}",
                dict(request.query),
                dict(request.headers),
                await request.json() if request.can_read_body else {},
            )
        )
        return web.json_response(REFUSAL, status=400)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", record)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        client = BelvoClient("an-id", "a-password", base_url=f"http://127.0.0.1:{port}", retry=None)
        async with client:
            yield client, recorded
    finally:
        await runner.cleanup()


async def call_with_everything(resource: Resource[Any], verb: str, filters: Mapping[str, Any]) -> None:
    """
    Call *verb* with all arguments that it has, and a list with all *filters* too.
    """
    method = getattr(resource, verb)
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            # Options that every session takes, or filters.
            keywords |= filters if parameter.annotation == "Filter" else options(method)
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(ARGUMENTS[name])
        else:
            # A challenge is answered once.
            keywords[name] = uuid4().hex if name == "session" else ARGUMENTS[name]
    with contextlib.suppress(ApiError, MfaError):
        call = method(*positional, **keywords)
        await (call.to_list() if isinstance(call, Pages) else call)


def options(method: Any) -> dict[str, Any]:
    """
    Return all options that *method* takes.
    """
    annotation = str(inspect.signature(method).parameters["options"].annotation)
    names = next(options.__optional_keys__ for name, options in TAKEN.items() if name in annotation)
    return {name: ARGUMENTS[name] for name in names}
