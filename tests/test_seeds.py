"""
The requests and answers of the documents the library was asked for with.

The requests are written here as those documents have them; the answers have the same members, with values in the
place of the documents' placeholders.
"""

from __future__ import annotations

import asyncio
import json

from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest

from belvo_async import BelvoClient, MfaSession, MfaState
from belvo_async.errors import (
    ApiError,
    AuthenticationError,
    BelvoError,
    MfaRequiredError,
    NotFoundError,
    RequestTimeoutError,
    ServerError,
    TooManySessionsError,
)
from belvo_async.models import Balance, Link


pytestmark = pytest.mark.anyio

SESSION = "39cd6a88-8ee3-4e59-a861-b8a2187e0f4c"
LINK = "683005d6-f45c-4adb-b289-f1a12f50f80c"
TOKEN = "1234ab"

LINK_ANSWER = {
    "id": LINK,
    "institution": "erebor_mx_retail",
    "access_mode": "single",
    "last_accessed_at": "2026-01-02T03:04:05.406032Z",
    "status": "valid",
    "created_by": "bcef7f35-67f2-4b19-b009-cb38795faf09",
    "refresh_rate": "7d",
}
BALANCE_ANSWER = {
    "id": "076c66e5-90f5-4e01-99c7-50e32f65ae42",
    "account": {
        "id": "0d3ffb69-f83b-456e-ad8e-208d0998d71d",
        "name": "Cuenta",
        "category": "eu exercitation id ullamco",
        "currency": "MXN",
    },
    "collected_at": "2026-01-02T03:04:05Z",
    "value_date": "2026-01-01",
    "balance": 50000.00,
    "current_balance": 44000.25,
    "statement": "7c25e9a4-4b25-42c1-89a8-1c9ab5e9a4d8",
}
CHALLENGE_ANSWER = {
    "code": "token_required",
    "message": "A token is required",
    "request_id": "c36eaf47-7aa7-4cf0-8f2a-2d2f8f0ae31c",
    "session": SESSION,
    "expiry": "720",
    "link": LINK,
    "token_generation_data": {"instructions": "Use this code", "type": "numeric", "value": "4821"},
}


def errors(code: str) -> list[dict[str, str]]:
    """
    Return an error body of two entries, as the documents have it.
    """
    return [{"code": code, "message": "A message", "request_id": f"request-{n}"} for n in range(2)]


@attrs.define
class Recorded:
    """
    A server that gives one answer and keeps what it was asked.
    """

    status: int = 200
    answer: Any = None
    method: str = ""
    path: str = ""
    body: bytes = b""
    headers: dict[str, str] = attrs.field(factory=dict)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """
        Read one request and answer it.
        """
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.method, self.path, _ = head[0].split()
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        self.body = await reader.readexactly(int(self.headers.get("content-length", 0)))
        content = json.dumps(self.answer).encode()
        writer.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (self.status, len(content), content)
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture(name="recorded")
def _recorded() -> Recorded:
    return Recorded()


@pytest.fixture(name="client")
async def _client(recorded: Recorded) -> AsyncIterator[BelvoClient]:
    server = await asyncio.start_server(recorded, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        BelvoClient("id", "password", base_url=f"http://127.0.0.1:{port}", retry=None) as client,
    ):
        yield client


Start = Callable[[BelvoClient], MfaSession[Any]]


def resume_balances(client: BelvoClient) -> MfaSession[list[Balance]]:
    """
    Resume a retrieval of balances.
    """
    return client.balances.resume(SESSION, LINK, TOKEN, save_data=True)


def resume_link(client: BelvoClient) -> MfaSession[Link]:
    """
    Resume a registration.
    """
    return client.links.resume(SESSION, LINK, TOKEN)


def update_link(client: BelvoClient) -> MfaSession[Link]:
    """
    Update a link with all it has.
    """
    return client.links.update(
        LINK,
        password="password",
        password2="pin",
        token=TOKEN,
        encryption_key="customencryptionkey",
        username_type="001",
        certificate="1234567890abcd=",
        private_key="1234567890abcd=",
    )


CALLS = [
    pytest.param(resume_balances, id="resume balances"),
    pytest.param(resume_link, id="resume link"),
    pytest.param(update_link, id="update link"),
]


