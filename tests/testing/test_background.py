"""
A sandbox in a thread of its own, and the person who answers it.
"""

from __future__ import annotations

import asyncio
import threading

from collections.abc import Callable, Iterator

import pytest

from aiohttp import web
from people import BANK

from belvo_async import BelvoClient, MfaChallenge, MfaSession
from belvo_async.errors import ConnectError, MfaExpiredError, MfaRejectedError
from belvo_async.models import Link
from belvo_async.sandbox import ChallengeRecord, Fault
from belvo_async.testing import (
    BANK_DOWN,
    BELVO_DOWN,
    FIREWALL,
    HIDDEN,
    LOST_ANSWER,
    LOST_LOGIN,
    LOST_TOKEN,
    RATE_LIMITED,
    BackgroundSandbox,
    ManualClock,
    ScriptedUser,
)
from belvo_async.testing.background import Challenges
from belvo_async.testing.seen import answered_once_problem, unanswered_problem


@pytest.fixture(name="sandbox")
def _sandbox() -> Iterator[BackgroundSandbox]:
    with BackgroundSandbox(clock=ManualClock(jumps=True)) as sandbox:
        yield sandbox


def sandboxes() -> int:
    """
    Return how many threads of sandboxes there are. Other tests may have left threads of other kinds.
    """
    return [thread.name for thread in threading.enumerate()].count("belvo-sandbox")


def test_its_life() -> None:
    """
    It has a thread while its `with` lasts, and what it has seen stays.
    """
    sandbox = BackgroundSandbox()
    with sandbox:
        assert 1 == sandboxes()
        link = sandbox.add_link()["id"]
        with pytest.raises(RuntimeError, match="runs already"), sandbox:
            pass

    assert 0 == sandboxes()
    assert [link] == list(sandbox.links)
    assert 1 == sandbox.summary()["links"]
    with pytest.raises(RuntimeError, match="does not run"):
        sandbox.run(sandbox.wait_until_idle())
    with sandbox:
        sandbox.run(sandbox.wait_until_idle())


def test_a_port_that_is_taken(sandbox: BackgroundSandbox) -> None:
    """
    One that cannot listen says why, and leaves no thread.
    """
    with pytest.raises(OSError, match="address already in use"), BackgroundSandbox(port=sandbox.port):
        pass
    assert 1 == sandboxes()


def test_waiting_has_an_end(sandbox: BackgroundSandbox) -> None:
    """
    What does not come within the time is a TimeoutError.
    """
    with pytest.raises(TimeoutError):
        sandbox.run(sandbox.wait_for("GET /api/links/"), timeout=0.01)


@pytest.mark.anyio
async def test_a_coroutine_awaits(sandbox: BackgroundSandbox) -> None:
    """
    In an event loop `run()` refuses, since it would hold that up; what is awaited there is answered by the other one.
    """
    with pytest.raises(RuntimeError, match="await it"):
        sandbox.run(sandbox.wait_until_idle())

    waiting = asyncio.ensure_future(sandbox.wait_for("GET /api/institutions/"))
    async with BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url) as client:
        await client.institutions.list().to_list()
    async with asyncio.timeout(30):
        await waiting
        await sandbox.wait_until_idle()


@pytest.mark.anyio
async def test_belvo_goes_and_comes_back(sandbox: BackgroundSandbox) -> None:
    """
    A sandbox that is closed refuses connections; started again it has its port and its links.
    """
    link = sandbox.add_link()["id"]
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, retry=None
    ) as client:
        await sandbox.aclose()
        with pytest.raises(ConnectError):
            await client.links.get(link)
        await sandbox.start()

        assert link == (await client.links.get(link)).id


@pytest.mark.parametrize(
    ("challenges", "asks"),
    [
        pytest.param(None, ["text"], id="as the user has it"),
        pytest.param(0, [], id="none"),
        pytest.param(2, ["text", "text"], id="so many"),
        pytest.param("qr", ["qr"], id="a kind"),
        pytest.param(["numeric", "inputless"], ["numeric", "inputless"], id="kinds"),
    ],
)
@pytest.mark.anyio
async def test_challenges(sandbox: BackgroundSandbox, challenges: Challenges, asks: list[str]) -> None:
    """
    Every login brings as many challenges as the script says, of the kinds that it says.
    """
    user = ScriptedUser(sandbox, ManualClock())
    sandbox.script(challenges=challenges)
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=user
    ) as client:
        link = await client.links.register(BANK, "mfa_default", "pass_valid")

    assert "valid" == link.status
    assert asks == [challenge.kind for challenge in user.asked]


