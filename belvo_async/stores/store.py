"""
What a store does for flows, and the little that a server has to do for it.

A server keeps rows: a text, a version, and two times. It puts a row in the place of another only if that has the version
that was read, it tells its own time, and it forgets by itself. Everything else is decided by `stores.record`,
alike for every store.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import attrs

from belvo_async.clock import SYSTEM_CLOCK, Clock
from belvo_async.errors import InvalidArgumentError, LostClaimError, StoreError, type_of, wrong_type
from belvo_async.messages import Secret
from belvo_async.mfa.flow import check_text, check_token
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.stores.record import OPENING, Delivery, FlowRecord, FlowStatus, remaining


if TYPE_CHECKING:
    from belvo_async.sealing import Sealer


LOGGER: Final = logging.getLogger("belvo_async.stores")

T = TypeVar("T")

KEPT: Final = 24 * 3600.0
"""Seconds for which a flow can still be looked at after its end."""

LONGEST_KEY: Final = 200
"""Characters of the caller's key of a flow."""

ABSENT: Final = 0
"""The version of a row that is not there."""

MANY: Final = 1_000

FLOW: Final = "flow:"

LINK: Final = "link:"


@attrs.frozen
class Row:
    """
    What a server keeps.

    Attributes:
        version: 1 more whenever it is replaced. That of a new row is drawn by lot, so that it is not taken for one that
            lay at the same key before; it has 48 bits.

        body: Text; sealed if the store has keys.

        due_at: When somebody has to look at it (seconds since 1970 of the server's clock); `None` if never.

        forget_at: From then on the row is not there any more.
    """

    version: int
    body: str = attrs.field(repr=False)
    due_at: float | None
    forget_at: float


@attrs.frozen
class Seen:
    """
    What was read.

    Attributes:
        row: `None` if there is none.

        now: The server's time (seconds since 1970).
    """

    row: Row | None
    now: float

    @property
    def version(self) -> int:
        """
        The version to replace.
        """
        return ABSENT if self.row is None else self.row.version

    def next_version(self) -> int:
        """
        Return the version of what is put in its place.
        """
        return 1 + (secrets.randbits(48) if self.row is None else self.row.version)


