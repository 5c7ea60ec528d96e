"""
Nothing a caller or a user passes in, and nothing Belvo answers, becomes a header, another path or another host.

What leaves the socket is looked at.
"""

from __future__ import annotations

import asyncio
import json

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
import pytest

from belvo_async import BelvoClient
from belvo_async.errors import BelvoError, DecodeError, InvalidArgumentError, MfaError, RateLimitedError
from belvo_async.mfa.machine import MfaState


pytestmark = pytest.mark.anyio

EVIL: Final = (
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\rX-Evil: 1",
    "a\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
    "a\x00X-Evil",
    "a\u010d\u010aX-Evil: 1",  # their low bytes are those of CR and LF
    "a\u2028X-Evil: 1",
    "a\x85X-Evil: 1",
    "../../evil",
    "a/../../evil",
    "a?evil=1",
    "a#evil",
    "a&evil=1",
    "a%0d%0aX-Evil: 1",
    "a%2f..%2fevil",
    "//evil.example/",
    "https://evil.example/",
    "\ud800",
    "hunter2\udcff",
    "a\u202eevil",
    "\uff0e\uff0e\uff0fevil",
    "",
    " ",
    "a" * 5_000,
)

CHALLENGE: Final = b'[{"code":"token_required","session":"5f1c","link":"b9"}]'


class Wire:
    """
    A server that keeps every byte.
    """

    def __init__(self) -> None:
        self.url = ""
        self.received = b""
        self.headers = b""
        self.answers: dict[bytes, tuple[int, bytes]] = {}

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """
        Answer what comes with what stands in `answers`, by method.
        """
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.received += head + await reader.readexactly(int(length or 0))
                status, body = self.answers.get(head.split(b" ")[0], (200, b'{"id":"b9"}'))
                length = b"Content-Length: %d\r\n" % len(body)
                writer.write(b"HTTP/1.1 %d X\r\n%b%b\r\n%b" % (status, self.headers, length, body))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def take(self) -> list[Sent]:
        """
        Return what was received since, request by request, as a strict reader sees it.
        """
        requests, rest, self.received = [], self.received, b""
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            line, *headers = head.split(b"\r\n")
            named = dict(header.split(b": ", 1) for header in headers)
            length = int(named.get(b"Content-Length", b"0"))
            requests.append(Sent(line, named, rest[:length]))
            rest = rest[length:]
        return requests


@attrs.frozen
class Sent:
    """
    One request, from the wire.
    """

    line: bytes
    headers: dict[bytes, bytes]
    body: bytes


@pytest.fixture(name="wire")
async def _wire() -> AsyncIterator[Wire]:
    wire = Wire()
    listener = await asyncio.start_server(wire.play, "127.0.0.1", 0)
    wire.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield wire
    listener.close()
    await asyncio.sleep(0)


@pytest.fixture(name="client")
async def _client(wire: Wire) -> AsyncIterator[BelvoClient]:
    async with BelvoClient("id", "password", base_url=wire.url, retry=None) as client:
        yield client


PERIOD: Final[dict[str, Any]] = {"date_from": "2025-12-01", "date_to": "2025-12-02"}

