"""
`belvo-async inbox`: challenges of other processes, answered by a script or at a terminal.
"""

from __future__ import annotations

import asyncio
import json
import threading

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.conftest import Belvo, Run
from cli.process import running
from cli.screen import CTRL_C, DOWN, ENTER, ESCAPE, at_a_terminal

from belvo_async import BelvoClient, TicketSealer
from belvo_async.cli.exits import Exit
from belvo_async.errors import BelvoError
from belvo_async.prompts import TokenInbox
from belvo_async.stores import SQLiteStore


pytestmark = pytest.mark.once


BANK = "heimdall_mx_retail"

USERS = {"order-17": ("mfa_default", "pass_valid"), "order-18": ("mfa_inputless", "pass_valid")}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    """
    The file of the store.
    """
    return tmp_path / "flows.db"


class Service:
    """
    A program whose users have to answer.

    Attributes:
        ended: What became of each flow.
    """

    def __init__(self, belvo: Belvo, path: Path, keys: list[str]) -> None:
        self.ended: dict[str, str] = {}
        self._belvo, self._path, self._keys = belvo, path, keys
        self._parked = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @contextmanager
    def serving(self) -> Generator[Service]:
        """
        Have both challenges parked, and wait for their answers until the end.
        """
        self._thread.start()
        assert self._parked.wait(60)
        yield self
        self._thread.join(60)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        variables = self._belvo.variables
        async with (
            SQLiteStore(self._path, keys=self._keys) as store,
            BelvoClient(
                variables["BELVO_SECRET_ID"],
                variables["BELVO_SECRET_PASSWORD"],
                base_url=variables["BELVO_API_URL"],
            ) as client,
        ):
            inbox = TokenInbox(store)
            async with asyncio.TaskGroup() as tasks:
                for flow in USERS:
                    tasks.create_task(self._register(client, inbox, flow))
                while len(await store.waiting()) < len(USERS):
                    await asyncio.sleep(0.01)
                self._parked.set()

    async def _register(self, client: BelvoClient, inbox: TokenInbox, flow: str) -> None:
        try:
            link = await client.links.register(BANK, *USERS[flow], prompt=inbox.at(flow))
            self.ended[flow] = str(link.status)
        except BelvoError as error:
            self.ended[flow] = type(error).__name__


@pytest.fixture(name="service")
def _service(belvo: Belvo, path: Path) -> Callable[..., Service]:
    """
    Make the service, with keys for its store or without.
    """
    return lambda *keys: Service(belvo, path, list(keys))


def test_a_script_lists_answers_and_declines(run: Run, path: Path, service: Callable[..., Service]) -> None:
    """
    What is open is listed without its session; an answer completes the flow, a second one is dropped.
    """
    with service().serving() as waiting:
        listed = run("inbox", str(path), "--list", "--json")
        plain = run("inbox", str(path))
        answered = run(
            "inbox", str(path), "--answer", "order-17", "--token-file", "-", "--json", stdin="111111\n"
        )
        while "order-17" not in waiting.ended:
            pass
        again = run(
            "inbox", str(path), "--answer", "order-17", "--token-file", "-", "--json", stdin="111111\n"
        )
        declined = run("inbox", str(path), "--decline", "order-18")
        unknown = run("inbox", str(path), "--decline", "order-99")
    rows = {row["flow"]: row for row in listed.rows()}

    assert {"order-17": "valid", "order-18": "MfaDeclinedError"} == waiting.ended
    assert set(USERS) == set(rows)
    assert (True, False) == tuple(rows[flow]["expects_user_input"] for flow in USERS)
    assert all("session" not in row for row in rows.values())
    assert "order-17" in plain.out
    assert (Exit.DONE, "first") == (answered.status, answered.rows()[0]["delivery"])
    assert (Exit.NOT_ANSWERED, "duplicate") == (again.status, again.rows()[0]["delivery"])
    assert (Exit.DONE, "order-18: done\n") == (declined.status, declined.out)
    assert Exit.NOT_ANSWERED == unknown.status


