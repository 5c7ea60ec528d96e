"""
Flows in Temporal: a workflow that waits for the user, and one activity. Needs the extra `temporal`.

The workflow knows the key of a flow and nothing else, and so does its history; what there is to do lies in the store, and so do
tokens. A signal says that there is a token; a signal that gets lost costs the workflow's next look. An activity is never
repeated by Temporal: the workflow has it done once more, and the store guards that nothing is sent twice.

    flows = TemporalFlows(temporal, store)                    # in the web service
    await flows.start("order-17")
    await flows.deliver("order-17", 1, token)

    activities = FlowActivities(store, client, session_of)    # in a worker
    async with flow_worker(temporal, activities):
        ...
"""

from __future__ import annotations

import asyncio
import base64
import logging

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from belvo_async.client import BelvoClient
from belvo_async.errors import MissingExtraError, StoreError
from belvo_async.sealing import Sealer
from belvo_async.stores.record import Delivery, FlowRecord, FlowStatus
from belvo_async.stores.store import Store
from belvo_async.workers.core import USUAL, FlowOutcome, Leases, OpenSession, Settle, advance_flow


try:
    from temporalio import activity, workflow
    from temporalio.api.common.v1 import Payload
    from temporalio.client import Client, WorkflowHandle
    from temporalio.common import RetryPolicy, WorkflowIDConflictPolicy
    from temporalio.converter import (
        DataConverter,
        DefaultFailureConverterWithEncodedAttributes,
        PayloadCodec,
    )
    from temporalio.exceptions import ActivityError, TemporalError
    from temporalio.service import RPCError
    from temporalio.worker import Worker
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
except ModuleNotFoundError as error:
    raise MissingExtraError.for_module(error, "temporal") from None


__all__ = ["FlowActivities", "MfaFlow", "SealedPayloads", "TemporalFlows", "flow_worker", "sealed_converter"]

LOGGER: Final = logging.getLogger("belvo_async.workers")

QUEUE: Final = "belvo_flows"

PREFIX: Final = "belvo-flow:"
"""Of the id of a workflow; the key of the flow follows."""

MISSING: Final = "missing"
"""Of a flow that is not in the store, or was forgotten."""

FIRST_LOOK: Final = 15.0
"""Seconds until the workflow looks at the store by itself, in case a signal was lost. From then on twice as many each time, …"""

LONGEST_LOOK: Final = 600.0
"""… up to this."""

FIRST_PAUSE: Final = 2.0
"""Seconds after an activity that failed. As for looks."""

LONGEST_ACTIVITY: Final = timedelta(minutes=15)
"""Belvo works up to five minutes, and one activity may answer a challenge whose token came early."""

HEARTBEAT: Final = timedelta(seconds=10)
"""Without a sign of life for so long an activity is given up with its worker."""


@workflow.defn(name="belvo_async.MfaFlow")
class MfaFlow:
    """
    Carries one flow to its end. Takes its key, and returns what `FlowActivities.advance` returned last.
    """

    def __init__(self) -> None:
        self._woken = False
        self._seen: dict[str, Any] = {}

    @workflow.run
    async def run(self, flow: str) -> dict[str, Any]:
        """
        Have the flow advanced until it has ended.
        """
        look, pause = FIRST_LOOK, FIRST_PAUSE
        while True:
            before, self._woken = self._seen, False
            try:
                self._seen = await workflow.execute_activity(
                    "belvo_async.advance",
                    flow,
                    start_to_close_timeout=LONGEST_ACTIVITY,
                    heartbeat_timeout=HEARTBEAT,
                    retry_policy=RetryPolicy(maximum_attempts=1),
                    result_type=dict,
                )
            except ActivityError:  # its worker died, or nothing was sent
                wait, pause = pause, min(2 * pause, LONGEST_LOOK)
            else:
                if self._seen["is_final"]:
                    return self._seen
                if _place(self._seen) != _place(before):
                    look, pause = FIRST_LOOK, FIRST_PAUSE
                wait, look = min(look, self._seen["wait"]), min(2 * look, LONGEST_LOOK)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(flow)
            try:
                await workflow.wait_condition(lambda: self._woken, timeout=timedelta(seconds=wait))
            except TimeoutError:
                continue  # nobody signalled; the next look will show

    @workflow.signal(name="woken")
    def wake(self) -> None:
        """
        There is something in the store.
        """
        self._woken = True

    @workflow.query(name="status")
    def status(self) -> str:
        """
        Return where the flow was when it was looked at last; empty before the first time.
        """
        return str(self._seen.get("status", ""))


class FlowActivities:
    """
    What a worker does for flows.

    Args:
        store: Where the flows lie.

        client: With the keys that the flows were begun with.

        open_session: Makes the call that a flow begins with, from its key. Credentials come from the caller's own vault.

        settle: Takes the outcome of a flow that has ended. See `workers.Settle`.

        leases: How long a silent worker is believed to be at work.
    """

    def __init__(
        self,
        store: Store,
        client: BelvoClient,
        open_session: OpenSession,
        *,
        settle: Settle | None = None,
        leases: Leases = USUAL,
    ) -> None:
        self._store = store
        self._client = client
        self._open_session = open_session
        self._settle = settle
        self._leases = leases

    @activity.defn(name="belvo_async.advance")
    async def advance(self, flow: str) -> dict[str, Any]:
        """
        Do with the flow whatever is to be done next, and return where it is. Nothing in that is the user's.
        """
        async with _alive():
            if await self._store.look(flow) is None:
                return {"flow": flow, "status": MISSING, "is_final": True, "wait": 0.0}
            outcome = await advance_flow(
                self._store,
                flow,
                self._client,
                self._open_session,
                settle=self._settle,
                leases=self._leases,
            )
        return _told(outcome, self._store.clock.now())


