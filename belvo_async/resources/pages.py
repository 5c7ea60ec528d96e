"""
Lists that come in pages, which the caller does not have to see.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

from belvo_async.codec import Page
from belvo_async.errors import DecodeError, InvalidArgumentError
from belvo_async.messages import NO_QUERY, Answer, Query
from belvo_async.transport.address import query_of


M = TypeVar("M")

Fetch = Callable[[Query], Awaitable[Answer]]

Read = Callable[[Answer], Page[M]]


class Pages(Generic[M]):
    """
    Everything that matches, fetched page by page while you iterate.

        async for account in client.accounts.list(link=link.id):
            ...

    `await pages.to_list()` collects it, `async for page in pages.pages()` shows the pages and their
    `count`. Iterating again asks again. Belvo counts pages by offset: what is added or removed meanwhile can
    shift rows from one page to the next.

    Only the query of `next` is followed, never its host or path.

    Attributes:
        response: Belvo's answer with the newest page as it came: `status`, `headers`, `request_id`, and the bytes of
            its `body`, also where these could not be read. It is kept until the next one comes, or as long as this
            is; `None` before the first.
    """

    # https://developers.belvo.com/docs/belvo-pagination-tips

    def __init__(
        self, fetch: Fetch, read: Read[M], query: Query | InvalidArgumentError, limit: int | None
    ) -> None:
        self._fetch = fetch
        self._read = read
        self._query = query
        self._limit = limit
        self.response: Answer | None = None

    async def pages(self) -> AsyncIterator[Page[M]]:
        """
        Iterate over the pages. `limit` does not count here.

        Raises:
            BelvoError: As for every request; pages that were yielded stay valid.
        """
        if isinstance(self._query, InvalidArgumentError):
            raise self._query
        query = self._query
        seen = {NO_QUERY}
        while True:
            self.response = answer = await self._fetch(query)
            page = self._read(answer)
            yield page
            if not page.next:
                return
            seen.add(query)
            query = query_of(page.next)
            if query in seen:
                raise DecodeError(
                    expected="pages", problems=("expected another page @ $.next, found this one",)
                )

    async def __aiter__(self) -> AsyncIterator[M]:
        left = self._limit
        async for page in self.pages():
            for item in page.results:
                if left == 0:
                    return
                yield item
                left = None if left is None else left - 1
            if left == 0:
                return

    async def to_list(self) -> list[M]:
        """
        Return everything that matches, at most `limit` items.
        """
        return [item async for item in self]
