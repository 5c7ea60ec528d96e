"""
The page over sealed tickets: nothing on the server, and still one answer.
"""

from __future__ import annotations

import asyncio

from collections.abc import AsyncIterator

import pytest

from people import RIGHT, WRONG
from web.reading import Shown, get, post, read
from web.services import Service, service

from belvo_async.sandbox import Fault
from belvo_async.testing import ManualClock
from belvo_async.web import PageResponse, TicketPage


pytestmark = pytest.mark.anyio

PATCH = "PATCH /api/links/"

PATH = "/answer"


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="made")
async def _made(clock: ManualClock) -> AsyncIterator[Service]:
    async with service(clock) as made:
        yield made


@pytest.fixture(name="page")
def _page(made: Service) -> TicketPage:
    return made.ticket_page()


async def send(page: TicketPage, shown: Shown, token: str, do: str = "answer") -> PageResponse:
    """
    Send the form of *shown*.
    """
    return await page.respond(post(PATH, sealed=shown.sealed, token=token, do=do))


async def test_the_way_to_the_end(made: Service, page: TicketPage) -> None:
    """
    A wrong token brings the question again, the right one the link, and then the end.
    """
    ticket = await made.ticket()
    first = read(page.show(ticket, accept_language="en"))
    assert first.has("form", action="/challenge/answer")
    again = read(await send(page, first, WRONG))
    done = read(await send(page, again, RIGHT))

    assert ["asked-1", "asked-2", "done-0"] == [first.state, again.state, done.state]
    assert ["valid"] == [link.status for link in made.completed]


async def test_the_same_form_many_times(made: Service, page: TicketPage) -> None:
    """
    However often one form is sent at once, one PATCH leaves, and the others are told.
    """
    shown = read(page.show(await made.ticket()))
    answers = await asyncio.gather(*(send(page, shown, RIGHT) for _ in range(5)))
    late = await send(page, shown, RIGHT)

    assert [200, 409, 409, 409, 409, 409] == sorted([*(answer.status for answer in answers), late.status])
    assert 1 == made.sandbox.counts[PATCH]
    assert 1 == len(made.completed)


@pytest.mark.parametrize(("typed", "state"), [("", "asked-1"), ("a\nb", "asked-1")])
async def test_no_token(made: Service, page: TicketPage, typed: str, state: str) -> None:
    """
    What cannot be a token is told, and the ticket can still be answered.
    """
    shown = read(page.show(await made.ticket()))
    again = await send(page, shown, typed)

    assert (422, state) == (again.status, read(again).state)
    assert 200 == (await send(page, read(again), RIGHT)).status
    assert 1 == made.sandbox.counts[PATCH]


async def test_a_refusal(made: Service, page: TicketPage) -> None:
    """
    A token that the bank refuses ends it.
    """
    shown = read(page.show(await made.ticket()))

    assert "rejected-0" == read(await send(page, shown, "222222")).state
    assert [] == made.completed


async def test_a_bank_that_is_down(made: Service, page: TicketPage) -> None:
    """
    A user whose bank is down is not told to look at the password.
    """
    shown = read(page.show(await made.ticket()))
    made.sandbox.faults.add(Fault(kind="answer", operation="PATCH *", status=400, code="institution_down"))

    assert "failed-0" == read(await send(page, shown, RIGHT)).state
    assert 1 == made.sandbox.counts[PATCH]


async def test_a_ticket_that_is_over(made: Service, page: TicketPage, clock: ManualClock) -> None:
    """
    After its deadline a ticket is not answered.
    """
    shown = read(page.show(await made.ticket()))
    await clock.advance(601)

    assert "expired-0" == read(await send(page, shown, RIGHT)).state
    assert 0 == made.sandbox.counts[PATCH]


async def test_declining(made: Service, page: TicketPage) -> None:
    """
    A user who does not want to sends nothing.
    """
    shown = read(page.show(await made.ticket()))

    assert "declined-0" == read(await send(page, shown, "", "decline")).state
    assert 0 == made.sandbox.counts[PATCH]


async def test_declining_too_late(made: Service, page: TicketPage, clock: ManualClock) -> None:
    """
    Who declines in a second tab what was answered in the first is told so, also while the bank works.
    """
    shown = read(page.show(await made.ticket()))
    made.sandbox.faults.add(Fault(kind="delay", operation="PATCH *", seconds=5))
    answering = asyncio.ensure_future(send(page, shown, RIGHT))
    await made.sandbox.wait_for(PATCH)
    late = read(await send(page, shown, "", "decline"))
    made.clock.jumps = True
    await clock.advance(5)

    assert ["answered-0", "done-0"] == [late.state, read(await answering).state]
    assert "answered-0" == read(await send(page, shown, "", "decline")).state


async def test_another_language(made: Service, page: TicketPage) -> None:
    """
    The same challenge in another language is one form away, and answers nothing.
    """
    shown = read(page.show(await made.ticket(), accept_language="en"))
    other = await page.respond(post(PATH, sealed=shown.sealed, lang="pt"))

    assert "Digite o seu código" in read(other).text
    assert "belvo_page_lang=pt" in other.headers["Set-Cookie"]
    assert 0 == made.sandbox.counts[PATCH]


async def test_what_it_asks_nobody(made: Service, page: TicketPage) -> None:
    """
    A form without a ticket of ours, or of another user, is refused.
    """
    owned = made.ticket_page(who=made.who)
    shown = read(owned.show(await made.ticket(), of="ana"))
    made.user = "eva"
    for answer in (
        await owned.respond(post(PATH, sealed=shown.sealed, token=RIGHT, do="answer")),
        await page.respond(post(PATH, sealed=shown.sealed, token=RIGHT, do="answer")),
        await page.respond(post(PATH, sealed="", token=RIGHT, do="answer")),
        await page.respond(post(PATH, token=RIGHT, do="answer")),
    ):
        assert 403 == answer.status
    assert 405 == (await page.respond(get(PATH))).status
    assert 404 == (await page.respond(get("/else"))).status
    assert 0 == made.sandbox.counts[PATCH]


async def test_an_answer_that_gets_lost(made: Service) -> None:
    """
    Where nobody can tell what became of an answer, the page says so and nothing is sent again.
    """
    made.client = made.client.with_options(retry=None)
    page = made.ticket_page()
    shown = read(page.show(await made.ticket()))
    made.sandbox.faults.add(Fault(kind="close_read", operation="PATCH *"))

    assert "unknown_end-0" == read(await send(page, shown, RIGHT)).state
    assert "answered-0" == read(await send(page, shown, RIGHT)).state
    assert 1 == made.sandbox.counts[PATCH]
