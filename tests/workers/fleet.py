"""
Many flows over several worker processes that are killed while they work, and whether what each flow says of itself is what
the sandbox did.

Four kinds of processes meet through real servers: workers, one scheduler for the tick, a web service that begins flows and
delivers tokens, and this one, with the sandbox and the knife. Run by `run_fleet.py` with few flows, and as a program with as many as wanted:

    PYTHONPATH=tests python tests/workers/fleet.py --engine nats --store redis --flows 1000
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import attrs

from servers import KINDS, Server, ends_with_us, running
from taskiq.api import run_scheduler_task
from temporalio.client import Client
from temporalio.service import RPCError

from belvo_async import BelvoClient, MfaSession, TicketSealer
from belvo_async.errors import StoreError
from belvo_async.sandbox import Sandbox
from belvo_async.stores import FlowStatus, PostgresStore, RedisStore, Store
from belvo_async.workers import Leases
from belvo_async.workers.taskiq import FlowTasks, nats_broker, redis_broker
from belvo_async.workers.temporal import FlowActivities, TemporalFlows, flow_worker, sealed_converter


LEASES: Final = Leases(lease=4.0, patience=6.0, interval=1.0)
"""As short as the sandbox is quick."""

LATENCY: Final = 0.1
"""Seconds the bank takes. While they pass a worker may be killed."""

RIGHT: Final = "111111"

STORES: Final = {"redis": RedisStore, "postgres": PostgresStore}

BROKERS: Final = {"nats": nats_broker, "redis": redis_broker}

TEMPORAL: Final = "temporal"

ENGINES: Final = (*BROKERS, TEMPORAL)

SERVERS: Final = {kind.name: kind.make for kind in KINDS}


@attrs.frozen(kw_only=True)
class Plan:
    """
    What every process of a run is told.

    Attributes:
        flows: How many.

        engine: `temporal`, or what taskiq's messages go through: `nats` or `redis`.

        store: `redis` or `postgres`.

        urls: Of the servers, by name.

        sandbox: Where Belvo is.

        key: Seals the rows.

        twice: The share of the tokens that is delivered twice.
    """

    flows: int
    engine: str
    store: str
    urls: dict[str, str]
    sandbox: str
    key: str
    twice: float = 0.05

    def make_store(self) -> Store:
        """
        Return a store for this process.
        """
        return STORES[self.store](self.urls[self.store], keys=[self.key])

    def make_client(self) -> BelvoClient:
        """
        Return a client for this process.
        """
        return BelvoClient("sandbox-id", "sandbox-password", base_url=self.sandbox, rate_limit=None)

    def make_tasks(self) -> FlowTasks:
        """
        Return the jobs for taskiq.
        """
        return FlowTasks(
            BROKERS[self.engine](self.urls[self.engine], ack_wait=10.0),
            store=self.make_store,
            client=self.make_client,
            open_session=registration,
            leases=LEASES,
        )

    async def connect(self) -> Client:
        """
        Return a client of Temporal's.
        """
        return await Client.connect(self.urls[TEMPORAL], data_converter=sealed_converter(self.key))

    async def open_flows(self) -> FlowTasks | TemporalFlows:
        """
        Return what a web service needs.
        """
        if self.engine == TEMPORAL:
            return TemporalFlows(await self.connect(), self.make_store())
        tasks = self.make_tasks()
        await tasks.broker.startup()
        return tasks

    @property
    def keys(self) -> list[str]:
        """
        The keys of all flows.
        """
        return [f"order-{number}" for number in range(self.flows)]


def registration(client: BelvoClient, flow: str) -> MfaSession[Any]:
    """
    Return the call that a flow begins with; every fifth is asked twice.
    """
    number = int(flow.partition("-")[2])
    user = "mfa_twice" if number % 5 == 0 else "mfa_default"
    return client.links.register("heimdall_mx_retail", user, "pass_valid", external_id=flow)


# --- the processes ---------------------------------------------------------


async def be_worker(plan: Plan) -> None:
    """
    Work until killed.
    """
    if plan.engine != TEMPORAL:
        async with plan.make_tasks().working(ticks=False):
            await asyncio.Event().wait()
    async with plan.make_store() as store, plan.make_client() as client:
        activities = FlowActivities(store, client, lambda flow: registration(client, flow), leases=LEASES)
        await flow_worker(await plan.connect(), activities).run()


async def be_scheduler(plan: Plan) -> None:
    """
    Tick until killed.
    """
    await run_scheduler_task(plan.make_tasks().scheduler, run_startup=True)


async def be_service(plan: Plan) -> None:
    """
    Begin all flows, and deliver tokens as their challenges come. Whatever fails is done again.
    """
    flows, rng = await plan.open_flows(), random.Random(1)
    begun = asyncio.Semaphore(20)

    async def begin(key: str) -> None:
        async with begun:
            await again(lambda: flows.start(key))

    beginning = asyncio.gather(*map(begin, plan.keys))
    while True:
        for record in await again(lambda: flows.store.waiting(2_000)):
            for _ in range(2 if rng.random() < plan.twice else 1):
                await again(lambda: flows.deliver(record.flow, record.round, RIGHT))  # noqa: B023 - done at once
        if beginning.done():
            beginning.result()
        await asyncio.sleep(0.2)


async def again(act: Any) -> Any:
    """
    Do it until the servers are there.
    """
    while True:
        try:
            return await act()
        except (StoreError, RPCError):
            await asyncio.sleep(0.1)


ROLES: Final = {"worker": be_worker, "scheduler": be_scheduler, "service": be_service}


class Crew:
    """
    The processes of a run.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = json.dumps(attrs.asdict(plan))
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def hire(self, role: str) -> subprocess.Popen[bytes]:
        """
        Start a process. What it writes is kept beside the servers' logs.
        """
        with (self._folder / f"{role}.log").open("ab") as log:
            process = subprocess.Popen(
                [*ends_with_us(), sys.executable, __file__, "--role", role, "--plan", self._plan],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._processes.append(process)
        return process


# --- the run ---------------------------------------------------------------


@attrs.define
class Report:
    """
    What a run has shown.

    Attributes:
        statuses: Where the flows ended.

        lost: Flows without an end when the time was over.

        answered_twice: Challenges that got a second answer.

        registered_twice: Registrations of which there are two.

        disagreements: Flows that say one thing where the sandbox did another.

        kills: Workers that were killed.

        restarts: Servers that were restarted.

        seconds: From the first flow to the last end.
    """

    statuses: Counter[str] = attrs.field(factory=Counter)
    lost: list[str] = attrs.field(factory=list)
    answered_twice: int = 0
    registered_twice: int = 0
    disagreements: list[str] = attrs.field(factory=list)
    kills: int = 0
    restarts: int = 0
    seconds: float = 0.0


@contextlib.contextmanager
def servers(names: set[str], folder: Path) -> Iterator[dict[str, Server]]:
    """
    Run the servers of those names.
    """
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(running(SERVERS[name], folder, name)) for name in sorted(names)}


