"""
`belvo-async sandbox`: a server for as long as it is wanted.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess

from pathlib import Path
from typing import Any

import pytest

from cli.process import finished, running
from webhooks.servers import in_aiohttp

from belvo_async import BelvoClient, MfaChallenge
from belvo_async.cli.exits import Exit
from belvo_async.cli.users import INSTITUTIONS, RIGHT_TOKEN, TEST_USERS, WRONG_TOKEN, SandboxUser
from belvo_async.errors import RateLimitedError, ServerError
from belvo_async.models import Link
from belvo_async.sandbox import Sandbox
from belvo_async.webhooks import WebhookEvent, WebhookReceiver


pytestmark = pytest.mark.once


def line(process: subprocess.Popen[str]) -> Any:
    """
    Return the next line of JSON that *process* writes.
    """
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


async def ask(challenge: MfaChallenge) -> str | None:
    """
    Give the right token.
    """
    return RIGHT_TOKEN if challenge.expects_user_input else None


async def registered(facts: Any) -> Link:
    """
    Register a link with what the sandbox says about itself.
    """
    user = facts["users"][0]
    async with BelvoClient(
        facts["secret_id"], facts["secret_password"], base_url=facts["url"], prompt=ask, retry=None
    ) as client:
        return await client.links.register(facts["institutions"][0], user["username"], user["password"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """
    It serves real requests, ends with 0 on Ctrl-C and SIGTERM, and tells what it has seen.
    """
    with running("sandbox", "--port", "0", "--json") as process:
        ready = line(process)
        link = asyncio.run(registered(ready))
        process.send_signal(number)
        out, errors = process.communicate()
    summary = json.loads(out)

    assert (process.returncode, errors) == (Exit.DONE, "")
    assert ready["event"] == "ready"
    assert link.institution == INSTITUTIONS[0]
    assert summary["event"] == "summary"
    assert (
        summary["requests"],
        summary["challenges_answered"],
        summary["links_valid"],
        summary["duplicates"],
    ) == (2, 1, 1, 0)


def test_people_get_a_table() -> None:
    """
    The address, the keys as variables of a shell, the users and the tokens; and a summary at the end.
    """
    with running("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        shown = ""
        while "Ctrl-C" not in shown:
            shown += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate()

    assert (process.returncode, errors) == (Exit.DONE, "")
    assert "\x1b" not in shown + out
    for user in TEST_USERS:
        assert user.username in shown
    for told in ("export BELVO_API_URL=http://127.0.0.1:", RIGHT_TOKEN, WRONG_TOKEN, *INSTITUTIONS):
        assert told in shown
    assert "requests" in out
    assert "duplicates" in out


def test_a_port_that_is_taken_is_told() -> None:
    """
    Where it cannot listen, it says so and exits with 1.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = finished("sandbox", "--port", str(taken.getsockname()[1]))

    assert (result.returncode, result.stdout) == (Exit.FAILED, "")
    assert result.stderr.startswith("belvo-async: cannot listen on 127.0.0.1:")
    assert result.stderr.count("\n") == 1


def test_faults_and_the_firewall_can_be_switched_on(tmp_path: Path) -> None:
    """
    The first request meets the fault of the file, the eighty-first the firewall.
    """
    faults = tmp_path / "faults.json"
    faults.write_text('[{"kind": "html_502", "times": 1}]')

    async def use(facts: Any) -> None:
        async with BelvoClient(
            facts["secret_id"], facts["secret_password"], base_url=facts["url"], retry=None
        ) as client:
            with pytest.raises(ServerError):
                await client.check()
            for _ in range(79):
                await client.check()
            with pytest.raises(RateLimitedError):
                await client.check()

    with running("sandbox", "--port", "0", "--json", "--firewall", "--faults", str(faults)) as process:
        asyncio.run(use(line(process)))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate()

    assert json.loads(out)["blocked"] == 1


def test_the_options_reach_the_sandbox() -> None:
    """
    Pages, accounts and rows are as large as the options say.
    """

    async def use(facts: Any) -> tuple[int, int, int]:
        user = facts["users"][0]
        async with BelvoClient(
            facts["secret_id"], facts["secret_password"], base_url=facts["url"], prompt=ask
        ) as client:
            link = await client.links.register(facts["institutions"][0], user["username"], user["password"])
            accounts = await client.accounts.retrieve(link.id)
            balances = await client.balances.retrieve(link.id, date_from="2026-01-01", date_to="2026-01-01")
            async for page in client.accounts.list().pages():
                return len(accounts), len(balances), len(page.results)
        raise AssertionError

    options = ("--accounts", "3", "--rows", "4", "--page-size", "2")
    with running("sandbox", "--port", "0", "--json", *options) as process:
        sizes = asyncio.run(use(line(process)))

    assert sizes == (3, 4, 2)


def test_webhooks_are_sent() -> None:
    """
    With an address on the loopback, and the header from the environment, the sandbox tells by webhook.
    """
    header = "Bearer canary-webhook-7d1f"

    async def use() -> tuple[Any, str, str]:
        heard: asyncio.Queue[WebhookEvent] = asyncio.Queue()
        async with in_aiohttp(WebhookReceiver(header), heard.put) as url:
            with running(
                "sandbox", "--port", "0", "--webhook-url", url, "--json", BELVO_WEBHOOK_AUTHORIZATION=header
            ) as process:
                facts = line(process)
                async with BelvoClient(
                    facts["secret_id"], facts["secret_password"], base_url=facts["url"]
                ) as client:
                    await client.links.register(
                        "erebor_mx_retail", "bnk100", "full", fetch_resources=["OWNERS"]
                    )
                event = await heard.get()
                process.send_signal(signal.SIGTERM)
                out, errors = await asyncio.to_thread(process.communicate)
        return event.kind, out, errors

    kind, out, errors = asyncio.run(use())

    assert kind == ("OWNERS", "historical_update")
    assert json.loads(out)["webhooks"] == 1
    assert header not in out + errors


def test_webhooks_stay_on_the_loopback() -> None:
    """
    Another address is wrong usage, and nothing is started.
    """
    result = finished("sandbox", "--port", "0", "--webhook-url", "http://example.com/")

    assert (result.returncode, result.stdout) == (Exit.USAGE, "")
    assert "loopback" in result.stderr


@pytest.mark.parametrize("institution", INSTITUTIONS)
@pytest.mark.parametrize("user", TEST_USERS, ids=lambda user: user.username)
def test_the_users_are_as_the_table_says(user: SandboxUser, institution: str) -> None:
    """
    Each test user is challenged as often as is told, and types or not, as is told.
    """

    async def challenges() -> list[MfaChallenge]:
        async with (
            Sandbox() as sandbox,
            BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url) as client,
        ):
            seen = []
            async with client.links.register(institution, user.username, user.password) as session:
                async for challenge in session:
                    seen.append(challenge)
                    await session.submit(await ask(challenge))
            assert session.result.id
            return seen

    seen = asyncio.run(challenges())

    assert user.rounds == len(seen)
    assert user.types == any(challenge.expects_user_input for challenge in seen)