PLACES: Final[dict[str, Callable[[BelvoClient, Any], Awaitable[object]]]] = {
    "get": lambda client, evil: client.links.get(evil),
    "delete": lambda client, evil: client.accounts.delete(evil),
    "update's link": lambda client, evil: client.links.update(evil, password="x"),
    "update's password": lambda client, evil: client.links.update("b9", password=evil),
    "set_access_mode's link": lambda client, evil: client.links.set_access_mode(evil, "single"),
    "access_mode": lambda client, evil: client.links.set_access_mode("b9", evil),
    "institution": lambda client, evil: client.links.register(evil, "user", "password"),
    "username": lambda client, evil: client.links.register("bank", evil, "password"),
    "password": lambda client, evil: client.links.register("bank", "user", evil),
    "external_id": lambda client, evil: client.links.register("bank", "user", "p", external_id=evil),
    "fetch_resources": lambda client, evil: client.links.register(
        "bank", "user", "p", fetch_resources=[evil]
    ),
    "register's token": lambda client, evil: client.links.register("bank", "user", "p", token=evil),
    "fields": lambda client, evil: client.links.list(fields=evil).to_list(),
    "omit": lambda client, evil: client.links.get("b9", omit=[evil]),
    "retrieve's fields": lambda client, evil: client.accounts.retrieve("b9", fields=[evil]),
    "retrieve's link": lambda client, evil: client.accounts.retrieve(evil),
    "account": lambda client, evil: client.balances.retrieve("b9", **PERIOD, account=evil),
    "date_from": lambda client, evil: client.balances.retrieve("b9", date_from=evil, date_to="2025-12-02"),
    "a filter": lambda client, evil: client.links.list(external_id=evil).to_list(),
    "a filter's item": lambda client, evil: client.links.list(status__in=[evil, "valid"]).to_list(),
    "a filter's name": lambda client, evil: client.links.list(**{evil: "1"}).to_list(),
    "resume's session": lambda client, evil: client.links.resume(evil, "b9", "1"),
    "resume's link": lambda client, evil: client.links.resume("5f1c", evil, "1"),
    "resume's token": lambda client, evil: client.links.resume("5f1c", "b9", evil),
}

SECRETS: Final = {
    *("update's password", "username", "password", "register's token", "resume's session", "resume's token")
}

PATHS: Final = {b"/api/links/", b"/api/accounts/", b"/api/balances/", b"/api/links/b9/"}

HEADERS: Final = {
    *(
        b"Host",
        b"Authorization",
        b"Accept",
        b"User-Agent",
        b"Accept-Encoding",
        b"Content-Type",
        b"Content-Length",
    )
}