async def run(
    folder: Path,
    *,
    engine: str,
    store: str,
    flows: int,
    workers: int = 4,
    every: float = 1.0,
    kills: int = 1_000,
    restart: tuple[str, ...] = (),
    limit: float = 120.0,
) -> Report:
    """
    Run *flows* flows over *workers* workers.

    Args:
        every: Seconds between two kills. The first worker that is killed is never replaced, each other one at once.

        kills: How many at most. To start a worker costs this machine about a second, too.

        restart: Servers that are restarted in the middle, one after the other.

        limit: Seconds until the flows must have ended.
    """
    report = Report()
    async with Sandbox(latency=LATENCY, remember=10 * flows, refuse_duplicates=False) as sandbox:
        with servers({engine, store}, folder) as up:
            urls = {name: server.url for name, server in up.items()}
            plan = Plan(
                flows=flows,
                engine=engine,
                store=store,
                urls=urls,
                sandbox=sandbox.url,
                key=TicketSealer.new_key(),
            )
            with Crew(plan, folder) as crew:
                began = time.monotonic()
                working = [crew.hire("worker") for _ in range(workers)]
                if engine != TEMPORAL:
                    crew.hire("scheduler")
                service = crew.hire("service")
                ends = began + limit
                open_flows, next_kill, to_restart = set(plan.keys), began + 3 * every, list(restart)
                async with plan.make_store() as looked_at:
                    while open_flows and time.monotonic() < ends and service.poll() is None:
                        if time.monotonic() >= next_kill and report.kills < kills:
                            next_kill = time.monotonic() + every
                            victim = working.pop(0)
                            victim.kill()
                            report.kills += 1
                            if report.kills > 1:
                                working.append(crew.hire("worker"))
                        if to_restart and len(open_flows) < flows * 2 / 3:
                            await asyncio.to_thread(up[to_restart.pop()].restart)
                            report.restarts += 1
                        open_flows -= await ended(looked_at, open_flows)
                        await asyncio.sleep(0.1)
                    if service.poll() is not None:
                        raise RuntimeError((folder / "service.log").read_text(encoding="utf-8"))
                    report.seconds = time.monotonic() - began
                    await judge(report, looked_at, plan, sandbox)
    return report


