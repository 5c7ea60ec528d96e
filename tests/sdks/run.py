"""
Runs the calls of other clients of Belvo's against a sandbox; ends with 1 if any of them failed.

Each script is a program of its own, which gets the URL and nothing else, so it cannot lean on this library. Those
in JavaScript run where node is, and find their packages by `NODE_PATH`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys

from pathlib import Path

from belvo_async.sandbox import Sandbox


RUNNERS = {".py": sys.executable, ".js": shutil.which("node")}
"""What runs a script, by its ending."""

SCRIPTS = sorted(Path(__file__).parent.glob("*_calls.*"))


async def succeeds(script: Path) -> bool:
    """
    Run *script* against a sandbox of its own.
    """
    runner = RUNNERS[script.suffix]
    if runner is None:
        sys.stdout.write(f"{script.name}: not run, there is nothing here to run it\n")
        return True
    async with Sandbox() as sandbox:
        process = await asyncio.create_subprocess_exec(runner, str(script), sandbox.url)
        code = await process.wait()
        sys.stdout.write(f"{script.name}: {'failed' if code else 'passed'}, {sandbox.summary()}\n")
    return code == 0


async def main() -> int:
    """
    Run all scripts and return the exit code.
    """
    return 0 if all([await succeeds(script) for script in SCRIPTS]) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