@pytest.mark.parametrize("place", [*PLACES])
async def test_what_is_passed_in_stays_where_it_belongs(client: BelvoClient, wire: Wire, place: str) -> None:
    """
    Whatever an argument holds, it is refused before anything is sent, or arrives whole in the body or the query.
    """
    for evil in EVIL:
        try:
            await PLACES[place](client, evil)
        except BelvoError as error:
            told = f"{error}{error!r}{error.__cause__!r}{error.__context__!r}"
            assert place not in SECRETS or "hunter2" not in told
        for sent in wire.take():
            method, target, version = sent.line.split(b" ")
            path, _, query = target.partition(b"?")
            assert HEADERS >= {*sent.headers}
            assert b"HTTP/1.1" == version
            assert wire.url.encode() == b"http://" + sent.headers[b"Host"]
            assert path in PATHS or (path.count(b"/") == 4 and path.endswith(b"/%b/" % evil.encode())), target
            assert target.isascii()
            assert method in {b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"}
            values = [value for _, value in parse_qsl(query.decode(), keep_blank_values=True)]
            assert all(evil in {value, value.partition(",")[0]} or value.isalnum() for value in values), query
            if sent.body:
                members = json.loads(sent.body)
                assert "X-Evil: 1" not in members
                assert "evil" not in members


async def test_a_challenge_cannot_redirect_its_answer(client: BelvoClient, wire: Wire) -> None:
    """
    The ids in a challenge go into the body of the answer, and nowhere else.
    """
    for evil in EVIL[:-4]:
        if not evil.isascii():
            continue
        entry = {"code": "token_required", "session": evil, "link": evil, "request_id": evil}
        wire.answers = {b"POST": (428, json.dumps([entry]).encode()), b"PATCH": (200, b'{"id":"b9"}')}
        session = client.links.register("bank", "user", "password", prompt=_answer)
        try:
            await session
        except BelvoError:
            assert session.state.is_final
        opening, *answers = wire.take()
        assert b"POST /api/links/ HTTP/1.1" == opening.line
        for answer in answers:
            assert b"PATCH /api/links/ HTTP/1.1" == answer.line
            assert {"session": evil, "link": evil, "token": "1"} == json.loads(answer.body)


async def _answer(_: object) -> str:
    return "1"


async def test_next_is_followed_by_its_query_only(client: BelvoClient, wire: Wire) -> None:
    """
    The address of the next page may name any host, port, path or scheme: our requests, and keys, stay at home.
    """
    for address in (
        "https://evil.example/api/links/?page=2",
        "http://evil.example:80/steal?page=2",
        "//evil.example/?page=2",
        "file:///etc/passwd?page=2",
        "http://user:password@evil.example/?page=2",
        "http://[::1/?page=2",
        "http://a\\@evil.example/?page=2",
        "/api/accounts/?page=2",
        "?page=2",
        "\r\nHost: evil.example?page=2",
        "https://evil.example/?page=2#?page=3",
    ):
        page = {"count": 2, "next": address, "results": [{"id": "b9"}]}
        wire.answers = {b"GET": (200, json.dumps(page).encode())}
        with pytest.raises(DecodeError):  # the second page names itself as the next
            await client.links.list().to_list()

        first, second = wire.take()
        assert b"GET /api/links/ HTTP/1.1" == first.line
        assert b"GET /api/links/?page=2 HTTP/1.1" == second.line
        assert wire.url.encode() == b"http://" + second.headers[b"Host"]


async def test_pages_that_go_round_in_a_circle_end(client: BelvoClient, wire: Wire) -> None:
    """
    Pages that name each other are an error and no endless list.
    """
    numbers = iter([2, 3, 1, 2, 3])

    class Circle(dict[bytes, tuple[int, bytes]]):
        def get(self, *_: object) -> Any:
            page = {"next": f"?page={next(numbers)}", "results": [{"id": "b9"}]}
            return 200, json.dumps(page).encode()

    wire.answers = Circle()
    with pytest.raises(DecodeError):
        await client.links.list().to_list()

    assert 4 == len(wire.take())


async def test_null_is_no_item(client: BelvoClient, wire: Wire) -> None:
    """
    A page or a list with nothing where an item should be cannot be read; nobody meets a `None` among the models.
    """
    wire.answers = {b"GET": (200, b'{"results":[{"id":"b9"},null]}'), b"POST": (200, b"[null]")}

    with pytest.raises(DecodeError):
        await client.links.list().to_list()
    with pytest.raises(DecodeError):
        await client.accounts.retrieve("b9")


@pytest.mark.parametrize("value", ["hunter2\ud800", object()], ids=["half a character", "object"])
async def test_what_json_cannot_carry_is_refused(client: BelvoClient, wire: Wire, value: Any) -> None:
    """
    Nothing is sent, the error names the argument and not its value, and the session can tell that nothing left.
    """
    session = client.links.register("bank", "user", "password", access_mode=value)

    with pytest.raises(InvalidArgumentError, match="access_mode") as raised:
        await session
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert session.state is MfaState.READY
    assert [] == wire.take()
    assert 0 == len(client._busy)


async def test_headers_of_an_answer_can_be_shown_and_stored(client: BelvoClient, wire: Wire) -> None:
    """
    A request id that is no text makes no error that cannot be written and no ticket that cannot be stored.
    """
    wire.answers = {b"POST": (428, CHALLENGE)}
    wire.headers = b"X-Request-Id: \xff\xfeabc\r\n"

    with pytest.raises(MfaError) as raised:
        await client.links.register("bank", "user", "password")

    ticket = raised.value.ticket
    assert ticket is not None
    assert "\ufffd\ufffdabc" == ticket.request_id
    assert f"{raised.value}{ticket.to_json()}".encode()


async def test_a_date_beyond_all_calendars_is_no_wait(client: BelvoClient, wire: Wire) -> None:
    """
    A `Retry-After` that no date can hold is ignored, as other nonsense is.
    """
    for number in (b"99999999999999999999", b"1", b"32"):
        wire.headers = b"Retry-After: Thu, %b Jan 99999999999 00:00:00 +%b\r\n" % (number, number * 5)
        wire.answers = {b"GET": (429, b"")}
        with pytest.raises(RateLimitedError) as raised:
            await client.links.get("b9")
        assert raised.value.retry_after is None
