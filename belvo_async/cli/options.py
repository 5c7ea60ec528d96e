"""
The options that commands share, and the client that they open.
"""

from __future__ import annotations

import os
import shlex

from collections.abc import Mapping
from itertools import takewhile
from typing import Annotated, Any, Final

import attrs
import typer

from belvo_async.cli.running import ended_by
from belvo_async.cli.secrets import read_file, secret
from belvo_async.client import BelvoClient
from belvo_async.errors import InvalidArgumentError


BELVO: Final = "Belvo"
"""The panel of the options that say where Belvo is, and who asks."""

CHALLENGES: Final = "Challenges"
"""The panel of those that say what to do about challenges."""

CredentialsFile = Annotated[
    str | None,
    typer.Option(
        "--credentials-file",
        metavar="FILE",
        rich_help_panel=BELVO,
        help="Lines such as `BELVO_SECRET_ID=…`, in the place of the environment; `-` is standard input.",
    ),
]

EnvironmentName = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        rich_help_panel=BELVO,
        help="`sandbox` or `production`; else BELVO_ENV says.",
    ),
]

ApiUrl = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        metavar="URL",
        rich_help_panel=BELVO,
        help="Another address, as of `belvo-async sandbox`; else BELVO_API_URL says.",
    ),
]

Json = Annotated[
    bool,
    typer.Option("--json", help="Write JSON to standard output, an object a line, and nothing else."),
]

NoPrompt = Annotated[
    bool,
    typer.Option("--no-prompt", help="Ask nobody for anything, as where no terminal is."),
]

NoRetry = Annotated[
    bool,
    typer.Option(
        "--no-retry",
        rich_help_panel=BELVO,
        help="Tell the first failure, instead of trying again for some minutes where that is safe.",
    ),
]

TicketFile = Annotated[
    str | None,
    typer.Option(
        "--ticket-file",
        metavar="FILE",
        rich_help_panel=CHALLENGES,
        help="Where to write the ticket of a challenge that was not answered here, for you alone to read.",
    ),
]

SECRET_ID, SECRET_PASSWORD, ENVIRONMENT, API_URL = VARIABLES = (
    "BELVO_SECRET_ID",
    "BELVO_SECRET_PASSWORD",
    "BELVO_ENV",
    "BELVO_API_URL",
)
"""What a file of credentials may say, and the environment else."""


@attrs.frozen
class Access:
    """
    How a command comes to its client, and how it tells what came of it.
    """

    credentials_file: CredentialsFile = None
    env: EnvironmentName = None
    api_url: ApiUrl = None
    json: Json = False
    no_prompt: NoPrompt = False
    no_retry: NoRetry = False

    def open(self, **options: Any) -> BelvoClient:
        """
        Return the client. See `open_client()`.
        """
        if self.no_retry:
            options["retry"] = None
        return open_client(self.credentials_file, self.env, self.api_url, no_prompt=self.no_prompt, **options)


@attrs.frozen
class FlowAccess(Access):
    """
    The same for a command that a challenge may stop.
    """

    ticket_file: TicketFile = None


def open_client(
    credentials_file: str | None = None,
    env: str | None = None,
    api_url: str | None = None,
    *,
    no_prompt: bool = False,
    **options: Any,
) -> BelvoClient:
    """
    Return the client for a command: keys and address from its options, its file or the environment, in this order. Keys
    that are nowhere are asked for, if somebody is there. Call it before there is an event loop; it does no I/O of the network.

    Args:
        no_prompt: Ask nobody.

        options: As for `BelvoClient`.

    Raises:
        BadParameter: Something is missing or makes no sense.
    """
    told = _read(credentials_file)
    env, api_url = _address(env, api_url, told)
    keys = [
        told.get(variable)
        or secret(what, option="--credentials-file", file=None, variable=variable, ask=not no_prompt)
        for what, variable in (("The secret id", SECRET_ID), ("The secret password", SECRET_PASSWORD))
    ]
    try:
        return BelvoClient(*keys, environment=env, base_url=api_url, **options)
    except InvalidArgumentError as error:
        raise ended_by(error) from None


def _address(env: str | None, api_url: str | None, told: Mapping[str, str]) -> tuple[str | None, str | None]:
    for place in ({ENVIRONMENT: env, API_URL: api_url}, told, os.environ):
        name, url = place.get(ENVIRONMENT) or None, place.get(API_URL) or None
        if name and url:
            raise typer.BadParameter(
                "say either which environment or which address, not both", param_hint="--env"
            )
        if name or url:
            return name, url
    raise typer.BadParameter(
        "which Belvo? Give --env sandbox, --env production or --api-url, or set BELVO_ENV or BELVO_API_URL",
        param_hint="--env",
    )


def _read(path: str | None) -> Mapping[str, str]:
    """
    Return what a file of credentials says; shells read the same form.
    """
    if path is None:
        return {}
    told = {}
    for number, line in enumerate(read_file(path, "--credentials-file").splitlines(), start=1):
        try:
            words = _words(line.strip().removeprefix("export "))
        except ValueError:
            words = ["", ""]  # a quote that is not closed
        if not words:
            continue
        name, is_one, value = words[0].partition("=")
        if len(words) > 1 or not is_one:
            # What stands there may be a secret.
            raise typer.BadParameter(
                f"{path}, line {number}: expected NAME=value", param_hint="--credentials-file"
            )
        told[name] = value
    if not told.keys() & set(VARIABLES):
        raise typer.BadParameter(
            f"{path}: expected one of {', '.join(VARIABLES)}", param_hint="--credentials-file"
        )
    return told


def _words(line: str) -> list[str]:
    """
    Return the words of a line before its comment. As in a shell, a `#` within a word belongs to it; `shlex.split()` ends the
    word there.
    """
    words = shlex.shlex(line, posix=True)
    words.whitespace_split, words.commenters = True, ""
    return list(takewhile(lambda word: not word.startswith("#"), words))
