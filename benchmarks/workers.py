"""
Flows that lie in a store: what they cost while they wait, and how fast workers finish them when the tokens come.

The sandbox, Valkey, NATS, two workers and the deliverer are processes of their own. All flows are parked, then all tokens are
delivered, and the time until the last flow has ended is measured. The same is done without an engine in one process, which
calls `resume_flow()` itself. `python benchmarks/workers.py` takes two minutes, `--flows 1000` a quarter of one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import attrs

from figures import Figure, rounded, said
from redis.asyncio import Redis
from rounds import run
from server import served

from belvo_async import BelvoClient, MfaSession, PoolLimits, TicketSealer
from belvo_async.stores import RedisStore
from belvo_async.workers import FlowOutcome, resume_flow, start_flow
from belvo_async.workers.taskiq import FlowTasks, nats_broker


sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from servers import nats_server, redis_server, running


WORKERS: Final = 2

AT_ONCE: Final = 100

ENDED: Final = "benchmark:ended"


@attrs.frozen
class Place:
    """
    Where everything is.
    """

    sandbox: str
    redis: str
    nats: str
    key: str

    def client(self) -> BelvoClient:
        """
        Return a client for the sandbox.
        """
        return BelvoClient(
            "sandbox-id",
            "sandbox-password",
            base_url=self.sandbox,
            rate_limit=None,
            pool=PoolLimits(connections=AT_ONCE),
        )

    def store(self, *, sealed: bool = True) -> RedisStore:
        """
        Return the store.
        """
        return RedisStore(self.redis, keys=[self.key] if sealed else [])

    def tasks(self) -> FlowTasks:
        """
        Return the jobs. Each flow that has ended is counted in Redis.
        """
        counter = Redis.from_url(self.redis)

        async def settle(_: FlowOutcome[Any]) -> None:
            await counter.incr(ENDED)

        return FlowTasks(
            nats_broker(self.nats),
            store=self.store,
            client=self.client,
            open_session=registration,
            settle=settle,
        )


def registration(client: BelvoClient, flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with.
    """
    return client.links.register("heimdall_mx_retail", "mfa_default", "pass_valid", external_id=flow)


async def crowd(flows: list[str], act: Callable[[str], Awaitable[object]]) -> float:
    """
    Do *act* for all *flows*, many at once; return the seconds it took.
    """
    left, began = iter(flows), time.perf_counter()

    async def one() -> None:
        for flow in left:
            await act(flow)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    return time.perf_counter() - began


# --- the processes ---------------------------------------------------------


def held() -> dict[str, int]:
    """
    Return how many tasks and sockets this process has.
    """
    sockets = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # that of the listing itself
            sockets += str(descriptor.readlink()).startswith("socket:")
    return {"tasks": len(asyncio.all_tasks()), "sockets": sockets}


def loop_of_taskiq() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """
    Return what makes the loop in which `taskiq worker` would run: uvloop's, where it is installed.
    """
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop


async def be_worker(place: Place) -> None:
    """
    Work, and say for each line that is read what this process holds.
    """
    async with place.tasks().working(jobs=AT_ONCE) as tasks:
        await tasks.look("nobody")  # an idle worker has its connection to the store
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(held()), flush=True)


async def be_service(place: Place, flows: list[str]) -> None:
    """
    Deliver all tokens.
    """
    tasks = place.tasks()
    await tasks.broker.startup()
    await crowd(flows, lambda flow: tasks.deliver(flow, 1, "111111"))
    await tasks.broker.shutdown()


# --- the measurement -------------------------------------------------------


