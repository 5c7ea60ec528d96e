"""
`belvo-async sandbox`: a Belvo of your own, until you stop it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from rich import box
from rich.padding import Padding
from rich.table import Table

from belvo_async.cli.exits import Exit
from belvo_async.cli.faults import FaultsFile, read_faults
from belvo_async.cli.terminal import complain, console, write_json
from belvo_async.cli.users import INSTITUTIONS, RIGHT_TOKEN, TEST_USERS, WRONG_TOKEN
from belvo_async.sandbox import Firewall, Sandbox


STOPS: Final = (signal.SIGINT, signal.SIGTERM)

WEBHOOK_AUTHORIZATION: Final = "BELVO_WEBHOOK_AUTHORIZATION"
"""The variable with the header of webhooks. No option: arguments are seen by everybody on the machine."""


def sandbox(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Where to listen; 0 takes a free port.")
    ] = 8428,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed draws the same ids and data.")] = 0,
    expiry: Annotated[
        float, typer.Option(min=1, max=86400, metavar="SECONDS", help="How long a challenge waits.")
    ] = 600,
    latency: Annotated[
        float, typer.Option(min=0, max=3600, metavar="SECONDS", help="How long a bank takes for a login.")
    ] = 0,
    page_size: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="Rows on a page of a list.")
    ] = 10,
    accounts: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Accounts of each user.")] = 2,
    rows: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Rows of data for each day.")] = 1,
    strikes: Annotated[
        int, typer.Option(min=1, metavar="N", help="Failed logins that make a link invalid.")
    ] = 6,
    firewall: Annotated[
        bool,
        typer.Option(
            "--firewall/--no-firewall",
            show_default=False,
            help="Block who sends more than 80 requests in 30 seconds, as Belvo does; off by default.",
        ),
    ] = False,
    no_duplicates: Annotated[
        bool,
        typer.Option("--no-duplicates", help="Refuse a second link for the same user, as Belvo does."),
    ] = False,
    many_sessions: Annotated[
        bool,
        typer.Option("--many-sessions", help="Let a link work that waits for a token. Belvo does not."),
    ] = False,
    faults: FaultsFile = None,
    webhook_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            show_default=False,
            help="Where webhooks go; on the loopback only.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write JSON: a line when it is ready, and one at the end.")
    ] = False,
) -> None:
    """
    Run a server that behaves as Belvo's sandbox does, until Ctrl-C.

    It speaks the HTTP of the real one, so any client of Belvo's works against it. Nothing is kept when it ends.

    With `--faults`, the file holds a list such as
    `[{"kind": "html_502", "operation": "PATCH /api/links/", "probability": 0.1}]`.

    With `--webhook-url`, the header of the webhooks is taken from the variable BELVO_WEBHOOK_AUTHORIZATION.

    At the end it tells what it has seen: requests, challenges, links.

    Exit status: 0 it was stopped by Ctrl-C or SIGTERM, 1 it could not listen, 2 wrong usage.
    """
    try:
        server = Sandbox(
            port,
            host=host,
            seed=seed,
            expiry=expiry,
            latency=latency,
            page_size=page_size,
            accounts_per_link=accounts,
            rows_per_day=rows,
            strikes=strikes,
            firewall=Firewall() if firewall else None,
            refuse_duplicates=no_duplicates,
            one_session_per_link=not many_sessions,
            faults=read_faults(faults, seed),
            webhook_url=webhook_url,
            webhook_authorization=os.environ.get(WEBHOOK_AUTHORIZATION),
        )
    except ValueError as error:  # of the address of webhooks, or of their header
        raise typer.BadParameter(str(error)) from error
    with contextlib.suppress(KeyboardInterrupt):  # where the event loop cannot handle signals
        asyncio.run(_serve(server, json=json))
    _tell_end(server.summary(), json=json)


async def _serve(server: Sandbox, *, json: bool) -> None:
    stop = asyncio.Event()
    for number in STOPS:
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await server.start()
    except OSError as error:
        complain(f"cannot listen on {server.host}:{server.port}: {error.strerror or error}")
        raise typer.Exit(Exit.FAILED) from None
    try:
        _tell_start(server, json=json)
        await stop.wait()
    finally:
        await server.aclose()


def _tell_start(server: Sandbox, *, json: bool) -> None:
    if json:
        write_json({"event": "ready", **_facts(server)})
        return
    out = console()
    out.print(f"A sandbox of Belvo at [bold]{server.url}[/]", soft_wrap=True)
    out.print(_variables(server))
    out.print(f"Test users, at {' '.join(INSTITUTIONS)}:")
    out.print(_users())
    out.print(
        f"The right token is {RIGHT_TOKEN}; {WRONG_TOKEN} brings a fresh challenge, any other ends the login."
    )
    out.print("Ctrl-C ends the sandbox.")


def _facts(server: Sandbox) -> Mapping[str, Any]:
    return {
        "url": server.url,
        "secret_id": server.secret_id,
        "secret_password": server.secret_password,
        "institutions": list(INSTITUTIONS),
        "users": [
            {"username": user.username, "password": user.password, "challenge": user.challenge}
            for user in TEST_USERS
        ],
        "right_token": RIGHT_TOKEN,
        "wrong_token": WRONG_TOKEN,
    }


def _variables(server: Sandbox) -> Padding:
    """
    Return what `BelvoClient.from_env()` reads, to be copied into a shell.
    """
    lines = Table.grid()
    for name, value in (
        ("BELVO_API_URL", server.url),
        ("BELVO_SECRET_ID", server.secret_id),
        ("BELVO_SECRET_PASSWORD", server.secret_password),
    ):
        lines.add_row(f"export {name}={value}")
    return Padding(lines, (1, 2))


def _users() -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("username", "password", "the bank wants"):
        table.add_column(heading, overflow="fold")
    for user in TEST_USERS:
        table.add_row(user.username, user.password, user.challenge)
    return table


def _tell_end(summary: Mapping[str, int], *, json: bool) -> None:
    if json:
        write_json({"event": "summary", **summary})
        return
    table = Table(box=None, show_header=False, title="\nWhat it has seen", title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, count in summary.items():
        if count or name in ALWAYS:
            table.add_row(name.replace("_", " "), f"{count:,}")
    console().print(table)


ALWAYS: Final = frozenset({"requests", "duplicates"})
"""What is told at the end even if it is 0."""
