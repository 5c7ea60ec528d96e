"""
No secret gets out: canaries go in everywhere, and everything that can be looked at is looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import logging
import pickle
import traceback

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from people import BANK, Absent

import belvo_async

from belvo_async import BelvoClient, MfaChallenge, MfaSession, drive
from belvo_async.errors import BelvoError, InvalidArgumentError
from belvo_async.messages import Body, Secret
from belvo_async.observer import LoggingObserver
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

PASSWORD, PIN, TOKEN, KEY, CERTIFICATE, ENCRYPTION, API_KEY, PAGE = CANARIES = tuple(
    f"canary-{name}-7d1f"
    for name in ("password", "pin", "token", "key", "certificate", "encryption", "api-key", "page")
)

SANDBOX = str(Path(belvo_async.__file__).parent / "sandbox")

TESTS = str(Path(__file__).parent)


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="sandbox")
async def _sandbox(clock: ManualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock, secret_password=API_KEY, mfa_token=TOKEN) as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox, clock: ManualClock) -> AsyncIterator[BelvoClient]:
    options = {"clock": clock, "retry": None, "observers": [LoggingObserver()]}
    async with BelvoClient("sandbox-id", API_KEY, base_url=sandbox.url, **options) as client:  # type: ignore[arg-type] # of many kinds
        yield client


def register(client: BelvoClient, **options: Any) -> MfaSession[Any]:
    """
    Register with every secret there is.
    """
    return client.links.register(
        BANK,
        "mfa_default",
        PASSWORD,
        password2=PIN,
        certificate=CERTIFICATE,
        private_key=KEY,
        encryption_key=ENCRYPTION,
        **options,
    )


def update(client: BelvoClient, link: str, **options: Any) -> MfaSession[Any]:
    """
    Update with every secret there is.
    """
    return client.links.update(
        link,
        password=PASSWORD,
        password2=PIN,
        token=TOKEN,
        certificate=CERTIFICATE,
        private_key=KEY,
        encryption_key=ENCRYPTION,
        **options,
    )


async def types_it(_: MfaChallenge) -> str:
    """
    Give the token.
    """
    return TOKEN


async def mistypes_it(_: MfaChallenge) -> str:
    """
    Give a token that is refused.
    """
    return f"{TOKEN}x"


async def pastes_a_line(_: MfaChallenge) -> str:
    """
    Give what cannot be a token.
    """
    return f"{TOKEN}\n{TOKEN}"


def shown(error: BaseException) -> Iterator[str]:
    """
    Everything an error shows of itself, its causes, and the variables of the frames they passed: ours, aiohttp's,
    everybody's but those of the tests, which know the secrets.
    """
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        chain += [link.__cause__, link.__context__]
        yield from (str(link), repr(link), repr(link.args))
        for frame, _ in traceback.walk_tb(link.__traceback__):
            name = frame.f_code.co_filename
            if not name.startswith((SANDBOX, TESTS)):
                for variable, value in frame.f_locals.items():
                    yield f"{name}:{frame.f_code.co_name}:{variable}={value!r}"
        if isinstance(link, BelvoError):
            yield repr(pickle.dumps(link))
            yield repr(vars(copy.copy(link)))


def leaks(texts: Iterator[str]) -> list[str]:
    """
    The texts that hold a canary.
    """
    return [text for text in texts if any(canary in text for canary in CANARIES)]


Scene = Callable[[BelvoClient, Sandbox, ManualClock], Awaitable[Any]]


async def wrong_password(client: BelvoClient, *_: object) -> None:
    """
    The institution refuses the login.
    """
    await client.links.register(BANK, "user_invalid", PASSWORD)


async def completed(client: BelvoClient, *_: object) -> None:
    """
    Everything goes well.
    """
    await register(client, prompt=types_it)


async def refused_token(client: BelvoClient, *_: object) -> None:
    """
    The token is wrong.
    """
    await register(client, prompt=mistypes_it)


async def impossible_token(client: BelvoClient, *_: object) -> None:
    """
    The token cannot be one.
    """
    await register(client, prompt=pastes_a_line)


async def impossible_token_by_hand(client: BelvoClient, *_: object) -> None:
    """
    The token cannot be one, by hand.
    """
    session = register(client)
    await anext(session)
    await session.submit(f"{TOKEN}\n{TOKEN}")


async def submitted_twice(client: BelvoClient, *_: object) -> None:
    """
    The token is given once more.
    """
    session = register(client)
    await anext(session)
    await session.submit(TOKEN)
    await session.submit(TOKEN)


async def nobody_asks(client: BelvoClient, *_: object) -> None:
    """
    There is no prompt.
    """
    await register(client)


async def bad_arguments(client: BelvoClient, *_: object) -> None:
    """
    Another argument of the call is wrong.
    """
    await update(client, "../x")


async def bad_fields(client: BelvoClient, *_: object) -> None:
    """
    Another argument of the registration is wrong.
    """
    await register(client, fields="a b")


async def bad_resume(client: BelvoClient, *_: object) -> None:
    """
    A bare resume with a wrong id.
    """
    await client.links.resume("", "x", TOKEN)


async def foreign_ticket(client: BelvoClient, *_: object) -> None:
    """
    A ticket that was answered already.
    """
    session = register(client)
    await anext(session)
    ticket = session.suspend()
    await client.resume(ticket, TOKEN)
    await client.resume(ticket, TOKEN)


async def unknown_link(client: BelvoClient, *_: object) -> None:
    """
    The link is not there.
    """
    await update(client, "0" * 32)


async def expired(client: BelvoClient, _: Sandbox, clock: ManualClock) -> None:
    """
    The user is late.
    """
    user = Absent()
    task = asyncio.ensure_future(register(client, prompt=user))
    await user.asked.wait()
    await clock.advance(600)
    await task


async def cancelled(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    The task is cancelled while the token is under way.
    """
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, operation="PATCH /api/links/", seconds=900))
    session = register(client, prompt=types_it)
    task = asyncio.ensure_future(session)
    await sandbox.wait_for("PATCH /api/links/")
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await session