async def ended(store: Store, flows: set[str]) -> set[str]:
    """
    Return those of a sample of *flows* that have ended.
    """
    found = set()
    for flow in list(flows)[:300]:
        with contextlib.suppress(StoreError):
            record = await store.look(flow)
            if record is not None and record.status.is_final:
                found.add(flow)
    return found


async def judge(report: Report, store: Store, plan: Plan, sandbox: Sandbox) -> None:
    """
    Compare what the flows say with what the sandbox did.
    """
    records = {flow: await store.look(flow) for flow in plan.keys}
    # Afterwards: where the time is up, workers still complete flows.
    links = {link["external_id"]: link["status"] for link in sandbox.links.values()}
    for flow, record in records.items():
        if record is None or not record.status.is_final:
            report.lost.append(f"{flow}: {record}")
            continue
        report.statuses[record.status.value] += 1
        if record.status is FlowStatus.COMPLETED and links.get(flow) != "valid":
            report.disagreements.append(f"{flow} is completed, its link {links.get(flow)}")
        if record.status is FlowStatus.START_AGAIN and links.get(flow) == "valid":
            report.disagreements.append(f"{flow} is to be started again, and its link is valid")
        if record.status not in {FlowStatus.COMPLETED, FlowStatus.START_AGAIN}:
            report.disagreements.append(f"{flow}: {record.status}, {record.problem}")
    report.answered_twice = sandbox.duplicates
    ids = Counter(link["external_id"] for link in sandbox.links.values())
    report.registered_twice = sum(count - 1 for count in ids.values())


def main() -> None:
    """
    Run as many as wanted, or be one of the processes.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=ENGINES, default="nats")
    parser.add_argument("--store", choices=sorted(STORES), default="redis")
    parser.add_argument("--flows", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--limit", type=float, default=180.0)
    parser.add_argument("--restart", nargs="*", default=[], help="servers to restart in the middle")
    parser.add_argument("--keep", type=Path, help="where to leave the logs")
    parser.add_argument("--role", choices=sorted(ROLES), help=argparse.SUPPRESS)
    parser.add_argument("--plan", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role is not None:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s: %(message)s")
        asyncio.run(ROLES[options.role](Plan(**json.loads(options.plan))))
        return
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(
            run(
                options.keep or Path(folder),
                engine=options.engine,
                store=options.store,
                flows=options.flows,
                workers=options.workers,
                restart=tuple(options.restart),
                limit=options.limit,
            )
        )
    print(json.dumps(attrs.asdict(report), indent=2))


if __name__ == "__main__":
    main()