def test_a_script_changes_what_it_names(sandbox: BackgroundSandbox) -> None:
    """
    What a script does not name stays as it is, and a name that means nothing is refused before anything changes.
    """
    sandbox.script(challenges=3, faults=[FIREWALL, BANK_DOWN])
    sandbox.script(expiry=60)
    with pytest.raises(TypeError, match="no setting is called 'expires'; there are page_size, expiry"):
        sandbox.script(expires=1, challenges=None)
    with pytest.raises(ValueError, match="'sms' is none of text"):
        sandbox.script(challenges="sms")

    assert (("text",) * 3, 60, 2) == (
        sandbox.settings.challenges,
        sandbox.settings.expiry,
        len(sandbox.faults),
    )


@pytest.mark.parametrize(
    ("fault", "challenged"),
    [
        pytest.param(LOST_ANSWER, [1], id="lost answer"),
        pytest.param(LOST_TOKEN, [1], id="lost token"),
        pytest.param(LOST_LOGIN, [0], id="lost login"),
        pytest.param(RATE_LIMITED, [1], id="rate limited"),
        pytest.param(FIREWALL, [1], id="firewall"),
        pytest.param(BANK_DOWN, [], id="bank down"),
        pytest.param(BELVO_DOWN, [1], id="belvo down"),
    ],
)
@pytest.mark.anyio
async def test_faults_happen_once(fault: Fault, challenged: list[int]) -> None:
    """
    Each mishap with a name hits one request, and no challenge is answered twice because of it.
    """
    clock = ManualClock(jumps=True)
    with BackgroundSandbox(clock=clock, faults=[fault]) as sandbox:
        async with BelvoClient(
            sandbox.secret_id,
            sandbox.secret_password,
            base_url=sandbox.url,
            prompt=ScriptedUser(sandbox, clock),
            clock=clock,
        ) as client:
            session = client.links.register(BANK, "mfa_default", "pass_valid")
            await asyncio.wait({asyncio.ensure_future(session)})

        assert 1 == len([seen for seen in sandbox.requests if seen.fault is not None])
        assert challenged == [one.patches for one in sandbox.challenges.values()]


@pytest.mark.anyio
async def test_bodies_have_no_secrets(sandbox: BackgroundSandbox) -> None:
    """
    Bodies are exact but for tokens and passwords, and the transcript has names of members only.
    """
    user = ScriptedUser(sandbox, ManualClock())
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=user
    ) as client:
        link = await client.links.register(BANK, "mfa_default", "pass_valid", external_id="ana")

    who = {"institution": BANK, "username": "mfa_default", "password": HIDDEN, "external_id": "ana"}
    assert [who] == sandbox.bodies("POST /api/links/")
    assert [{"session": user.asked[0].session, "link": link.id, "token": HIDDEN}] == sandbox.bodies(
        "PATCH /api/links/"
    )
    assert ["POST /api/links/", "PATCH /api/links/"] == sandbox.operations
    assert not {"pass_valid", "111111", user.asked[0].session} & set(sandbox.transcript().split())


def record(patches: int) -> ChallengeRecord:
    """
    Return a challenge that was sent so many `PATCH`.
    """
    return ChallengeRecord("0" * 32, "link", "POST /api/links/", 1, patches)


@pytest.mark.parametrize(
    ("problem", "patches", "says"),
    [
        pytest.param(answered_once_problem, [1, 1], None, id="once"),
        pytest.param(answered_once_problem, [], "but nobody was challenged", id="no challenge"),
        pytest.param(answered_once_problem, [1, 2], "but of 2 it is not so for 1\n", id="twice"),
        pytest.param(answered_once_problem, [0], "but of 1 it is not so for 1\n", id="never"),
        pytest.param(unanswered_problem, [0, 0], None, id="unanswered"),
        pytest.param(unanswered_problem, [], "but nobody was challenged", id="nothing to leave"),
        pytest.param(unanswered_problem, [0, 1, 2], "but of 3 it is not so for 2\n", id="answered"),
    ],
)
def test_what_is_wrong(
    problem: Callable[[list[ChallengeRecord]], str | None], patches: list[int], says: str | None
) -> None:
    """
    An assertion names how many challenges it fails for, and shows them all; without challenges it fails as well.
    """
    told = problem([record(number) for number in patches])

    assert (says is None) == (told is None)
    assert (says or "") in (told or "")
    if told is not None:
        assert [f"open, {number} PATCH" in told for number in patches] == [True] * len(patches)


