"""
The pytest plugin: fixtures for tests of your integration with Belvo. `docs/testing.md` shows them.

pytest loads it wherever the library is installed. So it stands outside of the package, whose import takes a while, and imports
that when a fixture is first used.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import sys

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest


if TYPE_CHECKING:
    from belvo_async import BelvoClient
    from belvo_async.testing import BackgroundSandbox, ManualClock, ScriptedUser


MARKER = (
    "belvo(challenges=…, faults=[…], **options): what the belvo_sandbox of this test does; "
    "the arguments are those of belvo_async.testing.BackgroundSandbox"
)

SANDBOX = pytest.StashKey["BackgroundSandbox"]()

CHECKS = "belvo_async.testing.stores"
"""Its asserts show what they compare."""

NOT_ON_TRIO = "belvo_async runs on asyncio, not on trio: add a fixture anyio_backend that returns 'asyncio'"


def pytest_configure(config: pytest.Config) -> None:
    """
    Make the marker known, and let the checks of the library show what they compare.
    """
    config.addinivalue_line("markers", MARKER)
    if CHECKS not in sys.modules:  # of what was imported already pytest would complain
        pytest.register_assert_rewrite(CHECKS)


@pytest.fixture
def belvo_clock() -> ManualClock:
    """
    The time of sandbox and client. It begins now and stands still; who waits moves it on, and so does `advance()`.
    """
    from belvo_async.testing import ManualClock

    return ManualClock(datetime.now(UTC), jumps=True)


@pytest.fixture
def belvo_sandbox(request: pytest.FixtureRequest, belvo_clock: ManualClock) -> Iterator[BackgroundSandbox]:
    """
    A Belvo for this test alone, in a thread of its own. `@pytest.mark.belvo(…)` has its arguments.
    """
    from belvo_async.testing import BackgroundSandbox

    options: dict[str, Any] = {"clock": belvo_clock, **_options(request.node)}
    with BackgroundSandbox(**options) as sandbox:
        request.node.stash[SANDBOX] = sandbox
        yield sandbox
        del request.node.stash[SANDBOX]


def _options(node: pytest.Item) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("belvo"))):  # those of the test itself come last, and win
        if marker.args:
            msg = f"belvo takes keywords only, such as challenges={marker.args[0]!r}"
            raise pytest.UsageError(msg)
        options |= marker.kwargs
    if options:
        _check(options)
    return options


def _check(options: dict[str, Any]) -> None:
    from belvo_async.sandbox import Sandbox

    known = sorted(inspect.signature(Sandbox).parameters)
    for name in options:
        if name not in known:
            meant = difflib.get_close_matches(name, known, n=1)
            msg = f"belvo has no {name}" + (f", but {meant[0]}" if meant else f"; it has {', '.join(known)}")
            raise pytest.UsageError(msg)


@pytest.fixture
def belvo_user(belvo_sandbox: BackgroundSandbox, belvo_clock: ManualClock) -> ScriptedUser:
    """
    The person whom `belvo_client` asks. Gives right tokens, unless told otherwise.
    """
    from belvo_async.testing import ScriptedUser

    return ScriptedUser(belvo_sandbox, belvo_clock)


@pytest.fixture
def belvo_client(
    request: pytest.FixtureRequest,
    belvo_sandbox: BackgroundSandbox,
    belvo_clock: ManualClock,
    belvo_user: ScriptedUser,
) -> Iterator[BelvoClient]:
    """
    A client for the sandbox that asks `belvo_user`. Belongs to the event loop of the test, and is closed with it.
    """
    from belvo_async import BelvoClient, RetryPolicy

    if "anyio_backend" in request.fixturenames and request.getfixturevalue("anyio_backend_name") == "trio":
        pytest.fail(NOT_ON_TRIO, pytrace=False)
    client = BelvoClient(
        belvo_sandbox.secret_id,
        belvo_sandbox.secret_password,
        base_url=belvo_sandbox.url,
        prompt=belvo_user,
        clock=belvo_clock,
        rate_limit=None,
        retry=RetryPolicy(jitter=0),
    )
    test = request.node.obj
    if inspect.iscoroutinefunction(test):
        request.node.obj = _closing(client, test)
    yield client
    request.node.obj = test


def _closing(client: BelvoClient, test: Callable[..., Any]) -> Callable[..., Any]:
    """
    Return *test*, which closes *client* at its end: no fixture is sure to run in the event loop of the test.
    """

    @functools.wraps(test)
    async def closing(*args: Any, **kwargs: Any) -> Any:
        async with client:
            return await test(*args, **kwargs)

    return closing


@pytest.fixture
def belvo_env(
    belvo_sandbox: BackgroundSandbox, belvo_clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """
    The variables that lead `BelvoClient.from_env()` to the sandbox, set; for another process they are returned.

    What reads them has a clock of its own, so `belvo_clock` goes with that of the machine.
    """
    belvo_clock.follow()
    variables = {
        "BELVO_SECRET_ID": belvo_sandbox.secret_id,
        "BELVO_SECRET_PASSWORD": belvo_sandbox.secret_password,
        "BELVO_API_URL": belvo_sandbox.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BELVO_ENV", raising=False)
    return variables


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """
    Add what the sandbox has seen to the report of a test that failed.
    """
    sandbox = item.stash.get(SANDBOX, None)
    if sandbox is not None and call.when == "call" and call.excinfo is not None:
        try:
            seen = sandbox.transcript()
        except Exception as error:  # noqa: BLE001 - pytest would end all tests by it
            seen = f"It does not tell what it has seen: {error!r}"
        item.add_report_section("call", "belvo_sandbox", seen)
