"""
From a call that may need the user to its result: who is asked, and what is left where it stops.
"""

from __future__ import annotations

import asyncio

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer

from belvo_async.cli.asking import Asker
from belvo_async.cli.exits import Exit
from belvo_async.cli.options import Access, FlowAccess
from belvo_async.cli.running import run
from belvo_async.cli.secrets import STDIN, person_is_there
from belvo_async.cli.terminal import complain
from belvo_async.cli.tickets import Kept
from belvo_async.cli.verdicts import status_of, told
from belvo_async.cli.waiting import Waiting
from belvo_async.client import BelvoClient
from belvo_async.errors import (
    BelvoError,
    DecodeError,
    MfaDeclinedError,
    MfaExpiredError,
    MfaRejectedError,
    MfaRequiredError,
    ServerError,
    StoreError,
    UncertainOutcomeError,
)
from belvo_async.mfa.machine import MfaState
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.session import MfaSession


T = TypeVar("T")

UNKNOWN = (UncertainOutcomeError, ServerError, DecodeError)
"""After these an answer to a challenge may have done its work."""


def do(access: Access, doing: str, work: Callable[[BelvoClient], Awaitable[T]]) -> T:
    """
    Open a client, do *work* with it, and return what came of that.

    Args:
        doing: What people read meanwhile.

    Raises:
        Exit: It did not go well, which has been told.
    """
    waiting = Waiting(doing)
    client = access.open(observers=[waiting])
    return run(_done(client, waiting, work))


async def _done(client: BelvoClient, waiting: Waiting, work: Callable[[BelvoClient], Awaitable[T]]) -> T:
    async with client:
        with waiting:
            return await work(client)


def carry(
    access: FlowAccess,
    doing: str,
    begin: Callable[[BelvoClient], MfaSession[T]],
    *,
    kept: Kept | None = None,
    unconfirmed: MfaTicket | None = None,
    remedy: Callable[[MfaSession[T]], str] = lambda _: "",
) -> T:
    """
    Carry a call to its end and return what it brings. Challenges go to the person at the terminal, if one is there.

    Args:
        kept: Where tickets go; by default where the option says.

        unconfirmed: A challenge without anything to type, which the person has to confirm before *begin* is called: that
            counts as their word.

        remedy: The command that shows what became of a request without answer.

    Raises:
        Exit: It did not complete, which has been told. If it can go on, its ticket was kept.
    """
    waiting = Waiting(doing)
    asker = Asker(waiting) if person_is_there() and not access.no_prompt else None
    client = access.open(observers=[waiting], prompt=asker)
    kept = Kept(access.ticket_file, json=access.json) if kept is None else kept
    return run(_carried(client, waiting, begin, kept, remedy, asker, unconfirmed))


async def _carried(
    client: BelvoClient,
    waiting: Waiting,
    begin: Callable[[BelvoClient], MfaSession[T]],
    kept: Kept,
    remedy: Callable[[MfaSession[T]], str],
    asker: Asker | None,
    unconfirmed: MfaTicket | None,
) -> T:
    async with client:
        if unconfirmed is not None:
            await _confirmed(unconfirmed, asker, kept)
        session = begin(client).gated(kept.mark)
        try:
            with waiting:
                result = await session
        except (BelvoError, asyncio.CancelledError) as error:
            problem = session.error if isinstance(error, asyncio.CancelledError) else error
            interrupted = problem is not error
            raise _stopped(
                problem, _ticket_of(session), kept, interrupted=interrupted, remedy=remedy(session)
            ) from None
        kept.drop()
        return result


async def _confirmed(ticket: MfaTicket, asker: Asker | None, kept: Kept) -> None:
    """
    Return when the person has confirmed on another device.
    """
    challenge = ticket.to_challenge()
    problem: BelvoError | None = None
    if asker is None:
        raise _stopped(MfaRequiredError(challenge=challenge, ticket=ticket), ticket, kept)
    try:
        async with asyncio.timeout(challenge.remaining):
            await asker(challenge)
        return
    except asyncio.CancelledError:
        pass
    except MfaDeclinedError:
        problem = MfaDeclinedError(challenge=challenge, ticket=ticket)
    except TimeoutError:
        problem = MfaExpiredError(challenge=challenge)
    raise _stopped(problem, ticket, kept, interrupted=problem is None)


def _stopped(
    problem: BelvoError | None,
    ticket: MfaTicket | None,
    kept: Kept,
    *,
    interrupted: bool = False,
    remedy: str = "",
) -> typer.Exit:
    """
    Keep what can go on, tell the rest, and return the exit.

    Args:
        problem: What ended it, which may be missing where it was *interrupted*.
    """
    if interrupted or problem is None:
        status, words = Exit.INTERRUPTED, "interrupted"
    else:
        status, words = status_of(problem), told(problem)
    if isinstance(problem, MfaRequiredError):
        again = "asks again, since the last answer was wrong or it wants one more"
        words = (
            f"the bank {again if problem.challenge.round > 1 else 'asks the user'}; nobody is here to answer"
        )
    if ticket is not None and not ticket.answered and not isinstance(problem, MfaExpiredError | StoreError):
        words += f"; {_go_on(ticket, kept.keep(ticket))}"
    elif ticket is not None and isinstance(problem, UNKNOWN):
        status = Exit.INTERRUPTED if interrupted else Exit.UNCERTAIN
        words += f"; see what became of the answer, without sending it again{_resume(kept.keep(ticket))}"
    elif isinstance(problem, UncertainOutcomeError):
        words += _look(problem, remedy, interrupted=interrupted)
    elif isinstance(problem, MfaExpiredError | MfaRejectedError):
        kept.drop()
    complain(words)
    return typer.Exit(status)


def _ticket_of(session: MfaSession[Any]) -> MfaTicket | None:
    return session.suspend() if session.state is MfaState.CHALLENGED else session.ticket


def _go_on(ticket: MfaTicket, where: str) -> str:
    until = "" if ticket.expires_at is None else f" until {ticket.expires_at.astimezone():%H:%M:%S}"
    return f"it can be answered{until}{_resume(where)}"


def _resume(where: str) -> str:
    if where == STDIN:
        return "; its ticket is on standard output, for belvo-async resume"
    return f": belvo-async resume {where}"


def _look(error: UncertainOutcomeError, remedy: str, *, interrupted: bool) -> str:
    found = f"; link {error.link} waits for a token that nobody can give any more: belvo-async links update {error.link}"
    if error.link is not None:
        return found
    unknown = " while it was under way; what became of it is unknown" if interrupted else ""
    return f"{unknown}; do not repeat it blindly, look first: {remedy}" if remedy else unknown