def fault(kind: FaultKind, method: str) -> Scene:
    """
    Return the scene in which the wire fails.
    """

    async def scene(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
        sandbox.faults.add(Fault(kind=kind, operation=f"{method} /api/links/"))
        await register(client, prompt=types_it)

    scene.__name__ = f"{kind.value}-{method}"
    return scene


async def nobody_listens(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    Belvo is not there when the token comes.
    """
    session = register(client)
    await anext(session)
    await sandbox.aclose()
    await session.submit(TOKEN)


async def closed_client(client: BelvoClient, *_: object) -> None:
    """
    The client is closed.
    """
    await client.aclose()
    await register(client)


async def wrong_keys(client: BelvoClient, *_: object) -> None:
    """
    The keys are wrong.
    """
    async with BelvoClient("sandbox-id", f"{API_KEY}x", base_url=client.base_url, retry=None) as other:
        await register(other)


async def data_with_a_token(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    A retrieval that has its token already, and whose answer is lost.
    """
    link = await register(client, prompt=types_it)
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_READ, operation="POST /api/balances/"))
    await client.balances.retrieve(link.id, date_from="2025-12-01", date_to="2025-12-02", token=TOKEN)


async def data_resumed(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    A bare resume of a retrieval, refused with words that repeat the token.
    """
    body = json.dumps([{"code": "invalid", "message": f"{TOKEN} is wrong", "field": TOKEN}])
    sandbox.faults.add(
        Fault(kind=FaultKind.ANSWER, operation="PATCH /api/accounts/", status=400, code=None, body=body)
    )
    await client.accounts.resume("a-session", "0" * 32, TOKEN)


async def many_at_once(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    Driven with others, and the block is left.
    """
    sandbox.faults.add(Fault(kind=FaultKind.HTML_502, operation="PATCH /api/links/", times=1))
    async with drive([register(client, prompt=types_it) for _ in range(3)], limit=3) as outcomes:
        first = await anext(outcomes)
    assert [] == leaks(iter([repr(first), repr(outcomes.undelivered), repr(outcomes)]))
    raise next(o.error for o in [first, *outcomes.undelivered] if o.error is not None)


async def reconciled(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    What became of it is looked up, and the look fails.
    """
    session = register(client)
    await anext(session)
    ticket = session.suspend()
    sandbox.faults.add(Fault(kind=FaultKind.TRUNCATED_JSON, operation="GET /api/links/{id}/"))
    await client.reconcile(ticket)


async def read_without_an_answer(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    A list breaks off.
    """
    sandbox.faults.add(Fault(kind=FaultKind.CLOSE_IN_HEADERS, operation="GET /api/links/"))
    await client.links.list(external_id="mine").to_list()


async def changed_without_an_answer(client: BelvoClient, sandbox: Sandbox, _: ManualClock) -> None:
    """
    A change of the access mode breaks off.
    """
    sandbox.faults.add(Fault(kind=FaultKind.RESET_UNPROCESSED, operation="PATCH /api/links/{id}/"))
    await client.links.set_access_mode("0" * 32, "single")


SCENES: list[Scene] = [
    data_with_a_token,
    data_resumed,
    many_at_once,
    reconciled,
    read_without_an_answer,
    changed_without_an_answer,
    completed,
    wrong_password,
    refused_token,
    impossible_token,
    impossible_token_by_hand,
    submitted_twice,
    nobody_asks,
    bad_arguments,
    bad_fields,
    bad_resume,
    foreign_ticket,
    unknown_link,
    expired,
    cancelled,
    nobody_listens,
    closed_client,
    wrong_keys,
    *(
        fault(kind, method)
        for method in ("POST", "PATCH")
        for kind in (
            FaultKind.CLOSE_READ,
            FaultKind.CLOSE_IN_HEADERS,
            FaultKind.CLOSE_IN_BODY,
            FaultKind.RESET_PROCESSED,
            FaultKind.TRUNCATED_JSON,
            FaultKind.WRONG_JSON,
            FaultKind.EMPTY_BODY,
            FaultKind.HTML_403,
            FaultKind.HTML_502,
        )
    ),
]


FOUND = {"close_in_headers-PATCH", "close_in_body-PATCH", "reset_processed-PATCH"}
"""Where the answer is lost and the link is found by looking for it."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_no_outcome_shows_a_secret(
    client: BelvoClient,
    sandbox: Sandbox,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    scene: Scene,
) -> None:
    """
    Whatever happens, no error, traceback, pickle or log line shows a password, a token or a key.
    """
    caplog.set_level(logging.DEBUG)
    error: BaseException | None = None
    try:
        await scene(client, sandbox, clock)
    except BelvoError as raised:
        error = raised

    assert (error is None) is (scene is completed or scene.__name__ in FOUND)
    assert [] == ([] if error is None else leaks(shown(error)))
    assert [] == leaks(iter([caplog.text, *(repr(vars(record)) for record in caplog.records)]))


async def test_no_object_shows_a_secret(client: BelvoClient) -> None:
    """
    Clients, sessions, requests and tickets show what they are and nothing they keep.
    """
    session = register(client)
    challenge = await anext(session)
    ticket = session.suspend()
    flow = session._flow
    objects = [client, session, challenge, ticket, flow, session._engine, client._pool, client._options]

    assert [] == leaks(iter([text for thing in objects for text in (repr(thing), str(thing))]))
    assert [] == leaks(iter([ticket.to_json(), repr(pickle.dumps(ticket)), repr(pickle.dumps(challenge))]))
    assert ticket.session not in repr(ticket)
    assert challenge.session not in repr(challenge)


async def test_a_finished_session_keeps_no_secret(client: BelvoClient) -> None:
    """
    What is not needed any more is let go of.
    """
    done = register(client, prompt=types_it)
    await done
    parked = register(client)
    await anext(parked)
    parked.suspend()

    assert [None, None] == [done._call, parked._call]
    assert [None, None] == [done._answer, parked._answer]


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        (("id", API_KEY), {"base_url": "http://example.com"}),
        (("id", API_KEY), {"environment": "prod"}),
        (("id", API_KEY), {}),
        (("id", f"{API_KEY}\n"), {"environment": "sandbox"}),
        (("i:d", API_KEY), {"environment": "sandbox"}),
        ((API_KEY, ""), {"environment": "sandbox"}),
        ((None, API_KEY), {"environment": "sandbox"}),
        (("id", API_KEY), {"base_url": f"https://user:{PASSWORD}@example.com"}),
    ],
)
async def test_wrong_settings_show_no_key(keys: Any, options: Any) -> None:
    """
    A client that cannot be made says why without showing its keys.
    """
    with pytest.raises(InvalidArgumentError) as raised:
        BelvoClient(*keys, **options)

    assert [] == leaks(shown(raised.value))


def test_secrets_do_not_pickle() -> None:
    """
    What holds a secret is not written down.
    """
    for thing in (Secret(TOKEN), Body({"password": PASSWORD})):
        assert [] == leaks(iter([repr(thing), str(thing), f"{thing}"]))
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(thing)
