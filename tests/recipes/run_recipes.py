"""
The recipes as a user runs them: real servers, workers in processes of their own, one of them killed.

Not collected with the other tests, since the engines are no dependency of ours: `nox -s recipes` runs it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import subprocess
import sys

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from servers import Server, ends_with_us, installed, postgres_server, redis_server, running

from belvo_async import TicketSealer
from belvo_async.errors import StoreError
from belvo_async.sandbox import Sandbox
from belvo_async.stores import Delivery, FlowStatus, PostgresStore, RedisStore, Store


pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("default")]

RECIPES: Final = Path(__file__).parents[2] / "examples" / "recipes"

RIGHT: Final = "111111"

FLOWS: Final = [f"order-{number}" for number in range(8)]

KEY: Final = TicketSealer.new_key()

Tell = Callable[[str, bool], Awaitable[None]]
"""Tells the engine of a flow, and whether it has begun."""


@attrs.frozen
class Recipe:
    """
    How to run one.

    Attributes:
        module: The name of its file.

        make: Its server.

        store: Its store.

        before: What to run once.

        command: A worker.

        telling: Opens what tells the engine, from the module.

        untold: Flows of which no message is sent after the token: the tick has to find them.
    """

    module: str
    make: Callable[[Path], Server]
    store: Callable[..., Store]
    before: tuple[str, ...]
    command: tuple[str, ...]
    telling: Callable[[Any], Any]
    untold: tuple[str, ...] = tuple(FLOWS[6:])


@asynccontextmanager
async def celery(module: Any) -> AsyncIterator[Tell]:
    """
    Tell Celery.
    """

    async def tell(flow: str, _begun: bool) -> None:
        module.advance.delay(flow)

    yield tell


@asynccontextmanager
async def procrastinate(module: Any) -> AsyncIterator[Tell]:
    """
    Tell Procrastinate.
    """
    async with module.app.open_async():

        async def tell(flow: str, _begun: bool) -> None:
            await module.advance.defer_async(flow=flow)

        yield tell


@asynccontextmanager
async def dbos(module: Any) -> AsyncIterator[Tell]:
    """
    Tell DBOS.
    """
    from dbos import DBOSClient  # noqa: PLC0415 - each engine where it is used

    client = DBOSClient(system_database_url=module.config["system_database_url"])

    async def tell(flow: str, begun: bool) -> None:
        if begun:
            await client.send_async(flow, None, "answered")
        else:
            options = {"queue_name": "flows", "workflow_name": "carry", "workflow_id": flow}
            await client.enqueue_async(options, flow)

    yield tell
    client.destroy()


PYTHON: Final = sys.executable

ALL: Final = (
    Recipe(
        "celery_flows",
        redis_server,
        RedisStore,
        (),
        (
            "celery",
            "-A",
            "celery_flows",
            "worker",
            "--beat",
            "--concurrency",
            "2",
            "--schedule",
            "{folder}/beat",
        ),
        celery,
    ),
    Recipe(
        "procrastinate_flows",
        postgres_server,
        PostgresStore,
        ("procrastinate", "--app", "procrastinate_flows.app", "schema", "--apply"),
        (PYTHON, "procrastinate_flows.py"),
        procrastinate,
    ),
    Recipe(
        "dbos_flows",
        postgres_server,
        PostgresStore,
        ("dbos", "migrate", "--sys-db-url", "{url}"),
        (PYTHON, "dbos_flows.py"),
        dbos,
        untold=(),  # it would look by itself after a minute
    ),
)


@contextmanager
def worker(recipe: Recipe, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a worker in a process of its own. Killed at the end.
    """
    program, *options = (part.format(folder=folder) for part in recipe.command)
    found = program if program == PYTHON else installed(program, program)
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*ends_with_us(), found, *options], cwd=RECIPES, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # Celery's has children
        process.wait()


async def until(store: Store, flows: list[str], *, ended: bool) -> None:
    """
    Wait until all of them wait for their user, or have ended.
    """
    async with asyncio.timeout(60):
        for flow in flows:
            while True:
                try:
                    record = await store.look(flow)
                except StoreError:
                    record = None
                if record is not None and (
                    record.status.is_final if ended else record.status is FlowStatus.WAITING
                ):
                    break
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.module)
async def test_the_recipe_works(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Flows go to their end over a worker that is killed while they wait; a token that comes twice is sent once, and
    neither tokens nor what the sandbox says is to be read in the engine's server.
    """
    with running(recipe.make, tmp_path, "server") as server:
        async with Sandbox() as sandbox:
            for name, value in {
                "BELVO_SECRET_ID": sandbox.secret_id,
                "BELVO_SECRET_PASSWORD": sandbox.secret_password,
                "BELVO_API_URL": sandbox.url,
                "CELERY_BROKER_URL": server.url,
                "FLOWS_REDIS_URL": server.url,
                "FLOWS_POSTGRES_DSN": server.url,
                "FLOWS_KEY": KEY,
                "PYTHONPATH": os.pathsep.join([str(RECIPES), os.environ.get("PYTHONPATH", "")]),
            }.items():
                monkeypatch.setenv(name, value)
            monkeypatch.syspath_prepend(str(RECIPES))
            if recipe.before:
                program, *options = (part.format(url=server.url) for part in recipe.before)
                command = [installed(program, program), *options]
                await asyncio.to_thread(subprocess.run, command, cwd=RECIPES, check=True)
            module = importlib.import_module(recipe.module)
            async with recipe.store(server.url, keys=[KEY]) as store, recipe.telling(module) as tell:
                with worker(recipe, tmp_path):
                    for flow in FLOWS:
                        await store.announce(flow)
                        await tell(flow, False)
                    await until(store, FLOWS, ended=False)
                deliveries = []
                with worker(recipe, tmp_path):
                    for flow in FLOWS:
                        deliveries.append(await store.deliver(flow, 1, RIGHT))
                        deliveries.append(await store.deliver(flow, 1, RIGHT))
                        if flow not in recipe.untold:
                            await tell(flow, True)
                    await until(store, FLOWS, ended=True)
                records = [await store.look(flow) for flow in FLOWS]
            kept = b"".join(path.read_bytes() for path in (tmp_path / "server").rglob("*") if path.is_file())

            assert [Delivery.FIRST, Delivery.DUPLICATE] * len(FLOWS) == deliveries
            assert [FlowStatus.COMPLETED] * len(FLOWS) == [record and record.status for record in records]
            assert (len(FLOWS), 0) == (sandbox.counts["POST /api/links/"], sandbox.duplicates)
            links = [link["id"] for link in sandbox.links.values()]
            assert [] == [secret for secret in ("pass_valid", *links) if secret.encode() in kept]
