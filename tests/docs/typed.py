"""
What the documents show has the right types, as mypy's strict mode sees them. A program:

    python tests/docs/typed.py

Each story becomes a function of a module that has the lines of its page, so that a complaint names the line of the page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap

from pathlib import Path

from pages import PAGES, ROOT, Story, stories


GIVEN = (
    "from belvo_async import BelvoClient, MfaChallenge; from belvo_async.sandbox import Sandbox",
    "async def ask(challenge: MfaChallenge) -> str | None: return '111111'",
)
"""What every story finds; it has the room of a heading and the empty line below."""


def typed(page: Path) -> str:
    """
    Return the stories of *page* as a module.
    """
    lines = ["" for _ in page.read_text(encoding="utf-8").splitlines()]
    lines[: len(GIVEN)] = GIVEN
    for story in stories(page):
        _place(story, lines)
    return "\n".join(lines)


def _place(story: Story, lines: list[str]) -> None:
    sources = [source for block in story.blocks for source in block.sources()]
    begin = sources[0][0]
    lines[begin - 2] = f"async def story_{begin}(client: BelvoClient, sandbox: Sandbox) -> None:"
    for line, code in sources:
        body = textwrap.indent(code, "    ").splitlines()
        lines[line - 1 : line - 1 + len(body)] = body


def main() -> int:
    """
    Check all pages and return mypy's exit code.
    """
    with tempfile.TemporaryDirectory() as directory:
        for page in PAGES:
            (Path(directory) / f"{page.stem}.py").write_text(typed(page), encoding="utf-8")
        mypy = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--disable-error-code=import-untyped",  # Django
            *map(str, Path(directory).iterdir()),
        ]
        tests = {**os.environ, "MYPYPATH": str(ROOT / "tests")}  # checks use what tests share
        return subprocess.run(mypy, check=False, env=tests).returncode  # noqa: S603 - our own files


if __name__ == "__main__":
    sys.exit(main())