class Rows(ABC):
    """
    A place for rows: what a store of your own has to be. Run `belvo_async.testing.stores` against it.

    Any failure of the server is a `StoreError`.
    """

    @abstractmethod
    async def read(self, key: str) -> Seen:
        """
        Return the row at *key*, and the time.
        """

    @abstractmethod
    async def swap(self, key: str, row: Row | None, *, version: int, wake: bool = False) -> bool:
        """
        Put *row* at *key*, or nothing, if there is one of *version* now (0: none); return whether that was so.

        Args:
            wake: Tell everybody who listens to `wakes()`, in the same step.
        """

    @abstractmethod
    async def due(self, *, within: float, limit: int, after: float = -inf) -> Sequence[str]:
        """
        Return the keys of the rows that are due in so many seconds, the earliest first.

        Args:
            after: Leave out those that are due in so many seconds already, which may be below 0.
        """

    @abstractmethod
    def wakes(self) -> AsyncGenerator[str]:
        """
        Yield the keys of rows that were swapped with `wake`, from any process. One may be missed, or come twice.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """
        Close the connections. Whoever reads or listens gets a `StoreError`.
        """


@attrs.define
class Claim:
    """
    A flow that this process may go on with, until somebody else takes it over.

    Every method raises `LostClaimError` if that has happened, and `StoreError` if the store fails; then the
    flow lies as before, or the change was made and only the word of it was lost. The next call finds out.

    Attributes:
        record: The flow as it lies in the store.

        token: The user's answer, which the store forgets when it is marked as sent.
    """

    record: FlowRecord
    token: Secret = attrs.field(default=Secret(None))
    _store: Store = attrs.field(kw_only=True, repr=False, alias="store")
    _seen: Seen = attrs.field(kw_only=True, repr=False, alias="seen")
    _read_at: float = attrs.field(kw_only=True, repr=False, alias="read_at")
    _lease: float = attrs.field(kw_only=True, repr=False, alias="lease")
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False, repr=False)

    def now(self) -> float:
        """
        Return the server's time: what it was when it was read, and what has passed since that arrived. Rather too
        early than too late, since what a request has made must not be older than its mark.
        """
        return self._seen.now + self._store.clock.monotonic() - self._read_at

    async def wait(self, seconds: float) -> None:
        """
        Wait by the clock of the store.
        """
        await self._store.clock.sleep(seconds)

    async def mark_sent(self) -> None:
        """
        The request is about to leave. Call it before; from now on the flow is never sent again.
        """
        await self._change(lambda record, now: record.sent(now, self._lease))

    async def renew(self) -> None:
        """
        Hold on for another lease.
        """
        await self._change(lambda record, now: attrs.evolve(record, lease_until=now + self._lease))

    async def let_go(self, seconds: float = 0.0) -> None:
        """
        Leave a flow that was sent to whoever looks for what became of it, *seconds* from now.
        """
        await self._change(lambda record, now: attrs.evolve(record, lease_until=now + seconds))

    async def give_back(self, *, with_token: bool = True) -> None:
        """
        The request provably never left: the flow may be claimed again, with the same token or another.
        """
        answers = {self.record.round: self.token} if with_token and self.record.round != OPENING else {}
        await self._change(lambda record, now: record.given_back(now, answers))

    async def reopen(self, **facts: Any) -> None:
        """
        The request that begins it has left no trace, and may be sent once more. *facts* are fields of the record.
        """
        await self._change(lambda record, now: record.reopened(now, self._lease, **facts))

    async def park(self, ticket: MfaTicket) -> None:
        """
        A challenge came. Its token may be there already; see `record.is_answered`.
        """
        store = self._store
        left = remaining(ticket, store.clock.now())
        await self._change(lambda record, now: record.parked(now, ticket, left), wake=True)

    async def finish(self, status: FlowStatus, **facts: Any) -> None:
        """
        The flow has ended. *facts* are fields of the record: `link`, `problem`, `request_id`.
        """
        await self._change(lambda record, now: record.ended(status, now, **facts), wake=True)

    async def _change(self, change: Callable[[FlowRecord, float], FlowRecord], *, wake: bool = False) -> None:
        async with self._turn:  # it is renewed while the work goes on
            store, key = self._store, flow_key(self.record.flow)
            fence, owner = self.record.fence, self.record.owner
            while True:
                record = change(self.record.held_by(fence, owner), self.now())
                row = store.row(record, self._seen.next_version())
                if await store.rows.swap(key, row, version=self._seen.version, wake=wake):
                    self.record, self._seen = record, attrs.evolve(self._seen, row=row)
                    return
                seen = await store.rows.read(key)
                read_at = store.clock.monotonic()
                found = store.record(self.record.flow, seen)
                if found is None:
                    raise LostClaimError(problem=f"flow {self.record.flow}: it is not there any more")
                # Only a row that is still ours may be replaced: until this line nothing of the other is taken over.
                self.record, self._seen, self._read_at = found.held_by(fence, owner), seen, read_at


class Store:
    """
    Flows that outlive their process: challenges, the tokens for them, and who is at it.

    Args:
        rows: Where they lie.

        keys: Keys as made by `TicketSealer.new_key()`: the first seals, all open. Without any, whoever
            reads the server reads ids and tokens.

        keep: Seconds for which a flow can be looked at after its end.

        clock: For what is measured in this process only. When a claim ends, the server's clock says.
    """

    def __init__(
        self, rows: Rows, *, keys: Sequence[str | bytes] = (), keep: float = KEPT, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.rows = rows
        self.clock = clock
        self._sealer = _sealer(keys) if keys else None
        self._keep = keep

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{' (sealed)' if self._sealer else ''}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """
        Close the connections. Flows stay where they are.
        """
        await self.rows.aclose()

    # --- for whoever shows challenges and gets tokens ---

    async def look(self, flow: str) -> FlowRecord | None:
        """
        Return the flow as it is; `None` if there is none of that key, or it was forgotten.
        """
        seen = await self.rows.read(flow_key(flow))
        record = self.record(flow, seen)
        return None if record is None else record.seen_at(seen.now)

    async def announce(self, flow: str) -> FlowRecord:
        """
        Say that there is a flow for a worker to begin: it is due from now on, whatever becomes of the message that says so.

        Changes nothing about a flow that is there.
        """
        begun = await self.begin(flow, owner="", lease=0.0)
        return begun.record if isinstance(begun, Claim) else begun

    async def park(self, flow: str, ticket: MfaTicket) -> FlowRecord:
        """
        Keep the challenge of a session that was suspended, so that any process can go on with it.

        Parking the same challenge twice changes nothing.

        Raises:
            StoreError: The flow has ended, is under way, or is at a later challenge.
        """
        left = remaining(ticket, self.clock.now())

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord, FlowRecord]:
            if record is None:
                record = FlowRecord(
                    flow=flow, operation=ticket.operation, external_id=ticket.external_id, owner=""
                )
            elif record.status is FlowStatus.WAITING and record.ticket == ticket:
                return record, record
            elif (
                record.status not in {FlowStatus.WAITING, FlowStatus.ANSWERED} or ticket.round <= record.round
            ):
                raise StoreError(
                    problem=f"flow {flow}: it is {record.status} at round {record.round}, "
                    f"so its challenge of round {ticket.round} cannot be parked"
                )
            parked = record.parked(now, ticket, left)
            return parked, parked

        parked = await self._change(flow, change, wake=True)
        await self.take_link(ticket.link, flow)  # if another flow has it, Belvo will say so
        return parked

    async def deliver(self, flow: str, round_: int, token: str | None = None) -> Delivery:
        """
        Keep the user's answer to the challenge *round_* of a flow. The first one wins; tell a worker of `FIRST` ones.

        Args:
            flow: The caller's key of it.

            round_: Which challenge: `MfaChallenge.round`. It may come before its challenge does, but not before
                the one in front of it.

            token: What the user gave; leave it out where no input is expected.

        Raises:
            InvalidArgumentError: *token* cannot be right; nothing was kept.
        """
        answer = Secret(token.strip() if isinstance(token, str) else token)
        del token  # what raises below must not show it
        if type(round_) is not int:
            raise wrong_type("round_", "the number of a challenge", round_)
        check_text(answer)

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord | None, Delivery]:
            if record is None:
                return None, Delivery.LATE
            delivered, delivery = record.delivered(now, round_, answer)
            if delivery is Delivery.FIRST and record.ticket is not None and record.round == round_:
                check_token(answer, record.ticket.to_challenge(self.clock))
            return delivered, delivery

        return await self._change(flow, change, wake=True)

    async def decline(self, flow: str) -> bool:
        """
        The user does not want to. Return whether that came in time: nobody has claimed the answer yet.
        """

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord | None, bool]:
            if record is None or record.status is not FlowStatus.WAITING:
                return record, record is not None and record.status is FlowStatus.DECLINED
            return record.ended(FlowStatus.DECLINED, now, problem="MfaDeclinedError"), True

        return await self._change(flow, change, wake=True)

    async def waiting(self, limit: int = MANY) -> list[FlowRecord]:
        """
        Return the flows whose user has to answer, those that end first before the others.
        """
        found = []
        # One whose deadline has passed may lie there for long, if no worker tells of it.
        for flow in await self._flows(within=inf, limit=limit, after=0.0):
            try:
                record = await self.look(flow)
            except StoreError as error:
                LOGGER.warning("flow %s is left out: %s", flow, error)  # one row hides no other
                continue
            if record is not None and record.status is FlowStatus.WAITING and not record.is_answered:
                found.append(record)
        return found

    async def forget(self, flow: str) -> None:
        """
        Drop a flow, whatever it is at. What has been sent stays sent; the key may be used again.
        """
        await self._change(flow, lambda _record, _now: (None, None))

    # --- for whoever goes on with them ---

    async def begin(self, flow: str, *, owner: str, lease: float, **facts: Any) -> Claim | FlowRecord:
        """
        Begin a flow, or claim the beginning of one that nobody is at. *facts* are fields of the record.

        Returns:
            The claim; or the record, if there is such a flow and it is further, or claimed, or was sent.
        """

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord, bool]:
            if record is None:
                new = FlowRecord(flow=flow, owner=owner, lease_until=now + lease, changed_at=now)
                return attrs.evolve(new, **facts), True
            if record.round == OPENING and record.status is FlowStatus.CLAIMED and record.is_free(now):
                return record.claimed(now, owner, lease, **facts), True
            return record, False

        return cast("Claim | FlowRecord", await self._claim(flow, change, lease))

    async def claim(self, flow: str, *, owner: str, lease: float) -> Claim | FlowRecord | None:
        """
        Claim a flow whose user has answered, or one whose deadline passed without an answer; `record.is_answered` tells.

        Returns:
            The claim; or the record, if there is nothing to do or another process is at it; or `None`.
        """

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord | None, bool]:
            if record is None or not (record.is_answered or record.is_over(now)):
                return record, False
            if record.status is FlowStatus.WAITING or (
                record.status is FlowStatus.CLAIMED and record.is_free(now)
            ):
                return record.claimed(now, owner, lease), True
            return record, False

        return await self._claim(flow, change, lease)

    async def claim_sent(self, flow: str, *, owner: str, lease: float) -> Claim | FlowRecord | None:
        """
        Claim a flow that was sent and left alone, to find out what became of it.

        Returns:
            As for `claim()`.
        """

        def change(record: FlowRecord | None, now: float) -> tuple[FlowRecord | None, bool]:
            if record is not None and record.status is FlowStatus.SENT and record.is_free(now):
                return record.claimed(now, owner, lease), True
            return record, False

        return await self._claim(flow, change, lease)

    async def take(self, flow: str) -> tuple[FlowRecord | None, Secret | None]:
        """
        Take the user's answer to the open challenge of *flow*, once. For who waits for it in this process.
        """

        def change(
            record: FlowRecord | None, now: float
        ) -> tuple[FlowRecord | None, tuple[FlowRecord | None, Secret | None]]:
            if record is None or record.status is not FlowStatus.WAITING or not record.is_answered:
                return record, (record, None)
            return record.answered(now), (record, record.answers[record.round])

        return await self._change(flow, change)

    async def due(self, limit: int = MANY) -> list[str]:
        """
        Return the flows that a worker should look at: a token nobody took up, a claim that ended, a deadline that passed.
        """
        return await self._flows(within=0.0, limit=limit)

    # --- whose link it is ---

    async def take_link(self, link: str, flow: str) -> bool:
        """
        Keep other flows from using *link* until this one has ended; return whether it is this one's now.
        """
        while True:
            seen = await self.rows.read(link_key(link))
            holder = None if seen.row is None else self._open(link_key(link), seen.row.body)
            if holder == flow:
                return True
            if holder is not None:
                other = await self.look(holder)
                if other is not None and not other.status.is_final:
                    return False
            row = Row(seen.next_version(), self._seal(link_key(link), flow), None, seen.now + KEPT)
            if await self.rows.swap(link_key(link), row, version=seen.version):
                return True

    # --- between the two ---

    def row(self, record: FlowRecord, version: int) -> Row:
        """
        Return *record* as the server keeps it.
        """
        body = self._seal(flow_key(record.flow), record.to_json())
        return Row(version, body, record.due_at, record.forget_at + self._keep)

    def record(self, flow: str, seen: Seen) -> FlowRecord | None:
        """
        Return the flow that a row is.
        """
        if seen.row is None:
            return None
        return FlowRecord.from_json(self._open(flow_key(flow), seen.row.body))

    def _seal(self, key: str, text: str) -> str:
        return text if self._sealer is None else self._sealer.seal(text, of=key)

    def _open(self, key: str, body: str) -> str:
        return body if self._sealer is None else self._sealer.unseal(body, of=key)

    async def _flows(self, *, within: float, limit: int, after: float = -inf) -> list[str]:
        keys = await self.rows.due(within=within, limit=limit, after=after)
        return [key.removeprefix(FLOW) for key in keys if key.startswith(FLOW)]

    async def _claim(
        self,
        flow: str,
        change: Callable[[FlowRecord | None, float], tuple[FlowRecord | None, bool]],
        lease: float,
    ) -> Claim | FlowRecord | None:
        (record, ours), seen, read_at = await self._replace(
            flow, lambda found, now: _with_itself(change(found, now))
        )
        if record is None or not ours:
            return None if record is None else record.seen_at(seen.now)
        token = record.answers.get(record.round, Secret(None))
        return Claim(record, token, store=self, seen=seen, read_at=read_at, lease=lease)

    async def _change(
        self,
        flow: str,
        change: Callable[[FlowRecord | None, float], tuple[FlowRecord | None, T]],
        *,
        wake: bool = False,
    ) -> T:
        def seen(lying: FlowRecord | None, now: float) -> tuple[FlowRecord | None, T]:
            shown = None if lying is None else lying.seen_at(now)
            changed, verdict = change(shown, now)
            # That a challenge has ended is seen by everybody, and written by the worker that tells of it.
            return (lying if changed is shown else changed), verdict

        return (await self._replace(flow, seen, wake=wake))[0]

    async def _replace(
        self,
        flow: str,
        change: Callable[[FlowRecord | None, float], tuple[FlowRecord | None, T]],
        *,
        wake: bool = False,
    ) -> tuple[T, Seen, float]:
        """
        Put what *change* makes of a flow in its place, as often as somebody else was quicker.

        Returns:
            The verdict of *change*, what lies there now, and when the server told its time (monotonic seconds).
        """
        key = flow_key(flow)
        while True:
            seen = await self.rows.read(key)
            read_at = self.clock.monotonic()
            lying = self.record(flow, seen)
            record, verdict = change(lying, seen.now)
            if record is lying:
                return verdict, seen, read_at
            row = None if record is None else self.row(record, seen.next_version())
            if await self.rows.swap(key, row, version=seen.version, wake=wake):
                return verdict, attrs.evolve(seen, row=row), read_at


def _sealer(keys: Sequence[str | bytes]) -> Sealer:
    from belvo_async.sealing import Sealer  # noqa: PLC0415 - an extra

    return Sealer(*keys)


def _with_itself(
    changed: tuple[FlowRecord | None, bool],
) -> tuple[FlowRecord | None, tuple[FlowRecord | None, bool]]:
    return changed[0], changed


def flow_key(flow: str) -> str:
    """
    Return the key of the row of a flow.

    Raises:
        InvalidArgumentError: *flow* cannot be the key of one.
    """
    if not isinstance(flow, str) or not 0 < len(flow) <= LONGEST_KEY or not flow.isprintable():
        found = f"{len(flow)} characters" if isinstance(flow, str) else type_of(flow)
        raise InvalidArgumentError(
            argument="flow",
            expected=f"1 to {LONGEST_KEY} printable characters: your own id of it",
            found=found,
        )
    return FLOW + flow


def link_key(link: str) -> str:
    """
    Return the key of the row that says whose link it is, and does not show which.
    """
    return LINK + hashlib.sha256(link.encode()).hexdigest()[:32]
