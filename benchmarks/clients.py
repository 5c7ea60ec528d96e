"""
The main job as different libraries do it: POST, 428, token, PATCH, result.

This library, people who write it by hand over aiohttp, httpx or niquests, Belvo's own client in threads, and the
floor: aiohttp and msgspec tuned to the bone, with this library's models. As a program it is one of them, and prints
the CPU seconds of one flow.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import json
import logging
import ssl
import time

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from itertools import count
from typing import Any, Final

import attrs

from rounds import allow_files


KEYS: Final = ("sandbox-id", "sandbox-password")

RIGHT: Final = "111111"

REGISTRATION: Final = {
    "institution": "heimdall_mx_retail",
    "username": "mfa_default",
    "password": "pass_valid",
}

PERIOD: Final = {"date_from": "2025-01-01", "date_to": "2025-02-19"}

ROWS: Final = 50
"""Balances of that period."""


@attrs.frozen(kw_only=True)
class Job:
    """
    What a client has to do.

    Attributes:
        links: Whose balances are asked for, in turn.

        work: `links` or `balances`.

        flows: How many are measured.

        concurrency: How many are in flight at once.
    """

    url: str
    links: list[str]
    tls_url: str | None = None
    certificate: str | None = None
    work: str = "links"
    flows: int = 1_000
    concurrency: int = 100

    def bodies(self) -> Callable[[], dict[str, Any]]:
        """
        Return what gives the body of the next flow's first request.
        """
        if self.work == "links":
            return lambda: REGISTRATION
        numbers = count()
        return lambda: {"link": self.links[next(numbers) % len(self.links)], **PERIOD, "save_data": False}


Flow = Callable[[], Awaitable[Any]]

Client = Callable[[Job], Awaitable[float]]


async def measured(flow: Flow, job: Job) -> float:
    """
    Return the CPU seconds of one flow.
    """
    warm = await asyncio.gather(*(flow() for _ in range(job.concurrency)))  # connections and caches are warm
    check(warm[0], job)
    del warm
    left = iter(range(job.flows))

    async def work() -> None:
        for _ in left:
            await flow()

    gc.collect()
    began = time.process_time()
    await asyncio.gather(*(work() for _ in range(job.concurrency)))
    return (time.process_time() - began) / job.flows


def check(result: Any, job: Job) -> None:
    """
    See that a flow has brought what it was to bring.
    """
    if job.work == "balances":
        assert len(result) == ROWS, result
    else:
        assert result["id"] if isinstance(result, dict) else result.id, result


def resumption(challenge: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """
    Return the body that answers *challenge* to a call with *body*, as people write it.
    """
    resume = {"session": challenge["session"], "link": challenge["link"], "token": RIGHT}
    if "save_data" in body:
        resume["save_data"] = body["save_data"]
    return resume


async def belvo_async(job: Job, options: Callable[[Job], dict[str, Any]] = lambda _: {}) -> float:
    """
    This library.
    """
    from belvo_async import BelvoClient, PoolLimits

    async def ask(_: object) -> str:
        return RIGHT

    settings = {"base_url": job.url, "prompt": ask, "pool": PoolLimits(connections=job.concurrency)}
    async with BelvoClient(*KEYS, **{**settings, **options(job)}) as client:
        body = job.bodies()

        async def register() -> object:
            return await client.links.register(**body())

        async def retrieve() -> object:
            given = body()
            return await client.balances.retrieve(given.pop("link"), **given)

        return await measured(register if job.work == "links" else retrieve, job)


async def aiohttp_by_hand(job: Job) -> float:
    """
    Hand-written aiohttp with dicts, as an application would have it.
    """
    import aiohttp

    async with aiohttp.ClientSession(
        base_url=job.url,
        auth=aiohttp.BasicAuth(*KEYS),
        connector=aiohttp.TCPConnector(limit=job.concurrency),
    ) as session:
        next_body, path = job.bodies(), f"/api/{job.work}/"

        async def flow() -> object:
            body = next_body()
            async with session.post(path, json=body) as response:
                answer = await response.json()
                if response.status != 428:
                    return answer
            async with session.patch(path, json=resumption(answer[0], body)) as response:
                return await response.json()

        return await measured(flow, job)


async def floor(job: Job) -> float:
    """
    Bare aiohttp, tuned, with native msgspec into this library's models.
    """
    import aiohttp
    import msgspec
    import yarl

    from belvo_async.models import Balance, Link

    encode = msgspec.json.Encoder().encode
    challenges = msgspec.json.Decoder()
    results: Any = msgspec.json.Decoder(Link if job.work == "links" else list[Balance])
    address = yarl.URL(f"{job.url}/api/{job.work}/", encoded=True)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth(*KEYS)},
        connector=aiohttp.TCPConnector(limit=job.concurrency),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        next_body = job.bodies()

        async def flow() -> object:
            body = next_body()
            async with session.post(address, data=encode(body), headers=headers) as response:
                content = await response.read()
            resume = resumption(challenges.decode(content)[0], body)
            async with session.patch(address, data=encode(resume), headers=headers) as response:
                return results.decode(await response.read())

        return await measured(flow, job)


async def httpx_by_hand(job: Job) -> float:
    """
    Hand-written httpx with dicts.
    """
    import httpx

    limits = httpx.Limits(max_connections=job.concurrency, max_keepalive_connections=job.concurrency)
    async with httpx.AsyncClient(base_url=job.url, auth=KEYS, limits=limits, timeout=60) as client:
        return await measured(_over(client, job), job)


async def niquests_by_hand(job: Job) -> float:
    """
    Hand-written niquests with dicts.
    """
    import niquests

    limits = {"pool_connections": job.concurrency, "pool_maxsize": job.concurrency}
    async with niquests.AsyncSession(base_url=job.url, auth=KEYS, **limits) as session:
        return await measured(_over(session, job), job)


def _over(client: Any, job: Job) -> Flow:
    # Both speak the dialect of requests.
    next_body, path = job.bodies(), f"/api/{job.work}/"

    async def flow() -> object:
        body = next_body()
        response = await client.post(path, json=body)
        if response.status_code != 428:
            return response.json()
        resume = resumption(response.json()[0], body)
        return (await client.patch(path, json=resume)).json()

    return flow


async def belvo_python(job: Job) -> float:
    """
    Belvo's own client, one in each of so many threads.
    """
    from belvo.client import Client

    next_body = job.bodies()

    def flow(client: Any) -> object:
        body = next_body()
        resource = getattr(client, job.work.capitalize())
        answer = resource.create(**body)
        if not (isinstance(answer, list) and answer and "session" in answer[0]):
            return answer
        # It cannot send save_data along, which does not change what comes back.
        return resource.resume(answer[0]["session"], RIGHT, link=answer[0]["link"])

    def work(client: Any, left: Any) -> None:
        for _ in left:
            flow(client)

    with ThreadPoolExecutor(job.concurrency) as threads:
        clients = list(threads.map(lambda _: Client(*KEYS, job.url), range(job.concurrency)))
        check(next(iter(list(threads.map(flow, clients)))), job)
        each = max(1, job.flows // job.concurrency)
        gc.collect()
        began = time.process_time()
        list(threads.map(work, clients, [range(each)] * job.concurrency))
        return (time.process_time() - began) / (each * job.concurrency)


def _logging_observer() -> Any:
    from belvo_async import LoggingObserver

    logger = logging.Logger("belvo_async", logging.DEBUG)  # noqa: LOG001 - one that nobody else sees
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    return LoggingObserver(logger)


def _observers(*classes: Callable[[], Any]) -> dict[str, Any]:
    return {"observers": [make() for make in classes]}


def _silent_observer() -> Any:
    from belvo_async import Observer

    return Observer()


def _telemetry(*, metrics: bool, spans: bool) -> Any:
    """
    Return one with an SDK that records what is asked for, and exports it to nowhere.
    """
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    from belvo_async.telemetry import Telemetry

    class Nowhere(SpanExporter):
        def export(self, _: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    tracer_provider = TracerProvider() if spans else None
    if tracer_provider is not None:
        tracer_provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    meter_provider = MeterProvider([InMemoryMetricReader()]) if metrics else None
    return Telemetry(tracer_provider=tracer_provider, meter_provider=meter_provider)


def _wide_limit() -> Any:
    from belvo_async import RateLimit

    return RateLimit(requests=100_000, seconds=30.0, hosts=None)


def _tls(job: Job) -> dict[str, Any]:
    from belvo_async.transport.aiohttp import Network

    return {
        "base_url": job.tls_url,
        "network": Network(tls=ssl.create_default_context(cafile=job.certificate)),
    }


OURS: Final = "belvo_async"
BY_HAND: Final = "aiohttp by hand"
FLOOR: Final = "the floor"
HTTPX: Final = "httpx by hand"
NIQUESTS: Final = "niquests by hand"
BELVO_PYTHON: Final = "belvo-python in threads"

COSTS: Final[Mapping[str, Callable[[Job], dict[str, Any]]]] = {
    "without retry": lambda _: {"retry": None},
    "with an observer": lambda _: _observers(_silent_observer),
    "with two observers": lambda _: _observers(_silent_observer, _silent_observer),
    "with LoggingObserver, all of it written": lambda _: _observers(_logging_observer),
    "with Telemetry and no SDK": lambda _: _observers(partial(_telemetry, metrics=False, spans=False)),
    "with Telemetry, metrics": lambda _: _observers(partial(_telemetry, metrics=True, spans=False)),
    "with Telemetry, metrics and all spans": lambda _: _observers(
        partial(_telemetry, metrics=True, spans=True)
    ),
    "with a rate limit that never waits": lambda _: {"rate_limit": _wide_limit()},
    "with TLS": _tls,
}
"""What can be switched on or off, and with which options."""

CLIENTS: Final[Mapping[str, Client]] = {
    OURS: belvo_async,
    BY_HAND: aiohttp_by_hand,
    FLOOR: floor,
    HTTPX: httpx_by_hand,
    NIQUESTS: niquests_by_hand,
    BELVO_PYTHON: belvo_python,
    **{name: partial(belvo_async, options=options) for name, options in COSTS.items()},
}

NEEDED: Final = {HTTPX: "httpx", NIQUESTS: "niquests", BELVO_PYTHON: "belvo", "uvloop": "uvloop"}
"""The modules that a client (or an event loop) cannot do without."""


def is_here(name: str) -> bool:
    """
    Whether the client, or event loop, of that name can be run.
    """
    needed = "opentelemetry.sdk" if "Telemetry" in name else NEEDED.get(name)
    try:
        return needed is None or find_spec(needed) is not None
    except ModuleNotFoundError:  # of the package above it
        return False


def main() -> None:
    """
    Be one of the clients.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("loop", choices=("asyncio", "uvloop"))
    parser.add_argument("job", type=json.loads, help="the attributes of a Job, as JSON")
    arguments = parser.parse_args()
    allow_files()
    job = Job(**arguments.job)
    factory = None
    if arguments.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        print(json.dumps(runner.run(CLIENTS[arguments.client](job))))


if __name__ == "__main__":
    main()
