"""
One process, one callback: register a link and fetch balances.

    python examples/callback.py

runs against a sandbox of its own, in which the user is played by a function.

    python examples/callback.py heimdall_mx_retail mfa_default

runs at Belvo with the keys in BELVO_SECRET_ID and BELVO_SECRET_PASSWORD (and BELVO_ENV or BELVO_API_URL), asks for
the password, and asks for the token at the terminal.
"""

from __future__ import annotations

import asyncio
import getpass
import sys

from datetime import UTC, datetime, timedelta

from belvo_async import BelvoClient, BelvoError, MfaChallenge
from belvo_async.prompts import terminal
from belvo_async.sandbox import Sandbox


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Play the user of the sandbox, who knows the token.
    """
    print(f"The bank says: {challenge.instructions}")
    return "111111" if challenge.expects_user_input else None


async def connect(client: BelvoClient, institution: str, username: str, password: str) -> None:
    """
    Register a link and show what its accounts held in the last days.
    """
    link = await client.links.register(institution, username, password, access_mode="single")
    print(f"Link {link.id} is {link.status}.")

    # Belvo refuses days in the future, and a day begins later there than in UTC.
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    balances = await client.balances.retrieve(
        link.id, date_from=yesterday - timedelta(days=2), date_to=yesterday, save_data=False
    )
    for balance in balances:
        currency = balance.account.currency if balance.account else ""
        print(f"{balance.value_date}  {balance.balance:>12,.2f} {currency}")


async def main(arguments: list[str]) -> int:
    """
    Run in the sandbox, or at Belvo if *arguments* name an institution and a user.
    """
    if not arguments:
        async with (
            Sandbox() as sandbox,
            BelvoClient(
                sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=ask
            ) as client,
        ):
            await connect(client, "heimdall_mx_retail", "mfa_default", "pass_valid")
        return 0

    institution, username = arguments
    password = await asyncio.to_thread(getpass.getpass)
    async with BelvoClient.from_env(prompt=terminal) as client:
        try:
            await connect(client, institution, username, password)
        except BelvoError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
