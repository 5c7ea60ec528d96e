"""
What can be done with a collection, one class for each verb; a resource is a choice of them.

A resource that lacks a verb lacks the method, so asking for it is an error of types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Generic, TypeVar, cast

import attrs

from belvo_async.clock import moment
from belvo_async.codec import Page, decoder, page_decoder, parse
from belvo_async.errors import (
    ApiError,
    InvalidArgumentError,
    NotResumableError,
    UncertainOutcomeError,
    api_error,
)
from belvo_async.messages import NO_QUERY, Answer, Body, Effect, Query, Request, Secret
from belvo_async.mfa.challenge import UNKNOWN_ROUND
from belvo_async.mfa.flow import DEFAULT_MAX_ROUNDS, TOKEN_REQUIRED, MfaFlow
from belvo_async.mfa.operation import Operation
from belvo_async.mfa.ticket import MfaTicket
from belvo_async.resources.arguments import Filter, Names, positive, query, selection
from belvo_async.resources.pages import Pages
from belvo_async.session import Call, Engine, MfaSession, Sought, TokenPrompt
from belvo_async.transport.address import check_id


M = TypeVar("M")

R = TypeVar("R")

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

LONGEST_OPAQUE: Final = 200
"""Characters of an id that only Belvo understands."""


@attrs.frozen
class Context:
    """
    What a resource knows of its client.

    Attributes:
        engine: What sends and drives.

        prompt: Who is asked for tokens where a call names nobody.
    """

    engine: Engine
    prompt: TokenPrompt | None


class Resource(Generic[M]):
    """
    A collection at Belvo.

    Attributes:
        name: What the client calls it.

        path: Where it is, below the base URL.

        model: What it holds.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    model: type[M]

    def __init__(self, context: Context) -> None:
        self._context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"

    async def _send(self, request: Request) -> Answer:
        answer = await self._context.engine.transport.send(request)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own borders
            return answer
        raise refusal(answer)

    def _item_path(self, id_: object) -> str:
        return f"{self.path}{check_id(id_)}/"


def refusal(answer: Answer) -> ApiError:
    """
    Return the error that *answer* means for a call that is no flow.
    """
    error = api_error(
        answer.status,
        parse(answer.body),
        html=answer.is_html,
        request_id=answer.request_id,
        retry_after=answer.retry_after,
    )
    if answer.status != TOKEN_REQUIRED:
        return error
    # Some documents announce a 428 for calls that are no flows. Whether it happens is not known.
    return NotResumableError(**attrs.asdict(error, recurse=False))


class Listable(Resource[M]):
    """
    A collection that can be listed.
    """

    def list(
        self,
        *,
        page_size: int | None = None,
        limit: int | None = None,
        fields: Names = None,
        omit: Names = None,
        **filters: Filter,
    ) -> Pages[M]:
        """
        Return what is stored at Belvo and matches *filters*. Nothing is sent until you iterate.

        Args:
            page_size: Items on a page, at most 1,000. Belvo's default is 100, its sandbox's 10.

            limit: Stop after so many items.

            fields: Names of the fields to send; the others are `None`.

            omit: Names of the fields not to send.

            filters: As Belvo names them: `link="…"`, `created_at__gte=date(…)`, `status__in=[…]`.

        Returns:
            An async iterator; `await ….to_list()` collects it.
        """
        return Pages(self._fetch_page, _listing(page_size, limit, fields, omit, filters), limit)

    async def _fetch_page(self, query: Query) -> Page[M]:
        answer = await self._send(Request("GET", self.path, Effect.READ, query))
        return page_decoder(self.model)(answer)


def _listing(
    page_size: int | None, limit: int | None, fields: Names, omit: Names, filters: Mapping[str, Filter]
) -> Query | InvalidArgumentError:
    try:
        positive("limit", limit)
        sized = query({"page_size": positive("page_size", page_size)})
        return sized + selection(fields, omit) + query(filters)
    except InvalidArgumentError as error:
        return error


class Gettable(Resource[M]):
    """
    A collection whose items can be fetched by id.
    """

    async def get(self, id: str | int, /, *, fields: Names = None, omit: Names = None) -> M:  # noqa: A002 - Belvo's word
        """
        Return the item with this *id*.

        Raises:
            NotFoundError: There is none.

            InvalidArgumentError: *id* cannot be one; nothing was sent.
        """
        request = Request("GET", self._item_path(id), Effect.READ, selection(fields, omit))
        return decoder(self.model)(await self._send(request))


class Deletable(Resource[M]):
    """
    A collection whose items can be deleted.
    """

    async def delete(self, id: str, /) -> None:  # noqa: A002 - Belvo's word
        """
        Delete the item with this *id*, and what hangs on it: a link takes all its data along.

        This cannot be undone. Cancelled on its way, it may have happened.

        Raises:
            NotFoundError: There is none (any more).

            InvalidArgumentError: *id* cannot be one; nothing was sent.
        """
        await self._send(Request("DELETE", self._item_path(id), Effect.WRITE))


@attrs.frozen(kw_only=True)
class Options:
    """
    What every call that may need the user can be told.
    """

    save_data: bool | None = None
    fields: Names = None
    omit: Names = None
    prompt: TokenPrompt | None = None
    max_rounds: int = DEFAULT_MAX_ROUNDS


