"""
Whatever is sent, the sandbox answers as an API does and never breaks.
"""

from __future__ import annotations

from typing import Any

import pytest

from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox.api import JumpingClock

from belvo_async.sandbox.answers import Answer
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.institutions import INSTITUTIONS
from belvo_async.sandbox.links import add
from belvo_async.sandbox.refusals import Refusal
from belvo_async.sandbox.routes import TABLE, route
from belvo_async.sandbox.settings import Settings
from belvo_async.sandbox.world import make_world


OPERATIONS = [operation for methods in TABLE.values() for operation in methods.values()]

MEMBERS = [
    "institution",
    "username",
    "password",
    "session",
    "link",
    "token",
    "save_data",
    "account",
    "date_from",
    "date_to",
    "type",
    "access_mode",
    "external_id",
    "credentials_storage",
    "fetch_resources",
    "stale_in",
    "year_from",
    "year_to",
]
LINK = "the link"

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.text()),
    st.sampled_from([LINK, "2026-01-01", "2026-03-01", "INFLOW", "single", "111111", "2024", *INSTITUTIONS]),
)
bodies = st.dictionaries(st.sampled_from(MEMBERS), values)

LOOKUPS = ("", "__in", "__gt", "__gte", "__range", "__icontains", "__allin", "__not_in", "__nothing")
names = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "id",
            "link",
            "account",
            "institution",
            "status",
            "created_at",
            "balance",
            "form_fields",
            "country_codes",
            "page",
        ]
    ),
    st.sampled_from(LOOKUPS),
)
queries = st.dictionaries(names, st.one_of(st.text(), st.sampled_from(["1", "a,b", "2026-01-01", "1,2"])))


def outcome(operation: str, id_: str, body: dict[str, Any], query: dict[str, str]) -> int:
    """
    Carry out *operation* in a world with one link and some data, and return the status of the answer.
    """
    world = make_world(Settings(), JumpingClock(), 0, 10)
    access = add(world, INSTITUTIONS["erebor_mx_retail"], {"username": "bnk100", "password": "full"})
    for method, path in (("POST", "/api/balances/"), ("POST", "/api/accounts/")):
        given_ = {"link": access.id, "date_from": "2026-01-01", "date_to": "2026-01-03"}
        route(path).operation(method).rule(world, Call(f"{method} {path}", path, body=given_))

    method, _, path = operation.partition(" ")
    path = path.replace("{id}", access.id if id_ == LINK else id_)
    body = {name: access.id if value == LINK else value for name, value in body.items()}
    try:
        found = route(path)
        call = Call(operation, path, found.id, query, body)
        answer = found.operation(method).rule(world, call)
    except Refusal as refusal:
        answer = refusal.answer("0" * 32)
    assert isinstance(answer, Answer)
    assert isinstance(answer.body, bytes)
    return answer.status


@settings(max_examples=300, deadline=None)
@given(
    operation=st.sampled_from([operation.name for operation in OPERATIONS]),
    id_=st.one_of(st.just(LINK), st.text(alphabet=st.characters(exclude_characters="/"), min_size=1)),
    body=bodies,
    query=queries,
)
def test_any_call(operation: str, id_: str, body: dict[str, Any], query: dict[str, str]) -> None:
    """
    Any body and any query lead to an answer that Belvo could give.
    """
    assert outcome(operation, id_, body, query) in {200, 201, 202, 204, 400, 404, 405, 409}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_without_anything(operation: Any) -> None:
    """
    No operation stumbles over an empty body.
    """
    assert outcome(operation.name, LINK, {}, {}) < 500
