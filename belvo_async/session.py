"""
`MfaSession`: the flow, driven.

It does four things and decides nothing: reads the clock, sends what the flow says, feeds back what arrived, and
lets the prompt or the caller answer. What is allowed when stands in `mfa.machine`.
"""

from __future__ import annotations

import asyncio
import warnings

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Any, Final, Generic, NoReturn, Self, TypeVar, cast

import attrs

from belvo_async.clock import Clock, Moment, moment
from belvo_async.codec import parse
from belvo_async.deadlines import Deadline, Deadlines
from belvo_async.errors import (
    ApiError,
    BelvoError,
    ClientStateError,
    DecodeError,
    InvalidArgumentError,
    MfaCancelledError,
    MfaDeclinedError,
    MfaRequiredError,
    PromptFailedError,
    SessionStateError,
    TooLateError,
    TransportError,
    UncertainOutcomeError,
    type_of,
    wrong_type,
)
from belvo_async.guards import Answered, Links, is_answered, mark_answered, reopen, unmark_answered
from belvo_async.messages import Answer, Effect, Gate, Request, Secret
from belvo_async.mfa.challenge import MfaChallenge
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS, MfaFlow, Step
from belvo_async.mfa.machine import REMEDIES, MfaEvent, MfaState
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.observer import About, Observer
from belvo_async.settings import check_type
from belvo_async.transport import Transport


T = TypeVar("T")

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

LOOKS_AFTERWARDS: Final = (0.0, 2.0)
"""Seconds before each look for what a process has sent that is not there any more."""

FORGOTTEN_AFTER: Final = 3_600.0
"""Seconds after which a challenge without a deadline no longer keeps its link busy, should nobody be at it."""

TokenPrompt = Callable[[MfaChallenge], Awaitable[str | None]]
"""
Asks the user. Called for every challenge, also where nothing is to be typed: then return `None` when
the user is done. Cancelled when the challenge expires. Raise `MfaDeclinedError` if the user does not want to.
"""


@attrs.frozen(eq=False, repr=False)
class Engine:
    """
    What the sessions of one client share.

    Attributes:
        lookups: Seconds to wait before each look for what became of a request without answer.

        check_usable: Raises `ClientStateError` where the client is closed or does not belong.
    """

    transport: Transport
    clock: Clock
    deadlines: Deadlines
    answered: Answered
    links: Links
    lookups: tuple[float, ...]
    observer: Observer | None
    check_usable: Callable[[], None] = lambda: None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Sought:
    """
    What is known of a request that was sent and not answered.

    Attributes:
        operation: The call it belongs to.

        link: The link it is about, if that is known.

        since: When it was sent (aware, UTC). What it made is not older.

        error: What will be raised if nothing is found. Who looks may add what was learned.

        within: Filters that the result passes, where more than the link is known of it; `None` if no filter can
            tell it from other data.

        resumed: Whether it carried an answer of the user's.

        failed: Whether Belvo itself has said that it failed.
    """

    operation: Operation
    link: str | None
    since: datetime
    error: UncertainOutcomeError
    within: Mapping[str, Any] | None = NOTHING
    resumed: bool = False
    failed: bool = False


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Call(Generic[T]):
    """
    A call as the user made it: what to send, and how to read what comes.

    Attributes:
        origin: The call itself, or the ticket from which it goes on.

        opening: The first request; none where the call goes on from a ticket, and an
            error where the arguments were no good.

        decode: Reads the result.

        find: Looks for the result of a request that was sent and not answered; `None` if
            that cannot tell.

        within: Filters that the result passes; see `Sought`.

        max_rounds: How many challenges may be answered. A ticket has its own word on that.

        answer: The answer to the first challenge, where the call brought it.

        gate: See `MfaSession.gated()`.
    """

    origin: Operation | MfaTicket
    opening: Request | InvalidArgumentError | None
    decode: Callable[[Answer], T]
    find: Callable[[Sought], Awaitable[T | None]]
    within: Mapping[str, Any] | None = NOTHING
    max_rounds: int = DEFAULT_MAX_ROUNDS
    answer: Secret | None = None
    gate: Gate | None = None

    def new_flow(self, clock: Clock) -> MfaFlow:
        """
        Return a flow for it that has not begun, or goes on where the ticket was taken.
        """
        if isinstance(self.origin, MfaTicket):
            return MfaFlow.from_ticket(self.origin, moment(clock), clock)
        return MfaFlow(self.origin, self.max_rounds, clock)


