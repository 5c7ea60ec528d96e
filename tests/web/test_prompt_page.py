"""
The page over a store: what it shows at each stage, and whose answer counts.
"""

from __future__ import annotations

import asyncio
import math

from collections.abc import AsyncIterator
from typing import Any

import pytest

from people import RIGHT, WRONG
from web.reading import below, get, post, read
from web.services import KEY, Service, service

from belvo_async.errors import InvalidArgumentError
from belvo_async.sandbox import Fault
from belvo_async.sandbox.challenges import KINDS
from belvo_async.stores import FlowStatus
from belvo_async.testing import ManualClock
from belvo_async.web import PromptPage


pytestmark = pytest.mark.anyio

FLOW = "order-17"

PATCH = "PATCH /api/links/"


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="made")
async def _made(clock: ManualClock) -> AsyncIterator[Service]:
    async with service(clock) as made:
        yield made


@pytest.fixture(name="page")
def _page(made: Service) -> PromptPage:
    return made.prompt_page()


async def until(made: Service, status: FlowStatus, round_: int = 1) -> None:
    """
    Wait until the flow is there.
    """
    while True:
        record = await made.store.look(FLOW)
        if record is not None and (record.status, record.round) == (status, round_):
            return
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("username", "kind", "has_input"),
    [
        ("mfa_default", "text", True),
        ("mfa_numeric", "numeric", True),
        ("mfa_qr", "qr", True),
        ("mfa_qr_scan", "qr_scan", False),
        ("mfa_inputless", "inputless", False),
        ("mfa_unknown", "unknown", True),
    ],
)
async def test_every_kind(made: Service, page: PromptPage, username: str, kind: str, has_input: bool) -> None:
    """
    Each kind of challenge shows its instructions and its value, and a field only where something is to be typed.
    """
    await made.begin(FLOW, username)
    record = await made.store.look(FLOW)
    assert record is not None
    assert record.ticket is not None

    answer = await page.respond(get(below(page.path(FLOW))))
    shown = read(answer)

    assert (200, "asked-1") == (answer.status, shown.state)
    assert KINDS[kind].instructions in shown.text
    assert record.ticket.value in shown.text
    assert has_input == shown.has("input", name="token")
    assert kind.startswith("qr") == shown.has("svg")
    assert record.ticket.session not in answer.body.decode()


async def test_the_way_to_the_end(made: Service, page: PromptPage) -> None:
    """
    A wrong token brings the question again, the right one the end; each is sent once.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    asked = read(await page.respond(get(path)))

    sent = await page.respond(post(path, sealed=asked.sealed, token=WRONG, do="answer"))
    assert (303, path.removeprefix("/")) == (sent.status, sent.headers["Location"])
    await until(made, FlowStatus.WAITING, 2)
    again = read(await page.respond(get(path)))
    assert "asked-2" == again.state
    assert "asks again" in again.text

    await page.respond(post(path, sealed=again.sealed, token=f" {RIGHT} ", do="answer"))
    await until(made, FlowStatus.COMPLETED, 2)
    assert "done-2" == read(await page.respond(get(path))).state
    assert 2 == made.sandbox.counts[PATCH]
    assert [FLOW, FLOW] == made.answered


async def test_two_tabs(made: Service, page: PromptPage) -> None:
    """
    Of many answers at once the first counts, one PATCH leaves, and the others are told so.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    tabs = [read(await page.respond(get(path))).sealed for _ in range(5)]

    answers = await asyncio.gather(
        *(page.respond(post(path, sealed=tab, token=RIGHT, do="answer")) for tab in tabs)
    )
    await until(made, FlowStatus.COMPLETED)

    told = sorted(answer.headers["Location"].partition("?")[2] for answer in answers)
    assert ["", *["told=duplicate"] * 4] == told
    assert 1 == made.sandbox.counts[PATCH]
    assert [FLOW] == made.answered


