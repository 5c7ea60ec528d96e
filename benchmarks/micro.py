"""
Small pieces of the core, without I/O, for finding what has become slower.

They have no targets: a figure is only good for comparing it with another of the same machine. Keep those of before
with `pytest benchmarks/micro.py --benchmark-save=before`; after the change, run it with `--benchmark-compare`.
"""

from __future__ import annotations

import json

from datetime import UTC, datetime
from typing import Any, Final

from pytest_benchmark.fixture import BenchmarkFixture

from belvo_async.clock import Moment
from belvo_async.codec import decoder, encode, page_decoder, parse
from belvo_async.messages import Answer, Body, Effect, Request, Secret
from belvo_async.mfa.challenge import read_token_required
from belvo_async.mfa.flow import MfaFlow
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.models import Balance, Link
from belvo_async.resources.arguments import query
from belvo_async.resources.members import checked


LINK: Final = "30cb4806-6e00-48a4-91c9-ca55968576c8"

SESSION: Final = "5ec9b4cd-9a6d-4b0e-a6d6-6a3c1e0ff1d3"

MOMENT: Final = Moment(1_000.0, datetime(2026, 1, 31, 12, tzinfo=UTC))

REQUIRED: Final[list[dict[str, Any]]] = [
    {
        "code": "token_required",
        "message": "A MFA token is required by the institution to login",
        "request_id": "4363b08b51bc4f0e8d6bfe0f6cc7f8a9",
        "session": SESSION,
        "expiry": 600,
        "link": LINK,
        "token_generation_data": {
            "type": "numeric",
            "instructions": "Use this code to generate the token",
            "value": "12345",
            "expects_user_input": True,
        },
    }
]

CHALLENGE: Final = Answer(428, json.dumps(REQUIRED).encode())

BALANCE: Final = {
    "id": LINK,
    "account": {
        "id": SESSION,
        "link": LINK,
        "institution": {"name": "heimdall_mx_retail", "type": "bank"},
        "category": "CHECKING_ACCOUNT",
        "type": "Cuenta",
        "name": "Cuenta Perfiles",
        "number": "4057068115181",
        "currency": "MXN",
        "balance": {"current": 5874.13, "available": 5621.12},
        "collected_at": "2026-01-31T12:00:00.000Z",
        "created_at": "2026-01-31T12:00:00.000Z",
    },
    "collected_at": "2026-01-31T12:00:00.000Z",
    "value_date": "2026-01-31",
    "balance": 5874.13,
    "current_balance": 5874.13,
    "statement": None,
}

STORED_LINK: Final = {
    "id": LINK,
    "institution": "heimdall_mx_retail",
    "access_mode": "single",
    "status": "valid",
    "refresh_rate": None,
    "created_by": SESSION,
    "last_accessed_at": "2026-01-31T12:00:00.000Z",
    "external_id": "user-of-ours",
    "created_at": "2026-01-31T12:00:00.000Z",
    "institution_user_id": "sooE7XJWEKypZJR603ecaWYk",
    "credentials_storage": "365d",
    "stale_in": None,
    "fetch_resources": ["ACCOUNTS"],
}

OPERATION: Final = Operation(name="balances.retrieve", path="/api/balances/", link=LINK, save_data=False)


def challenged() -> MfaFlow:
    """
    Return a flow that waits for its user.
    """
    flow = MfaFlow(OPERATION)
    flow.start(MOMENT)
    flow.receive(CHALLENGE, REQUIRED, MOMENT)
    return flow


def test_read_token_required(benchmark: BenchmarkFixture) -> None:
    """
    The body of a 428 is understood.
    """
    assert benchmark(read_token_required, REQUIRED, link=LINK).session == SESSION


def test_parse_a_challenge(benchmark: BenchmarkFixture) -> None:
    """
    The body of a 428 is parsed.
    """
    assert benchmark(parse, CHALLENGE.body)[0]["session"] == SESSION


def test_flow(benchmark: BenchmarkFixture) -> None:
    """
    A conversation goes from its first request to its result.
    """
    done = Answer(201, b"[]")

    def converse() -> MfaState:
        flow = challenged()
        flow.submit(Secret("111111"), MOMENT)
        flow.receive(done, None, MOMENT)
        return flow.state

    assert benchmark(converse) is MfaState.COMPLETED


def test_ticket_to_json(benchmark: BenchmarkFixture) -> None:
    """
    A ticket is written.
    """
    ticket = challenged().newest_ticket()

    assert SESSION in benchmark(ticket.to_json)


def test_ticket_from_json(benchmark: BenchmarkFixture) -> None:
    """
    A ticket is read.
    """
    ticket = challenged().newest_ticket()

    assert benchmark(MfaTicket.from_json, ticket.to_json()) == ticket


def test_members(benchmark: BenchmarkFixture) -> None:
    """
    The members of a retrieval are checked.
    """
    body = Body({"link": LINK, "date_from": "2025-01-01", "date_to": "2025-02-19", "save_data": False})

    assert benchmark(checked, body, ("link",)) == body


def test_arguments(benchmark: BenchmarkFixture) -> None:
    """
    The filters of a list become a query.
    """
    filters = {
        "link": LINK,
        "value_date__gte": "2025-01-01",
        "page_size": 100,
        "currency__in": ["MXN", "BRL"],
    }

    assert len(benchmark(query, filters)) == 4


def test_encode(benchmark: BenchmarkFixture) -> None:
    """
    The body of a resume is written.
    """
    request: Request = challenged().submit(Secret("111111"), MOMENT)

    assert request.effect is Effect.ONCE
    assert request.body is not None
    assert b"111111" in benchmark(encode, request.body)


def test_decode_a_link(benchmark: BenchmarkFixture) -> None:
    """
    A link is read.
    """
    answer = Answer(201, json.dumps(STORED_LINK).encode())

    assert benchmark(decoder(Link), answer).id == LINK


def test_decode_balances(benchmark: BenchmarkFixture) -> None:
    """
    A page of a hundred balances is read.
    """
    page = {"count": 100, "next": None, "previous": None, "results": [BALANCE] * 100}
    answer = Answer(200, json.dumps(page).encode())

    assert len(benchmark(page_decoder(Balance), answer).results) == 100


def test_decode_odd_balances(benchmark: BenchmarkFixture) -> None:
    """
    The same, if the second tier has to read it because of one day.
    """
    rows = [{**BALANCE, "value_date": "31-01-2026"}] + [BALANCE] * 99
    answer = Answer(200, json.dumps({"results": rows}).encode())

    assert len(benchmark(page_decoder(Balance), answer).results) == 100