class Flows(Resource[M], Generic[M, R]):
    """
    A collection of model `M` with calls that may need the user and bring `R`.
    """

    brings_list: ClassVar[bool] = True
    """Whether `R` is a list of the model or the model itself."""

    def _decoder(self) -> Callable[[Answer], Any]:
        type_: Any = list[self.model] if self.brings_list else self.model  # type: ignore[name-defined] # at run time
        return decoder(type_)

    async def _find(self, sought: Sought) -> R | None:
        """
        Look for what a request without answer has stored; `None` if that cannot tell.

        Data that was stored since the request was sent is its result: there is one call at a time for a link.
        """
        if sought.link is None or sought.operation.save_data is False or not isinstance(self, Listable):
            return None
        stored = self.list(link=sought.link, **sought.within)
        rows = [row async for row in stored if _stored_at(row) >= sought.since]
        return cast(R, rows) if rows else None

    def _session(self, call: Call[R], prompt: TokenPrompt | None) -> MfaSession[R]:
        return MfaSession(self._context.engine, call, prompt or self._context.prompt)

    def _start(
        self,
        verb: str,
        body: Body,
        options: Options,
        *,
        method: str = "POST",
        effect: Effect = Effect.WRITE,
        link: str | None = None,
        on_item: bool = False,
        lookup: Request | None = None,
        external_id: str | None = None,
        checked: Callable[[], Mapping[str, object]] = dict,
        within: Mapping[str, Filter] | None = None,
    ) -> MfaSession[R]:
        """
        Return the session of a call, not begun.

        A wrong argument does not raise here but when the session is driven: here the frame of the caller's call
        would hang on the error, and with it the password in its variables.

        Args:
            on_item: Whether the call goes to the link itself and not to the collection.

            checked: Returns more members of the body, or raises `InvalidArgumentError`.

            within: Filters that what it stores will pass, should it have to be looked for.
        """
        selected: Query = NO_QUERY
        opening: Request | InvalidArgumentError
        try:
            if link is not None:
                check_id(link, "link")
            positive("max_rounds", options.max_rounds)
            selected = selection(options.fields, options.omit)
            opening = Request(
                method,
                self._item_path(link) if on_item else self.path,
                Effect.ONCE if "token" in body else effect,
                selected,
                body.extended(checked()),
                at_institution=True,
                lookup=lookup,
            )
        except InvalidArgumentError as error:
            opening = error.with_traceback(None)
        operation = Operation(
            name=f"{self.name}.{verb}",
            path=self.path,
            link=link,
            save_data=options.save_data,
            query=selected,
            resumable=isinstance(self, Resumable),
            external_id=external_id,
        )
        clock = self._context.engine.clock
        return self._session(
            Call(
                flow=lambda: MfaFlow(operation, options.max_rounds, clock),
                opening=opening,
                decode=self._decoder(),
                find=lambda sought: self._find(attrs.evolve(sought, within=within or {})),
            ),
            options.prompt,
        )


def _stored_at(row: object) -> datetime:
    instant = getattr(row, "collected_at", None) or getattr(row, "created_at", None)
    return instant if isinstance(instant, datetime) else LONG_AGO


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
        fields: Names = None,
        omit: Names = None,
        prompt: TokenPrompt | None = None,
        max_rounds: int = DEFAULT_MAX_ROUNDS,
    ) -> MfaSession[R]:
        """
        Return the session that answers a challenge of which you know the ids only.

        With a ticket, use `client.resume()`: it also knows the deadline and what the call was.

        Args:
            session: Id of the MFA session, from the 428.

            link: Id of the link, from the same.

            token: What the user gave; leave it out where no input is expected.

            save_data: As the call had it. Belvo's default is to store the data.

            fields: As the call had it, as are `omit` and `max_rounds`.

            prompt: Whom to ask, should there be another challenge.
        """
        answer = Secret(token)
        del token  # what raises below must not show it
        problem: InvalidArgumentError | None = None
        selected: Query = NO_QUERY
        try:
            _check_opaque("session", session)
            check_id(link, "link")
            positive("max_rounds", max_rounds)
            selected = selection(fields, omit)
        except InvalidArgumentError as error:
            problem = error.with_traceback(None)
        ticket = MfaTicket(
            operation=f"{self.name}.resume",
            path=self.path,
            session=session,
            link=link,
            round=UNKNOWN_ROUND,
            max_rounds=max_rounds,
            issued_at=self._context.engine.clock.now(),
            expects_user_input=answer.reveal() is not None,
            save_data=save_data,
            fields=dict(selected).get("fields"),
            omit=dict(selected).get("omit"),
        )
        return self.resume_ticket(ticket, answer, prompt, problem)

    def resume_ticket(
        self,
        ticket: MfaTicket,
        answer: Secret,
        prompt: TokenPrompt | None,
        problem: InvalidArgumentError | None = None,
    ) -> MfaSession[R]:
        """
        Return the session that goes on with *ticket*. Call `client.resume()`, which finds the resource.
        """
        clock = self._context.engine.clock
        answers = answer.reveal() is not None or not ticket.expects_user_input
        return self._session(
            Call(
                flow=lambda: MfaFlow.from_ticket(ticket, moment(clock), clock),
                opening=problem,
                decode=self._decoder(),
                find=self._find,
                answer=answer if answers else None,
            ),
            prompt,
        )

    async def find_ticket(self, ticket: MfaTicket) -> R | None:
        """
        Return what the answer to *ticket* has brought, if that can be found. Call `client.reconcile()`.
        """
        error = UncertainOutcomeError(request=f"PATCH {self.path}", reason="no answer came", sent=True)
        sought = Sought(
            operation=ticket.to_operation(),
            link=ticket.link,
            since=ticket.issued_at,
            error=error,
        )
        return await self._find(sought)


def _check_opaque(argument: str, value: object) -> None:
    """
    Refuse what cannot be an id that Belvo gave, without showing it.
    """
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > LONGEST_OPAQUE:
        found = "another text" if isinstance(value, str) else type(value).__name__
        raise InvalidArgumentError(argument=argument, expected="the id from the challenge", found=found)
