"""
What the tests of commands share: a sandbox in a process of its own, and the variables that lead to it.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import attrs
import pytest
import typer.main

from cli.process import running
from typer.testing import CliRunner

from belvo_async.cli.app import app


@attrs.define
class Belvo:
    """
    A sandbox in a process of its own.

    Attributes:
        variables: What leads a command to it.

        summary: What it had seen, once it has ended.
    """

    variables: Mapping[str, str]
    summary: Mapping[str, int] = attrs.field(factory=dict)


@contextmanager
def belvo_process(*args: str) -> Generator[Belvo]:
    """
    Run a sandbox meanwhile.
    """
    with running("sandbox", "--port", "0", "--json", *args) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        belvo = Belvo(
            {
                "BELVO_API_URL": facts["url"],
                "BELVO_SECRET_ID": facts["secret_id"],
                "BELVO_SECRET_PASSWORD": facts["secret_password"],
            }
        )
        yield belvo
        process.send_signal(signal.SIGTERM)
        belvo.summary = json.loads(process.communicate()[0])


@pytest.fixture(name="belvo", scope="module")
def _belvo() -> Generator[Belvo]:
    """
    One for all tests of a file. No answer to a challenge has come twice when they are done.
    """
    with belvo_process() as belvo:
        yield belvo
    assert belvo.summary["duplicates"] == 0


@attrs.frozen
class Ran:
    """
    What a command did.
    """

    status: int
    out: str
    errors: str

    def rows(self) -> list[Any]:
        """
        Return the lines of JSON on standard output.
        """
        return [json.loads(line) for line in self.out.splitlines()]


COMMAND: Final[Any] = typer.main.get_command(app)
"""Made once: there are many commands."""

Run = Callable[..., Ran]


def invoked(*args: str, stdin: str = "", **variables: str | None) -> Ran:
    """
    Run a command in this process, where no terminal is.
    """
    with CliRunner().isolation(input=stdin, env=variables) as (out, errors, *_):
        try:
            COMMAND.main(args=args, prog_name="belvo-async")
        except SystemExit as ended:
            sys.stdout.flush()
            sys.stderr.flush()
            return Ran(int(ended.code or 0), out.getvalue().decode(), errors.getvalue().decode())
    raise AssertionError


@pytest.fixture(name="run")
def _run(belvo: Belvo) -> Run:
    """
    Run a command in this process, where no terminal is.
    """

    def run(*args: str, stdin: str = "", **variables: str | None) -> Ran:
        return invoked(*args, stdin=stdin, **{**belvo.variables, **variables})

    return run


@pytest.fixture(autouse=True)
def _nothing_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No variable of whoever runs the tests says anything.
    """
    for name in [name for name in os.environ if name.startswith("BELVO_")]:
        monkeypatch.delenv(name)


@pytest.fixture(name="register")
def _register(run: Run) -> Callable[..., str]:
    """
    Register a user who needs no token, and return the id of the link.
    """

    def register(institution: str = "erebor_mx_retail", username: str = "bnk100") -> str:
        ran = run("links", "register", institution, username, "--json", BELVO_LINK_PASSWORD="full")
        assert ran.status == 0, ran.errors
        return str(ran.rows()[0]["id"])

    return register
