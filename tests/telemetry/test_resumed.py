"""
A trace goes on where a flow does: from ticket to ticket, from process to process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from people import BANK, RIGHT, careful
from telemetry.recorded import Recorded, seconds

from belvo_async import BelvoClient, MfaTicket
from belvo_async.errors import MfaExpiredError, MfaRequiredError
from belvo_async.sandbox import Sandbox
from belvo_async.testing import ManualClock


pytestmark = pytest.mark.anyio

RESUMER: Final = Path(__file__).with_name("resumer.py")


async def suspended(client: BelvoClient, username: str = "mfa_default") -> MfaTicket:
    """
    Register a link until it needs a token.
    """
    with pytest.raises(MfaRequiredError) as raised:
        await client.links.register(BANK, username, "pass_valid")
    return MfaTicket.from_json(raised.value.ticket.to_json())


async def test_a_ticket_carries_the_trace(
    client: BelvoClient, recorded: Recorded, clock: ManualClock
) -> None:
    """
    The session that goes on from a ticket is below the one that was suspended; who goes on with it is linked.
    """
    with recorded.tracer.start_as_current_span("first request"):
        ticket = await suspended(client)
    await clock.advance(60)
    with recorded.tracer.start_as_current_span("second request") as second:
        await client.resume(ticket, RIGHT)

    before, after = recorded.named("belvo.links.register")
    assert before.context is not None
    assert after.context is not None
    assert f"00-{before.context.trace_id:032x}-{before.context.span_id:016x}" == (ticket.trace or "")[:-3]
    assert before.context.span_id == (after.parent and after.parent.span_id)
    assert before.context.trace_id == after.context.trace_id
    assert [second.get_span_context()] == [link.context for link in after.links]
    assert ["suspended", "completed"] == [
        (span.attributes or {})["belvo.outcome"] for span in (before, after)
    ]
    assert (None, True) == tuple((span.attributes or {}).get("belvo.resumed") for span in (before, after))
    assert ["belvo.wait.user", "PATCH /api/links/"] == [span.name for span in recorded.below(after)]
    (waited,) = recorded.points("belvo.challenge.duration")
    assert (60, 1) == (waited.value, waited.count)  # from its arrival, in the process that answered


async def test_every_round_may_be_elsewhere(client: BelvoClient, recorded: Recorded) -> None:
    """
    A flow that is suspended twice is one trace of three sessions.
    """
    first = await suspended(client, "mfa_twice")
    with pytest.raises(MfaRequiredError) as raised:
        await client.resume(first, RIGHT)
    await client.resume(raised.value.ticket, RIGHT)

    one, two, three = recorded.named("belvo.links.register")
    assert one.context == two.parent or (
        one.context and two.parent and one.context.span_id == two.parent.span_id
    )
    assert two.context is not None
    assert three.parent is not None
    assert two.context.span_id == three.parent.span_id
    assert 1 == len({span.context.trace_id for span in (one, two, three) if span.context is not None})


async def test_a_prompt_can_go_on_too(client: BelvoClient, recorded: Recorded, clock: ManualClock) -> None:
    """
    The wait of a session from a ticket begins when that takes the challenge up.
    """
    ticket = await suspended(client)
    await clock.advance(60)

    async def slow(_: object) -> str:
        await clock.advance(5)
        return RIGHT

    await client.resume(ticket, prompt=slow)

    _, wait = recorded.named("belvo.wait.user")
    assert 5 == seconds(wait)
    assert 65 == recorded.total("belvo.challenge.duration")
    assert 0 == recorded.total("belvo.challenge.parked")


async def test_a_ticket_that_is_too_late(client: BelvoClient, recorded: Recorded, clock: ManualClock) -> None:
    """
    A flow that ends by its deadline says so in the trace in which it began.
    """
    ticket = await suspended(client)
    await clock.advance(600)
    with pytest.raises(MfaExpiredError):
        await client.resume(ticket, RIGHT)

    before, after = recorded.named("belvo.links.register")
    assert "expired" == (after.attributes or {})["belvo.outcome"]
    assert before.context is not None
    assert after.context is not None
    assert before.context.trace_id == after.context.trace_id


async def test_a_challenge_in_a_prompt_carries_the_trace(client: BelvoClient, recorded: Recorded) -> None:
    """
    A prompt that parks its challenge parks the trace with it.
    """
    seen: list[MfaTicket] = []

    async def park(challenge: Any) -> str:
        seen.append(MfaTicket.of(challenge))
        return RIGHT

    await client.links.register(BANK, "mfa_default", "pass_valid", prompt=park)

    context = recorded.one("belvo.links.register").context
    assert context is not None
    assert f"00-{context.trace_id:032x}-{context.span_id:016x}" == (seen[0].trace or "")[:-3]


async def test_who_does_not_trace_hands_it_on(
    make_client: Callable[..., BelvoClient], client: BelvoClient
) -> None:
    """
    A process in between that traces nothing does not break the trace.
    """
    first = await suspended(client, "mfa_twice")
    async with make_client(observers=[]) as other:
        with pytest.raises(MfaRequiredError) as raised:
            await other.resume(first, RIGHT)

    assert first.trace is not None
    assert first.trace == raised.value.ticket.trace


@pytest.mark.parametrize("trace", ["", "x", "00-0-0-00", f"00-{'0' * 32}-{'0' * 16}-01", "é" * 1_000])
async def test_a_broken_trace_breaks_nothing(client: BelvoClient, recorded: Recorded, trace: str) -> None:
    """
    What is no trace is none; the flow begins one of its own, below its caller.
    """
    ticket = attrs.evolve(await suspended(client), trace=trace)
    with recorded.tracer.start_as_current_span("caller") as caller:
        await client.resume(ticket, RIGHT)

    _, after = recorded.named("belvo.links.register")
    assert caller.get_span_context() == after.parent
    assert () == tuple(after.links)


async def test_nobody_traces(make_client: Callable[..., BelvoClient]) -> None:
    """
    Without a tracer tickets are what they always were.
    """
    async with make_client(observers=[]) as client:
        ticket = await suspended(client)

    assert ticket.trace is None
    assert "trace" not in json.loads(ticket.to_json())


async def test_two_flows_of_one_caller(client: BelvoClient, recorded: Recorded) -> None:
    """
    Starting over is another flow of the caller's, not one below that which failed.
    """
    session = client.links.register(BANK, "mfa_default", "pass_valid", prompt=careful)
    async with session:
        await anext(session)
    with recorded.tracer.start_as_current_span("caller") as caller:
        await session.restart()

    _, again = recorded.named("belvo.links.register")
    assert caller.get_span_context() == again.parent


async def _process(*arguments: str) -> list[dict[str, Any]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(RESUMER), *arguments, stdout=asyncio.subprocess.PIPE, env=environment
    )
    said, _ = await process.communicate()
    assert 0 == process.returncode
    return [json.loads(line) for line in said.splitlines()]


async def test_two_processes_one_trace(tmp_path: Path) -> None:
    """
    A flow that begins in one process and ends in another, through a store with keys, is one trace.
    """
    async with Sandbox() as sandbox:
        where = (sandbox.url, sandbox.secret_id, sandbox.secret_password, str(tmp_path / "flows.db"))
        begun = await _process("start", *where)
        ended = await _process("resume", *where)

    (first,) = (span for span in begun if span["name"] == "belvo.links.register")
    (second,) = (span for span in ended if span["name"] == "belvo.links.register")
    assert {first["process"]} != {second["process"]}
    assert first["span"] == second["parent"]
    assert first["trace"] == second["trace"]
    assert ("suspended", "completed") == (first["outcome"], second["outcome"])
    assert ["PATCH /api/links/"] == [
        span["name"]
        for span in ended
        if span["parent"] == second["span"] and span["name"].startswith("PATCH")
    ]
    assert ["worker"] == [span["name"] for span in ended if span["span"] in second["links"]]
