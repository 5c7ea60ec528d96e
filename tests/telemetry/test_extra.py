"""
OpenTelemetry is an extra: it is imported by whoever asks for it, and named where it is missing.
"""

from __future__ import annotations

import subprocess
import sys

from mfa.bodies import LINK, START, flow_in
from telemetry.recorded import Recorded

from belvo_async import MfaState
from belvo_async.mfa.flow import Step
from belvo_async.mfa.machine import MfaEvent
from belvo_async.testing import ManualClock


CHALLENGE = flow_in(MfaState.CHALLENGED).newest


def run(program: str) -> subprocess.CompletedProcess[str]:
    """
    Run *program* in a new interpreter.
    """
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_a_missing_extra_is_named() -> None:
    """
    Without OpenTelemetry one line says what to install.
    """
    done = run("import sys; sys.modules['opentelemetry'] = None; import belvo_async.telemetry")

    *_, last = done.stderr.splitlines()
    assert last.startswith("belvo_async.errors.MissingExtraError: opentelemetry")
    assert last.endswith('is not installed: pip install "belvo-async[otel]"')


def test_nobody_else_imports_it() -> None:
    """
    The library itself does not import OpenTelemetry.
    """
    done = run(
        "import belvo_async, belvo_async.stores, belvo_async.workers, sys; print('opentelemetry' in sys.modules)"
    )

    assert "False" == done.stdout.strip()


def test_what_is_told_of_no_session_is_no_flow() -> None:
    """
    Whoever calls it by hand makes no flow of it.
    """
    recorded = Recorded()
    telemetry = recorded.telemetry(ManualClock())
    step = Step(MfaEvent.REQUESTED, MfaState.REQUESTING, START)

    telemetry.link_busy(LINK, "links.register")
    telemetry.state_changed("links.register", LINK, step)
    telemetry.challenge_parked(CHALLENGE)
    telemetry.challenge_taken_up(CHALLENGE)

    assert [] == recorded.spans
    assert {} == recorded.metrics


def test_without_an_sdk_nothing_happens() -> None:
    """
    Where the program sets up no SDK, a client with telemetry works as one without.
    """
    done = run(
        """
import asyncio
from belvo_async import BelvoClient
from belvo_async.sandbox import Sandbox
from belvo_async.telemetry import Telemetry

async def ask(challenge):
    return "111111"

async def main():
    async with Sandbox() as sandbox, BelvoClient(
        "sandbox-id", "sandbox-password", base_url=sandbox.url, observers=[Telemetry()], prompt=ask
    ) as client:
        session = client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")
        print((await session).status, session.trace)

asyncio.run(main())
"""
    )

    assert ("valid None", "") == (done.stdout.strip(), done.stderr)
