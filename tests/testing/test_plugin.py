"""
The pytest plugin, in test runs of its own.
"""

from __future__ import annotations

import subprocess
import sys

import pytest


pytestmark = pytest.mark.once


pytest_plugins = ["pytester"]

QUIET = ("-p", "no:cacheprovider", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")

ANYIO = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

PLAIN = """
import asyncio

def test_it(belvo_client, belvo_sandbox, belvo_user):
    async def main():
        async with belvo_client:
            return await belvo_client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")

    belvo_user.mistypes()
    link = asyncio.run(main())
    assert "valid" == link.status
    belvo_sandbox.assert_answered_once()
"""

COROUTINE = """
import asyncio
import pytest

{marker}
async def test_it(belvo_client, belvo_sandbox, belvo_user):
    belvo_user.mistypes()
    link = await belvo_client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")
    await belvo_sandbox.wait_for("PATCH /api/links/", 2)
    assert "valid" == link.status
    belvo_sandbox.assert_answered_once()

class TestIt:
    {marker}
    @pytest.mark.parametrize("challenges", [0, 2])
    async def test_method(self, belvo_client, belvo_sandbox, belvo_clock, challenges):
        belvo_sandbox.script(challenges=challenges)
        await belvo_client.links.register("erebor_mx_retail", "bnk100", "full")
        await belvo_clock.advance(3600)
        assert challenges == len(belvo_sandbox.challenges)
"""


@pytest.mark.parametrize(
    ("test", "passed", "options"),
    [
        pytest.param(PLAIN, 1, (), id="plain"),
        pytest.param(COROUTINE.format(marker="@pytest.mark.anyio"), 3, (), id="anyio"),
        pytest.param(
            COROUTINE.format(marker="@pytest.mark.asyncio"), 3, ("--asyncio-mode=strict",), id="strict"
        ),
        pytest.param(COROUTINE.format(marker=""), 3, ("--asyncio-mode=auto",), id="auto"),
        pytest.param(
            COROUTINE.format(marker="@pytest.mark.asyncio(loop_scope='session')"),
            3,
            (),
            id="one loop for all",
        ),
        pytest.param(COROUTINE.format(marker="@pytest.mark.anyio"), 3, ("-n", "1"), id="xdist"),
    ],
)
def test_every_kind_of_test(
    pytester: pytest.Pytester, test: str, passed: int, options: tuple[str, ...]
) -> None:
    """
    The fixtures work in plain tests and in coroutines, whoever runs those, and leave nothing open.
    """
    pytester.makeconftest(ANYIO)
    pytester.makepyfile(test)

    result = pytester.runpytest(*QUIET, *options)

    result.assert_outcomes(passed=passed)


def run(pytester: pytest.Pytester, test: str, *options: str) -> pytest.RunResult:
    """
    Run *test*, in which coroutines belong to anyio.
    """
    pytester.makeconftest(ANYIO)
    pytester.makepyfile(test)
    return pytester.runpytest(*QUIET, *options)


def test_what_failed_shows_what_was_seen(pytester: pytest.Pytester) -> None:
    """
    The report of a test that failed has the requests and the challenges, without a secret; that of another has not.
    """
    result = run(
        pytester,
        """
        import pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def password():
            return "pass_" + "valid"

        async def test_passes(belvo_client):
            await belvo_client.institutions.list().to_list()

        @pytest.mark.belvo(challenges=2)
        async def test_fails(belvo_client, belvo_sandbox, belvo_user, password):
            belvo_user.mistypes()
            await belvo_client.links.register("heimdall_mx_retail", "mfa_default", password)
            belvo_sandbox.assert_unanswered()
        """,
        "--show-capture=all",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([
        ">*belvo_sandbox.assert_unanswered()",
        "E*AssertionError: expected challenges without a PATCH, but of 3 it is not so for 3",
        "E*1. round 1 of POST /api/links/: rejected, 1 PATCH",
        "*Captured belvo_sandbox call*",
        "Requests:",
        "  POST * /api/links/ *{institution, username, password, external_id}* -> 428",
        "  PATCH * /api/links/ *{session, token, link}* -> 428",
        "  PATCH * /api/links/ *{session, token, link}* -> 428",
        "  PATCH * /api/links/ *{session, token, link}* -> 200",
        "Challenges:",
        "  3. round 3 of POST /api/links/: answered, 1 PATCH",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*/api/institutions/*")
    for secret in ("111111", "999999", "sandbox-password"):
        result.stdout.no_fnmatch_line(f"*{secret}*")


def test_a_sandbox_that_cannot_tell(pytester: pytest.Pytester) -> None:
    """
    Where the sandbox has come to an end by itself the report says so, and the next test runs.
    """
    result = run(
        pytester,
        """
        def test_fails(belvo_sandbox):
            belvo_sandbox._loop.call_soon_threadsafe(belvo_sandbox._over.set)
            belvo_sandbox._thread.join()
            assert not belvo_sandbox.url

        def test_passes(belvo_sandbox): ...
        """,
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["It does not tell what it has seen: *the sandbox does not run*"])


def test_each_test_has_its_own(pytester: pytest.Pytester) -> None:
    """
    A test finds nothing of another one's: no link, no time that has passed, no thread.
    """
    result = run(
        pytester,
        """
        import os
        import threading

        import pytest

        def sandboxes():
            return [thread.name for thread in threading.enumerate()].count("belvo-sandbox")

        @pytest.mark.parametrize("_", range(3))
        def test_it(belvo_sandbox, belvo_clock, belvo_env, _):
            assert {} == belvo_sandbox.links
            assert 1 == sandboxes()
            assert belvo_clock.monotonic() < 600
            assert belvo_sandbox.url == os.environ["BELVO_API_URL"]
            belvo_sandbox.add_link()
            belvo_sandbox.run(belvo_clock.advance(3600))

        def test_afterwards():
            assert 0 == sandboxes()
            assert "BELVO_API_URL" not in os.environ
        """,
    )

    result.assert_outcomes(passed=4)


def test_markers_add_up(pytester: pytest.Pytester) -> None:
    """
    What a test says goes before what its class and its module say.
    """
    result = run(
        pytester,
        """
        import pytest

        from belvo_async.testing import BELVO_DOWN

        pytestmark = pytest.mark.belvo(challenges=1, expiry=60, page_size=3)

        @pytest.mark.belvo(challenges=["qr"], expiry=30, faults=[BELVO_DOWN])
        class TestIt:
            @pytest.mark.belvo(expiry=7, secret_password="another")
            def test_it(self, belvo_sandbox):
                settings = belvo_sandbox.settings
                assert (("qr",), 7, 3) == (settings.challenges, settings.expiry, settings.page_size)
                assert "another" == belvo_sandbox.secret_password
                assert 1 == len(belvo_sandbox.faults)
        """,
        "--strict-markers",
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        pytest.param("2", "belvo takes keywords only, such as challenges=2", id="no keyword"),
        pytest.param("challenge=2", "*belvo has no challenge, but challenges", id="nearly an argument"),
        pytest.param(
            "banana=2", "*belvo has no banana; it has accounts_per_link, challenges, *", id="no argument"
        ),
        pytest.param("challenges='sms'", "*'sms' is none of text, numeric, qr, *", id="no kind"),
    ],
)
def test_a_wrong_marker(pytester: pytest.Pytester, marker: str, says: str) -> None:
    """
    A marker that makes no sense is told, by the test that has it.
    """
    result = run(pytester, f"import pytest\n\n@pytest.mark.belvo({marker})\ndef test_it(belvo_sandbox): ...")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E*{says}"])


def test_the_marker_is_listed(pytester: pytest.Pytester) -> None:
    """
    `pytest --markers` tells what the marker is for.
    """
    result = pytester.runpytest("--markers", "-p", "no:asyncio")

    result.stdout.fnmatch_lines(["@pytest.mark.belvo(challenges=*"])


def test_not_on_trio(pytester: pytest.Pytester) -> None:
    """
    A test that anyio runs on trio is told what to do; the sandbox alone does not mind.
    """
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "trio", {}

        def test_client(belvo_client, anyio_backend): ...

        def test_sandbox(belvo_sandbox, anyio_backend): ...
        """
    )

    result = pytester.runpytest(*QUIET)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*not on trio: add a fixture anyio_backend that returns 'asyncio'"])


def test_a_service_in_another_process(pytester: pytest.Pytester) -> None:
    """
    A process with the variables talks to the sandbox, and its clock agrees with that of Belvo.
    """
    pytester.makepyfile(
        service="""
        import asyncio
        from belvo_async import BelvoClient

        async def main():
            async with BelvoClient.from_env(retry=None) as client:
                link = await client.links.register("erebor_mx_retail", "bnk100", "full")
                print(link.status)

        asyncio.run(main())
        """
    )

    result = run(
        pytester,
        """
        import os
        import subprocess
        import sys

        from belvo_async.testing import LOST_LOGIN

        def test_it(belvo_sandbox, belvo_env):
            belvo_sandbox.script(faults=[LOST_LOGIN])
            done = subprocess.run(
                [sys.executable, "-W", "error", "service.py"],
                env={**os.environ, **belvo_env}, capture_output=True, text=True,
            )

            assert ("valid\\n", "") == (done.stdout, done.stderr)
            assert ["POST /api/links/", "GET /api/links/"] == belvo_sandbox.operations
        """,
    )

    result.assert_outcomes(passed=1)


def test_who_does_not_use_it_does_not_notice(pytester: pytest.Pytester) -> None:
    """
    A test run without the fixtures imports neither the library nor aiohttp.
    """
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert "pytest_belvo_async" in sys.modules
            assert set() == {"belvo_async", "aiohttp"} & set(sys.modules)
        """
    )

    result = pytester.runpytest_subprocess(*QUIET)

    result.assert_outcomes(passed=1)


def test_importing_it_is_cheap() -> None:
    """
    The module of the plugin imports pytest and nothing else that is not Python's own.
    """
    program = """
import sys, pytest
before = set(sys.modules)
import pytest_belvo_async
print(*(set(sys.modules) - before - {"pytest_belvo_async"} - set(sys.stdlib_module_names)))
"""
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )

    assert ("\n", "") == (done.stdout, done.stderr)


def test_checks_show_what_they_compare(pytester: pytest.Pytester) -> None:
    """
    An assert in the checks of stores is rewritten, as one in a test is.
    """
    result = run(
        pytester,
        """
        import pytest

        from belvo_async.stores import MemoryStore
        from belvo_async.testing.stores import the_first_token_wins

        class Deaf(MemoryStore):
            async def deliver(self, flow, round_, token):
                return None

        @pytest.mark.anyio
        async def test_it():
            await the_first_token_wins(Deaf)
        """,
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*where *"])


def test_a_client_is_closed_by_a_test_that_fails(pytester: pytest.Pytester) -> None:
    """
    Whatever becomes of a test, its client has no connection left; a client in no event loop never had one.
    """
    result = run(
        pytester,
        """
        import pytest

        from belvo_async.errors import ClientStateError

        clients = []

        @pytest.mark.anyio
        async def test_fails(belvo_client):
            clients.append(belvo_client)
            await belvo_client.institutions.list().to_list()
            raise KeyError("on purpose")

        @pytest.mark.anyio
        async def test_after_it():
            with pytest.raises(ClientStateError, match="closed"):
                await clients[0].check()

        def test_plain(belvo_client):
            assert "new" in repr(belvo_client._pool)
        """,
    )

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["E*KeyError: 'on purpose'"])