def hire(role: str, place: Place, flows: int) -> subprocess.Popen[str]:
    """
    Start one of the processes.
    """
    return subprocess.Popen(
        [
            sys.executable,
            __file__,
            "--role",
            role,
            "--flows",
            str(flows),
            "--place",
            json.dumps(attrs.asdict(place)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def asked(worker: subprocess.Popen[str]) -> dict[str, int]:
    """
    Return what a worker says that it holds.
    """
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("\n")
    worker.stdin.flush()
    told: dict[str, int] = json.loads(worker.stdout.readline())
    return told


async def park(place: Place, flows: list[str]) -> float:
    """
    Begin all flows and park their challenges; return the seconds it took.
    """
    async with place.store() as store, place.client() as client:
        return await crowd(flows, lambda flow: start_flow(store, flow, registration(client, flow)))


async def without_engine(place: Place, flows: list[str]) -> float:
    """
    Deliver all tokens and finish the flows in this one process; return the seconds it took.
    """
    async with place.store() as store, place.client() as client:

        async def finish(flow: str) -> None:
            await store.deliver(flow, 1, "111111")
            await resume_flow(store, flow, client)

        return await crowd(flows, finish)


async def memory(redis: Redis) -> int:
    """
    Return the bytes that Redis uses for what it keeps.
    """
    told = await redis.info("memory")
    return int(told["used_memory_dataset"])


async def measured(flows: int) -> dict[str, Any]:
    """
    Run everything once.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = stack.enter_context(served(links=0, expiry=86_400, remember=10 * flows))
        valkey = stack.enter_context(running(redis_server, folder, "redis"))
        nats = stack.enter_context(running(nats_server, folder, "nats"))
        place = Place(sandbox.url, valkey.url, nats.url, TicketSealer.new_key())
        redis = Redis.from_url(valkey.url)
        workers = [hire("worker", place, flows) for _ in range(WORKERS)]
        try:
            for worker in workers:
                assert worker.stdout is not None
                worker.stdout.readline()
            await asyncio.sleep(1.0)  # until all that they hold while idle is there
            idle, before = [asked(worker) for worker in workers], await memory(redis)
            keys = [f"order-{number}" for number in range(flows)]
            parking = await park(place, keys)
            bytes_each = (await memory(redis) - before) / flows
            waiting = [asked(worker) for worker in workers]
            began = time.perf_counter()
            service = hire("service", place, flows)
            while int(await redis.get(ENDED) or 0) < flows:  # noqa: ASYNC110 - counted by others
                await asyncio.sleep(0.02)
            resuming = time.perf_counter() - began
            service.wait()
        finally:
            for worker in workers:
                worker.kill()
                worker.communicate()
        alone = [f"alone-{number}" for number in range(flows)]
        await park(place, alone)
        by_itself = await without_engine(place, alone)
        await redis.aclose()
    return {
        "flows": flows,
        "parked": flows / parking,
        "row": bytes_each,
        "tasks": max(now["tasks"] - then["tasks"] for now, then in zip(waiting, idle, strict=True)),
        "sockets": max(now["sockets"] - then["sockets"] for now, then in zip(waiting, idle, strict=True)),
        "resumed": flows / resuming,
        "alone": flows / by_itself,
    }


def measure(quick: bool) -> list[Figure]:
    """
    Run a thousand flows, or ten thousand.
    """
    said("workers")
    flows = 1_000 if quick else 10_000
    found = json.loads(run([__file__, "--flows", str(flows)]))
    of = f"{flows:,} parked flows"
    return [
        Figure("workers.row", f"{of}: in Redis, sealed, each", rounded(found["row"]), "bytes"),
        Figure("workers.tasks", f"{of}: tasks more than idle, in a worker", found["tasks"], ""),
        Figure("workers.sockets", f"{of}: sockets more than idle, in a worker", found["sockets"], ""),
        Figure("workers.parked", "begun and parked, without an engine", rounded(found["parked"]), "flows/s"),
        Figure(
            "workers.resumed",
            f"{of}: resumed over NATS, {WORKERS} workers",
            rounded(found["resumed"]),
            "flows/s",
        ),
        Figure(
            "workers.alone", "the same without an engine, in one process", rounded(found["alone"]), "flows/s"
        ),
        Figure(
            "workers.ratio",
            "with the engine, of without",
            rounded(found["resumed"] / found["alone"]),
            "×",  # noqa: RUF001 - the sign is meant
        ),
    ]


def main() -> None:
    """
    Print what was measured, or be one of the processes.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000)
    parser.add_argument("--role", choices=("worker", "service"), help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role is None:
        print(json.dumps(asyncio.run(measured(given.flows)), indent=1))
        return
    place = Place(**json.loads(given.place))
    if given.role == "worker":
        with asyncio.Runner(loop_factory=loop_of_taskiq()) as runner:
            runner.run(be_worker(place))
    else:
        asyncio.run(be_service(place, [f"order-{number}" for number in range(given.flows)]))


if __name__ == "__main__":
    main()
