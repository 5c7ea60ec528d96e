"""
Calls that may need the user: how a resource begins them, completes them, and asks for them to be done later.
"""

from __future__ import annotations

import functools
import sys

from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from types import EllipsisType
from typing import Any, ClassVar, Concatenate, Final, Generic, ParamSpec, TypeVar, Unpack, cast

import attrs

from belvo_async.codec import decoder
from belvo_async.errors import InvalidArgumentError, UncertainOutcomeError
from belvo_async.messages import NO_QUERY, Answer, Body, Effect, Query, Request, Secret
from belvo_async.mfa.challenge import UNKNOWN_ROUND
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.resources.accepted import AcceptedRequest, accepted
from belvo_async.resources.arguments import Filter, Names, selection, whole
from belvo_async.resources.members import checked, flag
from belvo_async.resources.verbs import CallOptions, Listing, Resource
from belvo_async.session import NOTHING, Call, MfaSession, Sought, TokenPrompt
from belvo_async.transport.address import check_id


M = TypeVar("M")

R = TypeVar("R")

P = ParamSpec("P")

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

LONGEST_OPAQUE: Final = 200
"""Characters of an id that only Belvo understands."""


class SessionOptions(CallOptions, total=False):
    """
    What every call that may need the user can be told, besides `CallOptions`.

    Attributes:
        fields: Names of the fields to send back; the others are `None`.

        omit: Names of the fields not to send back.

        prompt: Whom to ask for tokens; the client's prompt by default.

        max_rounds: How many challenges may be answered; 5 by default.
    """

    fields: Names
    omit: Names
    prompt: TokenPrompt | None
    max_rounds: int


class RetrieveOptions(SessionOptions, total=False):
    """
    What every retrieval can be told.

    Attributes:
        save_data: Whether Belvo stores what it finds, as it does by default. If not, it is in the result and
            nowhere else.
    """

    save_data: bool


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Options:
    """
    The options of a call, as they were given or not.
    """

    save_data: bool | None = None
    fields: Names = None
    omit: Names = None
    prompt: TokenPrompt | None = None
    max_rounds: int = DEFAULT_MAX_ROUNDS
    timeout: float | None = None
    headers: Mapping[str, str] | None = None

    @property
    def of_call(self) -> CallOptions:
        """
        Those that every call has; empty if none was given.
        """
        if self.timeout is None and self.headers is None:
            return {}
        return {"timeout": self.timeout, "headers": self.headers}


NO_OPTIONS: Final = Options()

ALL_THE_SAME: Final = frozenset({"attach_pdf", "attach_xml"})
"""The members of a request that do not decide which data it brings."""

OPTIONS: Final = RetrieveOptions.__optional_keys__


class Flows(Resource[M], Generic[M, R]):
    """
    A collection of model `M` with calls that may need the user and bring `R`.
    """

    brings_list: ClassVar[bool] = True
    """Whether `R` is a list of the model or the model itself."""

    _later: bool = False
    """Whether its calls ask Belvo to do the work later."""

    @functools.cached_property
    def _decode(self) -> Callable[[Answer], Any]:
        type_: Any = list[self.model] if self.brings_list else self.model  # type: ignore[name-defined] # at run time
        decode: Callable[[Answer], Any] = decoder(type_)
        return accepted(decode) if self._later else decode

    async def _find(self, sought: Sought) -> R | None:
        """
        Look for what a request without answer has stored; `None` if that cannot tell.

        Data that was stored since the request was sent is its result: there is one call at a time for a link.
        """
        told = (sought.link, sought.within)
        if self._later or None in told or sought.failed or sought.operation.save_data is False:
            return None
        if not isinstance(self, Listing):
            return None
        stored = self._pages({"link": sought.link, **(sought.within or {})})
        rows = [row async for row in stored if _stored_at(row) >= sought.since]
        return cast(R, rows) if rows else None

    def _session(self, call: Call[R], prompt: TokenPrompt | None) -> MfaSession[R]:
        return MfaSession(self._context.engine, call, self._context.prompt if prompt is None else prompt)

    def _start(
        self,
        verb: str,
        body: Body,
        given: Mapping[str, Any],
        *,
        method: str = "POST",
        effect: Effect = Effect.WRITE,
        link: str | EllipsisType = ...,
        on_item: bool = False,
        external_id: str | None = None,
        save_data: bool | None = None,
        needed: Iterable[str] = (),
        within: Mapping[str, Filter] | None = NOTHING,
    ) -> MfaSession[R]:
        """
        Return the session of a call, not begun.

        A wrong argument does not raise here but when the session is driven: here the frame of the caller's call
        would hang on the error, and with it the password in its variables.

        Args:
            given: The options as the caller gave them.

            link: What the call is about; a registration has none.

            on_item: Whether the call goes to the link itself and not to the collection.

            save_data: What to repeat with the answer to a challenge.

            needed: The members that the body must have.

            within: Filters that what it stores will pass, should it have to be looked for; `None` if there are none
                that could tell it from other data.
        """
        name = sys.intern(
            f"{self.name}.{'request' if self._later else verb}"
        )  # one text for all its sessions
        told = self
        options = NO_OPTIONS
        selected: Query = NO_QUERY
        opening: Request | InvalidArgumentError
        try:
            options = _options(name, given)
            _check_save_data(save_data)
            told = self._told(options.of_call)
            selected = selection(options.fields, options.omit)
            id_ = None if link is ... else check_id(link, "link")
            opening = Request(
                method,
                f"{self.path}{id_}/" if on_item else self.path,
                Effect.ONCE if "token" in body or self._later else effect,
                selected,
                checked(body, needed),
                at_institution=True,
                deferred=self._later,
            )
        except InvalidArgumentError as error:
            opening = error.with_traceback(None)
        operation = Operation(
            name=name,
            path=self.path,
            link=None if link is ... else link,
            save_data=save_data,
            query=selected,
            resumable=isinstance(self, Resumable),
            external_id=external_id,
        )
        return told._session(
            Call(
                origin=operation,
                opening=opening,
                decode=self._decode,
                find=told._find,
                within=within,
                max_rounds=options.max_rounds,
            ),
            options.prompt,
        )


