"""
Lists come in pages that nobody has to see.
"""

from __future__ import annotations

import json

from urllib.parse import urlencode

import attrs
import pytest

from belvo_async.codec import Page
from belvo_async.errors import DecodeError, InvalidArgumentError, NotFoundError
from belvo_async.messages import Answer, Query
from belvo_async.resources.pages import Pages


pytestmark = pytest.mark.anyio

FIRST: Query = (("link", "a-link"), ("page_size", "2"))


@attrs.define
class Shelf:
    """
    Serves numbers in pages of two, and remembers what it was asked for.

    Attributes:
        count: How many numbers there are.

        origin: Where it says that the next page is.

        broken_after: The page after which nothing can be served.
    """

    count: int
    origin: str = "https://sandbox.belvo.com/api/accounts/"
    broken_after: int | None = None
    asked: list[Query] = attrs.Factory(list)

    async def fetch(self, query: Query) -> Answer:
        """
        Return the answer with the page that *query* asks for.
        """
        self.asked.append(query)
        number = int(dict(query).get("page", 1))
        if number == self.broken_after:
            raise NotFoundError(status=404)
        return Answer(200, json.dumps({"number": number, "query": query}).encode())

    def read(self, answer: Answer) -> Page[int]:
        """
        Return the page of *answer*.
        """
        told = json.loads(answer.body)
        last = told["number"] * 2
        kept = [(name, value) for name, value in told["query"] if name != "page"]
        following = urlencode([*kept, ("page", told["number"] + 1)])
        return Page(
            count=self.count,
            next=f"{self.origin}?{following}" if last < self.count else None,
            previous=None,
            results=tuple(range(last - 2, min(last, self.count))),
        )

    def pages(self, limit: int | None = None) -> Pages[int]:
        """
        Return the list of all its numbers.
        """
        return Pages(self.fetch, self.read, FIRST, limit)


@attrs.define
class Script:
    """
    Serves the pages it was given, whatever it is asked for.
    """

    script: list[Page[int]]
    asked: list[Query] = attrs.Factory(list)

    async def fetch(self, query: Query) -> Answer:
        """
        Return the answer with the next page of the script.
        """
        self.asked.append(query)
        return Answer(200, b"%d" % (len(self.asked) - 1))

    def read(self, answer: Answer) -> Page[int]:
        """
        Return the page of *answer*.
        """
        return self.script[int(answer.body)]


def page(*results: int, next: str | None = None) -> Page[int]:  # noqa: A002 - Belvo's word
    """
    Return a page.
    """
    return Page(count=None, next=next, previous=None, results=results)


# --- iterating ---


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)], ids=str)
async def test_everything_is_found(count: int, requests: int) -> None:
    """
    Iterating brings every item once, with as many requests as there are pages.
    """
    shelf = Shelf(count)

    assert list(range(count)) == [item async for item in shelf.pages()]
    assert requests == len(shelf.asked)


async def test_the_query_is_repeated() -> None:
    """
    Each page is asked for with the filters of the first.
    """
    shelf = Shelf(5)

    await shelf.pages().to_list()

    assert [FIRST, (*FIRST, ("page", "2")), (*FIRST, ("page", "3"))] == shelf.asked


async def test_nothing_is_sent_before_it_is_needed() -> None:
    """
    A page is fetched when its first item is wanted.
    """
    shelf = Shelf(5)
    pages = shelf.pages()
    assert [] == shelf.asked

    items = aiter(pages)
    assert [0, 1] == [await anext(items), await anext(items)]
    assert 1 == len(shelf.asked)
    assert 2 == await anext(items)
    assert 2 == len(shelf.asked)


async def test_iterating_again_asks_again() -> None:
    """
    A list is no snapshot: it can be read twice, and shows what is there then.
    """
    shelf = Shelf(1)
    pages = shelf.pages()

    first = await pages.to_list()
    shelf.count = 3

    assert ([0], [0, 1, 2]) == (first, await pages.to_list())


async def test_pages_can_be_seen() -> None:
    """
    Who wants the pages gets them, with their count.
    """
    seen = [page async for page in Shelf(3).pages().pages()]

    assert [(0, 1), (2,)] == [page.results for page in seen]
    assert [3, 3] == [page.count for page in seen]


async def test_two_can_read_at_once() -> None:
    """
    Two readers of one list do not disturb each other.
    """
    pages = Shelf(4).pages()
    one, other = aiter(pages), aiter(pages)

    seen = [await anext(one), await anext(other), await anext(one), await anext(one), await anext(other)]

    assert [0, 0, 1, 2, 1] == seen


# --- limits ---


