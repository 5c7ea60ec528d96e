"""
`belvo-async inbox`: the challenges that lie in a store, answered by a person or a script.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Annotated, Any

import typer

from belvo_async.cli.asking import Asker
from belvo_async.cli.challenges import clock_face
from belvo_async.cli.exits import Exit
from belvo_async.cli.options import Json
from belvo_async.cli.picking import WHAT_CAME, attend
from belvo_async.cli.running import run
from belvo_async.cli.secrets import person_is_there, read_file
from belvo_async.cli.storing import open_store
from belvo_async.cli.terminal import complain, console, harmless, write_json
from belvo_async.errors import MfaDeclinedError
from belvo_async.prompts import TokenInbox
from belvo_async.stores import Delivery, FlowRecord, FlowStatus, Store


def inbox(
    store: Annotated[
        str | None,
        typer.Argument(
            metavar="STORE",
            show_default=False,
            help="A file of SQLite, `postgresql://…` or `redis://…`; else BELVO_STORE_URL says.",
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print what is open now, and end.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print each challenge when it comes, until Ctrl-C.")
    ] = False,
    answer: Annotated[
        str | None, typer.Option(metavar="FLOW", help="Answer the challenge of this flow, and end.")
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The token for --answer; `-` is standard input. Else you are asked."
        ),
    ] = None,
    done: Annotated[
        bool, typer.Option("--done", help="For --answer, where nothing is typed: the user has confirmed.")
    ] = False,
    decline: Annotated[
        str | None, typer.Option(metavar="FLOW", help="Decline the challenge of this flow, and end.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The table in PostgreSQL, or the prefix in Redis, if you have changed it."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """
    Answer the challenges that lie in a store, whatever process they came from.

    At a terminal you see them all, with the time that is left; pick one, answer it, or decline it. The process that waits for
    the answer (a `TokenInbox`), or a worker, goes on with it; this command talks to the store only, and needs no keys of Belvo's.

    An address with a password in it must be in BELVO_STORE_URL. The keys of a sealed store are in BELVO_STORE_KEYS, with commas.

    Examples:

    `belvo-async inbox flows.db`

    `belvo-async inbox redis://localhost/0 --list --json`

    `belvo-async inbox flows.db --answer order-17 --token-file - < token.txt`

    Exit status: 0 done, 1 the store does not answer, 2 wrong usage, 3 an extra is missing, 4 nobody is here to answer,
    5 it came too late, 130 interrupted.
    """
    place = open_store(store, table)
    wanted = [
        name
        for name, is_it in (
            ("--list", listed),
            ("--follow", follow),
            ("--answer", answer),
            ("--decline", decline),
        )
        if is_it
    ]
    if len(wanted) > 1:
        raise typer.BadParameter("one at a time", param_hint=" and ".join(wanted))
    for name, is_it in (("--done", done), ("--token-file", token_file is not None)):
        if is_it and answer is None:
            raise typer.BadParameter("say with --answer which flow it is for", param_hint=name)
    if answer is not None:
        token = None if token_file is None else read_file(token_file, "--token-file").strip()
        told = run(_with(place, lambda inbox: _answer(inbox, answer, token, done=done)))
        _tell(answer, told, json=json)
    elif decline is not None:
        told = run(_with(place, lambda inbox: _decline(inbox, decline)))
        _tell(decline, told, json=json)
    elif follow:
        run(_with(place, lambda inbox: _follow(inbox, json=json)))
    elif listed or json or not person_is_there():
        for record in run(_with(place, lambda inbox: inbox.open())):
            _print(record, json=json)
    else:
        run(_with(place, attend))


async def _with(store: Store, work: Callable[[TokenInbox], Coroutine[Any, Any, Any]]) -> Any:
    async with store:
        return await work(TokenInbox(store))


async def _follow(inbox: TokenInbox, *, json: bool) -> None:
    async with aclosing(inbox.challenges()) as challenges:
        async for record in challenges:
            _print(record, json=json)


async def _answer(inbox: TokenInbox, flow: str, token: str | None, *, done: bool) -> Delivery:
    record = await inbox.look(flow)
    if record is None or record.status is not FlowStatus.WAITING or record.ticket is None:
        answered = record is not None and record.status is FlowStatus.ANSWERED
        return Delivery.DUPLICATE if answered else Delivery.LATE
    challenge = record.ticket.to_challenge()
    if done and challenge.expects_user_input:
        raise typer.BadParameter("the bank wants a token", param_hint="--done")
    if token is not None and not challenge.expects_user_input:
        raise typer.BadParameter(
            "nothing is to be typed for this challenge; say --done", param_hint="--token-file"
        )
    if token is None and not done:
        if not person_is_there():
            complain(f"{flow}: nobody is here to answer; say --token-file, or --done where nothing is typed")
            raise typer.Exit(Exit.TOKEN_REQUIRED)
        try:
            token = await Asker()(challenge)
        except MfaDeclinedError:
            complain(f"{flow}: not answered; it is still open")
            raise typer.Exit(Exit.NOT_ANSWERED) from None
    return await inbox.deliver(flow, record.round, token)


async def _decline(inbox: TokenInbox, flow: str) -> Delivery:
    return Delivery.FIRST if await inbox.decline(flow) else Delivery.LATE


def _tell(flow: str, delivery: Delivery, *, json: bool) -> None:
    if json:
        write_json({"flow": flow, "delivery": delivery.value})
    elif delivery is Delivery.FIRST:
        console().print(f"{flow}: done", markup=False, soft_wrap=True)
    if delivery is not Delivery.FIRST:
        complain(f"the answer for {flow} {WHAT_CAME[delivery]}")
        raise typer.Exit(Exit.NOT_ANSWERED)


def _print(record: FlowRecord, *, json: bool) -> None:
    if record.ticket is None:
        return
    challenge = record.ticket.to_challenge()
    if json:
        write_json(
            {
                "flow": record.flow,
                "round": record.round,
                "operation": record.operation,
                "link": record.link,
                "external_id": record.external_id,
                "kind": challenge.kind.value,
                "instructions": challenge.instructions,
                "value": challenge.value,
                "expects_user_input": challenge.expects_user_input,
                "expires_at": None if challenge.expires_at is None else challenge.expires_at.isoformat(),
            }
        )
    else:
        left = "" if challenge.remaining is None else f"{clock_face(challenge.remaining)} left"
        facts = (record.flow, record.operation, challenge.kind.value, left, challenge.instructions)
        console().print(harmless("  ".join(facts)), soft_wrap=True)