def _options(name: str, given: Mapping[str, Any]) -> Options:
    if not given:
        return NO_OPTIONS
    for unknown in sorted(given.keys() - OPTIONS):
        raise InvalidArgumentError(
            argument=unknown[:40], expected=f"an argument of {name}()", found="another"
        )
    if given.get("max_rounds", DEFAULT_MAX_ROUNDS) is None:
        raise InvalidArgumentError(argument="max_rounds", expected="a whole number above 0", found="None")
    whole("max_rounds", given.get("max_rounds"))
    return Options(**given)


def _check_save_data(save_data: object) -> None:
    # It goes into a body with a token: Belvo would refuse that, and the token would be spent.
    if save_data is not None:
        flag("save_data", save_data)


def _stored_at(row: object) -> datetime:
    instant = getattr(row, "collected_at", None) or getattr(row, "created_at", None)
    return instant if isinstance(instant, datetime) else LONG_AGO


class Retrievable(Flows[M, list[M]]):
    """
    Data that Belvo fetches from an institution. Each such resource has its own `retrieve()`.
    """

    found_by: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    """The filters that stored data passes, each with the members of the request that it is made of."""

    def _retrieve(
        self,
        link: str,
        given: RetrieveOptions,
        token: str | None = None,
        needed: Mapping[str, Any] = NOTHING,
        **optional: Any,
    ) -> MfaSession[list[M]]:
        """
        Return the session of a retrieval: a `POST` on the collection.

        Args:
            given: The options as the caller gave them.

            needed: The members that the body must have, and *optional* those that it may have.
        """
        save_data = given.get("save_data", True)
        members = {**needed, **optional}
        return self._start(
            "retrieve",
            Body({"link": link, **members, "token": token, "save_data": save_data}),
            given,
            link=link,
            save_data=save_data,
            needed=needed,
            within=self._within(members),
        )

    def _within(self, members: Mapping[str, Any]) -> Mapping[str, Filter] | None:
        """
        Return the filters that what *members* ask for passes; `None` if no filter can tell it from other data.
        """
        filters: dict[str, Filter] = {}
        left = {name for name, value in members.items() if value is not None} - ALL_THE_SAME
        for name, parts in self.found_by:
            if left.issuperset(parts):
                values = [members[part] for part in parts]
                filters[name] = values[0] if len(values) == 1 else values
                left.difference_update(parts)
        return None if left else filters


