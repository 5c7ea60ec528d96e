"""
What the tests of `belvo-async bulk` share: files, processes that are begun and killed, and a person who answers.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from cli.process import environment

from belvo_async.cli.users import RIGHT_TOKEN
from belvo_async.errors import StoreError
from belvo_async.sandbox import Sandbox
from belvo_async.stores import SQLiteStore


BANK: Final = "heimdall_mx_retail"

PEOPLE: Final = (
    ("mfa_default", "pass_valid"),
    ("mfa_numeric", "numeric_code"),
    ("mfa_twice", "pass_valid"),
    ("mfa_inputless", "pass_valid"),
)

YEARS: Final = 3e8


def written(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """
    Write *rows* as CSV, for this user only.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    path.chmod(0o600)
    return path


def registrations(count: int) -> list[dict[str, object]]:
    """
    Return so many rows, whose people are asked in different ways.
    """
    return [
        {
            "institution": BANK,
            "username": PEOPLE[number % len(PEOPLE)][0],
            "password": PEOPLE[number % len(PEOPLE)][1],
            "external_id": f"order-{number}",
        }
        for number in range(count)
    ]


def lines(path: Path) -> list[dict[str, Any]]:
    """
    Return what stands in a file of JSON lines.
    """
    return [json.loads(line) for line in path.read_text().splitlines()]


def keys(sandbox: Sandbox) -> Mapping[str, str]:
    """
    Return the environment that leads to *sandbox*.
    """
    return {
        "BELVO_API_URL": sandbox.url,
        "BELVO_SECRET_ID": sandbox.secret_id,
        "BELVO_SECRET_PASSWORD": sandbox.secret_password,
    }


@attrs.frozen
class Finished:
    """
    A command that has ended.
    """

    status: int
    out: str
    errors: str

    @property
    def summary(self) -> dict[str, Any]:
        """
        What it wrote with `--json`.
        """
        told: dict[str, Any] = json.loads(self.out)
        return told


class Nursery:
    """
    Processes of the command line, quickly made, one at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._out, self._errors = folder / "out", folder / "errors"
        program = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(program)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """
        End the nursery.
        """
        with self._process:
            self._process.kill()

    async def begin(self, sandbox: Sandbox, *arguments: str, **variables: str) -> int:
        """
        Begin a command whose Belvo is *sandbox*, and return the number of its process.
        """
        assert self._process.stdin is not None
        order = {
            "arguments": arguments,
            "variables": {**keys(sandbox), **variables},
            "out": str(self._out),
            "errors": str(self._errors),
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return await self._number()

    async def ended(self) -> Finished:
        """
        Wait for the end of the command.
        """
        status = await self._number()
        return Finished(status, self._out.read_text(), self._errors.read_text())

    async def finished(self, sandbox: Sandbox, *arguments: str, **variables: str) -> Finished:
        """
        Carry a command out to its end.
        """
        await self.begin(sandbox, *arguments, **variables)
        return await self.ended()

    async def _number(self) -> int:
        assert self._process.stdout is not None
        return int(await asyncio.to_thread(self._process.stdout.readline))


@pytest.fixture(name="nursery", scope="module")
def nursery_(tmp_path_factory: pytest.TempPathFactory) -> Generator[Nursery]:
    """
    Processes for the tests of a module.
    """
    with closing(Nursery(tmp_path_factory.mktemp("nursery"))) as nursery:
        yield nursery


@asynccontextmanager
async def answering(folder: Path, wrong: Iterable[str] = ()) -> AsyncGenerator[None]:
    """
    Answer every challenge that is parked in the journal, as another process would. The flows in *wrong* are first
    answered by a token that the bank does not take.
    """
    mistaken = set(wrong)

    async def answer() -> None:
        async with SQLiteStore(folder / "flows.db", keep=YEARS) as store:
            while True:
                try:
                    for record in await store.waiting():
                        assert record.ticket is not None
                        token = "999999" if record.flow in mistaken else RIGHT_TOKEN
                        mistaken.discard(record.flow)
                        typed = record.ticket.expects_user_input
                        await store.deliver(record.flow, record.round, token if typed else None)
                except StoreError:
                    pass  # it is being made
                await asyncio.sleep(0.05)

    folder.mkdir(mode=0o700, exist_ok=True)  # noqa: ASYNC240 - done at once
    answers = asyncio.create_task(answer())
    try:
        yield
    finally:
        answers.cancel()
        await asyncio.wait({answers})


async def signalled(
    process: int, number: signal.Signals, sandbox: Sandbox, requests: int, delay: float
) -> None:
    """
    Send a signal to a process once Belvo has seen so many more requests and then a little time has passed; or after 1.5
    seconds, should it not send so many.
    """
    before = sum(sandbox.counts.values())
    for _ in range(300):
        if sum(sandbox.counts.values()) - before >= requests:
            break
        await asyncio.sleep(0.005)
    await asyncio.sleep(delay)
    with suppress(ProcessLookupError):
        os.kill(process, number)
