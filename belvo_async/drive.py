"""
Many sessions at once: bounded, lazy, never two at a time for one link, in the order of completion.
"""

from __future__ import annotations

import contextlib

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

import anyio
import attrs

from belvo_async.errors import InvalidArgumentError, MfaExpiredError, SessionStateError, wrong_type
from belvo_async.mfa.machine import MfaState
from belvo_async.session import MfaSession


if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectSendStream


T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Outcome(Generic[T]):
    """
    How one session ended.

    Attributes:
        session: The session itself.

        result: What Belvo brought; `None` if there is an `error`.

        error: Why there is no result.
    """

    session: MfaSession[T]
    result: T | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """
        Whether the session completed.
        """
        return self.error is None

    def unwrap(self) -> T:
        """
        Return the result, or raise the error.
        """
        if self.error is not None:
            raise self.error
        return cast(T, self.result)


class drive(Generic[T]):  # noqa: N801 - reads as a verb: `async with drive(sessions, limit=50) as outcomes`
    """
    Drive many sessions, at most *limit* at a time, and hand out each `Outcome` when it is there.

        async with drive(sessions, limit=50) as outcomes:
            async for outcome in outcomes:
                ...

    Sessions are taken from *sessions* when there is room for them, so it may be endless. Two sessions for one
    link are never driven at the same time; the second waits without taking a place, and no more are taken
    while *limit* of them wait.

    Leaving the block early, or cancelling the task, cancels what is under way. Then `undelivered` has the
    outcome of every session that was taken and not handed out; its error says whether anything may have
    been sent.

    Args:
        sessions: From `register()`, `retrieve()`, `update()` or `client.resume()`; any iterable or async iterable.

        limit: How many to drive at once.

    Raises:
        InvalidArgumentError: *limit* is no whole number above 0, or *sessions* cannot be iterated. While
            iterating: *sessions* has something else than a session.

        Exception: What *sessions* itself raised, when everything taken before has been handed out.
    """

    def __init__(
        self, sessions: Iterable[MfaSession[T]] | AsyncIterable[MfaSession[T]], *, limit: int
    ) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidArgumentError(argument="limit", expected="a whole number above 0", found=repr(limit))
        if isinstance(sessions, MfaSession):
            raise InvalidArgumentError(
                argument="sessions", expected="an iterable of sessions", found="one session; put it in a list"
            )
        if not isinstance(sessions, Iterable | AsyncIterable):
            raise wrong_type("sessions", "an iterable of sessions", sessions)
        self.undelivered: list[Outcome[T]] = []
        self._limit = limit
        self._entered = False
        self._agenda = _Agenda(sessions, limit)
        self._group = anyio.create_task_group()
        self._send, self._receive = anyio.create_memory_object_stream[Outcome[T]](limit)

    async def __aenter__(self) -> Self:
        if self._entered:
            raise SessionStateError(
                asked="entering drive() again", state="DRIVEN", remedy="make a new one for other sessions"
            )
        self._entered = True
        await self._group.__aenter__()
        for _ in range(self._limit):
            self._group.start_soon(self._work, self._send.clone())
        self._send.close()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._group.cancel_scope.cancel()
        try:
            if isinstance(exc, Exception):
                # The caller's own: a task group would wrap it, though no task of ours has failed.
                await self._group.__aexit__(None, None, None)
                return None
            return await self._group.__aexit__(exc_type, exc, traceback)
        finally:
            try:
                self._collect()
            finally:
                await self._agenda.aclose()

    def __aiter__(self) -> AsyncIterator[Outcome[T]]:
        return self

    async def __anext__(self) -> Outcome[T]:
        if not self._entered:
            raise SessionStateError(
                asked="iterating", state="NOT ENTERED", remedy="use `async with drive(…) as outcomes`"
            )
        try:
            return await self._receive.receive()
        except anyio.EndOfStream:
            if self._agenda.failure is not None:
                raise self._agenda.failure from None
            raise StopAsyncIteration from None

    async def _work(self, send: MemoryObjectSendStream[Outcome[T]]) -> None:
        with send:
            session = await self._agenda.take()
            while session is not None:
                link = session.link
                outcome = await self._outcome(session)
                try:
                    await send.send(outcome)
                except anyio.get_cancelled_exc_class():
                    self.undelivered.append(outcome)
                    raise
                session = self._agenda.follower(link) or await self._agenda.take()

    async def _outcome(self, session: MfaSession[T]) -> Outcome[T]:
        try:
            return Outcome(session=session, result=await session)
        except Exception as error:  # noqa: BLE001 - an outcome, whatever it is
            if session.state is MfaState.CHALLENGED and not isinstance(error, SessionStateError):
                # Its answer was not sent, and nobody will await it again: `session.ticket` has what is left.
                with contextlib.suppress(MfaExpiredError):
                    session.suspend()
            return Outcome(session=session, error=error)
        except anyio.get_cancelled_exc_class():
            self.undelivered.append(Outcome(session=session, error=session.error))
            raise

    def _collect(self) -> None:
        """
        Gather what nobody has seen.
        """
        with contextlib.suppress(anyio.WouldBlock, anyio.EndOfStream):
            while True:
                self.undelivered.append(self._receive.receive_nowait())
        self._receive.close()
        for session in self._agenda.drop():
            with contextlib.suppress(SessionStateError):  # its user may have ended it, or drives it elsewhere
                session.cancel()
            self.undelivered.append(Outcome(session=session, error=session.error))