class Resumable(Flows[M, R]):
    """
    A collection whose challenges can be answered by a `PATCH` on it.
    """

    def resume(
        self,
        session: str,
        link: str,
        token: str | None = None,
        *,
        save_data: bool | None = None,
        **options: Unpack[SessionOptions],
    ) -> MfaSession[R]:
        """
        Return the session that answers a challenge of which you know the ids only.

        With a ticket, use `client.resume()`: it also knows the deadline and what the call was.

        Args:
            session: Id of the MFA session, from the 428.

            link: Id of the link, from the same.

            token: What the user gave; leave it out where no input is expected.

            save_data: As the call had it. Belvo's default is to store the data.

            options: `fields`, `omit` and `max_rounds` as the call had them; `prompt` for another challenge; and as
                in `CallOptions`.
        """
        answer = Secret(token)
        del token  # what raises below must not show it
        problem: InvalidArgumentError | None = None
        told = self
        given = NO_OPTIONS
        selected: Query = NO_QUERY
        try:
            given = _options(f"{self.name}.resume", options)
            told = self._told(given.of_call)
            _check_save_data(save_data)
            _check_opaque("session", session)
            check_id(link, "link")
            selected = selection(given.fields, given.omit)
        except InvalidArgumentError as error:
            problem = error.with_traceback(None)
        ticket = MfaTicket(
            operation=f"{self.name}.resume",
            path=self.path,
            session=session,
            link=link,
            round=UNKNOWN_ROUND,
            max_rounds=given.max_rounds,
            issued_at=self._context.engine.clock.now(),
            expects_user_input=answer.reveal() is not None,
            save_data=save_data,
            fields=dict(selected).get("fields"),
            omit=dict(selected).get("omit"),
        )
        return told._resume_ticket(ticket, answer, given.prompt, problem)

    def _resume_ticket(
        self,
        ticket: MfaTicket,
        answer: Secret,
        prompt: TokenPrompt | None,
        problem: InvalidArgumentError | None = None,
    ) -> MfaSession[R]:
        """
        Return the session that goes on with *ticket*. Call `client.resume()`, which finds the resource.
        """
        answers = answer.reveal() is not None or not ticket.expects_user_input
        return self._session(
            Call(
                origin=ticket,
                opening=problem,
                decode=self._decode,
                find=self._find,
                answer=answer if answers else None,
            ),
            prompt,
        )

    async def _find_ticket(self, ticket: MfaTicket) -> R | None:
        """
        Return what the answer to *ticket* has brought, if that can be found. Call `client.reconcile()`.
        """
        error = UncertainOutcomeError(request=f"PATCH {self.path}", reason="no answer came", sent=True)
        sought = Sought(
            operation=ticket.to_operation(),
            link=ticket.link,
            since=ticket.issued_at,
            error=error,
            resumed=True,
        )
        return await self._find(sought)


class Completable(Retrievable[M], Resumable[M, list[M]]):
    """
    Data whose retrieval may need the user, and can then be completed.
    """


S = TypeVar("S", bound=Flows[Any, Any])


def deferred(
    verb: Callable[Concatenate[S, P], MfaSession[R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, AcceptedRequest[R]]]:
    """
    Return the verb that asks Belvo to do what *verb* does, but later. It takes the same arguments.
    """

    def request(resource: S, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, AcceptedRequest[R]]:
        """
        Ask Belvo to retrieve this later. Takes what `retrieve()` takes.

        Belvo accepts the request and collects the data on its own; a webhook (`historical_update` or the like)
        tells when it is there, to be read by `list()`. Webhooks have to be set up in Belvo's dashboard.

        Returns:
            The accepted request; its `request_id` comes again in the webhook.

        Raises:
            MfaRequiredError: The institution wants a token at once, and there is no prompt. The ticket resumes
                the retrieval itself, which then brings the data.

            UncertainOutcomeError: No answer came; Belvo may be at work.

            BelvoError: As for `retrieve()`.
        """
        later = type(resource)(resource._context)
        later._later = True
        # This frame ends here: it holds the arguments, a token perhaps, and no error of the session may show it.
        return _result_of(cast("MfaSession[AcceptedRequest[R]]", verb(later, *args, **kwargs)))

    # For `help()`: the arguments of the other verb.
    request.__wrapped__ = verb  # type: ignore[attr-defined]
    request.__qualname__ = f"{verb.__qualname__.rpartition('.')[0]}.request"
    return request


async def _result_of(session: MfaSession[R]) -> R:
    return await session


def _check_opaque(argument: str, value: object) -> None:
    """
    Refuse what cannot be an id that Belvo gave, without showing it.
    """
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > LONGEST_OPAQUE:
        found = "another text" if isinstance(value, str) else type(value).__name__
        raise InvalidArgumentError(argument=argument, expected="the id from the challenge", found=found)
