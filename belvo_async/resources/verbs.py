"""
What can be done with a collection, one class for each verb; a resource is a choice of them.

A resource that lacks a verb lacks the method, so asking for it is an error of types.
"""

from __future__ import annotations

import copy

from collections.abc import Mapping
from typing import ClassVar, Generic, Self, TypedDict, TypeVar, Unpack

import attrs

from belvo_async import models
from belvo_async.clock import Clock, moment
from belvo_async.codec import Page, decoder, page_decoder, parse
from belvo_async.errors import ApiError, DecodeError, InvalidArgumentError, NotResumableError
from belvo_async.messages import NO_HEADERS, Answer, Effect, Query, Request, Secret
from belvo_async.mfa.challenge import read_token_required
from belvo_async.mfa.flow import TOKEN_REQUIRED
from belvo_async.resources.accepted import request_id_of
from belvo_async.resources.arguments import Filter, Names, query, seconds, selection, whole
from belvo_async.resources.pages import Pages
from belvo_async.session import Engine, TokenPrompt
from belvo_async.transport.address import check_id
from belvo_async.transport.headers import headers_of
from belvo_async.transport.told import ToldTransport


M = TypeVar("M")

T = TypeVar("T")

MOST_ON_A_PAGE = 1_000

NEW = "1.223.0"
OLD = "1.35.0"
BOTH = (OLD, NEW)
"""Belvo's specifications, by their version."""


class CallOptions(TypedDict, total=False):
    """
    What every call can be told.

    Attributes:
        timeout: Seconds that may pass without a byte of an answer, for each request of this call and each time that
            it is sent, in the place of `Timeouts.read` and `Timeouts.institution`. The time that a user takes does
            not count, nor does waiting for a connection or for the rate limit.

        headers: More headers for each request of this call, besides those of the client.
    """

    timeout: float | None
    headers: Mapping[str, str] | None


@attrs.frozen(eq=False, repr=False)
class Context:
    """
    What a resource knows of its client.

    Attributes:
        engine: What sends and drives.

        prompt: Who is asked for tokens where a call names nobody.

        authorization: The client's keys, as a header: one call wants them in its body.
    """

    engine: Engine
    prompt: TokenPrompt | None
    authorization: Secret

    def told(self, options: CallOptions) -> Context:
        """
        Return what a call with these *options* knows. They are taken out of there: what raises later must not show them.

        Raises:
            InvalidArgumentError: One of them cannot be right.
        """
        headers = headers_of(options.pop("headers", None))
        timeout = seconds("timeout", options.pop("timeout", None))
        if isinstance(headers, InvalidArgumentError):
            raise headers
        for unknown in options:
            raise InvalidArgumentError(
                argument=unknown[:40], expected="an argument of the call", found="another"
            )
        if timeout is None and headers is NO_HEADERS:
            return self
        transport = ToldTransport(self.engine.transport, timeout, headers)
        return attrs.evolve(self, engine=attrs.evolve(self.engine, transport=transport))


