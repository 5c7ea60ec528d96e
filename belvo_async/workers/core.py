"""
What a worker does with a flow that lies in a store: begin it, answer its challenge, find out what became of it.

Three coroutine functions and no engine. Whatever hands out work calls them with the key of a flow, as often as it likes
and from as many processes: the store lets one of them go on, and no challenge is answered twice.

The one rule: a flow is marked as sent before its request leaves, and one that is marked is never sent
again. Who finds it left alone looks for what became of it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, cast

import anyio
import attrs

from belvo_async.client import BelvoClient
from belvo_async.clock import Clock
from belvo_async.errors import (
    AuthenticationError,
    BelvoError,
    InvalidArgumentError,
    LostClaimError,
    MfaExpiredError,
    NotFoundError,
    StoreError,
    UncertainOutcomeError,
)
from belvo_async.mfa.flow import check_token
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.session import MfaSession
from belvo_async.stores.record import OPENING, FlowRecord, FlowStatus, instant, problem_of
from belvo_async.stores.store import Claim, Store


T = TypeVar("T")


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


@attrs.frozen(kw_only=True)
class Leases:
    """
    How long a worker that says nothing is believed to be at work.

    Attributes:
        lease: Seconds after which the flow of a worker that has died is handed on. While it lives it renews
            its claim, however long Belvo takes.

        patience: Seconds for which Belvo may still work on what a dead worker had sent. Until they have passed,
            "not found" means "not yet". Belvo works up to five minutes.

        interval: Seconds between two looks for what became of it.
    """

    lease: float = 30.0
    patience: float = 330.0
    interval: float = 15.0


USUAL: Final = Leases()

LOOKS_APART: Final = 2.0
"""Seconds between two looks at data that may still come in."""


@attrs.frozen(kw_only=True)
class FlowOutcome(Generic[T]):
    """
    Where a flow is after a worker has done what could be done.

    Attributes:
        flow: The caller's key of it.

        status: Where it is. WAITING is for its user; CLAIMED and SENT mean that another process is at it, or that it has
            to be looked at again.

        round: The challenge it is at.

        link: Id of the link, if it is known.

        result: What Belvo brought, in the process that completed it. It is kept nowhere.

        error: What ended it, in the process in which that happened.

        problem: The same in words that the store keeps: the names of the error and of Belvo's code.

        ticket: The challenge that waits for its user, or of a flow that is to be started again.

        due_at: When it has to be looked at if nothing happens (aware, UTC, by the server's clock); `None` if never.
    """

    flow: str
    status: FlowStatus
    round: int = OPENING
    link: str | None = None
    result: T | None = None
    error: BelvoError | None = None
    problem: str | None = None
    ticket: MfaTicket | None = None
    due_at: datetime | None = None


Settle = Callable[[FlowOutcome[Any]], Awaitable[None]]
"""
Takes the outcome of a flow that has ended, before the store is told. If the process dies in between, it is called once
more, in another; so do something that may be done twice.
"""


async def start_flow(
    store: Store,
    flow: str,
    session: MfaSession[T],
    *,
    settle: Settle | None = None,
    leases: Leases = USUAL,
) -> FlowOutcome[T]:
    """
    Begin a flow with a call that was not driven yet. On a challenge it is parked, and this returns: no worker waits.

    May be called again for the same flow, with a session for the same call: it goes on where the
    worker before has died. A registration is looked for before it is repeated (by its `external_id`), stored data as well.

    Args:
        store: Where the flow lies.

        flow: The caller's key of it, at most 200 characters. Use it once: a flow that has ended stays so.

        session: From `client.links.register(…)`, `client.balances.retrieve(…)` and the like.

        settle: Takes the outcome if it ends here.

        leases: How long a silent worker is believed to be at work.

    Raises:
        StoreError: The store failed. Call this again.

        TransportError: Belvo could not be reached, and nothing was sent. Call this again.

        RateLimitedError: Belvo turned the request away unread. Call this again, later.

        AuthenticationError: Belvo does not know the keys of the client. Mend them and call this again.
    """
    try:
        claim = await store.begin(
            flow,
            owner=_this_process(),
            lease=leases.lease,
            operation=session.operation,
            link=session.link,
            external_id=session.external_id,
        )
        if isinstance(claim, Claim):
            return await _opened(store, claim, session, settle, leases)
        if claim.round == OPENING and claim.status is FlowStatus.SENT:
            earlier = await store.claim_sent(flow, owner=_this_process(), lease=leases.lease)
            if isinstance(earlier, Claim):
                return await _taken_over(store, earlier, session, settle, leases)
        return _outcome(claim)
    finally:
        if session.state is MfaState.READY:
            session.cancel()


async def resume_flow(
    store: Store,
    flow: str,
    client: BelvoClient,
    *,
    settle: Settle | None = None,
    leases: Leases = USUAL,
) -> FlowOutcome[Any]:
    """
    Answer the challenge of a flow with the token that lies in the store. On another challenge it is parked again.
    A flow whose deadline passed without a token ends EXPIRED, and *settle* is told.

    May be called at any time, also twice at once: if there is nothing to do, or another process is at it, the outcome
    says so. If a worker died after its answer may have left, this is `reconcile_flow()`.

    Args:
        store: As for `start_flow()`, as are the others.

        client: With the same keys as the one that began the flow.

    Raises:
        StoreError: As for `start_flow()`, as are the others.
    """
    claim = await _claimed(store, flow, leases)
    return await _gone_on(store, claim, client, settle, leases)


async def reconcile_flow(
    store: Store,
    flow: str,
    client: BelvoClient,
    *,
    settle: Settle | None = None,
    leases: Leases = USUAL,
) -> FlowOutcome[Any]:
    """
    Find out what became of an answer whose worker has died, or that brought no answer. Sends nothing but looks.

    The flow ends COMPLETED if its result is there. If not, it stays SENT as long as Belvo may be at work
    (`due_at` says when to call this again), and then it is to be started again.

    Args:
        store: As for `resume_flow()`, as are the others.

    Raises:
        StoreError: As for `start_flow()`.
    """
    claim = await store.claim_sent(flow, owner=_this_process(), lease=leases.lease)
    if claim is None:
        raise StoreError(problem=f"flow {flow}: there is none, or it was forgotten")
    if not isinstance(claim, Claim):
        return _outcome(claim)
    ticket = claim.record.ticket
    if claim.record.round == OPENING or ticket is None:
        await claim.let_go(0.0)  # only a session of the same call knows what to look for: start_flow()
        return _outcome(claim.record)
    async with _at_work(claim, leases):
        try:
            found = await _looked_for(client, attrs.evolve(ticket, answered=True), store.clock)
        except BelvoError:
            await claim.let_go(leases.interval)  # the look says nothing of the flow
            raise
        if found is not None:
            return await _ended(claim, FlowStatus.COMPLETED, settle, result=found)
        if _may_be_at_work(claim, leases):
            await claim.let_go(leases.interval)
            return _outcome(claim.record)
        return await _ended(claim, FlowStatus.START_AGAIN, settle, error=_unknown(claim))


OpenSession = Callable[[str], MfaSession[Any] | Awaitable[MfaSession[Any]]]
"""
Makes the call that a flow begins with, from the key of the flow. Credentials come from the caller's own vault.
"""


async def advance_flow(
    store: Store,
    flow: str,
    client: BelvoClient,
    open_session: OpenSession,
    *,
    settle: Settle | None = None,
    leases: Leases = USUAL,
) -> FlowOutcome[Any]:
    """
    Do with a flow whatever is to be done next: begin it where that was not finished, answer its challenge, or find out
    what became of it. The one job for all that `store.due()` names, and for a token that was delivered.

    Args:
        store: As for `resume_flow()`, as are the others.

        open_session: Called with the key of the flow where it has not got beyond its first request.

    Raises:
        StoreError: As for `start_flow()`, as are the others. Also if there is no such flow.
    """
    claim = await _claimed(store, flow, leases)
    if isinstance(claim, FlowRecord) and claim.round == OPENING and not claim.status.is_final:
        made = open_session(flow)
        session = made if isinstance(made, MfaSession) else await made
        return await start_flow(store, flow, session, settle=settle, leases=leases)
    return await _gone_on(store, claim, client, settle, leases)


# --- what they share ---


async def _claimed(store: Store, flow: str, leases: Leases) -> Claim | FlowRecord:
    """
    Claim the answer that waits to be sent, or a deadline that has passed; return the flow as it is if there is neither.
    """
    claim = await store.claim(flow, owner=_this_process(), lease=leases.lease)
    if claim is None:
        raise StoreError(problem=f"flow {flow}: there is none, or it was forgotten")
    return claim


async def _gone_on(
    store: Store, claim: Claim | FlowRecord, client: BelvoClient, settle: Settle | None, leases: Leases
) -> FlowOutcome[Any]:
    """
    Answer the challenge of a flow that was claimed, and the next one if its token is there already. Of one that could not be
    claimed find out what became of it, or say where it is.
    """
    while isinstance(claim, Claim):
        ticket = cast(MfaTicket, claim.record.ticket)
        if not claim.record.is_answered:
            expired = MfaExpiredError(challenge=ticket.to_challenge(), ticket=ticket)
            return await _ended(claim, FlowStatus.EXPIRED, settle, error=expired)
        try:
            check_token(claim.token, ticket.to_challenge())
        except InvalidArgumentError as error:  # it came before its challenge; the user may give another
            await claim.give_back(with_token=False)
            return _outcome(claim.record, error=error)
        session = client.resume(ticket, claim.token.reveal())
        outcome = await _driven(claim, session, settle, leases)
        if not (outcome.status is FlowStatus.WAITING and claim.record.is_answered):
            return outcome
        claim = await _claimed(store, claim.record.flow, leases)
    if claim.status is FlowStatus.SENT:
        return await reconcile_flow(store, claim.flow, client, settle=settle, leases=leases)
    return _outcome(claim)


async def _taken_over(
    store: Store, claim: Claim, session: MfaSession[T], settle: Settle | None, leases: Leases
) -> FlowOutcome[T]:
    """
    Go on where a worker died after the request that begins the flow may have left.
    """
    record = claim.record
    async with _at_work(claim, leases):
        try:
            since = cast(datetime, instant(record.sent_at))
            found = await session.recover(since=since, external_id=record.external_id)
        except UncertainOutcomeError as error:
            return await _ended(claim, FlowStatus.START_AGAIN, settle, error=error, link=error.link)
        if found:
            return await _ended(claim, FlowStatus.COMPLETED, settle, result=session.result)
        if _may_be_at_work(claim, leases):
            await claim.let_go(leases.interval)
            return _outcome(claim.record)
        await claim.reopen(external_id=session.external_id)
    return await _opened(store, claim, session, settle, leases)


async def _opened(
    store: Store, claim: Claim, session: MfaSession[T], settle: Settle | None, leases: Leases
) -> FlowOutcome[T]:
    link = session.link
    if link is not None and not await store.take_link(link, claim.record.flow):
        await claim.give_back()
        return _outcome(claim.record)
    return await _driven(claim, session, settle, leases)


async def _driven(
    claim: Claim, session: MfaSession[T], settle: Settle | None, leases: Leases
) -> FlowOutcome[T]:
    """
    Let *session* make its one request, and keep what became of it.
    """
    marked = False

    async def mark() -> None:
        nonlocal marked
        if not marked:
            await claim.mark_sent()
            marked = True

    async with session.gated(mark), _at_work(claim, leases):
        try:
            challenge = await anext(session, None)
        except BaseException as error:  # noqa: BLE001 - raised again, where it ends nothing
            unsent = not marked or session.state in {MfaState.READY, MfaState.CHALLENGED}
            return await _broken_off(claim, error, settle, leases, unsent=unsent)
        if challenge is None:
            return await _ended(claim, FlowStatus.COMPLETED, settle, result=session.result)
        await claim.park(session.suspend())
        return _outcome(claim.record)


async def _broken_off(
    claim: Claim, error: BaseException, settle: Settle | None, leases: Leases, *, unsent: bool
) -> FlowOutcome[Any]:
    if isinstance(error, MfaExpiredError):
        return await _ended(claim, FlowStatus.EXPIRED, settle, error=error)
    if isinstance(error, InvalidArgumentError):
        return await _ended(claim, FlowStatus.FAILED, settle, error=error)
    if unsent or isinstance(error, AuthenticationError):  # the keys are wrong, not the flow
        # Also where the task is cancelled: the next may have it at once.
        with anyio.CancelScope(shield=True):
            await claim.give_back()
        raise error
    if isinstance(error, BelvoError) and not isinstance(error, UncertainOutcomeError | StoreError):
        return await _ended(claim, FlowStatus.FAILED, settle, error=error)
    with anyio.CancelScope(shield=True):
        await claim.let_go(leases.interval)
    if isinstance(error, UncertainOutcomeError):
        return _outcome(claim.record, error=error)
    raise error


async def _ended(
    claim: Claim,
    status: FlowStatus,
    settle: Settle | None,
    *,
    result: Any = None,
    error: BelvoError | None = None,
    link: str | None = None,
) -> FlowOutcome[Any]:
    facts = {
        "link": link or _link_of(claim.record, result),
        "problem": None if error is None else problem_of(error),
        "request_id": getattr(error, "request_id", None) or claim.record.request_id,
    }
    if settle is not None:
        told = claim.record.ended(status, claim.now(), **facts)
        await settle(_outcome(told, result=result, error=error))
    await claim.finish(status, **facts)
    return _outcome(claim.record, result=result, error=error)


async def _looked_for(client: BelvoClient, ticket: MfaTicket, clock: Clock) -> Any | None:
    """
    Return what the answer to *ticket* has brought. Data counts once two looks have seen the same.
    """
    try:
        found = await client.reconcile(ticket)
        if not isinstance(found, list):
            return found
        await clock.sleep(LOOKS_APART)
        return found if await client.reconcile(ticket) == found else None
    except NotFoundError:
        return None


@asynccontextmanager
async def _at_work(claim: Claim, leases: Leases) -> AsyncGenerator[None]:
    """
    Renew the claim for as long as the block runs.
    """
    renewing = asyncio.create_task(_renewed(claim, leases.lease / 3))
    try:
        yield
    finally:
        renewing.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({renewing})


async def _renewed(claim: Claim, interval: float) -> None:
    while True:
        await claim.wait(interval)
        try:
            await claim.renew()
        except LostClaimError:
            return
        except StoreError:
            continue  # the store may be back the next time; if not, the claim ends


def _may_be_at_work(claim: Claim, leases: Leases) -> bool:
    """
    Whether Belvo may still be at work on what a dead worker has sent.
    """
    sent_at = claim.record.sent_at
    return sent_at is not None and claim.now() < sent_at + leases.patience


def _unknown(claim: Claim) -> UncertainOutcomeError:
    ticket = cast(MfaTicket, claim.record.ticket)
    return UncertainOutcomeError(
        request=f"PATCH {ticket.path}",
        reason="its worker ended, and nothing shows that it was done",
        sent=True,
        ticket=attrs.evolve(ticket, answered=True),
    )


def _link_of(record: FlowRecord, result: object) -> str | None:
    if record.link is None and record.operation.startswith("links."):
        return getattr(result, "id", None)
    return record.link


def _outcome(record: FlowRecord, *, result: Any = None, error: BelvoError | None = None) -> FlowOutcome[Any]:
    return FlowOutcome(
        flow=record.flow,
        status=record.status,
        round=record.round,
        link=record.link,
        result=result,
        error=error,
        problem=record.problem,
        ticket=record.ticket,
        due_at=instant(record.due_at),
    )
