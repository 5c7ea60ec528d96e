"""
Other systems and other event loops, as far as they can be had here.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import pytest
import uvloop

from people import BANK, Absent, careful

from belvo_async import BelvoClient, MfaSession, MfaState, RetryPolicy, drive
from belvo_async.models import Link
from belvo_async.sandbox import Sandbox


T = TypeVar("T")

Run = Callable[[Coroutine[Any, Any, T]], T]

ELSEWHERE = """
import asyncio, importlib, os, pkgutil, select, signal, socket, sys

import belvo_async


class Loop(asyncio.SelectorEventLoop):
    # Without what the event loops of Windows lack.
    def add_signal_handler(self, *_):
        raise NotImplementedError

    remove_signal_handler = connect_read_pipe = connect_write_pipe = create_unix_server = add_signal_handler


def import_all():
    for module in pkgutil.walk_packages(belvo_async.__path__, "belvo_async."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


import_all()  # and with it all others, which know what system this is
loop = Loop()

ABSENT = {
    os: ["fork", "forkpty", "register_at_fork", "getuid", "geteuid", "getgid", "setsid", "killpg", "getpgid", "wait4",
         "uname", "sysconf", "mkfifo", "chown", "fchmod", "getloadavg", "O_NOFOLLOW", "O_CLOEXEC", "O_DIRECTORY"],
    signal: ["SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGWINCH", "setitimer",
             "pthread_sigmask", "siginterrupt", "alarm", "pause"],
    select: ["poll", "epoll"],
    socket: ["AF_UNIX", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "SO_REUSEPORT", "MSG_DONTWAIT", "socketpair"],
}
for module, names in ABSENT.items():
    for name in names:
        vars(module).pop(name, None)
for name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "readline", "curses", "posix"):
    sys.modules[name] = None
for name in [name for name in sys.modules if name.partition(".")[0] == "belvo_async"]:
    del sys.modules[name]
import_all()

from belvo_async import BelvoClient
from belvo_async.sandbox import Sandbox


async def ask(challenge):
    return "111111"


async def main():
    async with Sandbox() as sandbox, BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url) as client:
        link = await client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", prompt=ask)
        print(link.status)


with asyncio.Runner(loop_factory=lambda: loop) as runner:
    runner.run(main())
"""
"""A program that imports every module, and carries out a flow, where much of what is Unix's own is missing."""


@pytest.mark.timeout(600)  # it imports everything, twice
def test_every_module_does_without_unix() -> None:
    """
    No module needs, to be imported, what only Unix has; and a flow runs in an event loop that can do no more than
    those of Windows.
    """
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-W", "error", "-c", ELSEWHERE], capture_output=True, text=True, check=False
    )

    assert (0, "", "valid\n") == (done.returncode, done.stderr, done.stdout)


# --- event loops ---


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """
    Return what runs a coroutine in an event loop of either kind.
    """

    def run_in(main: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main)

    return run_in


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[tuple[Sandbox, BelvoClient]]:
    """
    Yield a sandbox and a client for it.
    """
    async with (
        Sandbox() as sandbox,
        BelvoClient("sandbox-id", "sandbox-password", base_url=sandbox.url, **options) as client,
    ):
        yield sandbox, client


def test_flows_in_each_loop(run: Run) -> None:
    """
    Many flows at once, by a prompt and by `drive()`, complete in either loop, with one answer to each challenge.
    """

    async def main() -> tuple[int, int]:
        async with opened() as (sandbox, client):
            sessions = (
                client.links.register(BANK, "mfa_default", "pass_valid", external_id=f"u-{n}", prompt=careful)
                for n in range(40)
            )
            async with drive(sessions, limit=10) as outcomes:
                done = [outcome.unwrap().status async for outcome in outcomes]
            return done.count("valid"), sandbox.counts["PATCH /api/links/"]

    assert (40, 40) == run(main())


def test_a_server_that_hung_up_is_noticed_in_each_loop(run: Run) -> None:
    """
    A kept connection that the server has closed is noticed before a write is put on it: nothing is uncertain.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or b"0")
        await reader.readexactly(length)
        writer.write(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"id": "a-b"}'
        )
        writer.close()

    async def main() -> list[str | None]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with (
            server,
            BelvoClient("a", "b", base_url=url, retry=RetryPolicy(reconnects=(0.001,) * 3)) as client,
        ):
            return [
                (await client.links.modify("a-b", access_mode="single")).id  # a PATCH, which is not repeated
                for _ in range(50)
            ]

    assert ["a-b"] * 50 == run(main())


def test_closing_in_each_loop(run: Run) -> None:
    """
    A client that is closed in a cancelled scope leaves no connection, in either loop: warnings are errors here.
    """

    async def main() -> bool:
        async with opened() as (_, client):
            await client.check()
            connector = await client._pool.connector()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.aclose()
            return connector.closed

    assert run(main())


# --- anyio ---


def test_task_groups_of_anyio(run: Run) -> None:
    """
    Sessions are driven by tasks of a task group; cancelling its scope ends those that wait for their user, and
    leaves each a ticket that can be answered.
    """

    async def main() -> None:
        async with opened() as (_, client):
            absent = [Absent(), Absent()]
            waiting = [client.links.register(BANK, "mfa_default", "pass_valid", prompt=one) for one in absent]
            done = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)

            async def follow(session: MfaSession[Link]) -> None:
                await session

            async with anyio.create_task_group() as group:
                for session in (*waiting, done):
                    group.start_soon(follow, session)
                for one in absent:
                    await one.asked.wait()
                while done.state is not MfaState.COMPLETED:
                    await anyio.sleep(0.005)
                group.cancel_scope.cancel()

            assert [MfaState.CANCELLED] * 2 == [session.state for session in waiting]
            for session in waiting:
                assert session.ticket is not None
                assert "valid" == (await client.resume(session.ticket, "111111")).status

    run(main())


def test_a_scope_of_anyio_that_ends_in_time(run: Run) -> None:
    """
    `anyio.move_on_after()` bounds a flow, its user included; what was asked can still be answered.
    """

    async def main() -> str | None:
        async with opened() as (_, client):
            session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=Absent())
            with anyio.move_on_after(0.5) as scope:
                await session
            assert scope.cancelled_caught
            ticket = session.ticket
            if ticket is None:  # a busy machine: the bank had not asked yet
                return "valid"
            link: Link = await client.resume(ticket, "111111")
            return link.status

    assert "valid" == run(main())


def test_without_a_loop_of_asyncio() -> None:
    """
    Where no loop of asyncio runs (in trio, say), a call and a session fail by saying so.
    """
    client = BelvoClient("a", "b", base_url="http://127.0.0.1:1")
    call, session = client.check(), client.links.register(BANK, "mfa_default", "pass_valid")
    with pytest.raises(RuntimeError, match="no running event loop"):
        call.send(None)
    with pytest.raises(RuntimeError, match="no running event loop"):
        session.__await__().send(None)