async def test_an_old_form(made: Service, page: PromptPage) -> None:
    """
    The form of an earlier challenge answers no later one.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    old = read(await page.respond(get(path))).sealed
    await page.respond(post(path, sealed=old, token=WRONG, do="answer"))
    await until(made, FlowStatus.WAITING, 2)

    late = await page.respond(post(path, sealed=old, token=RIGHT, do="answer"))
    shown = read(await page.respond(get(path, late.headers["Location"].partition("?")[2])))

    assert "asked-2" == shown.state
    assert "was not used" in shown.text
    assert 1 == made.sandbox.counts[PATCH]


@pytest.mark.parametrize("do", ["answer", "decline"])
async def test_the_form_of_a_flow_that_was_forgotten(made: Service, page: PromptPage, do: str) -> None:
    """
    Where the key of a flow is used again, a form that is still open somewhere is none of the new flow.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    old = read(await page.respond(get(path))).sealed
    await made.store.forget(FLOW)
    await made.begin(FLOW)

    late = await page.respond(post(path, sealed=old, token=RIGHT, do=do))

    assert late.headers["Location"].endswith("?told=late")
    assert "asked-1" == read(await page.respond(get(path))).state
    assert [] == made.answered


@pytest.mark.parametrize("typed", ["", "  ", "a\nb", "\x00", "x" * 5000])
async def test_no_token(made: Service, page: PromptPage, typed: str) -> None:
    """
    What cannot be a token is told beside the field, and is never repeated on the page.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed

    answer = await page.respond(post(path, sealed=sealed, token=typed, do="answer"))
    shown = read(answer)

    assert (422, "asked-1") == (answer.status, shown.state)
    assert shown.has("input", **{"name": "token", "aria-invalid": "true"})
    assert 0 == made.sandbox.counts[PATCH]
    assert "x" * 5000 not in shown.text


async def test_declining(made: Service, page: PromptPage) -> None:
    """
    A user who does not want to sends nothing.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    await page.respond(post(path, sealed=sealed, token=RIGHT, do="decline"))

    assert "declined-1" == read(await page.respond(get(path))).state
    assert 0 == made.sandbox.counts[PATCH]


async def test_expiry(made: Service, page: PromptPage, clock: ManualClock) -> None:
    """
    When the bank has stopped waiting the page says so, and an answer is not sent.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    asked = read(await page.respond(get(path)))
    assert asked.has("meta", **{"http-equiv": "refresh", "content": f"601; url={path[1:]}"})
    await clock.advance(601)

    late = await page.respond(post(path, sealed=asked.sealed, token=RIGHT, do="answer"))

    assert late.headers["Location"].endswith("?told=late")
    assert "expired-1" == read(await page.respond(get(path))).state
    assert [] == made.answered


@pytest.mark.parametrize(
    ("fault", "stage"),
    [
        ({"kind": "answer", "status": 400, "code": "login_error"}, "rejected"),
        ({"kind": "answer", "status": 400, "code": "institution_down"}, "failed"),
        ({"kind": "answer", "status": 428, "code": "activation_required"}, "inactive"),
        ({"kind": "wrong_json"}, "unknown_end"),
    ],
    ids=["login", "down", "activation", "unreadable"],
)
async def test_why_it_failed(made: Service, page: PromptPage, fault: dict[str, Any], stage: str) -> None:
    """
    A user is sent to look at the password only if the bank did not take it, and asked to begin anew only if nothing was done.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    made.sandbox.faults.add(Fault(operation="PATCH *", **fault))
    await page.respond(post(path, sealed=sealed, token=RIGHT, do="answer"))
    await until(made, FlowStatus.FAILED)

    assert f"{stage}-1" == read(await page.respond(get(path))).state


async def test_before_the_challenge(made: Service, page: PromptPage) -> None:
    """
    A page may be opened before the bank has asked, and is loaded again by itself.
    """
    await made.store.announce(FLOW)
    shown = read(await page.respond(get(below(page.path(FLOW)))))

    assert "beginning-0" == shown.state
    assert shown.has("meta", **{"http-equiv": "refresh"})


async def test_while_the_bank_works(made: Service, page: PromptPage) -> None:
    """
    Between the answer and the end there is no form to send.
    """
    made.gate.clear()
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    await page.respond(post(path, sealed=sealed, token=RIGHT, do="answer"))
    shown = read(await page.respond(get(path)))

    assert "checking-1" == shown.state
    assert not shown.has("form")


