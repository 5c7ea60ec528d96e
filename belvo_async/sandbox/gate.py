"""
The way of a request through the sandbox: firewall, faults, keys, rules, answer.

This is where HTTP ends. What is behind it sees a `Call` and returns an `Answer`.
"""

from __future__ import annotations

import asyncio

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import attrs
import msgspec

from aiohttp import web

from belvo_async.sandbox.answers import Answer, Json, decode
from belvo_async.sandbox.calls import Call
from belvo_async.sandbox.clock import wait
from belvo_async.sandbox.fault_plan import Faults
from belvo_async.sandbox.faults import Fault, FaultKind
from belvo_async.sandbox.firewall import FORBIDDEN, Firewall
from belvo_async.sandbox.records import Recorder, Seen
from belvo_async.sandbox.refusals import Refusal, refusal
from belvo_async.sandbox.routes import Operation, Route, route
from belvo_async.sandbox.wire import MANGLED, Line, mangled, send
from belvo_async.sandbox.world import World


CAP: Final = 300.0
"""Seconds after which Belvo gives up work at an institution."""

NOTHING: Final = Answer(500)
"""Stands where an answer is needed and nobody will see it."""

NO_QUERY: Final[Mapping[str, str]] = {}
BODIES: Final = frozenset({"POST", "PUT", "PATCH"})


@attrs.define(eq=False)
class _Arrival:
    """
    A request on its way through.
    """

    line: Line
    method: str
    path: str
    query: Mapping[str, str]
    route: Route
    at: datetime
    fault: Fault | None = None
    body: Json | None = None
    flaw: Refusal | None = None

    @property
    def operation(self) -> str:
        return f"{self.method} {self.route.template}"


