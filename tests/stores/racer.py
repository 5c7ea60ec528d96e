"""
One of several processes that want the same flows. Started by `test_processes.py`.

Begins when it is told to, delivers a token for each flow and claims each, and prints what it won.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from typing import Final

from belvo_async.stores import Claim, Delivery, PostgresStore, RedisStore, SQLiteStore, Store


FLOWS: Final = 40

STORES: Final = {"sqlite": SQLiteStore, "postgres": PostgresStore, "redis": RedisStore}


def flows(prefix: str) -> list[str]:
    """
    Return the keys of the flows they race for.
    """
    return [f"{prefix}-{number}" for number in range(FLOWS)]


async def race(store: Store, prefix: str) -> dict[str, list[str]]:
    """
    Want them all at once.
    """

    async def one(flow: str) -> tuple[bool, bool]:
        delivery = await store.deliver(flow, 1, f"{os.getpid():06}")
        claim = await store.claim(flow, owner=str(os.getpid()), lease=60.0)
        return delivery is Delivery.FIRST, isinstance(claim, Claim)

    won = await asyncio.gather(*map(one, flows(prefix)))
    return {
        "delivered": [flow for flow, (first, _) in zip(flows(prefix), won, strict=True) if first],
        "claimed": [flow for flow, (_, ours) in zip(flows(prefix), won, strict=True) if ours],
    }


async def main(kind: str, server: str, prefix: str) -> None:
    """
    Say that we are there, wait for the word, race.
    """
    async with STORES[kind](server) as store:
        await store.look(prefix)  # connected
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(await race(store, prefix)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