@pytest.mark.anyio
async def test_webhooks_go_where_they_are_sent(sandbox: BackgroundSandbox) -> None:
    """
    The address of webhooks can be given late, and what is told from another thread arrives.
    """
    told: list[tuple[str | None, str]] = []

    async def hear(request: web.BaseRequest) -> web.Response:
        told.append((request.headers.get("Authorization"), (await request.json())["webhook_code"]))
        return web.Response()

    link = sandbox.add_link()["id"]
    with pytest.raises(RuntimeError, match="nobody to tell"):
        sandbox.notify(link, "token_required")
    with pytest.raises(ValueError, match="on the loopback"):
        sandbox.send_webhooks_to("http://203.0.113.1/")
    runner = web.ServerRunner(web.Server(hear))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        for authorization in ("Bearer one", "Bearer two"):
            sandbox.send_webhooks_to("http://{}:{}/".format(*runner.addresses[0]), authorization)
            sandbox.notify(link, "token_required")
            await sandbox.wait_until_told()
    finally:
        await runner.cleanup()

    assert [("Bearer one", "token_required"), ("Bearer two", "token_required")] == told
    assert ["delivered"] * 2 == [sent.outcome for sent in sandbox.webhooks]


@pytest.mark.anyio
async def test_a_webhook_that_nobody_takes_costs_no_time(sandbox: BackgroundSandbox) -> None:
    """
    The waits between the repetitions pass at once on a clock that jumps.
    """
    sandbox.send_webhooks_to("http://127.0.0.1:9/")
    sandbox.notify(sandbox.add_link()["id"], "token_required")
    await sandbox.wait_until_told()

    assert [[None] * 6] == [sent.statuses for sent in sandbox.webhooks]


# --- the person ---


@pytest.fixture(name="clock")
def _clock(sandbox: BackgroundSandbox) -> ManualClock:
    clock = sandbox._world.clock
    assert isinstance(clock, ManualClock)
    return clock


@pytest.mark.anyio
async def test_a_slow_bank_costs_no_time(sandbox: BackgroundSandbox, clock: ManualClock) -> None:
    """
    What the bank takes passes on the clock, of which client and sandbox have one; a deadline on the way is met.
    """
    user = ScriptedUser(sandbox, clock)
    sandbox.script(latency=20)
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=user, clock=clock
    ) as client:
        await client.links.register(BANK, "mfa_default", "pass_valid")
        parked = client.links.register(BANK, "mfa_default", "pass_valid", prompt=_never)
        waiting = asyncio.ensure_future(parked)
        await sandbox.wait_for("POST /api/links/", 2)
        sandbox.script(latency=250)
        for _ in range(3):
            await client.links.register(BANK, "mfa_default", "pass_valid")
        with pytest.raises(MfaExpiredError):
            await waiting

    assert 40 < clock.monotonic()


async def _never(_challenge: MfaChallenge) -> str | None:
    await asyncio.Event().wait()
    return None


@pytest.mark.anyio
async def test_a_person_does_what_was_said_once(sandbox: BackgroundSandbox, clock: ManualClock) -> None:
    """
    What a person was told is done in order, once each, and then the right token is given.
    """
    user = ScriptedUser(sandbox, clock)
    sandbox.script(mfa_token="a", wrong_token="b")
    user.mistypes()
    user.takes(90)
    user.types("c")
    async with BelvoClient(
        sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url, prompt=user, clock=clock
    ) as client:

        def register() -> MfaSession[Link]:
            return client.links.register(BANK, "mfa_default", "pass_valid")

        await register()
        assert 90 == clock.monotonic()
        with pytest.raises(MfaRejectedError):
            await register()
        user.ignores()
        with pytest.raises(MfaExpiredError):
            await register()
        await register()

    outcomes = [one.outcome for one in sandbox.challenges.values()]
    assert ["rejected", "answered", "refused", "expired", "answered"] == outcomes
    assert len(outcomes) == len(user.asked)
