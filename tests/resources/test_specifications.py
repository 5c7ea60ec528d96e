"""
The resources against both of Belvo's specifications: every operation, every field of a request, every parameter.

What each verb sends is recorded by a server on the loopback, and compared with what is documented.
"""

from __future__ import annotations

import re

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import attrs
import pytest

from documents import FILES, absent
from models.specification import Specification, read_specification
from resources.recorder import ID, Recorded, call_with_everything, recording

from belvo_async import BelvoClient
from belvo_async.resources.flows import Resumable
from belvo_async.resources.members import CHECKS
from belvo_async.resources.verbs import CallOptions


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        bool(absent()),
        reason="Belvo's specifications are no part of this repository; ../shared/belvo lacks them",
    ),
]

PAYMENTS: Final = "/payments/"
"""Not supported: payments are another product, with keys of their own, and nothing in them asks for a token."""

METHODS: Final = ("get", "post", "put", "patch", "delete")

FOR_VALUES: Final[Mapping[str, Any]] = {"array": ["a", "b"], "integer": 3, "number": "1.50"}
"""What to send for a parameter, by its type."""

UNDOCUMENTED: Final[Mapping[str, str]] = {}
"""Operations that a verb sends and no specification has, with the reason."""


@attrs.frozen
class Operation:
    """
    One operation of a specification.

    Attributes:
        parameters: Of the query and the headers, with their types.

        fields: The members of its body.
    """

    version: str
    name: str
    path: str
    parameters: Mapping[str, str]
    fields: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name} ({self.version})"


@cache
def operations() -> Sequence[Operation]:
    """
    Return all operations of both specifications, payments left out.
    """
    if absent():
        return ()
    return [one for version in FILES for one in _operations(read_specification(version))]


def _operations(specification: Specification) -> Iterator[Operation]:
    for path, item in specification.root["paths"].items():
        if path.startswith(PAYMENTS):
            continue
        for method in (one for one in METHODS if one in item):
            operation = item[method]
            declared = [*item.get("parameters", ()), *operation.get("parameters", ())]
            parameters = [specification.settle(one) for one in declared]
            yield Operation(
                specification.version,
                f"{method.upper()} {path}",
                path,
                {
                    one["name"]: specification.settle(one.get("schema", {})).get("type", "string")
                    for one in parameters
                    if one["in"] != "path"
                },
                frozenset(_fields(specification, operation)),
            )


def _fields(specification: Specification, operation: Mapping[str, Any]) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from specification.settle(content["schema"]).get("properties", {})


def filters_of(path: str) -> dict[str, Any]:
    """
    Return all parameters of the query that either specification has for a list, with something to send.
    """
    types = [pair for one in operations() if one.name == f"GET {path}" for pair in one.parameters.items()]
    of_its_own = {"page_size", "fields", "omit", "link", "user_document"}
    return {
        "link": ID,
        **{
            name: FOR_VALUES.get(type_, "2026-01-31")
            for name, type_ in sorted(types, key=lambda pair: pair[1] == "array")  # the newest is the widest
            if name not in of_its_own
        },
    }


@pytest.fixture(name="sent", scope="module")
def _sent() -> Mapping[str, Sequence[tuple[str, Recorded]]]:
    """
    Requests by operation, each with the verb that sent it.
    """
    import asyncio  # noqa: PLC0415 - a fixture of the module runs in no loop

    async def send_all() -> Mapping[str, Sequence[tuple[str, Recorded]]]:
        sent: dict[str, list[tuple[str, Recorded]]] = defaultdict(list)
        async with recording() as (client, recorded):
            for resource in client.resources.values():
                for verb in resource.verbs():
                    await call_with_everything(resource, verb, filters_of(resource.path))
                    for request in recorded:
                        sent[request.operation].append((f"{resource.name}.{verb}", request))
                    recorded.clear()
        return sent

    return asyncio.run(send_all())


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_every_operation_has_a_verb(
    operation: Operation, sent: Mapping[str, Sequence[tuple[str, Recorded]]]
) -> None:
    """
    Nobody has to leave the library for an operation that Belvo documents.
    """
    assert sent.get(operation.name)


@pytest.mark.parametrize("operation", [one for one in operations() if one.fields], ids=str)
def test_every_field_can_be_sent(
    operation: Operation, sent: Mapping[str, Sequence[tuple[str, Recorded]]]
) -> None:
    """
    Every documented member of a body is one that the verb takes and sends.
    """
    assert set() == operation.fields - {name for _, request in sent[operation.name] for name in request.body}