async def test_a_hook_that_fails(made: Service, caplog: pytest.LogCaptureFixture) -> None:
    """
    Where nobody can be told of an answer, it lies in the store all the same, and the user sees no error.
    """

    async def broken(_: str) -> None:
        raise ConnectionError("the broker is gone")

    page = PromptPage(
        made.store, keys=[KEY], mount="/challenge", answered=broken, clock=made.clock or ManualClock()
    )
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    answer = await page.respond(post(path, sealed=sealed, token="canary-7d1f", do="answer"))

    assert 303 == answer.status
    assert "the broker is gone" in caplog.text
    assert "canary" not in caplog.text
    record = await made.store.look(FLOW)
    assert record is not None
    assert record.is_answered


# --- whose it is ---


async def test_somebody_else(made: Service) -> None:
    """
    A page that was made for one user opens for no other, and for nobody who is not logged in.
    """
    page = made.prompt_page(who=made.who)
    await made.begin(FLOW)
    path = below(page.path(FLOW, of="ana"))
    sealed = read(await page.respond(get(path))).sealed
    for made.user in ("eva", None):
        assert 404 == (await page.respond(get(path))).status
        assert 404 == (await page.respond(post(path, sealed=sealed, token=RIGHT, do="answer"))).status
        assert 404 == (await page.respond(get(f"{path}/events"))).status

    assert [] == made.answered


async def test_whose_has_to_be_told(made: Service) -> None:
    """
    An address for a page that asks who is there says whose it is, and no other does.
    """
    with pytest.raises(InvalidArgumentError, match="of:"):
        made.prompt_page(who=made.who).path(FLOW)
    with pytest.raises(InvalidArgumentError, match="of:"):
        made.prompt_page().path(FLOW, of="ana")


async def test_an_address_ends(made: Service, page: PromptPage, clock: ManualClock) -> None:
    """
    After its time an address opens nothing.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW, lasts=60))
    assert 200 == (await page.respond(get(path))).status
    await clock.advance(61)

    assert 404 == (await page.respond(get(path))).status


@pytest.mark.parametrize("lasts", [0, -1, math.inf, math.nan, 1e20, "60", None])
async def test_an_address_that_lasts_no_time(page: PromptPage, lasts: Any) -> None:
    """
    What is no time, or for ever, is refused.
    """
    with pytest.raises(InvalidArgumentError, match="lasts:"):
        page.path(FLOW, lasts=lasts)


async def test_a_slash_too_many(made: Service, page: PromptPage) -> None:
    """
    What a page names stands beside it: one with a slash behind it leads to the one without.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    answer = await page.respond(get(f"{path}/"))

    assert (303, f"..{path}") == (answer.status, answer.headers["Location"])
    assert read(await page.respond(get(f"{path}/else"))).has(
        "link", rel="stylesheet", href=f"/challenge/{next(iter(page._files))}"
    )


async def test_an_address_shows_nothing(page: PromptPage) -> None:
    """
    An address does not hold the key of the flow, and two of them are not alike.
    """
    one, other = page.path(FLOW), page.path(FLOW)

    assert FLOW not in one
    assert one != other
    assert len(one) < 250


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"content-type": "text/plain"},
        {"content-type": "application/json"},
    ],
)
async def test_forms_of_others(made: Service, page: PromptPage, headers: dict[str, str]) -> None:
    """
    A form that another site sends is refused, whatever is in it.
    """
    await made.begin(FLOW)
    path = below(page.path(FLOW))
    sealed = read(await page.respond(get(path))).sealed
    answer = await page.respond(post(path, headers=headers, sealed=sealed, token=RIGHT, do="answer"))

    assert 403 == answer.status
    assert [] == made.answered


async def test_a_form_of_another_flow(made: Service, page: PromptPage) -> None:
    """
    The form of one flow, or none, is no form of another.
    """
    await made.begin(FLOW)
    await made.begin("order-18")
    other = read(await page.respond(get(below(page.path("order-18"))))).sealed
    path = below(page.path(FLOW))
    for sealed in (other, "", path[1:], "x" * 3000, "é"):
        assert 403 == (await page.respond(post(path, sealed=sealed, token=RIGHT, do="answer"))).status

    assert [] == made.answered


async def test_no_other_methods(page: PromptPage) -> None:
    """
    What a page is not asked for by browsers is not answered.
    """
    request = get(below(page.path(FLOW)))
    object.__setattr__(request, "method", "DELETE")

    assert (405, "GET, HEAD, POST") == (
        (answer := await page.respond(request)).status,
        answer.headers.get("Allow"),
    )