class MfaSession(Generic[T]):
    """
    One call that may need the user, from its first request to its result.

    Nothing is sent until it is driven (a `RuntimeWarning` says so of one that never was), in one of two ways:

    - `result = await session`: challenges go to the prompt. Without one, the first challenge raises
      `MfaRequiredError`, which carries a ticket.

    - by hand, token by token:

          async with session:
              async for challenge in session:
                  await session.submit(await ask(challenge))
          result = session.result

    Cancelling the task that drives it ends it (CANCELLED): if a request was under way, what became of it
    is unknown and `error` is an `UncertainOutcomeError`; if it waited for the user, `ticket` can still be
    answered. Leaving its `async with` early does the same.
    """

    __slots__ = (
        "__weakref__",
        "_answer",
        "_asking",
        "_call",
        "_decode",
        "_driving",
        "_engine",
        "_flow",
        "_held",
        "_interrupted",
        "_owner",
        "_prompt",
        "_response",
        "_result",
        "_shown",
        "_timer",
        "_told",
        "_tried",
    )

    def __init__(self, engine: Engine, call: Call[T], prompt: TokenPrompt | None) -> None:
        problem = wrong_prompt(prompt)
        self._engine = engine
        self._call: Call[T] | None = call if problem is None else attrs.evolve(call, opening=problem)
        self._decode = call.decode
        self._prompt = prompt
        self._flow = call.new_flow(engine.clock)
        self._answer = call.answer
        self._result: T | None = None
        self._response: Answer | None = None
        self._owner: asyncio.Task[Any] | None = None  # the task that drove it last
        self._driving = False  # that task is inside of a method
        self._asking = False  # and there inside of the prompt
        self._interrupted = False  # and is to leave the prompt, for a reason of ours
        self._shown: MfaChallenge | None = None  # by the loop, and not answered since
        self._timer: Deadline | None = None
        self._held: str | None = None  # the link it keeps busy
        self._told = 0  # so many steps the observer knows
        self._tried = False  # to drive it, whatever came of that

    # --- what it is ---

    @property
    def state(self) -> MfaState:
        """
        Where it is.
        """
        return self._flow.state

    @property
    def operation(self) -> str:
        """
        The call it carries out: `balances.retrieve`.
        """
        return self._flow.operation.name

    @property
    def link(self) -> str | None:
        """
        Id of the link it is about; `None` while a registration has none.
        """
        challenge = self._flow.challenge
        return self._flow.operation.link if challenge is None else challenge.link

    @property
    def external_id(self) -> str | None:
        """
        The caller's own id of the link that is being registered, or the one that was made up for it; else `None`.
        """
        return self._flow.operation.external_id

    @property
    def challenge(self) -> MfaChallenge | None:
        """
        What the institution wants, in state CHALLENGED; else `None`.
        """
        return self._flow.challenge if self._flow.state is MfaState.CHALLENGED else None

    @property
    def history(self) -> Sequence[Step]:
        """
        All that happened to it, oldest first.
        """
        return self._flow.history

    @property
    def request_id(self) -> str | None:
        """
        What Belvo's support asks for, from the newest answer that had one.
        """
        return self._flow.request_id

    @property
    def response(self) -> Answer | None:
        """
        Belvo's last answer as it came: `status`, `headers`, `request_id`, and the bytes of its `body`.

        It is kept as long as the session is, once that has ended by it; `None` before, and where no answer came (the
        result was found by looking, say). A session that waits for its user keeps no answer; observers see those.
        """
        return self._response

    @property
    def error(self) -> BelvoError | None:
        """
        What ended it, if it did not complete.
        """
        return self._flow.error

    @property
    def trace(self) -> str | None:
        """
        What its tickets carry on of a trace: a W3C `traceparent`, which an observer has set. See `MfaTicket.trace`.
        """
        return self._flow.operation.trace

    @trace.setter
    def trace(self, value: str | None) -> None:
        """
        Have its tickets carry *value* from now on.

        Raises:
            InvalidArgumentError: It is no text.
        """
        check_type("session.trace", value, str, None)
        self._flow.operation = attrs.evolve(self._flow.operation, trace=value)

    @property
    def result(self) -> T:
        """
        What Belvo brought.

        Raises:
            BelvoError: What ended the session instead.

            SessionStateError: It has not ended.
        """
        if self._flow.state is MfaState.COMPLETED:
            return self._result  # type: ignore[return-value] # COMPLETED has one, which may be None
        if self._flow.error is not None:
            raise self._flow.error.with_traceback(None)
        raise self._misused("`session.result`")

    @property
    def ticket(self) -> MfaTicket | None:
        """
        Its newest challenge as a ticket, once the session has ended without completing; else `None`.

        If an answer may have been sent, it is marked as answered and good for finding out only.
        """
        state = self._flow.state
        return self._flow.ticket() if state.is_final and state is not MfaState.COMPLETED else None

    def __repr__(self) -> str:
        rounds = "" if self._flow.challenge is None else f" round {self._flow.challenge.round}"
        return f"<MfaSession {self.operation} {self.state.name}{rounds}>"

    def __reduce__(self) -> NoReturn:
        msg = "a session belongs to its process; suspend() gives a ticket that pickles"
        raise TypeError(msg)

    def __del__(self, _warn: Any = warnings.warn) -> None:
        # As Python does for a coroutine. One that could not be made was not tried either.
        forgotten = not getattr(self, "_tried", True) and (
            self._flow.state is MfaState.READY
            or (self._flow.state is MfaState.CHALLENGED and self._answer is not None)
        )
        if forgotten:
            _warn(f"{self.operation} was never awaited; nothing was sent", RuntimeWarning, source=self)

    # --- with a prompt ---

    def __await__(self) -> Generator[Any, None, T]:
        return self._run().__await__()

    async def _run(self) -> T:
        # One coroutine for a waiting session, whose prompt is awaited right here: each costs its memory.
        self._enter("awaiting it")
        try:
            await self._begin()
            while self._flow.state is MfaState.CHALLENGED:
                if self._prompt is None:
                    raise MfaRequiredError(challenge=self._flow.newest, ticket=self.suspend())
                cancelled_before = self._ask()
                try:
                    answer = Secret(await self._asked(self._prompt))
                except (Exception, asyncio.CancelledError) as error:
                    meant = self._prompt_raised(error, cancelled_before)
                    if meant is error:
                        raise
                    raise meant from meant.__cause__
                finally:
                    self._asked_it()
                if self._flow.state is not MfaState.CHALLENGED:
                    raise self._ended()
                await self._pass_on(answer)
        finally:
            self._driving = False
            if self._flow.state is MfaState.CHALLENGED:
                self._release()  # nobody is at it any more; awaiting it again takes it up
        if self._flow.state is MfaState.SUSPENDED:
            raise self._ended()
        return self.result

    def _ask(self) -> int:
        """
        The prompt is about to be asked; return how often the task has been cancelled before.
        """
        self._asking = True
        return cast("asyncio.Task[Any]", self._owner).cancelling()

    def _asked_it(self) -> None:
        self._asking = False
        if self._interrupted:
            self._interrupted = False
            cast("asyncio.Task[Any]", self._owner).uncancel()

    def _prompt_raised(self, error: BaseException, cancelled_before: int) -> BaseException:
        """
        Return what it means that the prompt ended by *error*.
        """
        task = cast("asyncio.Task[Any]", self._owner)
        cancelled = isinstance(error, asyncio.CancelledError)
        if cancelled and task.cancelling() > cancelled_before + self._interrupted:
            self._give_up()  # from outside
            return error
        if self._flow.state is not MfaState.CHALLENGED:
            return self._ended()
        if isinstance(error, MfaDeclinedError):
            self._decline(error)
            return error
        failed = self._prompt_failed("the prompt was cancelled" if cancelled else "the prompt failed")
        failed.__cause__ = error
        return failed

    def _asked(self, prompt: TokenPrompt) -> Awaitable[str | None]:
        answering: object = prompt(self._flow.newest)
        if isinstance(answering, Awaitable):
            return answering
        found = type_of(answering)
        del answering  # it may be the token
        raise self._prompt_failed(
            f"the prompt must be a coroutine function (async def), and it returned {found}"
        )

    async def _pass_on(self, answer: Secret) -> None:
        try:
            await self._send_answer(answer)
        except InvalidArgumentError as error:
            raise self._prompt_failed("the prompt returned what cannot be a token") from error

    def _prompt_failed(self, problem: str) -> PromptFailedError:
        error = PromptFailedError(
            challenge=self._flow.newest, ticket=self._flow.newest_ticket(), problem=problem
        )
        self._flow.fail_prompt(error, self._now())
        self._settle()
        return error

    def _decline(self, error: MfaDeclinedError) -> None:
        error.challenge, error.ticket = self._flow.challenge, self._flow.ticket()
        self._flow.give_up(self._now(), error)
        self._settle()

    # --- by hand ---

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._flow.state in {MfaState.READY, MfaState.CHALLENGED}:
            self.cancel()

    def __aiter__(self) -> AsyncIterator[MfaChallenge]:
        return self

    async def __anext__(self) -> MfaChallenge:
        self._enter("the next challenge")
        try:
            await self._begin()
        finally:
            self._driving = False
        challenge = self.challenge
        if challenge is not None:
            if challenge is self._shown:
                raise self._misused("the next challenge")
            self._shown = challenge
            return challenge
        if self._flow.state in {MfaState.FAILED, MfaState.EXPIRED}:
            raise self._ended()
        raise StopAsyncIteration

    async def submit(self, token: str | None = None) -> None:
        """
        Answer the challenge. What comes next tells the loop, or `state`.

        A refused token brings a new challenge, not an error. Once this returns or raises, the challenge it
        answered is never answered again; unless the error says that nothing was sent, then the state is
        CHALLENGED as before and `submit()` may be called once more.

        Args:
            token: What the user gave; white space around it is removed. Leave it out if
                `MfaChallenge.expects_user_input` is false.

        Raises:
            InvalidArgumentError: *token* cannot be right; nothing was sent and nothing changed.

            MfaExpiredError: The deadline has passed; nothing was sent.

            SessionStateError: There is no challenge to answer, or it was answered already.

            ApiError: Belvo ended the session; `MfaRejectedError` if the institution refused the login.

            TransportError: No answer arrived; `sent` tells whether the token may have left.
        """
        answer = Secret(token)
        del token  # what raises below must not show it
        self._enter("submit()")
        self._shown = None
        try:
            await self._send_answer(answer)
        finally:
            self._driving = False

    # --- for whoever keeps a record of it ---

    def gated(self, gate: Gate) -> Self:
        """
        Have *gate* awaited before each request of this session leaves: after all waiting for places and limits, before
        the first byte. Here a store marks its flow as sent. Looks for what became of a request do not ask it.

        If it raises, nothing is sent, and the session is where it was before.

        Returns:
            The session itself.

        Raises:
            SessionStateError: A request is under way, or it has ended.
        """
        if self._flow.state not in {MfaState.READY, MfaState.CHALLENGED}:
            raise self._misused("gated()")
        self._call = attrs.evolve(cast("Call[T]", self._call), gate=gate)
        return self

    async def recover(self, *, since: datetime, external_id: str | None = None) -> bool:
        """
        Look whether the very same call, sent by a process that has ended since, has brought its result.

        Call it in the place of the first request. Sends nothing but looks.

        Args:
            since: When the other process sent its request (aware, UTC).

            external_id: The id with which that registered its link, where this is a registration.

        Returns:
            Whether the session has completed by it. If not, it is READY as before.

        Raises:
            UncertainOutcomeError: There is a link that waits for its user, and whose challenge nobody knows; the
                error has its id.

            SessionStateError: It has been driven already.
        """
        self._enter("recover()")
        try:
            self._check_arguments()
            if self._flow.state is not MfaState.READY:
                raise self._misused("recover()")
            error = UncertainOutcomeError(
                request=str(cast("Call[T]", self._call).opening), reason="its process has ended", sent=True
            )
            found = await self._find(error, since=since, external_id=external_id)
            if not found and error.link is not None:
                self._flow.start(self._now())
                self._flow.lost(error, self._now())
                self._settle()
                raise error
            return found
        finally:
            self._driving = False

    # --- ending it ---

    def suspend(self) -> MfaTicket:
        """
        End it here and return the ticket with which `client.resume()` goes on, in any process.

        If its prompt is waiting, the prompt is cancelled, and who awaits the session gets `MfaRequiredError`.

        Raises:
            MfaExpiredError: The deadline has passed.

            SessionStateError: There is no open challenge.
        """
        try:
            return self._flow.suspend(self._now())
        finally:
            self._settle()
            self._interrupt()

    def cancel(self) -> None:
        """
        Give it up. Nothing is sent; the institution notices when the challenge expires.

        If its prompt is waiting, the prompt is cancelled, and who awaits the session gets `MfaCancelledError`.

        Raises:
            SessionStateError: A request is under way (cancel the task that waits for it), or it has ended.
        """
        if self._flow.state in {MfaState.REQUESTING, MfaState.RESUMING}:
            raise self._misused("cancel()")
        self._flow.give_up(self._now(), self._cancelled())
        self._settle()
        self._interrupt()

    def restart(self) -> MfaSession[T]:
        """
        Return a new session for the same call, from the beginning. The institution will send a new token.

        Nothing in the library calls this: it is the caller's decision, and in good time the user's.

        Raises:
            SessionStateError: This one has not failed, expired or been cancelled, or was made from a ticket,
                which does not know the call.
        """
        ended = {MfaState.FAILED, MfaState.EXPIRED, MfaState.CANCELLED}
        if self._call is None or not isinstance(self._call.opening, Request) or self._flow.state not in ended:
            raise self._misused("restart()")
        return MfaSession(self._engine, self._call, self._prompt)

    # --- what both ways share ---

    def _enter(self, asked: str) -> None:
        self._tried = True
        self._engine.check_usable()  # here, since what waits for a link in another event loop is never woken
        if self._driving:
            raise SessionStateError(
                asked=asked,
                state=self.state.name,
                remedy="another task is driving it, or its prompt is waiting",
            )
        self._owner = asyncio.current_task()
        self._driving = True

    async def _begin(self) -> None:
        self._check_arguments()
        if self._flow.state is MfaState.READY:
            await self._open()
        elif self._flow.state is MfaState.CHALLENGED:
            await self._take_up()
            if self._answer is not None:
                await self._send_answer(self._answer)

    async def _open(self) -> None:
        opening = cast(Request, cast("Call[T]", self._call).opening)
        await self._hold(self._flow.operation.link)
        self._flow.start(self._now())
        self._settle()
        await self._exchange(opening)

    async def _take_up(self) -> None:
        """
        Be busy with a challenge that came from a ticket, or with one that was left alone since.
        """
        flow = self._flow
        if self._held is not None:
            return
        await self._hold(flow.newest.link)
        self._refuse_answered()
        if self._engine.observer is not None:
            with About(self):
                self._engine.observer.challenge_taken_up(flow.newest)
        flow.expire(self._now())
        self._settle()
        if flow.state is not MfaState.CHALLENGED:
            raise self._ended()

    def _refuse_answered(self) -> None:
        """
        Refuse a challenge that another session of this client has answered, or may have.
        """
        challenge = self._flow.newest
        if is_answered(self._engine.answered, challenge.session, challenge.round):
            self._release()
            raise SessionStateError(
                asked="answering its challenge",
                state="CHALLENGED (and answered elsewhere)",
                remedy="it was answered by another session of this client",
            )

    def _unmark(self) -> None:
        challenge = self._flow.challenge
        if challenge is not None:
            unmark_answered(self._engine.answered, challenge.session, challenge.round)

    def _check_arguments(self) -> None:
        # Also where a session is answered without having been driven.
        if self._call is not None and isinstance(self._call.opening, InvalidArgumentError):
            raise self._call.opening.with_traceback(None)

    async def _send_answer(self, answer: Secret) -> None:
        flow = self._flow
        self._check_arguments()
        if flow.state is MfaState.CHALLENGED:
            await self._take_up()
            self._refuse_answered()
        try:
            request = flow.submit(answer, self._now())
        finally:
            self._settle()
        challenge = flow.newest
        mark_answered(self._engine.answered, challenge.session, challenge.round, flow.deadline)
        await self._exchange(request)
        self._answer = None

    async def _exchange(self, request: Request) -> None:
        """
        Send *request* and let the flow know what became of it. The one place where a session meets the wire.
        """
        gate = cast("Call[T]", self._call).gate
        passed = False  # also where there is no gate of the caller's: what waits for its turn has not left

        async def pass_gate() -> None:
            nonlocal passed
            if gate is not None:
                await gate()
            passed = True

        try:
            request = request.gated(pass_gate)
            if self._engine.observer is None:
                answer = await self._answer_to(request)
            else:
                with About(self):
                    answer = await self._answer_to(request)
        except BaseException as error:
            self._broken_off(error, request, unsent=not passed)
            if isinstance(error, TooLateError) and self._flow.expire(self._now()):
                self._settle()
                raise self._ended() from error
            raise
        if answer is not None:
            try:
                self._receive(answer, request)
            except BaseException as error:  # a fault of ours must not keep the link busy for ever
                if not self._flow.state.is_final:
                    self._broken_off(error, request)
                raise
        problem = self._flow.error or self._flow.turned_away
        if problem is not None:
            raise problem

    async def _answer_to(self, request: Request) -> Answer | None:
        """
        Return the answer to *request*; `None` if none came, but the result was found by looking for it.
        """
        try:
            answer = await self._engine.transport.send(request)
        except UncertainOutcomeError as error:
            if await self._find(error):
                return None
            raise
        if answer.status >= 500 and request.effect is not Effect.READ:  # noqa: PLR2004 - HTTP's own border
            # Belvo may have done its work before it failed.
            unknown = UncertainOutcomeError(
                request=str(request), reason=f"Belvo failed with status {answer.status}", sent=True
            )
            if await self._find(unknown, failed=bool(answer.error(parse(answer.body)).code)):
                return None
            if unknown.link is not None:
                raise unknown
        return answer

    async def _find(
        self,
        error: UncertainOutcomeError,
        *,
        failed: bool = False,
        since: datetime | None = None,
        external_id: str | None = None,
    ) -> bool:
        """
        Look what became of a request that was sent and not answered; return whether it brought its result.

        A link shows what has happened to it. Data may still be coming in: it counts once two looks have seen the same.

        Args:
            failed: Whether Belvo itself has said that it failed. It is not working any more, so one look is enough,
                and what it has stored is not all.

            since: When the request was sent, if not by this session. Who asks will ask again, so nothing is waited for.

            external_id: The id with which that registered a link.
        """
        flow = self._flow
        error.ticket = flow.ticket()
        call = cast("Call[T]", self._call)
        sought = Sought(
            operation=flow.operation
            if external_id is None
            else attrs.evolve(flow.operation, external_id=external_id),
            link=self.link,
            since=flow.history[-1].at if since is None else since,
            error=error,
            within=call.within,
            resumed=flow.challenge is not None,
            failed=failed,
        )
        before: T | None = None
        waits = self._engine.lookups[: 1 if failed else None] if since is None else LOOKS_AFTERWARDS
        for wait in waits:
            if wait:
                await self._engine.clock.sleep(wait)
            try:
                found = await call.find(sought)
            except ClientStateError:
                return False  # the client was closed: no look will tell
            except BelvoError:
                found = None  # whatever goes wrong with a look, it says nothing of the request
            if found is not None and (found == before or not isinstance(found, list)):
                self._result = found
                if flow.state is MfaState.READY:
                    flow.start(self._now())
                flow.find(self._now())
                self._settle()
                return True
            before = found
            if error.link is not None or (found is None and since is not None):
                return False
        return False

    def _receive(self, answer: Answer, request: Request) -> None:
        flow, now = self._flow, self._now()
        try:
            if answer.succeeded:
                self._result = self._decode(answer)
            flow.receive(answer, None if answer.succeeded else parse(answer.body), now)
        except DecodeError as error:
            flow.lost(error, now)
        if flow.turned_away is not None:
            self._unmark()
        elif flow.state is MfaState.CHALLENGED:
            reopen(self._engine.answered, flow.newest.session)
        if flow.error is not None or flow.turned_away is not None:
            for told in (flow.error, getattr(flow.error, "__cause__", None), flow.turned_away):
                if isinstance(told, ApiError) and request.body is not None:
                    told.conceal(request.body.conceal)
        if flow.state.is_final:
            self._response = answer
        self._settle()

    def _broken_off(self, error: BaseException, request: Request, *, unsent: bool = False) -> None:
        """
        No answer came. What may have left is never sent again.
        """
        flow, now = self._flow, self._now()
        kept = TransportError | ClientStateError | InvalidArgumentError
        if unsent or (isinstance(error, kept) and not getattr(error, "sent", False)):
            if flow.state is MfaState.RESUMING:
                self._unmark()
            flow.unsent(now)
            if isinstance(error, asyncio.CancelledError):
                flow.give_up(now, self._cancelled())
        else:
            told = error if isinstance(error, TransportError) else _cut_short(error, request)
            if isinstance(told, UncertainOutcomeError):
                told.ticket = flow.ticket()
            if isinstance(error, asyncio.CancelledError):
                flow.give_up(now, told)
            else:
                flow.lost(told, now)
        self._settle()

    async def _hold(self, link: str | None) -> None:
        """
        Keep *link* busy, waiting for it if another session does.
        """
        if link is None or self._held is not None:
            return
        engine = self._engine
        if engine.observer is not None and engine.links.is_busy(link):
            with About(self):
                engine.observer.link_busy(link, self.operation)
        try:
            await engine.links.acquire(link, self)
        except asyncio.CancelledError:
            self._give_up()
            raise
        self._held = link
        if self._flow.state.is_final:  # it was cancelled, or has expired, while it waited
            self._release()
            raise self._ended()

    def holds_up(self, task: asyncio.Task[Any] | None) -> bool:
        """
        Whether *task* would wait for ever for this session's link. See `guards.Holder`.
        """
        return self._flow.state is MfaState.CHALLENGED and self._owner is task

    def _release(self) -> None:
        if self._held is not None:
            self._engine.links.release(self._held, self)
            self._held = None

    def _settle(self) -> None:
        """
        After a change of state: keep what the new state needs, and let go of the rest.
        """
        flow = self._flow
        if self._engine.observer is not None:
            self._tell(self._engine.observer)
        if flow.state is MfaState.CHALLENGED:
            self._park()
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if flow.state.is_final or flow.state is MfaState.READY:
            self._release()
        if flow.state in {MfaState.COMPLETED, MfaState.SUSPENDED}:
            self._call = self._answer = None  # nothing may start over, so nothing secret is kept

    def _tell(self, observer: Observer) -> None:
        flow = self._flow
        steps = flow.history
        while self._told < len(steps):
            step = steps[self._told]
            self._told += 1  # first: an observer may end the session, and come here again
            with About(self):
                observer.state_changed(self.operation, self.link, step)
                if step.event is MfaEvent.CHALLENGE_ISSUED:
                    observer.challenge_parked(flow.newest)

    def _park(self) -> None:
        link = self._flow.newest.link
        if self._held is None and self._engine.links.claim(link, self):
            self._held = link  # a registration learns its link here
        if self._timer is None:
            deadline = self._flow.deadline
            if deadline is None:
                deadline = self._engine.clock.monotonic() + FORGOTTEN_AFTER
            self._timer = self._engine.deadlines.at(deadline, self._ring)

    def _ring(self) -> None:
        """
        The deadline has come; or there is none, and nobody has answered for so long that nobody may be there.
        """
        self._timer = None
        if self._flow.expire(self._now()):
            self._settle()
            self._interrupt()
        elif not self._driving:
            self._release()

    def _interrupt(self) -> None:
        """
        Make a waiting prompt end.
        """
        if self._asking and self._flow.state is not MfaState.CHALLENGED:
            # Not now: it may be the prompt itself that ends its session, and then it will return.
            asyncio.get_running_loop().call_soon(self._cancel_prompt)

    def _cancel_prompt(self) -> None:
        if self._asking and not self._interrupted:
            self._interrupted = True
            cast("asyncio.Task[Any]", self._owner).cancel()

    def _give_up(self) -> None:
        if not self._flow.state.is_final:
            self._flow.give_up(self._now(), self._cancelled())
            self._settle()

    def _cancelled(self) -> MfaCancelledError:
        return MfaCancelledError(challenge=self._flow.challenge, ticket=self._flow.ticket())

    def _ended(self) -> BelvoError:
        if self._flow.error is not None:
            return self._flow.error
        return MfaRequiredError(challenge=self._flow.newest, ticket=self._flow.newest_ticket())

    def _misused(self, asked: str) -> SessionStateError:
        state = self._flow.state
        return SessionStateError(asked=asked, state=state.name, remedy=REMEDIES[state])

    def _now(self) -> Moment:
        return moment(self._engine.clock)


def wrong_prompt(prompt: object) -> InvalidArgumentError | None:
    """
    Return what is wrong with *prompt*, if it cannot be one. Whether it can be awaited is seen when it is called.
    """
    if prompt is None or callable(prompt):
        return None
    return wrong_type("prompt", "a coroutine function that takes an MfaChallenge", prompt)


def _cut_short(error: BaseException, request: Request) -> UncertainOutcomeError:
    what = "its task was cancelled" if isinstance(error, asyncio.CancelledError) else type(error).__name__
    return UncertainOutcomeError(request=str(request), reason=f"{what} while it was under way", sent=True)