class _Agenda(Generic[T]):
    """
    Which session is to be driven next.

    A session whose link is busy waits here until `follower()` hands it to the worker that has freed the link.
    """

    def __init__(self, sessions: Iterable[MfaSession[T]] | AsyncIterable[MfaSession[T]], limit: int) -> None:
        self.failure: Exception | None = None
        self._sessions = aiter(sessions) if isinstance(sessions, AsyncIterable) else iter(sessions)
        self._limit = limit
        self._waiting: dict[str, deque[MfaSession[T]]] = {}  # a link is a key while it is busy
        self._backlog = 0  # so many sessions are in there
        self._turn = anyio.Lock()
        self._room = anyio.Event()
        self._exhausted = False

    async def take(self) -> MfaSession[T] | None:
        """
        Return a session whose link is free, waiting for one; `None` if no more will come.
        """
        while not self._exhausted:
            if self._backlog >= self._limit:
                if self._room.is_set():
                    self._room = anyio.Event()
                await self._room.wait()
                continue
            session = await self._pull()
            if session is None or session.link is None:
                return session
            queue = self._waiting.get(session.link)
            if queue is None:
                self._waiting[session.link] = deque()
                return session
            queue.append(session)
            self._backlog += 1
        return None

    async def _pull(self) -> MfaSession[T] | None:
        try:
            if isinstance(self._sessions, Iterator):
                return _session(next(self._sessions))
            async with self._turn:  # an async iterator may be asked by one at a time
                return None if self._exhausted else _session(await anext(self._sessions))
        except (StopIteration, StopAsyncIteration):
            self._exhausted = True
        except Exception as error:  # noqa: BLE001 - the caller's own, raised again when the rest is done
            self._exhausted, self.failure = True, error
        return None

    def follower(self, link: str | None) -> MfaSession[T] | None:
        """
        The session that was taken with *link* has ended: return the next one for it, if one waits.
        """
        if link is None:
            return None
        queue = self._waiting[link]
        if not queue:
            del self._waiting[link]
            return None
        self._backlog -= 1
        self._room.set()
        return queue.popleft()

    async def aclose(self) -> None:
        """
        Let go of the source.
        """
        if isinstance(self._sessions, AsyncGenerator):
            with anyio.CancelScope(shield=True):
                await self._sessions.aclose()

    def drop(self) -> Iterator[MfaSession[T]]:
        """
        Return the sessions that were taken and never driven.
        """
        for queue in self._waiting.values():
            yield from queue
        self._waiting.clear()


def _session(item: MfaSession[T]) -> MfaSession[T]:
    """
    Refuse what is no session: a list of pages, say, or a coroutine.
    """
    if not isinstance(item, MfaSession):
        raise wrong_type("sessions", "sessions only", item)
    return item