class Gate:
    """
    Handles the requests of a server: give it to `aiohttp.web.Server`.
    """

    def __init__(self, world: World, recorder: Recorder, firewall: Firewall | None, faults: Faults) -> None:
        self._world = world
        self._recorder = recorder
        self.firewall = firewall
        self.faults = faults
        self._waiting: set[asyncio.Task[Any]] = set()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """
        Answer *request*.
        """
        arrival = self._arrival(request)
        self._recorder.arrived(arrival.operation)
        try:
            return await self._handled(request, arrival)
        finally:
            self._recorder.left()

    async def pause(self, seconds: float) -> None:
        """
        Wait, until `stop_waiting()` at the latest.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # requests are always handled in a task
        self._waiting.add(task)
        try:
            await wait(self._world.clock, seconds)
        finally:
            self._waiting.discard(task)

    def stop_waiting(self) -> None:
        """
        Cancel the requests that wait for time to pass.
        """
        for task in list(self._waiting):
            task.cancel()

    def _arrival(self, request: web.BaseRequest) -> _Arrival:
        path, _, query = request.raw_path.partition("?")
        path = unquote(path) if "%" in path else path
        return _Arrival(
            Line(request, self.pause),
            request.method,
            path,
            dict(parse_qsl(query, keep_blank_values=True)) if query else NO_QUERY,
            route(path),
            self._world.clock.now(),
        )

    async def _handled(self, request: web.BaseRequest, arrival: _Arrival) -> web.StreamResponse:
        if self._is_blocked(request):
            return await self._sent(arrival, FORBIDDEN, processed=False)

        fault = arrival.fault = self.faults.choose(arrival.method, arrival.route.template, arrival.path)
        is_unread = fault is not None and fault.kind is FaultKind.CLOSE_UNREAD
        if is_unread or not await self._has_read(request, arrival):
            return await self._sent(arrival, None, processed=False)
        if fault is not None and not fault.processed:
            return await self._sent(arrival, self._spoilt(None, fault), processed=False)

        answer = await self._answered(request, arrival)
        return await self._sent(arrival, answer if fault is None else self._spoilt(answer, fault))

    def _is_blocked(self, request: web.BaseRequest) -> bool:
        firewall = self.firewall
        return firewall is not None and firewall.blocks(request.remote or "", self._world.clock.monotonic())

    async def _has_read(self, request: web.BaseRequest, arrival: _Arrival) -> bool:
        """
        Read the body; false if the client left before the end of it.
        """
        if arrival.method not in BODIES:
            return True
        try:
            # Not `request.read()`, which takes a megabyte at most: ten thousand transactions are more.
            octets = await request.content.read()
        except (ConnectionError, web.RequestPayloadError):
            return False
        try:
            arrival.body = _object(octets)
        except Refusal as exc:
            arrival.flaw = exc
        self._note(arrival)
        return True

    def _note(self, arrival: _Arrival) -> None:
        # A PATCH counts when it is read, not when Belvo acts on it: the client has sent it in any case. Only one that
        # is answered at the door, before Belvo, may come again: the client has been told that nothing happened.
        if arrival.fault is not None and arrival.fault.turns_away:
            return
        if arrival.method == "PATCH" and arrival.body is not None and "session" in arrival.body:
            self._world.desk.note(arrival.body["session"])

    async def _answered(self, request: web.BaseRequest, arrival: _Arrival) -> Answer:
        if arrival.fault is not None and arrival.fault.kind is FaultKind.DELIVER_TWICE:
            await self._decided(request, arrival)
            self._note(arrival)
        return await self._decided(request, arrival)

    async def _decided(self, request: web.BaseRequest, arrival: _Arrival) -> Answer:
        try:
            if not arrival.route.is_open(arrival.method):
                self._world.keys.check(request.headers.get("Authorization"))
            operation = arrival.route.operation(arrival.method)
            if arrival.flaw is not None:
                raise arrival.flaw
            return await self._ruled(operation, self._call(request, arrival), arrival.fault)
        except Refusal as exc:
            return exc.answer(self._world.ids.hex())

    def _call(self, request: web.BaseRequest, arrival: _Arrival) -> Call:
        call = Call(
            operation=arrival.operation,
            path=arrival.path,
            id=arrival.route.id,
            query=arrival.query,
            body=arrival.body or {},
            origin=f"http://{request.headers.get('Host', '')}",
            deferred=request.headers.get("X-Belvo-Request-Mode") == "async",
            arrived=self._world.clock.monotonic(),
        )
        fault = arrival.fault
        if fault is not None and fault.kind is FaultKind.CHALLENGE:
            call.shape, call.ask = fault.shape, fault.ask
        return call

    async def _ruled(self, operation: Operation, call: Call, fault: Fault | None) -> Answer:
        world = self._world
        delay = world.settings.latency if operation.at_institution else 0.0
        if fault is not None and fault.kind is FaultKind.DELAY:
            delay += fault.seconds or 0.0
        link = operation.link(call)
        if link in world.busy:
            raise refusal("too_many_sessions")
        if not delay:
            return operation.rule(world, call)

        if link is not None:
            world.busy.add(link)
        try:
            took_too_long = await self._worked(delay)
            call.timed_out = took_too_long and operation.at_institution
            return operation.rule(world, call)
        finally:
            world.busy.discard(link or "")

    async def _worked(self, delay: float) -> bool:
        """
        Let *delay* seconds pass, as far as Belvo waits; tell whether it stopped waiting.
        """
        clock = self._world.clock
        start = clock.monotonic()
        await self.pause(min(delay, CAP))
        return delay > CAP or clock.monotonic() - start > CAP

    def _spoilt(self, answer: Answer | None, fault: Fault) -> Answer | None:
        if fault.kind not in MANGLED:
            return answer
        return mangled(answer or NOTHING, fault, self._world.ids.hex())

    async def _sent(
        self, arrival: _Arrival, answer: Answer | None, *, processed: bool = True
    ) -> web.StreamResponse:
        self._recorder.requests.append(
            Seen(
                arrival.method,
                arrival.path,
                arrival.query,
                arrival.body,
                None if answer is None else answer.status,
                arrival.at,
                arrival.operation,
                arrival.fault,
                processed,
            )
        )
        return await send(arrival.line, answer or NOTHING, arrival.fault)


def _object(octets: bytes) -> Json:
    try:
        body: Any = decode(octets or b"{}")
    except (
        msgspec.DecodeError,
        ValueError,
        RecursionError,
    ):  # the first is a ValueError only in newer versions
        raise refusal("parse_error") from None
    if not isinstance(body, dict):
        raise refusal("invalid", "non_field_errors")
    return body
