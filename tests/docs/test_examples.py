"""
The examples run as they are, each against a sandbox of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from docs.pages import ROOT


pytestmark = pytest.mark.once


EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

PRINTS = {
    "callback.py": r"The bank says: .+\nLink [0-9a-f-]{36} is valid\.\nThe bank says: .+\n(\d{4}-\d\d-\d\d +[\d,]+\.\d\d MXN\n){3}",
    "many.py": r"registered +\d+\n(\w+ +\d+\n)+requests +\d+   at most \d+ at once\nchallenges +\d+   0 answered twice\n",
    "workers.py": (
        r"the bank says: .+\none worker was killed\nthe token is the first\n"
        r"(the token is the duplicate\n|a worker: completed, 31 balances\n){2}"
        r"the person sees: completed\nchallenges that got more than one PATCH: 0\n"
    ),
    "web_service.py": r"202 .+\n422 .+\n202 .+\n201 .+\n404 .+\nchallenges that got more than one PATCH: 0\n",
    "fastapi_page.py": (
        r"(the page says: .+\nthe user sends a code: 303\n){2}the page says: Done\nthe link is valid\n"
        r"the page says: .+\nthe user sends a code: 303\nthe page says: Done\n(account: .+\n){2}"
        r"challenges that got more than one PATCH: 0\n"
    ),
    "aiohttp_page.py": (
        r"(the page says \(200\): .+\n){3}the page says \(409\): .+\n(the page says \(200\): .+\n){2}(account: .+\n){2}"
        r"challenges that got more than one PATCH: 0\n"
    ),
}
"""What each prints."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example(path: object) -> None:
    """
    An example that is called without arguments succeeds, and warns of nothing.
    """
    # Where nothing is kept back, a line is two writes, between which another process may print.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=110,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(PRINTS[getattr(path, "name", "")], done.stdout), done.stdout


def test_examples_are_told_of() -> None:
    """
    Each example has an expectation here and a line in the README.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert set(PRINTS) == {path.name for path in EXAMPLES}
    assert [path.name for path in EXAMPLES if f"(examples/{path.name})" not in readme] == []
