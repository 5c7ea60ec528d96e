"""
Runs the calls of other clients of Belvo's against a sandbox; ends with 1 if any of them failed.

Each script is a program of its own, which gets the URL and nothing else, so it cannot lean on this library.
"""

from __future__ import annotations

import asyncio
import sys

from pathlib import Path

from belvo_async.sandbox import Sandbox


SCRIPTS = sorted(Path(__file__).parent.glob("*_calls.py"))


async def succeeds(script: Path) -> bool:
    """
    Run *script* against a sandbox of its own.
    """
    async with Sandbox() as sandbox:
        process = await asyncio.create_subprocess_exec(sys.executable, str(script), sandbox.url)
        code = await process.wait()
        sys.stdout.write(f"{script.stem}: {'failed' if code else 'passed'}, {sandbox.summary()}\n")
    return code == 0


async def main() -> int:
    """
    Run all scripts and return the exit code.
    """
    return 0 if all([await succeeds(script) for script in SCRIPTS]) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
