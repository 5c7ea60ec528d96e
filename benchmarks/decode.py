"""
Reading pages: this library's codec, a native msgspec decoder, and cattrs over orjson, into the same classes.

Pages of 10, 100 and 1,000 transactions and balances, as the sandbox writes them. Also what it costs when one row is
not as announced and the second tier has to read the page, and who loses digits of money.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

import aiohttp
import msgspec

from clients import KEYS
from figures import Figure, program, said
from rounds import Spread, ratio

from belvo_async.codec import Page, page_decoder
from belvo_async.messages import Answer
from belvo_async.models import Balance, Transaction
from belvo_async.sandbox import Sandbox


MODELS: Final[Mapping[str, Any]] = {"transactions": Transaction, "balances": Balance}

MONEY: Final = {"transactions": "amount", "balances": "balance"}

DIGITS: Final = "90071992547409931234567890.12345678901234567890"
"""An amount that no float can hold."""

OURS, NATIVE, CATTRS, LENIENT = "our codec", "native msgspec", "cattrs over orjson", "our second tier"

BATCH: Final = 0.1
"""CPU seconds of one measurement, about."""


async def rows_of(resource: str, wanted: int) -> list[dict[str, Any]]:
    """
    Return so many rows of *resource* as the sandbox writes them.
    """
    headers = {"Authorization": aiohttp.encode_basic_auth(*KEYS)}
    async with (
        Sandbox(rows_per_day=10) as sandbox,
        aiohttp.ClientSession(sandbox.url, headers=headers) as session,
    ):
        link = sandbox.add_link()["id"]
        body = {"link": link, "date_from": "2025-01-01", "date_to": "2025-12-31"}
        async with session.post(f"/api/{resource}/", json=body) as response:
            rows = await response.json()
    for row in rows:
        if row.get("accounting_date"):  # an instant in 1.35.0 and in the sandbox; today's documents say a day
            row["accounting_date"] = row["accounting_date"][:10]
    while len(rows) < wanted:
        rows += rows
    return list(rows[:wanted])


def page(rows: list[dict[str, Any]]) -> bytes:
    """
    Return the JSON of a page of *rows*.
    """
    return json.dumps({"count": len(rows), "next": None, "previous": None, "results": rows}).encode()


def readers(model: Any) -> dict[str, Callable[[bytes], Any]]:
    """
    Return who can read a page of *model*, by name.
    """
    ours = page_decoder(model)
    native = msgspec.json.Decoder(Page[model])
    found: dict[str, Callable[[bytes], Any]] = {
        OURS: lambda content: ours(Answer(200, content)),
        NATIVE: native.decode,
    }
    if find_spec("orjson") is not None:
        import orjson

        from cattrs.preconf.orjson import make_converter

        converter = make_converter(detailed_validation=False)
        converter.register_structure_hook(Decimal, lambda value, _: Decimal(str(value)))
        found[CATTRS] = lambda content: converter.structure(orjson.loads(content), Page[model])
    return found


def seconds(read: Callable[[], Any], times: int) -> float:
    """
    Return the CPU seconds of one reading.
    """
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        read()
    return (time.process_time() - began) / times


def timed(reads: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """
    Return the CPU seconds of each, round by round.
    """
    times = {name: max(1, int(BATCH / max(1e-6, seconds(read, 3)))) for name, read in reads.items()}
    spent: dict[str, list[float]] = {name: [] for name in reads}
    gc.collect()
    gc.freeze()  # what is there already is no garbage of theirs
    for _ in range(rounds):
        for name, read in reads.items():
            spent[name].append(seconds(read, times[name]))
    return spent


def digits_lost(resource: str, rows: list[dict[str, Any]]) -> Iterator[Figure]:
    """
    Yield for each reader how many of the amounts it reads are not the digits that were sent.
    """
    money, last = MONEY[resource], range(10)
    sent = [f"{DIGITS}{digit}" for digit in last]
    content = page([{**rows[0], money: f"#{digit}"} for digit in last])
    for digit in last:
        content = content.replace(f'"#{digit}"'.encode(), sent[digit].encode())
    for name, read in readers(MODELS[resource]).items():
        found = [str(getattr(row, money)) for row in read(content).results]
        lost = sum(one != other for one, other in zip(sent, found, strict=True))
        ours = name == OURS
        key = f"decode.{resource}.digits_lost" + ("" if ours else f".{name.split()[0]}")
        yield Figure(key, f"{resource}: amounts of 10 that lose digits, {name}", lost, "")


def compared(resource: str, rows: list[dict[str, Any]], rounds: int) -> Iterator[Figure]:
    """
    Yield what reading a page of *rows* costs.
    """
    read, content, size = readers(MODELS[resource]), page(rows), len(rows)
    odd = page(
        [{**rows[0], "value_date": "31-12-2025"}, *rows[1:]]
    )  # one row, and the first tier refuses them all
    reads: dict[str, Callable[[], Any]] = {name: partial(one, content) for name, one in read.items()}
    reads[LENIENT] = partial(read[OURS], odd)
    assert reads[OURS]() == reads[NATIVE]()
    spent, of = timed(reads, rounds), f"{resource}, page of {size:,}"
    yield Figure.spread(
        f"decode.{resource}.{size}.us", f"{of}: {OURS}", Spread.of(spent[OURS]), "µs CPU", 1e6
    )
    yield Figure.spread(
        f"decode.{resource}.{size}.native", f"{of}: {OURS} / {NATIVE}", ratio(spent[OURS], spent[NATIVE]), "x"
    )
    key, what = f"decode.{resource}.{size}.cattrs", f"{of}: {CATTRS} / {OURS}"
    if CATTRS in spent:
        yield Figure.spread(key, what, ratio(spent[CATTRS], spent[OURS]), "x")
    else:
        yield Figure(key, what, None, "x", note="orjson is not installed")
    yield Figure.spread(
        f"decode.{resource}.{size}.lenient",
        f"{of}: {LENIENT}, one row odd / {OURS}",
        ratio(spent[LENIENT], spent[OURS]),
        "x",
    )


def measure(quick: bool) -> list[Figure]:
    """
    Read all pages.
    """
    found: list[Figure] = []
    for resource in MODELS:
        said(f"decode: {resource}")
        rows = asyncio.run(rows_of(resource, 1_000))
        for size in (10, 100, 1_000):
            found += compared(resource, rows[:size], 3 if quick else 15)
        found += digits_lost(resource, rows)
    return found


if __name__ == "__main__":
    program(__doc__, measure)
