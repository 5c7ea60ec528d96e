"""
OpenTelemetry is an extra: it is imported by whoever asks for it, and named where it is missing.
"""

from __future__ import annotations

import subprocess
import sys


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
