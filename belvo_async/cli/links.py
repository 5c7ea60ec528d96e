"""
`belvo-async links`: users' credentials at institutions. What they share with other resources is made in `resources`.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import attrs
import typer

from belvo_async.cli.flows import carry
from belvo_async.cli.options import FlowAccess
from belvo_async.cli.secrets import secret
from belvo_async.cli.showing import show
from belvo_async.models import Link
from belvo_async.session import MfaSession


PASSWORD: Final = "BELVO_LINK_PASSWORD"  # noqa: S105 - the name of a variable

PASSWORD2: Final = "BELVO_LINK_PASSWORD2"

CREDENTIALS: Final = "The user's credentials"


@attrs.frozen
class Passwords:
    """
    Where the passwords of the user come from.
    """

    password_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=CREDENTIALS,
            help="The password; `-` is standard input. Else BELVO_LINK_PASSWORD, else it is asked for unseen.",
        ),
    ] = None
    password2: Annotated[
        bool,
        typer.Option(
            "--password2",
            rich_help_panel=CREDENTIALS,
            help="The bank wants a second one: BELVO_LINK_PASSWORD2, else it is asked for unseen.",
        ),
    ] = False

    def read(self, *, ask: bool) -> tuple[str, str | None]:
        """
        Return both; `None` in the place of a second one that the bank does not want.
        """
        first = secret(
            "The password of the user",
            option="--password-file",
            file=self.password_file,
            variable=PASSWORD,
            ask=ask,
        )
        if not self.password2:
            return first, None
        what = "The second password of the user"
        return first, secret(what, option="--password2", file=None, variable=PASSWORD2, ask=ask)


def register(
    institution: Annotated[
        str, typer.Argument(metavar="INSTITUTION", help="Its name; see `belvo-async institutions list`.")
    ],
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="What the user logs in with.")],
    passwords: Passwords,
    access: FlowAccess,
    username2: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", rich_help_panel=CREDENTIALS, help="A second one, where the bank has two."
        ),
    ] = None,
    username_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE", rich_help_panel=CREDENTIALS, help="Which kind of document the user name is."
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Your own id of the user; nothing personal.")
    ] = None,
    access_mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="`single`, or `recurrent`: Belvo fetches by itself.")
    ] = None,
    fetch_resources: Annotated[
        str | None, typer.Option(metavar="NAMES", help="What Belvo fetches at once: `ACCOUNTS,TRANSACTIONS`.")
    ] = None,
    credentials_storage: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="How long Belvo keeps them: `store`, `nostore`, or days as `30d`."),
    ] = None,
    stale_in: Annotated[
        str | None, typer.Option(metavar="DAYS", help="How long Belvo keeps the data: days as `90d`.")
    ] = None,
) -> None:
    """
    Connect a user: Belvo logs in at the bank and keeps the link.

    If the bank wants a one-time token, you are asked for it here. Where nobody is at a terminal, or with `--no-prompt`, the
    ticket of the challenge is written to `--ticket-file`, or else to standard output, and `belvo-async resume` goes on.

    Examples, against `belvo-async sandbox`:

    `belvo-async links register heimdall_mx_retail mfa_qr` (the password is qr_code)

    `belvo-async links register erebor_mx_retail bnk100 --password-file secret.txt --json`

    Exit status: 0 the link works, 2 wrong usage, 4 a token is required, 5 not answered, 6 refused, 7 try later,
    8 uncertain, 130 interrupted.
    """
    optional: dict[str, Any] = {"external_id": external_id} if external_id is not None else {}
    password, password2 = passwords.read(ask=not access.no_prompt)
    link = carry(
        access,
        f"{institution} logs {username} in …",
        lambda client: client.links.register(
            institution,
            username,
            password,
            password2=password2,
            username2=username2,
            username_type=username_type,
            access_mode=access_mode,
            fetch_resources=None if fetch_resources is None else fetch_resources.split(","),
            credentials_storage=credentials_storage,
            stale_in=stale_in,
            **optional,
        ),
        remedy=_find_registration,
    )
    show(link, json=access.json)


def _find_registration(session: MfaSession[Link]) -> str:
    return f"belvo-async links list --filter external_id={session.external_id}"


def update(
    link: Annotated[str, typer.Argument(metavar="LINK", help="Id of the link.")],
    passwords: Passwords,
    access: FlowAccess,
) -> None:
    """
    Give a link a new password. This is also how a link that is `invalid` or `token_required` works again.

    Examples:

    `belvo-async links update 30cb4806-6e00-48a4-91c9-ca55968576c8`

    `belvo-async links update 30cb4806-6e00-48a4-91c9-ca55968576c8 --password-file - --no-prompt < secret.txt`

    Exit status: as of `belvo-async links register`; 0 the link works.
    """
    password, password2 = passwords.read(ask=not access.no_prompt)
    result = carry(
        access,
        "The bank logs the user in …",
        lambda client: client.links.update(link, password=password, password2=password2),
        remedy=lambda _: f"belvo-async links get {link}",
    )
    show(result, json=access.json)