def test_a_wrong_way_to_answer_is_told(run: Run, path: Path, service: Callable[..., Service]) -> None:
    """
    A token where nothing is typed, nothing where one is, and nobody to ask: the challenge stays open.
    """
    with service().serving():
        for_nothing = run("inbox", str(path), "--answer", "order-18", "--token-file", "-", stdin="111111")
        without = run("inbox", str(path), "--answer", "order-17", "--done")
        nobody = run("inbox", str(path), "--answer", "order-17")
        both = run("inbox", str(path), "--list", "--follow")
        for_no_flow = [
            run("inbox", str(path), "--list", *option) for option in (["--done"], ["--token-file", "-"])
        ]
        left = run("inbox", str(path), "--list", "--json")
        for flow in USERS:
            run("inbox", str(path), "--decline", flow)

    assert (Exit.USAGE, Exit.USAGE, Exit.TOKEN_REQUIRED) == (
        for_nothing.status,
        without.status,
        nobody.status,
    )
    assert Exit.USAGE == both.status
    assert [Exit.USAGE, Exit.USAGE] == [ran.status for ran in for_no_flow]
    assert set(USERS) == {row["flow"] for row in left.rows()}


def test_a_sealed_store_opens_with_the_keys_of_the_environment(
    run: Run, path: Path, service: Callable[..., Service]
) -> None:
    """
    With the key the challenges are there.
    """
    key = TicketSealer.new_key()
    with service(key).serving():
        rows = run("inbox", str(path), "--list", "--json", BELVO_STORE_KEYS=key).rows()
        for flow in USERS:
            run("inbox", str(path), "--decline", flow, BELVO_STORE_KEYS=key)

    assert set(USERS) == {row["flow"] for row in rows}


def test_each_challenge_is_printed_when_it_comes(
    path: Path, run: Run, service: Callable[..., Service]
) -> None:
    """
    `--follow --json` writes a line for each one.
    """
    with (
        service().serving(),
        running("inbox", str(path), "--follow", "--json") as process,
    ):
        assert process.stdout is not None
        flows = {json.loads(process.stdout.readline())["flow"] for _ in USERS}
        for flow in USERS:
            run("inbox", str(path), "--decline", flow)

    assert set(USERS) == flows


def test_a_person_answers_at_a_terminal(path: Path, service: Callable[..., Service]) -> None:
    """
    Pick one, go back, answer it, confirm the other; the list goes on until q.
    """
    with service().serving() as waiting, at_a_terminal("inbox", str(path)) as person:
        person.sees("order-18")
        person.waits_until(lambda shown: "▶   order-" in shown)
        flow = person.shown.partition("▶   ")[2].split()[0]
        other = next(one for one in USERS if one != flow)
        person.types(ENTER)
        person.sees("Esc goes back")
        person.types(ESCAPE)
        person.sees(f"{flow} is still open.")
        for one in (flow, other):
            person.waits_until(lambda shown, one=one: f"▶   {one}" in shown)  # type: ignore[misc] # bound now
            person.types(ENTER)
            person.sees("Esc goes back")
            person.types(("111111" if one == "order-17" else "") + ENTER)
            person.sees(f"The answer for {one} was delivered.")
        person.sees("Nothing is open.")
        person.types("q")

        assert Exit.DONE == person.ends()

    assert {"order-17": "valid", "order-18": "valid"} == waiting.ended


def test_a_person_declines_by_two_strokes(path: Path, service: Callable[..., Service]) -> None:
    """
    One `d` asks back; another key forgets it. Ctrl-C leaves with 130.
    """
    with service().serving() as waiting, at_a_terminal("inbox", str(path)) as person:
        person.sees("order-18")
        person.types("d")
        person.sees("Press d once more")
        person.types(DOWN)
        person.waits_until(lambda shown: "Press d once more" not in shown)
        person.types("d")
        person.sees("Press d once more")
        person.types("d")
        person.sees("was declined.")
        person.types("d")
        person.sees("Press d once more")
        person.types("d")
        person.sees("Nothing is open.")
        person.types(CTRL_C)

        assert Exit.INTERRUPTED == person.ends()

    assert {"MfaDeclinedError"} == set(waiting.ended.values())


def test_nobody_is_there_and_nothing_is_open(run: Run, path: Path) -> None:
    """
    An empty store has an empty list.
    """

    async def make() -> None:
        async with SQLiteStore(path) as store:
            await store.waiting()

    asyncio.run(make())

    assert (Exit.DONE, "", "") == (
        run("inbox", str(path), "--json").status,
        run("inbox", str(path), "--json").out,
        run("inbox", str(path)).errors,
    )
