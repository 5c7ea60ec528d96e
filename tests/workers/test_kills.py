"""
A worker is killed at every single step of its work: what is left behind, who finishes it, what the user sees.

Real processes and a real SIGKILL. The table in docs/workers.md is the one of this file; a test compares them.
"""

from __future__ import annotations

import asyncio
import sys

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import attrs
import pytest

from docs.pages import ROOT, rows
from people import RIGHT
from workers.doomed import FLOW, LEASES, registration

from belvo_async import BelvoClient
from belvo_async.sandbox import Fault, FaultKind, Sandbox
from belvo_async.stores import FlowStatus, SQLiteStore
from belvo_async.workers import FlowOutcome, advance_flow, start_flow


pytestmark = pytest.mark.anyio

POST, PATCH = "POST /api/links/", "PATCH /api/links/"


@attrs.frozen
class Death:
    """
    One point at which a worker can die.

    Attributes:
        job: What it was doing.

        point: Where; see `doomed`.

        left: The state that lies in the store, `None` if there is no flow.

        ends: Where another worker brings the flow, if the user answers.

        posts: How many registrations Belvo has seen in the end.

        patches: How many answers.

        slow: Whether Belvo is at work when it happens, and the worker dies by our hand.
    """

    job: str
    point: str
    left: FlowStatus | None
    ends: FlowStatus
    posts: int = 1
    patches: int = 1
    slow: bool = False

    def __str__(self) -> str:
        return f"{self.job}: {self.point}"


CLAIMED, SENT, WAITING = FlowStatus.CLAIMED, FlowStatus.SENT, FlowStatus.WAITING

COMPLETED, START_AGAIN = FlowStatus.COMPLETED, FlowStatus.START_AGAIN

DEATHS: Final = (
    # The opening: read, swap (claim), swap (sent), POST, swap (park).
    Death("start", "before read 1", None, COMPLETED),
    Death("start", "before swap 1", None, COMPLETED),
    Death("start", "after swap 1", CLAIMED, COMPLETED),
    Death("start", "before swap 2", CLAIMED, COMPLETED),
    Death("start", "after swap 2", SENT, COMPLETED),
    Death("start", "while Belvo works", SENT, START_AGAIN, patches=0, slow=True),
    Death("start", "before swap 3", SENT, START_AGAIN, patches=0),
    Death("start", "after swap 3", WAITING, COMPLETED),
    # An answer: read, swap (claim), swap (sent), PATCH, settle, swap (finish).
    Death("resume", "before read 1", WAITING, COMPLETED),
    Death("resume", "before swap 1", WAITING, COMPLETED),
    Death("resume", "after swap 1", CLAIMED, COMPLETED),
    Death("resume", "before swap 2", CLAIMED, COMPLETED),
    Death("resume", "after swap 2", SENT, START_AGAIN, patches=0),
    Death("resume", "while Belvo works", SENT, COMPLETED, slow=True),
    Death("resume", "in settle", SENT, COMPLETED),
    Death("resume", "before swap 3", SENT, COMPLETED),
    Death("resume", "after swap 3", COMPLETED, COMPLETED),
)


@pytest.fixture(name="sandbox")
async def _sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def killed(death: Death, path: Path, sandbox: Sandbox) -> None:
    """
    Let a worker begin the job and die.
    """
    if death.slow:
        fault = Fault(kind=FaultKind.LATE_ANSWER, operation="*", seconds=5, times=1)
        sandbox.faults.add(fault)
    program = Path(__file__).with_name("doomed.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), str(path), sandbox.url, death.job, death.point
    )
    if death.slow:
        operation = POST if death.job == "start" else PATCH
        while not sandbox.counts[operation]:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # it acts at once, and its answer takes long
        process.kill()

    assert -9 == await process.wait()
    sandbox.faults.clear()


async def finished(store: SQLiteStore, client: BelvoClient) -> FlowOutcome[object]:
    """
    Be the workers that are left, and the user, until the flow has ended.
    """
    outcome: FlowOutcome[object] | None = None
    while outcome is None or not outcome.status.is_final:
        if await store.look(FLOW) is None:
            outcome = await start_flow(store, FLOW, registration(client), leases=LEASES)
        else:
            outcome = await advance_flow(store, FLOW, client, lambda _: registration(client), leases=LEASES)
        if outcome.status is WAITING:
            await store.deliver(FLOW, outcome.round, RIGHT)
        elif not outcome.status.is_final:
            await asyncio.sleep(LEASES.interval)
    return outcome


@pytest.mark.parametrize("death", DEATHS, ids=str)
async def test_a_worker_dies(death: Death, tmp_path: Path, sandbox: Sandbox) -> None:
    """
    Whenever a worker dies, the flow ends as the table says, and no answer is sent twice.
    """
    path = tmp_path / "flows.db"
    async with (
        SQLiteStore(path) as store,
        BelvoClient(sandbox.secret_id, sandbox.secret_password, base_url=sandbox.url) as client,
    ):
        if death.job == "resume":
            begun = await start_flow(store, FLOW, registration(client), leases=LEASES)
            await store.deliver(FLOW, begun.round, RIGHT)

        await killed(death, path, sandbox)
        left = await store.look(FLOW)
        outcome = await finished(store, client)
        links = [link async for link in client.links.list(external_id=FLOW)]

    assert death.left == (None if left is None else left.status)
    assert death.ends == outcome.status
    assert (death.posts, death.patches) == (sandbox.counts[POST], sandbox.counts[PATCH])
    assert [1] * death.patches == [
        challenge.patches for challenge in sandbox.challenges.values() if challenge.patches
    ]
    assert 1 == len(links)
    assert (death.ends is COMPLETED) == (links[0].status == "valid")
    if death.ends is START_AGAIN and death.job == "resume":
        assert outcome.ticket is not None
        assert outcome.ticket.answered


def test_the_table_of_deaths_is_this_one() -> None:
    """
    `docs/workers.md` tells of every point at which a worker can die, what is left and how the flow ends.
    """
    told = [row[:4] for row in rows(ROOT / "docs" / "workers.md", "Job")]
    expected = [
        [f"`{death.job}`", death.point, f"`{death.left}`" if death.left else "nothing", f"`{death.ends}`"]
        for death in DEATHS
    ]

    assert expected == told
