"""
Arguments of the wrong type are told in our words, by name, and before anything is sent.
"""

from __future__ import annotations

import traceback

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from people import BANK, RIGHT, careful

from belvo_async import BelvoClient, LoggingObserver, MfaChallenge, MfaTicket, RateLimit, RetryPolicy, drive
from belvo_async.errors import InvalidArgumentError, PromptFailedError, TicketError
from belvo_async.sandbox import Sandbox


pytestmark = pytest.mark.anyio


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(name="client")
async def _client(sandbox: Sandbox) -> AsyncIterator[BelvoClient]:
    async with BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url) as client:
        yield client


def blocking(_: MfaChallenge) -> str:
    """
    No prompt: it does not wait.
    """
    return RIGHT


def ids(value: object) -> str:
    """
    Return the id of a parameter.
    """
    return ", ".join(value) if isinstance(value, dict) else type(value).__name__


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"timeouts": 30}, "timeouts: expected a Timeouts, found int"),
    ({"timeouts": None}, "timeouts: expected a Timeouts, found None"),
    ({"retry": {}}, "retry: expected a RetryPolicy or None, found dict"),
    ({"retry": RetryPolicy}, "retry: expected a RetryPolicy or None, found the class RetryPolicy"),
    ({"rate_limit": 80}, "rate_limit: expected a RateLimit or a Limiter or None, found int"),
    (
        {"rate_limit": RateLimit},
        "rate_limit: expected a RateLimit or a Limiter or None, found the class RateLimit",
    ),
    ({"prompt": "111111"}, "prompt: expected a coroutine function that takes an MfaChallenge, found str"),
]
CONSTRUCTOR: list[tuple[dict[str, Any], str]] = [
    ({"pool": 5}, "pool: expected a PoolLimits, found int"),
    ({"network": "proxy"}, "network: expected a Network, found str"),
    (
        {"observers": LoggingObserver()},
        "observers: expected a sequence of observers, found LoggingObserver",
    ),
    (
        {"observers": [LoggingObserver(), LoggingObserver]},
        "observers: expected a sequence of observers, found LoggingObserver, the class LoggingObserver",
    ),
    ({"environment": ["sandbox"]}, "environment: expected sandbox or production, found ['sandbox']"),
]


