"""
The public API as users write it. Checked by mypy and pyright, never run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import assert_type

import aiohttp

from belvo_async import (
    BelvoClient,
    BelvoError,
    LoggingObserver,
    MfaChallenge,
    MfaSession,
    MfaState,
    MfaTicket,
    Network,
    Outcome,
    TokenPrompt,
    drive,
)
from belvo_async.errors import (
    MfaError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRequiredError,
    MfaRoundsExceededError,
    PromptFailedError,
)
from belvo_async.messages import Answer
from belvo_async.models import Account, Balance, Institution, Link, Transaction
from belvo_async.webhooks import (
    LinkProblem,
    WebhookCode,
    WebhookData,
    WebhookEvent,
    WebhookReceiver,
    WebhookType,
    read_webhook,
)
from belvo_async.webhooks.aiohttp import webhook_handler
from belvo_async.webhooks.starlette import webhook_endpoint


async def ask(challenge: MfaChallenge) -> str | None:
    """
    A prompt.
    """
    return challenge.value


prompt: TokenPrompt = ask


async def resources(client: BelvoClient) -> None:
    """
    Each verb of each resource has its type.
    """
    session = client.links.register("a", "b", "c")
    assert_type(await session, Link)
    assert_type(await client.links.register("a", "b", "c", prompt=ask), Link)
    assert_type(await client.links.update("a", password="b"), Link)
    assert_type(await client.links.resume("a", "b", "c"), Link)
    assert_type(await client.links.set_access_mode("a", "single"), Link)
    assert_type(await client.links.get("a"), Link)
    assert_type([link async for link in client.links.list(status__in=["valid"])], list[Link])
    assert_type(await client.accounts.retrieve("a"), list[Account])
    assert_type(await client.accounts.resume("a", "b"), list[Account])
    assert_type(await client.accounts.list(link="a").to_list(), list[Account])
    assert_type(
        await client.balances.retrieve("a", date_from="2026-01-01", date_to="2026-01-02"), list[Balance]
    )
    assert_type(await client.balances.resume("a", "b", save_data=False), list[Balance])
    assert_type(await client.institutions.get(5), Institution)


async def options(client: BelvoClient, given: dict[str, str]) -> None:
    """
    Each verb takes a timeout and headers; sessions and pages have the answer as it came.
    """
    assert_type(await client.links.list(timeout=5, headers=given).to_list(), list[Link])
    assert_type(await client.transactions.list(link="a", timeout=None).to_list(), list[Transaction])
    assert_type(await client.links.get("a", timeout=0.5, headers={"X-Trace-Id": "b"}), Link)
    await client.links.delete("a", timeout=5)
    assert_type(await client.links.register("a", "b", timeout=5, headers=None, prompt=ask), Link)
    assert_type(await client.accounts.retrieve("a", timeout=5, save_data=False), list[Account])
    assert_type(await client.transactions.resume("a", "b", timeout=5), list[Transaction])
    await client.check(timeout=5)
    session = client.links.register("a", "b")
    assert_type(session.response, Answer | None)
    assert_type(client.links.list().response, Answer | None)
    answer = Answer(200, b"")
    assert_type(answer.headers, Mapping[str, str])
    assert_type(client.with_options(headers=given, observers=[LoggingObserver()]), BelvoClient)
    Network(connections=aiohttp.ClientSession())
    Network(connections=aiohttp.TCPConnector())


async def mistakes(client: BelvoClient) -> None:
    """
    What is needed has to be given, and what is not known is refused.
    """
    client.transactions.list()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.consents.list()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await client.transactions.retrieve("a")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await client.transactions.request("a")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await client.links.register("a", "b", tokn="c")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    client.links.list(timeout="a")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    await client.links.get("a", headers=5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    await client.links.get("a", timeuot=5)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await client.bills.retrieve("a", token="b")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def by_hand(session: MfaSession[Link]) -> MfaTicket:
    """
    A session, step by step.
    """
    async with session:
        async for challenge in session:
            assert_type(challenge, MfaChallenge)
            await session.submit("111111")
    assert_type(session.state, MfaState)
    assert_type(session.result, Link)
    return session.suspend()


async def many(sessions: AsyncIterator[MfaSession[Link]]) -> None:
    """
    Many sessions.
    """
    async with drive(sessions, limit=5) as outcomes:
        async for outcome in outcomes:
            assert_type(outcome, Outcome[Link])
            assert_type(outcome.result, Link | None)
            assert_type(outcome.unwrap(), Link)


async def handle(event: WebhookEvent) -> None:
    """
    What a program does with an event.
    """
    assert_type(event.webhook_type, WebhookType)
    assert_type(event.webhook_code, WebhookCode)
    assert_type(event.data, WebhookData)
    if isinstance(event.data, LinkProblem):
        assert_type(event.data.error_code, str | None)


def webhooks() -> None:
    """
    Events come from receivers, and receivers go into servers.
    """
    receiver = WebhookReceiver(["Bearer a", "Basic b"])
    assert_type(receiver.receive(b"", None), WebhookEvent)
    assert_type(read_webhook(b""), WebhookEvent)
    webhook_handler(receiver, handle)
    webhook_endpoint(receiver, handle)
    WebhookReceiver()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def errors(error: BelvoError) -> None:
    """
    What the library never leaves out of an error is no option.
    """
    match error:
        case MfaRequiredError() | PromptFailedError() | MfaRoundsExceededError():
            assert_type(error.challenge, MfaChallenge)
            assert_type(error.ticket, MfaTicket)
        case MfaExpiredError() | MfaRejectedError():
            assert_type(error.challenge, MfaChallenge)
            assert_type(error.ticket, MfaTicket | None)
        case MfaError():
            assert_type(error.challenge, MfaChallenge | None)
            assert_type(error.ticket, MfaTicket | None)
        case _:
            pass