class Resource(Generic[M]):
    """
    A collection at Belvo.

    Attributes:
        name: What the client calls it.

        path: Where it is, below the base URL.

        specifications: The versions of Belvo's specification that have it.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    model_name: ClassVar[str]
    specifications: ClassVar[tuple[str, ...]] = BOTH

    def __init__(self, context: Context) -> None:
        self._context = context

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"

    @property
    def model(self) -> type[M]:
        """
        What it holds: a class of `belvo_async.models`, which is loaded when it is first asked for.
        """
        model: type[M] = getattr(models, self.model_name)
        return model

    @classmethod
    def verbs(cls) -> tuple[str, ...]:
        """
        Return the names of what can be done with it.
        """
        public = (name for name in dir(cls) if not name.startswith("_") and name != "verbs")
        return tuple(name for name in public if callable(getattr(cls, name)))

    def _told(self, options: CallOptions) -> Self:
        """
        Return what carries out a call with these *options*, and take them out of there.

        Raises:
            InvalidArgumentError: One of them cannot be right, or is none.
        """
        return self._in(self._context.told(options)) if options else self

    def _in(self, context: Context) -> Self:
        if context is self._context:
            return self
        other = copy.copy(self)
        other._context = context
        return other

    async def _send(self, request: Request) -> Answer:
        return await send(self._context.engine, request)

    def _item_path(self, id_: object, argument: str = "id") -> str:
        return f"{self.path}{check_id(id_, argument)}/"


async def send(engine: Engine, request: Request) -> Answer:
    """
    Send a request that is no flow and return its answer.

    Raises:
        ApiError: Belvo answered with an error.
    """
    answer = await engine.transport.send(request)
    if answer.succeeded:
        return answer
    raise _refusal(answer, request, engine.clock)


def _refusal(answer: Answer, request: Request, clock: Clock) -> ApiError:
    payload = parse(answer.body)
    error = answer.error(payload)
    if answer.status == TOKEN_REQUIRED:
        # Some documents announce a 428 for calls that are no flows. Whether it happens is not known.
        required = read_token_required(payload)
        challenge = None if required is None else required.challenge(str(request), moment(clock), clock)
        error = NotResumableError(challenge=challenge, **attrs.asdict(error, recurse=False))
    error.conceal(request.query.conceal)
    if request.body is not None:
        error.conceal(request.body.conceal)
    return error


class Listing(Resource[M]):
    """
    A collection whose items come in pages.
    """

    def _pages(
        self,
        filters: Mapping[str, Filter],
        *,
        page_size: int | None = None,
        limit: int | None = None,
        fields: Names = None,
        omit: Names = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Pages[M]:
        told, problem = self._told_later(timeout, headers)

        async def fetch(query: Query) -> Answer:
            return await told._send(Request("GET", told.path, Effect.READ, query))

        def read(answer: Answer) -> Page[M]:
            return page_decoder(told.model)(answer)

        return Pages(fetch, read, problem or listing(page_size, limit, fields, omit, filters), limit)

    def _told_later(
        self, timeout: float | None, headers: Mapping[str, str] | None
    ) -> tuple[Self, InvalidArgumentError | None]:
        """
        Return what carries out a list with these options, and what is wrong with them: raised as for `listing()`.
        """
        if timeout is None and headers is None:
            return self, None
        try:
            return self._told({"timeout": timeout, "headers": headers}), None
        except InvalidArgumentError as error:
            return self, error.with_traceback(None)


def listing(
    page_size: int | None,
    limit: int | None,
    fields: Names,
    omit: Names,
    filters: Mapping[str, Filter],
) -> Query | InvalidArgumentError:
    """
    Return the query of a list, or what is wrong with it: raised where the list is used, since there it is awaited.
    """
    try:
        whole("limit", limit)
        whole("page", filters.get("page"))
        sized = query({"page_size": whole("page_size", page_size, most=MOST_ON_A_PAGE)})
        return Query(sized + selection(fields, omit) + query(filters))
    except InvalidArgumentError as error:
        return error.with_traceback(None)  # its frames hold the filters


class Listable(Listing[M]):
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
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        **filters: Filter,
    ) -> Pages[M]:
        """
        Return what is stored at Belvo and matches *filters*. Nothing is sent until you iterate.

        Args:
            page_size: Items on a page, at most 1,000. Belvo's default is 100, its sandbox's 10.

            limit: Stop after so many items.

            fields: Names of the fields to send; the others are `None`.

            omit: Names of the fields not to send.

            timeout: As in `CallOptions`, as is `headers`.

            filters: As Belvo names them: `link="…"`, `created_at__gte=date(…)`, `status__in=[…]`; also `page`,
                the page to begin with. One that is `None` is left out, except where it says whose data is
                wanted (`link`, `account`, `external_id` and the like): `None` there is refused.

        Returns:
            An async iterator; `await ….to_list()` collects it.

        Raises:
            InvalidArgumentError: Iterating: a filter cannot be right; nothing was sent.

            BelvoError: Iterating: as for every request.
        """
        return self._pages(
            filters,
            page_size=page_size,
            limit=limit,
            fields=fields,
            omit=omit,
            timeout=timeout,
            headers=headers,
        )


class ListableByLink(Listing[M]):
    """
    A collection that Belvo lists for one link at a time.
    """

    def list(
        self,
        *,
        link: str,
        page_size: int | None = None,
        limit: int | None = None,
        fields: Names = None,
        omit: Names = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        **filters: Filter,
    ) -> Pages[M]:
        """
        Return what is stored at Belvo for *link* and matches *filters*. Nothing is sent until you iterate.

        Args:
            link: Id of the link.

            page_size: Items on a page, at most 1,000. Belvo's default is 100, its sandbox's 10.

            limit: Stop after so many items.

            fields: Names of the fields to send; the others are `None`.

            omit: Names of the fields not to send.

            timeout: As in `CallOptions`, as is `headers`.

            filters: As Belvo names them: `account="…"`, `value_date__range=["2026-01-01", date.today()]`; also
                `page`, the page to begin with.

        Returns:
            An async iterator; `await ….to_list()` collects it.

        Raises:
            InvalidArgumentError: Iterating: a filter cannot be right; nothing was sent.

            BelvoError: Iterating: as for every request.
        """
        return self._pages(
            {"link": link, **filters},
            page_size=page_size,
            limit=limit,
            fields=fields,
            omit=omit,
            timeout=timeout,
            headers=headers,
        )


class Gettable(Resource[M]):
    """
    A collection whose items can be fetched by id.
    """

    async def get(
        self,
        id: str | int,  # noqa: A002 - Belvo's word
        /,
        *,
        fields: Names = None,
        omit: Names = None,
        **options: Unpack[CallOptions],
    ) -> M:
        """
        Return the item with this *id*. See `CallOptions` for the options.

        Raises:
            NotFoundError: There is none.

            InvalidArgumentError: *id* cannot be one; nothing was sent.
        """
        told = self._told(options)
        request = Request("GET", self._item_path(id), Effect.READ, selection(fields, omit))
        return decoder(self.model)(await told._send(request))


class Deletable(Resource[M]):
    """
    A collection whose items can be deleted.
    """

    async def delete(self, id: str, /, **options: Unpack[CallOptions]) -> None:  # noqa: A002 - Belvo's word
        """
        Delete the item with this *id*, and what hangs on it: a link takes all its data along. See `CallOptions` for
        the options.

        This cannot be undone. Cancelled on its way, it may have happened.

        Raises:
            NotFoundError: There is none (any more).

            InvalidArgumentError: *id* cannot be one; nothing was sent.
        """
        told = self._told(options)
        answer = await told._send(Request("DELETE", self._item_path(id), Effect.WRITE))
        if answer.accepted:
            raise DecodeError(
                expected="the end of the deletion",
                problems=("expected it done, found 202 Accepted: Belvo will do it later",),
                status=answer.status,
                request_id=request_id_of(answer),
            )


class Stored(Listable[M], Gettable[M], Deletable[M]):
    """
    A collection that can be listed, and its items read and deleted.
    """


class StoredByLink(ListableByLink[M], Gettable[M], Deletable[M]):
    """
    The same for a collection that Belvo lists for one link at a time.
    """
