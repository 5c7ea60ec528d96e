"""
The main job, done by this library and by others: POST, 428, token, PATCH, result.

Prints the CPU time that each client spends on a flow, and its ratio to hand-written aiohttp. Every client runs in
a process of its own, the server in another. Their rounds are interleaved, and a ratio is the median of the ratios
within a round, so that noise hits all alike. `python benchmarks/flows.py --quick` takes half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time

from collections.abc import Awaitable, Callable
from typing import Any

from belvo_async.sandbox import Sandbox


RIGHT = "111111"

REGISTRATION = {"institution": "heimdall_mx_retail", "username": "mfa_default", "password": "pass_valid"}

PERIOD = {"date_from": "2025-01-01", "date_to": "2025-02-19"}  # 50 rows


Flow = Callable[[], Awaitable[Any]]


async def with_belvo_async(url: str, work: str, count: int, limit: int) -> float:
    """
    This library.
    """
    from belvo_async import BelvoClient, PoolLimits

    async def ask(_: object) -> str:
        return RIGHT

    async with BelvoClient(
        "sandbox-id", "sandbox-password", base_url=url, prompt=ask, pool=PoolLimits(connections=limit)
    ) as client:
        links = [link.id async for link in client.links.list(page_size=1000)]

        async def register() -> object:
            return await client.links.register(**REGISTRATION)

        numbers = iter(range(10**9))

        async def retrieve() -> object:
            return await client.balances.retrieve(
                links[next(numbers) % len(links)], **PERIOD, save_data=False
            )

        return await measured(register if work == "links" else retrieve, count, limit)


async def by_hand(url: str, work: str, count: int, limit: int) -> float:
    """
    Hand-written aiohttp with dicts, as an application would have it.
    """
    import aiohttp

    async with aiohttp.ClientSession(
        base_url=url,
        auth=aiohttp.BasicAuth("sandbox-id", "sandbox-password"),
        connector=aiohttp.TCPConnector(limit=limit),
    ) as session:
        async with session.get("/api/links/?page_size=1000") as response:
            links = [link["id"] for link in (await response.json())["results"]]

        async def flow(path: str, body: dict[str, Any]) -> object:
            async with session.post(path, json=body) as response:
                answer = await response.json()
                if response.status != 428:
                    return answer
            resume = {"session": answer[0]["session"], "link": answer[0]["link"], "token": RIGHT}
            if "save_data" in body:
                resume["save_data"] = body["save_data"]
            async with session.patch(path, json=resume) as response:
                return await response.json()

        numbers = iter(range(10**9))

        async def register() -> object:
            return await flow("/api/links/", REGISTRATION)

        async def retrieve() -> object:
            link = links[next(numbers) % len(links)]
            return await flow("/api/balances/", {"link": link, **PERIOD, "save_data": False})

        return await measured(register if work == "links" else retrieve, count, limit)


async def the_floor(url: str, work: str, count: int, limit: int) -> float:
    """
    Bare aiohttp, tuned, with native msgspec into this library's models.
    """
    import aiohttp
    import msgspec
    import yarl

    from belvo_async.models import Balance, Link

    encode = msgspec.json.Encoder().encode
    challenge = msgspec.json.Decoder()
    results = msgspec.json.Decoder(Link if work == "links" else list[Balance])
    address = yarl.URL(f"{url}/api/{work}/", encoded=True)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth("sandbox-id", "sandbox-password")},
        connector=aiohttp.TCPConnector(limit=limit),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    ) as session:
        async with session.get(f"{url}/api/links/?page_size=1000") as response:
            links = [link["id"] for link in (await response.json())["results"]]

        async def flow(body: dict[str, Any]) -> object:
            async with session.post(address, data=encode(body), headers=headers) as response:
                content = await response.read()
            answer = challenge.decode(content)[0]
            resume = {"session": answer["session"], "link": answer["link"], "token": RIGHT}
            if work != "links":
                resume["save_data"] = False
            async with session.patch(address, data=encode(resume), headers=headers) as response:
                return results.decode(await response.read())

        numbers = iter(range(10**9))

        async def register() -> object:
            return await flow(REGISTRATION)

        async def retrieve() -> object:
            return await flow({"link": links[next(numbers) % len(links)], **PERIOD, "save_data": False})

        return await measured(register if work == "links" else retrieve, count, limit)


CLIENTS = {"belvo_async": with_belvo_async, "aiohttp by hand": by_hand, "the floor": the_floor}


async def measured(flow: Flow, count: int, limit: int) -> float:
    """
    Return the CPU seconds of one flow, *limit* at a time.
    """
    await asyncio.gather(*(flow() for _ in range(limit)))  # connections and caches are warm
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await flow()

    began = time.process_time()
    await asyncio.gather(*(work() for _ in range(limit)))
    return (time.process_time() - began) / count


def run_client(arguments: argparse.Namespace) -> None:
    """
    Be one of the clients.
    """
    client = CLIENTS[arguments.client]
    seconds = asyncio.run(client(arguments.url, arguments.work, arguments.flows, arguments.concurrency))
    print(json.dumps(seconds))


async def serve(links: int) -> None:
    """
    Be the server, until standard input ends.
    """
    async with Sandbox(one_session_per_link=False, remember=100) as sandbox:
        for _ in range(links):
            sandbox.add_link("heimdall_mx_retail", "mfa_default", "pass_valid")
        print(sandbox.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


def compare(arguments: argparse.Namespace, work: str) -> dict[str, list[float]]:
    """
    Return the CPU seconds of a flow for each client, round by round.
    """
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    spent: dict[str, list[float]] = {name: [] for name in CLIENTS}
    try:
        for _ in range(arguments.rounds):
            for name, times in spent.items():
                options = ["--client", name, "--url", url, "--work", work]
                options += ["--flows", str(arguments.flows), "--concurrency", str(arguments.concurrency)]
                done = subprocess.run(
                    [sys.executable, __file__, *options], check=True, capture_output=True, text=True
                )
                times.append(json.loads(done.stdout))
    finally:
        server.communicate()
    return spent


def ratio(times: list[float], others: list[float]) -> float:
    """
    Return the median of the ratios within a round.
    """
    return statistics.median(time / other for time, other in zip(times, others, strict=True))


def main() -> None:
    """
    Compare all clients.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="fewer flows and rounds")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(links=1_000))
    elif arguments.client:
        run_client(arguments)
    else:
        if arguments.quick:
            arguments.flows, arguments.rounds = 600, 5
        for work in ("links", "balances"):
            spent = compare(arguments, work)
            hand, floor = spent["aiohttp by hand"], spent["the floor"]
            print(f"{work}, {arguments.concurrency} in flight")
            for name, times in spent.items():
                ratios = f"{ratio(times, hand):.2f} x by hand, {ratio(times, floor):.2f} x the floor"
                print(f"  {name:16} {statistics.median(times) * 1e6:8.0f} us CPU for a flow   {ratios}")


if __name__ == "__main__":
    main()
