"""
`belvo-async check`: whether the keys work.
"""

from __future__ import annotations

from belvo_async.cli.flows import do
from belvo_async.cli.options import Access
from belvo_async.cli.terminal import console, write_json
from belvo_async.client import BelvoClient


def check(access: Access) -> None:
    """
    Ask Belvo whether it knows your keys.

    The keys come from BELVO_SECRET_ID and BELVO_SECRET_PASSWORD, or from a file, or are asked for unseen. The address
    comes from BELVO_ENV (`sandbox`, `production`) or BELVO_API_URL, or from an option.

    Examples:

    `belvo-async check --env sandbox`

    `belvo-async check --credentials-file keys.env --json`

    Exit status: 0 it knows them, 2 they are missing, 6 it does not know them, 7 it cannot be reached.
    """

    async def work(client: BelvoClient) -> str:
        await client.check()
        return client.base_url

    url = do(access, "Asking Belvo …", work)
    if access.json:
        write_json({"ok": True, "url": url})
    else:
        console().print(f"Belvo at {url} knows the keys.", soft_wrap=True, markup=False)
