"""
`belvo-async resume`: go on with a challenge that was left.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from belvo_async.cli.exits import Exit
from belvo_async.cli.flows import carry, do
from belvo_async.cli.options import FlowAccess
from belvo_async.cli.running import ended_by
from belvo_async.cli.secrets import STDIN, read_file
from belvo_async.cli.showing import show, show_rows
from belvo_async.cli.terminal import complain
from belvo_async.cli.tickets import Kept, held
from belvo_async.client import BelvoClient
from belvo_async.errors import BelvoError
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.session import MfaSession


def resume(
    access: FlowAccess,
    ticket: Annotated[
        str, typer.Argument(metavar="TICKET", help="The file of the ticket; `-` is standard input.")
    ] = STDIN,
    token_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The user's token; `-` is standard input. Else you are asked for it."
        ),
    ] = None,
    done: Annotated[
        bool, typer.Option("--done", help="The user has confirmed; for challenges where nothing is typed.")
    ] = False,
    of: Annotated[
        str, typer.Option(metavar="WHOSE", help="Whose a sealed ticket is, as it was sealed.")
    ] = "",
) -> None:
    """
    Go on with a call that stopped at a challenge, and bring what it was to bring.

    The ticket is what `belvo-async` left there, or what your program made: JSON of `ticket.to_json()`, or a text of a
    `TicketSealer`, whose keys are in BELVO_TICKET_KEYS, with commas.

    A file is marked before the answer leaves, so that no other `resume` sends one, and is deleted when the call is complete.
    If the bank asks once more, the next ticket is in its place. A ticket by standard input is marked nowhere: use it once.

    If an answer may have been sent already, `resume` sends none; it looks what became of it.

    Examples:

    `belvo-async resume ticket.json`

    `belvo-async resume ticket.json --token-file - --json < token.txt`

    Exit status: 0 complete, 2 wrong usage, 4 a token is (still) required, 5 not answered, 6 refused, 7 try later,
    8 uncertain, 130 interrupted.
    """
    if STDIN == ticket == token_file:
        raise typer.BadParameter(
            "ticket and token cannot both be on standard input", param_hint="--token-file"
        )
    try:
        left, kept = held(ticket, of, access.ticket_file, json=access.json)
    except BelvoError as error:
        raise ended_by(error) from None
    result = (
        _looked(access, left, kept) if left.answered else _answered(access, left, kept, token_file, done=done)
    )
    if isinstance(result, list):
        show_rows(result, json=access.json)
    else:
        show(result, json=access.json)


def _answered(
    access: FlowAccess, ticket: MfaTicket, kept: Kept, token_file: str | None, *, done: bool
) -> Any:
    token = None if token_file is None else read_file(token_file, "--token-file").strip()
    if done and ticket.expects_user_input:
        raise typer.BadParameter("the bank wants a token", param_hint="--done")
    if token is not None and not ticket.expects_user_input:
        raise typer.BadParameter(
            "nothing is to be typed for this challenge; say --done", param_hint="--token-file"
        )

    def begin(client: BelvoClient) -> MfaSession[Any]:
        return client.resume(ticket, token)

    unconfirmed = None if ticket.expects_user_input or done else ticket
    return carry(access, "The bank looks at the answer …", begin, kept=kept, unconfirmed=unconfirmed)


def _looked(access: FlowAccess, ticket: MfaTicket, kept: Kept) -> Any:
    result = do(access, "Looking what became of it …", lambda client: client.reconcile(ticket))
    if result is None:
        complain(
            "an answer may have been sent, and Belvo does not show what became of it (yet): look again later"
        )
        raise typer.Exit(Exit.UNCERTAIN)
    kept.drop()
    return result