@pytest.mark.parametrize(
    ("start", "method", "path", "members"),
    [
        pytest.param(
            resume_balances,
            "PATCH",
            "/api/balances/",
            {"session": SESSION, "token": TOKEN, "link": LINK, "save_data": True},
            id="resume balances",
        ),
        pytest.param(
            resume_link,
            "PATCH",
            "/api/links/",
            {"session": SESSION, "token": TOKEN, "link": LINK},
            id="resume link",
        ),
        pytest.param(
            update_link,
            "PUT",
            f"/api/links/{LINK}/",
            {
                "password": "password",
                "password2": "pin",
                "token": TOKEN,
                "encryption_key": "customencryptionkey",
                "username_type": "001",
                "certificate": "1234567890abcd=",
                "private_key": "1234567890abcd=",
            },
            id="update link",
        ),
    ],
)
async def test_the_requests_are_those_of_the_documents(
    client: BelvoClient, recorded: Recorded, start: Start, method: str, path: str, members: dict[str, Any]
) -> None:
    """
    Method, path and every byte of the JSON members are those of the documents, in their order.
    """
    recorded.answer = [BALANCE_ANSWER] if start is resume_balances else LINK_ANSWER

    await start(client)

    assert (method, path) == (recorded.method, recorded.path)
    assert json.dumps(members, separators=(",", ":")).encode() == recorded.body
    assert recorded.headers["authorization"] == "Basic aWQ6cGFzc3dvcmQ="
    assert recorded.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201])
async def test_balances_come_back(client: BelvoClient, recorded: Recorded, status: int) -> None:
    """
    200 (not stored) and 201 (stored) bring the same balances.
    """
    recorded.status, recorded.answer = status, [BALANCE_ANSWER, BALANCE_ANSWER]

    rows = await resume_balances(client)

    assert len(rows) == 2
    assert rows[0].balance == Decimal("50000.0")
    assert rows[0].value_date == date(2026, 1, 1)
    assert rows[0].account is not None
    assert rows[0].account.category == "eu exercitation id ullamco"
    assert rows[0].collected_at is not None
    assert rows[0].collected_at.tzinfo is not None


@pytest.mark.parametrize("start", [resume_link, update_link])
async def test_links_come_back(client: BelvoClient, recorded: Recorded, start: Start) -> None:
    """
    A resumed registration and an update bring the link.
    """
    recorded.answer = LINK_ANSWER

    link = await start(client)

    assert LINK_ANSWER["id"] == link.id
    assert link.status == "valid"
    assert link.refresh_rate == "7d"


@pytest.mark.parametrize("start", CALLS)
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "a_code_of_tomorrow", ApiError),
        (401, "authentication_failed", AuthenticationError),
        (404, "not_found", NotFoundError),
        (404, "too_many_sessions", TooManySessionsError),
        (408, "request_timeout", RequestTimeoutError),
        (500, "unexpected_error", ServerError),
        (400, "<string>", ApiError),
        (401, "<string>", AuthenticationError),
        (404, "<string>", NotFoundError),
        (408, "<string>", RequestTimeoutError),
        (500, "<string>", ServerError),
    ],
)
async def test_error_answers_are_typed(
    client: BelvoClient,
    recorded: Recorded,
    start: Start,
    status: int,
    code: str,
    expected: type[ApiError],
) -> None:
    """
    Every error answer of the documents becomes its class, with what Belvo said.
    """
    recorded.status, recorded.answer = status, errors(code)
    session = start(client)

    with pytest.raises(ApiError) as raised:
        await session

    assert expected is type(raised.value)
    assert (status, code) == (raised.value.status, raised.value.code)
    assert raised.value.request_id == "request-0"
    assert len(raised.value.errors) == 2
    assert session.state is MfaState.FAILED


@pytest.mark.parametrize("start", CALLS)
@pytest.mark.parametrize("in_list", [False, True], ids=["an object", "a list of one"])
async def test_a_challenge_is_understood(
    client: BelvoClient, recorded: Recorded, start: Start, in_list: bool
) -> None:
    """
    The documents' 428, an object with dashed ids and an expiry as text, is a challenge; so is a list of one.
    """
    recorded.status = 428
    recorded.answer = [CHALLENGE_ANSWER] if in_list else CHALLENGE_ANSWER

    with pytest.raises(MfaRequiredError) as raised:
        await start(client)

    challenge = raised.value.challenge
    assert challenge is not None
    assert (SESSION, LINK, "4821") == (challenge.session, challenge.link, challenge.value)
    assert challenge.expects_user_input
    assert challenge.remaining is not None
    assert 700 < challenge.remaining <= 720
    assert raised.value.ticket is not None
    assert raised.value.ticket.path == ("/api/balances/" if start is resume_balances else "/api/links/")


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 408, 428, 500])
@pytest.mark.parametrize("answer", ["<string>", {}, [], [{}], {"expiry": "<integer>"}, None], ids=repr)
async def test_placeholders_never_crash(
    client: BelvoClient, recorded: Recorded, status: int, answer: object
) -> None:
    """
    Whatever stands in an answer, it is an answer or one of our errors.
    """
    recorded.status, recorded.answer = status, answer

    try:
        await resume_balances(client)
    except BelvoError:
        pass
    else:
        assert answer in ([], [{}])  # as `omit` can make of them