@pytest.mark.parametrize(
    ("limit", "requests"),
    [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (100, 3), (None, 3)],
    ids=["within-a-page", "a-page", "into-the-second", "two-pages", "all", "one-more", "many-more", "none"],
)
async def test_limits(limit: int | None, requests: int) -> None:
    """
    A limit stops the list where it is reached, also at the very end of a page, and fetches nothing after.
    """
    shelf = Shelf(5)

    items = await shelf.pages(limit).to_list()

    assert list(range(5))[:limit] == items
    assert requests == len(shelf.asked)


async def test_a_limit_counts_from_the_beginning_each_time() -> None:
    """
    Reading twice brings the same number of items twice.
    """
    pages = Shelf(5).pages(3)

    assert [[0, 1, 2], [0, 1, 2]] == [await pages.to_list(), await pages.to_list()]


async def test_limits_do_not_count_for_pages() -> None:
    """
    Who reads pages gets them whole and all.
    """
    assert [(0, 1), (2, 3), (4,)] == [page.results async for page in Shelf(5).pages(1).pages()]


# --- the next page ---


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example/steal/", "http://169.254.169.254/", "/api/other/", "", "http://[", "mailto:a@b"],
)
async def test_only_the_query_is_followed(origin: str) -> None:
    """
    Wherever the next page is said to be, it is asked for where the first one was.
    """
    shelf = Shelf(3, origin=origin)

    assert [0, 1, 2] == await shelf.pages().to_list()
    assert [FIRST, (*FIRST, ("page", "2"))] == shelf.asked


async def test_a_next_page_without_items_is_passed_over() -> None:
    """
    A page may be empty and not be the last.
    """
    script = Script([page(1, next="?page=2"), page(next="?page=3"), page(2)])

    assert [1, 2] == await Pages(script.fetch, script.read, FIRST, None).to_list()


async def test_an_empty_address_is_the_end() -> None:
    """
    Where the next page has no address at all there is none.
    """
    script = Script([page(1, next="")])

    assert [1] == await Pages(script.fetch, script.read, FIRST, None).to_list()
    assert [FIRST] == script.asked


@pytest.mark.parametrize(
    "following",
    ["?link=a-link&page_size=2", "https://h/?link=a-link&page_size=2#x", "https://h/", "?", "#", "x"],
)
async def test_a_next_page_that_is_this_one(following: str) -> None:
    """
    A next page that would be this one again, or everything without a filter, is an error and no endless list.
    """
    script = Script([page(1, next=following)])
    seen = []

    with pytest.raises(DecodeError) as caught:
        async for item in Pages(script.fetch, script.read, FIRST, None):
            seen.append(item)  # noqa: PERF401 - what came before the error counts

    assert [1] == seen
    assert "cannot read pages: expected another page @ $.next, found this one" == str(caught.value)
    assert [FIRST] == script.asked


async def test_a_second_page_that_repeats_itself() -> None:
    """
    A server that stays on its second page for ever is noticed there.
    """
    script = Script([page(1, next="?page=2"), page(2, next="?page=2")])

    with pytest.raises(DecodeError):
        await Pages(script.fetch, script.read, FIRST, None).to_list()

    assert 2 == len(script.asked)


async def test_pages_that_lead_back() -> None:
    """
    Pages that go round in a circle are noticed when the first one comes again.
    """
    script = Script([page(1, next="?page=2"), page(2, next="?page=3"), page(3, next="?page=2")])

    with pytest.raises(DecodeError):
        await Pages(script.fetch, script.read, FIRST, None).to_list()

    assert 3 == len(script.asked)


async def test_a_limit_reached_looks_no_further() -> None:
    """
    What comes after the last item that was wanted does not matter.
    """
    script = Script([page(1, 2, next="")])

    assert [1, 2] == await Pages(script.fetch, script.read, FIRST, 2).to_list()


# --- errors ---


async def test_an_error_comes_where_it_happens() -> None:
    """
    What was read before an error stays; the error is that of the request.
    """
    shelf = Shelf(9, broken_after=3)
    seen = []

    with pytest.raises(NotFoundError):
        async for item in shelf.pages():
            seen.append(item)  # noqa: PERF401 - what came before the error counts

    assert [0, 1, 2, 3] == seen


async def test_a_wrong_argument_comes_when_it_is_read() -> None:
    """
    A list of wrong arguments raises when it is iterated, each time, and sends nothing.
    """
    shelf = Shelf(3)
    problem = InvalidArgumentError(argument="limit", expected="a number", found="text")
    pages = Pages(shelf.fetch, shelf.read, problem, None)

    for _ in range(2):
        with pytest.raises(InvalidArgumentError) as caught:
            await pages.to_list()
        assert problem is caught.value
    assert [] == shelf.asked