@pytest.mark.parametrize(("options", "told"), [*OPTIONS, *CONSTRUCTOR], ids=ids)
def test_a_client_checks_what_it_is_told(options: dict[str, Any], told: str) -> None:
    """
    Who gives a number where a value of ours is expected hears of it where the client is made.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        BelvoClient("id", "password", **{"environment": "sandbox", **options})

    assert told == str(caught.value)


@pytest.mark.parametrize(("options", "told"), OPTIONS, ids=ids)
async def test_so_does_one_with_other_options(
    client: BelvoClient, options: dict[str, Any], told: str
) -> None:
    """
    What is changed later is checked as what is given at first.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        client.with_options(**options)

    assert told == str(caught.value)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "BELVO_ENV: expected either BELVO_ENV or BELVO_API_URL, found neither"),
        (
            {"BELVO_SECRET_ID": ""},
            "BELVO_SECRET_ID: expected an environment variable of this name, found none",
        ),
        ({"BELVO_ENV": "prod"}, "BELVO_ENV: expected sandbox or production, found 'prod'"),
        ({"BELVO_API_URL": "belvo.test"}, "BELVO_API_URL: expected https://host, found something else"),
        (
            {"BELVO_API_URL": "https://me:canary@belvo.test"},
            "BELVO_API_URL: expected an address without credentials, found credentials in it",
        ),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    """
    What is wrong with the environment is told with the name of the variable, and no frame holds its value.
    """
    monkeypatch.delenv("BELVO_ENV", raising=False)
    monkeypatch.delenv("BELVO_API_URL", raising=False)
    for name, value in {"BELVO_SECRET_ID": "a", "BELVO_SECRET_PASSWORD": "canary", **variables}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(InvalidArgumentError) as raised:
        BelvoClient.from_env()

    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    shown = [repr(frame.f_locals) for frame in frames if "belvo_async/" in frame.f_code.co_filename]
    assert told == str(raised.value)
    assert not any("canary" in text for text in shown)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: RetryPolicy(waits=3), "RetryPolicy.waits: expected a sequence of seconds, found int"),  # type: ignore[arg-type] # wrong
        (lambda: RateLimit(hosts=5), "RateLimit.hosts: expected a sequence of hosts, found int"),  # type: ignore[arg-type] # wrong
        (lambda: RateLimit(hosts=[5]), "RateLimit.hosts: expected a str, found int"),  # type: ignore[list-item] # wrong
        (lambda: drive(7, limit=1), "sessions: expected an iterable of sessions, found int"),  # type: ignore[arg-type] # wrong
    ],
)
async def test_values_check_what_they_hold(make: Callable[[], object], told: str) -> None:
    """
    What is no sequence is told as such.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        make()

    assert told == str(caught.value)


@pytest.mark.parametrize("wrong", [None, "a text", MfaTicket], ids=ids)
async def test_what_is_no_ticket(client: BelvoClient, sandbox: Sandbox, wrong: Any) -> None:
    """
    The text of a ticket, or none at all, is not taken for one.
    """
    with pytest.raises(InvalidArgumentError, match=r"^ticket: expected an MfaTicket .*from_json"):
        client.resume(wrong, RIGHT)
    with pytest.raises(InvalidArgumentError, match=r"^ticket: expected an MfaTicket"):
        await client.reconcile(wrong)
    assert sandbox.counts.total() == 0


@pytest.mark.parametrize(("wrong", "found"), [(None, "None"), ({}, "dict"), (7, "int")], ids=ids)
def test_what_is_no_text_of_a_ticket(wrong: Any, found: str) -> None:
    """
    Where a store had nothing, there is no ticket.
    """
    with pytest.raises(TicketError, match=f"expected its text, found {found}$"):
        MfaTicket.from_json(wrong)


async def test_one_session_is_not_many(client: BelvoClient) -> None:
    """
    A session can be iterated, but not for sessions.
    """
    session = client.links.register(BANK, "mfa_default", "pass_valid")
    session.cancel()

    with pytest.raises(InvalidArgumentError, match=r"^sessions: .* found one session; put it in a list$"):
        drive(session, limit=1)  # type: ignore[arg-type] # wrong


async def test_a_trace_is_text(client: BelvoClient) -> None:
    """
    What no ticket could hold is refused where it is set.
    """
    session = client.links.register(BANK, "ana", "secret")
    with pytest.raises(InvalidArgumentError, match=r"session\.trace: expected a str or None, found int"):
        session.trace = 5  # type: ignore[assignment] # on purpose
    session.cancel()


async def test_drive_takes_sessions_only(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    What is no session comes out as an error of the source, behind what came before.
    """
    sessions: list[Any] = [client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)]
    async with drive([*sessions, client.links.list()], limit=2) as outcomes:
        with pytest.raises(InvalidArgumentError, match=r"^sessions: expected sessions only, found Pages$"):
            async for outcome in outcomes:
                assert outcome.ok

    assert sandbox.counts["PATCH /api/links/"] == 1
    assert sandbox.counts["GET /api/links/"] == 0


async def test_a_prompt_of_a_call_is_checked_before_anything_is_sent(
    client: BelvoClient, sandbox: Sandbox
) -> None:
    """
    As every wrong argument of a call, it is told when the session is driven.
    """
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful(None))  # type: ignore[arg-type] # wrong
    prompt = session._prompt

    with pytest.raises(
        InvalidArgumentError, match=r"^prompt: expected a coroutine function .* found coroutine$"
    ):
        await session
    assert sandbox.counts.total() == 0
    prompt.close()  # type: ignore[union-attr] # a coroutine


async def test_a_prompt_that_is_no_coroutine_function(client: BelvoClient, sandbox: Sandbox) -> None:
    """
    It is told why the prompt failed, without what it returned; the ticket is there.
    """
    with pytest.raises(PromptFailedError) as caught:
        await client.links.register(BANK, "mfa_default", "pass_valid", prompt=blocking)  # type: ignore[arg-type] # wrong

    assert "the prompt must be a coroutine function (async def), and it returned str" in str(caught.value)
    assert sandbox.counts["PATCH /api/links/"] == 0
    assert (await client.resume(caught.value.ticket, RIGHT)).status == "valid"


async def test_a_prompt_may_be_anything_that_returns_an_awaitable(client: BelvoClient) -> None:
    """
    A function that is not declared as a coroutine function can be one.
    """

    def ask(challenge: MfaChallenge) -> Awaitable[str | None]:
        return careful(challenge)

    assert (await client.links.register(BANK, "mfa_default", "pass_valid", prompt=ask)).status == "valid"