@pytest.mark.parametrize("operation", [one for one in operations() if one.parameters], ids=str)
def test_every_parameter_can_be_sent(
    operation: Operation, sent: Mapping[str, Sequence[tuple[str, Recorded]]]
) -> None:
    """
    Every documented parameter, filters and headers included, is one that a verb takes and sends.
    """
    named = {name for _, request in sent[operation.name] for name in (*request.query, *request.headers)}

    assert set() == operation.parameters.keys() - named


def test_options_are_no_filters() -> None:
    """
    What every call can be told has a name that no parameter and no member of Belvo's has.
    """
    documented = {name for one in operations() for name in (*one.parameters, *one.fields)}

    assert CallOptions.__optional_keys__.isdisjoint(documented)


def test_lists_go_with_commas(sent: Mapping[str, Sequence[tuple[str, Recorded]]]) -> None:
    """
    Where a parameter takes several values, they are sent in one, with commas.
    """
    [(_, request)] = sent["GET /api/links/"]

    assert request.query["status__in"] == "a,b"
    assert request.query["created_at__range"] == "a,b"


def test_no_verb_is_made_up(sent: Mapping[str, Sequence[tuple[str, Recorded]]]) -> None:
    """
    What a verb sends is documented in a specification, or listed here with the reason.
    """
    documented = {one.name for one in operations()}

    assert UNDOCUMENTED.keys() == sent.keys() - documented


def test_no_field_is_made_up(sent: Mapping[str, Sequence[tuple[str, Recorded]]]) -> None:
    """
    A member of a body is documented for its operation, or listed here: facts that only other sources have.
    """
    documented: dict[str, set[str]] = defaultdict(set)
    for one in operations():
        documented[one.name] |= one.fields
    extra = {
        name: sorted({member for _, request in requests for member in request.body} - documented[name])
        for name, requests in sent.items()
    }

    assert {
        # Of an earlier version of the API; belvo-python has it still.
        "POST /api/links/": ["encryption_key"],
        "PUT /api/links/{id}/": ["encryption_key"],
        # As the call had it, whatever the resource.
        "PATCH /investments/portfolios/": ["save_data"],
        # Update mode, and the owner of a link, of Belvo's guides to the widget.
        "POST /api/token/": ["external_id", "link_id"],
    } == {name: members for name, members in extra.items() if members}


def test_every_check_is_of_a_field_that_is_sent(sent: Mapping[str, Sequence[tuple[str, Recorded]]]) -> None:
    """
    The table of members is complete and has none that no verb sends.
    """
    members = {name for requests in sent.values() for _, request in requests for name in request.body}

    assert CHECKS.keys() == members - {"session"}  # which is checked where a challenge is answered


def test_resources_name_their_specifications() -> None:
    """
    Each resource tells which versions of the specification have it.
    """
    client = BelvoClient("a", "b", environment="sandbox")
    documented: dict[str, set[str]] = defaultdict(set)
    for one in operations():
        documented[one.path].add(one.version)

    assert {resource.path: documented[resource.path] for resource in client.resources.values()} == {
        resource.path: set(resource.specifications) for resource in client.resources.values()
    }


def test_what_can_be_completed() -> None:
    """
    A resource answers challenges if, and only if, a specification has a `PATCH` on its collection.
    """
    client = BelvoClient("a", "b", environment="sandbox")
    names = {one.name for one in operations()}

    assert {name: f"PATCH {one.path}" in names for name, one in client.resources.items()} == {
        name: isinstance(one, Resumable) for name, one in client.resources.items()
    }


def test_what_can_be_deferred(sent: Mapping[str, Sequence[tuple[str, Recorded]]]) -> None:
    """
    A retrieval can be asked for later where a specification has the header for it, or the answer 202.
    """
    deferring = {one.name for one in operations() if "X-Belvo-Request-Mode" in one.parameters}
    answering = {
        f"{method.upper()} {path}"
        for version in FILES
        for path, item in read_specification(version).root["paths"].items()
        if not path.startswith(PAYMENTS) and not re.search(r"/refresh/$", path)
        for method in METHODS & item.keys()
        if "202" in item[method]["responses"]
    }

    assert deferring | answering == {
        name
        for name, requests in sent.items()
        if any(request.headers.get("X-Belvo-Request-Mode") == "async" for _, request in requests)
    }