class TemporalFlows:
    """
    Flows as workflows, for the process that has the user.

    Args:
        client: Temporal's. Give it `data_converter=sealed_converter(key)`, if others can read the server.

        store: Where the flows lie.

        task_queue: That of the workers.
    """

    def __init__(self, client: Client, store: Store, *, task_queue: str = QUEUE) -> None:
        self.store = store
        self._client = client
        self._task_queue = task_queue

    async def start(self, flow: str) -> None:
        """
        Have a worker begin a flow. May be called again; a flow that was begun goes on.

        Args:
            flow: Your key of it, at most 200 characters.

        Raises:
            StoreError: The store failed, and the flow may not be begun. Call this again.

            temporalio.service.RPCError: Temporal failed, and the flow is not begun. Call this again.
        """
        await self.store.announce(flow)
        await self._client.start_workflow(
            "belvo_async.MfaFlow",
            flow,
            id=PREFIX + flow,
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    async def deliver(self, flow: str, round_: int, token: str | None = None) -> Delivery:
        """
        Keep the user's answer, and wake the workflow. See `Store.deliver()`, also for errors.
        """
        delivery = await self.store.deliver(flow, round_, token)
        if delivery is Delivery.FIRST:
            await self._wake(flow)
        return delivery

    async def decline(self, flow: str) -> bool:
        """
        The user does not want to. See `Store.decline()`.
        """
        declined = await self.store.decline(flow)
        if declined:
            await self._wake(flow)
        return declined

    async def look(self, flow: str) -> FlowRecord | None:
        """
        Return the flow as it is. See `Store.look()`.
        """
        return await self.store.look(flow)

    async def ended(self, flow: str) -> FlowStatus:
        """
        Wait until the flow has ended, and return how.

        Raises:
            StoreError: There was no such flow in the store.
        """
        told = await self._handle(flow).result()
        if told["status"] == MISSING:
            raise StoreError(problem=f"flow {flow}: there is none, or it was forgotten")
        return FlowStatus(told["status"])

    def _handle(self, flow: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(PREFIX + flow)

    async def _wake(self, flow: str) -> None:
        try:
            await self._handle(flow).signal("woken")
        except (RPCError, TemporalError) as error:
            LOGGER.warning(
                "flow %s: its workflow could not be woken (%s); it will look by itself", flow, error
            )


def flow_worker(
    client: Client, activities: FlowActivities, *, task_queue: str = QUEUE, **options: Any
) -> Worker:
    """
    Return a worker for flows. Run it with `async with` or `run()`.

    Args:
        client: Temporal's, with the converter that `TemporalFlows` has.

        activities: What it does.

        task_queue: That of `TemporalFlows`.

        options: Of Temporal's own: `max_concurrent_activities`, `max_cached_workflows` and so on.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules("belvo_async")
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[MfaFlow],
        activities=[activities.advance],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        **options,
    )


class SealedPayloads(PayloadCodec):
    """
    Keeps what Temporal's server stores unreadable: keys of flows, and where they are.

    Args:
        keys: As for `TicketSealer`: the first seals, all open.
    """

    def __init__(self, *keys: str | bytes) -> None:
        self._sealer = Sealer(*keys)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """
        Return them sealed.
        """
        return [
            Payload(metadata={"encoding": SEALED}, data=self._sealed(payload.SerializeToString()))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """
        Return them as they were; what was not sealed stays as it is.

        Raises:
            StoreError: One was not sealed by one of the keys, or was changed.
        """
        return [
            Payload.FromString(self._unsealed(payload.data))
            if payload.metadata.get("encoding") == SEALED
            else payload
            for payload in payloads
        ]

    def _sealed(self, content: bytes) -> bytes:
        return self._sealer.seal(base64.b64encode(content).decode(), of=PAYLOAD).encode()

    def _unsealed(self, content: bytes) -> bytes:
        return base64.b64decode(self._sealer.unseal(content.decode("ascii", "replace"), of=PAYLOAD))


SEALED: Final = b"binary/belvo-async-sealed"

PAYLOAD: Final = "temporal"


def sealed_converter(*keys: str | bytes) -> DataConverter:
    """
    Return a converter for Temporal's client under which its server reads neither payloads nor the texts of failures.
    """
    return DataConverter(
        payload_codec=SealedPayloads(*keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def _place(seen: dict[str, Any]) -> tuple[Any, Any]:
    return seen.get("status"), seen.get("round")


def _told(outcome: FlowOutcome[Any], now: datetime) -> dict[str, Any]:
    wait = LONGEST_LOOK if outcome.due_at is None else (outcome.due_at - now).total_seconds()
    return {
        "flow": outcome.flow,
        "status": outcome.status.value,
        "round": outcome.round,
        "problem": outcome.problem,
        "is_final": outcome.status.is_final,
        "wait": max(wait, 0.0) + 1.0,  # seconds; rather too late than too early by the store's clock
    }


@asynccontextmanager
async def _alive() -> AsyncGenerator[None]:
    """
    Give Temporal signs of life for as long as the block runs.
    """

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT.total_seconds() / 3)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
